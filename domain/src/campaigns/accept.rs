//! Taking an answer in: what is refused, all at once and line by line, and what is
//! only flagged for a second look.
//!
//! Refused is what no order could carry (an unknown article, half a box, a
//! hundred thousand of anything). Flagged is what is probably a slip: five times
//! last year's quantity, an opened pack, nowhere to deliver.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::campaigns::census::{Census, Phase};
use crate::campaigns::fault::{Fault, Flag, LineFault, LineFlag, Refusal, SheetFault};
use crate::campaigns::sheet::{
    AnswerChannel, AnswerSource, NeedAnswer, NeedLine, NeedSheet, STEPS, SheetAction, SheetState,
};
use crate::ids::{ArticleId, LotId};
use crate::quantity::{Quantity, Unit};

/// The largest quantity believed in a year; a larger one is taken for a slip of the keyboard.
pub const LARGEST_QUANTITY: u32 = 100_000;

/// From how many times last year's quantity on a need is flagged.
pub const TIMES_LAST_YEAR: u32 = 5;

/// What must be known of an article to judge a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleFacts {
    pub reference: String,
    pub lot: LotId,
    pub unit: Unit,
    /// `None` where any quantity may be ordered.
    pub pack: Option<Quantity>,
    pub retired: bool,
}

/// What an answer is judged against.
#[derive(Debug, Clone, Copy)]
pub struct Background<'a> {
    pub census: &'a Census,
    pub articles: &'a BTreeMap<ArticleId, ArticleFacts>,
    /// The lots this member subscribed.
    pub subscribed: &'a BTreeSet<LotId>,
    /// What the member asked for last year at this delivery point.
    pub last_year: &'a BTreeMap<ArticleId, Quantity>,
}

/// Which side of the desk the answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    Member,
    Coordinator,
}

/// An answer as it is handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedIn {
    pub answer: NeedAnswer,
    pub source: AnswerSource,
    /// Why it is changed after closing, for the journal; empty before.
    pub reason: String,
}

/// A sheet that was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    pub sheet: NeedSheet,
    pub action: SheetAction,
    pub flags: Vec<Flag>,
    /// In the order of the lines.
    pub line_flags: Vec<LineFlag>,
}

/// Takes `handed_in` as the answer of `sheet`, on the civil day `today` in Paris.
///
/// Quantities of zero are left out of the sheet. While the census runs this is a
/// submission, by either side; afterwards only the coordinator corrects, with a reason.
///
/// # Errors
///
/// [`Refusal`] with everything that is wrong, by line; the sheet is unchanged.
pub fn accept(
    sheet: &NeedSheet,
    handed_in: HandedIn,
    against: Background<'_>,
    today: NaiveDate,
    who: Author,
) -> Result<Accepted, Refusal> {
    let mut refusal = Refusal::default();
    let action = action(against.census.phase(today), who, &handed_in.reason)
        .map_err(|fault| refusal.sheet.push(fault))
        .ok();
    let state = action.and_then(|action| match STEPS.after(sheet.state, action) {
        Ok(state) => Some(state),
        Err(step) => {
            refusal.sheet.push(SheetFault::NotAllowed(step));
            None
        }
    });
    refusal.sheet.extend(source_fault(&handed_in.source, who));

    let mut line_flags = Vec::new();
    let answer = match handed_in.answer {
        NeedAnswer::Silent => {
            refusal.sheet.push(SheetFault::NothingSaid);
            NeedAnswer::Silent
        }
        NeedAnswer::Nothing => NeedAnswer::Nothing,
        NeedAnswer::Needs(lines) => {
            for (index, line) in lines.iter().enumerate() {
                let twice = lines[..index].iter().any(|other| other.article == line.article);
                let faults = twice.then_some(Fault::ArticleTwice).into_iter();
                let faults = faults.chain(line_faults(line, against));
                refusal.lines.extend(faults.map(|fault| LineFault { line: index, fault }));
                line_flags.extend(line_flags_of(index, line, against));
            }
            let asked = |line: &NeedLine| line.quantities.iter().any(|year| !year.is_zero());
            let lines: Vec<_> = lines.into_iter().filter(asked).collect();
            if lines.is_empty() && refusal.lines.is_empty() {
                refusal.sheet.push(SheetFault::NothingSaid);
            }
            NeedAnswer::Needs(lines)
        }
    };

    match (action, state) {
        (Some(action), Some(state)) if refusal.is_empty() => Ok(Accepted {
            flags: no_site(sheet, &answer),
            sheet: taken_in(sheet, state, answer, handed_in.source),
            action,
            line_flags,
        }),
        _ => Err(refusal),
    }
}

/// A new answer is not what was signed before it.
fn taken_in(
    sheet: &NeedSheet,
    state: SheetState,
    answer: NeedAnswer,
    source: AnswerSource,
) -> NeedSheet {
    let unchanged = sheet.answer == answer;
    let signature = sheet.signature.clone().filter(|_| unchanged);
    NeedSheet {
        campaign: sheet.campaign,
        member: sheet.member,
        site: sheet.site,
        state,
        answer,
        source: Some(source),
        signature,
    }
}

fn action(phase: Phase, who: Author, reason: &str) -> Result<SheetAction, SheetFault> {
    match (phase, who) {
        (Phase::NotYet, _) => Err(SheetFault::NotYetOpen),
        (Phase::Sealed, _) => Err(SheetFault::Sealed),
        (Phase::TakesAnswers, _) => Ok(SheetAction::Submit),
        (Phase::Over, Author::Member) => Err(SheetFault::Closed),
        (Phase::Over, Author::Coordinator) if reason.trim().is_empty() => Err(SheetFault::NoReason),
        (Phase::Over, Author::Coordinator) => Ok(SheetAction::Correct),
    }
}

fn source_fault(source: &AnswerSource, who: Author) -> Option<SheetFault> {
    let named = |name: &str| !name.trim().is_empty();
    match source.channel {
        _ if !named(&source.typed_by) => Some(SheetFault::NobodyAnswered),
        AnswerChannel::Phone if who == Author::Member => Some(SheetFault::PhoneByMember),
        AnswerChannel::Phone if !source.told_by.as_deref().is_some_and(named) => {
            Some(SheetFault::NobodyTold)
        }
        AnswerChannel::Online | AnswerChannel::Phone | AnswerChannel::File => None,
    }
}

fn line_faults(line: &NeedLine, against: Background<'_>) -> Vec<Fault> {
    let Some(article) = against.articles.get(&line.article) else {
        return vec![Fault::UnknownArticle];
    };
    let mut faults = Vec::new();
    if article.retired {
        faults.push(Fault::RetiredArticle);
    }
    if !against.census.lots.contains(&article.lot) {
        faults.push(Fault::LotNotAsked);
    } else if !against.subscribed.contains(&article.lot) {
        faults.push(Fault::LotNotSubscribed);
    }
    if line.quantities.len() != against.census.years {
        faults.push(Fault::Years { asked: against.census.years, given: line.quantities.len() });
    }
    let each = || line.quantities.iter().chain([&line.tolerance]);
    if each().any(|quantity| article.unit.accept(*quantity).is_err()) {
        faults.push(Fault::NotWhole(article.unit));
    }
    if each().any(|quantity| *quantity > Quantity::whole(LARGEST_QUANTITY)) {
        faults.push(Fault::Absurd);
    }
    faults
}

fn line_flags_of(index: usize, line: &NeedLine, against: Background<'_>) -> Vec<LineFlag> {
    let mut flags = Vec::new();
    let pack = against.articles.get(&line.article).and_then(|article| article.pack);
    for (year, quantity) in line.quantities.iter().enumerate() {
        let suggested = pack.and_then(|pack| filled_up(*quantity, pack));
        if let Some(suggested) = suggested.filter(|suggested| suggested != quantity) {
            let flag = Flag::OpenedPack { suggested };
            flags.push(LineFlag { line: index, year: Some(year), flag });
        }
        let last = against.last_year.get(&line.article).filter(|last| !last.is_zero());
        let limit = |last: &Quantity| last.decimal() * rust_decimal::Decimal::from(TIMES_LAST_YEAR);
        if let Some(last) = last.filter(|last| quantity.decimal() >= limit(last)) {
            let flag = Flag::ManyTimesLastYear { last: *last };
            flags.push(LineFlag { line: index, year: Some(year), flag });
        }
    }
    flags
}

/// `quantity` in whole packs, rounded up.
fn filled_up(quantity: Quantity, pack: Quantity) -> Option<Quantity> {
    let packs = quantity.decimal().checked_div(pack.decimal())?.ceil();
    Quantity::new(packs * pack.decimal()).ok()
}

fn no_site(sheet: &NeedSheet, answer: &NeedAnswer) -> Vec<Flag> {
    let goods = matches!(answer, NeedAnswer::Needs(_));
    (goods && sheet.site.is_none()).then_some(Flag::NoDeliverySite).into_iter().collect()
}

#[cfg(test)]
mod tests;
