//! Members answer, or somebody answers for them.

use std::collections::BTreeSet;

use domain::campaigns::accept::HandedIn;
use domain::campaigns::fault::Flag;
use domain::campaigns::sheet::{AnswerChannel, AnswerSource, NeedAnswer};
use domain::catalogue::ArticleRef;
use domain::group::contact::Signature;
use domain::quantity::Quantity;
use rstest::rstest;
use travee::clock::Clock;
use travee::store::Viewer;
use travee::store::campaigns as store;
use travee::store::platform::journal_after;
use travee::usecases::App;
use travee::usecases::campaigns::{
    cancel_census, close_census, open_census, reopen_sheet, same_as_last, sign_sheet, submit_needs,
};
use travee::usecases::catalogue::retire_articles;

use super::world::{World, codes, handed_in, on_day, online};
use crate::fixtures::{buyer, day};
use crate::harness::On;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_an_answer_and_silence_is_not(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::new(on).await;
    let (app, id) = (&world.app, world.open().await);
    let arras = world.sheets(id, 2).await;
    let bapaume = world.sheets(id, 3).await;
    let answer = world.needs(&[("BOI-001", ["30", "0"]), ("RAY-001", ["2,5", "2,5"])]).await;
    let who = buyer();
    let mine = Viewer::Member(world.bodies[2]);
    let taken = submit_needs(app, &who, mine, arras[0], handed_in(answer.clone())).await.unwrap();
    let suggested = Quantity::whole(50);
    assert_eq!(taken.line_flags[0].flag, Flag::OpenedPack { suggested });
    let nothing = handed_in(NeedAnswer::Nothing);
    let viewer = Viewer::Member(world.bodies[3]);
    submit_needs(app, &buyer(), viewer, bapaume[0], nothing).await.unwrap();

    let progress = store::progress(&app.store, id).await.unwrap();
    assert_eq!((progress.members, progress.with_needs, progress.with_nothing), (3, 1, 1));
    assert_eq!((progress.silent(), progress.sheets, progress.unsigned), (1, 4, 2));
    let silent = store::silent(&app.store, id).await.unwrap();
    assert_eq!(silent.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["Berck"]);
    let by_epci = store::progress_by_epci(&app.store, id).await.unwrap();
    assert_eq!((by_epci.len(), by_epci[0].epci.clone()), (1, None));
    assert_eq!(by_epci[0].progress, progress);

    let census = store::census(&app.store, id).await.unwrap();
    let read = store::sheets(&app.store, Viewer::Member(world.bodies[2]), &census, None);
    let read = read.await.unwrap();
    assert_eq!(read.len(), 2);
    assert_eq!(read[0].sheet.answer, answer, "a year without a need comes back as zero");
    assert_eq!(read[1].sheet.answer, NeedAnswer::Silent);

    let signature =
        Signature { name: "C. Martin".into(), quality: "Maire".into(), on: day("2026-03-01") };
    sign_sheet(app, &buyer(), viewer, bapaume[0], signature.clone()).await.unwrap();
    assert_eq!(store::progress(&app.store, id).await.unwrap().unsigned, 1);
    let unanswered = sign_sheet(app, &buyer(), Viewer::Coordinator, arras[1], signature).await;
    assert_eq!(codes(unanswered.unwrap_err()), ["fiche_sans_reponse"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_member_cannot_reach_the_sheet_of_another(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::new(on).await;
    let (app, id) = (&world.app, world.open().await);
    let arras = world.sheets(id, 2).await[0];
    let viewer = Viewer::Member(world.bodies[3]);
    let answer = handed_in(NeedAnswer::Nothing);
    let refused = submit_needs(app, &buyer(), viewer, arras, answer).await.unwrap_err();
    assert_eq!(refused.in_french(), "Cet élément n’existe pas ou n’est pas accessible.");
    let census = store::census(&app.store, id).await.unwrap();
    let seen = store::sheets(&app.store, viewer, &census, Some(world.bodies[2])).await.unwrap();
    assert!(seen.is_empty());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_fault_is_named_by_its_line_and_nothing_is_kept(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let (app, id) = (&world.app, world.open().await);
    let sheet = world.sheets(id, 3).await[0];
    let answer = world.needs(&[("BOI-001", ["2,5", "1"]), ("BOI-001", ["100001", "1"])]).await;
    let refused = submit_needs(app, &buyer(), Viewer::Coordinator, sheet, handed_in(answer)).await;
    let refused = refused.unwrap_err();
    assert!(refused.in_french().contains("Ligne 2 (BOI-001) : "), "{}", refused.in_french());
    let expected = ["quantite_non_entiere", "doublon_reference", "quantite_invraisemblable"];
    assert_eq!(codes(refused), expected);
    assert_eq!(store::progress(&app.store, id).await.unwrap().silent(), 3);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn rule_02_a_need_of_a_lot_not_subscribed_is_refused(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let id = world.open().await;
    world
        .fresh
        .execute(&format!(
            "DELETE FROM membership_lot WHERE lot_id = (SELECT id FROM lot WHERE number = '2') \
             AND membership_id = (SELECT id FROM membership WHERE organisation_id = {})",
            world.bodies[3]
        ))
        .await;
    let sheet = world.sheets(id, 3).await[0];
    let answer = world.needs(&[("RAY-001", ["1", "1"]), ("BOI-001", ["25", "25"])]).await;
    let refused =
        submit_needs(&world.app, &buyer(), Viewer::Coordinator, sheet, handed_in(answer)).await;
    assert_eq!(codes(refused.unwrap_err()), ["lot_not_subscribed"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_census_takes_answers_until_midnight_in_paris(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let id = world.open().await;
    let at =
        |instant: &str| App { clock: Clock::Frozen(instant.parse().unwrap()), ..world.app.clone() };
    let sheet = world.sheets(id, 3).await[0];
    let viewer = Viewer::Member(world.bodies[3]);
    let late = at("2026-05-31T22:00:00Z");
    let nothing = || handed_in(NeedAnswer::Nothing);
    let refused = submit_needs(&late, &buyer(), viewer, sheet, nothing()).await;
    assert_eq!(codes(refused.unwrap_err()), ["recensement_clos"]);
    let in_time = at("2026-05-31T21:59:59Z");
    submit_needs(&in_time, &buyer(), viewer, sheet, nothing()).await.unwrap();
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_phoned_answer_says_who_spoke_and_who_typed(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::new(on).await;
    let (app, id) = (&world.app, world.open().await);
    let sheet = world.sheets(id, 3).await[0];
    let source = AnswerSource {
        channel: AnswerChannel::Phone,
        typed_by: "C. Leroy".into(),
        told_by: Some("L. Petit".into()),
        note: "appel du matin".into(),
    };
    let phoned =
        HandedIn { answer: NeedAnswer::Nothing, source: source.clone(), reason: String::new() };
    let by_itself = Viewer::Member(world.bodies[3]);
    let refused = submit_needs(app, &buyer(), by_itself, sheet, phoned.clone()).await;
    assert_eq!(codes(refused.unwrap_err()), ["source_absente"]);
    submit_needs(app, &buyer(), Viewer::Coordinator, sheet, phoned).await.unwrap();
    let census = store::census(&app.store, id).await.unwrap();
    let read = store::sheets(&app.store, by_itself, &census, None).await.unwrap();
    assert_eq!(read[0].sheet.source, Some(source));
    let journal = journal_after(&app.store, 0, 1_000).await.unwrap();
    let last = &journal.last().unwrap().0;
    assert_eq!((last.action.as_str(), last.subject_id), ("need_sheet.submit", sheet.0));
    assert_eq!(last.details, "néant, par téléphone (L. Petit)");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_sent_sheet_is_changed_only_after_it_was_reopened(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let (app, id) = (&world.app, world.open().await);
    let sheet = world.sheets(id, 3).await[0];
    let viewer = Viewer::Member(world.bodies[3]);
    let first = world.needs(&[("BOI-001", ["25", "25"]), ("BOI-002", ["10", "0"])]).await;
    submit_needs(app, &buyer(), viewer, sheet, handed_in(first)).await.unwrap();
    let second = world.needs(&[("BOI-002", ["0", "20"])]).await;
    let refused = submit_needs(app, &buyer(), viewer, sheet, handed_in(second.clone())).await;
    assert_eq!(codes(refused.unwrap_err()), ["etape_interdite"]);
    reopen_sheet(app, &buyer(), viewer, sheet).await.unwrap();
    assert_eq!(store::progress(&app.store, id).await.unwrap().with_needs, 1, "it counts on");
    submit_needs(app, &buyer(), viewer, sheet, handed_in(second.clone())).await.unwrap();
    let census = store::census(&app.store, id).await.unwrap();
    let read = store::sheets(&app.store, viewer, &census, None).await.unwrap();
    assert_eq!((&read[0].sheet.answer, read[0].version), (&second, 3));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn two_people_who_send_the_same_sheet_have_one_effect(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let (app, id) = (&world.app, world.open().await);
    let sheet = world.sheets(id, 3).await[0];
    let who = buyer();
    let send =
        || submit_needs(app, &who, Viewer::Coordinator, sheet, handed_in(NeedAnswer::Nothing));
    let (one, two) = tokio::join!(send(), send());
    assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "{one:?} {two:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_last_answer_is_taken_in_again_in_one_step(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::new(on).await;
    let (app, first) = (&world.app, world.open().await);
    let viewer = Viewer::Member(world.bodies[3]);
    let sheet = world.sheets(first, 3).await[0];
    let answer = world
        .needs(&[("BOI-001", ["50", "75"]), ("BOI-002", ["10", "10"]), ("REL-001", ["0", "4"])])
        .await;
    submit_needs(app, &buyer(), viewer, sheet, handed_in(answer)).await.unwrap();
    close_census(app, &buyer(), first).await.unwrap();

    let retired: BTreeSet<ArticleRef> = ["REL-001".parse().unwrap()].into();
    retire_articles(app, &buyer(), &retired, day("2027-01-01")).await.unwrap();
    let later = on_day(app, "2027-10-01");
    let second = world.census_of("Besoins 2028-2029", "2027-10-01", "2027-11-30", 2028).await;
    open_census(&later, &buyer(), second).await.unwrap();
    let sheet = world.sheets(second, 3).await[0];
    let again = same_as_last(&later, &buyer(), viewer, sheet, online()).await.unwrap();
    assert_eq!(again.left_out.len(), 1, "the binding is retired: {again:?}");
    let expected = world.needs(&[("BOI-001", ["50", "75"]), ("BOI-002", ["10", "10"])]).await;
    assert_eq!(again.taken.sheet.answer, expected);

    let silent = world.sheets(second, 4).await[0];
    let refused = same_as_last(&later, &buyer(), Viewer::Coordinator, silent, online()).await;
    assert_eq!(codes(refused.unwrap_err()), ["pas_de_reponse_precedente"]);

    reopen_sheet(&later, &buyer(), viewer, sheet).await.unwrap();
    let many = world.needs(&[("BOI-002", ["50", "40"])]).await;
    let taken = submit_needs(&later, &buyer(), viewer, sheet, handed_in(many)).await.unwrap();
    let flags: Vec<_> = taken.line_flags.iter().map(|f| (f.year, f.flag.code())).collect();
    assert_eq!(flags, [(Some(0), "hausse_forte")], "50 is five times the 10 of 2027");
    cancel_census(&later, &buyer(), second, "doublon").await.unwrap();
}
