//! The journal as people read it: of one thing, or searched by subject, person and day.

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use sea_orm::{FromQueryResult, Value};

use crate::store::paged::paged;
use crate::store::{Access, Slice, StoreError, sql};

/// One entry as it stands.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Told {
    pub id: i64,
    pub at: DateTime<Utc>,
    pub actor: String,
    pub action: String,
    pub subject: String,
    pub subject_id: i64,
    pub details: String,
    pub hash: String,
}

/// Which entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JournalFilter {
    pub subject: Option<String>,
    pub subject_id: Option<i64>,
    pub from: Option<NaiveDate>,
    /// The last day.
    pub to: Option<NaiveDate>,
}

const COLUMNS: &str = "j.id, j.at, j.actor, j.action, j.subject, j.subject_id, j.details, j.hash";

/// What the journal says of one thing, the first first.
pub async fn history(
    on: &impl Access,
    (subject, id): (&str, i64),
) -> Result<Vec<Told>, StoreError> {
    let text = format!(
        "SELECT {COLUMNS} FROM journal j WHERE j.subject = $1 AND j.subject_id = $2 ORDER BY j.id"
    );
    Told::find_by_statement(sql(on.connection(), &text, [subject.into(), id.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the journal"))
}

/// One page of the journal, and how many entries there are.
pub async fn journal_page(
    on: &impl Access,
    filter: &JournalFilter,
    slice: &Slice,
) -> Result<(Vec<Told>, u64), StoreError> {
    let mut values: Vec<Value> = Vec::new();
    let mut from = String::from("FROM journal j WHERE 1 = 1");
    let mut also = |condition: &str, value: Value| {
        values.push(value);
        from.push_str(&condition.replace('?', &format!("${}", values.len())));
    };
    if let Some(subject) = &filter.subject {
        also(" AND j.subject = ?", subject.as_str().into());
    }
    if let Some(id) = filter.subject_id {
        also(" AND j.subject_id = ?", id.into());
    }
    let midnight = |day: NaiveDate| day.and_hms_opt(0, 0, 0).map(|at| Utc.from_utc_datetime(&at));
    if let Some(at) = filter.from.and_then(midnight) {
        also(" AND j.at >= ?", at.into());
    }
    if let Some(at) = filter.to.and_then(|day| day.succ_opt()).and_then(midnight) {
        also(" AND j.at < ?", at.into());
    }
    if !slice.search.is_empty() {
        also(
            " AND (LOWER(j.actor) LIKE ? ESCAPE '\\' OR LOWER(j.action) LIKE ? ESCAPE '\\' \
             OR LOWER(j.details) LIKE ? ESCAPE '\\')",
            slice.pattern().into(),
        );
    }
    let allowed = [("quand", "j.id"), ("qui", "j.actor"), ("quoi", "j.action")];
    paged(on, "j.id", (COLUMNS, &from), &slice.order_by(&allowed, "j.id DESC"), slice, values).await
}

/// The kinds of things that the journal speaks of.
pub async fn journal_subjects(on: &impl Access) -> Result<Vec<String>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        subject: String,
    }
    let text = "SELECT DISTINCT subject FROM journal ORDER BY subject";
    let rows = Row::find_by_statement(sql(on.connection(), text, []))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the journal"))?;
    Ok(rows.into_iter().map(|row| row.subject).collect())
}
