//! A census opens, closes, gives receipts and is consolidated.

use std::collections::BTreeSet;

use domain::campaigns::accept::HandedIn;
use domain::campaigns::census::Census;
use domain::campaigns::sheet::{NeedAnswer, SheetState};
use domain::catalogue::ArticleRef;
use domain::quantity::Quantity;
use rstest::rstest;
use travee::store::Viewer;
use travee::store::campaigns as store;
use travee::store::platform::journal_after;
use travee::store::tenders::need_totals;
use travee::usecases::campaigns::{
    close_census, complete_sheets, create_census, issue_receipts, open_census, reopen_census,
    settle_census, submit_needs,
};
use travee::usecases::catalogue::{import_catalogue, retire_articles};
use travee::usecases::group::{add_sites, withdraw};

use super::world::{World, codes, entry, handed_in, on_day};
use crate::fixtures::{buyer, day, pdf_text, site};
use crate::harness::On;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn opening_freezes_the_articles_and_gives_every_delivery_point_a_sheet(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let app = &world.app;
    let retired: BTreeSet<ArticleRef> = ["REL-001".parse().unwrap()].into();
    retire_articles(app, &buyer(), &retired, day("2026-03-01")).await.unwrap();
    let id = world.census_of("Besoins", "2026-03-01", "2026-05-31", 2026).await;
    let opened = open_census(app, &buyer(), id).await.unwrap();
    assert_eq!((opened.articles, opened.sheets, opened.without_site), (3, 4, 0));
    let dearer = [entry("BOI-001", "1", Some(50), "0.95")];
    import_catalogue(app, &buyer(), &dearer, day("2026-03-02")).await.unwrap();
    let frozen = store::frozen_articles(&app.store, id).await.unwrap();
    let boxes = &frozen[&world.article("BOI-001").await];
    assert_eq!(boxes.terms.pack.unwrap().units(), 25, "the version members saw");
    let twice = open_census(app, &buyer(), id).await.unwrap_err();
    assert!(twice.in_french().contains("est ouvert"), "{}", twice.in_french());
    add_sites(app, &buyer(), &[site(world.bodies[4], "École")]).await.unwrap();
    assert_eq!(complete_sheets(app, &buyer(), id).await.unwrap(), 1);
    assert_eq!(complete_sheets(app, &buyer(), id).await.unwrap(), 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_a_census_froze_is_read_once_and_not_from_an_opening_that_was_taken_back(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let app = &world.app;
    let id = world.census_of("Besoins", "2026-03-01", "2026-05-31", 2026).await;
    let tx = app.store.begin_write().await.unwrap();
    let frozen = store::freeze_articles(&tx, id, day("2026-03-01")).await.unwrap();
    assert_eq!(store::frozen(&tx, id).await.unwrap().len() as u64, frozen);
    drop(tx);
    assert!(store::frozen(&app.store, id).await.unwrap().is_empty());
    let opened = open_census(app, &buyer(), id).await.unwrap();
    let first = store::frozen(&app.store, id).await.unwrap();
    assert_eq!(first.len() as u64, opened.articles);
    let again = store::frozen(&app.store, id).await.unwrap();
    assert!(std::sync::Arc::ptr_eq(&first, &again));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_makes_one_census_and_a_name_is_used_once(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let id = world.census_of("Besoins", "2026-03-01", "2026-05-31", 2026).await;
    assert_eq!(world.census_of("Besoins", "2026-03-01", "2026-05-31", 2026).await, id);
    let census = store::census(&world.app.store, id).await.unwrap().census;
    let again = create_census(&world.app, &buyer(), world.group, &census, "other").await;
    assert_eq!(codes(again.unwrap_err()), ["recensement_en_double"]);
    let none = Census { lots: BTreeSet::new(), ..census };
    let refused = create_census(&world.app, &buyer(), world.group, &none, "third").await;
    assert_eq!(codes(refused.unwrap_err()), ["recensement"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn closing_locks_what_was_sent_and_leaves_silence_silent(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let (app, id) = (&world.app, world.open().await);
    let arras = world.sheets(id, 2).await;
    let nothing = || handed_in(NeedAnswer::Nothing);
    submit_needs(app, &buyer(), Viewer::Coordinator, arras[0], nothing()).await.unwrap();
    assert_eq!(close_census(app, &buyer(), id).await.unwrap(), 1);
    let keys = store::sheet_keys(&app.store, Viewer::Coordinator, id).await.unwrap();
    let locked = keys.iter().filter(|key| key.state == SheetState::Locked).count();
    let drafts = keys.iter().filter(|key| key.state == SheetState::Draft).count();
    assert_eq!((locked, drafts), (1, 3));

    let late = on_day(app, "2026-06-02");
    let viewer = Viewer::Member(world.bodies[2]);
    let refused = submit_needs(&late, &buyer(), viewer, arras[1], nothing()).await;
    assert_eq!(codes(refused.unwrap_err()), ["recensement_clos"]);
    let refused = submit_needs(&late, &buyer(), Viewer::Coordinator, arras[1], nothing()).await;
    assert_eq!(codes(refused.unwrap_err()), ["motif_absent"]);
    let corrected = HandedIn { reason: "oubli du secrétariat".into(), ..nothing() };
    let taken = submit_needs(&late, &buyer(), Viewer::Coordinator, arras[1], corrected).await;
    assert_eq!(taken.unwrap().sheet.state, SheetState::Locked);
    let journal = journal_after(&app.store, 0, 1_000).await.unwrap();
    let last = &journal.last().unwrap().0;
    assert_eq!(last.action, "need_sheet.correct");
    assert!(last.details.ends_with("motif : oubli du secrétariat"), "{}", last.details);

    settle_census(&late, &buyer(), id).await.unwrap();
    let corrected = HandedIn { reason: "encore".into(), ..nothing() };
    let refused = submit_needs(&late, &buyer(), Viewer::Coordinator, arras[1], corrected).await;
    assert_eq!(codes(refused.unwrap_err()), ["recensement_arrete"]);
    let refused = reopen_census(&late, &buyer(), id, "trop tard").await;
    assert_eq!(codes(refused.unwrap_err()), ["etape_interdite"]);
    let report = travee::usecases::check::check(app).await.unwrap();
    assert_eq!(report.breaches, [], "the journal explains every state");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_member_that_answered_has_one_receipt_however_often_they_are_issued(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let (app, id) = (&world.app, world.open().await);
    let arras = world.sheets(id, 2).await;
    let bapaume = world.sheets(id, 3).await[0];
    let all = Viewer::Coordinator;
    let boxes = world.needs(&[("BOI-001", ["30", "30"]), ("RAY-001", ["2,5", "0"])]).await;
    submit_needs(app, &buyer(), all, arras[0], handed_in(boxes)).await.unwrap();
    let annexe = world.needs(&[("REL-001", ["3", "1"])]).await;
    submit_needs(app, &buyer(), all, arras[1], handed_in(annexe)).await.unwrap();
    let early = issue_receipts(app, &buyer(), id, |_, _| ()).await;
    assert_eq!(codes(early.unwrap_err()), ["recensement_pas_clos"]);
    close_census(app, &buyer(), id).await.unwrap();
    assert_eq!(issue_receipts(app, &buyer(), id, |_, _| ()).await.unwrap(), 1);
    assert_eq!(issue_receipts(app, &buyer(), id, |_, _| ()).await.unwrap(), 0);
    let late = HandedIn { reason: "oubli".into(), ..handed_in(NeedAnswer::Nothing) };
    submit_needs(app, &buyer(), all, bapaume, late).await.unwrap();
    assert_eq!(issue_receipts(app, &buyer(), id, |_, _| ()).await.unwrap(), 1);

    let papers = travee::store::overview::papers_of(&app.store, world.bodies[2].0).await.unwrap();
    assert_eq!((papers.len(), papers[0].number.as_str()), (1, "RB-2026-0001"));
    let text = pdf_text(&app.files.get(&papers[0].file_key).await.unwrap());
    for expected in ["Mairie", "Annexe", "BOI-001", "RAY-001", "REL-001", "344,34", "413,21"] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    let report = travee::usecases::check::check(app).await.unwrap();
    assert_eq!((report.breaches, report.checked["papers"]), (vec![], 2));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_needs_of_a_member_that_left_are_consolidated_no_more(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let (app, id) = (&world.app, world.open().await);
    for (body, units) in [(2, "30"), (3, "20")] {
        let sheet = world.sheets(id, body).await[0];
        let needs = world.needs(&[("BOI-001", [units, "0"])]).await;
        submit_needs(app, &buyer(), Viewer::Coordinator, sheet, handed_in(needs)).await.unwrap();
    }
    let total = async || {
        let totals = need_totals(&app.store, id).await.unwrap();
        let [boxes] = totals.as_slice() else { panic!("one article, one year: {totals:?}") };
        (boxes.members, boxes.asks.needed, boxes.asks.whole_packs)
    };
    assert_eq!(total().await, (2, Quantity::whole(50), Quantity::whole(75)));
    withdraw(app, &buyer(), world.group, world.bodies[3], day("2027-01-01"), "fusion")
        .await
        .unwrap();
    assert_eq!(total().await, (1, Quantity::whole(30), Quantity::whole(50)));
}
