//! The steps of an order in the database, each only where it still finds the old state.
//!
//! Whoever takes money under a ceiling locks the contract first, then reads its orders:
//! of two validations at once the second waits and reads what is left. The compare-and-set
//! of [`take_under_ceiling`] and the check of the table hold even for a writer who would
//! forget to.

use domain::group::contact::Signature;
use domain::ids::{ContractId, OrderId};
use domain::money::Net;
use domain::orders::order::Issue;
use sea_orm::{ConnectionTrait, FromQueryResult, Value};

use super::values::table;
use crate::store::{Access, StoreError, Tx, sql};

/// Takes `net` (or gives it back, when negative) under a contract's ceiling; whether it fits.
pub async fn take_under_ceiling(tx: &Tx, id: ContractId, net: Net) -> Result<bool, StoreError> {
    let on = tx.connection();
    let text = "UPDATE contract SET committed_cents = committed_cents + $2 \
                WHERE id = $1 AND committed_cents + $2 <= ceiling_cents";
    let moved = on
        .execute_raw(sql(on, text, [id.0.into(), net.cents().into()]))
        .await
        .map_err(StoreError::during("committing an amount"))?;
    Ok(moved.rows_affected() == 1)
}

/// Gives back what an order counted for.
pub async fn release(tx: &Tx, id: ContractId, net: Net) -> Result<(), StoreError> {
    let on = tx.connection();
    let text = "UPDATE contract SET committed_cents = committed_cents - $2 WHERE id = $1";
    on.execute_raw(sql(on, text, [id.0.into(), net.cents().into()]))
        .await
        .map_err(StoreError::during("releasing an amount"))?;
    Ok(())
}

/// Whether `moved` rows are all that were meant to move.
fn all(moved: u64, meant: usize, first: Option<OrderId>) -> Result<(), StoreError> {
    if moved == meant as u64 {
        Ok(())
    } else {
        Err(StoreError::Overtaken { what: "order", id: first.map_or(0, |id| id.0) })
    }
}

/// A draft that becomes validated.
#[derive(Debug, Clone)]
pub struct Validated {
    pub order: OrderId,
    pub version: i64,
    pub signature: Signature,
    pub committed: Net,
    pub commitment_number: Option<String>,
    pub service_code: Option<String>,
    pub budget_account: Option<String>,
}

/// Validates drafts, all or none.
pub async fn validate(tx: &Tx, orders: Vec<Validated>) -> Result<(), StoreError> {
    let (on, meant, first) = (tx.connection(), orders.len(), orders.first().map(|one| one.order));
    let mut moved = 0;
    for orders in orders.chunks(2_000) {
        let rows: Vec<[Value; 9]> = orders
            .iter()
            .cloned()
            .map(|one| {
                [
                    one.order.0.into(),
                    one.version.into(),
                    one.signature.name.into(),
                    one.signature.quality.into(),
                    one.signature.on.into(),
                    one.committed.cents().into(),
                    one.commitment_number.into(),
                    one.service_code.into(),
                    one.budget_account.into(),
                ]
            })
            .collect();
        let (rows, values) = table(rows, 1);
        let text = format!(
            "UPDATE purchase_order SET state = 'validated', version = version + 1, \
             signed_by = v.column3, signed_quality = v.column4, signed_on = v.column5, \
             committed_cents = v.column6, commitment_number = v.column7, service_code = v.column8, \
             budget_account = v.column9 FROM ({rows}) AS v WHERE purchase_order.id = v.column1 \
             AND purchase_order.version = v.column2 AND purchase_order.state = 'draft'"
        );
        let done = on
            .execute_raw(sql(on, &text, values))
            .await
            .map_err(StoreError::during("validating orders"))?;
        moved += done.rows_affected();
    }
    all(moved, meant, first)
}

/// A validated order that is issued.
#[derive(Debug, Clone)]
pub struct Issued {
    pub order: OrderId,
    pub version: i64,
    pub issue: Issue,
}

/// Numbers and dates validated orders, all or none.
pub async fn issue(tx: &Tx, orders: &[Issued]) -> Result<(), StoreError> {
    let on = tx.connection();
    let rows: Vec<[Value; 5]> = orders
        .iter()
        .map(|one| {
            [
                one.order.0.into(),
                one.version.into(),
                one.issue.number.as_str().into(),
                one.issue.on.into(),
                one.issue.deliver_by.into(),
            ]
        })
        .collect();
    let (rows, values) = table(rows, 1);
    let text = format!(
        "UPDATE purchase_order SET state = 'issued', version = version + 1, number = v.column3, \
         issued_on = v.column4, deliver_by = v.column5 FROM ({rows}) AS v \
         WHERE purchase_order.id = v.column1 AND purchase_order.version = v.column2 \
         AND purchase_order.state = 'validated'"
    );
    let moved = on
        .execute_raw(sql(on, &text, values))
        .await
        .map_err(StoreError::during("issuing orders"))?;
    all(moved.rows_affected(), orders.len(), orders.first().map(|one| one.order))
}

/// What the orders issued so far under a contract count for: what a paper prints as consumed
/// before it.
pub async fn issued_before(on: &impl Access, contract: ContractId) -> Result<Net, StoreError> {
    #[derive(FromQueryResult)]
    struct Sum {
        cents: i64,
    }
    let text = "SELECT CAST(COALESCE(SUM(committed_cents), 0) AS BIGINT) AS cents FROM purchase_order \
                WHERE contract_id = $1 AND state IN ('issued', 'closed')";
    let found = Sum::find_by_statement(sql(on.connection(), text, [contract.0.into()]))
        .one(on.connection())
        .await
        .map_err(StoreError::during("adding up a contract"))?;
    Ok(Net::from_cents(found.map_or(0, |sum| sum.cents)))
}

/// Cancels an order for `reason`; its number, if it has one, stays.
pub async fn cancel(tx: &Tx, order: OrderId, version: i64, reason: &str) -> Result<(), StoreError> {
    let on = tx.connection();
    let text = "UPDATE purchase_order SET state = 'cancelled', version = version + 1, \
                committed_cents = 0, cancel_reason = $3 WHERE id = $1 AND version = $2";
    let values = [order.0.into(), version.into(), reason.into()];
    let moved = on
        .execute_raw(sql(on, text, values))
        .await
        .map_err(StoreError::during("cancelling an order"))?;
    all(moved.rows_affected(), 1, Some(order))
}

/// Closes an issued order, which then counts for `committed`.
pub async fn close(
    tx: &Tx,
    order: OrderId,
    version: i64,
    committed: Net,
) -> Result<(), StoreError> {
    let on = tx.connection();
    let text = "UPDATE purchase_order SET state = 'closed', version = version + 1, \
                committed_cents = $3 WHERE id = $1 AND version = $2 AND state = 'issued'";
    let values = [order.0.into(), version.into(), committed.cents().into()];
    let moved = on
        .execute_raw(sql(on, text, values))
        .await
        .map_err(StoreError::during("closing an order"))?;
    all(moved.rows_affected(), 1, Some(order))
}

/// Moves the versions of orders whose deliveries change, unless one has moved since it was read.
pub async fn touch(tx: &Tx, orders: &[(OrderId, i64)]) -> Result<(), StoreError> {
    let on = tx.connection();
    let mut moved = 0;
    for orders in orders.chunks(10_000) {
        let rows = orders.iter().map(|(id, version)| [id.0.into(), (*version).into()]).collect();
        let (rows, values) = table::<2>(rows, 1);
        let text = format!(
            "UPDATE purchase_order SET version = version + 1 FROM ({rows}) AS v \
             WHERE purchase_order.id = v.column1 AND purchase_order.version = v.column2"
        );
        let done = on
            .execute_raw(sql(on, &text, values))
            .await
            .map_err(StoreError::during("touching orders"))?;
        moved += done.rows_affected();
    }
    all(moved, orders.len(), orders.first().map(|(id, _)| *id))
}
