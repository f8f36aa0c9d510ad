//! Invoices that add up, from a few numbers.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use travee_domain::invoices::allocation::Accepted;
use travee_domain::invoices::einvoice::{
    DocumentAmount, EInvoice, InvoiceKind, InvoiceLine, Party, Totals, VatBreakdown,
};
use travee_domain::money::{Cents, Gross, Net, Vat};
use travee_domain::price::UnitPrice;
use travee_domain::quantity::Quantity;
use travee_domain::siret::Siret;
use travee_domain::vat::{VatCategory, VatRate};

/// The rates that the tests share at: two of one category, one without tax.
pub(crate) const RATES: [(VatCategory, i64); 3] =
    [(VatCategory::S, 2000), (VatCategory::S, 550), (VatCategory::E, 0)];

pub(crate) fn rate(index: usize) -> (VatCategory, VatRate) {
    let (category, basis_points) = RATES[index];
    (category, VatRate::from_basis_points(basis_points).unwrap())
}

/// A SIRET with a good key; a larger number gives a larger one.
pub(crate) fn siret(number: usize) -> Siret {
    let thirteen = format!("2162{number:09}");
    let odd = thirteen.bytes().rev().enumerate().map(|(place, digit)| {
        let digit = u32::from(digit - b'0');
        if place % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { digit }
    });
    let key = (10 - odd.sum::<u32>() % 10) % 10;
    format!("{thirteen}{key}").parse().unwrap()
}

/// What an invoice is made of: cents, and the rate by its place in [`RATES`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    pub(crate) lines: Vec<(usize, i64)>,
    pub(crate) charges: Vec<(usize, i64)>,
    pub(crate) allowances: Vec<(usize, i64)>,
    /// Added to the printed base and tax of a rate.
    pub(crate) base_off: BTreeMap<usize, i64>,
    pub(crate) tax_off: BTreeMap<usize, i64>,
    pub(crate) prepaid: i64,
    pub(crate) rounding: i64,
}

impl Draft {
    pub(crate) fn invoice(&self) -> EInvoice {
        let mut bases: BTreeMap<usize, i64> = BTreeMap::new();
        for (all, sign) in [(&self.lines, 1), (&self.charges, 1), (&self.allowances, -1)] {
            for &(rate, cents) in all {
                *bases.entry(rate).or_default() += sign * cents;
            }
        }
        let total = |all: &[(usize, i64)]| all.iter().map(|&(_, cents)| cents).sum::<i64>();
        let (lines, charges, allowances) =
            (total(&self.lines), total(&self.charges), total(&self.allowances));
        let vat: Vec<VatBreakdown> = (bases.into_iter())
            .map(|(place, base)| {
                let (category, of) = rate(place);
                let base = base + self.base_off.get(&place).unwrap_or(&0);
                let tax = of.on(Net::from_cents(base)).unwrap().cents();
                let tax = tax + self.tax_off.get(&place).unwrap_or(&0);
                VatBreakdown {
                    category,
                    rate: of,
                    base: Net::from_cents(base),
                    tax: Vat::from_cents(tax),
                    exemption: None,
                }
            })
            .collect();
        let tax: i64 = vat.iter().map(|one| one.tax.cents()).sum();
        let net = lines + charges - allowances;
        EInvoice {
            number: "F-1".into(),
            issue_date: NaiveDate::from_ymd_opt(2026, 11, 22).unwrap(),
            kind: InvoiceKind::Invoice(380),
            currency: "EUR".into(),
            due_date: None,
            payment_terms: None,
            seller: Party::default(),
            buyer: Party::default(),
            buyer_reference: None,
            contract_reference: None,
            order_reference: None,
            delivered_on: None,
            preceding: Vec::new(),
            lines: (self.lines.iter().enumerate())
                .map(|(index, &(rate, cents))| line(&format!("{}", index + 1), rate, cents))
                .collect(),
            allowances: self.allowances.iter().map(|&one| amount(one)).collect(),
            charges: self.charges.iter().map(|&one| amount(one)).collect(),
            vat,
            totals: Totals {
                lines: Net::from_cents(lines),
                allowances: Net::from_cents(allowances),
                charges: Net::from_cents(charges),
                net: Net::from_cents(net),
                vat: Vat::from_cents(tax),
                gross: Gross::from_cents(net + tax),
                prepaid: Cents(self.prepaid),
                rounding: Cents(self.rounding),
                payable: Cents(net + tax - self.prepaid + self.rounding),
            },
        }
    }
}

fn line(id: &str, place: usize, cents: i64) -> InvoiceLine {
    let (category, rate) = rate(place);
    InvoiceLine {
        id: id.into(),
        reference: None,
        label: format!("ligne {id}"),
        quantity: Decimal::ONE,
        unit: "H87".into(),
        unit_price: UnitPrice::invoiced(Decimal::new(cents.abs(), 2)).unwrap(),
        base_quantity: Decimal::ONE,
        allowances: Net::ZERO,
        charges: Net::ZERO,
        net: Net::from_cents(cents),
        category,
        rate,
        order_line: None,
    }
}

fn amount((place, cents): (usize, i64)) -> DocumentAmount {
    let (category, rate) = rate(place);
    DocumentAmount {
        amount: Net::from_cents(cents),
        reason: None,
        reason_code: None,
        category,
        rate,
    }
}

pub(crate) fn accepted(line: usize, member: usize, site: &str, thousandths: i64) -> Accepted {
    Accepted {
        line: line.to_string(),
        siret: siret(member),
        site: site.into(),
        name: format!("Membre {member}"),
        quantity: Quantity::from_thousandths(thousandths).unwrap(),
    }
}
