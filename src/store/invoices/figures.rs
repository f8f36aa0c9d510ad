//! Figures of a year: what validated invoices, credit notes taken off, came to.

use chrono::NaiveDate;
use domain::price::INVOICE_DECIMALS;
use rust_decimal::Decimal;
use sea_orm::FromQueryResult;

use super::super::group::coded;
use super::super::{Access, Slice, StoreError, sql};

/// Net, VAT and gross cents of something.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct YearRow {
    pub id: i64,
    pub name: String,
    /// A contract's title, a member's SIRET.
    pub detail: String,
    pub invoices: i64,
    pub net_cents: i64,
    pub vat_cents: i64,
    pub gross_cents: i64,
}

/// What a year came to altogether.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromQueryResult)]
pub struct YearTotal {
    pub invoices: i64,
    pub credits: i64,
    pub members: i64,
    pub net_cents: i64,
    pub vat_cents: i64,
    pub gross_cents: i64,
}

/// Net cents of lines that suggest the same accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FamilyRow {
    /// Family and sub-family; `None` for lines without an article of the catalogue, freight,
    /// charges and allowances.
    pub family: Option<(String, String)>,
    /// Euros without VAT for one unit.
    pub unit_price: Decimal,
    pub rate_bp: i64,
    pub net_cents: i64,
}

/// First and last day of a year.
fn days(year: i32) -> Result<[NaiveDate; 2], StoreError> {
    let first = NaiveDate::from_ymd_opt(year, 1, 1);
    let last = NaiveDate::from_ymd_opt(year, 12, 31);
    match (first, last) {
        (Some(first), Some(last)) => Ok([first, last]),
        (None, _) | (_, None) => Err(StoreError::NotFound { what: "year", id: year.to_string() }),
    }
}

const SUMS: &str = "CAST(COALESCE(SUM(m.net_cents), 0) AS BIGINT) AS net_cents, \
     CAST(COALESCE(SUM(m.vat_cents), 0) AS BIGINT) AS vat_cents, \
     CAST(COALESCE(SUM(m.gross_cents), 0) AS BIGINT) AS gross_cents";
const VALIDATED: &str = "FROM allocation_member m JOIN allocation a ON a.id = m.allocation_id \
     JOIN invoice i ON i.id = a.invoice_id \
     JOIN purchase_order o ON o.id = i.order_id JOIN contract c ON c.id = o.contract_id \
     JOIN organisation g ON g.id = m.organisation_id \
     WHERE i.state IN ('validated', 'paid') AND i.issue_date >= $1 AND i.issue_date <= $2";

/// What the year came to.
pub async fn year_total(on: &impl Access, year: i32) -> Result<YearTotal, StoreError> {
    let on = on.connection();
    let text = format!(
        "SELECT COUNT(DISTINCT CASE WHEN i.credit THEN NULL ELSE i.id END) AS invoices, \
         COUNT(DISTINCT CASE WHEN i.credit THEN i.id ELSE NULL END) AS credits, \
         COUNT(DISTINCT m.organisation_id) AS members, {SUMS} {VALIDATED}"
    );
    let found = YearTotal::find_by_statement(sql(on, &text, days(year)?.map(Into::into)))
        .one(on)
        .await
        .map_err(StoreError::during("summing a year of invoices"))?;
    Ok(found.unwrap_or_default())
}

/// The year by contract, the largest first.
pub async fn year_by_contract(on: &impl Access, year: i32) -> Result<Vec<YearRow>, StoreError> {
    let on = on.connection();
    let text = format!(
        "SELECT c.id, c.number AS name, c.title AS detail, COUNT(DISTINCT i.id) AS invoices, {SUMS} \
         {VALIDATED} GROUP BY c.id, c.number, c.title ORDER BY net_cents DESC, c.id"
    );
    YearRow::find_by_statement(sql(on, &text, days(year)?.map(Into::into)))
        .all(on)
        .await
        .map_err(StoreError::during("summing a year by contract"))
}

/// One page of the year by member, and how many members there are.
pub async fn year_by_member(
    on: &impl Access,
    year: i32,
    slice: &Slice,
) -> Result<(Vec<YearRow>, u64), StoreError> {
    #[derive(FromQueryResult)]
    struct Total {
        total: i64,
    }
    let doing = "summing a year by member";
    let on = on.connection();
    let mut values: Vec<sea_orm::Value> = days(year)?.map(Into::into).to_vec();
    let mut condition = String::new();
    if !slice.search.trim().is_empty() {
        values.push(slice.pattern().into());
        condition.push_str(" AND LOWER(g.name) LIKE $3 ESCAPE '\\'");
    }
    let text = format!("SELECT COUNT(DISTINCT m.organisation_id) AS total {VALIDATED}{condition}");
    let total = Total::find_by_statement(sql(on, &text, values.clone()))
        .one(on)
        .await
        .map_err(StoreError::during(doing))?;
    let order = slice.order_by(
        &[
            ("membre", "g.name"),
            ("factures", "invoices"),
            ("ht", "net_cents"),
            ("tva", "vat_cents"),
            ("ttc", "gross_cents"),
        ],
        "g.id",
    );
    let text = format!(
        "SELECT g.id, g.name, MIN(m.siret) AS detail, COUNT(DISTINCT i.id) AS invoices, {SUMS} \
         {VALIDATED}{condition} GROUP BY g.id, g.name{order}{}",
        slice.cut()
    );
    let rows = YearRow::find_by_statement(sql(on, &text, values))
        .all(on)
        .await
        .map_err(StoreError::during(doing))?;
    let total = total.and_then(|row| u64::try_from(row.total).ok()).unwrap_or(0);
    Ok((rows, total))
}

/// The year by what suggests accounts: family, price and rate of each line. Amounts of no
/// article (freight, charges, allowances) come as one row without a family.
pub async fn year_by_family(on: &impl Access, year: i32) -> Result<Vec<FamilyRow>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        family: Option<String>,
        subfamily: Option<String>,
        price_e10: i64,
        base_quantity: String,
        rate_bp: i64,
        net_cents: i64,
    }
    let on = on.connection();
    let rows = Row::find_by_statement(sql(
        on,
        "SELECT t.family, t.subfamily, l.price_e10, l.base_quantity, l.rate_bp, \
         CAST(SUM(CASE WHEN i.credit THEN -l.net_cents ELSE l.net_cents END) AS BIGINT) \
         AS net_cents FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id \
         LEFT JOIN order_line o ON o.id = l.order_line_id \
         LEFT JOIN article_version v ON v.id = o.version_id LEFT JOIN article t ON t.id = v.article_id \
         WHERE i.state IN ('validated', 'paid') AND i.issue_date >= $1 AND i.issue_date <= $2 \
         GROUP BY t.family, t.subfamily, l.price_e10, l.base_quantity, l.rate_bp \
         UNION ALL SELECT NULL, NULL, 0, '1', 0, \
         CAST(COALESCE(SUM(CASE WHEN i.credit THEN i.allowances_cents - i.charges_cents \
         ELSE i.charges_cents - i.allowances_cents END), 0) AS BIGINT) FROM invoice i \
         WHERE i.state IN ('validated', 'paid') AND i.issue_date >= $1 AND i.issue_date <= $2",
        days(year)?.map(Into::into),
    ))
    .all(on)
    .await
    .map_err(StoreError::during("summing a year by family"))?;
    rows.into_iter()
        .map(|row| {
            let at = ("invoice_line", 0, "base_quantity");
            let base: Decimal = coded(row.base_quantity.parse().ok(), at, &row.base_quantity)?;
            let price = Decimal::new(row.price_e10, INVOICE_DECIMALS);
            Ok(FamilyRow {
                family: row.family.zip(row.subfamily),
                unit_price: price.checked_div(base).unwrap_or(price),
                rate_bp: row.rate_bp,
                net_cents: row.net_cents,
            })
        })
        .collect()
}
