//! The allocation statement of each member, from an allocation.

use std::sync::Arc;

use chrono::NaiveDate;
use domain::invoices::allocation::{
    Allocation, AppliedKey, KeyedRow, KeyedShare, MemberShare, Share,
};
use domain::invoices::einvoice::{DocumentAmount, EInvoice};
use domain::money::{Cents, Net, Vat};
use domain::quantity::Unit;
use domain::vat::VatRate;

use crate::documents::allocation_statement::{
    AccountShare, AllocationKey, AllocationStatement, Payment, PreviousCredit, SharedCharge,
    SharedInvoice, SharedLine, SharedTotal, SharedVat, Supplier,
};
use crate::documents::parties::{Attachment, Buyer, ContractRef, ConventionRef, Letterhead};
use crate::exchange::allocation::Codes;
use crate::exchange::canonical::CanonicalError;

/// What all statements of one invoice say beside the shares.
#[derive(Debug, Clone)]
pub struct Around {
    pub letterhead: Letterhead,
    pub issued_on: NaiveDate,
    pub order_number: Option<String>,
    pub contract: Option<ContractRef>,
    pub convention: Option<ConventionRef>,
    pub attachment: Option<Attachment>,
}

/// What the statement of one member says of it beside its shares.
#[derive(Debug, Clone)]
pub struct Addressee {
    /// The number of the statement.
    pub number: String,
    pub member: Buyer,
    pub credits: Vec<PreviousCredit>,
    pub payment: Payment,
    pub accounts: Vec<AccountShare>,
}

/// Writes the statements of one allocation, one member at a time.
pub struct Statements<'a> {
    invoice: &'a EInvoice,
    allocation: &'a Allocation,
    codes: Codes<'a>,
    around: Around,
    sharers: usize,
}

impl<'a> Statements<'a> {
    pub fn new(
        invoice: &'a EInvoice,
        allocation: &'a Allocation,
        around: Around,
    ) -> Result<Self, CanonicalError> {
        let codes = Codes::of(invoice, allocation)?;
        // Who accepted nothing is listed, but shares nothing.
        let sharers = allocation.members.iter().filter(|member| !member.lines.is_empty()).count();
        Ok(Self { invoice, allocation, codes, around, sharers })
    }

    /// The statement of `share`, which is one of the allocation's members.
    pub fn of(
        &self,
        share: &MemberShare,
        to: Addressee,
    ) -> Result<AllocationStatement, CanonicalError> {
        let (invoice, around) = (self.invoice, &self.around);
        let totals = &invoice.totals;
        Ok(AllocationStatement {
            letterhead: around.letterhead.clone(),
            number: to.number,
            issued_on: around.issued_on,
            member: to.member,
            invoice: SharedInvoice {
                number: invoice.number.clone(),
                issued_on: invoice.issue_date,
                kind: invoice.kind,
                supplier: Supplier {
                    name: invoice.seller.name.clone(),
                    siret: invoice.seller.siret.as_deref().and_then(|text| text.parse().ok()),
                },
                net: totals.net,
                vat: totals.vat,
                gross: totals.gross,
                preceding: invoice.preceding.iter().map(|one| one.number.clone()).collect(),
            },
            order_number: around.order_number.clone(),
            contract: around.contract.clone(),
            convention: around.convention.clone(),
            sharers: self.sharers,
            lines: self.lines(share),
            charges: self.charges(share),
            allowances: keyed(&share.allowances, &self.allocation.allowances, |index| {
                of_document(&invoice.allowances[index], "Remise")
            }),
            differences: self.differences(share),
            net_difference: self.net_difference(share),
            vat: self.vat(share),
            net: share.net,
            vat_total: share.vat_total,
            gross: share.gross,
            prepaid: total(totals.prepaid, share.prepaid),
            rounding: total(totals.rounding, share.rounding),
            payable: share.payable,
            credits: to.credits,
            payment: to.payment,
            accounts: to.accounts,
            verification: self.codes.code(share)?,
            attachment: around.attachment.clone(),
        })
    }

    fn lines(&self, share: &MemberShare) -> Vec<SharedLine> {
        let line = |one: &domain::invoices::allocation::LineShare| {
            let line = &self.invoice.lines[one.index];
            let unit = Unit::from_code(&line.unit);
            SharedLine {
                id: line.id.clone(),
                reference: line.reference.clone(),
                label: line.label.clone(),
                vat_rate: line.rate,
                unit: unit.map_or_else(|| line.unit.clone(), |unit| unit.french().to_owned()),
                unit_price: line.unit_price,
                base_quantity: line.base_quantity,
                weight: one.quantity,
                total_weight: self.allocation.accepted[one.index],
                invoice_net: line.net,
                exact: one.net.exact,
                net: Net(one.net.amount),
            }
        };
        share.lines.iter().map(line).collect()
    }

    /// Freight lines first, then charges: all are shared by a key.
    fn charges(&self, share: &MemberShare) -> Vec<SharedCharge> {
        let invoice = self.invoice;
        let mut rows = keyed(&share.freight_lines, &self.allocation.freight_lines, |index| {
            let line = &invoice.lines[index];
            (format!("{} (ligne {})", line.label, line.id), line.rate, line.net)
        });
        rows.extend(keyed(&share.charges, &self.allocation.charges, |index| {
            of_document(&invoice.charges[index], "Frais")
        }));
        rows
    }

    fn differences(&self, share: &MemberShare) -> Vec<SharedCharge> {
        let difference = |one: &KeyedShare| {
            let of = &self.allocation.proof.base_differences[one.index];
            SharedCharge {
                label: "base imprimée".to_owned(),
                vat_rate: of.rate,
                key: AllocationKey::Bases,
                weight: one.weight,
                total_weight: of.total_weight,
                invoice_amount: Net::from_cents(of.printed.cents() - of.computed.cents()),
                exact: one.net.exact,
                amount: Net(one.net.amount),
            }
        };
        share.base_differences.iter().map(difference).collect()
    }

    fn net_difference(&self, share: &MemberShare) -> SharedTotal {
        let differences = self.allocation.proof.base_differences.iter();
        let off: i64 = differences.map(|one| one.computed.cents() - one.printed.cents()).sum();
        total(Cents(off), share.net_difference)
    }

    fn vat(&self, share: &MemberShare) -> Vec<SharedVat> {
        let vat = |one: &domain::invoices::allocation::VatShare| {
            let of = &self.invoice.vat[one.index];
            SharedVat {
                category: one.category,
                rate: one.rate,
                invoice_base: of.base,
                invoice_tax: of.tax,
                exact_base: one.base.exact,
                base: Net(one.base.amount),
                exact_tax: one.tax.exact,
                tax: Vat(one.tax.amount),
                exemption: of.exemption.clone(),
            }
        };
        share.vat.iter().map(vat).collect()
    }
}

/// Rows shared by a key; `of` gives a row's label, rate and printed amount.
fn keyed(
    shares: &[KeyedShare],
    rows: &[KeyedRow],
    of: impl Fn(usize) -> (String, VatRate, Net),
) -> Vec<SharedCharge> {
    let with_row = shares
        .iter()
        .filter_map(|one| rows.iter().find(|row| row.index == one.index).map(|row| (one, row)));
    with_row
        .map(|(one, row)| {
            let (label, vat_rate, invoice_amount) = of(one.index);
            SharedCharge {
                label,
                vat_rate,
                key: match row.key {
                    AppliedKey::NetOfRate | AppliedKey::NetOfAll => AllocationKey::Net,
                    AppliedKey::Quantity => AllocationKey::Quantity,
                    AppliedKey::Equal => AllocationKey::Equal,
                },
                weight: one.weight,
                total_weight: row.total_weight,
                invoice_amount,
                exact: one.net.exact,
                amount: Net(one.net.amount),
            }
        })
        .collect()
}

/// Freight (FC, UNTDID 7161) has a name of its own where the invoice gives no reason.
fn of_document(amount: &DocumentAmount, otherwise: &str) -> (String, VatRate, Net) {
    let code = amount.reason_code.as_deref();
    let label = match amount.reason.as_deref() {
        Some(reason) if !reason.is_empty() => reason,
        Some(_) | None if code == Some("FC") => "Frais de port",
        Some(_) | None => otherwise,
    };
    (label.to_owned(), amount.rate, amount.amount)
}

fn total(invoice: Cents, share: Share) -> SharedTotal {
    SharedTotal { invoice, exact: share.exact, share: share.amount }
}

/// The supplier's e-invoice as it is attached to each statement; `None` beyond the limit, and
/// for a PDF, which is a paper itself.
pub fn attachment(invoice: &EInvoice, file: &[u8], syntax: &str) -> Option<Attachment> {
    if file.len() > Attachment::LIMIT || file.starts_with(b"%PDF") {
        return None;
    }
    Some(Attachment {
        file_name: format!("facture-{}.xml", file_name_part(&invoice.number)),
        mime: "text/xml".to_owned(),
        description: format!("Facture électronique du titulaire ({syntax})"),
        modified_on: invoice.issue_date,
        bytes: Arc::from(file),
    })
}

/// What is not a letter without accent, a digit, `.`, `_` or `-` becomes `-`.
pub fn file_name_part(text: &str) -> String {
    let keep = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    text.chars().map(|c| if keep(c) { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_keeps_what_every_system_takes() {
        assert_eq!(file_name_part("MSA/2026/311 é"), "MSA-2026-311--");
        assert_eq!(file_name_part("FA_2026-1.a"), "FA_2026-1.a");
    }
}
