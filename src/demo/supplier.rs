//! The other side of the counter: fictitious suppliers who write real e-invoices (UBL 2.1).
//!
//! The demonstration reads them back through the same intake as anybody's.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::money::{AmountError, Net, Vat};
use domain::price::UnitPrice;
use domain::quantity::Quantity;
use domain::vat::{VatCategory, VatRate};
use minijinja::{Environment, context};
use serde::Serialize;

const TEMPLATE: &str = include_str!("../../templates/demo/invoice.xml");

/// A supplier that does not exist: SIREN 000 620 1xx are nobody's.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Seller {
    pub(crate) name: &'static str,
    pub(crate) siret: &'static str,
    pub(crate) vat_number: &'static str,
    pub(crate) street: &'static str,
    pub(crate) postcode: &'static str,
    pub(crate) town: &'static str,
    /// The usual documentation sample.
    pub(crate) iban: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Customer {
    pub(crate) name: String,
    pub(crate) siret: String,
    pub(crate) postcode: String,
    pub(crate) town: String,
}

#[derive(Debug, Clone)]
pub(crate) struct BilledLine {
    /// The line of the order; none for freight.
    pub(crate) order_line: Option<u32>,
    pub(crate) reference: Option<String>,
    pub(crate) label: String,
    pub(crate) unit: &'static str,
    pub(crate) quantity: Quantity,
    pub(crate) price: UnitPrice,
    pub(crate) category: VatCategory,
    pub(crate) rate: VatRate,
}

/// Freight as a charge on the document.
#[derive(Debug, Clone)]
pub(crate) struct BilledCharge {
    pub(crate) reason: &'static str,
    pub(crate) amount: Net,
    pub(crate) category: VatCategory,
    pub(crate) rate: VatRate,
}

/// An invoice or credit note to be written.
#[derive(Debug, Clone)]
pub(crate) struct Billed<'a> {
    pub(crate) credit: bool,
    pub(crate) number: String,
    pub(crate) issue_date: NaiveDate,
    pub(crate) due_date: NaiveDate,
    pub(crate) delivered_on: NaiveDate,
    pub(crate) seller: &'a Seller,
    pub(crate) buyer: Customer,
    pub(crate) service_code: Option<String>,
    pub(crate) order_number: String,
    pub(crate) contract_number: String,
    /// The invoice that a credit note corrects, and its date.
    pub(crate) preceding: Option<(String, NaiveDate)>,
    pub(crate) lines: Vec<BilledLine>,
    pub(crate) charges: Vec<BilledCharge>,
}

/// Why an invoice could not be written.
#[derive(Debug, thiserror::Error)]
pub enum BillingError {
    #[error("an amount of the invoice is out of range")]
    Amount(#[from] AmountError),
    #[error("the invoice template failed")]
    Template(#[from] minijinja::Error),
}

/// Writes e-invoices from one compiled template.
pub(crate) struct Writer {
    templates: Environment<'static>,
}

impl Writer {
    pub(crate) fn new() -> Result<Self, BillingError> {
        let mut templates = Environment::new();
        templates.add_template("invoice.xml", TEMPLATE)?;
        Ok(Self { templates })
    }

    /// The invoice as UBL 2.1, its totals computed as EN 16931 asks: the tax once per rate.
    pub(crate) fn write(&self, bill: &Billed<'_>) -> Result<Vec<u8>, BillingError> {
        let mut bases: BTreeMap<(VatCategory, VatRate), Net> = BTreeMap::new();
        let mut lines_total = Net::ZERO;
        let mut lines = Vec::with_capacity(bill.lines.len());
        for line in &bill.lines {
            let net = line.price.times(line.quantity)?;
            lines_total = lines_total.plus(net)?;
            let base = bases.entry((line.category, line.rate)).or_default();
            *base = base.plus(net)?;
            lines.push(context! {
                order_line => line.order_line,
                reference => line.reference.as_deref(),
                label => line.label.as_str(),
                unit => line.unit,
                quantity => line.quantity.machine(),
                price => line.price.machine(),
                net => net.machine(),
                category => line.category.code(),
                rate => line.rate.machine(),
            });
        }
        let mut charges_total = Net::ZERO;
        let mut charges = Vec::with_capacity(bill.charges.len());
        for charge in &bill.charges {
            charges_total = charges_total.plus(charge.amount)?;
            let base = bases.entry((charge.category, charge.rate)).or_default();
            *base = base.plus(charge.amount)?;
            charges.push(context! {
                reason => charge.reason,
                amount => charge.amount.machine(),
                category => charge.category.code(),
                rate => charge.rate.machine(),
            });
        }
        let mut vat_total = Vat::ZERO;
        let mut vat = Vec::with_capacity(bases.len());
        for ((category, rate), base) in bases {
            let tax = rate.on(base)?;
            vat_total = vat_total.plus(tax)?;
            vat.push(context! {
                category => category.code(),
                rate => rate.machine(),
                base => base.machine(),
                tax => tax.machine(),
            });
        }
        let net = lines_total.plus(charges_total)?;
        let preceding = bill.preceding.as_ref().map(|(number, issue_date)| {
            context! { number => number.as_str(), issue_date => issue_date.to_string() }
        });
        let text = self.templates.get_template("invoice.xml")?.render(context! {
            credit => bill.credit,
            number => bill.number.as_str(),
            issue_date => bill.issue_date.to_string(),
            due_date => bill.due_date.to_string(),
            delivered_on => bill.delivered_on.to_string(),
            seller => minijinja::value::Serde(bill.seller),
            buyer => minijinja::value::Serde(&bill.buyer),
            service_code => bill.service_code.as_deref(),
            order_number => bill.order_number.as_str(),
            contract_number => bill.contract_number.as_str(),
            preceding => preceding,
            charges => charges,
            vat => vat,
            lines => lines,
            lines_total => lines_total.machine(),
            charges_total => charges_total.machine(),
            net => net.machine(),
            vat_total => vat_total.machine(),
            gross => net.with(vat_total)?.machine(),
        })?;
        Ok(text.into_bytes())
    }
}
