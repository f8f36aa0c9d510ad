//! Degressive prices: cheaper from a quantity on.
//!
//! A tier means nothing until the contract says what is counted: twelve members
//! who order 85 each have 1 020 together and 85 apart. The base is declared in
//! the contract and never guessed (rule 13).

use crate::coded::coded_enum;
use crate::price::UnitPrice;
use crate::quantity::Quantity;

coded_enum! {
    /// What is counted to choose the tier.
    pub enum TierBase {
        /// The line of one purchase order.
        Order => ("order", "par bon de commande"),
        /// All orders of one window, priced when it closes.
        Consolidated => ("consolidated", "sur la commande regroupée"),
        /// What was ordered since the contract's anniversary, this order included.
        CumulatedYear => ("cumulated_year", "sur le cumul de l’année du marché"),
    }
}

/// A price from a quantity on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    pub from: Quantity,
    pub price: UnitPrice,
}

/// Quantities of one article at the time an order is priced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// On the order itself.
    pub order: Quantity,
    /// On all orders of its window.
    pub consolidated: Quantity,
    /// Since the contract's anniversary, this order included.
    pub cumulated_year: Quantity,
}

impl TierBase {
    /// The quantity that counts.
    pub fn of(self, counted: Counted) -> Quantity {
        match self {
            Self::Order => counted.order,
            Self::Consolidated => counted.consolidated,
            Self::CumulatedYear => counted.cumulated_year,
        }
    }
}

/// Why a table of tiers is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TierError {
    #[error("a tier begins at {0}, no further than the one before")]
    NotAscending(Quantity),
    #[error("the tier from {0} is not cheaper than the one before")]
    NotCheaper(Quantity),
}

/// Checks that the tiers ascend in quantity and descend in price, below `price`.
pub fn check(price: UnitPrice, tiers: &[Tier]) -> Result<(), TierError> {
    let mut last = Tier { from: Quantity::ZERO, price };
    for tier in tiers {
        if tier.from <= last.from {
            return Err(TierError::NotAscending(tier.from));
        }
        if tier.price >= last.price {
            return Err(TierError::NotCheaper(tier.from));
        }
        last = *tier;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::order::Taxation;
    use crate::tenders::prices::PriceLine;
    use crate::vat::{VatCategory, VatRate};

    fn price(text: &str) -> UnitPrice {
        UnitPrice::scheduled(text.parse().unwrap()).unwrap()
    }

    fn tier(from: u32, text: &str) -> Tier {
        Tier { from: Quantity::whole(from), price: price(text) }
    }

    #[test]
    fn rule_13_the_declared_base_chooses_the_tier() {
        let line = PriceLine {
            price: price("2.10"),
            tiers: vec![tier(500, "1.95"), tier(1000, "1.80")],
            taxation: Taxation { category: VatCategory::E, rate: VatRate::ZERO },
        };
        for (quantity, expected) in
            [(1, "2.10"), (499, "2.10"), (500, "1.95"), (999, "1.95"), (1000, "1.80")]
        {
            assert_eq!(line.price_for(Quantity::whole(quantity)), price(expected), "{quantity}");
        }
        let counted = Counted {
            order: Quantity::whole(85),
            consolidated: Quantity::whole(12 * 85),
            cumulated_year: Quantity::whole(585),
        };
        for (base, expected) in [
            (TierBase::Consolidated, "1.80"),
            (TierBase::Order, "2.10"),
            (TierBase::CumulatedYear, "1.95"),
        ] {
            assert_eq!(line.price_for(base.of(counted)), price(expected), "{base:?}");
        }
    }

    #[test]
    fn tiers_go_up_in_quantity_and_down_in_price() {
        let first = price("2.10");
        assert_eq!(check(first, &[tier(500, "1.95"), tier(1000, "1.80")]), Ok(()));
        assert_eq!(
            check(first, &[tier(500, "1.95"), tier(500, "1.80")]),
            Err(TierError::NotAscending(Quantity::whole(500)))
        );
        assert_eq!(
            check(first, &[tier(500, "2.10")]),
            Err(TierError::NotCheaper(Quantity::whole(500)))
        );
        let from_zero = check(first, &[tier(0, "1.00")]);
        assert_eq!(from_zero, Err(TierError::NotAscending(Quantity::ZERO)));
    }
}
