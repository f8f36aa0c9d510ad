//! A member's share as its statement prints it, with the working of every amount.

use domain::french;
use minijinja::{Value, context};
use rust_decimal::Decimal;

use crate::documents::allocation_statement::{
    AllocationKey, AllocationStatement, SharedCharge, SharedTotal,
};

fn euros(exact: Decimal) -> String {
    format!("{}\u{a0}€", french::decimal(exact.normalize()))
}

fn key(key: AllocationKey) -> &'static str {
    match key {
        AllocationKey::Net => "selon les montants HT de chacun",
        AllocationKey::Quantity => "selon les quantités acceptées",
        AllocationKey::Equal => "à parts égales entre les lieux livrés",
        AllocationKey::Bases => "selon les bases de TVA de chacun",
    }
}

fn charge(one: &SharedCharge) -> Value {
    context! {
        label => one.label.as_str(),
        rate => one.vat_rate.french(),
        amount => one.amount.french(),
        invoice => one.invoice_amount.french(),
        key => key(one.key),
        weight => french::decimal(one.weight.normalize()),
        total_weight => french::decimal(one.total_weight.normalize()),
        exact => euros(one.exact),
    }
}

fn charges(all: &[SharedCharge]) -> Vec<Value> {
    all.iter().map(charge).collect()
}

fn total(one: SharedTotal) -> Option<Value> {
    (one.invoice.0 != 0 || one.share.0 != 0).then(|| {
        context! {
            amount => one.share.french(),
            invoice => one.invoice.french(),
            exact => euros(one.exact),
        }
    })
}

pub(super) fn view(statement: &AllocationStatement) -> Value {
    let lines: Vec<Value> = statement
        .lines
        .iter()
        .map(|line| {
            context! {
                id => line.id.as_str(),
                reference => line.reference.as_deref().unwrap_or("–"),
                label => line.label.as_str(),
                rate => line.vat_rate.french(),
                quantity => format!("{} {}", line.weight.french(), line.unit),
                price => line.unit_price.french(),
                net => line.net.french(),
                weight => line.weight.french(),
                total_weight => line.total_weight.french(),
                invoice => line.invoice_net.french(),
                exact => euros(line.exact),
            }
        })
        .collect();
    let vat: Vec<Value> = statement
        .vat
        .iter()
        .map(|vat| {
            context! {
                rate => vat.rate.french(),
                base => vat.base.french(),
                tax => vat.tax.french(),
                exact_base => euros(vat.exact_base),
                exact_tax => euros(vat.exact_tax),
                exemption => vat.exemption.as_deref(),
            }
        })
        .collect();
    let credits: Vec<Value> = statement
        .credits
        .iter()
        .map(|credit| {
            context! {
                number => credit.number.as_str(),
                on => french::date(credit.issued_on),
                gross => credit.gross.french(),
            }
        })
        .collect();
    let accounts: Vec<Value> = statement
        .accounts
        .iter()
        .map(|part| {
            context! {
                account => format!(
                    "{} {} ({})",
                    part.account.nature,
                    part.account.label,
                    part.account.section.french()
                ),
                gross => part.gross.french(),
            }
        })
        .collect();
    context! {
        number => statement.number.as_str(),
        alone => statement.sharers <= 1,
        sharers => french::count(statement.sharers),
        lines => lines,
        charges => charges(&statement.charges),
        allowances => charges(&statement.allowances),
        differences => charges(&statement.differences),
        net_difference => total(statement.net_difference),
        vat => vat,
        net => statement.net.french(),
        vat_total => statement.vat_total.french(),
        gross => statement.gross.french(),
        prepaid => total(statement.prepaid),
        rounding => total(statement.rounding),
        payable => statement.payable.french(),
        credits => credits,
        accounts => accounts,
        verification => statement.verification.as_str(),
        credit => statement.invoice.kind.is_credit(),
    }
}
