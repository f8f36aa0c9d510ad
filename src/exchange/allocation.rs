//! An allocation in JSON, exactly as `travee invoice allocate --json` gives it.
//!
//! `proof.sha256` is over the canonical JSON of the report without it; the code of a
//! statement over that of `{invoice, member}`.

use domain::invoices::allocation::{Allocation, KeyedShare, MemberShare, Proof};
use domain::invoices::einvoice::EInvoice;
use rust_decimal::Decimal;
use serde::Serialize;

use super::canonical::{CanonicalError, canonical, sha256};
use super::einvoice::InvoiceForm;

/// The whole report.
#[derive(Debug, Serialize)]
pub struct AllocationForm<'a> {
    invoice: InvoiceForm<'a>,
    members: Vec<MemberForm<'a>>,
    proof: ProofForm<'a>,
}

#[derive(Debug, Serialize)]
struct MemberForm<'a> {
    siret: &'a str,
    name: &'a str,
    lines: Vec<LineForm<'a>>,
    charges: Vec<KeyedForm>,
    allowances: Vec<KeyedForm>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    base_differences: Vec<DifferenceForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    net_difference: Option<String>,
    vat: Vec<VatForm>,
    net: String,
    vat_total: String,
    gross: String,
    prepaid: String,
    rounding: String,
    payable: String,
}

#[derive(Debug, Serialize)]
struct LineForm<'a> {
    line: &'a str,
    /// `"0"` of a freight line, of which nobody accepts anything.
    quantity: String,
    net: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    freight: bool,
}

#[derive(Debug, Serialize)]
struct KeyedForm {
    index: usize,
    net: String,
}

#[derive(Debug, Serialize)]
struct DifferenceForm {
    category: &'static str,
    rate: String,
    net: String,
}

#[derive(Debug, Serialize)]
struct VatForm {
    category: &'static str,
    rate: String,
    base: String,
    tax: String,
}

#[derive(Debug, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the form of the report")]
struct ProofForm<'a> {
    lines_exact: bool,
    charges_exact: bool,
    vat_exact: bool,
    gross_exact: bool,
    largest_gap_cents: String,
    /// Lines whose accepted quantities do not sum to the invoiced one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    quantity_differences: Vec<QuantityForm<'a>>,
    /// Printed bases that are not the sum of their rows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    base_differences: Vec<BaseForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

#[derive(Debug, Serialize)]
struct QuantityForm<'a> {
    line: &'a str,
    invoiced: String,
    accepted: String,
}

#[derive(Debug, Serialize)]
struct BaseForm {
    category: &'static str,
    rate: String,
    printed: String,
    computed: String,
}

impl<'a> AllocationForm<'a> {
    /// The report, with its fingerprint.
    pub fn of(invoice: &'a EInvoice, allocation: &'a Allocation) -> Result<Self, CanonicalError> {
        let mut form = Self {
            invoice: InvoiceForm::from(invoice),
            members: (allocation.members.iter())
                .map(|member| MemberForm::of(invoice, allocation, member))
                .collect(),
            proof: ProofForm::of(invoice, &allocation.proof),
        };
        form.proof.sha256 = Some(sha256(&canonical(&form)?));
        Ok(form)
    }

    /// The fingerprint of the report.
    pub fn sha256(&self) -> &str {
        self.proof.sha256.as_deref().unwrap_or_default()
    }
}

/// Makes the code of each member's statement of one invoice.
pub struct Codes<'a> {
    invoice: &'a EInvoice,
    allocation: &'a Allocation,
    canonical_invoice: String,
}

impl<'a> Codes<'a> {
    pub fn of(invoice: &'a EInvoice, allocation: &'a Allocation) -> Result<Self, CanonicalError> {
        let canonical_invoice = canonical(&InvoiceForm::from(invoice))?;
        Ok(Self { invoice, allocation, canonical_invoice })
    }

    /// The SHA-256 of the canonical JSON of `{invoice, member}`.
    pub fn code(&self, member: &MemberShare) -> Result<String, CanonicalError> {
        let member = canonical(&MemberForm::of(self.invoice, self.allocation, member))?;
        let invoice = &self.canonical_invoice;
        Ok(sha256(&format!("{{\"invoice\":{invoice},\"member\":{member}}}")))
    }
}

impl<'a> MemberForm<'a> {
    fn of(invoice: &'a EInvoice, allocation: &Allocation, member: &'a MemberShare) -> Self {
        let goods = member.lines.iter().map(|line| {
            let (quantity, net) = (line.quantity.machine(), line.net.amount.machine());
            let id = invoice.lines[line.index].id.as_str();
            (line.index, LineForm { line: id, quantity, net, freight: false })
        });
        let freight = member.freight_lines.iter().map(|line| {
            let (quantity, net) = ("0".to_owned(), line.net.amount.machine());
            let id = invoice.lines[line.index].id.as_str();
            (line.index, LineForm { line: id, quantity, net, freight: true })
        });
        let mut lines: Vec<(usize, LineForm<'_>)> = goods.chain(freight).collect();
        lines.sort_by_key(|(index, _)| *index);
        let keyed = |list: &[KeyedShare]| {
            list.iter()
                .map(|one| KeyedForm { index: one.index, net: one.net.amount.machine() })
                .collect()
        };
        let differences = &allocation.proof.base_differences;
        Self {
            siret: member.siret.as_str(),
            name: &member.name,
            lines: lines.into_iter().map(|(_, line)| line).collect(),
            charges: keyed(&member.charges),
            allowances: keyed(&member.allowances),
            base_differences: (member.base_differences.iter())
                .map(|one| {
                    let of = &differences[one.index];
                    let (category, rate) = (of.category.code(), of.rate.machine());
                    DifferenceForm { category, rate, net: one.net.amount.machine() }
                })
                .collect(),
            net_difference: (!differences.is_empty())
                .then(|| member.net_difference.amount.machine()),
            vat: (member.vat.iter())
                .map(|one| VatForm {
                    category: one.category.code(),
                    rate: one.rate.machine(),
                    base: one.base.amount.machine(),
                    tax: one.tax.amount.machine(),
                })
                .collect(),
            net: member.net.machine(),
            vat_total: member.vat_total.machine(),
            gross: member.gross.machine(),
            prepaid: member.prepaid.amount.machine(),
            rounding: member.rounding.amount.machine(),
            payable: member.payable.machine(),
        }
    }
}

impl<'a> ProofForm<'a> {
    fn of(invoice: &'a EInvoice, proof: &Proof) -> Self {
        Self {
            lines_exact: proof.lines_exact,
            charges_exact: proof.charges_exact,
            vat_exact: proof.vat_exact,
            gross_exact: proof.gross_exact,
            largest_gap_cents: proof.largest_gap.to_string(),
            quantity_differences: (proof.quantity_differences.iter())
                .map(|one| QuantityForm {
                    line: &invoice.lines[one.index].id,
                    invoiced: plain(one.invoiced),
                    accepted: one.accepted.machine(),
                })
                .collect(),
            base_differences: (proof.base_differences.iter())
                .map(|one| BaseForm {
                    category: one.category.code(),
                    rate: one.rate.machine(),
                    printed: one.printed.machine(),
                    computed: one.computed.machine(),
                })
                .collect(),
            sha256: None,
        }
    }
}

fn plain(quantity: Decimal) -> String {
    if quantity.is_zero() { "0".to_owned() } else { quantity.normalize().to_string() }
}
