//! The life of a purchase order.
//!
//! ```text
//! draft ─validate→ validated ─issue→ issued ─close→ closed
//!   └────────────────┴───────cancel────┴→ cancelled
//! ```
//! Validation by the signatory commits the money; issuing numbers the order and
//! sends it. How much is delivered or invoiced is derived from the lines
//! ([`crate::orders::progress`]) and never a state. An order of which anything
//! was delivered is closed, not cancelled.

use crate::coded::coded_enum;
use crate::steps::Steps;

coded_enum! {
    pub enum OrderState {
        Draft => ("draft", "brouillon"),
        Validated => ("validated", "validé"),
        Issued => ("issued", "émis"),
        Closed => ("closed", "soldé"),
        Cancelled => ("cancelled", "annulé"),
    }
}

coded_enum! {
    pub enum OrderAction {
        /// By the signatory of whoever pays.
        Validate => ("validate", "valider"),
        /// By the coordinator: number, date, sending.
        Issue => ("issue", "émettre"),
        /// Nothing more is expected: the undelivered rest is released.
        Close => ("close", "solder"),
        Cancel => ("cancel", "annuler"),
    }
}

use OrderAction as A;
use OrderState as S;

/// Every allowed step. What is not here is refused.
pub const STEPS: Steps<S, A> = Steps(&[
    (S::Draft, A::Validate, S::Validated),
    (S::Draft, A::Cancel, S::Cancelled),
    (S::Validated, A::Issue, S::Issued),
    (S::Validated, A::Cancel, S::Cancelled),
    (S::Issued, A::Close, S::Closed),
    (S::Issued, A::Cancel, S::Cancelled),
]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_action_has_two_outcomes() {
        assert_eq!(STEPS.two_outcomes(), None);
    }

    #[test]
    fn a_closed_or_cancelled_order_takes_no_further_step() {
        for state in [S::Closed, S::Cancelled] {
            assert_eq!(STEPS.offers(state).count(), 0, "{state:?}");
        }
        assert!(
            STEPS.after(S::Draft, A::Issue).is_err(),
            "an order is validated before it is sent"
        );
    }
}
