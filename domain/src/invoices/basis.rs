//! By which of an order's quantities an invoice is shared.
//!
//! Shares are posted by what was accepted, and by nothing else: nobody pays for what it did not
//! get. The other quantities only show, before anything is posted, what a difference between
//! ordered, delivered and accepted does to each member.

use super::attribution::Holding;
use crate::coded::coded_enum;

coded_enum! {
    pub enum Basis {
        Accepted => ("accepted", "quantités admises"),
        Delivered => ("delivered", "quantités livrées"),
        Ordered => ("ordered", "quantités commandées"),
    }
}

impl Basis {
    /// A share as if this quantity of it had been accepted.
    #[must_use]
    pub fn seen(self, holding: Holding) -> Holding {
        let accepted = match self {
            Self::Accepted => holding.accepted,
            Self::Delivered => holding.delivered,
            Self::Ordered => holding.ordered,
        };
        Holding { accepted, ..holding }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Quantity;

    #[test]
    fn a_basis_changes_what_is_open_and_nothing_else() {
        let whole = Quantity::whole;
        let holding = Holding {
            ordered: whole(10),
            delivered: whole(9),
            accepted: whole(8),
            invoiced: whole(3),
            credited: whole(0),
        };
        for (basis, open) in [(Basis::Accepted, 5), (Basis::Delivered, 6), (Basis::Ordered, 7)] {
            let seen = basis.seen(holding);
            assert_eq!(seen.open(), whole(open), "{basis:?}");
            assert_eq!(Holding { accepted: holding.accepted, ..seen }, holding, "{basis:?}");
        }
    }
}
