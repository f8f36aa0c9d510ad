//! How a command ends.

use std::process::ExitCode;

/// Why a command did not do what was asked. The text is French: it says what is wrong, where,
/// whether anything was changed, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The program or the machine failed: database gone, disk full.
    Program(String),
    /// The command line itself is wrong: a file that is not there, an unknown option value.
    Usage(String),
    /// The input was refused; the report on standard output says why, this is its last word.
    Refused(String),
    /// A check found something wrong.
    Breach(String),
}

pub(crate) type Outcome = Result<(), Failure>;

impl Failure {
    fn code(&self) -> u8 {
        match self {
            Self::Program(_) => 1,
            Self::Usage(_) => 2,
            Self::Refused(_) => 3,
            Self::Breach(_) => 4,
        }
    }

    fn message(&self) -> &str {
        match self {
            Self::Program(text) | Self::Usage(text) | Self::Refused(text) | Self::Breach(text) => {
                text
            }
        }
    }
}

pub(super) fn report(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.message().is_empty() {
                eprintln!("{}", failure.message());
            }
            ExitCode::from(failure.code())
        }
    }
}
