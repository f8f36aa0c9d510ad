//! The issued papers that a member may read: those that are for it, and no other.

use chrono::NaiveDate;
use domain::ids::{OrganisationId, PaperId};
use sea_orm::{FromQueryResult, Value};

use super::paged::paged;
use super::{Access, Slice, StoreError, sql};

/// One paper in a member's list.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct MemberPaper {
    pub id: i64,
    pub kind: String,
    pub number: String,
    pub title: String,
    pub file_key: String,
    pub sha256: String,
    pub bytes: i64,
    pub pages: i64,
    pub issued_on: NaiveDate,
    /// What the paper is about: the lot of its order, the number of its invoice, its census.
    pub about: String,
}

/// Which of a member's papers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PaperFilter {
    pub year: Option<i32>,
    /// A code of the `paper` table's `kind`.
    pub kind: Option<String>,
}

const COLUMNS: &str = "r.id, r.kind, r.number, r.title, r.file_key, r.sha256, r.bytes, r.pages, r.issued_on, \
     COALESCE(i.number, l.title, g.title, '') AS about";
const FROM: &str = "FROM paper r LEFT JOIN purchase_order p ON p.id = r.order_id \
     LEFT JOIN contract c ON c.id = p.contract_id LEFT JOIN lot l ON l.id = c.lot_id \
     LEFT JOIN allocation a ON a.id = r.allocation_id LEFT JOIN invoice i ON i.id = a.invoice_id \
     LEFT JOIN campaign g ON g.id = r.campaign_id WHERE r.organisation_id = $1";

/// The conditions of `filter`, their values after those already given.
fn narrowed(filter: &PaperFilter, values: &mut Vec<Value>) -> Result<String, StoreError> {
    let mut text = String::new();
    if let Some(year) = filter.year {
        let first = NaiveDate::from_ymd_opt(year, 1, 1);
        let (Some(first), Some(next)) = (first, NaiveDate::from_ymd_opt(year + 1, 1, 1)) else {
            return Err(StoreError::NotFound { what: "year", id: year.to_string() });
        };
        values.push(first.into());
        text.push_str(&format!(" AND r.issued_on >= ${}", values.len()));
        values.push(next.into());
        text.push_str(&format!(" AND r.issued_on < ${}", values.len()));
    }
    if let Some(kind) = &filter.kind {
        values.push(kind.as_str().into());
        text.push_str(&format!(" AND r.kind = ${}", values.len()));
    }
    Ok(text)
}

fn sorted(sort: &str, descending: bool) -> String {
    let column = match sort {
        "document" => "r.kind",
        "numero" => "r.number",
        "date" => "r.issued_on",
        "taille" => "r.bytes",
        _ => return "r.issued_on DESC, r.kind, r.number".into(),
    };
    format!("{column} {}, r.id", if descending { "DESC" } else { "ASC" })
}

/// One page of a member's papers, and how many there are in all.
pub async fn member_papers(
    on: &impl Access,
    member: OrganisationId,
    filter: &PaperFilter,
    slice: &Slice,
) -> Result<(Vec<MemberPaper>, u64), StoreError> {
    let mut values: Vec<Value> = vec![member.0.into(), slice.pattern().into()];
    let narrowed = narrowed(filter, &mut values)?;
    let from = format!(
        "{FROM} AND (LOWER(r.number) LIKE $2 ESCAPE '\\' OR LOWER(r.title) LIKE $2 ESCAPE '\\' \
         OR LOWER(COALESCE(i.number, l.title, g.title, '')) LIKE $2 ESCAPE '\\'){narrowed}"
    );
    let order = format!(" ORDER BY {}", sorted(&slice.sort, slice.descending));
    paged(on, "r.id", (COLUMNS, &from), &order, slice, values).await
}

/// One paper of `member`.
pub async fn member_paper(
    on: &impl Access,
    member: OrganisationId,
    id: PaperId,
) -> Result<MemberPaper, StoreError> {
    let text = format!("SELECT {COLUMNS} {FROM} AND r.id = $2");
    MemberPaper::find_by_statement(sql(on.connection(), &text, [member.0.into(), id.0.into()]))
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading a paper"))?
        .ok_or_else(|| StoreError::NotFound { what: "paper", id: id.to_string() })
}

/// The papers of an order that are for `member`.
pub async fn papers_of_order(
    on: &impl Access,
    member: OrganisationId,
    order: domain::ids::OrderId,
) -> Result<Vec<MemberPaper>, StoreError> {
    let text = format!(
        "SELECT {COLUMNS} {FROM} AND r.order_id = $2 AND r.kind <> 'allocation_statement' \
         ORDER BY r.issued_on, r.number"
    );
    let values = [member.0.into(), order.0.into()];
    MemberPaper::find_by_statement(sql(on.connection(), &text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the papers of an order"))
}

/// How many papers of a member were issued in a year, and how heavy they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaperYear {
    pub year: i32,
    pub papers: u64,
    pub bytes: u64,
}

/// The years in which papers of `member` were issued, the last first.
pub async fn paper_years(
    on: &impl Access,
    member: OrganisationId,
) -> Result<Vec<PaperYear>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        issued_on: NaiveDate,
        papers: i64,
        bytes: i64,
    }
    // By day, which both databases group alike; the years are added up here.
    let text = "SELECT issued_on, COUNT(*) AS papers, CAST(SUM(bytes) AS BIGINT) AS bytes FROM paper \
                WHERE organisation_id = $1 GROUP BY issued_on";
    let rows = Row::find_by_statement(sql(on.connection(), text, [member.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("counting the papers of a member"))?;
    let mut years: std::collections::BTreeMap<i32, PaperYear> = std::collections::BTreeMap::new();
    for row in rows {
        let year = chrono::Datelike::year(&row.issued_on);
        let sum = years.entry(year).or_insert(PaperYear { year, papers: 0, bytes: 0 });
        sum.papers += u64::try_from(row.papers).unwrap_or_default();
        sum.bytes += u64::try_from(row.bytes).unwrap_or_default();
    }
    Ok(years.into_values().rev().collect())
}
