//! The life of a membership, and what it entitles to.
//!
//! ```text
//! prospect ─deliberate→ deliberated ─sign→ signed ─activate→ active ─withdraw→ withdrawn
//!     └──────────────────────┴──────withdraw──┴───────────────────────────────────┘
//! ```
//! A need can only be part of a procedure if its member was bound before the
//! launch (rép. min. 17 mai 2011 n° 100136): a member bound later orders on the
//! contracts of the next procedure, never on this one's (rule 1), and only for
//! the lots it subscribed (rule 2).

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::coded::coded_enum;
use crate::french;
use crate::group::contact::Signature;
use crate::ids::LotId;
use crate::steps::{NotAllowed, Steps};

coded_enum! {
    pub enum MembershipState {
        Prospect => ("prospect", "pressenti"),
        Deliberated => ("deliberated", "a délibéré"),
        Signed => ("signed", "convention signée"),
        Active => ("active", "membre"),
        Withdrawn => ("withdrawn", "retiré"),
    }
}

coded_enum! {
    pub enum MembershipAction {
        Deliberate => ("deliberate", "enregistrer la délibération"),
        Sign => ("sign", "enregistrer la signature"),
        Activate => ("activate", "admettre"),
        Withdraw => ("withdraw", "retirer"),
    }
}

use MembershipAction as A;
use MembershipState as S;

/// Every allowed step. What is not here is refused.
pub const STEPS: Steps<S, A> = Steps(&[
    (S::Prospect, A::Deliberate, S::Deliberated),
    (S::Deliberated, A::Sign, S::Signed),
    (S::Signed, A::Activate, S::Active),
    (S::Prospect, A::Withdraw, S::Withdrawn),
    (S::Deliberated, A::Withdraw, S::Withdrawn),
    (S::Signed, A::Withdraw, S::Withdrawn),
    (S::Active, A::Withdraw, S::Withdrawn),
]);

/// The decision of the deliberative body to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deliberation {
    pub number: String,
    pub on: NaiveDate,
    /// Since when it is enforceable (acte rendu exécutoire); `None` until it has been sent.
    pub enforceable_on: Option<NaiveDate>,
}

/// A membership as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub state: MembershipState,
    pub deliberation: Option<Deliberation>,
    /// Of the founding agreement.
    pub signature: Option<Signature>,
    /// The first day without new orders; open orders stay due.
    pub left_on: Option<NaiveDate>,
    /// The lots subscribed.
    pub lots: BTreeSet<LotId>,
}

/// Why a step is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MembershipError {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed<MembershipState, MembershipAction>),
    #[error("the deliberation has no number")]
    NoNumber,
    #[error("the deliberation is enforceable before its date")]
    EnforceableTooEarly,
    #[error("the deliberation is not enforceable on {0}")]
    NotEnforceable(NaiveDate),
    #[error("no lot is subscribed")]
    NoLot,
}

impl MembershipError {
    pub fn for_the_reader(&self) -> String {
        match self {
            Self::NotAllowed(step) => format!(
                "Impossible de {} : l’adhésion est à l’étape « {} ».",
                step.action.french(),
                step.from.french()
            ),
            Self::NoNumber => "Indiquez le numéro de la délibération.".into(),
            Self::EnforceableTooEarly => {
                "La délibération ne peut pas être exécutoire avant sa date.".into()
            }
            Self::NotEnforceable(day) => format!(
                "La délibération n’est pas exécutoire au {} : la convention ne peut pas être \
                 signée avant.",
                french::date(*day)
            ),
            Self::NoLot => "Choisissez au moins un lot.".into(),
        }
    }
}

/// Why a member may not order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotEntitled {
    #[error("the membership is {0:?}")]
    NotActive(MembershipState),
    #[error("bound on {bound_on}, after the launch on {launched_on}")]
    JoinedAfterLaunch { bound_on: NaiveDate, launched_on: NaiveDate },
    #[error("lot {0} is not subscribed")]
    LotNotSubscribed(LotId),
    #[error("the member left on {0}")]
    Left(NaiveDate),
}

impl NotEntitled {
    /// The name of the rule, as reports and the API give it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotActive(_) => "membership_not_active",
            Self::JoinedAfterLaunch { .. } => "joined_after_launch",
            Self::LotNotSubscribed(_) => "lot_not_subscribed",
            Self::Left(_) => "member_left",
        }
    }

    pub fn for_the_reader(&self) -> String {
        match self {
            Self::NotActive(state) => format!(
                "L’adhésion est à l’étape « {} » : seul un membre peut commander.",
                state.french()
            ),
            Self::JoinedAfterLaunch { bound_on, launched_on } => format!(
                "L’adhésion n’a pris effet que le {}, après le lancement de la consultation le \
                 {} : ce membre commandera sur les marchés de la consultation suivante.",
                french::date(*bound_on),
                french::date(*launched_on)
            ),
            Self::LotNotSubscribed(_) => "Ce membre n’a pas souscrit à ce lot.".into(),
            Self::Left(day) => format!(
                "Ce membre a quitté le groupement le {} : il ne passe plus de commande.",
                french::date(*day)
            ),
        }
    }
}

impl Membership {
    pub fn prospect(lots: BTreeSet<LotId>) -> Self {
        Self { state: S::Prospect, deliberation: None, signature: None, left_on: None, lots }
    }

    pub fn deliberate(self, deliberation: Deliberation) -> Result<Self, MembershipError> {
        let state = STEPS.after(self.state, A::Deliberate)?;
        if deliberation.number.trim().is_empty() {
            return Err(MembershipError::NoNumber);
        }
        if deliberation.enforceable_on.is_some_and(|day| day < deliberation.on) {
            return Err(MembershipError::EnforceableTooEarly);
        }
        Ok(Self { state, deliberation: Some(deliberation), ..self })
    }

    /// The agreement is signed under an enforceable deliberation, or not at all.
    pub fn sign(self, signature: Signature) -> Result<Self, MembershipError> {
        let state = STEPS.after(self.state, A::Sign)?;
        let enforceable = self.deliberation.as_ref().and_then(|made| made.enforceable_on);
        if enforceable.is_none_or(|day| signature.on < day) {
            return Err(MembershipError::NotEnforceable(signature.on));
        }
        Ok(Self { state, signature: Some(signature), ..self })
    }

    pub fn activate(self) -> Result<Self, MembershipError> {
        let state = STEPS.after(self.state, A::Activate)?;
        if self.lots.is_empty() {
            return Err(MembershipError::NoLot);
        }
        Ok(Self { state, ..self })
    }

    /// `on` is the first day without new orders.
    pub fn withdraw(self, on: NaiveDate) -> Result<Self, MembershipError> {
        let state = STEPS.after(self.state, A::Withdraw)?;
        Ok(Self { state, left_on: Some(on), ..self })
    }

    /// Since when the member is bound: deliberation enforceable and agreement signed.
    pub fn bound_on(&self) -> Option<NaiveDate> {
        let enforceable = self.deliberation.as_ref()?.enforceable_on?;
        Some(enforceable.max(self.signature.as_ref()?.on))
    }

    /// Whether the member may order articles of `lot` on `day`, under a contract of the
    /// procedure launched on `launched_on` (rules 1 and 2). The day of the launch itself
    /// is in time.
    pub fn may_order(
        &self,
        lot: LotId,
        launched_on: NaiveDate,
        day: NaiveDate,
    ) -> Result<(), NotEntitled> {
        match (self.state, self.left_on) {
            (S::Active, _) => {}
            // A withdrawal is recorded ahead of the day it takes effect.
            (S::Withdrawn, Some(left)) if day < left => {}
            (S::Withdrawn, Some(left)) => return Err(NotEntitled::Left(left)),
            (S::Prospect | S::Deliberated | S::Signed | S::Withdrawn, _) => {
                return Err(NotEntitled::NotActive(self.state));
            }
        }
        match self.bound_on() {
            Some(bound_on) if bound_on <= launched_on => {}
            Some(bound_on) => {
                return Err(NotEntitled::JoinedAfterLaunch { bound_on, launched_on });
            }
            // A prospect that withdrew was never bound.
            None => return Err(NotEntitled::NotActive(self.state)),
        }
        if self.lots.contains(&lot) { Ok(()) } else { Err(NotEntitled::LotNotSubscribed(lot)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn member(enforceable: &str, signed: &str) -> Membership {
        Membership::prospect([LotId(3)].into())
            .deliberate(Deliberation {
                number: "2026-17".into(),
                on: day("2026-03-30"),
                enforceable_on: Some(day(enforceable)),
            })
            .and_then(|member| {
                member.sign(Signature {
                    name: "J. Dubois".into(),
                    quality: "Maire".into(),
                    on: day(signed),
                })
            })
            .and_then(Membership::activate)
            .unwrap()
    }

    #[test]
    fn no_action_has_two_outcomes() {
        assert_eq!(STEPS.two_outcomes(), None);
    }

    #[test]
    fn rule_1_who_is_bound_after_the_launch_orders_on_the_next_procedure_only() {
        let today = day("2026-11-22");
        let (launch, next) = (day("2026-05-04"), day("2027-02-01"));
        for (enforceable, signed, on_this, on_next) in [
            ("2026-05-06", "2026-05-06", false, true),
            ("2026-05-04", "2026-05-04", true, true),
            ("2026-04-02", "2026-05-05", false, true), // in time to deliberate, late to sign
            ("2026-04-02", "2026-04-20", true, true),
        ] {
            let member = member(enforceable, signed);
            let may = |launch| member.may_order(LotId(3), launch, today);
            assert_eq!(may(launch).is_ok(), on_this, "{enforceable}, {signed}");
            assert_eq!(may(next).is_ok(), on_next, "{enforceable}, {signed}");
        }
        let late = member("2026-05-06", "2026-05-06").may_order(LotId(3), launch, today);
        assert_eq!(
            late.unwrap_err(),
            NotEntitled::JoinedAfterLaunch { bound_on: day("2026-05-06"), launched_on: launch }
        );
    }

    #[test]
    fn rule_2_an_article_of_a_lot_not_subscribed_is_refused() {
        let member = member("2026-04-02", "2026-04-20");
        let refused = member.may_order(LotId(1), day("2026-05-04"), day("2026-11-22")).unwrap_err();
        assert_eq!(refused, NotEntitled::LotNotSubscribed(LotId(1)));
        assert_eq!(refused.code(), "lot_not_subscribed");
    }

    #[test]
    fn who_leaves_orders_until_the_day_before() {
        let member = member("2026-04-02", "2026-04-20").withdraw(day("2027-01-01")).unwrap();
        let may = |on| member.may_order(LotId(3), day("2026-05-04"), day(on));
        assert_eq!(may("2026-12-31"), Ok(()));
        assert_eq!(may("2027-01-01"), Err(NotEntitled::Left(day("2027-01-01"))));
        let prospect = Membership::prospect([LotId(3)].into()).withdraw(day("2027-01-01")).unwrap();
        assert_eq!(
            prospect.may_order(LotId(3), day("2026-05-04"), day("2026-06-01")),
            Err(NotEntitled::NotActive(S::Withdrawn)),
            "a withdrawn prospect never was a member"
        );
    }

    #[test]
    fn the_agreement_is_not_signed_before_the_deliberation_is_enforceable() {
        let decided = Membership::prospect([LotId(3)].into())
            .deliberate(Deliberation {
                number: "2026-17".into(),
                on: day("2026-03-30"),
                enforceable_on: Some(day("2026-04-02")),
            })
            .unwrap();
        let sign =
            |on| Signature { name: "J. Dubois".into(), quality: "Maire".into(), on: day(on) };
        assert_eq!(
            decided.clone().sign(sign("2026-04-01")),
            Err(MembershipError::NotEnforceable(day("2026-04-01")))
        );
        assert!(decided.clone().sign(sign("2026-04-02")).is_ok());
        assert!(matches!(decided.activate(), Err(MembershipError::NotAllowed(_))));
    }
}
