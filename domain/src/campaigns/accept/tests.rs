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
    let refusal = world(CensusState::Open).take(&blank(), NeedAnswer::Needs(lines), "2026-11-22");
    let found: Vec<_> = refusal.unwrap_err().lines.into_iter().map(|f| (f.line, f.fault)).collect();
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
    let accepted = world(CensusState::Open).take(&blank(), NeedAnswer::Needs(lines), "2026-11-22");
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
    let accepted = world(CensusState::Open).take(&nowhere, NeedAnswer::Needs(lines), "2026-11-22");
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
        let handed_in = HandedIn { answer: NeedAnswer::Nothing, source, reason: reason.to_owned() };
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
