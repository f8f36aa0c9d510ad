//! How often something was tried, counted where every node counts.

use chrono::{DateTime, Utc};
use entities::attempt;
use sea_orm::{EntityTrait, FromQueryResult, QueryFilter, Value};

use crate::store::{Access, StoreError, Tx, sql};

/// Counts one more attempt in the window, and says how many that makes.
pub async fn count(tx: &Tx, key: &str, window_start: DateTime<Utc>) -> Result<i64, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        count: i64,
    }
    let text = "INSERT INTO attempt (key, window_start, count) VALUES ($1, $2, 1) \
                ON CONFLICT (key, window_start) DO UPDATE SET count = attempt.count + 1 \
                RETURNING count";
    let values = [Value::from(key), Value::from(window_start)];
    let row = Row::find_by_statement(sql(tx.connection(), text, values))
        .one(tx.connection())
        .await
        .map_err(StoreError::during("counting an attempt"))?;
    row.map(|row| row.count).ok_or(StoreError::NotFound { what: "attempt", id: "counted".into() })
}

/// Forgets what was counted under these keys: it came to a good end.
pub async fn clear(tx: &Tx, keys: &[String]) -> Result<(), StoreError> {
    attempt::Entity::delete_many()
        .filter(attempt::COLUMN.key.is_in(keys))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("clearing attempts"))?;
    Ok(())
}

/// Forgets windows that began before; how many.
pub async fn forget(tx: &Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let gone = attempt::Entity::delete_many()
        .filter(attempt::COLUMN.window_start.lt(before))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("forgetting attempts"))?;
    Ok(gone.rows_affected)
}
