//! How far a campaign got beyond its census: counts of lots, windows, orders and invoices.

use domain::campaigns::census::CensusState;
use domain::campaigns::road::{Counts, Facts};
use sea_orm::{FromQueryResult, Value};

use super::StoredCensus;
use super::opening::{OFFERED, blank};
use crate::store::{Access, StoreError, sql};

#[derive(FromQueryResult)]
struct Row {
    members: i64,
    with_needs: i64,
    answered: i64,
    articles: i64,
    lots: i64,
    lots_with_bid: i64,
    lots_awarded: i64,
    windows: i64,
    drafts: i64,
    validated: i64,
    issued: i64,
    begun: i64,
    delivered: i64,
    invoiced: i64,
}

/// A member's sheets, one row a member.
const SHEETS: &str = "SELECT organisation_id, \
     MAX(CASE WHEN state <> 'draft' AND answer IS NOT NULL THEN 1 ELSE 0 END) AS answered, \
     MAX(CASE WHEN state <> 'draft' AND answer = 'needs' THEN 1 ELSE 0 END) AS needs \
     FROM need_sheet WHERE campaign_id = $1 GROUP BY organisation_id";

/// A bid prices every article of its lot when none of the census's has no price, or a price of
/// nothing.
const COMPLETE_BID: &str = "EXISTS (SELECT 1 FROM bid b WHERE b.tender_lot_id = t.id AND NOT EXISTS ( \
       SELECT 1 FROM campaign_article f JOIN article a ON a.id = f.article_id \
       JOIN lot l ON l.id = t.lot_id AND l.number = a.lot \
       WHERE f.campaign_id = $1 AND NOT EXISTS (SELECT 1 FROM bid_price x \
         WHERE x.bid_id = b.id AND x.version_id = f.version_id AND x.price_e4 > 0)))";

const ORDERS: &str =
    "FROM purchase_order o JOIN order_window w ON w.id = o.window_id AND w.campaign_id = $1";

fn text(draft: bool) -> String {
    let (members, articles) = if draft {
        (
            format!("SELECT COUNT(DISTINCT m.organisation_id) {} WHERE c.id = $1", blank()),
            format!("SELECT COUNT(*) {OFFERED}"),
        )
    } else {
        (
            "SELECT COUNT(DISTINCT organisation_id) FROM need_sheet WHERE campaign_id = $1".into(),
            "SELECT COUNT(*) FROM campaign_article WHERE campaign_id = $1 AND $2 = $2".into(),
        )
    };
    let lots =
        "FROM tender_lot t JOIN tender_procedure p ON p.id = t.procedure_id AND p.campaign_id = $1";
    let remaining = "EXISTS (SELECT 1 FROM order_share s WHERE s.order_id = o.id \
                     AND s.delivered_milli - s.rejected_milli < s.quantity_milli)";
    format!(
        "SELECT ({members}) AS members, \
         (SELECT CAST(COALESCE(SUM(n.needs), 0) AS BIGINT) FROM ({SHEETS}) n) AS with_needs, \
         (SELECT CAST(COALESCE(SUM(n.answered), 0) AS BIGINT) FROM ({SHEETS}) n) AS answered, \
         ({articles}) AS articles, \
         (SELECT COUNT(*) {lots}) AS lots, \
         (SELECT COUNT(*) {lots} WHERE {COMPLETE_BID}) AS lots_with_bid, \
         (SELECT COUNT(*) {lots} WHERE EXISTS (SELECT 1 FROM bid b WHERE b.tender_lot_id = t.id \
           AND b.awarded)) AS lots_awarded, \
         (SELECT COUNT(*) FROM order_window w WHERE w.campaign_id = $1) AS windows, \
         (SELECT COUNT(*) {ORDERS} WHERE o.state = 'draft') AS drafts, \
         (SELECT COUNT(*) {ORDERS} WHERE o.state = 'validated') AS validated, \
         (SELECT COUNT(*) {ORDERS} WHERE o.state IN ('issued', 'closed')) AS issued, \
         (SELECT COUNT(*) {ORDERS} WHERE o.state IN ('issued', 'closed') AND EXISTS \
           (SELECT 1 FROM delivery d WHERE d.order_id = o.id)) AS begun, \
         (SELECT COUNT(*) {ORDERS} WHERE o.state = 'closed' \
           OR (o.state = 'issued' AND NOT {remaining})) AS delivered, \
         (SELECT COUNT(*) {ORDERS} WHERE EXISTS (SELECT 1 FROM invoice i WHERE i.order_id = o.id \
           AND NOT i.credit AND i.state IN ('validated', 'paid'))) AS invoiced"
    )
}

/// What the road of a campaign is read from, in one query.
pub async fn road_facts(
    on: &impl Access,
    census: &StoredCensus,
    convention_in_force: bool,
    today: chrono::NaiveDate,
) -> Result<Facts, StoreError> {
    let stored = &census.census;
    let values: [Value; 2] = [census.id.0.into(), today.into()];
    let text = text(stored.state == CensusState::Draft);
    let row = Row::find_by_statement(sql(on.connection(), &text, values))
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading how far a campaign got"))?;
    let row =
        row.ok_or_else(|| StoreError::NotFound { what: "census", id: census.id.to_string() })?;
    let count = i64::unsigned_abs;
    Ok(Facts {
        state: stored.state,
        opens_on: stored.opens_on,
        closes_on: stored.closes_on,
        convention_in_force,
        counts: Counts {
            members: count(row.members),
            with_needs: count(row.with_needs),
            silent: count(row.members.saturating_sub(row.answered).max(0)),
            articles: count(row.articles),
            lots: count(row.lots),
            lots_with_bid: count(row.lots_with_bid),
            lots_awarded: count(row.lots_awarded),
            windows: count(row.windows),
            drafts: count(row.drafts),
            validated: count(row.validated),
            issued: count(row.issued),
            begun: count(row.begun),
            delivered: count(row.delivered),
            invoiced: count(row.invoiced),
        },
    })
}
