//! The commands: read the arguments, call one use case, answer.
//!
//! Answers go to standard output and nothing else does; progress and logs go to
//! standard error. Exit codes: 0 done, 1 the program failed, 2 wrong usage, 3 the
//! input was refused, 4 a check found something wrong.

mod check;
mod consolidate;
mod database;
mod file;
mod invoice;
mod migrate;
mod outcome;
mod output;
mod serve;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use outcome::Outcome;

const HELP: &str = "\
{before-help}{about-with-newline}
Usage : {usage}

{all-args}{after-help}";

/// Travée : les achats groupés d’archives, du besoin de chaque membre à sa part exacte de la facture.
#[derive(Parser)]
#[command(name = "travee", version, help_template = HELP, disable_help_subcommand = true)]
#[command(subcommand_help_heading = "Commandes", next_help_heading = "Options")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(check::CheckArgs),
    Consolidate(consolidate::ConsolidateArgs),
    /// Juge et répartit les factures électroniques des fournisseurs
    #[command(subcommand)]
    Invoice(invoice::Invoice),
    Migrate(migrate::MigrateArgs),
    Serve(serve::ServeArgs),
}

/// Runs the command line of this process and says how it ended.
pub fn main() -> ExitCode {
    crate::telemetry::begin();
    let matches = match in_french(Cli::command()).try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return outcome::usage(&error),
    };
    let outcome = match Cli::from_arg_matches(&matches) {
        Ok(cli) => run(&cli.command),
        Err(error) => return outcome::usage(&error),
    };
    outcome::report(outcome)
}

fn run(command: &Command) -> Outcome {
    match command {
        Command::Check(args) => on_runtime(check::run(args)),
        Command::Consolidate(args) => consolidate::run(args),
        Command::Invoice(command) => invoice::run(command),
        Command::Migrate(args) => on_runtime(migrate::run(args)),
        Command::Serve(args) => on_runtime(serve::run(args)),
    }
}

/// Runs a command that needs the database.
fn on_runtime(command: impl Future<Output = Outcome>) -> Outcome {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            outcome::Failure::Program(format!(
                "Le système refuse de lancer le programme : {error}."
            ))
        })?
        .block_on(command)
}

/// Gives every command the French help layout and the French words for its own two flags.
fn in_french(command: clap::Command) -> clap::Command {
    let names: Vec<String> =
        command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let mut command = command
        .help_template(HELP)
        .subcommand_help_heading("Commandes")
        .subcommand_value_name("COMMANDE")
        .disable_help_subcommand(true)
        .disable_help_flag(true)
        .arg(
            clap::Arg::new("help")
                .short('h')
                .long("help")
                .action(clap::ArgAction::Help)
                .help_heading("Options")
                .help("Affiche cette aide"),
        )
        .mut_args(|argument| match argument.get_help_heading() {
            Some(_) => argument,
            None if argument.is_positional() => argument.help_heading("Arguments"),
            None => argument.help_heading("Options"),
        });
    for name in names {
        command = command.mut_subcommand(name, in_french);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        in_french(Cli::command()).debug_assert();
    }
}
