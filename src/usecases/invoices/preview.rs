//! An invoice's shares to be looked at: before they are booked, and after.

use std::collections::BTreeMap;

use domain::group::convention::FreightKey;
use domain::ids::{AllocationId, InvoiceId, OrganisationId};
use domain::invoices::allocation::Allocation;
use domain::invoices::einvoice::EInvoice;
use domain::siret::Siret;

use super::super::{App, UseCaseError};
use super::naming::Concerned;
use super::papers::{same_as_stored, shared_again};
use super::plan::{Documents, Settlement, Terms, plan};
use super::sharing::{Printed, Shared, printed};
use crate::store::invoices::{self as store, StoredInvoice};

/// One invoice or credit note with its shares, as printed.
#[derive(Debug, Clone)]
pub struct SharedDocument {
    pub stored: StoredInvoice,
    pub invoice: EInvoice,
    /// BT-126 of the lines that are shared as freight.
    pub freight_lines: std::collections::BTreeSet<String>,
    pub allocation: Allocation,
    /// Over the canonical report: the same before and after booking.
    pub sha256: String,
    pub members: BTreeMap<Siret, OrganisationId>,
    pub key: FreightKey,
    /// Whether it gives another document's shares back, to the cent.
    pub mirror: bool,
    /// `None` while nothing is booked.
    pub posted: Option<AllocationId>,
}

/// What would be booked at once, credit notes after their invoice.
#[derive(Debug, Clone)]
pub struct Preview {
    pub documents: Vec<SharedDocument>,
    /// What takes the first of them out of its dispute.
    pub settlement: Option<Settlement>,
    pub convention_key: FreightKey,
    pub terms: Terms,
}

/// What sharing an invoice by `terms` would book; nothing is written.
///
/// # Errors
///
/// Everything that `allocate` would refuse it for.
pub async fn preview(
    app: &App,
    invoice: InvoiceId,
    whom: &[Concerned],
    terms: Terms,
) -> Result<Preview, UseCaseError> {
    let documents = Box::pin(Documents::read(app, invoice)).await?;
    let plan = Box::pin(plan(&app.store, documents, whom, terms)).await?;
    let convention_key = plan.order.freight_key;
    let shown = plan.documents.into_iter().map(|one| {
        let mirror = one.mirrors.is_some();
        shown(one.document, one.shared, one.members, one.key, mirror, None)
    });
    let documents = shown.collect();
    Ok(Preview { documents, settlement: plan.settlement, convention_key, terms })
}

/// The shares of an invoice as they are booked, made again from its file; `None` where it has
/// none.
///
/// # Errors
///
/// Refused where the shares made again are not the stored ones.
pub async fn posted(app: &App, invoice: InvoiceId) -> Result<Option<SharedDocument>, UseCaseError> {
    let Some(stored) = store::allocation_of(&app.store, invoice).await? else { return Ok(None) };
    let document = printed(app, invoice).await?;
    let shared = shared_again(app, &document, &stored).await?;
    same_as_stored(&document, &shared, &stored)?;
    let members = stored.members.iter().map(|(id, one)| (one.siret.clone(), *id)).collect();
    let mirror = stored.mirrors.is_some();
    Ok(Some(shown(document, shared, members, stored.key, mirror, Some(stored.id))))
}

fn shown(
    document: Printed,
    shared: Shared,
    members: BTreeMap<Siret, OrganisationId>,
    key: FreightKey,
    mirror: bool,
    posted: Option<AllocationId>,
) -> SharedDocument {
    SharedDocument {
        freight_lines: document.freight_lines(),
        stored: document.stored,
        invoice: document.invoice,
        allocation: shared.allocation,
        sha256: shared.sha256,
        members,
        key,
        mirror,
        posted,
    }
}
