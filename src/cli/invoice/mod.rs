//! `travee invoice`: e-invoices from files alone.

mod allocate;
mod statements;

use super::outcome::Outcome;

/// Contrôle et répartit des factures électroniques, sans base de données
#[derive(Debug, clap::Args)]
pub(crate) struct InvoiceArgs {
    #[command(subcommand)]
    command: InvoiceCommand,
}

#[derive(Debug, clap::Subcommand)]
enum InvoiceCommand {
    Allocate(allocate::AllocateArgs),
}

pub(crate) fn run(args: &InvoiceArgs) -> Outcome {
    match &args.command {
        InvoiceCommand::Allocate(args) => allocate::run(args),
    }
}
