//! An amended order over the one that was issued, in place.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::ids::OrderId;
use domain::money::Net;
use domain::orders::amendment::Amendment;
use domain::orders::delivery::ShareKey;
use domain::orders::order::{Order, OrderLine};
use domain::orders::totals::totals;
use domain::quantity::Quantity;
use entities::{amendment, order_line, order_share, order_tax};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Value,
};

use super::read::StoredOrder;
use super::values::{list, table};
use super::write::{line_row, line_rows, overflow, priced, quantity_of, share_row, tax_rows};
use crate::store::platform::insert_all;
use crate::store::{Access, StoreError, Tx, sql};

/// Writes an amended order over the one that was read: lines and shares in place, so that what
/// was delivered stays theirs, the totals, and what it counts for under the ceiling.
pub async fn amend(
    tx: &Tx,
    before: &StoredOrder,
    after: &Order,
    committed: Net,
) -> Result<(), StoreError> {
    let doing = "amending an order";
    let on = tx.connection();
    let sums = totals(after).map_err(overflow)?;
    let text = "UPDATE purchase_order SET version = version + 1, lines_cents = $3, freight_cents = $4, \
                net_cents = $5, vat_cents = $6, gross_cents = $7, committed_cents = $8 \
                WHERE id = $1 AND version = $2 AND state = 'issued'";
    let values: [Value; 8] = [
        before.id.0.into(),
        before.version.into(),
        sums.lines.cents().into(),
        sums.freight.cents().into(),
        sums.net.cents().into(),
        sums.vat.cents().into(),
        sums.gross.cents().into(),
        committed.cents().into(),
    ];
    let moved = on.execute_raw(sql(on, text, values)).await.map_err(StoreError::during(doing))?;
    if moved.rows_affected() != 1 {
        return Err(StoreError::Overtaken { what: "order", id: before.id.0 });
    }
    let mut rows = before.line_rows.clone();
    let changed: Vec<&OrderLine> =
        after.lines.iter().filter(|line| before.order.line(line.position) != Some(*line)).collect();
    let new = changed
        .iter()
        .filter(|line| !rows.contains_key(&line.position))
        .map(|line| line_row(before.id.0, line))
        .collect::<Result<Vec<_>, _>>()?;
    insert_all::<order_line::Entity, _>(tx, new, 11, doing).await?;
    let here = line_rows(tx, &[before.id.0]).await?;
    rows.extend(here.into_iter().map(|((_, position), row)| (position, row)));
    // One row a changed line: an amendment touches a handful.
    for line in &changed {
        let text = "UPDATE order_line SET version_id = $2, quantity_milli = $3, pack_milli = $4, \
                    price_e4 = $5, category = $6, rate_bp = $7, net_cents = $8, amendable = $9 WHERE id = $1";
        let values: [Value; 9] = [
            rows.get(&line.position).copied().unwrap_or_default().into(),
            line.article.version.0.into(),
            quantity_of(line)?.into(),
            line.article.pack.map(Quantity::thousandths).into(),
            priced(line)?.into(),
            line.article.taxation.category.code().into(),
            line.article.taxation.rate.basis_points().into(),
            line.net().map_err(overflow)?.cents().into(),
            line.article.amendable.into(),
        ];
        on.execute_raw(sql(on, text, values)).await.map_err(StoreError::during(doing))?;
    }
    amend_shares(tx, before, &changed, &rows).await?;
    let text = "DELETE FROM order_tax WHERE order_id = $1";
    on.execute_raw(sql(on, text, [before.id.0.into()])).await.map_err(StoreError::during(doing))?;
    insert_all::<order_tax::Entity, _>(tx, tax_rows(before.id.0, &sums).collect(), 6, doing).await
}

async fn amend_shares(
    tx: &Tx,
    before: &StoredOrder,
    changed: &[&OrderLine],
    rows: &BTreeMap<u32, i64>,
) -> Result<(), StoreError> {
    let doing = "amending shares";
    let on = tx.connection();
    let mut kept = Vec::new();
    let mut new = Vec::new();
    let mut gone: Vec<i64> = before
        .share_rows
        .iter()
        .filter(|(key, _)| changed.iter().any(|line| line.position == key.position))
        .map(|(_, row)| *row)
        .collect();
    for line in changed {
        for share in &line.shares {
            if let Some(row) = before.share_rows.get(&ShareKey::of(line.position, share)) {
                gone.retain(|other| other != row);
                kept.push([Value::from(*row), share.quantity.thousandths().into()]);
            } else {
                let row = rows.get(&line.position).copied().unwrap_or_default();
                new.push(share_row(before.id.0, row, share));
            }
        }
    }
    if !kept.is_empty() {
        let (rows, values) = table(kept, 1);
        let text = format!(
            "UPDATE order_share SET quantity_milli = v.column2 FROM ({rows}) AS v \
             WHERE order_share.id = v.column1"
        );
        on.execute_raw(sql(on, &text, values)).await.map_err(StoreError::during(doing))?;
    }
    if !gone.is_empty() {
        let (ids, values) = list(&gone, 1);
        let text = format!("DELETE FROM order_share WHERE id IN {ids}");
        on.execute_raw(sql(on, &text, values)).await.map_err(StoreError::during(doing))?;
    }
    insert_all::<order_share::Entity, _>(tx, new, 10, doing).await
}

/// The amendments of an order, the first first: number, day, who, why.
pub async fn amendments_of(
    on: &impl Access,
    order: OrderId,
) -> Result<Vec<(u32, NaiveDate, String, String)>, StoreError> {
    let rows = amendment::Entity::find()
        .filter(amendment::COLUMN.order_id.eq(order.0))
        .order_by_asc(amendment::COLUMN.number)
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading amendments"))?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            Some((u32::try_from(row.number).ok()?, row.made_on, row.made_by, row.reason))
        })
        .collect())
}

/// Adds a numbered amendment; `details` says what changed.
pub async fn add_amendment(
    tx: &Tx,
    order: OrderId,
    made: &Amendment,
    details: &str,
) -> Result<(), StoreError> {
    let row = amendment::ActiveModel {
        id: NotSet,
        order_id: Set(order.0),
        number: Set(made.number.into()),
        made_on: Set(made.on),
        made_by: Set(made.by.clone()),
        reason: Set(made.reason.clone()),
        details: Set(details.to_owned()),
    };
    amendment::Entity::insert(row)
        .exec_without_returning(tx.connection())
        .await
        .map_err(StoreError::during("adding an amendment"))?;
    Ok(())
}
