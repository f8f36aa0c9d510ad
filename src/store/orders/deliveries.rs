//! Delivery notes and decisions, many at once, and the counters of the shares they touch.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use domain::ids::{OrderId, OrganisationId, SiteId};
use domain::orders::delivery::{Decision, Receipt};
use domain::quantity::Quantity;
use entities::{delivery, delivery_decision, delivery_line};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait, FromQueryResult, Value,
};

use super::values::{list, table};
use crate::store::platform::insert_all;
use crate::store::{Access, StoreError, Tx, sql};

/// How many shares one statement updates.
const AT_ONCE: usize = 4_000;

/// A delivery note that was taken in, with the rows of the shares it fills.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    pub order: OrderId,
    pub member: OrganisationId,
    pub site: SiteId,
    pub reference: String,
    pub delivered_on: NaiveDate,
    /// Share, delivered, of these turned back.
    pub lines: Vec<(i64, Quantity, Quantity)>,
}

/// A decision on a share.
#[derive(Debug, Clone)]
pub struct NewDecision {
    pub share: i64,
    pub decision: Decision,
}

/// What names a delivery note: the order, the delivery point, the supplier's number.
type NoteKey = (i64, i64, String);

/// The delivery notes of these orders.
async fn notes(
    on: &impl Access,
    orders: &BTreeSet<OrderId>,
) -> Result<HashMap<NoteKey, i64>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        order_id: i64,
        site_id: i64,
        reference: String,
    }
    let ids: Vec<i64> = orders.iter().map(|id| id.0).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let (ids, values) = list(&ids, 1);
    let text =
        format!("SELECT id, order_id, site_id, reference FROM delivery WHERE order_id IN {ids}");
    let rows = Row::find_by_statement(sql(on.connection(), &text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading deliveries"))?;
    Ok(rows.into_iter().map(|row| ((row.order_id, row.site_id, row.reference), row.id)).collect())
}

/// The delivery notes already taken in of these orders.
pub async fn known_notes(
    on: &impl Access,
    orders: &BTreeSet<OrderId>,
) -> Result<BTreeSet<(OrderId, SiteId, String)>, StoreError> {
    let known = notes(on, orders).await?;
    Ok(known
        .into_keys()
        .map(|(order, site, reference)| (OrderId(order), SiteId(site), reference))
        .collect())
}

/// Adds delivery notes and sets the receipts of the shares as they are afterwards.
pub async fn add_deliveries(
    tx: &Tx,
    new: &[NewDelivery],
    receipts: &BTreeMap<i64, Receipt>,
) -> Result<(), StoreError> {
    let doing = "adding deliveries";
    let rows = new.iter().map(|note| delivery::ActiveModel {
        id: NotSet,
        order_id: Set(note.order.0),
        organisation_id: Set(note.member.0),
        site_id: Set(note.site.0),
        reference: Set(note.reference.clone()),
        delivered_on: Set(note.delivered_on),
    });
    insert_all::<delivery::Entity, _>(tx, rows.collect(), 6, doing).await?;
    let ids = notes(tx, &new.iter().map(|note| note.order).collect()).await?;
    let lines = new.iter().flat_map(|note| {
        let id = ids.get(&(note.order.0, note.site.0, note.reference.clone())).copied();
        let id = id.unwrap_or_default();
        note.lines.iter().map(move |(share, delivered, back)| delivery_line::ActiveModel {
            id: NotSet,
            delivery_id: Set(id),
            share_id: Set(*share),
            delivered_milli: Set(delivered.thousandths()),
            turned_back_milli: Set(back.thousandths()),
        })
    });
    insert_all::<delivery_line::Entity, _>(tx, lines.collect(), 5, doing).await?;
    set_receipts(tx, receipts).await
}

/// Adds decisions and sets the receipts of the shares as they are afterwards.
pub async fn add_decisions(
    tx: &Tx,
    new: &[NewDecision],
    receipts: &BTreeMap<i64, Receipt>,
) -> Result<(), StoreError> {
    let rows = new.iter().map(|NewDecision { share, decision }| delivery_decision::ActiveModel {
        id: NotSet,
        share_id: Set(*share),
        verdict: Set(decision.verdict.code().to_owned()),
        quantity_milli: Set(decision.quantity.thousandths()),
        reduction_cents: Set(decision.reduction.cents()),
        reason: Set(decision.reason.clone()),
        decided_by: Set(decision.by.clone()),
        decided_on: Set(decision.on),
    });
    let doing = "adding decisions";
    insert_all::<delivery_decision::Entity, _>(tx, rows.collect(), 8, doing).await?;
    set_receipts(tx, receipts).await
}

/// The orders of these shares were touched: nobody else writes their counters meanwhile.
async fn set_receipts(tx: &Tx, receipts: &BTreeMap<i64, Receipt>) -> Result<(), StoreError> {
    let on = tx.connection();
    let rows: Vec<[Value; 5]> = receipts
        .iter()
        .map(|(share, receipt)| {
            [
                (*share).into(),
                receipt.delivered.thousandths().into(),
                receipt.accepted.thousandths().into(),
                receipt.rejected.thousandths().into(),
                receipt.reduction.cents().into(),
            ]
        })
        .collect();
    for rows in rows.chunks(AT_ONCE) {
        let (rows, values) = table(rows.to_vec(), 1);
        let text = format!(
            "UPDATE order_share SET delivered_milli = v.column2, accepted_milli = v.column3, \
             rejected_milli = v.column4, reduction_cents = v.column5 FROM ({rows}) AS v \
             WHERE order_share.id = v.column1"
        );
        on.execute_raw(sql(on, &text, values))
            .await
            .map_err(StoreError::during("counting deliveries"))?;
    }
    Ok(())
}
