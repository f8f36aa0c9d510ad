//! Which statements are still to be made, and what they cite.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::ids::{AllocationId, InvoiceId, OrderId, OrganisationId};
use domain::money::Gross;
use entities::allocation;
use sea_orm::{EntityTrait, FromQueryResult, QuerySelect};

use super::super::{Access, StoreError, Tx, sql};

/// A numbered statement that no paper was issued for yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementDue {
    pub member: OrganisationId,
    pub number: String,
    pub code: String,
}

/// The statements of an allocation that are still to be issued, in the order of their numbers.
pub async fn due_statements(
    on: &impl Access,
    allocation: AllocationId,
) -> Result<Vec<StatementDue>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        organisation_id: i64,
        statement_number: String,
        code: String,
    }
    let on = on.connection();
    let rows = Row::find_by_statement(sql(
        on,
        "SELECT m.organisation_id, m.statement_number, m.code FROM allocation_member m \
         WHERE m.allocation_id = $1 AND m.statement_number IS NOT NULL AND NOT EXISTS \
         (SELECT 1 FROM paper p WHERE p.kind = 'allocation_statement' \
          AND p.number = m.statement_number) ORDER BY m.id",
        [allocation.0.into()],
    ))
    .all(on)
    .await
    .map_err(StoreError::during("reading the statements to issue"))?;
    Ok(rows
        .into_iter()
        .map(|row| StatementDue {
            member: OrganisationId(row.organisation_id),
            number: row.statement_number,
            code: row.code,
        })
        .collect())
}

/// A member's share of a credit note, as printed: positive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierCredit {
    pub number: String,
    pub issued_on: NaiveDate,
    pub gross: Gross,
}

/// Every member's shares of the credit notes that correct `invoice` and are booked, the oldest
/// first.
pub async fn earlier_credits(
    on: &impl Access,
    invoice: InvoiceId,
) -> Result<BTreeMap<OrganisationId, Vec<EarlierCredit>>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        organisation_id: i64,
        number: String,
        issue_date: NaiveDate,
        gross_cents: i64,
    }
    let on = on.connection();
    let rows = Row::find_by_statement(sql(
        on,
        "SELECT m.organisation_id, i.number, i.issue_date, m.gross_cents \
         FROM invoice i JOIN allocation a ON a.invoice_id = i.id \
         JOIN allocation_member m ON m.allocation_id = a.id \
         WHERE i.corrects_id = $1 AND i.credit AND m.gross_cents <> 0 ORDER BY i.id",
        [invoice.0.into()],
    ))
    .all(on)
    .await
    .map_err(StoreError::during("reading the credits of an invoice"))?;
    let mut credits: BTreeMap<OrganisationId, Vec<EarlierCredit>> = BTreeMap::new();
    for row in rows {
        credits.entry(OrganisationId(row.organisation_id)).or_default().push(EarlierCredit {
            number: row.number,
            issued_on: row.issue_date,
            gross: Gross::from_cents(-row.gross_cents),
        });
    }
    Ok(credits)
}

/// What the statements of an invoice cite of its order, contract and convention.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Cited {
    pub order_number: Option<String>,
    pub service_code: Option<String>,
    pub commitment_number: Option<String>,
    pub contract_number: String,
    pub contract_title: String,
    pub notified_on: NaiveDate,
    pub lot_number: String,
    pub lot_title: String,
    pub convention_reference: String,
    pub convention_from: NaiveDate,
}

/// What the statements of an invoice of `order` cite.
pub async fn cited(on: &impl Access, order: OrderId) -> Result<Cited, StoreError> {
    let on = on.connection();
    Cited::find_by_statement(sql(
        on,
        "SELECT o.number AS order_number, o.service_code, o.commitment_number, \
         c.number AS contract_number, c.title AS contract_title, c.notified_on, \
         l.number AS lot_number, l.title AS lot_title, g.reference AS convention_reference, \
         g.starts_on AS convention_from \
         FROM purchase_order o JOIN contract c ON c.id = o.contract_id \
         JOIN lot l ON l.id = c.lot_id JOIN convention g ON g.id = c.convention_id \
         WHERE o.id = $1",
        [order.0.into()],
    ))
    .one(on)
    .await
    .map_err(StoreError::during("reading what a statement cites"))?
    .ok_or(StoreError::NotFound { what: "order", id: order.to_string() })
}

/// Makes everybody else who would issue statements of this allocation wait.
pub async fn lock_allocation(tx: &Tx, id: AllocationId) -> Result<(), StoreError> {
    allocation::Entity::find_by_id(id.0)
        .lock_exclusive()
        .one(tx.connection())
        .await
        .map_err(StoreError::during("locking an allocation"))?
        .map(|_| ())
        .ok_or(StoreError::NotFound { what: "allocation", id: id.to_string() })
}

/// A member's statement of an allocation, and its paper once it is issued.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Statement {
    pub member_id: i64,
    pub name: String,
    pub siret: String,
    pub number: String,
    pub gross_cents: i64,
    pub payable_cents: i64,
    pub paper_id: Option<i64>,
    pub file_key: Option<String>,
    pub sha256: Option<String>,
    pub bytes: Option<i64>,
    pub pages: Option<i64>,
    pub issued_on: Option<NaiveDate>,
}

const STATEMENTS: &str = "SELECT m.organisation_id AS member_id, m.name, m.siret, \
     m.statement_number AS number, m.gross_cents, m.payable_cents, p.id AS paper_id, p.file_key, \
     p.sha256, p.bytes, p.pages, p.issued_on FROM allocation_member m \
     JOIN allocation a ON a.id = m.allocation_id \
     LEFT JOIN paper p ON p.kind = 'allocation_statement' AND p.number = m.statement_number \
     WHERE m.statement_number IS NOT NULL";

/// The numbered statements of an invoice, issued or not, by number.
pub async fn statements(
    on: &impl Access,
    invoice: InvoiceId,
) -> Result<Vec<Statement>, StoreError> {
    let on = on.connection();
    let text = format!("{STATEMENTS} AND a.invoice_id = $1 ORDER BY m.statement_number");
    Statement::find_by_statement(sql(on, &text, [invoice.0.into()]))
        .all(on)
        .await
        .map_err(StoreError::during("listing statements"))
}

/// One issued statement, by its paper.
pub async fn statement_of_paper(on: &impl Access, paper: i64) -> Result<Statement, StoreError> {
    let on = on.connection();
    let text = format!("{STATEMENTS} AND p.id = $1");
    Statement::find_by_statement(sql(on, &text, [paper.into()]))
        .one(on)
        .await
        .map_err(StoreError::during("reading a statement"))?
        .ok_or(StoreError::NotFound { what: "statement", id: paper.to_string() })
}
