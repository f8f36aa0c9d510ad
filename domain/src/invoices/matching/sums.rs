//! What an invoice bills of each line of its order, beside what may be billed.

use rust_decimal::Decimal;

use super::{Mismatch, OrderLineFacts};
use crate::invoices::einvoice::InvoiceLine;
use crate::money::{Cents, Net};
use crate::price::UnitPrice;
use crate::quantity::Quantity;

/// What an invoice bills of one line of its order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Billed<'a> {
    /// The first of its lines that does.
    pub(super) first: &'a InvoiceLine,
    pub(super) quantity: Decimal,
    /// In cents, before VAT.
    net: i64,
    lines: i64,
}

impl<'a> Billed<'a> {
    pub(super) fn none(first: &'a InvoiceLine) -> Self {
        Self { first, quantity: Decimal::ZERO, net: 0, lines: 0 }
    }

    pub(super) fn add(&mut self, line: &InvoiceLine) {
        self.quantity = self.quantity.saturating_add(line.quantity);
        self.net = self.net.saturating_add(line.net.cents());
        self.lines += 1;
    }
}

/// What is left to invoice of a line: accepted quantities at the order's price, less the price
/// reductions and what is billed. `None` where nothing was reduced, or beyond any amount.
pub fn left_to_invoice(
    price: UnitPrice,
    accepted: Quantity,
    reduction: Net,
    billed: Net,
) -> Option<Net> {
    if reduction <= Net::ZERO {
        return None;
    }
    price.times(accepted).ok()?.minus(reduction).ok()?.minus(billed).ok()
}

/// What is billed beyond what was ordered or accepted, else beyond what its price was reduced to.
pub(super) fn above(billed: &Billed<'_>, facts: &OrderLineFacts) -> Option<Mismatch> {
    too_much(billed, facts).or_else(|| reduction(billed, facts))
}

/// A price reduction that is left out: invoices in parts may leave it to the last of them.
fn reduction(billed: &Billed<'_>, facts: &OrderLineFacts) -> Option<Mismatch> {
    let (price, accepted) = (facts.unit_price, facts.accepted);
    let left = left_to_invoice(price, accepted, facts.reduction, facts.billed)?;
    let excess = billed.net.saturating_sub(left.cents());
    // Each printed line was rounded once.
    (excess > billed.lines).then(|| Mismatch::ReductionLeftOut {
        line: billed.first.id.clone(),
        reduction: facts.reduction,
        disputed: Net::from_cents(excess.min(billed.net)),
    })
}

fn too_much(billed: &Billed<'_>, facts: &OrderLineFacts) -> Option<Mismatch> {
    let (line, quantity) = (billed.first, billed.quantity);
    let invoiced = quantity.saturating_add(facts.invoiced.decimal());
    // Only this invoice's part of the excess is in dispute: the rest was, with the one before.
    let excess = (invoiced - facts.accepted.decimal()).min(quantity);
    let disputed = excess
        .checked_mul(facts.unit_price.decimal())
        .and_then(|amount| Cents::rounded(amount).ok())
        .map_or(line.net, Net);
    let id = line.id.clone();
    if invoiced > facts.ordered.decimal() {
        Some(Mismatch::AboveOrdered { line: id, ordered: facts.ordered, invoiced, disputed })
    } else if invoiced > facts.accepted.decimal() {
        Some(Mismatch::AboveAccepted { line: id, accepted: facts.accepted, invoiced, disputed })
    } else {
        None
    }
}
