//! What a wrong command line is answered: clap's findings in French.
//!
//! Help and version are answers and go to standard output. Everything else says what
//! is wrong, how the command is written, and how to get its help, on standard error.

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

#[expect(clippy::wildcard_enum_match_arm, reason = "clap's enum, which grows")]
pub(super) fn answer(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            ExitCode::from(u8::from(error.print().is_err()))
        }
        // Its text is our own French help.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            ExitCode::from(if error.print().is_err() { 1 } else { 2 })
        }
        _ => {
            eprintln!("{}", in_french(error));
            ExitCode::from(2)
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "clap's enum, which grows")]
fn in_french(error: &clap::Error) -> String {
    let context = |kind| error.get(kind).map(words).filter(|text| !text.is_empty());
    let argument = context(ContextKind::InvalidArg).unwrap_or_default();
    let value = context(ContextKind::InvalidValue).unwrap_or_default();
    let mut answer = vec![match error.kind() {
        ErrorKind::UnknownArgument => format!("L’argument « {argument} » n’est pas attendu."),
        ErrorKind::InvalidSubcommand | ErrorKind::MissingSubcommand => {
            match context(ContextKind::InvalidSubcommand) {
                Some(name) if error.kind() == ErrorKind::InvalidSubcommand => {
                    format!("La commande « {name} » est inconnue.")
                }
                Some(_) | None => "Il manque une commande.".to_owned(),
            }
        }
        ErrorKind::MissingRequiredArgument => format!("Il manque : {argument}."),
        ErrorKind::InvalidValue | ErrorKind::TooFewValues if value.is_empty() => {
            format!("Il manque une valeur à « {argument} ».")
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            // What our own value parsers say is French; what clap's say names its type in English.
            let why = std::error::Error::source(error)
                .filter(|source| !is_of_std(*source))
                .map_or(String::new(), |source| format!(" : {source}"));
            format!("La valeur « {value} » ne convient pas à « {argument} »{why}.")
        }
        ErrorKind::ArgumentConflict => match context(ContextKind::PriorArg) {
            Some(prior) if prior != argument => {
                format!("« {argument} » et « {prior} » ne vont pas ensemble.")
            }
            Some(_) | None => format!("« {argument} » est donné plusieurs fois."),
        },
        ErrorKind::NoEquals => format!("« {argument} » s’écrit avec « = » devant sa valeur."),
        ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            format!("« {argument} » n’a pas le nombre de valeurs attendu.")
        }
        ErrorKind::InvalidUtf8 => "Un argument n’est pas un texte lisible (UTF-8).".to_owned(),
        _ => "La ligne de commande n’est pas comprise.".to_owned(),
    }];
    if let Some(known) = context(ContextKind::ValidValue).or(context(ContextKind::ValidSubcommand))
    {
        answer.push(format!(" Sont possibles : {known}."));
    }
    let near =
        [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue]
            .into_iter()
            .find_map(context);
    if let Some(near) = near {
        answer.push(format!(" Vouliez-vous dire « {near} » ?"));
    }
    if let Some(usage) = context(ContextKind::Usage) {
        let usage = usage.trim().trim_start_matches("Usage:").trim().to_owned();
        answer.push(format!("\n\nUsage : {usage}"));
    }
    answer.push("\n\nPour l’aide, ajoutez --help à la commande.".to_owned());
    answer.concat()
}

/// Whether the reason comes from the standard library, which speaks English.
fn is_of_std(source: &(dyn std::error::Error + 'static)) -> bool {
    source.is::<std::num::ParseIntError>()
        || source.is::<std::net::AddrParseError>()
        || source.is::<std::str::ParseBoolError>()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "clap's enum, which grows")]
fn words(value: &ContextValue) -> String {
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join(", "),
        ContextValue::StyledStr(text) => text.to_string(),
        ContextValue::Number(number) => number.to_string(),
        _ => String::new(),
    }
}
