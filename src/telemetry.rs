//! The log: standard error, one line an event; `TRAVEE_LOG` says how much.

use tracing_subscriber::EnvFilter;

/// Begins to log. Called once, by the command line.
pub fn begin() {
    let filter =
        EnvFilter::try_from_env("TRAVEE_LOG").unwrap_or_else(|_| EnvFilter::new("travee=warn"));
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .compact()
        .try_init();
    if let Err(error) = started {
        eprintln!("Le journal technique n’a pas pu démarrer : {error}.");
    }
}
