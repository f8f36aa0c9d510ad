//! What a credit note does to the invoice it corrects (rule 21).
//!
//! A credit note that gives back the whole invoice is its mirror: every member gets back the
//! very cents it was charged, whatever a fresh sharing would have given. Any other is shared on
//! its own, between the members it concerns.

use super::einvoice::{DocumentAmount, EInvoice};

/// Whether `credit` gives back the whole of `invoice`, row by row in the same order.
pub fn gives_all_back(credit: &EInvoice, invoice: &EInvoice) -> bool {
    let same_amounts = |one: &[DocumentAmount], other: &[DocumentAmount]| {
        one.len() == other.len()
            && one.iter().zip(other).all(|(one, other)| {
                (one.amount, one.category, one.rate) == (other.amount, other.category, other.rate)
            })
    };
    let lines = credit.lines.len() == invoice.lines.len()
        && credit.lines.iter().zip(&invoice.lines).all(|(one, other)| {
            (one.net, one.quantity, one.category, one.rate)
                == (other.net, other.quantity, other.category, other.rate)
                && one.reference == other.reference
        });
    let taxes = credit.vat.len() == invoice.vat.len()
        && credit.vat.iter().zip(&invoice.vat).all(|(one, other)| {
            (one.category, one.rate, one.base, one.tax)
                == (other.category, other.rate, other.base, other.tax)
        });
    credit.kind.is_credit()
        && credit.totals == invoice.totals
        && lines
        && taxes
        && same_amounts(&credit.allowances, &invoice.allowances)
        && same_amounts(&credit.charges, &invoice.charges)
}
