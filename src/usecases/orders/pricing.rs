//! The price of every line of drafts, by the tier that the contract's base chooses (rule 13).

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use domain::dates::months_after;
use domain::ids::ArticleVersionId;
use domain::orders::draft::reprice;
use domain::orders::order::Order;
use domain::quantity::{Quantity, QuantityError};
use domain::tenders::prices::PriceLine;
use domain::tenders::tiers::{Counted, TierBase};

use crate::store::orders::{Window, ordered_since};
use crate::store::tenders::SchedulePrices;
use crate::store::{Access, StoreError};
use crate::usecases::{Refusal, UseCaseError};

/// What prices are chosen by.
pub(super) struct Pricing<'a> {
    base: TierBase,
    lines: BTreeMap<ArticleVersionId, &'a PriceLine>,
    /// What all orders of the window ask for.
    consolidated: BTreeMap<ArticleVersionId, Quantity>,
    /// What was validated since the contract's anniversary.
    earlier: BTreeMap<ArticleVersionId, Quantity>,
}

/// The last anniversary of `start` up to `day`.
fn anniversary(start: NaiveDate, day: NaiveDate) -> NaiveDate {
    let years = u32::try_from(day.year() - start.year()).unwrap_or(0);
    let this_year = months_after(start, 12 * years);
    if this_year <= day { this_year } else { months_after(start, 12 * years.saturating_sub(1)) }
}

fn too_much(_: QuantityError) -> UseCaseError {
    UseCaseError::refused("quantite", "Les quantités sont trop grandes pour être additionnées.")
}

/// What every draft of these orders adds up to, by article.
pub(super) fn quantities<'o>(
    orders: impl IntoIterator<Item = &'o Order>,
    into: &mut BTreeMap<ArticleVersionId, Quantity>,
) -> Result<(), UseCaseError> {
    for line in orders.into_iter().flat_map(|order| &order.lines) {
        let sum = into.entry(line.article.version).or_default();
        *sum = line.quantity().and_then(|more| sum.plus(more)).map_err(too_much)?;
    }
    Ok(())
}

impl<'a> Pricing<'a> {
    pub(super) async fn of(
        on: &impl Access,
        window: &Window,
        prices: &'a SchedulePrices,
        consolidated: BTreeMap<ArticleVersionId, Quantity>,
        day: NaiveDate,
    ) -> Result<Self, StoreError> {
        let earlier = match window.tier_base() {
            TierBase::Order | TierBase::Consolidated => BTreeMap::new(),
            TierBase::CumulatedYear => {
                ordered_since(on, window.contract.id, anniversary(window.period().from, day))
                    .await?
            }
        };
        let lines = prices.articles.values().map(|sold| (sold.version, &sold.line)).collect();
        Ok(Self { base: window.tier_base(), lines, consolidated, earlier })
    }

    /// `draft` with the price that each of its lines has now; a line whose article the schedule
    /// no longer has keeps its own.
    pub(super) fn apply(&self, draft: &Order) -> Result<Order, UseCaseError> {
        let mut prices = BTreeMap::new();
        for line in &draft.lines {
            let version = line.article.version;
            let Some(sold) = self.lines.get(&version) else { continue };
            let order = line.quantity().map_err(too_much)?;
            let sum = |of: &BTreeMap<_, Quantity>| of.get(&version).copied().unwrap_or_default();
            let counted = Counted {
                order,
                consolidated: sum(&self.consolidated),
                cumulated_year: sum(&self.earlier).plus(order).map_err(too_much)?,
            };
            prices.insert(version, sold.price_for(self.base.of(counted)));
        }
        reprice(draft, &prices).map_err(|error| {
            UseCaseError::Refused(vec![Refusal::new("brouillon", error.for_the_reader())])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contract_year_begins_on_the_anniversary() {
        let day = |text: &str| -> NaiveDate { text.parse().unwrap() };
        for (on, begins) in [
            ("2026-09-14", "2026-09-14"),
            ("2027-09-13", "2026-09-14"),
            ("2027-09-14", "2027-09-14"),
            ("2028-01-01", "2027-09-14"),
        ] {
            assert_eq!(anniversary(day("2026-09-14"), day(on)), day(begins), "{on}");
        }
    }
}
