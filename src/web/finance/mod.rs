//! The pages of the CdG62's finance staff: from a supplier's file to what each member owes.
//!
//! ```text
//! inbox ─ deposit ─ invoice ─┬ sharing (preview, comparison, posting) ─ validation by another
//!                            └ dispute, suspension, rejection, payment
//! statements · due dates · claims to be exported · figures of a year
//! ```
//! Whoever reads purchases reads these pages; only finance staff is shown what changes something.

mod before;
mod deposit;
mod due;
mod inbox;
mod member_cents;
mod precisions;
mod recharges;
mod sharing;
mod show;
mod side_by_side;
mod standing;
mod statements;
mod steps;
mod sums;
mod words;
mod year;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::ids::InvoiceId;

use super::Pages;
use super::error::PageError;
use super::routes::{Routes, Row};
use crate::store::Viewer;
use crate::store::invoices::{self as store, StoredInvoice};

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/comptabilite", inbox::show)
        .get("/comptabilite/depot", deposit::ask)
        .upload("/comptabilite/depot", deposit::take)
        .get("/comptabilite/factures/{id}", show::show)
        .get("/comptabilite/factures/{id}/original", show::original)
        .get("/comptabilite/factures/{id}/etapes/{step}", steps::ask)
        .post("/comptabilite/factures/{id}/etapes/{step}", steps::take)
        .get("/comptabilite/factures/{id}/repartition", sharing::show)
        .post("/comptabilite/factures/{id}/repartition", sharing::book)
        .get("/comptabilite/factures/{id}/repartition/comparaison", side_by_side::show)
        .get("/comptabilite/factures/{id}/precisions", precisions::ask)
        .post("/comptabilite/factures/{id}/precisions", precisions::book)
        .post("/comptabilite/factures/{id}/precisions/apercu", precisions::see)
        .get("/comptabilite/factures/{id}/releves", statements::show)
        .post("/comptabilite/factures/{id}/releves", statements::issue)
        .get("/comptabilite/factures/{id}/releves.zip", statements::bundle)
        .get("/comptabilite/releves/{id}", statements::one)
        .get("/comptabilite/echeances", due::show)
        .get("/comptabilite/titres", recharges::show)
        .post("/comptabilite/titres", recharges::export)
        .get("/comptabilite/titres/{id}", recharges::batch)
        .get("/comptabilite/annees", year::current)
        .get("/comptabilite/annees/{year}", year::show)
}

async fn load(pages: &Pages, id: i64) -> Result<StoredInvoice, PageError> {
    let found = store::invoice(&pages.app.store, Viewer::Coordinator, InvoiceId(id)).await?;
    found.ok_or(PageError::NotFound)
}

/// A file of ours to be saved under `name`, which has plain characters only.
fn download(
    content_type: &'static str,
    name: &str,
    bytes: impl Into<Body>,
) -> Result<Response, PageError> {
    let name = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))
        .map_err(|error| PageError::Export(error.to_string()))?;
    let kind = HeaderValue::from_static(content_type);
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], bytes.into())
        .into_response())
}
