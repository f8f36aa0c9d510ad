//! The packs made for a holder, what became of them, and the links that give them.

use chrono::{DateTime, NaiveDate, Utc};
use domain::ids::{ContractId, OrderWindowId};
use entities::{holder_pack, pack_link};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait, QueryFilter, QueryOrder, UpdateMany,
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

/// The pack of this rank, as its row stands.
fn of(window: OrderWindowId, rank: i64) -> UpdateMany<holder_pack::Entity> {
    holder_pack::Entity::update_many()
        .filter(holder_pack::COLUMN.window_id.eq(window.0))
        .filter(holder_pack::COLUMN.rank.eq(rank))
}

/// Notes that a pack was sent on `day`, if it was last sent on the day that was read and nobody
/// has acknowledged it; whether it could.
pub async fn pack_sent(
    tx: &Tx,
    (window, rank): (OrderWindowId, i64),
    read: Option<NaiveDate>,
    day: NaiveDate,
) -> Result<bool, StoreError> {
    let before = holder_pack::COLUMN.sent_on;
    let moved = of(window, rank)
        .col_expr(holder_pack::Column::SentOn, Expr::value(day))
        .filter(read.map_or_else(|| before.is_null(), |read| before.eq(read)))
        .filter(holder_pack::COLUMN.acknowledged_on.is_null())
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("marking a pack as sent"))?;
    Ok(moved.rows_affected == 1)
}

/// Notes that the holder acknowledged a pack that was sent; whether it still could be.
pub async fn pack_acknowledged(
    tx: &Tx,
    (window, rank): (OrderWindowId, i64),
    day: NaiveDate,
) -> Result<bool, StoreError> {
    let moved = of(window, rank)
        .col_expr(holder_pack::Column::AcknowledgedOn, Expr::value(day))
        .filter(holder_pack::COLUMN.sent_on.is_not_null())
        .filter(holder_pack::COLUMN.acknowledged_on.is_null())
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("marking a pack as acknowledged"))?;
    Ok(moved.rows_affected == 1)
}

/// A link that gives a pack until `expires_at`; only its hash is kept.
pub async fn add_pack_link(
    tx: &Tx,
    (window, rank): (OrderWindowId, i64),
    token_hash: String,
    expires_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let row = pack_link::ActiveModel {
        id: NotSet,
        window_id: Set(window.0),
        rank: Set(rank),
        token_hash: Set(token_hash),
        expires_at: Set(expires_at),
    };
    pack_link::Entity::insert(row)
        .exec_without_returning(tx.connection())
        .await
        .map_err(StoreError::during("adding a link to a pack"))?;
    Ok(())
}

/// The pack that a link gives at `now`, by its window and rank, and until when.
pub async fn linked_pack(
    on: &impl Access,
    token_hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<(OrderWindowId, i64, DateTime<Utc>)>, StoreError> {
    let found = pack_link::Entity::find()
        .filter(pack_link::COLUMN.token_hash.eq(token_hash))
        .filter(pack_link::COLUMN.expires_at.gt(now))
        .one(on.connection())
        .await
        .map_err(StoreError::during("looking at a link to a pack"))?;
    Ok(found.map(|row| (OrderWindowId(row.window_id), row.rank, row.expires_at)))
}

/// Forgets links that ended before; how many.
pub async fn forget_pack_links(tx: &Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let gone = pack_link::Entity::delete_many()
        .filter(pack_link::COLUMN.expires_at.lt(before))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("forgetting links to packs"))?;
    Ok(gone.rows_affected)
}
