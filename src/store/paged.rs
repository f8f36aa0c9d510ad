//! One page of a list and how many rows there are: two queries, whatever the list.

use sea_orm::{FromQueryResult, Value};

use super::{Access, Slice, StoreError, sql};

#[derive(FromQueryResult)]
struct Total {
    total: i64,
}

/// One page of the rows of `columns`, and how many there are in all.
///
/// `from` ends in its conditions; `key` names a row. The page is cut before its columns are read:
/// SQLite would else work out what each row of the whole list adds up to, to sort them. Keys are
/// counted, not rows: SQLite then leaves out the joins that only names need.
pub(crate) async fn paged<T: FromQueryResult>(
    on: &impl Access,
    key: &str,
    (columns, from): (&str, &str),
    order: &str,
    slice: &Slice,
    values: Vec<Value>,
) -> Result<(Vec<T>, u64), StoreError> {
    let doing = "listing";
    let db = on.connection();
    let text = format!("SELECT COUNT(*) AS total FROM (SELECT DISTINCT {key} {from}) keys");
    let total = Total::find_by_statement(sql(db, &text, values.clone()))
        .one(db)
        .await
        .map_err(StoreError::during(doing))?
        .map_or(0, |row| u64::try_from(row.total).unwrap_or_default());
    let text = format!(
        "SELECT {columns} {from} AND {key} IN (SELECT {key} {from}{order}{}){order}",
        slice.cut()
    );
    let rows = T::find_by_statement(sql(db, &text, values))
        .all(db)
        .await
        .map_err(StoreError::during(doing))?;
    Ok((rows, total))
}
