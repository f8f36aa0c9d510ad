//! An invoice as it was printed, read back from its rows: also one that was refused.

use domain::ids::{InvoiceId, OrderLineId};
use domain::money::{Net, Vat};
use domain::price::INVOICE_DECIMALS;
use domain::vat::VatRate;
use entities::{invoice_amount, invoice_line, invoice_tax};
use rust_decimal::Decimal;
use sea_orm::{EntityTrait, FromQueryResult, QueryFilter, QueryOrder};

use super::super::group::coded;
use super::super::{Access, StoreError, sql};

/// What the file printed, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedRows {
    pub lines: Vec<PrintedLine>,
    pub charges: Vec<PrintedAmount>,
    pub allowances: Vec<PrintedAmount>,
    pub taxes: Vec<PrintedTax>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedLine {
    /// BT-126.
    pub id: String,
    pub order_line: Option<OrderLineId>,
    pub reference: Option<String>,
    pub label: String,
    pub quantity: Decimal,
    pub unit: String,
    pub price: Decimal,
    /// How many units the price is for.
    pub base_quantity: Decimal,
    pub net: Net,
    pub rate: VatRate,
    pub freight: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedAmount {
    pub amount: Net,
    pub reason: Option<String>,
    pub rate: VatRate,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedTax {
    pub rate: VatRate,
    pub base: Net,
    pub tax: Vat,
    pub exemption: Option<String>,
}

/// The names around an invoice.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct InvoiceNames {
    pub supplier: String,
    pub buyer: Option<String>,
    pub order_number: Option<String>,
    pub contract_number: Option<String>,
    pub contract_title: Option<String>,
    /// The invoice that a credit note corrects.
    pub corrects: Option<String>,
    pub checked_by: Option<String>,
    pub validated_by: Option<String>,
}

/// What the file of an invoice printed.
pub async fn printed_rows(on: &impl Access, id: InvoiceId) -> Result<PrintedRows, StoreError> {
    let doing = "reading what an invoice printed";
    let on = on.connection();
    let lines = invoice_line::Entity::find()
        .filter(invoice_line::COLUMN.invoice_id.eq(id.0))
        .order_by_asc(invoice_line::COLUMN.position)
        .all(on)
        .await
        .map_err(StoreError::during(doing))?;
    let amounts = invoice_amount::Entity::find()
        .filter(invoice_amount::COLUMN.invoice_id.eq(id.0))
        .order_by_asc(invoice_amount::COLUMN.position)
        .all(on)
        .await
        .map_err(StoreError::during(doing))?;
    let taxes = invoice_tax::Entity::find()
        .filter(invoice_tax::COLUMN.invoice_id.eq(id.0))
        .order_by_asc(invoice_tax::COLUMN.position)
        .all(on)
        .await
        .map_err(StoreError::during(doing))?;
    let of_kind = |kind: &str| {
        amounts.iter().filter(|row| row.kind == kind).map(amount).collect::<Result<_, _>>()
    };
    Ok(PrintedRows {
        charges: of_kind("charge")?,
        allowances: of_kind("allowance")?,
        lines: lines.into_iter().map(line).collect::<Result<_, _>>()?,
        taxes: taxes.into_iter().map(tax).collect::<Result<_, _>>()?,
    })
}

fn rate(basis_points: i64, at: (&'static str, i64, &'static str)) -> Result<VatRate, StoreError> {
    coded(VatRate::from_basis_points(basis_points).ok(), at, &basis_points.to_string())
}

fn line(row: invoice_line::Model) -> Result<PrintedLine, StoreError> {
    let at = |column| ("invoice_line", row.id, column);
    Ok(PrintedLine {
        quantity: coded(row.quantity.parse().ok(), at("quantity"), &row.quantity)?,
        base_quantity: coded(
            row.base_quantity.parse().ok(),
            at("base_quantity"),
            &row.base_quantity,
        )?,
        rate: rate(row.rate_bp, at("rate_bp"))?,
        id: row.line_ref,
        order_line: row.order_line_id.map(OrderLineId),
        reference: row.article_ref,
        label: row.label,
        unit: row.unit,
        price: Decimal::new(row.price_e10, INVOICE_DECIMALS).normalize(),
        net: Net::from_cents(row.net_cents),
        freight: row.freight,
    })
}

fn amount(row: &invoice_amount::Model) -> Result<PrintedAmount, StoreError> {
    Ok(PrintedAmount {
        amount: Net::from_cents(row.amount_cents),
        reason: row.reason.clone(),
        rate: rate(row.rate_bp, ("invoice_amount", row.id, "rate_bp"))?,
    })
}

fn tax(row: invoice_tax::Model) -> Result<PrintedTax, StoreError> {
    Ok(PrintedTax {
        rate: rate(row.rate_bp, ("invoice_tax", row.id, "rate_bp"))?,
        base: Net::from_cents(row.base_cents),
        tax: Vat::from_cents(row.tax_cents),
        exemption: row.exemption,
    })
}

/// The names of everybody and everything an invoice cites.
pub async fn invoice_names(on: &impl Access, id: InvoiceId) -> Result<InvoiceNames, StoreError> {
    let on = on.connection();
    InvoiceNames::find_by_statement(sql(
        on,
        "SELECT s.name AS supplier, b.name AS buyer, o.number AS order_number, \
         c.number AS contract_number, c.title AS contract_title, x.number AS corrects, \
         COALESCE(pc.name, i.checked_by) AS checked_by, \
         COALESCE(pv.name, i.validated_by) AS validated_by \
         FROM invoice i JOIN organisation s ON s.id = i.supplier_id \
         LEFT JOIN organisation b ON b.id = i.buyer_id \
         LEFT JOIN purchase_order o ON o.id = i.order_id \
         LEFT JOIN contract c ON c.id = o.contract_id LEFT JOIN invoice x ON x.id = i.corrects_id \
         LEFT JOIN person pc ON pc.email = i.checked_by \
         LEFT JOIN person pv ON pv.email = i.validated_by WHERE i.id = $1",
        [id.0.into()],
    ))
    .one(on)
    .await
    .map_err(StoreError::during("reading the names around an invoice"))?
    .ok_or(StoreError::NotFound { what: "invoice", id: id.to_string() })
}

/// The invoice, be it a rejected one, whose file has this hash: the first received.
pub async fn invoice_of_file(
    on: &impl Access,
    sha256: &str,
) -> Result<Option<(InvoiceId, String)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        number: String,
    }
    let on = on.connection();
    let found = Row::find_by_statement(sql(
        on,
        "SELECT id, number FROM invoice WHERE sha256 = $1 \
         ORDER BY CASE WHEN state = 'rejected' THEN 1 ELSE 0 END, id LIMIT 1",
        [sha256.into()],
    ))
    .one(on)
    .await
    .map_err(StoreError::during("finding an invoice by its file"))?;
    Ok(found.map(|row| (InvoiceId(row.id), row.number)))
}

/// One step in the life of an invoice, as the journal tells it.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct LifeStep {
    pub at: chrono::DateTime<chrono::Utc>,
    pub actor: String,
    pub action: String,
    pub details: String,
}

/// What was done to an invoice, the oldest first.
pub async fn invoice_life(on: &impl Access, id: InvoiceId) -> Result<Vec<LifeStep>, StoreError> {
    let on = on.connection();
    LifeStep::find_by_statement(sql(
        on,
        "SELECT j.at, COALESCE(p.name, j.actor) AS actor, j.action, j.details FROM journal j \
         LEFT JOIN person p ON p.email = j.actor \
         WHERE j.subject = 'invoice' AND j.subject_id = $1 ORDER BY j.id",
        [id.0.into()],
    ))
    .all(on)
    .await
    .map_err(StoreError::during("reading the life of an invoice"))
}
