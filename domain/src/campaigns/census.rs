//! A needs census: when it may be answered, for which years and lots.
//!
//! ```text
//! draft ─open→ open ─close→ closed ─settle→ settled
//!   │           │ ↑─reopen────┘
//!   └───cancel──┴→ cancelled
//! ```
//! The closing day counts to its end in Paris. Whoever is asked gets the civil
//! day there (`dates::paris_day`), so the rule is a plain comparison of days. A
//! census whose last day is over takes no more answers even before somebody
//! has closed it.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::coded::coded_enum;
use crate::ids::LotId;
use crate::steps::Steps;

coded_enum! {
    pub enum CensusState {
        Draft => ("draft", "en préparation"),
        Open => ("open", "ouvert"),
        Closed => ("closed", "clos"),
        /// The needs have gone into a consultation or into orders: nothing changes any more.
        Settled => ("settled", "arrêté"),
        Cancelled => ("cancelled", "annulé"),
    }
}

coded_enum! {
    pub enum CensusAction {
        Open => ("open", "ouvrir"),
        Close => ("close", "clore"),
        Reopen => ("reopen", "rouvrir"),
        Settle => ("settle", "arrêter"),
        Cancel => ("cancel", "annuler"),
    }
}

use CensusAction as A;
use CensusState as S;

/// Every allowed step. What is not here is refused.
pub const STEPS: Steps<S, A> = Steps(&[
    (S::Draft, A::Open, S::Open),
    (S::Draft, A::Cancel, S::Cancelled),
    (S::Open, A::Close, S::Closed),
    (S::Open, A::Cancel, S::Cancelled),
    (S::Closed, A::Reopen, S::Open),
    (S::Closed, A::Settle, S::Settled),
]);

/// The longest time a census asks about: that of a framework contract (L2125-1 CCP).
pub const MOST_YEARS: usize = 4;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Census {
    pub name: String,
    pub state: CensusState,
    pub opens_on: NaiveDate,
    /// The last day, to its end in Paris.
    pub closes_on: NaiveDate,
    pub first_year: i32,
    /// How many years are asked for, from `first_year` on: 1 to [`MOST_YEARS`].
    pub years: usize,
    pub lots: BTreeSet<LotId>,
}

/// Why a census cannot be set up so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CensusError {
    #[error("the census has no name")]
    NoName,
    #[error("the census closes before it opens")]
    ClosesBeforeItOpens,
    #[error("a census covers 1 to {MOST_YEARS} years")]
    Years,
    #[error("the census covers no lot")]
    NoLot,
}

impl CensusError {
    pub fn for_the_reader(self) -> String {
        match self {
            Self::NoName => "Donnez un nom au recensement.".into(),
            Self::ClosesBeforeItOpens => "Le recensement se termine avant de commencer.".into(),
            Self::Years => format!("Un recensement porte sur 1 à {MOST_YEARS} années."),
            Self::NoLot => "Choisissez au moins un lot.".into(),
        }
    }
}

/// Where a census stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    NotYet,
    TakesAnswers,
    /// Only the coordinator corrects, with a reason.
    Over,
    /// Nobody changes anything.
    Sealed,
}

impl Census {
    /// What is wrong with it, if anything; checked when it is written.
    pub fn check(&self) -> Result<(), CensusError> {
        if self.name.trim().is_empty() {
            return Err(CensusError::NoName);
        }
        if self.closes_on < self.opens_on {
            return Err(CensusError::ClosesBeforeItOpens);
        }
        if !(1..=MOST_YEARS).contains(&self.years) {
            return Err(CensusError::Years);
        }
        if self.lots.is_empty() { Err(CensusError::NoLot) } else { Ok(()) }
    }

    /// Where it stands on `today`, a civil day in Paris.
    pub fn phase(&self, today: NaiveDate) -> Phase {
        match self.state {
            S::Draft => Phase::NotYet,
            S::Open if today < self.opens_on => Phase::NotYet,
            S::Open if today <= self.closes_on => Phase::TakesAnswers,
            S::Open | S::Closed => Phase::Over,
            S::Settled | S::Cancelled => Phase::Sealed,
        }
    }

    /// 2027, 2028…: the years asked for.
    pub fn year_numbers(&self) -> impl Iterator<Item = i32> {
        (self.first_year..).take(self.years)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;
    use crate::dates::paris_day;

    pub(crate) fn census(state: CensusState) -> Census {
        Census {
            name: "Besoins 2027-2030".into(),
            state,
            opens_on: "2026-11-02".parse().unwrap(),
            closes_on: "2026-12-15".parse().unwrap(),
            first_year: 2027,
            years: 2,
            lots: [LotId(1), LotId(2)].into(),
        }
    }

    #[test]
    fn no_action_has_two_outcomes() {
        assert_eq!(STEPS.two_outcomes(), None);
    }

    #[test]
    fn the_closing_day_counts_to_its_end_in_paris() {
        let census = census(S::Open);
        let at = |day, hour, minute| {
            let instant = Utc.with_ymd_and_hms(2026, 12, day, hour, minute, 0).unwrap();
            census.phase(paris_day(instant))
        };
        assert_eq!(at(15, 22, 59), Phase::TakesAnswers, "23:59 in Paris");
        assert_eq!(at(15, 23, 0), Phase::Over, "midnight in Paris, still the 15th in Greenwich");
    }

    #[test]
    fn a_census_takes_answers_only_open_and_between_its_days() {
        for (state, day, phase) in [
            (S::Draft, "2026-11-10", Phase::NotYet),
            (S::Open, "2026-11-01", Phase::NotYet),
            (S::Open, "2026-11-02", Phase::TakesAnswers),
            (S::Open, "2026-12-16", Phase::Over),
            (S::Closed, "2026-11-10", Phase::Over),
            (S::Settled, "2026-11-10", Phase::Sealed),
            (S::Cancelled, "2026-11-10", Phase::Sealed),
        ] {
            assert_eq!(census(state).phase(day.parse().unwrap()), phase, "{state:?} on {day}");
        }
    }

    #[test]
    fn a_census_that_cannot_be_answered_is_refused() {
        type Change = fn(&mut Census);
        let cases: [(Change, Result<(), CensusError>); 6] = [
            (|_| (), Ok(())),
            (|c| c.name = String::new(), Err(CensusError::NoName)),
            (
                |c| c.closes_on = c.opens_on.pred_opt().unwrap(),
                Err(CensusError::ClosesBeforeItOpens),
            ),
            (|c| c.years = 0, Err(CensusError::Years)),
            (|c| c.years = 5, Err(CensusError::Years)),
            (|c| c.lots.clear(), Err(CensusError::NoLot)),
        ];
        for (change, expected) in cases {
            let mut census = census(S::Draft);
            change(&mut census);
            assert_eq!(census.check(), expected);
        }
        assert_eq!(census(S::Draft).year_numbers().collect::<Vec<_>>(), [2027, 2028]);
    }
}
