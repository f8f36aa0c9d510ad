//! The end of an order: cancelled before any delivery, or closed.
//!
//! Cancelling gives the whole amount back under the ceiling and keeps the number; closing gives
//! back the undelivered rest.

use domain::ids::OrderId;
use domain::money::Net;
use domain::orders::ceiling::committed;
use domain::orders::life::{cancel, close};
use domain::orders::state::OrderState;

use super::validate::refusal;
use crate::store::invoices;
use crate::store::orders::{self as store, StoredOrder};
use crate::store::{Tx, Viewer, platform, tenders};
use crate::usecases::{Actor, App, UseCaseError};

/// An order under the lock of its contract, so that what it counts for cannot change meanwhile.
pub(super) async fn locked(
    tx: &Tx,
    viewer: Viewer,
    order: OrderId,
) -> Result<StoredOrder, UseCaseError> {
    let before = store::one(tx, viewer, order).await?;
    tenders::lock_contract(tx, before.order.contract).await?;
    Ok(store::one(tx, viewer, order).await?)
}

/// Cancels an order that `viewer` may see, for `reason`. A member cancels its own drafts; what
/// is validated is cancelled by the coordinator.
pub async fn cancel_order(
    app: &App,
    actor: &Actor,
    viewer: Viewer,
    order: OrderId,
    reason: &str,
) -> Result<(), UseCaseError> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(UseCaseError::refused("motif", "Indiquez le motif de l’annulation."));
    }
    let tx = app.store.begin_write().await?;
    let stored = locked(&tx, viewer, order).await?;
    if let Viewer::Member(member) = viewer
        && (stored.order.buyer != member || stored.order.state != OrderState::Draft)
    {
        return Err(UseCaseError::refused(
            "coordonnateur",
            "Cette commande est engagée : demandez son annulation au coordonnateur.",
        ));
    }
    cancel(&stored.order, &stored.receipts)
        .map_err(|error| UseCaseError::Refused(vec![refusal(&error)]))?;
    if let Some(number) = invoices::first_of_order(&tx, order).await? {
        return Err(UseCaseError::refused(
            "commande_facturee",
            format!(
                "La facture {number} porte sur cette commande : faites-la rejeter ou créditer avant \
                 d’annuler. Rien n’a été modifié."
            ),
        ));
    }
    store::cancel(&tx, order, stored.version, reason).await?;
    store::release(&tx, stored.order.contract, stored.committed).await?;
    let entry = app.entry(actor, "order.cancel", "order", order.0, reason);
    platform::append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}

/// Closes an issued order: nothing more is expected of it. Answers what was given back.
pub async fn close_order(app: &App, actor: &Actor, order: OrderId) -> Result<Net, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let stored = locked(&tx, Viewer::Coordinator, order).await?;
    let closed = close(&stored.order, &stored.receipts)
        .map_err(|error| UseCaseError::Refused(vec![refusal(&error)]))?;
    let overflow = UseCaseError::failed("valuing an order");
    let counts = committed(&closed, &stored.receipts).map_err(overflow)?;
    let rest = stored.committed.minus(counts).map_err(UseCaseError::failed("valuing an order"))?;
    store::close(&tx, order, stored.version, counts).await?;
    store::release(&tx, stored.order.contract, rest).await?;
    let details = format!("{rest} HT rendus");
    let entry = app.entry(actor, "order.close", "order", order.0, details);
    platform::append(&tx, vec![entry]).await?;
    tx.commit().await?;
    Ok(rest)
}

/// What ending an order would give back under the ceiling of its contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndPreview {
    /// What it counts for now, and what it would count for.
    pub counts: Net,
    pub after: Net,
    pub given_back: Net,
}

/// What [`cancel_order`] would give back, or everything that stands against it.
pub async fn preview_cancel(app: &App, order: OrderId) -> Result<EndPreview, UseCaseError> {
    let stored = store::one(&app.store, Viewer::Coordinator, order).await?;
    cancel(&stored.order, &stored.receipts)
        .map_err(|error| UseCaseError::Refused(vec![refusal(&error)]))?;
    let counts = stored.committed;
    Ok(EndPreview { counts, after: Net::ZERO, given_back: counts })
}

/// What [`close_order`] would give back, or everything that stands against it.
pub async fn preview_close(app: &App, order: OrderId) -> Result<EndPreview, UseCaseError> {
    let stored = store::one(&app.store, Viewer::Coordinator, order).await?;
    let closed = close(&stored.order, &stored.receipts)
        .map_err(|error| UseCaseError::Refused(vec![refusal(&error)]))?;
    let after =
        committed(&closed, &stored.receipts).map_err(UseCaseError::failed("valuing an order"))?;
    let counts = stored.committed;
    let given_back = counts.minus(after).map_err(UseCaseError::failed("valuing an order"))?;
    Ok(EndPreview { counts, after, given_back })
}
