//! Orders as values of the domain: heads, lines and shares, in three queries for many.

use std::collections::{BTreeMap, HashMap};

use domain::ids::{ContractId, OrderId, OrderWindowId, PriceScheduleId};
use domain::money::{Gross, Net, Vat};
use domain::orders::delivery::{Receipts, ShareKey};
use domain::orders::order::Order;
use domain::orders::state::OrderState;
use sea_orm::{FromQueryResult, Value};

use super::rows::{Head, Line, ShareRow, assemble};
use super::values::list;
use crate::store::{Access, StoreError, Viewer, reference, sql};

/// Which orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    These(Vec<OrderId>),
    Window(OrderWindowId),
    /// Those of a window that stand at one state.
    At(OrderWindowId, OrderState),
    Contract(ContractId),
    /// Every order that the viewer may see.
    All,
}

/// The totals as stored when the order last changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Printed {
    pub lines: Net,
    pub freight: Net,
    pub net: Net,
    pub vat: Vat,
    pub gross: Gross,
}

/// An order with what its rows say beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredOrder {
    pub id: OrderId,
    /// Moved by every change: see the module's head.
    pub version: i64,
    pub schedule: PriceScheduleId,
    pub order: Order,
    pub receipts: Receipts,
    pub totals: Printed,
    /// What it counts for under the ceiling.
    pub committed: Net,
    pub budget_account: Option<String>,
    pub cancel_reason: Option<String>,
    /// The rows of its lines, by position.
    pub line_rows: BTreeMap<u32, i64>,
    /// The rows of its shares.
    pub share_rows: BTreeMap<ShareKey, i64>,
}

impl StoredOrder {
    /// What a person calls it: its number, or its row before it has one.
    pub fn name(&self) -> String {
        match &self.order.issue {
            Some(issue) => issue.number.to_string(),
            None => format!("commande {}", self.id),
        }
    }
}

/// The condition on `purchase_order p`, and whose shares are seen.
struct Scope {
    orders: String,
    shares: String,
    values: Vec<Value>,
}

/// Every read of orders begins here: a member sees its own orders, and of the coordinator's
/// its own shares.
fn visible(viewer: Viewer, which: &Which) -> Scope {
    let (mut orders, mut values) = match which {
        Which::These(ids) => {
            let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
            let (text, values) = list(&ids, 1);
            (format!("p.id IN {text}"), values)
        }
        Which::Window(window) => ("p.window_id = $1".to_owned(), vec![window.0.into()]),
        Which::At(window, state) => (
            "p.window_id = $1 AND p.state = $2".to_owned(),
            vec![window.0.into(), state.code().into()],
        ),
        Which::Contract(contract) => ("p.contract_id = $1".to_owned(), vec![contract.0.into()]),
        Which::All => ("1 = 1".to_owned(), vec![]),
    };
    let mut shares = String::new();
    if let Viewer::Member(member) = viewer {
        values.push(member.0.into());
        let at = values.len();
        let own = format!(
            " AND (p.buyer_id = ${at} OR EXISTS (SELECT 1 FROM order_share x \
             WHERE x.order_id = p.id AND x.organisation_id = ${at}))"
        );
        orders.push_str(&own);
        shares = format!(" AND (p.buyer_id = ${at} OR s.organisation_id = ${at})");
    }
    Scope { orders, shares, values }
}

/// The orders that `viewer` may see, by id.
pub async fn load(
    on: &impl Access,
    viewer: Viewer,
    which: &Which,
) -> Result<Vec<StoredOrder>, StoreError> {
    let doing = "reading orders";
    if matches!(which, Which::These(ids) if ids.is_empty()) {
        return Ok(Vec::new());
    }
    let db = on.connection();
    let scope = visible(viewer, which);
    let text = format!(
        "SELECT p.id, p.number, p.contract_id, p.window_id, p.schedule_id, p.buyer_id, p.state, p.version, \
         p.lines_cents, p.freight_cents, p.net_cents, p.vat_cents, p.gross_cents, p.committed_cents, \
         p.commitment_number, p.service_code, p.budget_account, p.signed_by, p.signed_quality, \
         p.signed_on, p.issued_on, p.deliver_by, p.cancel_reason, c.lot_id, l.model, \
         c.freight_cents AS flat_cents, c.franco_cents, c.vat_exemption, c.starts_on \
         FROM purchase_order p JOIN contract c ON c.id = p.contract_id JOIN lot l ON l.id = c.lot_id WHERE {} ORDER BY p.id",
        scope.orders
    );
    let heads = Head::find_by_statement(sql(db, &text, scope.values.clone()))
        .all(db)
        .await
        .map_err(StoreError::during(doing))?;
    let text = format!(
        "SELECT l.id, l.order_id, l.position, l.version_id, l.pack_milli, l.price_e4, l.category, \
         l.rate_bp, l.amendable, v.unit FROM order_line l JOIN purchase_order p ON p.id = l.order_id \
         JOIN article_version v ON v.id = l.version_id WHERE {} ORDER BY l.order_id, l.position",
        scope.orders
    );
    let lines = Line::find_by_statement(sql(db, &text, scope.values.clone()))
        .all(db)
        .await
        .map_err(StoreError::during(doing))?;
    let text = format!(
        "SELECT s.id, s.line_id, s.organisation_id, s.site_id, s.quantity_milli, s.delivered_milli, \
         s.accepted_milli, s.rejected_milli, s.reduction_cents FROM order_share s \
         JOIN purchase_order p ON p.id = s.order_id WHERE {}{} \
         ORDER BY s.line_id, s.organisation_id, s.site_id",
        scope.orders, scope.shares
    );
    let shares = ShareRow::find_by_statement(sql(db, &text, scope.values))
        .all(db)
        .await
        .map_err(StoreError::during(doing))?;
    let rates = reference::standard_rates(on).await?;

    let mut shares_of: HashMap<i64, Vec<ShareRow>> = HashMap::new();
    for share in shares {
        shares_of.entry(share.line_id).or_default().push(share);
    }
    let mut lines_of: HashMap<i64, Vec<(Line, Vec<ShareRow>)>> = HashMap::new();
    for line in lines {
        let shares = shares_of.remove(&line.id).unwrap_or_default();
        // A line of which the viewer has no share is not the viewer's.
        if !shares.is_empty() {
            lines_of.entry(line.order_id).or_default().push((line, shares));
        }
    }
    heads
        .into_iter()
        .map(|head| {
            let lines = lines_of.remove(&head.id).unwrap_or_default();
            assemble(head, lines, &rates)
        })
        .collect()
}

/// One order that `viewer` may see.
pub async fn one(on: &impl Access, viewer: Viewer, id: OrderId) -> Result<StoredOrder, StoreError> {
    load(on, viewer, &Which::These(vec![id]))
        .await?
        .pop()
        .ok_or_else(|| StoreError::NotFound { what: "order", id: id.to_string() })
}
