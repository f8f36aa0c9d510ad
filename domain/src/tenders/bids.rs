//! Bids: typed prices for the articles of a lot, and who wins.
//!
//! A bid is compared on the buyer's estimated quantities (DQE), at its own unit
//! prices: amounts a candidate typed are never trusted. A price left out or typed
//! as zero makes a bid incomplete: it is to be regularised, and is not ranked until
//! then.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::catalogue::{ArticleRef, LotCode};
use crate::ids::OrganisationId;
use crate::money::{AmountError, Gross, Net, Vat};
use crate::quantity::Quantity;
use crate::rounding;
use crate::vat::VatRate;

use super::consolidation::Consolidation;
use super::prices::{PriceLine, PriceSchedule};

/// The estimated quantities of a lot, by article: what bids are compared on.
pub type EstimatedQuantities = BTreeMap<ArticleRef, Quantity>;

/// The quantities ordered in `total` of one lot.
pub fn estimated_quantities(total: &Consolidation, lot: &LotCode) -> EstimatedQuantities {
    let of_the_lot = total.articles.iter().filter(|article| article.article.lot == *lot);
    of_the_lot.map(|article| (article.article.reference.clone(), article.ordered)).collect()
}

/// What a candidate offers for one lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bid {
    pub candidate: OrganisationId,
    /// A price left empty is left out.
    pub prices: BTreeMap<ArticleRef, PriceLine>,
}

/// A bid on the buyer's quantities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BidTotal {
    pub candidate: OrganisationId,
    /// Each line is quantity × price, rounded half-up once.
    pub net: Net,
    /// The tax of each rate, rounded once.
    pub vat_by_rate: BTreeMap<VatRate, Vat>,
    pub vat: Vat,
    pub gross: Gross,
    /// Articles of the lot without a price.
    pub missing: Vec<ArticleRef>,
    /// Articles of the lot offered for nothing.
    pub free: Vec<ArticleRef>,
}

impl BidTotal {
    /// Whether every article of the lot has a price; only such a bid is ranked.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.free.is_empty()
    }
}

impl Bid {
    /// The bid on `quantities`; what it offers beyond them does not count.
    pub fn total(&self, quantities: &EstimatedQuantities) -> Result<BidTotal, AmountError> {
        let (mut missing, mut free) = (Vec::new(), Vec::new());
        let mut bases: BTreeMap<VatRate, Net> = BTreeMap::new();
        for (reference, quantity) in quantities {
            let Some(line) = self.prices.get(reference) else {
                missing.push(reference.clone());
                continue;
            };
            let price = line.price_for(*quantity);
            if price.decimal().is_zero() {
                free.push(reference.clone());
            }
            let base = bases.entry(line.taxation.rate).or_default();
            *base = base.plus(price.times(*quantity)?)?;
        }
        let vat_by_rate = bases
            .iter()
            .map(|(rate, base)| rate.on(*base).map(|vat| (*rate, vat)))
            .collect::<Result<BTreeMap<_, _>, _>>()?;
        let net = Net::sum(bases.into_values())?;
        let vat = Vat::sum(vat_by_rate.values().copied())?;
        let gross = net.with(vat)?;
        Ok(BidTotal { candidate: self.candidate, net, vat_by_rate, vat, gross, missing, free })
    }

    /// The contract's first price schedule, in force from `from` on.
    pub fn schedule(&self, from: NaiveDate) -> PriceSchedule {
        PriceSchedule::initial(from, self.prices.clone())
    }
}

/// A bid in the ranking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    pub candidate: OrganisationId,
    pub net: Net,
    /// `most × lowest / net`, two decimals, half-up.
    pub price_score: Decimal,
}

/// The complete bids, cheapest first; `most` points go to the cheapest. Bids of one amount
/// have one score and stand in the order of their candidates.
pub fn rank(totals: &[BidTotal], most: u32) -> Vec<Ranked> {
    let mut ranked: Vec<&BidTotal> = totals.iter().filter(|total| total.is_complete()).collect();
    ranked.sort_by_key(|total| (total.net, total.candidate));
    let lowest = ranked.first().map_or(Net::ZERO, |total| total.net);
    ranked
        .into_iter()
        .map(|total| {
            // Multiplied before it is divided, so that a half is seen as a half.
            let points = Decimal::from(most) * lowest.0.to_decimal();
            let exact = points.checked_div(total.net.0.to_decimal());
            let mut price_score = rounding::half_up(exact.unwrap_or(Decimal::from(most)), 2);
            price_score.rescale(2);
            Ranked { candidate: total.candidate, net: total.net, price_score }
        })
        .collect()
}

/// The decision on a lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Award {
    pub candidate: OrganisationId,
    pub net: Net,
    pub decided_on: NaiveDate,
    /// Why not the cheapest, where another was chosen.
    pub reason: Option<String>,
}

/// Why a lot cannot be awarded so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AwardError {
    #[error("the candidate has no complete bid")]
    NotRanked,
    #[error("the cheapest bid is another one and no reason is given")]
    NoReason,
}

impl AwardError {
    pub fn for_the_reader(self) -> &'static str {
        match self {
            Self::NotRanked => {
                "Cette offre n’est pas classée : elle manque ou reste à régulariser. Rien n’a été \
                 attribué."
            }
            Self::NoReason => {
                "Une offre moins chère est classée : indiquez les critères qui justifient ce choix. \
                 Rien n’a été attribué."
            }
        }
    }
}

/// Awards the lot to `candidate`. Price is one criterion of several: another bid than the
/// cheapest may win, for a `reason` that is kept.
pub fn award(
    ranking: &[Ranked],
    candidate: OrganisationId,
    decided_on: NaiveDate,
    reason: Option<&str>,
) -> Result<Award, AwardError> {
    let chosen = ranking.iter().find(|ranked| ranked.candidate == candidate);
    let chosen = chosen.ok_or(AwardError::NotRanked)?;
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
    let cheapest = ranking.iter().map(|ranked| ranked.net).min();
    if reason.is_none() && cheapest.map(|net| net.cmp(&chosen.net)) == Some(Ordering::Less) {
        return Err(AwardError::NoReason);
    }
    Ok(Award { candidate, net: chosen.net, decided_on, reason: reason.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::order::Taxation;
    use crate::price::UnitPrice;
    use crate::vat::VatCategory;

    fn reference(text: &str) -> ArticleRef {
        text.parse().unwrap()
    }

    fn quantities() -> EstimatedQuantities {
        BTreeMap::from([
            (reference("BOI-001"), Quantity::whole(3000)),
            (reference("BOI-056"), Quantity::whole(60)),
        ])
    }

    fn bid(candidate: i64, prices: &[(&str, &str, i64)]) -> Bid {
        let line = |&(article, price, rate): &(&str, &str, i64)| {
            let price = UnitPrice::scheduled(price.parse().unwrap()).unwrap();
            let rate = VatRate::from_basis_points(rate).unwrap();
            let taxation = Taxation { category: VatCategory::S, rate };
            (reference(article), PriceLine::flat(price, taxation))
        };
        Bid { candidate: OrganisationId(candidate), prices: prices.iter().map(line).collect() }
    }

    fn complete(candidate: i64, box_price: &str) -> BidTotal {
        let prices = [("BOI-001", box_price, 2000), ("BOI-056", "19.00", 550), ("XXX", "1", 2000)];
        bid(candidate, &prices).total(&quantities()).unwrap()
    }

    #[test]
    fn a_bid_is_totalled_on_the_buyers_quantities() {
        let total = complete(1, "0.89");
        assert_eq!(total.net.machine(), "3810.00", "3 000 × 0.89 + 60 × 19.00");
        assert_eq!(total.vat.machine(), "596.70", "534.00 + 62.70");
        assert_eq!(total.gross.machine(), "4406.70");
        assert!(total.is_complete());
    }

    #[test]
    fn an_incomplete_bid_is_not_ranked() {
        let missing = bid(2, &[("BOI-001", "0.10", 2000)]).total(&quantities()).unwrap();
        let free = bid(3, &[("BOI-001", "0", 2000), ("BOI-056", "1", 550)]);
        let free = free.total(&quantities()).unwrap();
        assert_eq!(missing.missing, [reference("BOI-056")]);
        assert_eq!(free.free, [reference("BOI-001")]);
        let ranking = rank(&[missing, free, complete(1, "0.89")], 60);
        assert_eq!(ranking.len(), 1);
        assert_eq!(ranking[0].candidate, OrganisationId(1));
    }

    #[test]
    fn the_cheapest_has_all_points_and_the_others_in_proportion() {
        let ranking = rank(&[complete(1, "0.97"), complete(2, "0.89"), complete(3, "0.97")], 60);
        let scores: Vec<(i64, String)> = ranking
            .iter()
            .map(|ranked| (ranked.candidate.0, ranked.price_score.to_string()))
            .collect();
        let expected = [(2, "60.00".into()), (1, "56.44".into()), (3, "56.44".into())];
        assert_eq!(scores, expected, "60 × 3 810 / 4 050 = 56.444");
    }

    #[test]
    fn another_than_the_cheapest_wins_only_for_a_reason() {
        let ranking = rank(&[complete(1, "0.97"), complete(2, "0.89")], 60);
        let on = "2026-09-01".parse().unwrap();
        let to = |candidate, reason| award(&ranking, OrganisationId(candidate), on, reason);
        assert!(to(2, None).is_ok());
        assert_eq!(to(1, None), Err(AwardError::NoReason));
        assert_eq!(to(1, Some("  ")), Err(AwardError::NoReason));
        let reason = to(1, Some("valeur technique 38/40")).unwrap().reason;
        assert_eq!(reason.as_deref(), Some("valeur technique 38/40"));
        assert_eq!(to(9, Some("connu")), Err(AwardError::NotRanked));
    }

    #[test]
    fn the_prices_of_the_bid_become_the_first_schedule() {
        let schedule = bid(1, &[("BOI-001", "0.89", 2000)]).schedule("2026-09-14".parse().unwrap());
        assert_eq!(schedule.coefficient, Decimal::ONE);
        assert_eq!(schedule.lines[&reference("BOI-001")].price.machine(), "0.89");
    }
}
