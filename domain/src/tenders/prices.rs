//! Dated price schedules (BPU).
//!
//! A contract's prices stand in schedules, each in force from a day on: the bid's
//! own, then one for each revision. An order keeps the prices of the schedule in
//! force on its day, with the state of the indices; a later revision does not
//! touch it (rule 14).

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::catalogue::ArticleRef;
use crate::orders::order::Taxation;
use crate::price::UnitPrice;
use crate::quantity::Quantity;

use super::tiers::Tier;

/// The price of one article in a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceLine {
    pub price: UnitPrice,
    /// Lower prices from a quantity on, in ascending order of quantity; usually none.
    pub tiers: Vec<Tier>,
    pub taxation: Taxation,
}

impl PriceLine {
    /// A price without tiers.
    pub fn flat(price: UnitPrice, taxation: Taxation) -> Self {
        Self { price, tiers: Vec::new(), taxation }
    }

    /// The price where `quantity` is what counts for the tiers (see [`super::tiers::TierBase`]).
    pub fn price_for(&self, quantity: Quantity) -> UnitPrice {
        let reached = self.tiers.iter().filter(|tier| tier.from <= quantity);
        reached.max_by_key(|tier| tier.from).map_or(self.price, |tier| tier.price)
    }
}

/// The prices in force from a day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceSchedule {
    pub from: NaiveDate,
    /// What revised the initial prices into these; one before any revision.
    pub coefficient: Decimal,
    /// The index values it was computed with, by index code; none before any revision.
    pub indices: BTreeMap<String, Decimal>,
    pub lines: BTreeMap<ArticleRef, PriceLine>,
}

impl PriceSchedule {
    /// The prices of a bid, in force from the contract's first day on.
    pub fn initial(from: NaiveDate, lines: BTreeMap<ArticleRef, PriceLine>) -> Self {
        Self { from, coefficient: Decimal::ONE, indices: BTreeMap::new(), lines }
    }
}

/// The schedule in force on `day`, the one that began last; `None` before the first.
pub fn in_force_on(schedules: &[PriceSchedule], day: NaiveDate) -> Option<&PriceSchedule> {
    schedules.iter().filter(|schedule| schedule.from <= day).max_by_key(|schedule| schedule.from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vat::{VatCategory, VatRate};

    #[test]
    fn rule_14_an_order_keeps_the_price_of_its_day() {
        let schedule = |from: &str, price: &str| {
            let price = UnitPrice::scheduled(price.parse().unwrap()).unwrap();
            let taxation = Taxation { category: VatCategory::S, rate: VatRate::ZERO };
            let line = PriceLine::flat(price, taxation);
            let lines = BTreeMap::from([("BOI-012".parse().unwrap(), line)]);
            PriceSchedule::initial(from.parse().unwrap(), lines)
        };
        let mut schedules = vec![schedule("2026-09-14", "1.87")];
        let reference = "BOI-012".parse().unwrap();
        let on = |schedules: &[PriceSchedule], day: &str| {
            in_force_on(schedules, day.parse().unwrap())
                .map(|schedule| schedule.lines[&reference].price.machine())
        };
        let ordered = on(&schedules, "2027-03-01");
        schedules.push(schedule("2027-09-14", "1.96"));
        assert_eq!(on(&schedules, "2027-03-01"), ordered, "a later revision changes nothing");
        assert_eq!(on(&schedules, "2027-09-13").as_deref(), Some("1.87"));
        assert_eq!(on(&schedules, "2027-09-14").as_deref(), Some("1.96"));
        assert_eq!(on(&schedules, "2026-09-13"), None);
    }
}
