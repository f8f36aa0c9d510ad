//! How far an order has come, derived from its lines and never stored as a state.

use std::collections::BTreeMap;

use crate::coded::coded_enum;
use crate::orders::delivery::{Receipts, ShareKey};
use crate::orders::order::Order;
use crate::quantity::{Quantity, QuantityError};

coded_enum! {
    pub enum Progress {
        None => ("none", "rien"),
        Partial => ("partial", "en partie"),
        Complete => ("complete", "en totalité"),
    }
}

/// Of `(wanted, done)` pairs: complete when each is done, none when nothing is.
fn progress(pairs: impl IntoIterator<Item = (Quantity, Quantity)>) -> Progress {
    let (mut any, mut all) = (false, true);
    for (wanted, done) in pairs {
        any |= !done.is_zero();
        all &= done >= wanted;
    }
    match (any, all) {
        (false, _) => Progress::None,
        (true, false) => Progress::Partial,
        (true, true) => Progress::Complete,
    }
}

/// By share: what was delivered and not rejected. A share that waits keeps the order open.
pub fn delivered(order: &Order, receipts: &Receipts) -> Progress {
    progress(order.lines.iter().flat_map(|line| {
        line.shares.iter().map(|share| {
            let receipt = receipts.get(&ShareKey::of(line.position, share));
            (share.quantity, receipt.map(super::delivery::Receipt::kept).unwrap_or_default())
        })
    }))
}

/// By line: `invoiced` quantities, credited ones taken off.
pub fn invoiced(
    order: &Order,
    invoiced: &BTreeMap<u32, Quantity>,
) -> Result<Progress, QuantityError> {
    let pairs = order.lines.iter().map(|line| {
        let done = invoiced.get(&line.position).copied().unwrap_or_default();
        Ok((line.quantity()?, done))
    });
    Ok(progress(pairs.collect::<Result<Vec<_>, QuantityError>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::delivery::Receipt;
    use crate::orders::fixtures::{article, issued, share};
    use crate::orders::order::OrderLine;

    #[test]
    fn one_share_that_waits_makes_a_delivery_partial() {
        let mut order = issued();
        order.lines = vec![OrderLine {
            position: 1,
            article: article("1.87"),
            shares: vec![share(1, 1, 50), share(1, 2, 25)],
        }];
        let key = |index: usize| ShareKey::of(1, &order.lines[0].shares[index]);
        let receipt = |delivered, rejected| Receipt {
            delivered: Quantity::whole(delivered),
            rejected: Quantity::whole(rejected),
            ..Receipt::default()
        };
        for (receipts, expected) in [
            (vec![], Progress::None),
            (vec![(key(0), receipt(50, 0))], Progress::Partial),
            (vec![(key(0), receipt(50, 0)), (key(1), receipt(25, 1))], Progress::Partial),
            (vec![(key(0), receipt(50, 0)), (key(1), receipt(26, 1))], Progress::Complete),
        ] {
            let found = delivered(&order, &receipts.iter().copied().collect());
            assert_eq!(found, expected, "{receipts:?}");
        }
        for (quantity, expected) in
            [(0, Progress::None), (74, Progress::Partial), (75, Progress::Complete)]
        {
            let by_line = BTreeMap::from([(1, Quantity::whole(quantity))]);
            assert_eq!(invoiced(&order, &by_line), Ok(expected), "{quantity}");
        }
    }
}
