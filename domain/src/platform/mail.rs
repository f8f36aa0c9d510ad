//! The life of an e-mail, from the transaction that caused it to the mailbox.
//!
//! ```text
//! waiting ─send→ sending ─deliver→ sent ─bounce→ bounced
//!    ↑              │ fail                            │
//!    ├──────────────┘ (a while later)                 │
//!    │              └ give up → failed                │
//!    └───────────────── again ────┴───────────────────┘
//! ```
//! A mail server that is down is asked again, less and less often, for about a
//! day; a letter that opens an account is asked for anew long before.

use chrono::Duration;

use crate::coded::coded_enum;
use crate::steps::Steps;

coded_enum! {
    /// What a letter is about. Written once for a kind and key.
    pub enum MailKind {
        SignIn => ("sign_in", "lien de connexion"),
        Invitation => ("invitation", "invitation"),
        Reset => ("reset", "choix du mot de passe"),
        ChangeEmail => ("change_email", "changement d’adresse"),
        /// What is done to an account is told to the mailbox it had before.
        RoleGiven => ("role_given", "nouveau rôle"),
        AddressAsked => ("address_asked", "demande de changement d’adresse"),
        AddressChanged => ("address_changed", "adresse changée"),
        PasswordChanged => ("password_changed", "mot de passe changé"),
        SecondFactorSet => ("second_factor_set", "double authentification en place"),
        SecondFactorTaken => ("second_factor_taken", "double authentification retirée"),
        CensusOpened => ("census_opened", "ouverture d’un recensement"),
        Reminder => ("reminder", "rappel"),
        ClosingChanged => ("closing_changed", "nouvelle date de clôture"),
        NeedsReceived => ("needs_received", "besoins reçus"),
        WindowOpened => ("window_opened", "ouverture d’une période de commande"),
        OrderIssued => ("order_issued", "commande émise"),
        HolderPack => ("holder_pack", "envoi au titulaire"),
        InvoiceShared => ("invoice_shared", "facture répartie"),
    }
}

impl MailKind {
    /// Whether its link opens an account, a census or a pack of orders: nobody but the reader sees
    /// its text, and the text goes once it is sent.
    pub fn opens_something(self) -> bool {
        match self {
            Self::SignIn
            | Self::Invitation
            | Self::Reset
            | Self::ChangeEmail
            | Self::CensusOpened
            | Self::Reminder
            | Self::ClosingChanged
            | Self::HolderPack => true,
            Self::RoleGiven
            | Self::AddressAsked
            | Self::AddressChanged
            | Self::PasswordChanged
            | Self::SecondFactorSet
            | Self::SecondFactorTaken
            | Self::NeedsReceived
            | Self::WindowOpened
            | Self::OrderIssued
            | Self::InvoiceShared => false,
        }
    }
}

coded_enum! {
    pub enum MailState {
        Waiting => ("waiting", "en attente"),
        Sending => ("sending", "en cours d’envoi"),
        Sent => ("sent", "envoyé"),
        Failed => ("failed", "non envoyé"),
        Bounced => ("bounced", "revenu"),
    }
}

coded_enum! {
    pub enum MailAction {
        Send => ("send", "envoyer"),
        Deliver => ("deliver", "remettre"),
        /// The server did not take it: later once more.
        Fail => ("fail", "remettre à plus tard"),
        GiveUp => ("give_up", "abandonner"),
        /// The mailbox sent it back.
        Bounce => ("bounce", "noter le retour"),
        Again => ("again", "envoyer de nouveau"),
    }
}

use MailAction as A;
use MailState as S;

/// Every allowed step. What is not here is refused.
pub const STEPS: Steps<S, A> = Steps(&[
    (S::Waiting, A::Send, S::Sending),
    // Whoever was sending it was stopped: the next one takes it over.
    (S::Sending, A::Send, S::Sending),
    (S::Sending, A::Deliver, S::Sent),
    (S::Sending, A::Fail, S::Waiting),
    (S::Sending, A::GiveUp, S::Failed),
    (S::Sent, A::Bounce, S::Bounced),
    (S::Failed, A::Again, S::Waiting),
    (S::Bounced, A::Again, S::Waiting),
]);

/// How often a letter is tried: the waits of [`wait_after`] add up to a day.
pub const MOST_ATTEMPTS: i64 = 8;

/// How long to wait after so many attempts in vain; `None` when it is given up.
///
/// A minute at first, half a day at last: a server that restarts is asked soon, one that is gone
/// is not asked for ever.
pub fn wait_after(attempts: i64) -> Option<Duration> {
    const MINUTES: [i64; 7] = [1, 5, 15, 60, 180, 420, 720];
    if attempts >= MOST_ATTEMPTS {
        return None;
    }
    let at = usize::try_from(attempts.max(1) - 1).unwrap_or_default();
    MINUTES.get(at).map(|minutes| Duration::minutes(*minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_action_has_two_outcomes() {
        assert_eq!(STEPS.two_outcomes(), None);
    }

    #[test]
    fn a_sent_letter_is_never_sent_again_unless_it_came_back() {
        assert!(STEPS.after(S::Sent, A::Send).is_err());
        assert!(STEPS.after(S::Sent, A::Again).is_err());
        assert_eq!(STEPS.after(S::Bounced, A::Again), Ok(S::Waiting));
    }

    #[test]
    fn a_letter_is_tried_for_about_a_day_and_then_given_up() {
        let waits: Vec<_> = (1..).map_while(wait_after).collect();
        assert_eq!(waits.len(), 7, "eight attempts have seven waits between them");
        assert!(waits.is_sorted(), "later and later: {waits:?}");
        let all: Duration = waits.iter().sum();
        assert!((20..=26).contains(&all.num_hours()), "{} hours", all.num_hours());
        assert_eq!(wait_after(MOST_ATTEMPTS), None);
    }
}
