//! The packs made for a holder, and what became of them.

use chrono::NaiveDate;
use domain::ids::{ContractId, OrderWindowId};
use entities::holder_pack;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait, QueryFilter, QueryOrder,
};

use crate::store::{Access, StoreError, Tx};

/// A pack of the papers of one window, kept in the file store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolderPack {
    pub contract: ContractId,
    pub window: OrderWindowId,
    /// From 1 in its window.
    pub rank: i64,
    pub orders: i64,
    pub file_key: String,
    pub sha256: String,
    pub bytes: i64,
    pub made_on: NaiveDate,
    pub sent_on: Option<NaiveDate>,
    pub acknowledged_on: Option<NaiveDate>,
}

/// The packs of a window, the first first.
pub async fn packs_of_window(
    on: &impl Access,
    window: OrderWindowId,
) -> Result<Vec<HolderPack>, StoreError> {
    let rows = holder_pack::Entity::find()
        .filter(holder_pack::COLUMN.window_id.eq(window.0))
        .order_by_asc(holder_pack::COLUMN.rank)
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading packs"))?;
    Ok(rows
        .into_iter()
        .map(|row| HolderPack {
            contract: ContractId(row.contract_id),
            window,
            rank: row.rank,
            orders: row.orders,
            file_key: row.file_key,
            sha256: row.sha256,
            bytes: row.bytes,
            made_on: row.made_on,
            sent_on: row.sent_on,
            acknowledged_on: row.acknowledged_on,
        })
        .collect())
}

/// Adds a pack; another of that rank made meanwhile is an overtaking.
pub async fn add_pack(tx: &Tx, pack: &HolderPack) -> Result<(), StoreError> {
    let row = holder_pack::ActiveModel {
        id: NotSet,
        contract_id: Set(pack.contract.0),
        window_id: Set(pack.window.0),
        rank: Set(pack.rank),
        orders: Set(pack.orders),
        file_key: Set(pack.file_key.clone()),
        sha256: Set(pack.sha256.clone()),
        bytes: Set(pack.bytes),
        made_on: Set(pack.made_on),
        sent_on: Set(pack.sent_on),
        acknowledged_on: Set(pack.acknowledged_on),
    };
    let added = holder_pack::Entity::insert(row).exec_without_returning(tx.connection()).await;
    match added {
        Ok(_) => Ok(()),
        Err(error) if StoreError::is_duplicate(&error) => {
            Err(StoreError::Overtaken { what: "holder pack", id: pack.window.0 })
        }
        Err(error) => Err(StoreError::during("adding a pack")(error)),
    }
}

/// Notes when a pack was sent, or acknowledged once it was sent; whether it still could be.
pub async fn mark_pack(
    tx: &Tx,
    window: OrderWindowId,
    rank: i64,
    acknowledged: bool,
    day: NaiveDate,
) -> Result<bool, StoreError> {
    let update = holder_pack::Entity::update_many()
        .filter(holder_pack::COLUMN.window_id.eq(window.0))
        .filter(holder_pack::COLUMN.rank.eq(rank));
    let update = if acknowledged {
        update
            .col_expr(holder_pack::Column::AcknowledgedOn, Expr::value(day))
            .filter(holder_pack::COLUMN.sent_on.is_not_null())
            .filter(holder_pack::COLUMN.acknowledged_on.is_null())
    } else {
        update
            .col_expr(holder_pack::Column::SentOn, Expr::value(day))
            .filter(holder_pack::COLUMN.sent_on.is_null())
    };
    let moved = update.exec(tx.connection()).await.map_err(StoreError::during("marking a pack"))?;
    Ok(moved.rows_affected == 1)
}
