//! What must be true of any database at any time, read back whole.
//!
//! The rows are read set by set and judged by pure functions of the domain; what
//! is found is named, never mended.

mod allocations;
mod lives;
mod orders;

use std::collections::BTreeMap;

use domain::money::{Cents, Net};
use domain::platform::breach::{self, Breach};
use entities::{contract, number_series, number_taken, paper};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, QueryOrder};

use super::{Access, StoreError, sql};

pub use allocations::allocations;
pub use lives::{journal, states};
pub use orders::orders;

/// What was looked at, and what does not hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// How many of each were checked: `orders`, `papers`…
    pub checked: BTreeMap<&'static str, usize>,
    pub breaches: Vec<Breach>,
}

impl Report {
    fn count(&mut self, what: &'static str, more: usize) {
        *self.checked.entry(what).or_default() += more;
    }
}

fn named(rule: &'static str, subject: impl Into<String>, message: impl Into<String>) -> Breach {
    Breach { rule, subject: subject.into(), message: message.into() }
}

#[derive(FromQueryResult)]
struct Mismatch {
    name: String,
    found: i64,
    expected: i64,
}

async fn mismatches(on: &impl Access, text: &str) -> Result<Vec<Mismatch>, StoreError> {
    let statement = sql(on.connection(), text, []);
    Mismatch::find_by_statement(statement)
        .all(on.connection())
        .await
        .map_err(StoreError::during("checking sums"))
}

/// No contract's orders exceed its maximum, and what is committed is what its orders count for.
pub async fn ceilings(on: &impl Access, report: &mut Report) -> Result<(), StoreError> {
    let doing = "checking ceilings";
    let contracts =
        contract::Entity::find().all(on.connection()).await.map_err(StoreError::during(doing))?;
    for row in &contracts {
        let (ceiling, committed) =
            (Net::from_cents(row.ceiling_cents), Net::from_cents(row.committed_cents));
        report.breaches.extend(breach::ceiling(
            &format!("marché {}", row.number),
            ceiling,
            committed,
        ));
    }
    report.count("contracts", contracts.len());
    let sums = "SELECT 'marché ' || c.number AS name, \
                CAST(COALESCE(SUM(o.committed_cents), 0) AS BIGINT) AS found, c.committed_cents AS expected \
                FROM contract c LEFT JOIN purchase_order o ON o.contract_id = c.id \
                GROUP BY c.number, c.id, c.committed_cents \
                HAVING COALESCE(SUM(o.committed_cents), 0) <> c.committed_cents";
    for row in mismatches(on, sums).await? {
        let message = format!(
            "Les commandes engagent {}, le marché dit {}.",
            Cents(row.found),
            Cents(row.expected)
        );
        report.breaches.push(named("contract_committed", row.name, message));
    }
    Ok(())
}

/// Numbers in each series are gap-free, and every number on an order was taken in its series.
pub async fn series(on: &impl Access, report: &mut Report) -> Result<(), StoreError> {
    let doing = "checking number series";
    let mut taken: BTreeMap<(String, i64), Vec<i64>> = BTreeMap::new();
    let rows = number_taken::Entity::find()
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    report.count("numbers", rows.len());
    for row in rows {
        taken.entry((row.series, row.year)).or_default().push(row.value);
    }
    let heads = number_series::Entity::find()
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    for head in heads {
        let numbers = taken.entry((head.series, head.year)).or_default();
        // A number taken off the end leaves no gap between the others: the head remembers it.
        if !numbers.contains(&head.last) && head.last > 0 {
            numbers.push(head.last + 1);
        }
    }
    for ((name, year), numbers) in &taken {
        report.breaches.extend(breach::series(&format!("série {name} {year}"), numbers));
    }
    let unknown = "SELECT o.number AS name, CAST(0 AS BIGINT) AS found, CAST(1 AS BIGINT) AS expected FROM purchase_order o \
                   WHERE o.number IS NOT NULL AND NOT EXISTS \
                   (SELECT 1 FROM number_taken n WHERE n.subject = o.number)";
    for row in mismatches(on, unknown).await? {
        report.breaches.push(named(
            "series_unknown",
            row.name,
            "Ce numéro n’a été pris dans aucune série.",
        ));
    }
    Ok(())
}

/// What a paper's file must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperFile {
    pub number: String,
    pub file_key: String,
    pub sha256: String,
    pub bytes: i64,
}

/// Every issued paper, to be compared with the file store.
pub async fn papers(on: &impl Access) -> Result<Vec<PaperFile>, StoreError> {
    let rows = paper::Entity::find()
        .order_by_asc(paper::COLUMN.id)
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading papers"))?;
    Ok(rows
        .into_iter()
        .map(|row| PaperFile {
            number: row.number,
            file_key: row.file_key,
            sha256: row.sha256,
            bytes: row.bytes,
        })
        .collect())
}

#[derive(FromQueryResult)]
struct Orphan {
    table: String,
    rowid: Option<i64>,
    parent: String,
}

/// Rows that name a row which is not there. PostgreSQL never lets one in; on SQLite a program
/// that turned foreign keys off could have.
pub async fn orphans(on: &impl Access, report: &mut Report) -> Result<(), StoreError> {
    if on.connection().get_database_backend() != DbBackend::Sqlite {
        return Ok(());
    }
    let statement = sql(
        on.connection(),
        "SELECT \"table\" AS \"table\", rowid AS rowid, parent AS parent FROM pragma_foreign_key_check",
        [],
    );
    let rows = Orphan::find_by_statement(statement)
        .all(on.connection())
        .await
        .map_err(StoreError::during("looking for orphan rows"))?;
    for row in rows {
        let subject = format!("{} {}", row.table, row.rowid.unwrap_or_default());
        let message = format!("Cette ligne cite une ligne de « {} » qui n’existe pas.", row.parent);
        report.breaches.push(named("orphan_rows", subject, message));
    }
    Ok(())
}
