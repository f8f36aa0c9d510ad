//! `travee invoice …`: calculators over a supplier's e-invoice, without a database.

mod check;

use clap::Subcommand;

use super::outcome::Outcome;

#[derive(Subcommand)]
pub(super) enum Invoice {
    Check(check::Check),
}

pub(super) fn run(command: &Invoice) -> Outcome {
    match command {
        Invoice::Check(check) => check.run(),
    }
}
