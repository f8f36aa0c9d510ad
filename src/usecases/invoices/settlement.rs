//! An invoice in dispute and the credit notes that settle it, weighed together (rules 18 and 21).
//!
//! The invoice is shared by what is accepted and what is credited; each credit note gives its
//! credited part back to those it concerns. Whatever is then still above the order's price or
//! its price reduction, or on no order, keeps the dispute open until another credit note comes, or a person accepts it.

use std::collections::BTreeMap;

use domain::ids::OrderLineId;
use domain::invoices::attribution::{AttributionError, Holding, attribute, concerned};
use domain::invoices::matching::left_to_invoice;
use domain::money::Net;
use domain::quantity::Quantity;
use rust_decimal::Decimal;

use super::super::Refusal;
use super::booking::{Document, Parts, Scales, Weighed, gives_goods_back};
use super::naming::Concerned;
use crate::store::invoices::{OrderedLine, ShareLeft};

/// What a dispute leaves of one article, before VAT, its credit notes taken off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    pub what: String,
    pub billed: Net,
    /// At the order's price, its price reduction deducted.
    pub allowed: Net,
}

impl Left {
    /// What would be paid beyond the order.
    pub fn more(&self) -> Net {
        self.billed.minus(self.allowed).unwrap_or(self.billed)
    }

    /// Why it keeps the dispute open.
    pub(super) fn refusal(&self) -> Refusal {
        Refusal::new(
            "avoir_insuffisant",
            format!(
                "Avoirs déduits, il reste {} hors taxes pour {}, au lieu de {} ; la facture reste \
                 en litige : demandez un avoir qui couvre tout l’écart, ou closez le litige avec un \
                 motif.",
                self.billed, self.what, self.allowed
            ),
        )
    }
}

impl Scales<'_> {
    /// Weighs an invoice in dispute and its credit notes, in their order; `whole` where there is
    /// one that gives all of it back.
    pub(super) fn settle(
        &mut self,
        invoice: Document<'_>,
        credits: &[Document<'_>],
        whom: &[Concerned],
        whole: bool,
    ) -> (Weighed, Vec<Weighed>) {
        let mut before = self.shares.clone();
        let mut credited = Vec::new();
        for credit in credits {
            credited.push(self.credited(*credit, whom, whole, &mut before));
        }
        if !self.unnamed.is_empty() {
            // Whom they concern decides what may be charged: nothing more can be said before.
            return (Weighed::default(), Vec::new());
        }
        if let (true, [credit], [known]) = (whole, credits, &credited[..]) {
            // Everybody gets back what it is charged: whose it was changes no balance.
            let charged = self.given(invoice, known);
            let back = self.given(*credit, known);
            return (charged, vec![back]);
        }
        // What is credited may be charged first: it is given back at once.
        let mut more = BTreeMap::new();
        for (at, quantity) in credited.iter().flat_map(BTreeMap::values).flatten() {
            let sum: &mut Quantity = more.entry(*at).or_default();
            *sum = sum.plus(*quantity).unwrap_or(*sum);
        }
        let charged = self.weigh(invoice, &[], &more);
        let back = credits
            .iter()
            .zip(&credited)
            .map(|(credit, known)| self.weigh_with(*credit, whom, &BTreeMap::new(), known))
            .collect();
        self.still_disputed(invoice, credits);
        (charged, back)
    }

    /// Whom each line of a credit note that gives goods back concerns, by position; `before`
    /// remembers it for the next credit note.
    fn credited(
        &mut self,
        credit: Document<'_>,
        whom: &[Concerned],
        whole: bool,
        before: &mut [ShareLeft],
    ) -> BTreeMap<usize, Parts> {
        let mut found = BTreeMap::new();
        for (position, (line, link)) in credit.invoice.lines.iter().zip(credit.links).enumerate() {
            let Some(ordered) = self.ordered(link) else { continue };
            if link.freight || !(whole || gives_goods_back(line, ordered)) {
                continue;
            }
            let Some(quantity) = self.quantity(line) else { continue };
            let of_line = self.of_line(ordered.id);
            let parts = if let Some(parts) = self.named(credit.id, line, &of_line, quantity, whom) {
                parts
            } else {
                let holdings: Vec<Holding> = of_line.iter().map(|at| before[*at].holding).collect();
                let parts = match concerned(quantity, &holdings) {
                    Err(AttributionError::Unknown { .. }) if whole => {
                        let all: Vec<Quantity> = holdings.iter().map(|one| one.ordered).collect();
                        attribute(quantity, &all, !ordered.unit.takes_decimals())
                    }
                    other => other,
                };
                self.parts(credit, line, &of_line, parts)
            };
            for (at, part) in &parts {
                let holding = &mut before[*at].holding;
                holding.credited = holding.credited.plus(*part).unwrap_or(holding.credited);
            }
            found.insert(position, parts);
        }
        found
    }

    /// What is left to invoice of a line whose price was reduced at its delivery.
    fn left_of(&self, ordered: &OrderedLine) -> Option<Net> {
        let billed = self.billed.get(&ordered.id).copied().unwrap_or(Net::ZERO);
        left_to_invoice(ordered.price, ordered.accepted, ordered.reduction, billed)
    }

    /// Keeps what a dispute leaves once the credit notes are taken off: amounts above the order's
    /// price, and lines that nobody ordered.
    fn still_disputed(&mut self, invoice: Document<'_>, credits: &[Document<'_>]) {
        let mut sums: BTreeMap<Option<OrderLineId>, (i64, Decimal, i64)> = BTreeMap::new();
        let signed = credits.iter().map(|credit| (*credit, -1));
        for (document, sign) in std::iter::once((invoice, 1)).chain(signed) {
            for (line, link) in document.invoice.lines.iter().zip(document.links) {
                if link.freight {
                    continue;
                }
                let goods = sign == 1
                    || self.ordered(link).is_some_and(|ordered| gives_goods_back(line, ordered));
                let (net, quantity, lines) = sums.entry(link.order_line).or_default();
                *net = net.saturating_add(line.net.cents().saturating_mul(sign));
                if goods {
                    *quantity = quantity.saturating_add(line.quantity * Decimal::from(sign));
                }
                *lines += 1;
            }
        }
        for (line, (net, quantity, lines)) in sums {
            let ordered = self.order.lines.iter().find(|one| Some(one.id) == line);
            let allowed = ordered.and_then(|ordered| {
                let kept = Quantity::new(quantity.max(Decimal::ZERO)).ok()?;
                ordered.price.times(kept).ok()
            });
            let allowed = allowed.unwrap_or(Net::ZERO);
            let reduced = ordered.and_then(|ordered| self.left_of(ordered));
            let allowed = reduced.map_or(allowed, |left| left.min(allowed));
            // Each printed line was rounded once.
            let slack = if ordered.is_some() { lines } else { 0 };
            if net > allowed.cents().saturating_add(slack) {
                let what = ordered.map_or("les lignes hors commande", |one| one.reference.as_str());
                let (what, billed) = (what.to_owned(), Net::from_cents(net));
                self.left.push(Left { what, billed, allowed });
            }
        }
    }
}
