//! What the coordinator reads of contracts: the list, and what a revision was computed with.

use chrono::NaiveDate;
use domain::ids::ContractId;
use sea_orm::{FromQueryResult, Value};

use crate::store::paged::paged;
use crate::store::{Access, Slice, StoreError, sql};

/// Which contracts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContractFilter {
    All,
    /// Orders may be placed on that day.
    Running(NaiveDate),
    /// The warning part of the ceiling is committed.
    Near,
    /// The last day to order is before that day.
    Over(NaiveDate),
}

/// One contract in the list.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct DeskContract {
    pub id: i64,
    pub number: String,
    pub title: String,
    pub lot: String,
    pub lot_title: String,
    pub model: String,
    pub holder: String,
    pub starts_on: NaiveDate,
    pub last_order_on: NaiveDate,
    pub ceiling_cents: i64,
    pub committed_cents: i64,
    /// Issued or closed.
    pub orders: i64,
}

/// One page of contracts, and how many there are.
pub async fn desk_contracts(
    on: &impl Access,
    filter: ContractFilter,
    slice: &Slice,
) -> Result<(Vec<DeskContract>, u64), StoreError> {
    let mut values: Vec<Value> = Vec::new();
    let mut from = String::from(
        "FROM contract c JOIN lot l ON l.id = c.lot_id JOIN organisation h ON h.id = c.holder_id WHERE 1 = 1",
    );
    match filter {
        ContractFilter::All => {}
        ContractFilter::Running(day) => {
            values.push(day.into());
            from.push_str(" AND c.starts_on <= $1 AND c.last_order_on >= $1");
        }
        ContractFilter::Near => from.push_str(&format!(
            " AND c.committed_cents * 100 >= c.ceiling_cents * {}",
            domain::orders::ceiling::WARN_FROM_PERCENT
        )),
        ContractFilter::Over(day) => {
            values.push(day.into());
            from.push_str(" AND c.last_order_on < $1");
        }
    }
    if !slice.search.is_empty() {
        values.push(slice.pattern().into());
        let at = values.len();
        from.push_str(&format!(
            " AND (LOWER(c.number) LIKE ${at} ESCAPE '\\' OR LOWER(c.title) LIKE ${at} ESCAPE '\\' \
             OR LOWER(h.name) LIKE ${at} ESCAPE '\\')"
        ));
    }
    let columns = "c.id, c.number, c.title, l.number AS lot, l.title AS lot_title, l.model, h.name AS holder, \
         c.starts_on, c.last_order_on, c.ceiling_cents, c.committed_cents, \
         (SELECT COUNT(*) FROM purchase_order p WHERE p.contract_id = c.id \
          AND p.state IN ('issued', 'closed')) AS orders";
    let allowed = [
        ("numero", "c.number"),
        ("titulaire", "h.name"),
        ("lot", "l.number"),
        ("debut", "c.starts_on"),
        ("fin", "c.last_order_on"),
        ("maximum", "c.ceiling_cents"),
        ("engage", "c.committed_cents"),
    ];
    paged(on, "c.id", (columns, &from), &slice.order_by(&allowed, "c.id"), slice, values).await
}

/// An index value behind a price schedule.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct IndexRow {
    pub schedule_id: i64,
    pub name: String,
    pub month: NaiveDate,
    pub value_e4: i64,
    pub source: String,
}

/// The index values of every revision of `contract`.
pub async fn index_rows(
    on: &impl Access,
    contract: ContractId,
) -> Result<Vec<IndexRow>, StoreError> {
    let text = "SELECT i.schedule_id, i.name, i.month, i.value_e4, i.source FROM index_value i \
                JOIN price_schedule s ON s.id = i.schedule_id WHERE s.contract_id = $1 \
                ORDER BY i.schedule_id, i.name";
    IndexRow::find_by_statement(sql(on.connection(), text, [contract.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading index values"))
}

/// An invoice under a contract.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct ContractInvoice {
    pub id: i64,
    pub number: String,
    pub credit: bool,
    pub issue_date: NaiveDate,
    pub state: String,
    pub order_number: Option<String>,
    pub net_cents: i64,
    pub gross_cents: i64,
    pub due_on: Option<NaiveDate>,
}

/// The latest invoices on orders of `contract`, and how many there are.
pub async fn contract_invoices(
    on: &impl Access,
    contract: ContractId,
    slice: &Slice,
) -> Result<(Vec<ContractInvoice>, u64), StoreError> {
    let from = "FROM invoice i JOIN purchase_order p ON p.id = i.order_id WHERE p.contract_id = $1";
    let columns = "i.id, i.number, i.credit, i.issue_date, i.state, p.number AS order_number, i.net_cents, \
                   i.gross_cents, i.due_on";
    let order = " ORDER BY i.issue_date DESC, i.id DESC";
    paged(on, "i.id", (columns, from), order, slice, vec![contract.0.into()]).await
}
