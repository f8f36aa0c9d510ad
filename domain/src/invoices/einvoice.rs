//! An electronic invoice as its file says it (EN 16931), before anybody judges it.
//!
//! Amounts are the printed ones and are never recomputed: the invoice is
//! authoritative. A credit note (type 381) carries its amounts as printed, that
//! is positive for what is given back.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::money::{Cents, Gross, Net, Vat};
use crate::price::UnitPrice;
use crate::vat::{VatCategory, VatRate};

/// The document types of UNTDID 1001 that reach us (BT-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InvoiceKind {
    /// 380, and the codes that EN 16931 treats like it (the code is kept).
    Invoice(u16),
    /// 381, and the codes that EN 16931 treats like it (the code is kept).
    CreditNote(u16),
}

impl InvoiceKind {
    /// The codes that EN 16931 reads as credit notes (UBL `CreditNote`, UNTDID 1001 subset).
    const CREDITS: [u16; 8] = [81, 83, 261, 262, 296, 308, 381, 396];

    pub fn from_code(code: u16) -> Self {
        if Self::CREDITS.contains(&code) { Self::CreditNote(code) } else { Self::Invoice(code) }
    }

    pub fn code(self) -> u16 {
        match self {
            Self::Invoice(code) | Self::CreditNote(code) => code,
        }
    }

    pub fn is_credit(self) -> bool {
        matches!(self, Self::CreditNote(_))
    }
}

/// A seller or buyer as the invoice names it; its numbers are not checked here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Party {
    pub name: String,
    /// BT-29 / BT-46 of scheme 0009, as written.
    pub siret: Option<String>,
    /// BT-30 / BT-47 of scheme 0002, as written.
    pub siren: Option<String>,
}

/// BG-3: the invoice that a credit note corrects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrecedingInvoice {
    pub number: String,
    pub issue_date: Option<NaiveDate>,
}

/// BG-25: one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceLine {
    /// BT-126.
    pub id: String,
    /// The buyer's article reference (BT-156), else the seller's (BT-155).
    pub reference: Option<String>,
    /// BT-153.
    pub label: String,
    /// BT-129, negative on a line that takes back.
    pub quantity: Decimal,
    /// BT-130, a code of UN/ECE Rec 20 that our catalogue may not know.
    pub unit: String,
    /// BT-146, for `base_quantity` units.
    pub unit_price: UnitPrice,
    /// BT-149; 1 where the file says nothing.
    pub base_quantity: Decimal,
    /// Line allowances (BG-27), as a positive sum.
    pub allowances: Net,
    /// Line charges (BG-28), as a positive sum.
    pub charges: Net,
    /// BT-131.
    pub net: Net,
    pub category: VatCategory,
    pub rate: VatRate,
    /// BT-132: the line of the purchase order.
    pub order_line: Option<String>,
}

/// BG-20 or BG-21: an allowance or charge on the whole document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentAmount {
    pub amount: Net,
    pub reason: Option<String>,
    /// BT-98 / BT-105; FC is freight.
    pub reason_code: Option<String>,
    pub category: VatCategory,
    pub rate: VatRate,
}

/// BG-23: the tax of one category and rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VatBreakdown {
    pub category: VatCategory,
    pub rate: VatRate,
    /// BT-116.
    pub base: Net,
    /// BT-117.
    pub tax: Vat,
    /// BT-120: why no tax is charged (« TVA non applicable, art. 293 B du CGI »).
    pub exemption: Option<String>,
}

/// BG-22: the printed totals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// BT-106.
    pub lines: Net,
    /// BT-107.
    pub allowances: Net,
    /// BT-108.
    pub charges: Net,
    /// BT-109.
    pub net: Net,
    /// BT-110.
    pub vat: Vat,
    /// BT-112.
    pub gross: Gross,
    /// BT-113.
    pub prepaid: Cents,
    /// BT-114.
    pub rounding: Cents,
    /// BT-115.
    pub payable: Cents,
}

/// The invoice as its file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EInvoice {
    /// BT-1.
    pub number: String,
    /// BT-2.
    pub issue_date: NaiveDate,
    pub kind: InvoiceKind,
    /// BT-5.
    pub currency: String,
    /// BT-9.
    pub due_date: Option<NaiveDate>,
    /// BT-20.
    pub payment_terms: Option<String>,
    pub seller: Party,
    pub buyer: Party,
    /// BT-10: the Chorus Pro service code.
    pub buyer_reference: Option<String>,
    /// BT-12.
    pub contract_reference: Option<String>,
    /// BT-13.
    pub order_reference: Option<String>,
    /// BT-72.
    pub delivered_on: Option<NaiveDate>,
    pub preceding: Vec<PrecedingInvoice>,
    pub lines: Vec<InvoiceLine>,
    pub allowances: Vec<DocumentAmount>,
    pub charges: Vec<DocumentAmount>,
    pub vat: Vec<VatBreakdown>,
    pub totals: Totals,
}

/// Invoices that add up, for the tests of this area.
#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// One article at the price of the line: `cents` of net at `rate` percent.
    pub(crate) fn line(cents: &str, rate: &str) -> InvoiceLine {
        let net = Net::from_cents(cents.parse().unwrap());
        InvoiceLine {
            id: "1".into(),
            reference: None,
            label: "Boîte d’archives".into(),
            quantity: Decimal::ONE,
            unit: "H87".into(),
            unit_price: UnitPrice::invoiced(net.0.to_decimal().abs()).unwrap(),
            base_quantity: Decimal::ONE,
            allowances: Net::ZERO,
            charges: Net::ZERO,
            net,
            category: VatCategory::S,
            rate: VatRate::percent(rate.parse().unwrap()).unwrap(),
            order_line: None,
        }
    }

    /// An invoice of these lines, numbered from 1, with the breakdown and totals they give.
    pub(crate) fn invoice(lines: &[InvoiceLine]) -> EInvoice {
        let mut lines = lines.to_vec();
        for (index, line) in lines.iter_mut().enumerate() {
            line.id = (index + 1).to_string();
        }
        let mut bases = std::collections::BTreeMap::<(VatCategory, VatRate), i64>::new();
        for line in &lines {
            *bases.entry((line.category, line.rate)).or_default() += line.net.cents();
        }
        let vat: Vec<VatBreakdown> = bases
            .into_iter()
            .map(|((category, rate), base)| VatBreakdown {
                category,
                rate,
                base: Net::from_cents(base),
                tax: rate.on(Net::from_cents(base)).unwrap(),
                exemption: None,
            })
            .collect();
        let net = Net::sum(lines.iter().map(|line| line.net)).unwrap();
        let tax = Vat::sum(vat.iter().map(|one| one.tax)).unwrap();
        let gross = net.with(tax).unwrap();
        EInvoice {
            number: "F-1".into(),
            issue_date: NaiveDate::from_ymd_opt(2026, 9, 1).unwrap(),
            kind: InvoiceKind::Invoice(380),
            currency: "EUR".into(),
            due_date: None,
            payment_terms: Some("30 jours".into()),
            seller: Party::default(),
            buyer: Party::default(),
            buyer_reference: None,
            contract_reference: None,
            order_reference: None,
            delivered_on: None,
            preceding: Vec::new(),
            lines,
            allowances: Vec::new(),
            charges: Vec::new(),
            vat,
            totals: Totals {
                lines: net,
                net,
                vat: tax,
                gross,
                payable: gross.0,
                ..Totals::default()
            },
        }
    }
}
