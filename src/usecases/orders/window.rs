//! Closing an order window, and pricing its drafts.
//!
//! Where tiers count what all order, nobody knows the price before the window closes: that is
//! when every draft gets it, and a later cancellation reprices nothing.

use domain::ids::OrderWindowId;
use domain::orders::state::OrderState;

use super::draft::in_force;
use super::pricing::Pricing;
use crate::store::orders::{self as store, NewOrder, Which, Window};
use crate::store::tenders;
use crate::store::{Tx, Viewer, platform};
use crate::usecases::{Actor, App, UseCaseError};

/// Closes a window after its last day and prices its drafts; how many there are. A window that
/// is closed already is left as it is.
pub async fn close_window(
    app: &App,
    actor: &Actor,
    window: OrderWindowId,
) -> Result<usize, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let window = store::window(&tx, window).await?;
    if app.today() <= window.window.days.to {
        let last = domain::french::date(window.window.days.to);
        return Err(UseCaseError::refused(
            "fenetre_ouverte",
            format!("La période de commande est ouverte jusqu’au {last} inclus."),
        ));
    }
    if !tenders::close_window(&tx, window.id()).await? {
        return Ok(0);
    }
    let priced = price_drafts(app, &tx, &window).await?;
    let details = format!("{priced} brouillons");
    let entry = app.entry(actor, "order_window.close", "order_window", window.id().0, details);
    platform::append(&tx, vec![entry]).await?;
    tx.commit().await?;
    Ok(priced)
}

/// Prices the drafts of a window again, after the contract's prices were revised.
///
/// # Errors
///
/// Refused where prices were set when the window closed: those stay.
pub async fn reprice_window(
    app: &App,
    actor: &Actor,
    window: OrderWindowId,
) -> Result<usize, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let window = store::window(&tx, window).await?;
    if window.window.closed && window.priced_at_close() {
        return Err(UseCaseError::refused(
            "prix_fixes",
            "Les prix de cette période ont été fixés à sa clôture : ils ne changent plus.",
        ));
    }
    let priced = price_drafts(app, &tx, &window).await?;
    let details = format!("{priced} brouillons");
    let entry = app.entry(actor, "order_window.reprice", "order_window", window.id().0, details);
    platform::append(&tx, vec![entry]).await?;
    tx.commit().await?;
    Ok(priced)
}

async fn price_drafts(app: &App, tx: &Tx, window: &Window) -> Result<usize, UseCaseError> {
    let day = app.today().max(window.window.days.from);
    let prices = in_force(tx, window, day).await?;
    let freight = window.head().freight;
    let consolidated = store::window_quantities(tx, window.id()).await?;
    let pricing = Pricing::of(tx, window, &prices, consolidated, day).await?;
    let which = Which::At(window.id(), OrderState::Draft);
    let drafts = store::load(tx, Viewer::Coordinator, &which).await?;
    let changed = drafts
        .into_iter()
        .map(|stored| {
            let mut order = pricing.apply(&stored.order)?;
            order.freight = freight;
            Ok((stored.id, stored.version, NewOrder { order, schedule: prices.id }))
        })
        .collect::<Result<Vec<_>, UseCaseError>>()?;
    store::rewrite_drafts(tx, &changed).await?;
    Ok(changed.len())
}
