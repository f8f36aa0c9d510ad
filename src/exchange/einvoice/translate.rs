//! From the e-invoice crate's model to ours.
//!
//! The crate keeps what it cannot hold as an absent or zero value; [`super::scan`]
//! has already said so where that matters. Here every value passes into a domain
//! type, and what does not fit is named.

use chrono::NaiveDate;
use domain::invoices::arithmetic::Syntax;
use domain::invoices::einvoice::{
    DocumentAmount, EInvoice, InvoiceKind, InvoiceLine, Party, PrecedingInvoice, Totals,
    VatBreakdown,
};
use domain::money::{Cents, Gross, Net, Vat};
use domain::price::UnitPrice;
use domain::vat::{VatCategory, VatRate};
use en16931::invoice as model;
use en16931_formats::Error;
use rust_decimal::Decimal;

use super::reason::{Code, MOST_REASONS, Reason, excerpt};
use super::scan::french;

/// The document as the crate read it.
#[expect(clippy::wildcard_enum_match_arm, reason = "the crate's enum, which grows")]
pub(super) fn parse(text: &str) -> Result<en16931_formats::Read, Reason> {
    en16931_formats::read(text.as_bytes()).map_err(|error| match error {
        Error::NotAnInvoice { .. } | Error::Unsupported { .. } => Reason::new(
            Code::UnknownFormat,
            "Ce fichier XML n’est pas une facture : sont lus les factures et avoirs UBL 2.1 \
             (Invoice, CreditNote) et CII (CrossIndustryInvoice), dans leur espace de noms \
             officiel.",
        ),
        Error::TooDeep { .. } => Reason::new(
            Code::BadStructure,
            "Plus de 64 éléments sont imbriqués : ce n’est pas la structure d’une facture.",
        ),
        // The parser's « 1:1 » is no position.
        Error::Xml { line, column, .. } if (line, column) != (1, 1) => {
            ill_formed(&format!("à la ligne {line}, caractère {column}"))
        }
        _ => ill_formed("et ne peut pas être lu"),
    })
}

fn ill_formed(place: &str) -> Reason {
    Reason::new(
        Code::IllFormed,
        format!("Le fichier XML est mal formé {place} : demandez au fournisseur de le renvoyer."),
    )
}

pub(super) fn syntax(syntax: en16931_formats::Syntax) -> Syntax {
    // Theirs may grow; the two that this build reads are these.
    if syntax == en16931_formats::Syntax::Ubl { Syntax::Ubl } else { Syntax::Cii }
}

/// The invoice, or everything that keeps it from being one.
pub(super) fn invoice(read: &model::Invoice) -> Result<EInvoice, Vec<Reason>> {
    let mut wrong = Wrong::default();
    let number = wrong.text(read.number.as_deref(), "BT-1", "BR-02");
    let issue_date = wrong.required(read.issue_date.and_then(day), "BT-2", "BR-03");
    let type_code = read.type_code.as_ref().and_then(|code| code.as_str().parse().ok());
    let type_code = wrong.required(type_code, "BT-3", "BR-04");
    let currency = read.currency.as_ref().map(model::Code::as_str);
    let currency = wrong.text(currency, "BT-5", "BR-05");
    let seller = wrong.party(&read.seller, "BT-27", "BR-06");
    let buyer = wrong.party(&read.buyer, "BT-44", "BR-07");
    let lines: Vec<_> =
        read.lines.iter().enumerate().map(|(index, line)| wrong.line(index, line)).collect();
    let allowances = wrong.amounts(&read.allowances, "BT-95", "BR-32");
    let charges = wrong.amounts(&read.charges, "BT-102", "BR-37");
    let vat: Vec<_> = read.vat_breakdown.iter().map(|one| wrong.breakdown(one)).collect();
    if !wrong.0.is_empty() {
        return Err(wrong.0);
    }
    let kind = match read.kind {
        model::DocumentKind::Invoice => InvoiceKind::from_code(type_code),
        model::DocumentKind::CreditNote => InvoiceKind::CreditNote(type_code),
    };
    let reference = |one: &Option<en16931::DocumentReference>| {
        one.as_ref().and_then(|one| non_empty(one.as_str()))
    };
    Ok(EInvoice {
        number,
        issue_date,
        kind,
        currency,
        due_date: read.due_date.and_then(day),
        payment_terms: read.payment_terms.as_deref().and_then(non_empty),
        seller,
        buyer,
        buyer_reference: read.buyer_reference.as_deref().and_then(non_empty),
        contract_reference: reference(&read.contract_reference),
        order_reference: reference(&read.purchase_order_reference),
        delivered_on: read.delivery.as_ref().and_then(|one| one.date).and_then(day),
        preceding: read
            .preceding_invoices
            .iter()
            .filter_map(|one| {
                let number = non_empty(one.reference.as_str())?;
                Some(PrecedingInvoice { number, issue_date: one.issue_date.and_then(day) })
            })
            .collect(),
        lines,
        allowances,
        charges,
        vat,
        totals: totals(&read.totals),
    })
}

fn totals(read: &model::DocumentTotals) -> Totals {
    let or_zero = |one: Option<en16931::InvoiceAmount>| one.map_or(Cents::ZERO, cents);
    Totals {
        lines: Net(cents(read.line_total)),
        allowances: Net(or_zero(read.allowance_total)),
        charges: Net(or_zero(read.charge_total)),
        net: Net(cents(read.taxable_total)),
        vat: Vat(or_zero(read.vat_total)),
        gross: Gross(cents(read.gross_total)),
        prepaid: or_zero(read.paid),
        rounding: or_zero(read.rounding),
        payable: cents(read.due),
    }
}

fn cents(amount: en16931::InvoiceAmount) -> Cents {
    Cents(amount.to_minor_units())
}

fn day(date: en16931::Date) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(date.year(), date.month().into(), date.day().into())
}

fn non_empty(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// What keeps the document from being an invoice, as it is found.
#[derive(Default)]
struct Wrong(Vec<Reason>);

impl Wrong {
    fn push(&mut self, reason: Reason) {
        if self.0.len() < MOST_REASONS {
            self.0.push(reason);
        }
    }

    fn missing(&mut self, field: &str, rule: &str, place: &str) {
        let message = format!(
            "{place}{field} ({}) manque ou n’est pas reconnu ; le fournisseur doit compléter la \
             facture.",
            french(field)
        );
        self.push(Reason::new(Code::BadStructure, message).rule(rule).field(field));
    }

    fn required<T: Default>(&mut self, value: Option<T>, field: &str, rule: &str) -> T {
        if value.is_none() {
            self.missing(field, rule, "");
        }
        value.unwrap_or_default()
    }

    fn text(&mut self, value: Option<&str>, field: &str, rule: &str) -> String {
        self.required(value.and_then(non_empty), field, rule)
    }

    fn party(&mut self, read: &model::Party, field: &str, rule: &str) -> Party {
        let of_scheme = |scheme: &str| {
            let ids = read.identifiers.iter().chain(&read.legal_registration);
            ids.filter(|id| id.scheme() == Some(scheme)).find_map(|id| non_empty(id.content()))
        };
        Party {
            name: self.text(read.name.as_deref(), field, rule),
            siret: of_scheme("0009"),
            siren: of_scheme("0002"),
        }
    }

    fn out_of_range(&mut self, value: Decimal, field: &str, what: &str) {
        let message = format!(
            "{field} ({}) : {} {what} ; le fournisseur doit corriger la facture.",
            french(field),
            domain::french::decimal(value)
        );
        self.push(Reason::new(Code::BadNumber, message).field(field));
    }

    fn vat(&mut self, read: &model::LineVat, field: &str, rule: &str) -> (VatCategory, VatRate) {
        (self.category(&read.category, field, rule), self.rate(read.rate))
    }

    fn category(&mut self, code: &model::Code, field: &str, rule: &str) -> VatCategory {
        VatCategory::from_code(code.as_str()).unwrap_or_else(|| {
            let place = format!("Catégorie de TVA « {} » : ", excerpt(code.as_str()));
            self.missing(field, rule, &place);
            VatCategory::S
        })
    }

    fn rate(&mut self, rate: Option<en16931::Percentage>) -> VatRate {
        let Some(percent) = rate.map(en16931::Percentage::into_decimal) else {
            return VatRate::ZERO;
        };
        VatRate::percent(percent).unwrap_or_else(|_| {
            self.out_of_range(
                percent,
                "BT-119",
                "% n’est pas un taux (de 0 à 100, deux décimales)",
            );
            VatRate::ZERO
        })
    }

    fn line(&mut self, index: usize, read: &model::InvoiceLine) -> InvoiceLine {
        let place = format!("Ligne de facture n° {} : ", index + 1);
        let id = non_empty(&read.id);
        if id.is_none() {
            self.missing("BT-126", "BR-21", &place);
        }
        let label = read.item.name.as_deref().and_then(non_empty);
        if label.is_none() {
            self.missing("BT-153", "BR-25", &place);
        }
        let unit = non_empty(read.unit_code.as_str());
        if unit.is_none() {
            self.missing("BT-130", "BR-23", &place);
        }
        let price = read.price.net_price.into_decimal();
        let unit_price = UnitPrice::invoiced(price).unwrap_or_else(|_| {
            self.out_of_range(price, "BT-146", "est négatif ou a plus de dix décimales");
            UnitPrice::ZERO
        });
        let base_quantity =
            read.price.base_quantity.map_or(Decimal::ONE, en16931::Quantity::into_decimal);
        if base_quantity <= Decimal::ZERO {
            self.out_of_range(base_quantity, "BT-149", "n’est pas une quantité positive");
        }
        let (category, rate) = self.vat(&read.vat, "BT-151", "BR-CO-04");
        InvoiceLine {
            id: id.unwrap_or_default(),
            reference: [&read.item.buyer_identifier, &read.item.seller_identifier]
                .into_iter()
                .find_map(|one| one.as_deref().and_then(non_empty)),
            label: label.unwrap_or_default(),
            quantity: read.quantity.into_decimal(),
            unit: unit.unwrap_or_default(),
            unit_price,
            base_quantity,
            allowances: self.sum(&read.allowances),
            charges: self.sum(&read.charges),
            net: Net(cents(read.net_amount)),
            category,
            rate,
            order_line: read.order_line_reference.as_ref().and_then(|one| non_empty(one.as_str())),
        }
    }

    fn sum(&mut self, read: &[model::LineAllowanceCharge]) -> Net {
        Net::sum(read.iter().map(|one| Net(cents(one.amount)))).unwrap_or_else(|_| {
            self.out_of_range(Decimal::MAX, "BG-20", "dépasse ce qui peut être compté");
            Net::ZERO
        })
    }

    fn amounts(
        &mut self,
        read: &[model::DocumentAllowanceCharge],
        field: &str,
        rule: &str,
    ) -> Vec<DocumentAmount> {
        read.iter()
            .map(|one| {
                let (category, rate) = self.vat(&one.vat, field, rule);
                DocumentAmount {
                    amount: Net(cents(one.amount)),
                    reason: one.reason.as_deref().and_then(non_empty),
                    reason_code: one.reason_code.as_ref().and_then(|c| non_empty(c.as_str())),
                    category,
                    rate,
                }
            })
            .collect()
    }

    fn breakdown(&mut self, read: &model::VatBreakdown) -> VatBreakdown {
        VatBreakdown {
            category: self.category(&read.category, "BT-118", "BR-47"),
            rate: self.rate(read.rate),
            base: Net(cents(read.taxable_amount)),
            tax: Vat(cents(read.tax_amount)),
            exemption: read.exemption_reason.as_deref().and_then(non_empty),
        }
    }
}
