//! Orders into rows: whole drafts at once, and amendments in place.

use std::collections::HashMap;

use domain::ids::{OrderId, OrderWindowId, PriceScheduleId};
use domain::money::AmountError;
use domain::orders::order::{Order, OrderLine, Share};
use domain::orders::totals::{Totals, totals};
use entities::{order_line, order_share, order_tax, purchase_order};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait, FromQueryResult, Value,
};

use super::values::{list, table};
use crate::store::platform::insert_all;
use crate::store::{Access, StoreError, Tx, sql};

/// How many orders one round of statements rewrites: far below what a statement may bind.
const AT_ONCE: usize = 2_000;

/// A draft with the schedule it is priced by.
#[derive(Debug, Clone)]
pub struct NewOrder {
    pub order: Order,
    pub schedule: PriceScheduleId,
}

pub(super) fn overflow(_: AmountError) -> StoreError {
    StoreError::Refused("Le montant d’une commande est trop grand pour être enregistré.")
}

pub(super) fn priced(line: &OrderLine) -> Result<i64, StoreError> {
    line.article.price.ten_thousandths().map_err(overflow)
}

pub(super) fn quantity_of(line: &OrderLine) -> Result<i64, StoreError> {
    let sum = line.quantity().map_err(|_| overflow(AmountError::OutOfRange))?;
    Ok(sum.thousandths())
}

fn order_row(new: &NewOrder, totals: &Totals) -> purchase_order::ActiveModel {
    let order = &new.order;
    purchase_order::ActiveModel {
        id: NotSet,
        number: Set(None),
        contract_id: Set(order.contract.0),
        window_id: Set(order.window.0),
        schedule_id: Set(new.schedule.0),
        buyer_id: Set(order.buyer.0),
        state: Set(order.state.code().to_owned()),
        version: Set(0),
        lines_cents: Set(totals.lines.cents()),
        freight_cents: Set(totals.freight.cents()),
        net_cents: Set(totals.net.cents()),
        vat_cents: Set(totals.vat.cents()),
        gross_cents: Set(totals.gross.cents()),
        committed_cents: Set(0),
        commitment_number: Set(None),
        service_code: Set(None),
        budget_account: Set(None),
        signed_by: Set(None),
        signed_quality: Set(None),
        signed_on: Set(None),
        issued_on: Set(None),
        deliver_by: Set(None),
        cancel_reason: Set(None),
    }
}

pub(super) fn line_row(
    order: i64,
    line: &OrderLine,
) -> Result<order_line::ActiveModel, StoreError> {
    Ok(order_line::ActiveModel {
        id: NotSet,
        order_id: Set(order),
        position: Set(line.position.into()),
        version_id: Set(line.article.version.0),
        quantity_milli: Set(quantity_of(line)?),
        pack_milli: Set(line.article.pack.map(domain::quantity::Quantity::thousandths)),
        price_e4: Set(priced(line)?),
        category: Set(line.article.taxation.category.code().to_owned()),
        rate_bp: Set(line.article.taxation.rate.basis_points()),
        net_cents: Set(line.net().map_err(overflow)?.cents()),
        amendable: Set(line.article.amendable),
    })
}

pub(super) fn share_row(order: i64, line: i64, share: &Share) -> order_share::ActiveModel {
    order_share::ActiveModel {
        id: NotSet,
        line_id: Set(line),
        order_id: Set(order),
        organisation_id: Set(share.member.0),
        site_id: Set(share.site.0),
        quantity_milli: Set(share.quantity.thousandths()),
        delivered_milli: Set(0),
        accepted_milli: Set(0),
        rejected_milli: Set(0),
        reduction_cents: Set(0),
    }
}

pub(super) fn tax_rows(
    order: i64,
    totals: &Totals,
) -> impl Iterator<Item = order_tax::ActiveModel> + '_ {
    totals.rates.iter().map(move |rate| order_tax::ActiveModel {
        id: NotSet,
        order_id: Set(order),
        category: Set(rate.taxation.category.code().to_owned()),
        rate_bp: Set(rate.taxation.rate.basis_points()),
        base_cents: Set(rate.net.cents()),
        tax_cents: Set(rate.vat.cents()),
    })
}

/// Adds drafts of one window, whose buyers have no other order in it; answers their numbers
/// in the order of `new`.
pub async fn insert_drafts(
    tx: &Tx,
    window: OrderWindowId,
    new: &[NewOrder],
) -> Result<Vec<OrderId>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        buyer_id: i64,
    }
    let doing = "adding drafts";
    let sums = new
        .iter()
        .map(|new| totals(&new.order).map_err(overflow))
        .collect::<Result<Vec<_>, _>>()?;
    let rows = new.iter().zip(&sums).map(|(new, totals)| order_row(new, totals)).collect();
    insert_all::<purchase_order::Entity, _>(tx, rows, 23, doing).await?;
    let on = tx.connection();
    let text = "SELECT id, buyer_id FROM purchase_order WHERE window_id = $1 AND state = 'draft'";
    let ids: HashMap<i64, i64> = Row::find_by_statement(sql(on, text, [window.0.into()]))
        .all(on)
        .await
        .map_err(StoreError::during(doing))?
        .into_iter()
        .map(|row| (row.buyer_id, row.id))
        .collect();
    let ids: Vec<OrderId> = new
        .iter()
        .map(|new| OrderId(ids.get(&new.order.buyer.0).copied().unwrap_or_default()))
        .collect();
    let contents: Vec<(OrderId, &Order, &Totals)> = ids
        .iter()
        .zip(new)
        .zip(&sums)
        .map(|((id, new), totals)| (*id, &new.order, totals))
        .collect();
    for contents in contents.chunks(AT_ONCE) {
        insert_contents(tx, contents, doing).await?;
    }
    Ok(ids)
}

/// Lines, shares and taxes of orders that have none.
async fn insert_contents(
    tx: &Tx,
    orders: &[(OrderId, &Order, &Totals)],
    doing: &'static str,
) -> Result<(), StoreError> {
    let lines = orders
        .iter()
        .flat_map(|(id, order, _)| order.lines.iter().map(|line| line_row(id.0, line)))
        .collect::<Result<Vec<_>, _>>()?;
    insert_all::<order_line::Entity, _>(tx, lines, 11, doing).await?;
    let rows = line_rows(tx, &orders.iter().map(|(id, ..)| id.0).collect::<Vec<_>>()).await?;
    let shares = orders.iter().flat_map(|(id, order, _)| {
        let rows = &rows;
        order.lines.iter().flat_map(move |line| {
            let row = rows.get(&(id.0, line.position)).copied().unwrap_or_default();
            line.shares.iter().map(move |share| share_row(id.0, row, share))
        })
    });
    insert_all::<order_share::Entity, _>(tx, shares.collect(), 10, doing).await?;
    let taxes = orders.iter().flat_map(|(id, _, totals)| tax_rows(id.0, totals));
    insert_all::<order_tax::Entity, _>(tx, taxes.collect(), 6, doing).await
}

/// The rows of lines, by order and position.
pub(super) async fn line_rows(
    tx: &Tx,
    orders: &[i64],
) -> Result<HashMap<(i64, u32), i64>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        order_id: i64,
        position: i64,
    }
    let on = tx.connection();
    let (ids, values) = list(orders, 1);
    let text = format!("SELECT id, order_id, position FROM order_line WHERE order_id IN {ids}");
    let rows = Row::find_by_statement(sql(on, &text, values))
        .all(on)
        .await
        .map_err(StoreError::during("reading order lines"))?;
    Ok(rows
        .into_iter()
        .filter_map(|row| Some(((row.order_id, u32::try_from(row.position).ok()?), row.id)))
        .collect())
}

/// Writes drafts again after their lines or prices have changed, unless one of them has moved
/// since it was read (`version`).
pub async fn rewrite_drafts(
    tx: &Tx,
    changed: &[(OrderId, i64, NewOrder)],
) -> Result<(), StoreError> {
    let doing = "rewriting drafts";
    let on = tx.connection();
    for changed in changed.chunks(AT_ONCE) {
        let sums = changed
            .iter()
            .map(|(.., new)| totals(&new.order).map_err(overflow))
            .collect::<Result<Vec<_>, _>>()?;
        let rows: Vec<[Value; 8]> = changed
            .iter()
            .zip(&sums)
            .map(|((id, version, new), totals)| {
                [
                    id.0.into(),
                    (*version).into(),
                    new.schedule.0.into(),
                    totals.lines.cents().into(),
                    totals.freight.cents().into(),
                    totals.net.cents().into(),
                    totals.vat.cents().into(),
                    totals.gross.cents().into(),
                ]
            })
            .collect();
        let (rows, values) = table(rows, 1);
        let text = format!(
            "UPDATE purchase_order SET version = version + 1, schedule_id = v.column3, \
             lines_cents = v.column4, freight_cents = v.column5, net_cents = v.column6, \
             vat_cents = v.column7, gross_cents = v.column8 FROM ({rows}) AS v \
             WHERE purchase_order.id = v.column1 AND purchase_order.version = v.column2 \
             AND purchase_order.state = 'draft'"
        );
        let moved =
            on.execute_raw(sql(on, &text, values)).await.map_err(StoreError::during(doing))?;
        if moved.rows_affected() != changed.len() as u64 {
            let id = changed.first().map_or(0, |(id, ..)| id.0);
            return Err(StoreError::Overtaken { what: "order", id });
        }
        let ids: Vec<i64> = changed.iter().map(|(id, ..)| id.0).collect();
        let (ids, values) = list(&ids, 1);
        for table in ["order_share", "order_tax", "order_line"] {
            let text = format!("DELETE FROM {table} WHERE order_id IN {ids}");
            on.execute_raw(sql(on, &text, values.clone()))
                .await
                .map_err(StoreError::during(doing))?;
        }
        let contents: Vec<(OrderId, &Order, &Totals)> = changed
            .iter()
            .zip(&sums)
            .map(|((id, _, new), totals)| (*id, &new.order, totals))
            .collect();
        insert_contents(tx, &contents, doing).await?;
    }
    Ok(())
}
