//! What deserves a second look over all answers of a census.
//!
//! Every kind is one arm of one statement, so that the page costs the same whether three members
//! answered or nine hundred. The rules are those that flag a single answer (domain
//! `campaigns::accept`), read over all of them.

use chrono::NaiveDate;
use domain::campaigns::accept::TIMES_LAST_YEAR;
use domain::campaigns::anomaly::AnomalyKind;
use domain::ids::OrganisationId;
use domain::quantity::Quantity;
use sea_orm::{FromQueryResult, Value};

use super::StoredCensus;
use super::answering::PREVIOUS;
use super::opening::without_sheet;
use super::reach::address;
use super::sheets::quantity;
use crate::store::group::coded;
use crate::store::{Access, Slice, StoreError, sql};

/// One thing to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    pub kind: AnomalyKind,
    pub member: OrganisationId,
    pub name: String,
    /// The delivery point, the article and the year, where it is about one.
    pub site: Option<String>,
    pub article: Option<(String, String)>,
    pub year: Option<i64>,
    pub quantity: Option<Quantity>,
    /// Last year's quantity, or the whole packs that will be ordered.
    pub compared: Option<Quantity>,
}

#[derive(FromQueryResult)]
struct Row {
    kind: String,
    organisation_id: i64,
    name: String,
    site: Option<String>,
    reference: Option<String>,
    label: Option<String>,
    year: Option<i64>,
    quantity_milli: Option<i64>,
    compared_milli: Option<i64>,
}

/// The columns of a kind that is about a member as a whole.
const MEMBER_ONLY: &str = "CAST(NULL AS BIGINT) AS site_id, CAST(NULL AS BIGINT) AS version_id, \
     CAST(NULL AS BIGINT) AS year, CAST(NULL AS BIGINT) AS quantity_milli, \
     CAST(NULL AS BIGINT) AS compared_milli";

/// The columns of a kind that is about one line `n` of an answer, of an article frozen as `f`.
const LINE: &str = "n.organisation_id, n.site_id, f.version_id, n.year, n.quantity_milli";

/// Sheets of `$1` that were sent. A line needs no such condition: only sending writes it.
const SENT: &str = "s.campaign_id = $1 AND s.state <> 'draft' AND s.answer IS NOT NULL";

/// The arms, in numbers: names are joined to what is shown. `$1` census, `$2` convention, `$3`
/// its first day, `$4` its first year, `$5` today.
fn arms() -> [(AnomalyKind, String); 7] {
    use AnomalyKind as K;
    // `l`: what the same delivery point asked for in the last year before this census's years.
    // CROSS: SQLite joins in the order written; in its own it reads all lines of all censuses.
    let many = format!(
        "SELECT 'many_times' AS kind, {LINE}, l.quantity_milli AS compared_milli \
         FROM need_sheet s CROSS JOIN need_sheet b CROSS JOIN need_line n CROSS JOIN need_line l \
         CROSS JOIN campaign_article f WHERE s.campaign_id = $1 AND b.campaign_id = {PREVIOUS} \
         AND b.organisation_id = s.organisation_id AND b.site_id = s.site_id \
         AND n.sheet_id = s.id AND l.sheet_id = b.id AND l.article_id = n.article_id \
         AND l.year = (SELECT MAX(y.year) FROM need_line y WHERE y.sheet_id = b.id AND y.year < $4) \
         AND l.quantity_milli > 0 AND n.quantity_milli >= {TIMES_LAST_YEAR} * l.quantity_milli \
         AND f.campaign_id = $1 AND f.article_id = n.article_id"
    );
    let packs = format!(
        "SELECT 'opened_pack' AS kind, {LINE}, \
         (n.quantity_milli + f.pack_milli - 1) / f.pack_milli * f.pack_milli AS compared_milli \
         FROM campaign_article f \
         JOIN need_line n ON n.campaign_id = f.campaign_id AND n.article_id = f.article_id \
         WHERE f.campaign_id = $1 AND n.quantity_milli % f.pack_milli <> 0"
    );
    let no_site = format!(
        "SELECT 'no_site' AS kind, m.organisation_id, {MEMBER_ONLY} {} WHERE c.id = $1",
        without_sheet()
    );
    let of_members = |kind: &str, condition: &str| {
        format!(
            "SELECT '{kind}' AS kind, o.id AS organisation_id, {MEMBER_ONLY} \
             FROM organisation o WHERE o.id IN (SELECT s.organisation_id FROM need_sheet s \
               WHERE s.campaign_id = $1) AND {condition}"
        )
    };
    let sent =
        format!("EXISTS (SELECT 1 FROM need_sheet s WHERE s.organisation_id = o.id AND {SENT})");
    let left = of_members(
        "left_group",
        &format!(
            "{sent} AND EXISTS (SELECT 1 FROM membership m WHERE m.organisation_id = o.id \
             AND m.convention_id = $2 AND m.state = 'withdrawn')"
        ),
    );
    let siret = of_members(
        "siret",
        &format!(
            "{sent} AND NOT EXISTS (SELECT 1 FROM siret x WHERE x.organisation_id = o.id \
             AND x.valid_to IS NULL AND x.status = 'confirmed')"
        ),
    );
    let unsigned = of_members(
        "unsigned",
        &format!(
            "EXISTS (SELECT 1 FROM need_sheet s WHERE s.organisation_id = o.id AND {SENT} \
             AND s.signed_by IS NULL)"
        ),
    );
    let unreachable =
        of_members("unreachable", &format!("NOT {sent} AND {} IS NULL", address("o.id", "$5")));
    [
        (K::ManyTimes, many),
        (K::OpenedPack, packs),
        (K::NoDeliveryPoint, no_site),
        (K::LeftGroup, left),
        (K::SiretToConfirm, siret),
        (K::Unsigned, unsigned),
        (K::Unreachable, unreachable),
    ]
}

fn values(census: &StoredCensus, day: NaiveDate) -> Vec<Value> {
    vec![
        census.id.0.into(),
        census.convention.0.into(),
        census.census.opens_on.into(),
        i64::from(census.census.first_year).into(),
        day.into(),
    ]
}

/// Every parameter has its type on both databases, also where no arm reads it.
const TYPED: &str = "$2 = $2 AND $3 = $3 AND $4 = $4 AND $5 = $5";

/// How many of each kind on `day`, in the order of the kinds; kinds without any are zero.
pub async fn anomaly_counts(
    on: &impl Access,
    census: &StoredCensus,
    day: NaiveDate,
) -> Result<Vec<(AnomalyKind, u64)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Count {
        kind: String,
        found: i64,
    }
    let arms = arms();
    let all: Vec<&str> = arms.iter().map(|(_, arm)| arm.as_str()).collect();
    let text = format!(
        "SELECT x.kind, COUNT(*) AS found FROM ({}) x WHERE {TYPED} GROUP BY x.kind",
        all.join(" UNION ALL ")
    );
    let rows = Count::find_by_statement(sql(on.connection(), &text, values(census, day)))
        .all(on.connection())
        .await
        .map_err(StoreError::during("counting what deserves a second look"))?;
    let count = |kind: AnomalyKind| {
        let row = rows.iter().find(|row| row.kind == kind.code());
        (kind, row.map_or(0, |row| row.found.unsigned_abs()))
    };
    Ok(AnomalyKind::ALL.iter().copied().map(count).collect())
}

/// One page of the anomalies of one kind, by member, or of all kinds.
pub async fn anomalies(
    on: &impl Access,
    census: &StoredCensus,
    day: NaiveDate,
    kind: Option<AnomalyKind>,
    slice: &Slice,
) -> Result<Vec<Anomaly>, StoreError> {
    let arms = arms();
    let chosen: Vec<&str> = arms
        .iter()
        .filter(|(of, _)| kind.is_none_or(|kind| kind == *of))
        .map(|(_, arm)| arm.as_str())
        .collect();
    let text = format!(
        "SELECT x.kind, x.organisation_id, o.name, p.name AS site, a.reference, v.label, x.year, \
         x.quantity_milli, x.compared_milli FROM ({}) x \
         JOIN organisation o ON o.id = x.organisation_id LEFT JOIN site p ON p.id = x.site_id \
         LEFT JOIN article_version v ON v.id = x.version_id \
         LEFT JOIN article a ON a.id = v.article_id WHERE {TYPED} \
         ORDER BY x.kind, o.name, x.organisation_id, p.name, a.reference, x.year{}",
        chosen.join(" UNION ALL "),
        slice.cut()
    );
    Row::find_by_statement(sql(on.connection(), &text, values(census, day)))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading what deserves a second look"))?
        .into_iter()
        .map(Anomaly::try_from)
        .collect()
}

impl TryFrom<Row> for Anomaly {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let of = row.organisation_id;
        let read = |milli: Option<i64>| milli.map(|milli| quantity(milli, of)).transpose();
        Ok(Self {
            kind: coded(AnomalyKind::from_code(&row.kind), ("need_sheet", of, "kind"), &row.kind)?,
            member: OrganisationId(of),
            name: row.name,
            site: row.site,
            article: row.reference.zip(row.label),
            year: row.year,
            quantity: read(row.quantity_milli)?,
            compared: read(row.compared_milli)?,
        })
    }
}
