//! Several files dropped at once: each has its own outcome, and none undoes another's.

use std::collections::BTreeSet;

use domain::ids::InvoiceId;
use sha2::{Digest, Sha256};

use super::super::check::hex;
use super::super::{Actor, App, UseCaseError};
use super::intake::{Received, receive_invoice};
use crate::store::Viewer;
use crate::store::invoices as store;

/// One file as it was dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Received(Received),
    /// The very same file was taken in before: nothing was added.
    AlreadyHere {
        invoice: InvoiceId,
        number: String,
    },
}

/// Takes files in, in their order. A file that is here already, unless it was rejected then,
/// is not taken in twice. `key` is the form's: sent again, it finds what it made.
///
/// # Errors
///
/// The store's; a refused file is an outcome.
pub async fn deposit(
    app: &App,
    actor: &Actor,
    files: Vec<Dropped>,
    freight_lines: &BTreeSet<String>,
    key: &str,
) -> Result<Vec<(String, Outcome)>, UseCaseError> {
    let mut outcomes: Vec<(String, Outcome)> = Vec::with_capacity(files.len());
    for (at, file) in files.into_iter().enumerate() {
        let outcome = match already_here(app, &file.bytes).await? {
            Some(outcome) => outcome,
            None => {
                let key = format!("{key}-{at}");
                let today = app.today();
                let received =
                    receive_invoice(app, actor, file.bytes, today, freight_lines, &key).await?;
                Outcome::Received(received)
            }
        };
        outcomes.push((file.name, outcome));
    }
    Ok(outcomes)
}

async fn already_here(app: &App, bytes: &[u8]) -> Result<Option<Outcome>, UseCaseError> {
    let sha256 = hex(&Sha256::digest(bytes));
    let Some((invoice, number)) = store::invoice_of_file(&app.store, &sha256).await? else {
        return Ok(None);
    };
    let stored = store::invoice(&app.store, Viewer::Coordinator, invoice).await?;
    let rejected =
        stored.is_none_or(|one| one.state == domain::invoices::state::InvoiceState::Rejected);
    Ok((!rejected).then_some(Outcome::AlreadyHere { invoice, number }))
}
