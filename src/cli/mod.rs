//! The commands: read the arguments, call one use case, answer.
//!
//! Answers go to standard output and nothing else does; progress and logs go to
//! standard error. Exit codes: 0 done, 1 the program failed, 2 wrong usage, 3 the
//! input was refused, 4 a check found something wrong.

mod admin;
mod bounces;
mod check;
mod consolidate;
mod database;
mod demo;
mod file;
mod invoice;
mod key;
mod migrate;
mod outcome;
mod output;
mod serve;
mod usage;
mod user;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use outcome::Outcome;

const HELP: &str = "\
{before-help}{about-with-newline}
Usage : {usage}

{all-args}{after-help}";

/// Headings; clap puts its colon after the no-break space.
const COMMANDS: &str = "Commandes\u{a0}";
const ARGUMENTS: &str = "Arguments\u{a0}";
const OPTIONS: &str = "Options\u{a0}";

/// Travée : les achats groupés d’archives, du besoin de chaque membre à sa part exacte de la facture.
#[derive(Parser)]
#[command(name = "travee", version, help_template = HELP, disable_help_subcommand = true)]
#[command(disable_version_flag = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Prépare et tient une installation : listes, premières personnes, e-mails revenus
    #[command(subcommand)]
    Admin(admin::Admin),
    Check(check::CheckArgs),
    Consolidate(consolidate::ConsolidateArgs),
    Demo(demo::DemoArgs),
    /// Juge et répartit les factures électroniques des fournisseurs
    #[command(subcommand)]
    Invoice(invoice::Invoice),
    Migrate(migrate::MigrateArgs),
    Serve(serve::ServeArgs),
}

/// The whole command line, in French.
fn command_line() -> clap::Command {
    let version = clap::Arg::new("version")
        .short('V')
        .long("version")
        .action(clap::ArgAction::Version)
        .help("Affiche la version");
    in_french(Cli::command().arg(version))
}

/// Runs the command line of this process and says how it ended.
pub fn main() -> ExitCode {
    crate::telemetry::begin();
    let matches = match command_line().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return usage::answer(&error),
    };
    let outcome = match Cli::from_arg_matches(&matches) {
        Ok(cli) => run(&cli.command),
        Err(error) => return usage::answer(&error),
    };
    outcome::report(outcome)
}

fn run(command: &Command) -> Outcome {
    match command {
        Command::Admin(command) => on_runtime(admin::run(command)),
        Command::Check(args) => on_runtime(check::run(args)),
        Command::Consolidate(args) => consolidate::run(args),
        Command::Demo(args) => on_runtime(demo::run(args)),
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
        .subcommand_help_heading(COMMANDS)
        .subcommand_value_name("COMMANDE")
        .disable_help_subcommand(true)
        .disable_help_flag(true)
        .arg(
            clap::Arg::new("help")
                .short('h')
                .long("help")
                .action(clap::ArgAction::Help)
                .help("Affiche cette aide"),
        )
        .mut_args(french_default)
        .mut_args(|argument| match argument.get_help_heading() {
            Some(_) => argument,
            None if argument.is_positional() => argument.help_heading(ARGUMENTS),
            None => argument.help_heading(OPTIONS),
        });
    for name in names {
        command = command.mut_subcommand(name, in_french);
    }
    command
}

/// Says an argument's default in French, where clap would say it in English.
fn french_default(argument: clap::Arg) -> clap::Arg {
    let values = argument.get_default_values().iter().map(|value| value.to_string_lossy());
    let default = values.collect::<Vec<_>>().join(" ");
    let hidden = argument.is_hide_default_value_set() || !argument.get_action().takes_values();
    match argument.get_help() {
        Some(help) if !default.is_empty() && !hidden => {
            let help = format!("{help} [défaut : {default}]");
            argument.help(help).hide_default_value(true)
        }
        Some(_) | None => argument,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        command_line().debug_assert();
    }
}
