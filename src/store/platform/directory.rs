//! Everybody who may sign in, as the administrator's list shows them.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{FromQueryResult, Value};

use crate::store::{Access, Slice, StoreError, sql};

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub id: i64,
    pub name: String,
    pub email: String,
    /// The first by name of those they hold a role in, and how many there are.
    pub organisation: Option<String>,
    pub organisations: i64,
    pub second_factor: bool,
    pub seen_at: Option<DateTime<Utc>>,
    pub disabled: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub rows: Vec<Listed>,
    pub total: u64,
}

/// The people that match, on `day`. `kind` is `cdg62`, `membres` or `sans` (no role left).
pub async fn people(
    on: &impl Access,
    slice: &Slice,
    kind: Option<&str>,
    day: NaiveDate,
) -> Result<Found, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        name: String,
        email: String,
        organisation: Option<String>,
        organisations: i64,
        factors: i64,
        seen_at: Option<DateTime<Utc>>,
        disabled_at: Option<DateTime<Utc>>,
        total: i64,
    }
    let held = "FROM role_grant g JOIN organisation o ON o.id = g.organisation_id \
                WHERE g.person_id = p.id AND g.from_day <= $1 \
                AND (g.to_day IS NULL OR g.to_day > $1)";
    let of_kind = match kind {
        Some("cdg62") => format!(" AND EXISTS (SELECT 1 {held} AND o.kind = 'coordinator')"),
        Some("membres") => format!(
            " AND EXISTS (SELECT 1 {held} AND o.kind IN ('commune', 'epci', 'public_body'))"
        ),
        Some("sans") => format!(" AND NOT EXISTS (SELECT 1 {held})"),
        Some(_) | None => String::new(),
    };
    let order = slice.order_by(
        &[
            ("nom", "LOWER(p.name)"),
            ("adresse", "p.email"),
            ("vu", "COALESCE(q.seen_at, p.created_at)"),
        ],
        "p.id",
    );
    let text = format!(
        "SELECT p.id, p.name, p.email, p.disabled_at, q.seen_at, \
         (SELECT MIN(o.name) {held}) AS organisation, \
         (SELECT CAST(COUNT(DISTINCT o.id) AS BIGINT) {held}) AS organisations, \
         CAST(CASE WHEN p.totp_secret IS NULL THEN 0 ELSE 1 END AS BIGINT) AS factors, \
         CAST(COUNT(*) OVER () AS BIGINT) AS total \
         FROM person p LEFT JOIN (SELECT person_id, MAX(seen_at) AS seen_at FROM session \
         WHERE person_id IS NOT NULL GROUP BY person_id) q ON q.person_id = p.id \
         WHERE (LOWER(p.name) LIKE $2 ESCAPE '\\' OR p.email LIKE $2 ESCAPE '\\' \
         OR EXISTS (SELECT 1 {held} AND LOWER(o.name) LIKE $2 ESCAPE '\\')){of_kind}{order}{}",
        slice.cut()
    );
    let values = [Value::from(day), Value::from(slice.pattern())];
    let rows = Row::find_by_statement(sql(on.connection(), &text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during("listing people"))?;
    let total = rows.first().map_or(0, |row| u64::try_from(row.total).unwrap_or(0));
    let rows = rows.into_iter().map(|row| Listed {
        id: row.id,
        name: row.name,
        email: row.email,
        organisation: row.organisation,
        organisations: row.organisations,
        second_factor: row.factors == 1,
        seen_at: row.seen_at,
        disabled: row.disabled_at.is_some(),
    });
    Ok(Found { rows: rows.collect(), total })
}

/// The organisations whose people the administrator keeps: coordinator and departmental archives.
pub async fn administered(on: &impl Access) -> Result<Vec<(i64, String)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        name: String,
    }
    let text = "SELECT id, name FROM organisation \
                WHERE kind IN ('coordinator', 'departmental_archives') ORDER BY kind, name";
    let rows = Row::find_by_statement(sql(on.connection(), text, []))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading whose people are administered"))?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}
