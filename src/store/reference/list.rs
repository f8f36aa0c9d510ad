//! The reference rows as a person reads them, and a new one added: none is ever changed or taken
//! away, so that what was decided under a row can be told again.

use chrono::NaiveDate;
use entities::interest_rate;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    FromQueryResult,
};

use super::StoredInterest;
use crate::store::{Access, Slice, StoreError, Tx, sql};

/// The tables, by the code that addresses have.
const TABLES: [(&str, &str); 7] = [
    (
        "seuils",
        "SELECT kind || ' / ' || scope AS what, value, valid_from, valid_to, source FROM threshold",
    ),
    ("tva", "SELECT label AS what, rate AS value, valid_from, valid_to, source FROM vat_rate"),
    (
        "interets",
        "SELECT 'taux directeur de la BCE' AS what, refinancing_rate || ' + ' || margin AS value, \
         valid_from, valid_to, source FROM interest_rate",
    ),
    (
        "delais",
        "SELECT 'délai de paiement, en jours' AS what, days AS value, valid_from, valid_to, source \
         FROM payment_delay",
    ),
    ("ccag", "SELECT code AS what, value, valid_from, valid_to, source FROM ccag_figure"),
    (
        "mandats",
        "SELECT 'mandat municipal' AS what, '' AS value, valid_from, valid_to, source FROM mandate",
    ),
    (
        "comptes",
        "SELECT family || ' : ' || label AS what, account AS value, valid_from, valid_to, source \
         FROM budget_account",
    ),
];

/// A reference row, its value as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct ReferenceRow {
    pub what: String,
    pub value: String,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub source: String,
}

/// The rows of one table, the latest first; a table that nobody knows has none.
pub async fn rows(
    on: &impl Access,
    table: &str,
    slice: &Slice,
) -> Result<Vec<ReferenceRow>, StoreError> {
    let Some((_, select)) = TABLES.iter().find(|(code, _)| *code == table) else {
        return Ok(Vec::new());
    };
    let columns =
        [("du", "valid_from"), ("quoi", "what"), ("au", "valid_to"), ("source", "source")];
    let text = format!(
        "SELECT * FROM ({select}) r WHERE LOWER(what || ' ' || source) LIKE $1 ESCAPE '\\'{}",
        slice.order_by(&columns, "what, value")
    );
    ReferenceRow::find_by_statement(sql(on.connection(), &text, [slice.pattern().into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("listing reference rows"))
}

/// A table of which something has no row beyond a day.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Ending {
    /// As addresses have it: `interets`.
    pub table: String,
    /// The first of these days.
    pub last_day: NaiveDate,
}

/// The tables where the last known row of something ends on a day from `from` to `to`, the nearest
/// first.
pub async fn ending(
    on: &impl Access,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<Ending>, StoreError> {
    let parts: Vec<String> = TABLES
        .iter()
        .map(|(code, select)| {
            format!(
                "SELECT '{code}' AS code, MAX(valid_to) AS last_day FROM ({select}) r \
                 GROUP BY what HAVING COUNT(*) = COUNT(valid_to)"
            )
        })
        .collect();
    let text = format!(
        "SELECT code AS \"table\", MIN(last_day) AS last_day FROM ({}) e \
         WHERE last_day >= $1 AND last_day <= $2 GROUP BY code ORDER BY 2, 1",
        parts.join(" UNION ALL ")
    );
    Ending::find_by_statement(sql(on.connection(), &text, [from.into(), to.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("looking for reference rows that end"))
}

/// Adds the late-interest rate of a half-year.
pub async fn add_interest_rate(
    tx: &Tx,
    rate: &StoredInterest,
    (from, to): (NaiveDate, NaiveDate),
    source: &str,
) -> Result<i64, StoreError> {
    let row = interest_rate::ActiveModel {
        id: NotSet,
        refinancing_rate: Set(format!("{:.2}", rate.refinancing_rate)),
        margin: Set(format!("{:.2}", rate.margin)),
        flat_recovery: Set(rate.flat_recovery.to_decimal().to_string()),
        valid_from: Set(from),
        valid_to: Set(Some(to)),
        source: Set(source.to_owned()),
    };
    let row = row.insert(tx.connection()).await;
    Ok(row.map_err(StoreError::during("adding an interest rate"))?.id)
}
