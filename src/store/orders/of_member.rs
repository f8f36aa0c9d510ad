//! Orders as one member sees them: its own, and its part of the coordinator's.
//!
//! Of the coordinator's orders (model C) a member sees what is delivered to it and never an
//! amount: those on the row are of all members together.

use chrono::{DateTime, NaiveDate, Utc};
use domain::ids::{OrderId, OrganisationId};
use sea_orm::{FromQueryResult, Value};

use crate::store::paged::paged;
use crate::store::{Access, Slice, StoreError, sql};

/// One order in a member's list.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct MemberOrder {
    pub id: i64,
    pub number: Option<String>,
    pub contract: String,
    pub lot: String,
    pub holder: String,
    pub tier_base: String,
    /// Whether the member places and pays it itself (models A and B).
    pub own: bool,
    pub state: String,
    /// `None` for the coordinator's orders.
    pub net_cents: Option<i64>,
    pub gross_cents: Option<i64>,
    pub opens_on: NaiveDate,
    pub closes_on: NaiveDate,
    pub window_open: bool,
    pub issued_on: Option<NaiveDate>,
    pub deliver_by: Option<NaiveDate>,
    /// Thousandths of all units of the member.
    pub ordered_milli: i64,
    pub kept_milli: i64,
    pub undecided_milli: i64,
}

const COLUMNS: &str = "p.id, p.number, c.number AS contract, l.title AS lot, h.name AS holder, c.tier_base, \
     (p.buyer_id = $1) AS own, p.state, \
     CASE WHEN p.buyer_id = $1 THEN p.net_cents END AS net_cents, \
     CASE WHEN p.buyer_id = $1 THEN p.gross_cents END AS gross_cents, \
     w.opens_on, w.closes_on, (w.state = 'open') AS window_open, p.issued_on, p.deliver_by, \
     s.ordered_milli, s.kept_milli, s.undecided_milli";

/// The shares of the member, added up by order, beside the orders it places itself.
const FROM: &str = "FROM purchase_order p JOIN contract c ON c.id = p.contract_id \
     JOIN lot l ON l.id = c.lot_id JOIN organisation h ON h.id = c.holder_id \
     JOIN order_window w ON w.id = p.window_id \
     JOIN (SELECT x.order_id, CAST(SUM(x.quantity_milli) AS BIGINT) AS ordered_milli, \
           CAST(SUM(x.delivered_milli - x.rejected_milli) AS BIGINT) AS kept_milli, \
           CAST(SUM(x.delivered_milli - x.accepted_milli - x.rejected_milli) AS BIGINT) AS undecided_milli \
           FROM order_share x WHERE x.organisation_id = $1 GROUP BY x.order_id) s ON s.order_id = p.id \
     WHERE (LOWER(COALESCE(p.number, '')) LIKE $2 ESCAPE '\\' OR LOWER(c.number) LIKE $2 ESCAPE '\\' OR LOWER(l.title) LIKE $2 ESCAPE '\\')";

/// Which of a member's orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    All,
    /// Issued, with goods to come or to decide on.
    ToReceive,
    /// Issued or closed: those that deliveries belong to.
    Delivered,
}

impl Wanted {
    fn condition(self) -> &'static str {
        match self {
            Self::All => "",
            Self::ToReceive => {
                " AND p.state = 'issued' AND (s.kept_milli < s.ordered_milli OR s.undecided_milli > 0)"
            }
            Self::Delivered => " AND p.state IN ('issued', 'closed')",
        }
    }
}

fn sorted(sort: &str, descending: bool) -> String {
    let column = match sort {
        "commande" => "p.number",
        "marche" => "l.title",
        "etat" => "p.state",
        "ht" => "CASE WHEN p.buyer_id = $1 THEN p.net_cents END",
        "ttc" => "CASE WHEN p.buyer_id = $1 THEN p.gross_cents END",
        "emise" => "p.issued_on",
        "livrer" => "p.deliver_by",
        // Drafts first, since they wait for somebody.
        _ => {
            return "CASE p.state WHEN 'draft' THEN 0 WHEN 'validated' THEN 1 WHEN 'issued' THEN 2 \
                    WHEN 'closed' THEN 3 ELSE 4 END, p.issued_on DESC, p.id DESC"
                .into();
        }
    };
    let way = if descending { "DESC" } else { "ASC" };
    format!("CASE WHEN {column} IS NULL THEN 1 ELSE 0 END, {column} {way}, p.id")
}

/// One page of a member's orders, and how many there are in all.
pub async fn member_orders(
    on: &impl Access,
    member: OrganisationId,
    wanted: Wanted,
    slice: &Slice,
) -> Result<(Vec<MemberOrder>, u64), StoreError> {
    let from = format!("{FROM}{}", wanted.condition());
    let order = format!(" ORDER BY {}", sorted(&slice.sort, slice.descending));
    let values = vec![member.0.into(), slice.pattern().into()];
    paged(on, "p.id", (COLUMNS, &from), &order, slice, values).await
}

/// A step of an order as the journal tells it.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Told {
    pub at: DateTime<Utc>,
    pub actor: String,
    pub action: String,
    pub details: String,
}

/// What was done to an order and by whom, the oldest first. Its details are of the whole order:
/// for whoever places it only.
pub async fn history(on: &impl Access, order: OrderId) -> Result<Vec<Told>, StoreError> {
    let text = "SELECT at, actor, action, details FROM journal \
                WHERE subject = 'order' AND subject_id = $1 ORDER BY id";
    Told::find_by_statement(sql(on.connection(), text, [order.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the history of an order"))
}

/// A delivery note's line with what it is about.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct DeliveredRow {
    pub delivery_id: i64,
    pub order_id: i64,
    pub reference: String,
    pub delivered_on: NaiveDate,
    pub site: String,
    pub article: String,
    pub label: String,
    pub unit_label: String,
    pub delivered_milli: i64,
    pub turned_back_milli: i64,
}

/// What was delivered of an order to `member`, note by note.
pub async fn deliveries_of(
    on: &impl Access,
    member: OrganisationId,
    order: OrderId,
) -> Result<Vec<DeliveredRow>, StoreError> {
    let text = "SELECT d.id AS delivery_id, d.order_id, d.reference, d.delivered_on, t.name AS site, \
         a.reference AS article, v.label, v.unit_label, n.delivered_milli, n.turned_back_milli \
         FROM delivery d JOIN delivery_line n ON n.delivery_id = d.id \
         JOIN order_share s ON s.id = n.share_id JOIN order_line l ON l.id = s.line_id \
         JOIN article_version v ON v.id = l.version_id JOIN article a ON a.id = v.article_id \
         JOIN site t ON t.id = d.site_id \
         WHERE d.order_id = $1 AND d.organisation_id = $2 ORDER BY d.delivered_on, d.id, l.position";
    DeliveredRow::find_by_statement(sql(on.connection(), text, [order.0.into(), member.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the deliveries of a member"))
}

/// What was decided on a share of a member.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct DecidedRow {
    pub label: String,
    pub unit_label: String,
    pub site: String,
    pub verdict: String,
    pub quantity_milli: i64,
    pub reduction_cents: i64,
    pub reason: String,
    pub decided_by: String,
    pub decided_on: NaiveDate,
}

/// What was decided on what `member` received of an order.
pub async fn decisions_of(
    on: &impl Access,
    member: OrganisationId,
    order: OrderId,
) -> Result<Vec<DecidedRow>, StoreError> {
    let text = "SELECT v.label, v.unit_label, t.name AS site, e.verdict, e.quantity_milli, e.reduction_cents, \
         e.reason, e.decided_by, e.decided_on \
         FROM delivery_decision e JOIN order_share s ON s.id = e.share_id \
         JOIN order_line l ON l.id = s.line_id JOIN article_version v ON v.id = l.version_id \
         JOIN site t ON t.id = s.site_id \
         WHERE s.order_id = $1 AND s.organisation_id = $2 ORDER BY e.decided_on, e.id";
    DecidedRow::find_by_statement(sql(on.connection(), text, [order.0.into(), member.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the decisions of a member"))
}

/// The references that the buyer's finance software knows an order by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderReferences {
    pub commitment_number: Option<String>,
    pub service_code: Option<String>,
    pub budget_account: Option<String>,
}

/// Sets the references of an order that is not issued yet, unless it moved since `version`.
pub async fn set_references(
    tx: &crate::store::Tx,
    order: OrderId,
    version: i64,
    references: &OrderReferences,
) -> Result<(), StoreError> {
    use sea_orm::ConnectionTrait;
    let text = "UPDATE purchase_order SET version = version + 1, commitment_number = $3, \
                service_code = $4, budget_account = $5 \
                WHERE id = $1 AND version = $2 AND state IN ('draft', 'validated')";
    let values: [Value; 5] = [
        order.0.into(),
        version.into(),
        references.commitment_number.clone().into(),
        references.service_code.clone().into(),
        references.budget_account.clone().into(),
    ];
    let moved = tx
        .connection()
        .execute_raw(sql(tx.connection(), text, values))
        .await
        .map_err(StoreError::during("setting the references of an order"))?;
    if moved.rows_affected() == 1 {
        Ok(())
    } else {
        Err(StoreError::Overtaken { what: "order", id: order.0 })
    }
}
