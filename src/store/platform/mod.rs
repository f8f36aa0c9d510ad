//! Journal, number series, idempotency keys and papers; people and how they come in.

pub mod directory;
pub mod grants;
pub mod limits;
pub mod links;
pub mod people;

pub mod attachments;
mod history;
pub mod jobs;
pub mod mail;
pub mod notices;
pub mod reminders;
pub mod sessions;

use chrono::{DateTime, NaiveDate, Utc};
use domain::platform::journal::{ChainHash, JournalEntry, chain};
use entities::{idempotency_key, journal, number_series, number_taken, paper, setting};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect,
};

use crate::store::{Access, StoreError, Tx, is_postgres, rows_per_statement};

pub use history::{JournalFilter, Told, history, journal_page, journal_subjects};

/// What is to be written in the journal; the chain gives it its sequence and hash.
#[derive(Debug, Clone)]
pub struct Entry {
    pub at: DateTime<Utc>,
    pub actor: String,
    /// `order.validate`, `need_sheet.submit`…
    pub action: &'static str,
    /// The kind of thing it was done to: `order`.
    pub subject: &'static str,
    pub subject_id: i64,
    pub details: String,
}

/// Appends to the journal, in the transaction of what it tells. The last thing a transaction
/// does: until it ends nobody else can append.
pub async fn append(tx: &Tx, entries: Vec<Entry>) -> Result<(), StoreError> {
    let on = tx.connection();
    let doing = "appending to the journal";
    if is_postgres(on) {
        // SQLite has one writer anyway; here the lock is the journal's own.
        on.execute_unprepared("SELECT pg_advisory_xact_lock(6210)")
            .await
            .map_err(StoreError::during(doing))?;
    }
    let last = journal::Entity::find()
        .order_by(journal::COLUMN.id, Order::Desc)
        .one(on)
        .await
        .map_err(StoreError::during(doing))?;
    let (mut sequence, mut hash) = match last {
        None => (0, ChainHash::GENESIS),
        Some(row) => (row.id, read_hash(&row)?),
    };
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries {
        sequence += 1;
        let entry = JournalEntry {
            sequence,
            // The finest that both databases keep.
            at: DateTime::from_timestamp_micros(entry.at.timestamp_micros()).unwrap_or(entry.at),
            actor: entry.actor,
            action: entry.action.to_owned(),
            subject: entry.subject.to_owned(),
            subject_id: entry.subject_id,
            details: entry.details,
        };
        hash = chain(hash, &entry);
        rows.push(journal::ActiveModel {
            id: Set(entry.sequence),
            at: Set(entry.at),
            actor: Set(entry.actor),
            action: Set(entry.action),
            subject: Set(entry.subject),
            subject_id: Set(entry.subject_id),
            details: Set(entry.details),
            hash: Set(hash.to_string()),
        });
    }
    insert_all::<journal::Entity, _>(tx, rows, 8, doing).await
}

fn read_hash(row: &journal::Model) -> Result<ChainHash, StoreError> {
    row.hash.parse().map_err(|_| StoreError::Corrupt {
        table: "journal",
        id: row.id,
        column: "hash",
        found: row.hash.clone(),
    })
}

/// The journal in order, after `sequence`, at most `limit` entries, each with its stored hash.
pub async fn journal_after(
    on: &impl Access,
    sequence: i64,
    limit: u64,
) -> Result<Vec<(JournalEntry, ChainHash)>, StoreError> {
    journal::Entity::find()
        .filter(journal::COLUMN.id.gt(sequence))
        .order_by_asc(journal::COLUMN.id)
        .limit(limit)
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the journal"))?
        .into_iter()
        .map(|row| {
            let hash = read_hash(&row)?;
            let entry = JournalEntry {
                sequence: row.id,
                at: row.at,
                actor: row.actor,
                action: row.action,
                subject: row.subject,
                subject_id: row.subject_id,
                details: row.details,
            };
            Ok((entry, hash))
        })
        .collect()
}

/// Inserts rows of `columns` columns in as few statements as the databases allow.
pub(crate) async fn insert_all<E, A>(
    tx: &Tx,
    rows: Vec<A>,
    columns: usize,
    doing: &'static str,
) -> Result<(), StoreError>
where
    E: EntityTrait,
    A: sea_orm::ActiveModelTrait<Entity = E>,
{
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let batch: Vec<A> = rows.by_ref().take(rows_per_statement(columns)).collect();
        E::insert_many(batch)
            .exec_without_returning(tx.connection())
            .await
            .map_err(StoreError::during(doing))?;
    }
    Ok(())
}

/// Takes the next `count` numbers of a series, in the issuing transaction: rolled back with it,
/// so that no number is ever lost. Answers the first; `subject` says what each goes to, as
/// `travee check` looks for it: the whole number of an order or a statement.
pub async fn take_numbers(
    tx: &Tx,
    series: &'static str,
    year: i32,
    count: usize,
    subject: impl Fn(i64) -> String + Send,
) -> Result<i64, StoreError> {
    let doing = "taking a number";
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let start = number_series::ActiveModel {
        id: NotSet,
        series: Set(series.to_owned()),
        year: Set(year.into()),
        last: Set(0),
    };
    number_series::Entity::insert(start)
        .on_conflict(
            OnConflict::columns([number_series::Column::Series, number_series::Column::Year])
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(tx.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let moved = number_series::Entity::update_many()
        .col_expr(number_series::Column::Last, Expr::col(number_series::Column::Last).add(count))
        .filter(number_series::COLUMN.series.eq(series))
        .filter(number_series::COLUMN.year.eq(i64::from(year)))
        .exec_with_returning(tx.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let last = moved
        .first()
        .map(|row| row.last)
        .ok_or(StoreError::NotFound { what: "number series", id: series.to_owned() })?;
    let first = last - count + 1;
    let rows: Vec<_> = (first..=last)
        .map(|value| number_taken::ActiveModel {
            id: NotSet,
            series: Set(series.to_owned()),
            year: Set(year.into()),
            value: Set(value),
            subject: Set(subject(value)),
        })
        .collect();
    insert_all::<number_taken::Entity, _>(tx, rows, 5, doing).await?;
    Ok(first)
}

/// What a request with this key has already made, if it came before.
pub async fn already_done(
    tx: &Tx,
    use_case: &'static str,
    key: &str,
) -> Result<Option<String>, StoreError> {
    let found = idempotency_key::Entity::find()
        .filter(idempotency_key::COLUMN.use_case.eq(use_case))
        .filter(idempotency_key::COLUMN.key.eq(key))
        .one(tx.connection())
        .await
        .map_err(StoreError::during("reading an idempotency key"))?;
    Ok(found.map(|row| row.outcome))
}

/// Notes what a request with this key has made, in its transaction.
pub async fn note_done(
    tx: &Tx,
    use_case: &'static str,
    key: &str,
    outcome: String,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    idempotency_key::Entity::insert(idempotency_key::ActiveModel {
        id: NotSet,
        use_case: Set(use_case.to_owned()),
        key: Set(key.to_owned()),
        outcome: Set(outcome),
        at: Set(at),
    })
    .exec_without_returning(tx.connection())
    .await
    .map_err(StoreError::during("noting an idempotency key"))?;
    Ok(())
}

/// Notes that something of this key is done, unless somebody has: whether it was this one. Two at
/// once wait for one another.
pub async fn claim(
    tx: &Tx,
    use_case: &'static str,
    key: &str,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let row = idempotency_key::ActiveModel {
        id: NotSet,
        use_case: Set(use_case.to_owned()),
        key: Set(key.to_owned()),
        outcome: Set(String::new()),
        at: Set(at),
    };
    let columns = [idempotency_key::Column::UseCase, idempotency_key::Column::Key];
    let claimed = idempotency_key::Entity::insert_many([row])
        .on_conflict(OnConflict::columns(columns).do_nothing().to_owned())
        .exec_without_returning(tx.connection())
        .await
        .map_err(StoreError::during("claiming a key"))?;
    Ok(claimed == 1)
}

/// Forgets the claims of a use case made before; how many.
pub async fn forget_claims(
    tx: &Tx,
    use_case: &'static str,
    before: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let gone = idempotency_key::Entity::delete_many()
        .filter(idempotency_key::COLUMN.use_case.eq(use_case))
        .filter(idempotency_key::COLUMN.at.lt(before))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("forgetting claims"))?;
    Ok(gone.rows_affected)
}

/// An issued paper: its bytes are in the file store under `file_key` and never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedPaper {
    /// A code of the `paper` table's `kind`.
    pub kind: &'static str,
    /// Unique with its kind: the order number, the statement's number…
    pub number: String,
    pub title: String,
    /// The member it is for.
    pub organisation: Option<i64>,
    pub order: Option<i64>,
    pub allocation: Option<i64>,
    pub tender_lot: Option<i64>,
    pub campaign: Option<i64>,
    pub file_key: String,
    pub sha256: String,
    pub bytes: usize,
    pub pages: usize,
    pub issued_on: NaiveDate,
}

/// Registers issued papers, in the transaction that issues them.
pub async fn register_papers(tx: &Tx, papers: &[IssuedPaper]) -> Result<(), StoreError> {
    let rows = papers.iter().map(|issued| paper::ActiveModel {
        id: NotSet,
        kind: Set(issued.kind.to_owned()),
        number: Set(issued.number.clone()),
        title: Set(issued.title.clone()),
        organisation_id: Set(issued.organisation),
        order_id: Set(issued.order),
        allocation_id: Set(issued.allocation),
        tender_lot_id: Set(issued.tender_lot),
        campaign_id: Set(issued.campaign),
        file_key: Set(issued.file_key.clone()),
        sha256: Set(issued.sha256.clone()),
        bytes: Set(i64::try_from(issued.bytes).unwrap_or(i64::MAX)),
        pages: Set(i64::try_from(issued.pages).unwrap_or(i64::MAX)),
        issued_on: Set(issued.issued_on),
    });
    insert_all::<paper::Entity, _>(tx, rows.collect(), 13, "registering papers").await
}
/// The value of a setting, if it was ever set.
pub async fn setting(on: &impl Access, name: &str) -> Result<Option<String>, StoreError> {
    let found = setting::Entity::find()
        .filter(setting::COLUMN.name.eq(name))
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading a setting"))?;
    Ok(found.map(|row| row.value))
}

/// Sets a setting, whether or not it was set before.
pub async fn put_setting(tx: &Tx, name: &str, value: &str) -> Result<(), StoreError> {
    let row = setting::ActiveModel {
        id: NotSet,
        name: Set(name.to_owned()),
        value: Set(value.to_owned()),
    };
    setting::Entity::insert(row)
        .on_conflict(
            OnConflict::column(setting::Column::Name)
                .update_column(setting::Column::Value)
                .to_owned(),
        )
        .exec_without_returning(tx.connection())
        .await
        .map_err(StoreError::during("writing a setting"))?;
    Ok(())
}
