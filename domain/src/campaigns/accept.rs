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
mod tests {
    use super::*;
    use crate::campaigns::census::CensusState;
    use crate::campaigns::census::tests::census;
    use crate::ids::{CampaignId, OrganisationId, SiteId};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn online() -> AnswerSource {
        AnswerSource {
            channel: AnswerChannel::Online,
            typed_by: "L. Petit".into(),
            told_by: None,
            note: String::new(),
        }
    }

    fn line(article: i64, years: [&str; 2]) -> NeedLine {
        NeedLine {
            article: ArticleId(article),
            quantities: years.map(|year| Quantity::parse(year).unwrap()).to_vec(),
            tolerance: Quantity::ZERO,
        }
    }

    struct World {
        census: Census,
        articles: BTreeMap<ArticleId, ArticleFacts>,
        subscribed: BTreeSet<LotId>,
        last_year: BTreeMap<ArticleId, Quantity>,
    }

    /// Article 1: boxes by 25; 2: metres, any; 3: retired; 4: lot 2, not subscribed; 5: lot 9.
    fn world(state: CensusState) -> World {
        let article = |lot, unit, pack: Option<u32>, retired| ArticleFacts {
            reference: "BOI-001".into(),
            lot: LotId(lot),
            unit,
            pack: pack.map(Quantity::whole),
            retired,
        };
        World {
            census: census(state),
            articles: [
                (1, article(1, Unit::Piece, Some(25), false)),
                (2, article(1, Unit::Metre, None, false)),
                (3, article(1, Unit::Piece, None, true)),
                (4, article(2, Unit::Piece, None, false)),
                (5, article(9, Unit::Piece, None, false)),
            ]
            .into_iter()
            .map(|(id, facts)| (ArticleId(id), facts))
            .collect(),
            subscribed: [LotId(1)].into(),
            last_year: [(ArticleId(1), Quantity::whole(20))].into(),
        }
    }

    impl World {
        fn take(
            &self,
            sheet: &NeedSheet,
            answer: NeedAnswer,
            today: &str,
        ) -> Result<Accepted, Refusal> {
            let handed_in = HandedIn { answer, source: online(), reason: String::new() };
            accept(sheet, handed_in, self.background(), day(today), Author::Member)
        }

        fn background(&self) -> Background<'_> {
            Background {
                census: &self.census,
                articles: &self.articles,
                subscribed: &self.subscribed,
                last_year: &self.last_year,
            }
        }
    }

    fn blank() -> NeedSheet {
        NeedSheet::blank(CampaignId(7), OrganisationId(3), Some(SiteId(4)))
    }

    #[test]
    fn every_fault_is_told_by_line_and_nothing_is_taken_in() {
        let lines = vec![
            line(1, ["2,5", "25"]),
            line(2, ["2,5", "0"]),
            line(3, ["1", "1"]),
            line(4, ["1", "1"]),
            line(5, ["1", "1"]),
            line(6, ["1", "1"]),
            line(1, ["100001", "25"]),
            NeedLine { quantities: vec![Quantity::whole(1)], ..line(2, ["0", "0"]) },
        ];
        let refusal =
            world(CensusState::Open).take(&blank(), NeedAnswer::Needs(lines), "2026-11-22");
        let found: Vec<_> =
            refusal.unwrap_err().lines.into_iter().map(|f| (f.line, f.fault)).collect();
        assert_eq!(
            found,
            [
                (0, Fault::NotWhole(Unit::Piece)),
                (2, Fault::RetiredArticle),
                (3, Fault::LotNotSubscribed),
                (4, Fault::LotNotAsked),
                (5, Fault::UnknownArticle),
                (6, Fault::ArticleTwice),
                (6, Fault::Absurd),
                (7, Fault::ArticleTwice),
                (7, Fault::Years { asked: 2, given: 1 }),
            ]
        );
    }

    #[test]
    fn a_probable_slip_is_flagged_and_taken_in() {
        let lines = vec![line(1, ["99", "100"]), line(2, ["0", "0"])];
        let accepted =
            world(CensusState::Open).take(&blank(), NeedAnswer::Needs(lines), "2026-11-22");
        let accepted = accepted.unwrap();
        let last = Quantity::whole(20);
        assert_eq!(
            accepted.line_flags.iter().map(|f| (f.year, &f.flag)).collect::<Vec<_>>(),
            [
                (Some(0), &Flag::OpenedPack { suggested: Quantity::whole(100) }),
                (Some(1), &Flag::ManyTimesLastYear { last }),
            ],
            "99 is not whole packs of 25; 100 is five times 20"
        );
        assert_eq!(accepted.sheet.counted_lines().len(), 1, "the line of zeros is left out");
        assert_eq!(accepted.flags, []);
        let nowhere = NeedSheet { site: None, ..blank() };
        let lines = vec![line(1, ["25", "25"])];
        let accepted =
            world(CensusState::Open).take(&nowhere, NeedAnswer::Needs(lines), "2026-11-22");
        assert_eq!(accepted.unwrap().flags, [Flag::NoDeliverySite]);
    }

    #[test]
    fn an_empty_sheet_is_not_a_declaration_of_nothing() {
        let world = world(CensusState::Open);
        for answer in [
            NeedAnswer::Silent,
            NeedAnswer::Needs(vec![]),
            NeedAnswer::Needs(vec![line(1, ["0", "0"])]),
        ] {
            let refusal = world.take(&blank(), answer, "2026-11-22").unwrap_err();
            assert_eq!(refusal.sheet, [SheetFault::NothingSaid]);
        }
        let accepted = world.take(&blank(), NeedAnswer::Nothing, "2026-11-22").unwrap();
        assert!(accepted.sheet.is_answered());
    }

    #[test]
    fn after_closing_only_the_coordinator_corrects_and_says_why() {
        let world = world(CensusState::Open);
        let take = |who, reason: &str, today| {
            let source = AnswerSource {
                channel: AnswerChannel::Online,
                typed_by: "C. Leroy".into(),
                ..online()
            };
            let handed_in =
                HandedIn { answer: NeedAnswer::Nothing, source, reason: reason.to_owned() };
            accept(&blank(), handed_in, world.background(), day(today), who)
        };
        for (who, reason, today, expected) in [
            (Author::Member, "", "2026-11-01", Err(SheetFault::NotYetOpen)),
            (Author::Member, "", "2026-12-15", Ok(SheetState::Submitted)),
            (Author::Member, "oubli", "2026-12-16", Err(SheetFault::Closed)),
            (Author::Coordinator, " ", "2026-12-16", Err(SheetFault::NoReason)),
            (Author::Coordinator, "oubli", "2026-12-16", Ok(SheetState::Locked)),
        ] {
            let taken = take(who, reason, today)
                .map(|accepted| accepted.sheet.state)
                .map_err(|refusal| refusal.sheet[0].clone());
            assert_eq!(taken, expected, "{who:?} on {today}");
        }
    }

    #[test]
    fn a_phoned_answer_says_who_spoke_and_who_typed() {
        let world = world(CensusState::Open);
        let take = |who, typed_by: &str, told_by: Option<&str>| {
            let source = AnswerSource {
                channel: AnswerChannel::Phone,
                typed_by: typed_by.into(),
                told_by: told_by.map(str::to_owned),
                note: "appel du matin".into(),
            };
            let handed_in = HandedIn { answer: NeedAnswer::Nothing, source, reason: String::new() };
            accept(&blank(), handed_in, world.background(), day("2026-11-22"), who)
                .map(|accepted| accepted.sheet.source.and_then(|source| source.told_by))
                .map_err(|refusal| refusal.sheet)
        };
        assert_eq!(
            take(Author::Coordinator, "C. Leroy", Some("L. Petit")),
            Ok(Some("L. Petit".into()))
        );
        assert_eq!(take(Author::Coordinator, "C. Leroy", None), Err(vec![SheetFault::NobodyTold]));
        assert_eq!(
            take(Author::Coordinator, "", Some("L. Petit")),
            Err(vec![SheetFault::NobodyAnswered])
        );
        assert_eq!(
            take(Author::Member, "L. Petit", Some("L. Petit")),
            Err(vec![SheetFault::PhoneByMember])
        );
    }

    #[test]
    fn a_sheet_that_was_sent_is_reopened_before_it_is_sent_again() {
        let world = world(CensusState::Open);
        let sent = world.take(&blank(), NeedAnswer::Nothing, "2026-11-22").unwrap().sheet;
        let refusal = world.take(&sent, NeedAnswer::Nothing, "2026-11-22").unwrap_err();
        assert!(matches!(refusal.sheet[..], [SheetFault::NotAllowed(_)]));
        let state = STEPS.after(sent.state, SheetAction::Reopen).unwrap();
        let again = NeedSheet { state, ..sent };
        assert!(world.take(&again, NeedAnswer::Nothing, "2026-11-22").is_ok());
    }
}
