//! What one member asks for at one delivery point in one census.
//!
//! ```text
//! draft ─submit→ submitted ─reopen→ reopened ─submit→ submitted
//!   │               └──────lock──────┴──────→ locked ─┐
//!   └──correct (late answer)───────────────→ locked ←─┘ correct
//! ```
//! « Néant » is an answer: the member needs nothing. Silence is not: nobody knows.
//! A need commits nobody, so a sheet counts whether or not anybody signed it;
//! a draft that was never submitted is silence, whatever it holds.

use crate::coded::coded_enum;
use crate::group::contact::Signature;
use crate::ids::{ArticleId, CampaignId, OrganisationId, SiteId};
use crate::quantity::{Quantity, QuantityError};
use crate::steps::Steps;

coded_enum! {
    pub enum SheetState {
        Draft => ("draft", "brouillon"),
        Submitted => ("submitted", "envoyée"),
        Reopened => ("reopened", "rouverte"),
        Locked => ("locked", "verrouillée"),
    }
}

coded_enum! {
    pub enum SheetAction {
        Submit => ("submit", "envoyer"),
        Reopen => ("reopen", "rouvrir"),
        /// When the census closes.
        Lock => ("lock", "verrouiller"),
        /// By the coordinator, after closing, with a reason.
        Correct => ("correct", "corriger"),
    }
}

use SheetAction as A;
use SheetState as S;

/// Every allowed step. What is not here is refused. A draft stays one when the census
/// closes: locking it would turn silence into an answer.
pub const STEPS: Steps<S, A> = Steps(&[
    (S::Draft, A::Submit, S::Submitted),
    (S::Draft, A::Correct, S::Locked),
    (S::Submitted, A::Reopen, S::Reopened),
    (S::Submitted, A::Lock, S::Locked),
    (S::Submitted, A::Correct, S::Locked),
    (S::Reopened, A::Submit, S::Submitted),
    (S::Reopened, A::Lock, S::Locked),
    (S::Reopened, A::Correct, S::Locked),
    (S::Locked, A::Correct, S::Locked),
    // Only when the coordinator reopened the census.
    (S::Locked, A::Reopen, S::Reopened),
]);

impl SheetState {
    /// Whether its lines may be edited before they are sent.
    pub fn is_editable(self) -> bool {
        match self {
            Self::Draft | Self::Reopened => true,
            Self::Submitted | Self::Locked => false,
        }
    }

    /// Whether its needs are taken into account. A reopened sheet was sent once.
    pub fn counts(self) -> bool {
        match self {
            Self::Draft => false,
            Self::Submitted | Self::Reopened | Self::Locked => true,
        }
    }
}

/// A need of one article, in its own unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeedLine {
    pub article: ArticleId,
    /// One for each year of the census, the first year first.
    pub quantities: Vec<Quantity>,
    /// How much more the member would take, a year, to fill a pack.
    pub tolerance: Quantity,
}

impl NeedLine {
    pub fn total(&self) -> Result<Quantity, QuantityError> {
        Quantity::sum(self.quantities.iter().copied())
    }
}

/// What the member said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NeedAnswer {
    /// Nothing yet: not an answer.
    Silent,
    /// « Néant »: an answer.
    Nothing,
    Needs(Vec<NeedLine>),
}

coded_enum! {
    pub enum AnswerChannel {
        Online => ("online", "en ligne"),
        /// The coordinator typed what the member said.
        Phone => ("phone", "par téléphone"),
        /// A form sent back and read in.
        File => ("file", "formulaire renvoyé"),
    }
}

/// Who answered, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerSource {
    pub channel: AnswerChannel,
    /// Who typed it or sent it in.
    pub typed_by: String,
    /// Who said it, when somebody else typed it.
    pub told_by: Option<String>,
    pub note: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeedSheet {
    pub campaign: CampaignId,
    pub member: OrganisationId,
    /// `None` while the member has not said where to deliver.
    pub site: Option<SiteId>,
    pub state: SheetState,
    pub answer: NeedAnswer,
    /// `None` before the first answer.
    pub source: Option<AnswerSource>,
    /// A sheet may be signed; its needs count without.
    pub signature: Option<Signature>,
}

impl NeedSheet {
    pub fn blank(campaign: CampaignId, member: OrganisationId, site: Option<SiteId>) -> Self {
        Self {
            campaign,
            member,
            site,
            state: S::Draft,
            answer: NeedAnswer::Silent,
            source: None,
            signature: None,
        }
    }

    /// Its lines if they are taken into account: sent, signed or not.
    pub fn counted_lines(&self) -> &[NeedLine] {
        match &self.answer {
            NeedAnswer::Needs(lines) if self.state.counts() => lines,
            NeedAnswer::Needs(_) | NeedAnswer::Nothing | NeedAnswer::Silent => &[],
        }
    }

    /// Whether the member is known to have answered, « néant » included.
    pub fn is_answered(&self) -> bool {
        self.state.counts() && self.answer != NeedAnswer::Silent
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
    fn nothing_is_an_answer_and_silence_is_not() {
        let line =
            NeedLine { article: ArticleId(1), quantities: vec![], tolerance: Quantity::ZERO };
        for (state, answer, answered, counted) in [
            (S::Draft, NeedAnswer::Silent, false, 0),
            (S::Draft, NeedAnswer::Needs(vec![line.clone()]), false, 0),
            (S::Submitted, NeedAnswer::Nothing, true, 0),
            (S::Submitted, NeedAnswer::Needs(vec![line.clone()]), true, 1),
            (S::Reopened, NeedAnswer::Needs(vec![line.clone()]), true, 1),
            (S::Locked, NeedAnswer::Needs(vec![line]), true, 1),
        ] {
            let mut sheet = NeedSheet::blank(CampaignId(1), OrganisationId(2), None);
            (sheet.state, sheet.answer) = (state, answer);
            assert_eq!(sheet.is_answered(), answered, "{sheet:?}");
            assert_eq!(sheet.counted_lines().len(), counted, "{sheet:?}");
            assert!(sheet.signature.is_none(), "an unsigned need counts");
        }
    }
}
