//! The life of a supplier's invoice or credit note.
//!
//! ```text
//! received ─check→ checked ─match→ matched ─allocate→ allocated ─validate→ validated ─pay→ paid
//!     │               ├─dispute→ disputed                  └─reopen→ checked
//!     └───reject──────┴→ rejected
//! ```
//! A dispute and a suspension (« suspendue » in Chorus Pro) both wait for the supplier and
//! return to *checked*: what was found before may no longer be true, so the invoice is
//! matched anew. A dispute also ends with the credit notes that cover it, or *waived*: a person
//! accepts what they leave, and says why. Allocated shares are a preview until a second person validates them; until
//! then they may be thrown away. A rejected invoice is never booked: its supplier sends another.

use crate::coded::coded_enum;
use crate::steps::Steps;

coded_enum! {
    pub enum InvoiceState {
        Received => ("received", "reçue"),
        /// It adds up (rules 16 and 17).
        Checked => ("checked", "vérifiée"),
        /// It agrees with its order and the accepted deliveries (rule 18).
        Matched => ("matched", "rapprochée"),
        /// Every member's share is known, and may still be thrown away.
        Allocated => ("allocated", "répartie"),
        /// A second person has agreed; recharges and statements have their numbers.
        Validated => ("validated", "validée"),
        Paid => ("paid", "payée"),
        Disputed => ("disputed", "en litige"),
        Suspended => ("suspended", "suspendue"),
        Rejected => ("rejected", "rejetée"),
    }
}

coded_enum! {
    pub enum InvoiceAction {
        Check => ("check", "vérifier"),
        Match => ("match", "rapprocher"),
        Allocate => ("allocate", "répartir"),
        Validate => ("validate", "valider"),
        Pay => ("pay", "payer"),
        Dispute => ("dispute", "contester"),
        Suspend => ("suspend", "suspendre"),
        /// After a dispute or a suspension.
        Resume => ("resume", "reprendre"),
        /// A person accepts what is still in dispute.
        Waive => ("waive", "débloquer"),
        /// Throws away shares that nobody has validated.
        Reopen => ("reopen", "rouvrir"),
        Reject => ("reject", "rejeter"),
    }
}

use InvoiceAction as A;
use InvoiceState as S;

/// Every allowed step. What is not here is refused.
pub const STEPS: Steps<S, A> = Steps(&[
    (S::Received, A::Check, S::Checked),
    (S::Received, A::Reject, S::Rejected),
    (S::Checked, A::Match, S::Matched),
    (S::Checked, A::Dispute, S::Disputed),
    (S::Checked, A::Reject, S::Rejected),
    (S::Matched, A::Allocate, S::Allocated),
    (S::Matched, A::Dispute, S::Disputed),
    (S::Matched, A::Suspend, S::Suspended),
    (S::Disputed, A::Resume, S::Checked),
    (S::Disputed, A::Waive, S::Checked),
    (S::Disputed, A::Suspend, S::Suspended),
    (S::Disputed, A::Reject, S::Rejected),
    (S::Suspended, A::Resume, S::Checked),
    (S::Suspended, A::Reject, S::Rejected),
    (S::Allocated, A::Validate, S::Validated),
    (S::Allocated, A::Reopen, S::Checked),
    (S::Validated, A::Pay, S::Paid),
]);

impl InvoiceState {
    /// Whether members' shares of it are written down.
    pub fn is_shared(self) -> bool {
        match self {
            S::Allocated | S::Validated | S::Paid => true,
            S::Received | S::Checked | S::Matched | S::Disputed | S::Suspended | S::Rejected => {
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_action_has_two_outcomes() {
        assert_eq!(STEPS.two_outcomes(), None);
    }

    #[test]
    fn a_paid_or_rejected_invoice_takes_no_further_step() {
        for state in [S::Paid, S::Rejected] {
            assert_eq!(STEPS.offers(state).count(), 0, "{state:?}");
        }
    }

    #[test]
    fn a_dispute_and_a_suspension_return_to_checked() {
        for state in [S::Disputed, S::Suspended] {
            assert_eq!(STEPS.after(state, A::Resume), Ok(S::Checked));
        }
    }

    #[test]
    fn only_a_dispute_is_waived() {
        for state in S::ALL {
            assert_eq!(STEPS.after(*state, A::Waive).is_ok(), *state == S::Disputed, "{state:?}");
        }
    }

    #[test]
    fn nothing_is_paid_before_a_second_person_has_validated_it() {
        for state in S::ALL {
            assert_eq!(STEPS.after(*state, A::Pay).is_ok(), *state == S::Validated, "{state:?}");
        }
    }
}
