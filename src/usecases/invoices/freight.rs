//! The freight of an invoice beside its order's.

use domain::invoices::freight::{Freight, is_freight};
use domain::money::Net;

use super::super::UseCaseError;
use super::judge::counts;
use crate::store::Access;
use crate::store::invoices::{self as store, BilledFreight, StoredInvoice};

/// The freight that `invoice` bills beside what its order has of it; `None` for a credit note,
/// an invoice of no order, and where neither has any.
pub async fn freight(
    on: &impl Access,
    invoice: &StoredInvoice,
) -> Result<Option<Freight>, UseCaseError> {
    let Some(order) = invoice.order.filter(|_| !invoice.kind.is_credit()) else {
        return Ok(None);
    };
    let ordered = store::freight_of_order(on, order).await?;
    let rows: Vec<BilledFreight> = store::billed_freight(on, order)
        .await?
        .into_iter()
        .filter(|row| row.line || is_freight(row.code.as_deref(), row.reason.as_deref()))
        .collect();
    let net = |cents: i64| Net::from_cents(cents);
    let billed = rows.iter().filter(|row| row.invoice == invoice.id).map(|row| row.cents).sum();
    let own = |row: &&BilledFreight| row.invoice == invoice.id || row.corrects == Some(invoice.id);
    let before =
        rows.iter().filter(|row| counts(row.state) && !own(row)).map(|row| row.cents).sum();
    let freight = Freight { ordered, before: net(before), billed: net(billed) };
    Ok((billed != 0 || ordered != Net::ZERO).then_some(freight))
}
