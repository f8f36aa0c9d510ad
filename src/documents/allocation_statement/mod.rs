//! The allocation statement (relevé de répartition): one member's exact share of one
//! invoice, with the working, so that a treasurer can redo it with a calculator.
//!
//! Each amount stands beside its exact share: amount of the invoice × weight ÷ total
//! weight. What is retained is less than a cent away from it, always: a statement where
//! it is not, or whose totals are not the sums of its rows, is refused and not printed.

mod check;
mod keys;
mod page;

use chrono::NaiveDate;
use domain::invoices::einvoice::InvoiceKind;
use domain::money::{Cents, Gross, Net, Vat};
use domain::price::UnitPrice;
use domain::quantity::Quantity;
use domain::siret::Siret;
use domain::vat::{VatCategory, VatRate};
use rust_decimal::Decimal;

pub use page::render;

use super::parties::{Attachment, BudgetAccount, Buyer, ContractRef, ConventionRef, Letterhead};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllocationStatement {
    pub letterhead: Letterhead,
    /// The number of this statement.
    pub number: String,
    pub issued_on: NaiveDate,
    /// The member whose share this is.
    pub member: Buyer,
    pub invoice: SharedInvoice,
    /// The order that the invoice quotes (BT-13).
    pub order_number: Option<String>,
    /// `None` where only the invoice is known.
    pub contract: Option<ContractRef>,
    /// With the article that fixes the keys; `None` where only the invoice is known.
    pub convention: Option<ConventionRef>,
    /// How many members share the invoice, this one included.
    pub sharers: usize,
    pub lines: Vec<SharedLine>,
    pub charges: Vec<SharedCharge>,
    /// Positive; taken off.
    pub allowances: Vec<SharedCharge>,
    /// What the printed base of a rate differs by from its lines; signed, usually empty.
    pub differences: Vec<SharedCharge>,
    /// What takes the differences out of the net again, which is that of the lines.
    pub net_difference: SharedTotal,
    pub vat: Vec<SharedVat>,
    pub net: Net,
    pub vat_total: Vat,
    pub gross: Gross,
    /// BT-113.
    pub prepaid: SharedTotal,
    /// BT-114.
    pub rounding: SharedTotal,
    /// Gross − prepaid + rounding.
    pub payable: Cents,
    /// This member's shares of credit notes already issued on this order.
    pub credits: Vec<PreviousCredit>,
    pub payment: Payment,
    pub accounts: Vec<AccountShare>,
    /// SHA-256, 64 hexadecimal digits, over the canonical JSON of `{invoice, member}`.
    pub verification: String,
    /// The supplier's e-invoice.
    pub attachment: Option<Attachment>,
}

/// The supplier as the invoice names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supplier {
    pub name: String,
    pub siret: Option<Siret>,
}

/// The invoice as printed, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedInvoice {
    pub number: String,
    pub issued_on: NaiveDate,
    /// A credit note is shared with its amounts as printed and booked as the mirror image.
    pub kind: InvoiceKind,
    pub supplier: Supplier,
    pub net: Net,
    pub vat: Vat,
    pub gross: Gross,
    /// Numbers of the invoices that a credit note corrects (BG-3).
    pub preceding: Vec<String>,
}

/// This member's share of one invoice line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedLine {
    /// BT-126.
    pub id: String,
    pub reference: Option<String>,
    pub label: String,
    pub vat_rate: VatRate,
    /// As printed: « unité », « ml ».
    pub unit: String,
    /// BT-146, for `base_quantity` units.
    pub unit_price: UnitPrice,
    /// BT-149, usually 1.
    pub base_quantity: Decimal,
    /// What this member accepted.
    pub weight: Quantity,
    /// What all members accepted.
    pub total_weight: Quantity,
    /// BT-131.
    pub invoice_net: Net,
    /// Euros, the exact share cut (never rounded) after six decimals.
    pub exact: Decimal,
    pub net: Net,
}

/// This member's share of a charge, an allowance or a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedCharge {
    /// « Frais de port ».
    pub label: String,
    pub vat_rate: VatRate,
    pub key: AllocationKey,
    /// In the key's unit: euros of exact shares, units accepted, delivery points; cut after
    /// six decimals.
    pub weight: Decimal,
    pub total_weight: Decimal,
    pub invoice_amount: Net,
    /// Euros, cut after six decimals.
    pub exact: Decimal,
    pub amount: Net,
}

/// By what a charge is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllocationKey {
    /// Pro rata of the exact amounts before VAT of the lines at the same rate.
    Net,
    /// Pro rata of the quantities accepted.
    Quantity,
    /// Equal between the delivery points served.
    Equal,
    /// Pro rata of the exact bases of the rate: a difference of the printed base.
    Bases,
}

/// This member's share of the tax of one category and rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedVat {
    pub category: VatCategory,
    pub rate: VatRate,
    /// BT-116 and BT-117.
    pub invoice_base: Net,
    pub invoice_tax: Vat,
    /// Euros, cut after six decimals.
    pub exact_base: Decimal,
    pub base: Net,
    pub exact_tax: Decimal,
    pub tax: Vat,
    /// « TVA non applicable, art. 293 B du CGI ».
    pub exemption: Option<String>,
}

/// This member's share of the prepaid, the rounding or another amount of the whole invoice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SharedTotal {
    pub invoice: Cents,
    /// Euros, cut after six decimals.
    pub exact: Decimal,
    pub share: Cents,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousCredit {
    pub number: String,
    pub issued_on: NaiveDate,
    /// Positive.
    pub gross: Gross,
}

/// Whom to pay, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payment {
    /// A and B: to the holder, before `due_on` included.
    ToHolder { due_on: NaiveDate },
    /// C: nothing before the coordinator's payment notice; the supplier's due date is for
    /// information only.
    AwaitNotice { supplier_due_on: Option<NaiveDate> },
}

/// Where the treasurer may book a part of the gross amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountShare {
    pub account: BudgetAccount,
    pub gross: Gross,
}
