//! Supplier invoices: taken in, judged, shared to the last cent, stated, paid.
//!
//! ```text
//! receive_invoice ─ matched ──→ allocate ─→ validate (a second person) ─→ issue_statements, pay
//!                 ├ disputed ─→ allocate with its credit notes: all are booked at once
//!                 └ rejected
//! ```
//! Whoever receives or shares an invoice has checked it; another person validates. Numbers are
//! taken at validation: `RC` for what the coordinator claims back from each member (model C),
//! `RF` for each member's statement. The papers follow, and what a crash left out is made by
//! asking again.

mod accounts;
mod allocate;
mod booking;
mod bundle;
mod compared;
mod deposit;
mod due;
mod freight;
mod intake;
mod judge;
mod life;
mod naming;
mod papers;
mod plan;
mod preview;
mod recharge;
mod settlement;
pub mod share;
mod sharing;
mod standing;
pub mod statement;
mod told;
mod validate;
mod year;

use domain::ids::InvoiceId;
use domain::invoices::state::{InvoiceAction, STEPS};

pub use allocate::{OtherKey, Said, allocate, allocate_by};
pub use bundle::{Bundle, statement_file_name, statements_zip};
pub use compared::{ComparedLine, Difference, OrderSide, compared};
pub use deposit::{Dropped, Outcome, deposit};
pub use due::{Due, Late, due_invoices, lateness};
pub use freight::freight;
pub use intake::{Received, Verdict, receive_invoice, receive_own_invoice};
pub use life::{dispute, late_interest, pay, pay_own, reject, reopen, resume, suspend};
pub use naming::{Candidate, Concerned, Unnamed};
pub use papers::{issue_statements, share_of};
pub use plan::{Questions, Settlement, Terms, questions};
pub use preview::{Preview, SharedDocument, posted, preview};
pub use recharge::export_recharges;
pub use settlement::Left;
pub use standing::{Standing, standing};
pub use validate::{Validated, validate};
pub use year::{YearAccount, year_by_account};

use super::{Actor, App, UseCaseError};
use crate::store::invoices::{self as store, StoredInvoice};
use crate::store::platform::Entry;
use crate::store::{Access, Tx, Viewer};

/// As the journal names each step.
fn journalled(action: InvoiceAction) -> &'static str {
    match action {
        InvoiceAction::Check => "invoice.check",
        InvoiceAction::Match => "invoice.match",
        InvoiceAction::Allocate => "invoice.allocate",
        InvoiceAction::Validate => "invoice.validate",
        InvoiceAction::Pay => "invoice.pay",
        InvoiceAction::Dispute => "invoice.dispute",
        InvoiceAction::Suspend => "invoice.suspend",
        InvoiceAction::Resume => "invoice.resume",
        InvoiceAction::Waive => "invoice.waive",
        InvoiceAction::Reopen => "invoice.reopen",
        InvoiceAction::Reject => "invoice.reject",
    }
}

pub(crate) async fn load(on: &impl Access, id: InvoiceId) -> Result<StoredInvoice, UseCaseError> {
    store::invoice(on, Viewer::Coordinator, id)
        .await?
        .ok_or_else(|| UseCaseError::refused("facture_inconnue", "Cette facture n’existe pas."))
}

/// One person's steps of invoices in one transaction, for the journal at its end.
struct Walk<'a> {
    app: &'a App,
    actor: &'a Actor,
    entries: Vec<Entry>,
}

impl<'a> Walk<'a> {
    fn of(app: &'a App, actor: &'a Actor) -> Self {
        Self { app, actor, entries: Vec::new() }
    }

    /// Takes one step; `change` sets the dates and names that go with it.
    async fn step(
        &mut self,
        tx: &Tx,
        invoice: &mut StoredInvoice,
        action: InvoiceAction,
        details: &str,
        change: impl FnOnce(&mut StoredInvoice) + Send,
    ) -> Result<(), UseCaseError> {
        let state = STEPS.after(invoice.state, action).map_err(|refused| {
            UseCaseError::refused(
                "etape_interdite",
                format!(
                    "Impossible de {} la facture {} : elle est à l’étape « {} ». Rien n’a été \
                     modifié.",
                    refused.action.french(),
                    invoice.number,
                    refused.from.french()
                ),
            )
        })?;
        let mut to = invoice.clone();
        to.state = state;
        change(&mut to);
        store::move_invoice(tx, invoice, &to).await?;
        to.version += 1;
        *invoice = to;
        self.note(action, invoice.id, details);
        Ok(())
    }

    fn note(&mut self, action: InvoiceAction, id: InvoiceId, details: &str) {
        let entry = self.app.entry(self.actor, journalled(action), "invoice", id.0, details);
        self.entries.push(entry);
    }
}
