//! One search over what its reader may see: members, articles, orders, invoices, papers.
//!
//! One query a group, cut after a few rows: the lists of each area search further.

use domain::ids::OrganisationId;
use sea_orm::{FromQueryResult, Value};

use super::{Access, Slice, StoreError, sql};

/// Rows shown of each group.
const MOST: u64 = 10;

/// One thing found: what it is called, what tells it from others.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Found {
    pub id: i64,
    pub title: String,
    pub detail: String,
}

fn words(search: &str) -> Slice {
    Slice { search: search.to_owned(), ..Slice::default() }
}

async fn found(on: &impl Access, text: &str, values: Vec<Value>) -> Result<Vec<Found>, StoreError> {
    let text = format!("{text} LIMIT {MOST}");
    Found::find_by_statement(sql(on.connection(), &text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during("searching"))
}

/// Members by name, SIREN or SIRET.
pub async fn members(on: &impl Access, search: &str) -> Result<Vec<Found>, StoreError> {
    let text = "SELECT o.id, o.name AS title, 'SIREN ' || o.siren AS detail FROM organisation o \
                WHERE o.kind IN ('commune', 'epci', 'public_body') \
                AND (LOWER(o.name) LIKE $1 ESCAPE '\\' OR o.siren LIKE $1 ESCAPE '\\' \
                OR EXISTS (SELECT 1 FROM siret s WHERE s.organisation_id = o.id \
                AND s.siret LIKE $2 ESCAPE '\\')) ORDER BY o.name, o.id";
    let digits: String = search.chars().filter(|c| !c.is_whitespace()).collect();
    found(on, text, vec![words(search).pattern().into(), words(&digits).pattern().into()]).await
}

/// Articles of the catalogue by reference or designation, as they are last described.
pub async fn articles(on: &impl Access, search: &str) -> Result<Vec<Found>, StoreError> {
    let text = "SELECT a.id, a.reference AS title, v.label AS detail FROM article a \
                JOIN article_version v ON v.article_id = a.id \
                AND v.valid_from = (SELECT MAX(w.valid_from) FROM article_version w \
                WHERE w.article_id = a.id) \
                WHERE LOWER(a.reference) LIKE $1 ESCAPE '\\' OR LOWER(v.label) LIKE $1 ESCAPE '\\' \
                ORDER BY a.reference, a.id";
    found(on, text, vec![words(search).pattern().into()]).await
}

/// Orders by number or buyer; those of one member when `of` names it.
pub async fn orders(
    on: &impl Access,
    of: Option<OrganisationId>,
    search: &str,
) -> Result<Vec<Found>, StoreError> {
    let text = "SELECT p.id, p.number AS title, o.name || ', ' || l.title AS detail \
                FROM purchase_order p JOIN organisation o ON o.id = p.buyer_id \
                JOIN contract c ON c.id = p.contract_id JOIN lot l ON l.id = c.lot_id \
                WHERE p.number IS NOT NULL AND ($2 = 0 OR p.buyer_id = $2) \
                AND (LOWER(p.number) LIKE $1 ESCAPE '\\' OR LOWER(o.name) LIKE $1 ESCAPE '\\' \
                OR LOWER(l.title) LIKE $1 ESCAPE '\\') ORDER BY p.number DESC, p.id";
    found(on, text, vec![words(search).pattern().into(), scope(of)]).await
}

/// Invoices by number or supplier; those that a member has a share of when `of` names it.
pub async fn invoices(
    on: &impl Access,
    of: Option<OrganisationId>,
    search: &str,
) -> Result<Vec<Found>, StoreError> {
    let text = "SELECT i.id, i.number AS title, s.name AS detail FROM invoice i \
                JOIN organisation s ON s.id = i.supplier_id \
                WHERE ($2 = 0 OR i.buyer_id = $2 OR EXISTS (SELECT 1 FROM allocation a \
                JOIN allocation_member m ON m.allocation_id = a.id \
                WHERE a.invoice_id = i.id AND m.organisation_id = $2 \
                AND m.statement_number IS NOT NULL)) \
                AND (LOWER(i.number) LIKE $1 ESCAPE '\\' OR LOWER(s.name) LIKE $1 ESCAPE '\\') \
                ORDER BY i.issue_date DESC, i.id";
    found(on, text, vec![words(search).pattern().into(), scope(of)]).await
}

/// Papers by number or title; those of one member when `of` names it.
pub async fn papers(
    on: &impl Access,
    of: Option<OrganisationId>,
    search: &str,
) -> Result<Vec<Found>, StoreError> {
    let text = "SELECT r.id, r.number AS title, r.title AS detail FROM paper r \
                WHERE ($2 = 0 OR r.organisation_id = $2) \
                AND (LOWER(r.number) LIKE $1 ESCAPE '\\' OR LOWER(r.title) LIKE $1 ESCAPE '\\') \
                ORDER BY r.issued_on DESC, r.id";
    found(on, text, vec![words(search).pattern().into(), scope(of)]).await
}

/// Zero is no organisation: everything.
fn scope(of: Option<OrganisationId>) -> Value {
    of.map_or(0, |id| id.0).into()
}
