//! What the read-only pages show: lists and figures, each in one query.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use domain::ids::OrganisationId;
use sea_orm::{FromQueryResult, Value};

use super::{Access, StoreError, sql};

#[derive(Debug, Clone, FromQueryResult)]
pub struct CampaignRow {
    pub id: i64,
    pub title: String,
    pub state: String,
    pub opens_on: NaiveDate,
    pub closes_on: NaiveDate,
    pub first_year: i64,
    pub years: i64,
    pub members: i64,
    pub with_needs: i64,
    pub with_nothing: i64,
}

impl CampaignRow {
    /// Members that have not answered.
    pub fn silent(&self) -> i64 {
        self.members - self.with_needs - self.with_nothing
    }
}

#[derive(Debug, Clone, FromQueryResult)]
pub struct LotRow {
    pub id: i64,
    pub number: String,
    pub title: String,
    pub procedure: String,
    pub launched_on: NaiveDate,
    pub estimated_cents: i64,
    pub ceiling_cents: i64,
    pub articles: i64,
}

#[derive(Debug, Clone, FromQueryResult)]
pub struct LotArticleRow {
    pub reference: String,
    pub label: String,
    pub unit: String,
    pub year: i64,
    pub members: i64,
    pub needed_milli: i64,
    pub ordered_milli: i64,
    pub packs: Option<i64>,
}

#[derive(Debug, Clone, FromQueryResult)]
pub struct ContractRow {
    pub id: i64,
    pub number: String,
    pub title: String,
    pub lot: String,
    pub model: String,
    pub holder: String,
    pub starts_on: NaiveDate,
    pub last_order_on: NaiveDate,
    pub ceiling_cents: i64,
    pub committed_cents: i64,
    pub orders: i64,
}

#[derive(Debug, Clone, FromQueryResult)]
pub struct MemberRow {
    pub id: i64,
    pub name: String,
    pub kind: String,
    pub population: Option<i64>,
    pub epci: Option<String>,
    pub siret: Option<String>,
    pub papers: i64,
}

#[derive(Debug, Clone, FromQueryResult)]
pub struct PaperRow {
    pub id: i64,
    pub kind: String,
    pub number: String,
    pub title: String,
    pub file_key: String,
    pub bytes: i64,
    pub pages: i64,
    pub issued_on: NaiveDate,
}

/// How many of each there are.
#[derive(Debug, Clone, Copy, FromQueryResult)]
pub struct Counts {
    pub members: i64,
    pub orders: i64,
    pub invoices: i64,
    pub papers: i64,
}

async fn all<T: FromQueryResult>(
    on: &impl Access,
    text: &str,
    values: Vec<Value>,
) -> Result<Vec<T>, StoreError> {
    T::find_by_statement(sql(on.connection(), text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading a page"))
}

async fn one<T: FromQueryResult>(
    on: &impl Access,
    text: &str,
    values: Vec<Value>,
) -> Result<Option<T>, StoreError> {
    T::find_by_statement(sql(on.connection(), text, values))
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading a page"))
}

pub async fn counts(on: &impl Access) -> Result<Option<Counts>, StoreError> {
    let text = "SELECT (SELECT COUNT(*) FROM membership WHERE state = 'active') AS members, \
                (SELECT COUNT(*) FROM purchase_order WHERE state IN ('issued', 'closed')) AS orders, \
                (SELECT COUNT(*) FROM invoice WHERE state <> 'rejected') AS invoices, \
                (SELECT COUNT(*) FROM paper) AS papers";
    one(on, text, vec![]).await
}

/// A member has answered when one of its sheets has; with needs when one of them says so.
const CAMPAIGNS: &str = "SELECT c.id, c.title, c.state, c.opens_on, c.closes_on, c.first_year, c.years, \
     COUNT(m.organisation_id) AS members, \
     CAST(COALESCE(SUM(CASE WHEN m.needs = 1 THEN 1 ELSE 0 END), 0) AS BIGINT) AS with_needs, \
     CAST(COALESCE(SUM(CASE WHEN m.needs = 0 AND m.answered = 1 THEN 1 ELSE 0 END), 0) AS BIGINT) AS with_nothing \
     FROM campaign c LEFT JOIN (SELECT campaign_id, organisation_id, \
       MAX(CASE WHEN state <> 'draft' AND answer IS NOT NULL THEN 1 ELSE 0 END) AS answered, \
       MAX(CASE WHEN state <> 'draft' AND answer = 'needs' THEN 1 ELSE 0 END) AS needs \
       FROM need_sheet GROUP BY campaign_id, organisation_id) m ON m.campaign_id = c.id";

/// Every census with how many members answered, the newest first.
pub async fn campaigns(on: &impl Access) -> Result<Vec<CampaignRow>, StoreError> {
    all(on, &format!("{CAMPAIGNS} GROUP BY c.id ORDER BY c.opens_on DESC"), vec![]).await
}

pub async fn campaign(on: &impl Access, id: i64) -> Result<Option<CampaignRow>, StoreError> {
    one(on, &format!("{CAMPAIGNS} WHERE c.id = $1 GROUP BY c.id"), vec![id.into()]).await
}

const LOTS: &str = "SELECT t.id, l.number, l.title, p.reference AS procedure, p.launched_on, \
     t.estimated_cents, t.ceiling_cents, COUNT(DISTINCT a.version_id) AS articles \
     FROM tender_lot t JOIN lot l ON l.id = t.lot_id JOIN tender_procedure p ON p.id = t.procedure_id \
     LEFT JOIN lot_article a ON a.tender_lot_id = t.id";
const LOTS_GROUPED: &str = "GROUP BY t.id, l.number, l.title, p.reference, p.launched_on, t.estimated_cents, t.ceiling_cents";

/// The lots that a census became.
pub async fn lots_of(on: &impl Access, campaign: i64) -> Result<Vec<LotRow>, StoreError> {
    let text = format!("{LOTS} WHERE p.campaign_id = $1 {LOTS_GROUPED} ORDER BY l.number");
    all(on, &text, vec![campaign.into()]).await
}

pub async fn lot(on: &impl Access, id: i64) -> Result<Option<LotRow>, StoreError> {
    one(on, &format!("{LOTS} WHERE t.id = $1 {LOTS_GROUPED}"), vec![id.into()]).await
}

/// What is asked of a lot, by article and year.
pub async fn lot_articles(on: &impl Access, lot: i64) -> Result<Vec<LotArticleRow>, StoreError> {
    let text = "SELECT a.reference, v.label, v.unit, t.year, t.members, t.needed_milli, t.ordered_milli, t.packs \
                FROM lot_article t JOIN article_version v ON v.id = t.version_id \
                JOIN article a ON a.id = v.article_id \
                WHERE t.tender_lot_id = $1 ORDER BY a.reference, t.year";
    all(on, text, vec![lot.into()]).await
}

const CONTRACTS: &str = "SELECT c.id, c.number, c.title, l.number AS lot, l.model, h.name AS holder, c.starts_on, \
     c.last_order_on, c.ceiling_cents, c.committed_cents, COUNT(o.id) AS orders \
     FROM contract c JOIN lot l ON l.id = c.lot_id JOIN organisation h ON h.id = c.holder_id \
     LEFT JOIN purchase_order o ON o.contract_id = c.id AND o.state IN ('issued', 'closed')";
const CONTRACTS_GROUPED: &str = "GROUP BY c.id, c.number, c.title, l.number, l.model, h.name, c.starts_on, c.last_order_on, \
     c.ceiling_cents, c.committed_cents";

pub async fn contracts(on: &impl Access) -> Result<Vec<ContractRow>, StoreError> {
    all(on, &format!("{CONTRACTS} {CONTRACTS_GROUPED} ORDER BY c.number"), vec![]).await
}

/// One page of the members whose name or town holds `search`, and how many there are in all.
pub async fn members(
    on: &impl Access,
    search: &str,
    limit: u64,
    offset: u64,
) -> Result<(Vec<MemberRow>, i64), StoreError> {
    #[derive(FromQueryResult)]
    struct Total {
        total: i64,
    }
    let like = format!("%{}%", search.trim().to_lowercase().replace(['%', '_', '\\'], ""));
    let found = "FROM membership m JOIN organisation o ON o.id = m.organisation_id \
                 LEFT JOIN organisation e ON e.id = o.epci_id \
                 LEFT JOIN siret s ON s.organisation_id = o.id AND s.valid_to IS NULL \
                 WHERE (LOWER(o.name) LIKE $1 OR s.siret LIKE $1)";
    let total: Option<Total> = one(
        on,
        &format!("SELECT COUNT(DISTINCT o.id) AS total {found}"),
        vec![like.clone().into()],
    )
    .await?;
    let text = format!(
        "SELECT DISTINCT o.id, o.name, o.kind, o.population, e.name AS epci, s.siret, \
         (SELECT COUNT(*) FROM paper p WHERE p.organisation_id = o.id) AS papers \
         {found} ORDER BY o.name LIMIT $2 OFFSET $3"
    );
    let signed = |number: u64| Value::from(i64::try_from(number).unwrap_or(i64::MAX));
    let rows = all(on, &text, vec![like.into(), signed(limit), signed(offset)]).await?;
    Ok((rows, total.map_or(0, |row| row.total)))
}

/// The papers of one member, the newest first.
pub async fn papers_of(on: &impl Access, organisation: i64) -> Result<Vec<PaperRow>, StoreError> {
    let text = "SELECT id, kind, number, title, file_key, bytes, pages, issued_on FROM paper \
                WHERE organisation_id = $1 ORDER BY issued_on DESC, kind, number";
    all(on, text, vec![organisation.into()]).await
}

/// The coordinator's own papers of one lot of a procedure, and of the orders of one contract that
/// are for no single member.
pub async fn lot_papers(on: &impl Access, lot: i64) -> Result<Vec<PaperRow>, StoreError> {
    let text = "SELECT id, kind, number, title, file_key, bytes, pages, issued_on FROM paper \
                WHERE tender_lot_id = $1 ORDER BY number";
    all(on, text, vec![lot.into()]).await
}

/// Those of these papers that are `member`'s, or all when it is the coordinator who asks.
pub async fn papers_among(
    on: &impl Access,
    member: Option<OrganisationId>,
    ids: &BTreeSet<i64>,
) -> Result<Vec<PaperRow>, StoreError> {
    let ids: Vec<i64> = ids.iter().copied().collect();
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(10_000) {
        let marks: Vec<String> = (2..ids.len() + 2).map(|at| format!("${at}")).collect();
        let text = format!(
            "SELECT id, kind, number, title, file_key, bytes, pages, issued_on FROM paper \
             WHERE ($1 = 0 OR organisation_id = $1) AND id IN ({})",
            marks.join(", ")
        );
        let mut values = vec![member.map_or(0, |member| member.0).into()];
        values.extend(ids.iter().map(|id| Value::from(*id)));
        found.extend(all(on, &text, values).await?);
    }
    Ok(found)
}

pub async fn paper(on: &impl Access, id: i64) -> Result<Option<PaperRow>, StoreError> {
    let text = "SELECT id, kind, number, title, file_key, bytes, pages, issued_on FROM paper WHERE id = $1";
    one(on, text, vec![id.into()]).await
}
