//! The totals of an order.
//!
//! Every line is rounded once, the tax once per category and rate, never per
//! line (rule 16). Freight is judged on the order's own lines and taxed at its
//! own rate.

use std::collections::BTreeMap;

use crate::money::{AmountError, Gross, Net, Vat};
use crate::orders::order::{Order, Taxation};

/// The net of one category and rate, and its tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateTotal {
    pub taxation: Taxation,
    pub net: Net,
    pub vat: Vat,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    pub lines: Net,
    pub freight: Net,
    /// By category, then rate.
    pub rates: Vec<RateTotal>,
    /// Lines and freight: what counts under the ceiling.
    pub net: Net,
    pub vat: Vat,
    pub gross: Gross,
}

/// `OutOfRange` when the sums do not fit; an order without lines is all zero.
pub fn totals(order: &Order) -> Result<Totals, AmountError> {
    let mut by_rate: BTreeMap<Taxation, Net> = BTreeMap::new();
    let mut add = |taxation, net: Net| {
        let sum = by_rate.entry(taxation).or_default();
        *sum = sum.plus(net)?;
        Ok(())
    };
    let mut lines = Net::ZERO;
    for line in &order.lines {
        let net = line.net()?;
        lines = lines.plus(net)?;
        add(line.article.taxation, net)?;
    }
    let mut freight = Net::ZERO;
    if let Some(terms) = order.freight.filter(|_| !order.lines.is_empty()) {
        freight = terms.on(lines);
        if freight != Net::ZERO {
            add(terms.taxation, freight)?;
        }
    }
    let rates = by_rate
        .into_iter()
        .map(|(taxation, net)| Ok(RateTotal { taxation, net, vat: taxation.rate.on(net)? }))
        .collect::<Result<Vec<_>, AmountError>>()?;
    let net = lines.plus(freight)?;
    let vat = Vat::sum(rates.iter().map(|rate| rate.vat))?;
    Ok(Totals { lines, freight, rates, net, vat, gross: net.with(vat)? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::orders::fixtures::{article, freight, net, order, price, share, taxation};
    use crate::orders::order::{OrderLine, PricedArticle};

    fn line(position: u32, article: PricedArticle, quantity: u32) -> OrderLine {
        OrderLine { position, article, shares: vec![share(1, 1, quantity)] }
    }

    #[test]
    fn rule_16_the_tax_is_rounded_once_per_rate() {
        let lines = (1..=3).map(|position| line(position, article("10.03"), 1)).collect();
        let totals = totals(&order(lines)).unwrap();
        assert_eq!((totals.net.cents(), totals.vat.cents()), (3009, 602), "not 3 × 2.01");
    }

    #[test]
    fn freight_is_due_below_the_franco_and_taxed_at_its_own_rate() {
        let books = PricedArticle { taxation: taxation("5.5"), ..article("10.00") };
        for (quantity, expected) in [
            (29, (29_000, 4_500, 33_500, 1_595 + 900, 2)),
            (30, (30_000, 0, 30_000, 1_650, 1)), // the franco itself is reached
        ] {
            let terms = freight(4_500, Some(30_000));
            let mut order = order(vec![line(1, books, quantity)]);
            order.freight = Some(terms);
            let t = totals(&order).unwrap();
            let found =
                (t.lines.cents(), t.freight.cents(), t.net.cents(), t.vat.cents(), t.rates.len());
            assert_eq!(found, expected, "{quantity}");
        }
        let mut empty = order(vec![]);
        empty.freight = Some(freight(4_500, None));
        assert_eq!(totals(&empty).unwrap().gross, Gross::ZERO);
    }

    proptest! {
        #[test]
        fn the_totals_are_the_sums_of_their_parts_in_any_order(
            lines in prop::collection::vec((1..100_000_i64, 1..5_000_u32, 0..3_usize), 1..20),
            flat in 0..10_000_i64,
        ) {
            let rates = ["20", "5.5", "0"];
            let mut order = order(lines.iter().zip(1..).map(|((ten_thousandths, quantity, rate), position)| {
                let price = crate::price::UnitPrice::from_ten_thousandths(*ten_thousandths).unwrap();
                line(position, PricedArticle { price, taxation: taxation(rates[*rate]), ..article("1") }, *quantity)
            }).collect());
            order.freight = Some(freight(flat, None));
            let found = totals(&order).unwrap();
            let lines = Net::sum(order.lines.iter().map(|line| line.net().unwrap())).unwrap();
            prop_assert_eq!(found.lines, lines);
            prop_assert_eq!(found.net, lines.plus(net(flat)).unwrap());
            prop_assert_eq!(Net::sum(found.rates.iter().map(|rate| rate.net)).unwrap(), found.net);
            prop_assert_eq!(found.net.with(found.vat).unwrap(), found.gross);
            order.lines.reverse();
            prop_assert_eq!(totals(&order).unwrap(), found);
        }
    }

    #[test]
    fn a_quantity_that_overflows_is_an_error() {
        let dear = PricedArticle { price: price("99999999999.9999"), ..article("1") };
        assert_eq!(totals(&order(vec![line(1, dear, u32::MAX)])), Err(AmountError::OutOfRange));
    }
}
