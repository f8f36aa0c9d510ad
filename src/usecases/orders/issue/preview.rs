//! What issuing would do, seen before.

use domain::ids::OrderWindowId;
use domain::money::{Gross, Net, Vat};
use domain::orders::state::OrderState;

use super::{Issue, Office, made_extracts};
use crate::store::Viewer;
use crate::store::orders::{self as store, Which};
use crate::usecases::orders::RefusedOrder;
use crate::usecases::orders::papers::Desk;
use crate::usecases::{Actor, App, UseCaseError};

/// What issuing a window would do, in figures; nothing is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IssuePreview {
    /// Orders that would be issued, and the papers made with them.
    pub orders: usize,
    pub papers: usize,
    pub net: Net,
    pub vat: Vat,
    pub gross: Gross,
    /// Validated orders that would be left out, and why.
    pub refused: Vec<RefusedOrder>,
    /// Extracts of orders issued before that are still to be made.
    pub missing: usize,
}

/// Judges every validated order of a window as [`super::issue_window`] does, but for the printing.
pub async fn preview_issue(
    app: &App,
    actor: &Actor,
    window: OrderWindowId,
) -> Result<IssuePreview, UseCaseError> {
    let mut orders = Vec::new();
    for state in [OrderState::Validated, OrderState::Issued] {
        let which = Which::At(window, state);
        orders.extend(store::load(&app.store, Viewer::Coordinator, &which).await?);
    }
    let window = store::window(&app.store, window).await?;
    let pays = window.model().coordinator_pays();
    let desk = Desk::of(app, &app.store, window, &orders).await?;
    let (validated, issued): (Vec<_>, Vec<_>) =
        orders.into_iter().partition(|stored| stored.order.state != OrderState::Issued);
    let mut office = Office { app, actor, desk, done: Issue::default() };
    let mut preview = IssuePreview::default();
    let doing = "adding up orders";
    for stored in office.ready(validated) {
        // The number and what was issued before change nothing of what is refused.
        match office.number(&stored, 1, Net::ZERO) {
            Ok(_) => {
                preview.orders += 1;
                preview.papers += 1 + if pays { stored.order.members().len() } else { 0 };
                let sums = &stored.totals;
                preview.net = preview.net.plus(sums.net).map_err(UseCaseError::failed(doing))?;
                preview.vat = preview.vat.plus(sums.vat).map_err(UseCaseError::failed(doing))?;
                preview.gross =
                    preview.gross.plus(sums.gross).map_err(UseCaseError::failed(doing))?;
            }
            Err(UseCaseError::Refused(reasons)) => office.refuse(&stored, reasons),
            Err(error) => return Err(error),
        }
    }
    if pays {
        for stored in &issued {
            let made = made_extracts(app, &office.desk, stored.id).await?;
            preview.missing += stored.order.members().len().saturating_sub(made.len());
        }
    }
    preview.refused = office.done.refused;
    Ok(preview)
}
