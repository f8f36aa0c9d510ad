//! `travee invoice …`: calculators over a supplier's e-invoice, without a database.

mod allocate;
mod check;
mod statements;

use clap::Subcommand;

use super::outcome::Outcome;

#[derive(Subcommand)]
pub(super) enum Invoice {
    Check(check::Check),
    Allocate(allocate::Allocate),
}

pub(super) fn run(command: &Invoice) -> Outcome {
    match command {
        Invoice::Check(check) => check.run(),
        Invoice::Allocate(allocate) => allocate.run(),
    }
}
