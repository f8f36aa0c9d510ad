//! What needs may cost: whole packs, prices to the cent, VAT, totals.
//!
//! One rule for the page where needs are typed, for its check and for the receipt, so that they
//! cannot differ by a cent. A year's need is that year's order line, so it is rounded to packs
//! and to the cent year by year, and a line is the sum of its years. VAT is rounded once for
//! each year, account and rate, so that years and accounts add up to the same total.

use std::collections::BTreeMap;

use crate::catalogue::PackSize;
use crate::group::convention::PackingPolicy;
use crate::money::{AmountError, Gross, Net, Vat};
use crate::price::UnitPrice;
use crate::quantity::{Quantity, QuantityError};
use crate::tenders::packing::{self, Ask};
use crate::vat::VatRate;

/// Why needs have no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValuationError {
    #[error("un montant est trop grand ({0})")]
    Amount(#[from] AmountError),
    #[error("une quantité est trop grande ({0})")]
    Quantity(#[from] QuantityError),
}

/// One year of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YearValue {
    pub ordered: Quantity,
    /// `None` for what is measured.
    pub packs: Option<u64>,
    pub net: Net,
}

/// A line over all its years.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineValue {
    pub years: Vec<YearValue>,
    pub ordered: Quantity,
    pub packs: Option<u64>,
    pub net: Net,
}

/// The value of `quantities`, one a year, of an article.
pub fn line(
    price: UnitPrice,
    pack: Option<PackSize>,
    quantities: &[Quantity],
) -> Result<LineValue, ValuationError> {
    let mut years = Vec::with_capacity(quantities.len());
    let (mut ordered, mut net) = (Quantity::ZERO, Net::ZERO);
    let mut packs = pack.map(|_| 0_u64);
    for needed in quantities {
        let ask = Ask { needed: *needed, tolerance: Quantity::ZERO };
        let packed = packing::pack(PackingPolicy::Site, pack, &[ask])?;
        let amount = price.times(packed.ordered)?;
        ordered = ordered.plus(packed.ordered)?;
        net = net.plus(amount)?;
        packs = packs.zip(packed.packs).map(|(all, more)| all.saturating_add(more));
        years.push(YearValue { ordered: packed.ordered, packs: packed.packs, net: amount });
    }
    Ok(LineValue { years, ordered, packs, net })
}

/// An amount before and after VAT.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    pub net: Net,
    pub vat: Vat,
    pub gross: Gross,
}

/// Totals that agree with each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals<K> {
    pub by_year: Vec<Total>,
    pub by_account: BTreeMap<K, Total>,
    pub all: Total,
}

/// Net amounts by year, account and rate: the cells that the totals are made of.
#[derive(Debug, Clone)]
pub struct Cells<K>(BTreeMap<(usize, K, VatRate), Net>);

impl<K> Default for Cells<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord + Clone> Cells<K> {
    /// Counts a line in, under the account it goes to.
    pub fn add(
        &mut self,
        account: &K,
        rate: VatRate,
        line: &LineValue,
    ) -> Result<(), ValuationError> {
        for (year, value) in line.years.iter().enumerate() {
            let cell = self.0.entry((year, account.clone(), rate)).or_default();
            *cell = cell.plus(value.net)?;
        }
        Ok(())
    }

    /// The totals over `years` years.
    pub fn totals(self, years: usize) -> Result<Totals<K>, ValuationError> {
        let mut totals = Totals {
            by_year: vec![Total::default(); years],
            by_account: BTreeMap::new(),
            all: Total::default(),
        };
        for ((year, account, rate), net) in self.0 {
            let vat = rate.on(net)?;
            let account = totals.by_account.entry(account).or_default();
            for sum in totals.by_year.get_mut(year).into_iter().chain([account, &mut totals.all]) {
                sum.net = sum.net.plus(net)?;
                sum.vat = sum.vat.plus(vat)?;
                sum.gross = sum.net.with(sum.vat)?;
            }
        }
        Ok(totals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> UnitPrice {
        UnitPrice::scheduled(text.parse().unwrap()).unwrap()
    }

    #[test]
    fn a_hundred_and_one_boxes_by_fifty_are_three_packs_each_year() {
        let pack = Some(PackSize::new(50).unwrap());
        let years = [101, 150, 0].map(Quantity::whole);
        let value = line(price("0.89"), pack, &years).unwrap();
        assert_eq!(value.packs, Some(6));
        assert_eq!(value.ordered, Quantity::whole(300));
        assert_eq!(value.years[0].net, Net::from_cents(13_350));
        assert_eq!(value.net, Net::from_cents(26_700));
        assert_eq!(value.years[2].packs, Some(0));
    }

    #[test]
    fn vat_is_rounded_once_a_year_account_and_rate() {
        let rate = VatRate::from_basis_points(2000).unwrap();
        let one = |price_text| line(price(price_text), None, &[Quantity::whole(1); 2]).unwrap();
        let mut cells = Cells::default();
        for (account, net) in [("6064", "0.03"), ("6064", "0.03"), ("21848", "0.03")] {
            cells.add(&account, rate, &one(net)).unwrap();
        }
        let totals = cells.totals(2).unwrap();
        assert_eq!(totals.by_account["6064"].vat, Vat::from_cents(2), "6 cents: 1.2, twice");
        assert_eq!(totals.by_account["21848"].vat, Vat::from_cents(2), "3 cents: 0.6, twice");
        assert_eq!(totals.by_year[0].vat, Vat::from_cents(2));
        assert_eq!(totals.all.gross, Gross::from_cents(22));
    }
}
