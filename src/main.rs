//! The command `travee`. Everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    travee::cli::main()
}
