//! What the coordinator reads of all orders: lists, windows by state, shares to be decided.
//!
//! Each list is one page of rows and their count: two queries, whatever their number.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::ids::{ContractId, OrderId, OrderWindowId, OrganisationId};
use domain::orders::state::OrderState;
use sea_orm::{FromQueryResult, Value};

use crate::store::paged::paged;
use crate::store::{Access, Slice, StoreError, rows_per_statement, sql};

/// Which orders of all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderFilter {
    pub state: Option<OrderState>,
    pub contract: Option<ContractId>,
    pub window: Option<OrderWindowId>,
    /// Its own, and the coordinator's with a share of it.
    pub concerning: Option<OrganisationId>,
    pub epci: Option<OrganisationId>,
    /// Issued, due before that day, and not wholly delivered.
    pub late_on: Option<NaiveDate>,
}

/// One order in the coordinator's list.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct DeskOrder {
    pub id: i64,
    pub number: Option<String>,
    pub contract_id: i64,
    pub contract: String,
    pub lot: String,
    pub model: String,
    pub buyer_id: i64,
    pub buyer: String,
    pub epci: Option<String>,
    /// Of whoever is to be called about it.
    pub phone: Option<String>,
    pub state: String,
    pub signed_by: Option<String>,
    pub net_cents: i64,
    pub gross_cents: i64,
    pub issued_on: Option<NaiveDate>,
    pub deliver_by: Option<NaiveDate>,
    /// Added up apart.
    #[sea_orm(skip)]
    pub sums: ShareSums,
}

/// Thousandths of all units of an order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromQueryResult)]
pub struct ShareSums {
    pub ordered_milli: i64,
    /// Delivered and not rejected.
    pub kept_milli: i64,
    /// Delivered and nobody has decided yet.
    pub pending_milli: i64,
}

const SHARES: &str = "(SELECT CAST(COALESCE(SUM(s.quantity_milli), 0) AS BIGINT) FROM order_share s \
     WHERE s.order_id = p.id)";
const KEPT: &str = "(SELECT CAST(COALESCE(SUM(s.delivered_milli - s.rejected_milli), 0) AS BIGINT) \
     FROM order_share s WHERE s.order_id = p.id)";
const ORDER_TABLES: &str = "FROM purchase_order p JOIN contract c ON c.id = p.contract_id JOIN lot l ON l.id = c.lot_id \
     JOIN organisation o ON o.id = p.buyer_id LEFT JOIN organisation e ON e.id = o.epci_id";

fn conditions(filter: &OrderFilter, slice: &Slice) -> (String, Vec<Value>) {
    let mut values: Vec<Value> = Vec::new();
    let mut text = String::from(" WHERE 1 = 1");
    let mut also = |condition: &str, value: Value| {
        values.push(value);
        text.push_str(" AND ");
        text.push_str(&condition.replace('?', &format!("${}", values.len())));
    };
    if let Some(state) = filter.state {
        also("p.state = ?", state.code().into());
    }
    if let Some(contract) = filter.contract {
        also("p.contract_id = ?", contract.0.into());
    }
    if let Some(window) = filter.window {
        also("p.window_id = ?", window.0.into());
    }
    if let Some(member) = filter.concerning {
        also(
            "(p.buyer_id = ? OR EXISTS (SELECT 1 FROM order_share x WHERE x.order_id = p.id \
             AND x.organisation_id = ?))",
            member.0.into(),
        );
    }
    if let Some(epci) = filter.epci {
        also("o.epci_id = ?", epci.0.into());
    }
    if let Some(day) = filter.late_on {
        let late = format!("p.state = 'issued' AND p.deliver_by < ? AND {KEPT} < {SHARES}");
        also(&late, day.into());
    }
    if !slice.search.is_empty() {
        also(
            "(LOWER(COALESCE(p.number, '')) LIKE ? ESCAPE '\\' OR LOWER(o.name) LIKE ? ESCAPE '\\')",
            slice.pattern().into(),
        );
    }
    (text, values)
}

/// One page of the orders that pass `filter`, and how many there are.
pub async fn desk_orders(
    on: &impl Access,
    filter: &OrderFilter,
    slice: &Slice,
) -> Result<(Vec<DeskOrder>, u64), StoreError> {
    let (condition, values) = conditions(filter, slice);
    let columns = "p.id, p.number, p.contract_id, c.number AS contract, l.number AS lot, l.model, p.buyer_id, \
         o.name AS buyer, e.name AS epci, (SELECT MIN(k.phone) FROM contact k \
         WHERE k.organisation_id = o.id AND k.phone <> '') AS phone, p.state, p.signed_by, p.net_cents, \
         p.gross_cents, p.issued_on, p.deliver_by";
    let allowed = [
        ("acheteur", "o.name"),
        ("numero", "p.number"),
        ("marche", "c.number"),
        ("etat", "p.state"),
        ("epci", "e.name"),
        ("ht", "p.net_cents"),
        ("ttc", "p.gross_cents"),
        ("emise", "p.issued_on"),
        ("livrer", "p.deliver_by"),
    ];
    let from = format!("{ORDER_TABLES}{condition}");
    let order = slice.order_by(&allowed, "p.id");
    let (mut rows, total) =
        paged::<DeskOrder>(on, "p.id", (columns, &from), &order, slice, values).await?;
    let mut sums = share_sums(on, &rows).await?;
    for row in &mut rows {
        row.sums = sums.remove(&row.id).unwrap_or_default();
    }
    Ok((rows, total))
}

/// What the shares of these orders add up to, each share read once: the coordinator's order has
/// thousands.
async fn share_sums(
    on: &impl Access,
    orders: &[DeskOrder],
) -> Result<BTreeMap<i64, ShareSums>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        order_id: i64,
        #[sea_orm(nested)]
        sums: ShareSums,
    }
    let mut found = BTreeMap::new();
    for orders in orders.chunks(rows_per_statement(1)) {
        let marks: Vec<String> = (1..=orders.len()).map(|at| format!("${at}")).collect();
        let text = format!(
            "SELECT s.order_id, CAST(SUM(s.quantity_milli) AS BIGINT) AS ordered_milli, \
             CAST(SUM(s.delivered_milli - s.rejected_milli) AS BIGINT) AS kept_milli, \
             CAST(SUM(s.delivered_milli - s.accepted_milli - s.rejected_milli) AS BIGINT) AS pending_milli \
             FROM order_share s WHERE s.order_id IN ({}) GROUP BY s.order_id",
            marks.join(", ")
        );
        let values = orders.iter().map(|order| Value::from(order.id));
        let rows = Row::find_by_statement(sql(on.connection(), &text, values))
            .all(on.connection())
            .await
            .map_err(StoreError::during("adding up the shares of orders"))?;
        found.extend(rows.into_iter().map(|row| (row.order_id, row.sums)));
    }
    Ok(found)
}

/// How many orders of a window stand at one state, and what they come to.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct StateFigures {
    pub state: String,
    pub orders: i64,
    pub net_cents: i64,
    pub gross_cents: i64,
}

pub async fn window_states(
    on: &impl Access,
    window: OrderWindowId,
) -> Result<Vec<StateFigures>, StoreError> {
    let text = "SELECT state, COUNT(*) AS orders, CAST(SUM(net_cents) AS BIGINT) AS net_cents, \
                CAST(SUM(gross_cents) AS BIGINT) AS gross_cents FROM purchase_order \
                WHERE window_id = $1 GROUP BY state ORDER BY state";
    StateFigures::find_by_statement(sql(on.connection(), text, [window.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("counting the orders of a window"))
}

/// How far the members of one EPCI are in a window.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct EpciFigures {
    /// `None`: those outside any EPCI, the EPCI themselves among them.
    pub epci_id: Option<i64>,
    pub epci: Option<String>,
    pub orders: i64,
    pub drafts: i64,
    pub net_cents: i64,
}

/// The orders of a window that are not cancelled, by EPCI.
pub async fn window_by_epci(
    on: &impl Access,
    window: OrderWindowId,
) -> Result<Vec<EpciFigures>, StoreError> {
    let text = "SELECT e.id AS epci_id, e.name AS epci, COUNT(*) AS orders, \
                CAST(SUM(CASE WHEN p.state = 'draft' THEN 1 ELSE 0 END) AS BIGINT) AS drafts, \
                CAST(SUM(p.net_cents) AS BIGINT) AS net_cents \
                FROM purchase_order p JOIN organisation o ON o.id = p.buyer_id \
                LEFT JOIN organisation e ON e.id = o.epci_id \
                WHERE p.window_id = $1 AND p.state <> 'cancelled' GROUP BY e.id, e.name ORDER BY e.name";
    EpciFigures::find_by_statement(sql(on.connection(), text, [window.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("counting the orders of a window"))
}

/// Which deliveries of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryFilter {
    /// Delivered, and nobody has decided.
    Pending,
    /// Accepted with a reserve.
    Reserved,
    Rejected,
    /// Due before that day and not wholly delivered.
    Late(NaiveDate),
    Any,
    /// Every share of one order, whatever became of it.
    Of(OrderId),
}

/// What one member had delivered of one line at one delivery point.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct DeskShare {
    pub id: i64,
    pub order_id: i64,
    /// Empty before the order has one.
    pub number: String,
    /// Of the order.
    pub state: String,
    pub position: i64,
    pub member_id: i64,
    pub member: String,
    pub site: String,
    pub article: String,
    pub label: String,
    pub unit: String,
    pub deliver_by: Option<NaiveDate>,
    pub quantity_milli: i64,
    pub delivered_milli: i64,
    pub accepted_milli: i64,
    pub rejected_milli: i64,
    pub reduction_cents: i64,
    pub delivered_on: Option<NaiveDate>,
    /// Of the last decision.
    pub verdict: Option<String>,
    pub reason: Option<String>,
}

const SHARE_COLUMNS: &str = "s.id, s.order_id, COALESCE(p.number, '') AS number, p.state, n.position, s.organisation_id AS member_id, o.name AS member, \
     t.name AS site, a.reference AS article, v.label, v.unit_label AS unit, p.deliver_by, s.quantity_milli, \
     s.delivered_milli, s.accepted_milli, s.rejected_milli, s.reduction_cents, \
     (SELECT MAX(d.delivered_on) FROM delivery d JOIN delivery_line x ON x.delivery_id = d.id \
      WHERE x.share_id = s.id) AS delivered_on, \
     (SELECT d.verdict FROM delivery_decision d WHERE d.share_id = s.id ORDER BY d.id DESC LIMIT 1) AS verdict, \
     (SELECT d.reason FROM delivery_decision d WHERE d.share_id = s.id ORDER BY d.id DESC LIMIT 1) AS reason";
const SHARE_TABLES: &str = "FROM order_share s JOIN order_line n ON n.id = s.line_id \
     JOIN purchase_order p ON p.id = s.order_id JOIN organisation o ON o.id = s.organisation_id \
     JOIN site t ON t.id = s.site_id JOIN article_version v ON v.id = n.version_id \
     JOIN article a ON a.id = v.article_id WHERE 1 = 1";

/// One page of the deliveries that pass `filter`, and how many there are.
pub async fn desk_shares(
    on: &impl Access,
    filter: DeliveryFilter,
    member: Option<OrganisationId>,
    slice: &Slice,
) -> Result<(Vec<DeskShare>, u64), StoreError> {
    let mut values: Vec<Value> = Vec::new();
    let mut from = String::from(SHARE_TABLES);
    match filter {
        DeliveryFilter::Pending => {
            from.push_str(" AND s.delivered_milli > s.accepted_milli + s.rejected_milli");
        }
        DeliveryFilter::Reserved => from.push_str(
            " AND EXISTS (SELECT 1 FROM delivery_decision d WHERE d.share_id = s.id \
             AND d.verdict IN ('accepted_with_reserves', 'price_reduction'))",
        ),
        DeliveryFilter::Rejected => from.push_str(" AND s.rejected_milli > 0"),
        DeliveryFilter::Late(day) => {
            values.push(day.into());
            from.push_str(
                " AND p.state = 'issued' AND p.deliver_by < $1 \
                 AND s.delivered_milli - s.rejected_milli < s.quantity_milli",
            );
        }
        DeliveryFilter::Any => from.push_str(" AND s.delivered_milli > 0"),
        DeliveryFilter::Of(order) => {
            values.push(order.0.into());
            from.push_str(" AND s.order_id = $1");
        }
    }
    if let Some(member) = member {
        values.push(member.0.into());
        from.push_str(&format!(" AND s.organisation_id = ${}", values.len()));
    }
    if !slice.search.is_empty() {
        values.push(slice.pattern().into());
        let at = values.len();
        from.push_str(&format!(
            " AND (LOWER(p.number) LIKE ${at} ESCAPE '\\' OR LOWER(o.name) LIKE ${at} ESCAPE '\\' \
             OR LOWER(a.reference) LIKE ${at} ESCAPE '\\')"
        ));
    }
    let allowed = [
        ("membre", "o.name"),
        ("commande", "p.number"),
        ("article", "a.reference"),
        ("site", "t.name"),
        ("livrer", "p.deliver_by"),
    ];
    let order = slice.order_by(&allowed, "s.id");
    paged(on, "s.id", (SHARE_COLUMNS, &from), &order, slice, values).await
}

/// One share, as the list shows it.
pub async fn desk_share(on: &impl Access, id: i64) -> Result<DeskShare, StoreError> {
    let text = format!("SELECT {SHARE_COLUMNS} {SHARE_TABLES} AND s.id = $1");
    DeskShare::find_by_statement(sql(on.connection(), &text, [id.into()]))
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading a delivery"))?
        .ok_or_else(|| StoreError::NotFound { what: "delivery", id: id.to_string() })
}
