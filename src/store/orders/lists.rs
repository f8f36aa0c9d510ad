//! Lists of orders and their papers, for pages and packs.

use chrono::NaiveDate;
use domain::ids::{ContractId, OrderWindowId, OrganisationId};
use sea_orm::{FromQueryResult, Value};

use crate::store::{Access, StoreError, sql};

/// One order in a list.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct OrderRow {
    pub id: i64,
    pub number: Option<String>,
    pub contract: String,
    pub lot: String,
    pub model: String,
    pub buyer: String,
    pub state: String,
    pub net_cents: i64,
    pub gross_cents: i64,
    pub issued_on: Option<NaiveDate>,
    pub deliver_by: Option<NaiveDate>,
    /// Thousandths of all units: what was ordered, what of it was delivered and not rejected.
    pub ordered_milli: i64,
    pub kept_milli: i64,
}

const ROWS: &str = "SELECT p.id, p.number, c.number AS contract, l.number AS lot, l.model, o.name AS buyer, \
     p.state, p.net_cents, p.gross_cents, p.issued_on, p.deliver_by, \
     CAST(COALESCE(SUM(s.quantity_milli), 0) AS BIGINT) AS ordered_milli, \
     CAST(COALESCE(SUM(s.delivered_milli - s.rejected_milli), 0) AS BIGINT) AS kept_milli \
     FROM purchase_order p JOIN contract c ON c.id = p.contract_id JOIN lot l ON l.id = c.lot_id \
     JOIN organisation o ON o.id = p.buyer_id LEFT JOIN order_share s ON s.order_id = p.id";
const GROUPED: &str = "GROUP BY p.id, p.number, c.number, l.number, l.model, o.name, p.state, p.net_cents, \
     p.gross_cents, p.issued_on, p.deliver_by";

async fn rows(
    on: &impl Access,
    which: &str,
    values: Vec<Value>,
) -> Result<Vec<OrderRow>, StoreError> {
    let text = format!("{ROWS} WHERE {which} {GROUPED} ORDER BY c.number, o.name, p.id");
    OrderRow::find_by_statement(sql(on.connection(), &text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during("listing orders"))
}

/// Every order of a contract, by buyer.
pub async fn orders_of_contract(
    on: &impl Access,
    contract: ContractId,
) -> Result<Vec<OrderRow>, StoreError> {
    rows(on, "p.contract_id = $1", vec![contract.0.into()]).await
}

/// A member's own orders (models A and B), by contract.
pub async fn orders_of_member(
    on: &impl Access,
    member: OrganisationId,
) -> Result<Vec<OrderRow>, StoreError> {
    rows(on, "p.buyer_id = $1", vec![member.0.into()]).await
}

/// A paper of an order: the order itself, its amendments, the extracts of members.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct OrderPaper {
    pub order_id: i64,
    pub kind: String,
    pub number: String,
    pub organisation_id: Option<i64>,
    pub file_key: String,
    pub sha256: String,
    pub bytes: i64,
    pub pages: i64,
}

/// Every paper of the orders of a window, orders first, by number.
pub async fn papers_of_window(
    on: &impl Access,
    window: OrderWindowId,
) -> Result<Vec<OrderPaper>, StoreError> {
    let text = "SELECT r.order_id, r.kind, r.number, r.organisation_id, r.file_key, r.sha256, r.bytes, r.pages \
                FROM paper r JOIN purchase_order p ON p.id = r.order_id \
                WHERE p.window_id = $1 AND p.state IN ('issued', 'closed') \
                ORDER BY CASE r.kind WHEN 'purchase_order' THEN 0 ELSE 1 END, r.number";
    OrderPaper::find_by_statement(sql(on.connection(), text, [window.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("listing the papers of orders"))
}
