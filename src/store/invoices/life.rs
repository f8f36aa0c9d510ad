//! Invoices where they stand, and their steps.

use chrono::NaiveDate;
use domain::ids::{InvoiceId, OrderId, OrderLineId, OrganisationId};
use domain::invoices::einvoice::{InvoiceKind, Totals};
use domain::invoices::state::InvoiceState;
use domain::money::{Cents, Gross, Net, Vat};
use entities::{invoice, invoice_finding, invoice_line, invoice_suspension};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::super::group::coded;
use super::super::{Access, StoreError, Tx, Viewer};
use super::intake::{Finding, Severity};

/// An invoice with its printed totals and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredInvoice {
    pub id: InvoiceId,
    pub number: String,
    pub kind: InvoiceKind,
    pub issued_on: NaiveDate,
    pub received_on: NaiveDate,
    pub state: InvoiceState,
    pub version: i64,
    pub supplier: OrganisationId,
    pub buyer: Option<OrganisationId>,
    pub order: Option<OrderId>,
    /// BT-13, as printed.
    pub order_reference: Option<String>,
    /// The invoice that a credit note corrects.
    pub corrects: Option<InvoiceId>,
    pub totals: Totals,
    /// `ubl` or `cii`.
    pub syntax: String,
    pub due_on: Option<NaiveDate>,
    pub paid_on: Option<NaiveDate>,
    pub file_key: String,
    pub sha256: String,
    /// Who last checked or shared it.
    pub checked_by: Option<String>,
    pub validated_by: Option<String>,
}

/// A page of a list, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    pub number: u64,
    pub size: u64,
}

/// When the payment clock stood still; it does so once (art. R2192-27 CCP).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspension {
    pub from: NaiveDate,
    pub to: Option<NaiveDate>,
    pub reason: String,
}

/// Every query that shows invoices starts here. A member sees those it is to pay itself.
fn visible(viewer: Viewer) -> Select<invoice::Entity> {
    match viewer {
        Viewer::Coordinator => invoice::Entity::find(),
        Viewer::Member(member) => {
            invoice::Entity::find().filter(invoice::COLUMN.buyer_id.eq(member.0))
        }
    }
}

fn stored(row: invoice::Model) -> Result<StoredInvoice, StoreError> {
    let at = |column| ("invoice", row.id, column);
    let kind = u16::try_from(row.kind_code).ok().map(InvoiceKind::from_code);
    Ok(StoredInvoice {
        id: InvoiceId(row.id),
        kind: coded(kind, at("kind_code"), &row.kind_code.to_string())?,
        issued_on: row.issue_date,
        received_on: row.received_on,
        state: coded(InvoiceState::from_code(&row.state), at("state"), &row.state)?,
        version: row.version,
        supplier: OrganisationId(row.supplier_id),
        buyer: row.buyer_id.map(OrganisationId),
        order: row.order_id.map(OrderId),
        order_reference: row.order_reference,
        corrects: row.corrects_id.map(InvoiceId),
        totals: Totals {
            lines: Net::from_cents(row.lines_cents),
            allowances: Net::from_cents(row.allowances_cents),
            charges: Net::from_cents(row.charges_cents),
            net: Net::from_cents(row.net_cents),
            vat: Vat::from_cents(row.vat_cents),
            gross: Gross::from_cents(row.gross_cents),
            prepaid: Cents(row.prepaid_cents),
            rounding: Cents(row.rounding_cents),
            payable: Cents(row.payable_cents),
        },
        syntax: row.syntax,
        due_on: row.due_on,
        paid_on: row.paid_on,
        file_key: row.file_key,
        sha256: row.sha256,
        checked_by: row.checked_by,
        validated_by: row.validated_by,
        number: row.number,
    })
}

/// One invoice; `None` where it is not, or not the viewer's.
pub async fn invoice(
    on: &impl Access,
    viewer: Viewer,
    id: InvoiceId,
) -> Result<Option<StoredInvoice>, StoreError> {
    visible(viewer)
        .filter(invoice::COLUMN.id.eq(id.0))
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading an invoice"))?
        .map(stored)
        .transpose()
}

/// The number of an invoice that another row names.
pub async fn invoice_number(on: &impl Access, id: InvoiceId) -> Result<String, StoreError> {
    invoice::Entity::find_by_id(id.0)
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading the number of an invoice"))?
        .map(|row| row.number)
        .ok_or(StoreError::NotFound { what: "invoice", id: id.to_string() })
}

/// The invoices in `state` (all when `None`), the last received first.
pub async fn invoices(
    on: &impl Access,
    viewer: Viewer,
    state: Option<InvoiceState>,
    page: Page,
) -> Result<Vec<StoredInvoice>, StoreError> {
    let mut find = visible(viewer);
    if let Some(state) = state {
        find = find.filter(invoice::COLUMN.state.eq(state.code()));
    }
    find.order_by_desc(invoice::COLUMN.id)
        .offset(page.number.saturating_sub(1).saturating_mul(page.size))
        .limit(page.size)
        .all(on.connection())
        .await
        .map_err(StoreError::during("listing invoices"))?
        .into_iter()
        .map(stored)
        .collect()
}

/// The credit notes that correct `invoice`, those rejected left out, the oldest first.
pub async fn credits_of(
    on: &impl Access,
    invoice: InvoiceId,
) -> Result<Vec<StoredInvoice>, StoreError> {
    invoice::Entity::find()
        .filter(invoice::COLUMN.corrects_id.eq(invoice.0))
        .filter(invoice::COLUMN.state.ne(InvoiceState::Rejected.code()))
        .order_by_asc(invoice::COLUMN.id)
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the credit notes of an invoice"))?
        .into_iter()
        .map(stored)
        .collect()
}

/// Moves an invoice from the state it was read in, unless somebody else moved it since.
/// `to` carries its new state, dates and names; the printed figures never move.
pub async fn move_invoice(
    tx: &Tx,
    from: &StoredInvoice,
    to: &StoredInvoice,
) -> Result<(), StoreError> {
    let moved = invoice::Entity::update_many()
        .col_expr(invoice::Column::State, Expr::value(to.state.code()))
        .col_expr(invoice::Column::Version, Expr::col(invoice::Column::Version).add(1))
        .col_expr(invoice::Column::DueOn, Expr::value(to.due_on))
        .col_expr(invoice::Column::PaidOn, Expr::value(to.paid_on))
        .col_expr(invoice::Column::CheckedBy, Expr::value(to.checked_by.clone()))
        .col_expr(invoice::Column::ValidatedBy, Expr::value(to.validated_by.clone()))
        .filter(invoice::COLUMN.id.eq(from.id.0))
        .filter(invoice::COLUMN.state.eq(from.state.code()))
        .filter(invoice::COLUMN.version.eq(from.version))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("moving an invoice"))?;
    if moved.rows_affected == 1 {
        Ok(())
    } else {
        Err(StoreError::Overtaken { what: "invoice", id: from.id.0 })
    }
}

/// What the last check said, blocking findings first.
pub async fn findings(on: &impl Access, invoice: InvoiceId) -> Result<Vec<Finding>, StoreError> {
    let rows = invoice_finding::Entity::find()
        .filter(invoice_finding::COLUMN.invoice_id.eq(invoice.0))
        .order_by_asc(invoice_finding::COLUMN.severity)
        .order_by_asc(invoice_finding::COLUMN.id)
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the findings of an invoice"))?;
    rows.into_iter()
        .map(|row| {
            let at = ("invoice_finding", row.id, "severity");
            let severity = coded(Severity::from_code(&row.severity), at, &row.severity)?;
            Ok(Finding { code: row.code, severity, message: row.message })
        })
        .collect()
}

/// Where a line of an invoice belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineLink {
    /// BT-126.
    pub id: String,
    pub order_line: Option<OrderLineId>,
    pub freight: bool,
}

/// Where the lines of an invoice belong, in their order.
pub async fn line_links(on: &impl Access, invoice: InvoiceId) -> Result<Vec<LineLink>, StoreError> {
    let rows = invoice_line::Entity::find()
        .filter(invoice_line::COLUMN.invoice_id.eq(invoice.0))
        .order_by_asc(invoice_line::COLUMN.position)
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the lines of an invoice"))?;
    let links = rows.into_iter().map(|row| LineLink {
        id: row.line_ref,
        order_line: row.order_line_id.map(OrderLineId),
        freight: row.freight,
    });
    Ok(links.collect())
}

/// The suspension of an invoice, if there was one.
pub async fn suspension(
    on: &impl Access,
    invoice: InvoiceId,
) -> Result<Option<Suspension>, StoreError> {
    let row = invoice_suspension::Entity::find()
        .filter(invoice_suspension::COLUMN.invoice_id.eq(invoice.0))
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading a suspension"))?;
    Ok(row.map(|row| Suspension { from: row.suspended_on, to: row.resumed_on, reason: row.reason }))
}

/// Stops the payment clock.
pub async fn add_suspension(
    tx: &Tx,
    invoice: InvoiceId,
    from: NaiveDate,
    reason: &str,
) -> Result<(), StoreError> {
    invoice_suspension::ActiveModel {
        id: NotSet,
        invoice_id: Set(invoice.0),
        suspended_on: Set(from),
        resumed_on: Set(None),
        reason: Set(reason.to_owned()),
    }
    .insert(tx.connection())
    .await
    .map_err(StoreError::during("suspending an invoice"))?;
    Ok(())
}

/// Starts the payment clock again.
pub async fn resume_suspension(
    tx: &Tx,
    invoice: InvoiceId,
    on: NaiveDate,
) -> Result<(), StoreError> {
    invoice_suspension::Entity::update_many()
        .col_expr(invoice_suspension::Column::ResumedOn, Expr::value(on))
        .filter(invoice_suspension::COLUMN.invoice_id.eq(invoice.0))
        .filter(invoice_suspension::COLUMN.resumed_on.is_null())
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("resuming an invoice"))?;
    Ok(())
}
