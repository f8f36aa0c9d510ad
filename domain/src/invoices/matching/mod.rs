//! An invoice against its order, its accepted deliveries and what came before (rule 18).
//!
//! Three grades, because they call for three people. What makes the invoice
//! nobody's (no order, another buyer, a number already used) *refuses* it: it goes
//! back to the supplier. What concerns its amounts (a price above the order's, more
//! than was accepted, a line nobody ordered) *blocks* it: it is taken in and named,
//! and neither shared nor paid until somebody has decided. The rest is a *warning*.
//!
//! A refused invoice is not compared any further: it would be with the wrong order.

mod mismatch;
mod sums;

use super::einvoice::{EInvoice, InvoiceLine, Party};
use crate::money::Net;
use crate::price::UnitPrice;
use crate::quantity::Quantity;
use crate::siret::Siret;
use crate::vat::{VatCategory, VatRate};

use sums::{Billed, above};

pub use mismatch::{Mismatch, Severity};
pub use sums::left_to_invoice;

/// What an order says, and what has become of it so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderFacts {
    pub number: String,
    /// The member, or in coordination model C the coordinator.
    pub buyer: Siret,
    pub supplier: Siret,
    pub lines: Vec<OrderLineFacts>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLineFacts {
    /// The line's number on the order, which the invoice quotes as BT-132.
    pub number: u32,
    pub reference: String,
    pub ordered: Quantity,
    /// Delivered and accepted until now.
    pub accepted: Quantity,
    /// Invoiced until now, less what credit notes gave back.
    pub invoiced: Quantity,
    /// The price reductions (réfactions) decided on what was accepted.
    pub reduction: Net,
    /// The amount invoiced until now, less what credit notes gave back of goods and of prices.
    pub billed: Net,
    /// The price at the date of the order.
    pub unit_price: UnitPrice,
    /// `None` where the catalogue does not say.
    pub vat_rate: Option<VatRate>,
}

/// What an arriving invoice is compared with.
#[derive(Debug, Clone, Copy)]
pub struct Intake<'a> {
    /// The order that the invoice names (a credit note: or that of the invoice it corrects).
    pub order: Option<&'a OrderFacts>,
    /// The numbers of every invoice and credit note this supplier has sent before.
    pub earlier_numbers: &'a [String],
    /// Article references under which the supplier bills freight: on no order, and no surprise.
    pub freight_references: &'a [String],
}

/// Everything that does not match, what refuses first; empty when the invoice may be shared.
pub fn compare(invoice: &EInvoice, intake: &Intake<'_>) -> Vec<Mismatch> {
    let refusals = refusals(invoice, intake);
    match intake.order {
        Some(order) if refusals.is_empty() => against_order(invoice, order, intake),
        Some(_) | None => refusals,
    }
}

fn refusals(invoice: &EInvoice, intake: &Intake<'_>) -> Vec<Mismatch> {
    let mut found = Vec::new();
    if intake.earlier_numbers.iter().any(|number| number.trim() == invoice.number.trim()) {
        found.push(Mismatch::NumberAlreadyUsed { number: invoice.number.clone() });
    }
    match (intake.order, &invoice.order_reference) {
        (Some(order), _) => {
            if !is(&invoice.buyer, &order.buyer) {
                let (order, expected) = (order.number.clone(), order.buyer.clone());
                found.push(Mismatch::OtherBuyer { order, expected });
            }
            if !is(&invoice.seller, &order.supplier) {
                let (order, expected) = (order.number.clone(), order.supplier.clone());
                found.push(Mismatch::OtherSupplier { order, expected });
            }
        }
        (None, Some(number)) => found.push(Mismatch::UnknownOrder { number: number.clone() }),
        (None, None) => found.push(Mismatch::NoOrderNumber),
    }
    found
}

/// By SIRET; by SIREN where the invoice gives only that. An unnamed party is nobody.
fn is(party: &Party, expected: &Siret) -> bool {
    let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    match (&party.siret, &party.siren) {
        (Some(siret), _) => bare(siret) == expected.as_str(),
        (None, Some(siren)) => bare(siren) == expected.siren().as_str(),
        (None, None) => false,
    }
}

fn against_order(invoice: &EInvoice, order: &OrderFacts, intake: &Intake<'_>) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let credit = invoice.kind.is_credit();
    let spent = |line: &OrderLineFacts| !line.ordered.is_zero() && line.invoiced >= line.ordered;
    let all_spent = !credit && !order.lines.is_empty() && order.lines.iter().all(spent);
    if all_spent {
        found.push(Mismatch::OrderAlreadyInvoiced { order: order.number.clone() });
    }
    // Per line of the order: what this invoice bills of it.
    let mut billed: Vec<Option<Billed<'_>>> = vec![None; order.lines.len()];
    for line in &invoice.lines {
        let Some(index) = ordered_line(line, order) else {
            let is_freight = |one: &String| intake.freight_references.contains(one);
            if !line.reference.as_ref().is_some_and(is_freight) {
                let (line, label) = (line.id.clone(), line.label.clone());
                found.push(Mismatch::LineNotInOrder { line, label });
            }
            continue;
        };
        found.extend(price(line, &order.lines[index], credit));
        found.extend(vat_rate(line, &order.lines[index]));
        billed[index].get_or_insert(Billed::none(line)).add(line);
    }
    for (facts, billed) in order.lines.iter().zip(billed) {
        let Some(billed) = billed else { continue };
        if credit {
            if billed.quantity > facts.invoiced.decimal() {
                found.push(Mismatch::CreditAboveInvoiced {
                    line: billed.first.id.clone(),
                    invoiced: facts.invoiced,
                    credited: billed.quantity,
                });
            }
        } else if !all_spent {
            found.extend(above(&billed, facts));
        }
    }
    found.sort_by_key(Mismatch::severity);
    found
}

/// The order's line by the number the invoice quotes, unless the article says otherwise; else by
/// the article.
pub fn ordered_line(line: &InvoiceLine, order: &OrderFacts) -> Option<usize> {
    let same_article = |facts: &OrderLineFacts| {
        line.reference.as_ref().is_some_and(|reference| *reference == facts.reference)
    };
    let quoted = line.order_line.as_ref().and_then(|number| number.trim().parse::<u32>().ok());
    let by_number = order.lines.iter().position(|facts| {
        Some(facts.number) == quoted && (line.reference.is_none() || same_article(facts))
    });
    by_number.or_else(|| order.lines.iter().position(same_article))
}

fn price(line: &InvoiceLine, facts: &OrderLineFacts, credit: bool) -> Option<Mismatch> {
    let ordered = facts.unit_price.decimal();
    // Compared by multiplication: a price for 7 does not divide.
    let exact = ordered.checked_mul(line.base_quantity);
    let printed = line.unit_price.decimal();
    if exact == Some(printed) {
        return None;
    }
    let invoiced = printed.checked_div(line.base_quantity).unwrap_or(printed);
    let id = line.id.clone();
    let above = exact.is_none_or(|exact| printed > exact);
    Some(if above && !credit {
        Mismatch::PriceAbove { line: id, ordered, invoiced }
    } else {
        Mismatch::PriceDiffers { line: id, ordered, invoiced }
    })
}

/// A supplier without VAT (art. 293 B CGI) bills category E: that is no wrong rate.
fn vat_rate(line: &InvoiceLine, facts: &OrderLineFacts) -> Option<Mismatch> {
    let expected = facts.vat_rate?;
    (line.category == VatCategory::S && line.rate != expected).then(|| Mismatch::VatRateDiffers {
        line: line.id.clone(),
        expected,
        invoiced: line.rate,
    })
}

#[cfg(test)]
mod tests {
    use super::super::einvoice::InvoiceKind;
    use super::super::einvoice::testing;
    use super::*;

    const BUYER: &str = "21620041000019";
    const SUPPLIER: &str = "00062010400018";

    fn quantity(text: &str) -> Quantity {
        Quantity::parse(text).unwrap()
    }

    fn order() -> OrderFacts {
        OrderFacts {
            number: "BC-1".into(),
            buyer: BUYER.parse().unwrap(),
            supplier: SUPPLIER.parse().unwrap(),
            lines: vec![OrderLineFacts {
                number: 1,
                reference: "BOI-002".into(),
                ordered: quantity("250"),
                accepted: quantity("240"),
                invoiced: Quantity::ZERO,
                reduction: Net::ZERO,
                billed: Net::ZERO,
                unit_price: UnitPrice::scheduled("1.87".parse().unwrap()).unwrap(),
                vat_rate: Some(VatRate::percent(20.into()).unwrap()),
            }],
        }
    }

    /// An invoice of `count` boxes of the order above at 1.87.
    fn invoice(count: i64) -> EInvoice {
        let mut line = testing::line(&(count * 187).to_string(), "20");
        line.reference = Some("BOI-002".into());
        line.order_line = Some("1".into());
        line.quantity = count.into();
        line.unit_price = UnitPrice::invoiced("1.87".parse().unwrap()).unwrap();
        let mut invoice = testing::invoice(&[line]);
        invoice.order_reference = Some("BC-1".into());
        invoice.buyer.siret = Some(BUYER.into());
        invoice.seller.siret = Some(SUPPLIER.into());
        invoice
    }

    fn found(invoice: &EInvoice, order: Option<&OrderFacts>) -> Vec<Mismatch> {
        compare(invoice, &Intake { order, earlier_numbers: &[], freight_references: &[] })
    }

    fn codes(invoice: &EInvoice, order: &OrderFacts) -> Vec<&'static str> {
        found(invoice, Some(order)).iter().map(Mismatch::code).collect()
    }

    #[test]
    fn rule_18_ordered_250_accepted_240_invoiced_250_disputes_18_70() {
        let found = found(&invoice(250), Some(&order()));
        let [Mismatch::AboveAccepted { disputed, .. }] = &found[..] else {
            panic!("{found:?}");
        };
        assert_eq!(disputed.cents(), 1870);
        assert_eq!(found[0].severity(), Severity::Blocks);
        assert!(codes(&invoice(240), &order()).is_empty());
    }

    #[test]
    fn several_invoices_of_one_order_are_counted_together() {
        let mut half = order();
        half.lines[0].accepted = quantity("250");
        half.lines[0].invoiced = quantity("150");
        assert!(codes(&invoice(100), &half).is_empty());
        assert_eq!(codes(&invoice(101), &half), ["quantite_superieure_a_la_commande"]);
        half.lines[0].invoiced = quantity("250");
        assert_eq!(codes(&invoice(1), &half), ["commande_deja_facturee"]);
        let mut twice = invoice(130);
        twice.lines.push(twice.lines[0].clone());
        half.lines[0].invoiced = Quantity::ZERO;
        assert_eq!(codes(&twice, &half), ["quantite_superieure_a_la_commande"]);
    }

    #[test]
    fn a_price_reduction_lowers_what_may_be_invoiced() {
        let mut reduced = order();
        reduced.lines[0].reduction = Net::from_cents(1_000);
        let [Mismatch::ReductionLeftOut { disputed, reduction, .. }] =
            &found(&invoice(240), Some(&reduced))[..]
        else {
            panic!("a reduction is left out");
        };
        assert_eq!((disputed.cents(), reduction.cents()), (1_000, 1_000));
        // The first of two invoices may leave it to the second.
        assert!(codes(&invoice(100), &reduced).is_empty());
        reduced.lines[0].invoiced = quantity("100");
        reduced.lines[0].billed = Net::from_cents(18_700);
        assert_eq!(codes(&invoice(140), &reduced), ["refaction_non_deduite"]);
        let mut honest = invoice(140);
        honest.lines[0].net = Net::from_cents(140 * 187 - 1_000);
        assert!(codes(&honest, &reduced).is_empty());
        // A credit note took the price down before.
        reduced.lines[0].billed = Net::from_cents(17_700);
        assert!(codes(&invoice(140), &reduced).is_empty());
    }

    #[test]
    fn a_price_above_the_order_blocks_and_one_below_warns() {
        for (price, base, expected) in [
            ("1.88", 1, Some(Severity::Blocks)),
            ("1.86", 1, Some(Severity::Warns)),
            ("187", 100, None),
            ("187.01", 100, Some(Severity::Blocks)),
        ] {
            let mut dear = invoice(10);
            dear.lines[0].unit_price = UnitPrice::invoiced(price.parse().unwrap()).unwrap();
            dear.lines[0].base_quantity = base.into();
            let severities: Vec<_> =
                found(&dear, Some(&order())).iter().map(Mismatch::severity).collect();
            assert_eq!(severities, Vec::from_iter(expected), "{price} for {base}");
        }
    }

    #[test]
    fn an_invoice_that_is_nobodys_is_refused_and_compared_no_further() {
        let mut used = invoice(1000);
        used.number = " F-7 ".into();
        let earlier = ["F-7".to_owned()];
        let order = order();
        let intake =
            Intake { order: Some(&order), earlier_numbers: &earlier, freight_references: &[] };
        let codes_of = |all: Vec<Mismatch>| all.iter().map(Mismatch::code).collect::<Vec<_>>();
        let all = compare(&used, &intake);
        assert_eq!(all[0].severity(), Severity::Refuses);
        assert_eq!(codes_of(all), ["numero_de_facture_deja_utilise_par_ce_fournisseur"]);

        assert_eq!(codes_of(found(&invoice(1), None)), ["commande_inconnue"]);
        let mut silent = invoice(1);
        silent.order_reference = None;
        assert_eq!(codes_of(found(&silent, None)), ["sans_numero_de_commande"]);

        let mut other = invoice(1);
        other.buyer.siret = Some("21620361200017".into());
        assert_eq!(codes(&other, &order), ["acheteur_different_de_la_commande"]);
        other.buyer = Party { siren: Some("216200410".into()), ..Party::default() };
        other.seller.siret = None;
        assert_eq!(codes(&other, &order), ["fournisseur_different_de_la_commande"]);
    }

    #[test]
    fn a_line_nobody_ordered_blocks_unless_it_is_freight() {
        let mut more = invoice(1);
        more.lines
            .push(InvoiceLine { reference: Some("PORT".into()), ..testing::line("4500", "20") });
        let order = order();
        assert_eq!(codes(&more, &order), ["ligne_hors_commande"]);
        let freight = ["PORT".to_owned()];
        let intake =
            Intake { order: Some(&order), earlier_numbers: &[], freight_references: &freight };
        assert!(compare(&more, &intake).is_empty());
    }

    #[test]
    fn another_rate_than_the_catalogue_warns_except_without_vat() {
        let mut reduced = invoice(1);
        reduced.lines[0].rate = VatRate::percent("5.5".parse().unwrap()).unwrap();
        assert_eq!(codes(&reduced, &order()), ["taux_tva_different_du_catalogue"]);
        reduced.lines[0].rate = VatRate::ZERO;
        reduced.lines[0].category = VatCategory::E;
        assert!(codes(&reduced, &order()).is_empty());
    }

    #[test]
    fn a_credit_note_gives_back_at_most_what_was_invoiced() {
        let mut credit = invoice(25);
        credit.kind = InvoiceKind::CreditNote(381);
        let mut invoiced = order();
        invoiced.lines[0].invoiced = quantity("25");
        assert!(codes(&credit, &invoiced).is_empty());
        invoiced.lines[0].invoiced = quantity("24");
        assert_eq!(codes(&credit, &invoiced), ["avoir_superieur_au_facture"]);
    }

    #[test]
    fn every_mismatch_says_in_french_what_to_do() {
        let text = found(&invoice(250), Some(&order()))[0].french();
        assert_eq!(
            text.replace(['\u{a0}', '\u{202f}'], " "),
            "Ligne « 1 » : 250 facturés au total pour 240 reçus et admis ; 18,70 € hors taxes sont \
             contestés jusqu’à la réception ou un avoir."
        );
    }
}
