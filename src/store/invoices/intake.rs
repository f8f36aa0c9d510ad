//! An invoice as it comes in: what its file printed, and what was found.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use domain::ids::{InvoiceId, OrderId, OrderLineId, OrganisationId};
use domain::invoices::einvoice::{DocumentAmount, EInvoice};
use domain::invoices::state::InvoiceState;
use domain::price::INVOICE_DECIMALS;
use entities::{invoice, invoice_amount, invoice_finding, invoice_line, invoice_tax, organisation};
use rust_decimal::Decimal;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::super::group::coded;
use super::super::platform::insert_all;
use super::super::{Access, StoreError, Tx};

/// Whether a finding stops the invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Blocking,
    Warning,
}

impl Severity {
    pub fn code(self) -> &'static str {
        match self {
            Self::Blocking => "blocking",
            Self::Warning => "warning",
        }
    }

    pub(super) fn from_code(code: &str) -> Option<Self> {
        [Self::Blocking, Self::Warning].into_iter().find(|severity| severity.code() == code)
    }
}

/// What a check said of an invoice, in French: what, where, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A code of the interfaces: `prix_different_de_la_commande`.
    pub code: String,
    pub severity: Severity,
    pub message: String,
}

/// A read invoice and where it belongs.
#[derive(Debug)]
pub struct NewInvoice<'a> {
    pub invoice: &'a EInvoice,
    /// `ubl` or `cii`.
    pub syntax: &'static str,
    pub supplier: OrganisationId,
    pub buyer: Option<OrganisationId>,
    pub order: Option<OrderId>,
    /// The invoice that a credit note corrects.
    pub corrects: Option<InvoiceId>,
    /// The order's line of each line, where it has one.
    pub order_lines: Vec<Option<OrderLineId>>,
    /// BT-126 of the lines that are freight.
    pub freight_lines: &'a BTreeSet<String>,
    pub received_on: NaiveDate,
    pub due_on: Option<NaiveDate>,
    pub state: InvoiceState,
    pub file_key: String,
    pub sha256: String,
    pub checked_by: String,
}

/// Makes every other intake of this supplier wait until this transaction ends: numbers and
/// invoiced quantities are read, judged and written as one.
pub async fn lock_supplier(tx: &Tx, supplier: OrganisationId) -> Result<(), StoreError> {
    organisation::Entity::find_by_id(supplier.0)
        .lock_exclusive()
        .one(tx.connection())
        .await
        .map_err(StoreError::during("locking a supplier"))?
        .map(|_| ())
        .ok_or(StoreError::NotFound { what: "organisation", id: supplier.to_string() })
}

/// The supplier's invoice that already has this number, unless it was rejected.
pub async fn earlier(
    on: &impl Access,
    supplier: OrganisationId,
    number: &str,
) -> Result<Option<(InvoiceId, InvoiceState)>, StoreError> {
    let found = invoice::Entity::find()
        .filter(invoice::COLUMN.supplier_id.eq(supplier.0))
        .filter(invoice::COLUMN.number.eq(number))
        .filter(invoice::COLUMN.state.ne(InvoiceState::Rejected.code()))
        .order_by_desc(invoice::COLUMN.id)
        .one(on.connection())
        .await
        .map_err(StoreError::during("finding an invoice by its number"))?;
    let Some(row) = found else { return Ok(None) };
    let state = InvoiceState::from_code(&row.state);
    Ok(Some((InvoiceId(row.id), coded(state, ("invoice", row.id, "state"), &row.state)?)))
}

/// Writes an invoice with its lines, amounts and taxes.
pub async fn add(tx: &Tx, new: &NewInvoice<'_>) -> Result<InvoiceId, StoreError> {
    let doing = "adding an invoice";
    let printed = new.invoice;
    let totals = &printed.totals;
    let row = invoice::ActiveModel {
        id: NotSet,
        supplier_id: Set(new.supplier.0),
        buyer_id: Set(new.buyer.map(|id| id.0)),
        order_id: Set(new.order.map(|id| id.0)),
        corrects_id: Set(new.corrects.map(|id| id.0)),
        number: Set(printed.number.clone()),
        kind_code: Set(printed.kind.code().into()),
        credit: Set(printed.kind.is_credit()),
        issue_date: Set(printed.issue_date),
        received_on: Set(new.received_on),
        state: Set(new.state.code().to_owned()),
        version: Set(0),
        syntax: Set(new.syntax.to_owned()),
        buyer_reference: Set(printed.buyer_reference.clone()),
        contract_reference: Set(printed.contract_reference.clone()),
        order_reference: Set(printed.order_reference.clone()),
        lines_cents: Set(totals.lines.cents()),
        allowances_cents: Set(totals.allowances.cents()),
        charges_cents: Set(totals.charges.cents()),
        net_cents: Set(totals.net.cents()),
        vat_cents: Set(totals.vat.cents()),
        gross_cents: Set(totals.gross.cents()),
        prepaid_cents: Set(totals.prepaid.0),
        rounding_cents: Set(totals.rounding.0),
        payable_cents: Set(totals.payable.0),
        due_on: Set(new.due_on),
        paid_on: Set(None),
        file_key: Set(new.file_key.clone()),
        sha256: Set(new.sha256.clone()),
        checked_by: Set(Some(new.checked_by.clone())),
        validated_by: Set(None),
    }
    .insert(tx.connection())
    .await
    .map_err(StoreError::during(doing))?;
    add_lines(tx, new, row.id).await?;
    let amounts = [("allowance", &printed.allowances), ("charge", &printed.charges)];
    let amounts = amounts.into_iter().flat_map(|(kind, amounts)| {
        amounts.iter().zip(0..).map(move |(amount, at)| amount_row(row.id, kind, at, amount))
    });
    insert_all::<invoice_amount::Entity, _>(tx, amounts.collect(), 9, doing).await?;
    let taxes = printed.vat.iter().zip(0..).map(|(tax, position)| invoice_tax::ActiveModel {
        id: NotSet,
        invoice_id: Set(row.id),
        position: Set(position),
        category: Set(tax.category.code().to_owned()),
        rate_bp: Set(tax.rate.basis_points()),
        base_cents: Set(tax.base.cents()),
        tax_cents: Set(tax.tax.cents()),
        exemption: Set(tax.exemption.clone()),
    });
    insert_all::<invoice_tax::Entity, _>(tx, taxes.collect(), 8, doing).await?;
    Ok(InvoiceId(row.id))
}

async fn add_lines(tx: &Tx, new: &NewInvoice<'_>, invoice_id: i64) -> Result<(), StoreError> {
    let order_lines = new.order_lines.iter().copied().chain(std::iter::repeat(None));
    let lines = new.invoice.lines.iter().zip(order_lines).zip(0..);
    let rows = lines.map(|((line, order_line), position)| {
        Ok(invoice_line::ActiveModel {
            id: NotSet,
            invoice_id: Set(invoice_id),
            position: Set(position),
            line_ref: Set(line.id.clone()),
            order_line_id: Set(order_line.map(|id| id.0)),
            article_ref: Set(line.reference.clone()),
            label: Set(line.label.clone()),
            quantity: Set(line.quantity.to_string()),
            unit: Set(line.unit.clone()),
            price_e10: Set(ten_decimals(line.unit_price.decimal())?),
            base_quantity: Set(line.base_quantity.to_string()),
            net_cents: Set(line.net.cents()),
            category: Set(line.category.code().to_owned()),
            rate_bp: Set(line.rate.basis_points()),
            freight: Set(new.freight_lines.contains(&line.id)),
        })
    });
    let rows = rows.collect::<Result<Vec<_>, StoreError>>()?;
    insert_all::<invoice_line::Entity, _>(tx, rows, 15, "adding the lines of an invoice").await
}

/// A price in ten-thousand-millionths of a euro.
fn ten_decimals(price: Decimal) -> Result<i64, StoreError> {
    let mut price = price;
    price.rescale(INVOICE_DECIMALS);
    i64::try_from(price.mantissa()).ok().filter(|_| price.scale() == INVOICE_DECIMALS).ok_or(
        StoreError::Refused(
            "Un prix unitaire de la facture est trop grand pour être enregistré. Rien n’a été \
             enregistré ; vérifiez la facture avec le fournisseur.",
        ),
    )
}

fn amount_row(
    invoice_id: i64,
    kind: &str,
    position: i64,
    amount: &DocumentAmount,
) -> invoice_amount::ActiveModel {
    invoice_amount::ActiveModel {
        id: NotSet,
        invoice_id: Set(invoice_id),
        kind: Set(kind.to_owned()),
        position: Set(position),
        amount_cents: Set(amount.amount.cents()),
        reason: Set(amount.reason.clone()),
        reason_code: Set(amount.reason_code.clone()),
        category: Set(amount.category.code().to_owned()),
        rate_bp: Set(amount.rate.basis_points()),
    }
}

/// Writes what the last check said, in place of what an earlier one did.
pub async fn replace_findings(
    tx: &Tx,
    invoice: InvoiceId,
    findings: &[Finding],
) -> Result<(), StoreError> {
    let doing = "writing the findings of an invoice";
    invoice_finding::Entity::delete_many()
        .filter(invoice_finding::COLUMN.invoice_id.eq(invoice.0))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let rows = findings.iter().map(|finding| invoice_finding::ActiveModel {
        id: NotSet,
        invoice_id: Set(invoice.0),
        code: Set(finding.code.clone()),
        severity: Set(finding.severity.code().to_owned()),
        message: Set(finding.message.clone()),
    });
    insert_all::<invoice_finding::Entity, _>(tx, rows.collect(), 5, doing).await
}
