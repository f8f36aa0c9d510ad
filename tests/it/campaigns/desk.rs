//! The buyer's desk: what a page announces is what the step does, and what deserves a second look.

use domain::campaigns::anomaly::AnomalyKind;
use domain::campaigns::census::CensusState;
use domain::campaigns::road::{Stage, Task, current, road};
use domain::campaigns::sheet::NeedAnswer;
use domain::campaigns::standing::AnswerStanding;
use domain::group::convention::PackingPolicy;
use domain::ids::{CampaignId, OrganisationId};
use domain::platform::role::Role;
use domain::quantity::Quantity;
use domain::tenders::packing::{self, Ask};
use rstest::rstest;
use travee::store::campaigns::{self as store, AnswerFilter, MemberAnswer};
use travee::store::{Slice, Viewer};
use travee::usecases::campaigns::{
    close_census, move_closing_day, open_census, reopen_until, sign_sheet, submit_needs,
};

use super::world::{World, codes, handed_in, on_day};
use crate::client::person;
use crate::fixtures::{buyer, day};
use crate::harness::On;

fn all() -> Slice {
    Slice { limit: 100, ..Slice::default() }
}

async fn answers(
    world: &World,
    id: CampaignId,
    filter: AnswerFilter,
    sort: &str,
) -> Vec<MemberAnswer> {
    let slice = Slice { sort: sort.into(), ..all() };
    let (found, total) = store::member_answers(&world.app.store, id, filter, &slice).await.unwrap();
    assert_eq!(total, found.len() as u64);
    found
}

/// Arras asks at its mairie only, Bapaume says « néant », Berck is silent.
async fn answered(world: &World) -> CampaignId {
    let id = world.open().await;
    let app = on_day(&world.app, "2026-03-10");
    let arras = world.sheets(id, 2).await;
    let needs = world
        .needs(&[("BOI-001", ["30", "25"]), ("RAY-001", ["12.5", "0"]), ("REL-001", ["3", "3"])])
        .await;
    submit_needs(&app, &buyer(), Viewer::Coordinator, arras[0], handed_in(needs)).await.unwrap();
    let bapaume = world.sheets(id, 3).await[0];
    let nothing = handed_in(NeedAnswer::Nothing);
    submit_needs(&app, &buyer(), Viewer::Coordinator, bapaume, nothing).await.unwrap();
    id
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn opening_makes_what_its_page_announced(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::new(on).await;
    let id = world.census_of("Besoins", "2026-03-01", "2026-05-31", 2026).await;
    // Berck has nowhere to deliver to any more.
    world
        .fresh
        .execute(
            "UPDATE site SET retired = TRUE WHERE organisation_id = \
        (SELECT id FROM organisation WHERE name = 'Berck')",
        )
        .await;
    let before = store::opening(&world.app.store, id, world.app.today()).await.unwrap();
    let opened = open_census(&world.app, &buyer(), id).await.unwrap();
    assert_eq!((before.sheets, before.articles), (3, 4));
    assert_eq!(opened.sheets, before.sheets.unsigned_abs());
    assert_eq!(opened.articles, before.articles.unsigned_abs());
    assert_eq!(opened.without_site, before.without_site.unsigned_abs());
    assert_eq!((before.members, before.without_site, before.without_email), (2, 1, 2));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn closing_locks_what_its_page_announced(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::new(on).await;
    let id = answered(&world).await;
    let before = store::closing(&world.app.store, id).await.unwrap();
    assert_eq!((before.sheets, before.silent, before.drafts), (2, 1, 0));
    assert_eq!(close_census(&world.app, &buyer(), id).await.unwrap(), 2);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_road_follows_the_census(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::new(on).await;
    let id = world.census_of("Besoins", "2026-03-01", "2026-05-31", 2026).await;
    let stands = async |today: &str| {
        let census = store::census(&world.app.store, id).await.unwrap();
        let facts = store::road_facts(&world.app.store, &census, true, day(today)).await.unwrap();
        let road = road(&facts, day(today));
        current(&road).map(|step| (step.stage, step.task)).unwrap()
    };
    assert_eq!(stands("2026-03-01").await, (Stage::Prepare, Some(Task::Open)));
    open_census(&world.app, &buyer(), id).await.unwrap();
    assert_eq!(stands("2026-03-10").await, (Stage::Ask, Some(Task::Remind)));
    assert_eq!(stands("2026-06-01").await, (Stage::Ask, Some(Task::Close)));
    let app = on_day(&world.app, "2026-03-10");
    let sheet = world.sheets(id, 4).await[0];
    let needs = world.needs(&[("BOI-001", ["25", "25"])]).await;
    submit_needs(&app, &buyer(), Viewer::Coordinator, sheet, handed_in(needs)).await.unwrap();
    close_census(&world.app, &buyer(), id).await.unwrap();
    assert_eq!(stands("2026-06-01").await, (Stage::Consolidate, Some(Task::Review)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn each_member_stands_once_in_the_list_with_what_its_receipt_says(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let id = answered(&world).await;
    let found = answers(&world, id, AnswerFilter::default(), "nom").await;
    let standings: Vec<_> = found.iter().map(|one| (one.name.as_str(), one.standing)).collect();
    assert_eq!(
        standings,
        [
            ("Arras", AnswerStanding::Partial),
            ("Bapaume", AnswerStanding::Nothing),
            ("Berck", AnswerStanding::Silent),
        ]
    );
    // The amount is packed and rounded as the domain does, year by year.
    let census = store::census(&world.app.store, id).await.unwrap();
    let articles = store::frozen_articles(&world.app.store, id).await.unwrap();
    let sheets =
        store::sheets(&world.app.store, Viewer::Coordinator, &census, Some(world.bodies[2])).await;
    let mut cents = 0;
    for line in sheets.unwrap().iter().flat_map(|sheet| sheet.sheet.counted_lines().to_vec()) {
        let terms = &articles[&line.article].terms;
        for needed in line.quantities {
            let ask = Ask { needed, tolerance: Quantity::ZERO };
            let packed = packing::pack(PackingPolicy::Site, terms.pack, &[ask]).unwrap();
            cents += terms.reference_price.times(packed.ordered).unwrap().cents();
        }
    }
    assert_eq!(found[0].net.cents(), cents);
    assert!(cents > 0);
    assert_eq!((found[0].answered, found[0].sheets, found[0].unsigned), (1, 2, 1));
    assert!(found[0].answered_at.is_some() && found[2].answered_at.is_none());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_filtered_and_sorted_by_the_database(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let id = answered(&world).await;
    for standing in AnswerStanding::ALL {
        let filter = AnswerFilter { standing: Some(*standing), ..AnswerFilter::default() };
        let found = answers(&world, id, filter, "nom").await;
        assert!(found.iter().all(|one| one.standing == *standing), "{standing}");
        assert_eq!(found.len(), usize::from(*standing != AnswerStanding::Needs), "{standing}");
    }
    for (sort, expected) in [
        ("nom", ["Arras", "Bapaume", "Berck"]),
        ("montant", ["Bapaume", "Berck", "Arras"]),
        ("etat", ["Berck", "Arras", "Bapaume"]),
        // Who has not answered comes last.
        ("date", ["Arras", "Bapaume", "Berck"]),
        ("nom; DROP TABLE campaign", ["Arras", "Bapaume", "Berck"]),
    ] {
        let whole = answers(&world, id, AnswerFilter::default(), sort).await;
        let names: Vec<_> = whole.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, expected, "{sort}");
        // A page says the same of its members as the whole list does.
        for (offset, expected) in (0..).zip(&whole) {
            let slice = Slice { sort: sort.into(), limit: 1, offset, ..Slice::default() };
            let filter = AnswerFilter::default();
            let page = store::member_answers(&world.app.store, id, filter, &slice).await.unwrap();
            assert_eq!(page, (vec![expected.clone()], 3), "{sort}, page {offset}");
        }
    }
    for sort in ["epci", "population"] {
        assert_eq!(answers(&world, id, AnswerFilter::default(), sort).await.len(), 3, "{sort}");
    }
    let slice = Slice { search: "BER".into(), ..all() };
    let (found, total) =
        store::member_answers(&world.app.store, id, AnswerFilter::default(), &slice).await.unwrap();
    assert_eq!((found[0].name.as_str(), total), ("Berck", 1));
    let silent = async || {
        let found =
            store::silent_members(&world.app.store, id, None, world.app.today(), &all()).await;
        let (lines, total, without_email) = found.unwrap();
        let [line] = lines.as_slice() else { panic!("{lines:?}") };
        (line.id, line.name.clone(), line.email.clone(), total, without_email)
    };
    let (berck, name, email, total, without_email) = silent().await;
    assert_eq!((name.as_str(), email, total, without_email), ("Berck", None, 1, 1));
    // Whoever has an account is reached like by a reminder, without being named as a contact.
    person(&world.fresh, "mairie@berck.example", OrganisationId(berck), &[Role::MemberContact])
        .await;
    let (.., email, total, without_email) = silent().await;
    assert_eq!((email.as_deref(), total, without_email), (Some("mairie@berck.example"), 1, 0));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_deserves_a_second_look_is_found_over_all_answers(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    // The census of 2025 asked for five boxes a year at the mairie of Berck.
    let before = world.census_of("Besoins 2025", "2025-01-01", "2026-04-30", 2025).await;
    open_census(&world.app, &buyer(), before).await.unwrap();
    let small = world.needs(&[("BOI-001", ["5", "0"])]).await;
    let sheet = world.sheets(before, 4).await[0];
    submit_needs(&world.app, &buyer(), Viewer::Coordinator, sheet, handed_in(small)).await.unwrap();
    let id = answered(&world).await;
    let app = on_day(&world.app, "2026-03-10");
    let sheet = world.sheets(id, 4).await[0];
    let large = world.needs(&[("BOI-001", ["25", "24"])]).await;
    let taken =
        submit_needs(&app, &buyer(), Viewer::Coordinator, sheet, handed_in(large)).await.unwrap();
    assert_eq!(taken.line_flags.len(), 2, "five times, and an opened pack");

    let census = store::census(&world.app.store, id).await.unwrap();
    let counts = store::anomaly_counts(&world.app.store, &census, world.app.today()).await.unwrap();
    let count = |kind| counts.iter().find(|(of, _)| *of == kind).unwrap().1;
    assert_eq!(count(AnomalyKind::ManyTimes), 1, "24 is not five times 5");
    assert_eq!(count(AnomalyKind::OpenedPack), 2, "30 by 25 at Arras, 24 at Berck");
    assert_eq!(count(AnomalyKind::Unsigned), 3);
    assert_eq!(count(AnomalyKind::SiretToConfirm), 3);
    assert_eq!(count(AnomalyKind::Unreachable), 0, "everybody has answered");
    for (kind, found) in &counts {
        let listed =
            store::anomalies(&world.app.store, &census, world.app.today(), Some(*kind), &all())
                .await;
        assert_eq!(listed.unwrap().len() as u64, *found, "{kind}");
    }
    let (kind, slice) = (Some(AnomalyKind::ManyTimes), all());
    let many = store::anomalies(&world.app.store, &census, world.app.today(), kind, &slice)
        .await
        .unwrap()
        .remove(0);
    assert_eq!((many.name.as_str(), many.year), ("Berck", Some(2026)));
    assert_eq!(many.compared, Some(Quantity::whole(5)));
    let signed = domain::group::contact::Signature {
        name: "Paul Leroy".into(),
        quality: "Maire".into(),
        on: day("2026-03-11"),
    };
    sign_sheet(&app, &buyer(), Viewer::Coordinator, sheet, signed).await.unwrap();
    let counts = store::anomaly_counts(&world.app.store, &census, world.app.today()).await.unwrap();
    assert!(counts.contains(&(AnomalyKind::Unsigned, 2)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_last_day_moves_for_a_reason_and_never_into_the_past(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let id = world.open().await;
    let app = on_day(&world.app, "2026-03-10");
    let to = async |app, to, reason| move_closing_day(app, &buyer(), id, day(to), reason).await;
    for (closes, reason, code) in [
        ("2026-06-15", "  ", "motif_absent"),
        ("2026-03-09", "trop tard", "date"),
        ("2026-05-31", "le même jour", "date"),
    ] {
        assert_eq!(codes(to(&app, closes, reason).await.unwrap_err()), [code], "{closes}");
    }
    to(&app, "2026-06-15", "vacances").await.unwrap();
    let census = store::census(&app.store, id).await.unwrap().census;
    assert_eq!(census.closes_on, day("2026-06-15"));
    let history = store::history(&app.store, id).await.unwrap();
    assert_eq!(history[0].2, "campaign.calendar");
    assert!(history[0].3.contains("du 31/05/2026 au 15/06/2026 : vacances"), "{}", history[0].3);
    close_census(&app, &buyer(), id).await.unwrap();
    assert_eq!(codes(to(&app, "2026-07-01", "encore").await.unwrap_err()), ["etape_interdite"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_census_reopened_takes_answers_until_its_new_day(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let id = world.open().await;
    close_census(&world.app, &buyer(), id).await.unwrap();
    let late = on_day(&world.app, "2026-06-10");
    let until = async |to, reason| reopen_until(&late, &buyer(), id, day(to), reason).await;
    assert_eq!(codes(until("2026-06-30", "").await.unwrap_err()), ["motif_absent"]);
    assert_eq!(codes(until("2026-05-31", "oubli").await.unwrap_err()), ["date"]);
    let census = store::census(&late.store, id).await.unwrap().census;
    assert_eq!(census.state, CensusState::Closed, "a refusal changes nothing");
    until("2026-06-30", "oubli").await.unwrap();
    let census = store::census(&late.store, id).await.unwrap().census;
    assert_eq!((census.state, census.closes_on), (CensusState::Open, day("2026-06-30")));
    let sheet = world.sheets(id, 4).await[0];
    let nothing = handed_in(NeedAnswer::Nothing);
    submit_needs(&late, &buyer(), Viewer::Coordinator, sheet, nothing).await.unwrap();
}
