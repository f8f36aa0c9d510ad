//! The inbox of the CdG62's finance staff, and what is to be paid until when.

use chrono::NaiveDate;
use domain::ids::InvoiceId;
use domain::invoices::state::InvoiceState;
use domain::money::{Cents, Gross};
use sea_orm::{FromQueryResult, Value};

use super::super::group::coded;
use super::super::paged::paged;
use super::super::{Access, Slice, StoreError, sql};

/// One line of the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    pub id: InvoiceId,
    pub number: String,
    pub credit: bool,
    pub supplier: String,
    /// Who is to pay it; `None` where a rejected file belongs to no order.
    pub buyer: Option<String>,
    pub order_number: Option<String>,
    pub issued_on: NaiveDate,
    pub received_on: NaiveDate,
    pub gross: Gross,
    pub payable: Cents,
    pub state: InvoiceState,
    pub due_on: Option<NaiveDate>,
    pub paid_on: Option<NaiveDate>,
    pub blocking: i64,
    pub warnings: i64,
    /// What the checks said first, blocking findings before the others.
    pub first_finding: Option<String>,
}

/// Which invoices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InboxFilter {
    pub state: Option<InvoiceState>,
    /// Credit notes only, or invoices only.
    pub credit: Option<bool>,
    /// By the year of the invoice's date.
    pub year: Option<i32>,
    /// Neither paid nor rejected, and no credit note.
    pub unpaid: bool,
    /// Invoices that were paid after their due date.
    pub paid_late: bool,
    /// Those that wait for the supplier and have no due date meanwhile.
    pub suspended: bool,
    /// Due on this day or later.
    pub due_from: Option<NaiveDate>,
    /// Due on this day or before.
    pub due_to: Option<NaiveDate>,
    /// Paid by the coordinator (model C), or by the members themselves.
    pub by_coordinator: Option<bool>,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    number: String,
    credit: bool,
    supplier: String,
    buyer: Option<String>,
    order_number: Option<String>,
    issue_date: NaiveDate,
    received_on: NaiveDate,
    gross_cents: i64,
    payable_cents: i64,
    state: String,
    due_on: Option<NaiveDate>,
    paid_on: Option<NaiveDate>,
    blocking: i64,
    warnings: i64,
    first_finding: Option<String>,
}

const COLUMNS: &str = "i.id, i.number, i.credit, s.name AS supplier, b.name AS buyer, \
     COALESCE(o.number, i.order_reference) AS order_number, i.issue_date, i.received_on, \
     i.gross_cents, i.payable_cents, i.state, i.due_on, i.paid_on, \
     (SELECT COUNT(*) FROM invoice_finding f WHERE f.invoice_id = i.id \
      AND f.severity = 'blocking') AS blocking, \
     (SELECT COUNT(*) FROM invoice_finding f WHERE f.invoice_id = i.id \
      AND f.severity = 'warning') AS warnings, \
     (SELECT f.message FROM invoice_finding f WHERE f.invoice_id = i.id \
      ORDER BY f.severity, f.id LIMIT 1) AS first_finding";
const FROM: &str = " FROM invoice i JOIN organisation s ON s.id = i.supplier_id \
     LEFT JOIN organisation b ON b.id = i.buyer_id \
     LEFT JOIN purchase_order o ON o.id = i.order_id";

/// Columns that a reader may sort by: the key of the address and the SQL.
const SORTS: [(&str, &str); 8] = [
    ("recue", "i.received_on"),
    ("fournisseur", "s.name"),
    ("numero", "i.number"),
    ("date", "i.issue_date"),
    ("montant", "i.gross_cents"),
    ("etat", "i.state"),
    ("echeance", "i.due_on"),
    ("payeur", "b.name"),
];

impl InboxFilter {
    /// The condition, its values after those already given.
    fn condition(&self, slice: &Slice, values: &mut Vec<Value>) -> String {
        let mut parts = vec!["1 = 1".to_owned()];
        let mut with = |text: &str, value: Value| {
            values.push(value);
            parts.push(text.replace('#', &format!("${}", values.len())));
        };
        if !slice.search.trim().is_empty() {
            with(
                "(LOWER(i.number) LIKE # ESCAPE '\\' OR LOWER(s.name) LIKE # ESCAPE '\\' \
                 OR LOWER(COALESCE(o.number, i.order_reference, '')) LIKE # ESCAPE '\\' \
                 OR LOWER(COALESCE(b.name, '')) LIKE # ESCAPE '\\')",
                slice.pattern().into(),
            );
        }
        if let Some(state) = self.state {
            with("i.state = #", state.code().into());
        }
        if let Some(credit) = self.credit {
            with("i.credit = #", credit.into());
        }
        let first = |year| NaiveDate::from_ymd_opt(year, 1, 1);
        if let Some(year) = self.year
            && let (Some(from), Some(to)) = (first(year), first(year + 1))
        {
            with("i.issue_date >= #", from.into());
            with("i.issue_date < #", to.into());
        }
        if let Some(day) = self.due_from {
            with("i.due_on >= #", day.into());
        }
        if let Some(day) = self.due_to {
            with("i.due_on <= #", day.into());
        }
        if self.unpaid || self.paid_late {
            with("i.credit = #", false.into());
        }
        if self.unpaid {
            parts.push("i.state NOT IN ('paid', 'rejected')".into());
        }
        if self.paid_late {
            parts.push("i.state = 'paid' AND i.paid_on > i.due_on".into());
        }
        if self.suspended {
            parts.push("i.state = 'suspended'".into());
        }
        match self.by_coordinator {
            Some(true) => parts.push("b.kind = 'coordinator'".into()),
            Some(false) => parts.push("b.kind <> 'coordinator'".into()),
            None => {}
        }
        format!(" WHERE {}", parts.join(" AND "))
    }
}

/// One page of the inbox, and how many there are in all.
pub async fn inbox(
    on: &impl Access,
    filter: &InboxFilter,
    slice: &Slice,
) -> Result<(Vec<Arrived>, u64), StoreError> {
    let mut values = Vec::new();
    let from = format!("{FROM}{}", filter.condition(slice, &mut values));
    let order = slice.order_by(&SORTS, "i.id DESC");
    let (rows, total) = paged::<Row>(on, "i.id", (COLUMNS, &from), &order, slice, values).await?;
    Ok((rows.into_iter().map(arrived).collect::<Result<_, _>>()?, total))
}

fn arrived(row: Row) -> Result<Arrived, StoreError> {
    let state = InvoiceState::from_code(&row.state);
    Ok(Arrived {
        id: InvoiceId(row.id),
        state: coded(state, ("invoice", row.id, "state"), &row.state)?,
        number: row.number,
        credit: row.credit,
        supplier: row.supplier,
        buyer: row.buyer,
        order_number: row.order_number,
        issued_on: row.issue_date,
        received_on: row.received_on,
        gross: Gross::from_cents(row.gross_cents),
        payable: Cents(row.payable_cents),
        due_on: row.due_on,
        paid_on: row.paid_on,
        blocking: row.blocking,
        warnings: row.warnings,
        first_finding: row.first_finding,
    })
}

/// What waits at the finance desk, in one row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromQueryResult)]
pub struct DeskCounts {
    pub to_share: i64,
    pub to_validate: i64,
    pub in_dispute: i64,
    /// Of the coordinator, unpaid, due within the week.
    pub due_soon: i64,
    /// When the first of them is due.
    pub soonest: Option<NaiveDate>,
    /// Of the coordinator, unpaid, due before today.
    pub late: i64,
    /// Since when the oldest of them is.
    pub late_since: Option<NaiveDate>,
}

/// What validated invoices still wait for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromQueryResult)]
pub struct AfterValidation {
    /// Statements that have a number and no paper yet.
    pub statements: i64,
    /// Recharges that no export has taken.
    pub recharges: i64,
}

/// Counts what waits on `today`; what falls due counts until `soon`.
pub async fn desk_counts(
    on: &impl Access,
    today: NaiveDate,
    soon: NaiveDate,
) -> Result<DeskCounts, StoreError> {
    let on = on.connection();
    let ours = "i.credit = $3 AND i.state NOT IN ('paid', 'rejected') AND b.kind = 'coordinator'";
    let soon_due = format!("{ours} AND i.due_on >= $1 AND i.due_on <= $2");
    let late = format!("{ours} AND i.due_on < $1");
    let text = format!(
        "SELECT COUNT(*) FILTER (WHERE i.state = 'matched') AS to_share, \
         COUNT(*) FILTER (WHERE i.state = 'allocated') AS to_validate, \
         COUNT(*) FILTER (WHERE i.state = 'disputed') AS in_dispute, \
         COUNT(*) FILTER (WHERE {soon_due}) AS due_soon, \
         MIN(i.due_on) FILTER (WHERE {soon_due}) AS soonest, \
         COUNT(*) FILTER (WHERE {late}) AS late, \
         MIN(i.due_on) FILTER (WHERE {late}) AS late_since \
         FROM invoice i LEFT JOIN organisation b ON b.id = i.buyer_id"
    );
    let found =
        DeskCounts::find_by_statement(sql(on, &text, [today.into(), soon.into(), false.into()]))
            .one(on)
            .await
            .map_err(StoreError::during("counting what waits at the finance desk"))?;
    Ok(found.unwrap_or_default())
}

/// Counts what validated invoices still wait for.
pub async fn after_validation(on: &impl Access) -> Result<AfterValidation, StoreError> {
    let text = "SELECT \
         (SELECT COUNT(*) FROM allocation_member m WHERE m.statement_number IS NOT NULL \
          AND NOT EXISTS (SELECT 1 FROM paper p WHERE p.kind = 'allocation_statement' \
          AND p.number = m.statement_number)) AS statements, \
         (SELECT COUNT(*) FROM recharge r WHERE r.state = 'prepared') AS recharges";
    let found = AfterValidation::find_by_statement(sql(on.connection(), text, []))
        .one(on.connection())
        .await
        .map_err(StoreError::during("counting statements and recharges to be made"))?;
    Ok(found.unwrap_or_default())
}
