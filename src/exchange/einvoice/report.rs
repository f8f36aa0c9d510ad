//! The report that scripts read: exactly the JSON of `interfaces.md`.

use domain::invoices::arithmetic::Syntax;
use domain::invoices::einvoice::{DocumentAmount, EInvoice, InvoiceLine, Party};
use rust_decimal::Decimal;
use serde::Serialize;

use super::{Reading, Reason, Refusal};

/// What `travee invoice check` says of a file.
#[derive(Debug, Serialize)]
pub struct Report<'a> {
    pub outcome: Outcome,
    syntax: Option<&'static str>,
    profile: Option<&'a str>,
    pub reasons: &'a [Reason],
    invoice: Option<InvoiceForm<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Accept,
    AcceptWithWarnings,
    Reject,
}

impl<'a> From<&'a Result<Reading, Box<Refusal>>> for Report<'a> {
    fn from(verdict: &'a Result<Reading, Box<Refusal>>) -> Self {
        match verdict {
            Ok(reading) => Self {
                outcome: if reading.warnings.is_empty() {
                    Outcome::Accept
                } else {
                    Outcome::AcceptWithWarnings
                },
                syntax: Some(name(reading.syntax)),
                profile: Some(&reading.profile),
                reasons: &reading.warnings,
                invoice: Some(InvoiceForm::from(&reading.invoice)),
            },
            Err(refusal) => Self {
                outcome: Outcome::Reject,
                syntax: refusal.syntax.map(name),
                profile: refusal.profile.as_deref(),
                reasons: &refusal.reasons,
                invoice: refusal.invoice.as_deref().map(InvoiceForm::from),
            },
        }
    }
}

fn name(syntax: Syntax) -> &'static str {
    match syntax {
        Syntax::Ubl => "ubl",
        Syntax::Cii => "cii",
    }
}

/// An invoice in JSON, as `travee invoice check` and `allocate` give it.
///
/// Amounts have two decimals, quantities and prices no trailing zeros. `base_quantity` is there
/// only where the price is for more than one unit.
#[derive(Debug, Serialize)]
pub struct InvoiceForm<'a> {
    number: &'a str,
    issue_date: String,
    #[serde(rename = "type")]
    kind: String,
    currency: &'a str,
    seller: PartyForm<'a>,
    buyer: PartyForm<'a>,
    buyer_reference: Option<&'a str>,
    contract_reference: Option<&'a str>,
    order_reference: Option<&'a str>,
    preceding: Vec<PrecedingForm<'a>>,
    lines: Vec<LineForm<'a>>,
    allowances: Vec<AmountForm<'a>>,
    charges: Vec<AmountForm<'a>>,
    vat: Vec<VatForm>,
    totals: TotalsForm,
}

#[derive(Debug, Serialize)]
struct PartyForm<'a> {
    name: &'a str,
    siret: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct PrecedingForm<'a> {
    number: &'a str,
    issue_date: Option<String>,
}

#[derive(Debug, Serialize)]
struct LineForm<'a> {
    id: &'a str,
    #[serde(rename = "ref")]
    reference: Option<&'a str>,
    label: &'a str,
    quantity: String,
    unit: &'a str,
    unit_price: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    base_quantity: Option<String>,
    net: String,
    vat_category: &'static str,
    vat_rate: String,
}

#[derive(Debug, Serialize)]
struct AmountForm<'a> {
    amount: String,
    reason: Option<&'a str>,
    vat_category: &'static str,
    vat_rate: String,
}

#[derive(Debug, Serialize)]
struct VatForm {
    category: &'static str,
    rate: String,
    base: String,
    tax: String,
}

#[derive(Debug, Serialize)]
struct TotalsForm {
    lines: String,
    allowances: String,
    charges: String,
    net: String,
    vat: String,
    gross: String,
    prepaid: String,
    rounding: String,
    payable: String,
}

fn plain(value: Decimal) -> String {
    if value.is_zero() { "0".to_owned() } else { value.normalize().to_string() }
}

impl<'a> From<&'a EInvoice> for InvoiceForm<'a> {
    fn from(invoice: &'a EInvoice) -> Self {
        let totals = &invoice.totals;
        Self {
            number: &invoice.number,
            issue_date: invoice.issue_date.to_string(),
            kind: invoice.kind.code().to_string(),
            currency: &invoice.currency,
            seller: PartyForm::from(&invoice.seller),
            buyer: PartyForm::from(&invoice.buyer),
            buyer_reference: invoice.buyer_reference.as_deref(),
            contract_reference: invoice.contract_reference.as_deref(),
            order_reference: invoice.order_reference.as_deref(),
            preceding: invoice
                .preceding
                .iter()
                .map(|one| PrecedingForm {
                    number: &one.number,
                    issue_date: one.issue_date.map(|day| day.to_string()),
                })
                .collect(),
            lines: invoice.lines.iter().map(LineForm::from).collect(),
            allowances: invoice.allowances.iter().map(AmountForm::from).collect(),
            charges: invoice.charges.iter().map(AmountForm::from).collect(),
            vat: invoice
                .vat
                .iter()
                .map(|one| VatForm {
                    category: one.category.code(),
                    rate: one.rate.machine(),
                    base: one.base.machine(),
                    tax: one.tax.machine(),
                })
                .collect(),
            totals: TotalsForm {
                lines: totals.lines.machine(),
                allowances: totals.allowances.machine(),
                charges: totals.charges.machine(),
                net: totals.net.machine(),
                vat: totals.vat.machine(),
                gross: totals.gross.machine(),
                prepaid: totals.prepaid.machine(),
                rounding: totals.rounding.machine(),
                payable: totals.payable.machine(),
            },
        }
    }
}

impl<'a> From<&'a Party> for PartyForm<'a> {
    fn from(party: &'a Party) -> Self {
        Self { name: &party.name, siret: party.siret.as_deref() }
    }
}

impl<'a> From<&'a InvoiceLine> for LineForm<'a> {
    fn from(line: &'a InvoiceLine) -> Self {
        Self {
            id: &line.id,
            reference: line.reference.as_deref(),
            label: &line.label,
            quantity: plain(line.quantity),
            unit: &line.unit,
            unit_price: line.unit_price.machine(),
            base_quantity: (line.base_quantity != Decimal::ONE).then(|| plain(line.base_quantity)),
            net: line.net.machine(),
            vat_category: line.category.code(),
            vat_rate: line.rate.machine(),
        }
    }
}

impl<'a> From<&'a DocumentAmount> for AmountForm<'a> {
    fn from(one: &'a DocumentAmount) -> Self {
        Self {
            amount: one.amount.machine(),
            reason: one.reason.as_deref(),
            vat_category: one.category.code(),
            vat_rate: one.rate.machine(),
        }
    }
}
