//! The freight of an order, and what its invoices billed of it.

use domain::ids::{InvoiceId, OrderId};
use domain::invoices::state::InvoiceState;
use domain::money::Net;
use entities::purchase_order;
use sea_orm::{EntityTrait, FromQueryResult};

use super::super::group::coded;
use super::super::{Access, StoreError, sql};

/// Freight that an invoice or credit note of an order bills, or a charge that may be freight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BilledFreight {
    pub invoice: InvoiceId,
    /// The invoice that a credit note corrects.
    pub corrects: Option<InvoiceId>,
    pub state: InvoiceState,
    /// Before VAT, as booked: negative where a credit note takes back.
    pub cents: i64,
    /// Billed as a line that is known as freight; else a charge with its code and reason.
    pub line: bool,
    pub code: Option<String>,
    pub reason: Option<String>,
}

/// The freight of an order, before VAT.
pub async fn freight_of_order(on: &impl Access, order: OrderId) -> Result<Net, StoreError> {
    let found = purchase_order::Entity::find_by_id(order.0)
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading the freight of an order"))?;
    let found = found.ok_or(StoreError::NotFound { what: "order", id: order.to_string() })?;
    Ok(Net::from_cents(found.freight_cents))
}

/// The freight lines and the charges of an order's invoices and credit notes, those rejected
/// left out.
pub async fn billed_freight(
    on: &impl Access,
    order: OrderId,
) -> Result<Vec<BilledFreight>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        corrects_id: Option<i64>,
        state: String,
        credit: bool,
        cents: i64,
        line: bool,
        code: Option<String>,
        reason: Option<String>,
    }
    let on = on.connection();
    let rows = Row::find_by_statement(sql(
        on,
        "SELECT i.id, i.corrects_id, i.state, i.credit, l.net_cents AS cents, l.freight AS line, \
         CAST(NULL AS TEXT) AS code, CAST(NULL AS TEXT) AS reason \
         FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id \
         WHERE l.freight AND i.order_id = $1 AND i.state <> 'rejected' \
         UNION ALL \
         SELECT i.id, i.corrects_id, i.state, i.credit, a.amount_cents AS cents, \
         (a.id IS NULL) AS line, a.reason_code AS code, a.reason \
         FROM invoice_amount a JOIN invoice i ON i.id = a.invoice_id \
         WHERE a.kind = 'charge' AND i.order_id = $1 AND i.state <> 'rejected'",
        [order.0.into()],
    ))
    .all(on)
    .await
    .map_err(StoreError::during("reading the freight that an order was invoiced for"))?;
    rows.into_iter()
        .map(|row| {
            let at = ("invoice", row.id, "state");
            Ok(BilledFreight {
                invoice: InvoiceId(row.id),
                corrects: row.corrects_id.map(InvoiceId),
                state: coded(InvoiceState::from_code(&row.state), at, &row.state)?,
                cents: if row.credit { -row.cents } else { row.cents },
                line: row.line,
                code: row.code,
                reason: row.reason,
            })
        })
        .collect()
}
