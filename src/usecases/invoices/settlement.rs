//! An invoice in dispute and the credit note that settles it, weighed together (rules 18 and 21).
//!
//! The invoice is shared by what is accepted and what is credited; the credit note gives the
//! credited part back to those it concerns. Whatever is then still above the order's price or
//! its price reduction, or on no order, keeps the dispute open.

use std::collections::BTreeMap;

use domain::ids::OrderLineId;
use domain::invoices::attribution::{AttributionError, Holding, attribute, concerned};
use domain::invoices::matching::left_to_invoice;
use domain::money::Net;
use domain::quantity::Quantity;
use rust_decimal::Decimal;

use super::super::Refusal;
use super::allocate::Concerned;
use super::booking::{Document, Parts, Scales, Weighed, gives_goods_back};
use crate::store::invoices::OrderedLine;

impl Scales<'_> {
    /// Weighs an invoice in dispute and the credit note that settles it; `whole` where the
    /// credit note gives all of it back.
    pub(super) fn settle(
        &mut self,
        invoice: Document<'_>,
        credit: Document<'_>,
        whom: &[Concerned],
        whole: bool,
    ) -> (Weighed, Weighed) {
        let credited = self.credited(credit, whom, whole);
        if whole {
            // Everybody gets back what it is charged: whose it was changes no balance.
            let charged = self.given(invoice, &credited);
            let back = self.given(credit, &credited);
            return (charged, back);
        }
        // What is credited may be charged first: it is given back at once.
        let mut more = BTreeMap::new();
        for parts in credited.values() {
            for (at, quantity) in parts {
                let sum: &mut Quantity = more.entry(*at).or_default();
                *sum = sum.plus(*quantity).unwrap_or(*sum);
            }
        }
        let charged = self.weigh(invoice, &[], &more);
        let back = self.weigh_with(credit, whom, &BTreeMap::new(), &credited);
        self.still_disputed(invoice, credit);
        (charged, back)
    }

    /// Whom each line of a credit note that gives goods back concerns, by position.
    fn credited(
        &mut self,
        credit: Document<'_>,
        whom: &[Concerned],
        whole: bool,
    ) -> BTreeMap<usize, Parts> {
        let mut found = BTreeMap::new();
        let mut before = self.shares.clone();
        for (position, (line, link)) in credit.invoice.lines.iter().zip(credit.links).enumerate() {
            let Some(ordered) = self.ordered(link) else { continue };
            if link.freight || !(whole || gives_goods_back(line, ordered)) {
                continue;
            }
            let Some(quantity) = self.quantity(line) else { continue };
            let of_line = self.of_line(ordered.id);
            let parts = if let Some(parts) = self.named(line, &of_line, quantity, whom) {
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
                self.parts(line, &of_line, parts)
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

    /// Names what a dispute leaves once the credit note is taken off: amounts above the order's
    /// price, and lines that nobody ordered.
    fn still_disputed(&mut self, invoice: Document<'_>, credit: Document<'_>) {
        let mut sums: BTreeMap<Option<OrderLineId>, (i64, Decimal, i64)> = BTreeMap::new();
        for (document, sign) in [(invoice, 1), (credit, -1)] {
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
            let allowed = reduced.map_or(allowed, |left| left.min(allowed)).cents();
            // Each printed line was rounded once.
            let slack = if ordered.is_some() { lines } else { 0 };
            if net > allowed.saturating_add(slack) {
                let what = ordered.map_or("les lignes hors commande", |one| one.reference.as_str());
                self.refusals.push(Refusal::new(
                    "avoir_insuffisant",
                    format!(
                        "Avoir déduit, il reste {} hors taxes pour {what}, au lieu de {} ; la \
                         facture reste en litige, demandez un avoir qui couvre tout l’écart.",
                        Net::from_cents(net),
                        Net::from_cents(allowed)
                    ),
                ));
            }
        }
    }
}
