//! What an order counts for under the ceiling of its contract (rule 3).
//!
//! The maximum of a framework contract is absolute (CJEU C-23/20): once reached,
//! the contract has no more effect. So an order counts from its validation on,
//! before VAT, freight included. Cancelling releases all of it; closing releases
//! the undelivered rest. The store reads the sum and writes the order in one
//! locked transaction: of two orders for the last amount one wins.

use crate::money::{AmountError, Net};
use crate::orders::delivery::Receipts;
use crate::orders::order::{Order, OrderLine};
use crate::orders::state::OrderState;
use crate::orders::totals::totals;
use crate::quantity::Quantity;

/// From this part of the ceiling on the coordinator is warned, in percent.
pub const WARN_FROM_PERCENT: i128 = 80;

/// What `order` counts for now. `receipts` matter only for a closed order.
pub fn committed(order: &Order, receipts: &Receipts) -> Result<Net, AmountError> {
    match order.state {
        OrderState::Draft | OrderState::Cancelled => Ok(Net::ZERO),
        OrderState::Validated | OrderState::Issued => Ok(totals(order)?.net),
        OrderState::Closed => received_value(order, receipts),
    }
}

/// Accepted quantities at the order's prices, less the price reductions; the freight once
/// anything was accepted.
fn received_value(order: &Order, receipts: &Receipts) -> Result<Net, AmountError> {
    let mut value = Net::ZERO;
    let mut anything = false;
    for line in &order.lines {
        let (accepted, reduction) = accepted_of(line, receipts)?;
        anything |= !accepted.is_zero();
        // Reductions are bounded share by share; rounded cents apart, by the line too.
        let net = line.article.price.times(accepted)?.minus(reduction)?;
        value = value.plus(net.max(Net::ZERO))?;
    }
    if anything { value.plus(totals(order)?.freight) } else { Ok(value) }
}

fn accepted_of(line: &OrderLine, receipts: &Receipts) -> Result<(Quantity, Net), AmountError> {
    let of_line = || receipts.iter().filter(|(key, _)| key.position == line.position);
    let accepted = Quantity::sum(of_line().map(|(_, receipt)| receipt.accepted))
        .map_err(|_| AmountError::OutOfRange)?;
    Ok((accepted, Net::sum(of_line().map(|(_, receipt)| receipt.reduction))?))
}

/// Where the contract stands once something was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    pub committed: Net,
    pub left: Net,
    /// Whether [`WARN_FROM_PERCENT`] of the ceiling is reached.
    pub warn: bool,
}

/// The order would pass the ceiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{committed} committed and {added} more pass the ceiling of {ceiling}")]
pub struct PastCeiling {
    pub ceiling: Net,
    pub committed: Net,
    pub added: Net,
}

impl PastCeiling {
    pub fn for_the_reader(&self) -> String {
        let left = self.ceiling.minus(self.committed).unwrap_or(Net::ZERO);
        format!(
            "Le maximum du marché serait dépassé : il reste {} HT sur {}, la commande en demande \
             {}. Réduisez-la.",
            left.french(),
            self.ceiling.french(),
            self.added.french()
        )
    }
}

/// `added` to what is `committed`, if the ceiling allows: to the cent, ceiling included.
pub fn fits(ceiling: Net, committed: Net, added: Net) -> Result<Room, PastCeiling> {
    let refused = PastCeiling { ceiling, committed, added };
    let after = committed.plus(added).map_err(|_| refused)?;
    let left = ceiling.minus(after).map_err(|_| refused)?;
    if left < Net::ZERO {
        return Err(refused);
    }
    let warn = i128::from(after.cents()) * 100 >= i128::from(ceiling.cents()) * WARN_FROM_PERCENT;
    Ok(Room { committed: after, left, warn })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::orders::delivery::{Receipt, ShareKey};
    use crate::orders::fixtures::{freight, issued, net};

    #[test]
    fn rule_3_the_ceiling_may_be_reached_and_not_passed() {
        let (ceiling, done) = (net(12_000_000), net(11_860_000));
        assert_eq!(
            fits(ceiling, done, net(150_000)),
            Err(PastCeiling { ceiling, committed: done, added: net(150_000) }),
            "118 600 + 1 500 = 120 100"
        );
        let room = fits(ceiling, done, net(140_000)).unwrap();
        assert_eq!((room.committed, room.left, room.warn), (ceiling, Net::ZERO, true));
        assert!(fits(ceiling, room.committed, net(1)).is_err(), "one cent more");
        for (added, warn) in [(9_599_999, false), (9_600_000, true)] {
            assert_eq!(fits(ceiling, Net::ZERO, net(added)).unwrap().warn, warn, "{added}");
        }
    }

    #[test]
    fn rule_3_an_order_counts_from_validation_until_it_is_cancelled_or_delivered() {
        let mut order = issued();
        order.freight = Some(freight(4_500, None));
        let key = ShareKey::of(1, &order.lines[0].shares[0]);
        let receipt = Receipt {
            delivered: Quantity::whole(200),
            accepted: Quantity::whole(190),
            rejected: Quantity::whole(10),
            reduction: net(1_000),
        };
        let delivered = Receipts::from([(key, receipt)]);
        for (state, receipts, expected) in [
            (OrderState::Draft, Receipts::new(), 0),
            (OrderState::Validated, Receipts::new(), 46_750 + 4_500),
            (OrderState::Issued, delivered.clone(), 46_750 + 4_500),
            (OrderState::Cancelled, Receipts::new(), 0),
            (OrderState::Closed, delivered, 35_530 - 1_000 + 4_500), // 190 × 1.87
            (OrderState::Closed, Receipts::new(), 0),
        ] {
            order.state = state;
            assert_eq!(committed(&order, &receipts), Ok(net(expected)), "{state:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_committed_is_never_negative_and_closing_never_adds(
            accepted in 0..=250_u32, reduction in 0..60_000_i64, flat in 0..10_000_i64,
        ) {
            let mut order = issued();
            order.freight = Some(freight(flat, None));
            let open = committed(&order, &Receipts::new()).unwrap();
            let key = ShareKey::of(1, &order.lines[0].shares[0]);
            let accepted = Quantity::whole(accepted);
            let receipt = Receipt { delivered: accepted, accepted, rejected: Quantity::ZERO, reduction: net(reduction) };
            order.state = OrderState::Closed;
            let closed = committed(&order, &Receipts::from([(key, receipt)])).unwrap();
            prop_assert!(Net::ZERO <= closed && closed <= open);
        }
    }
}
