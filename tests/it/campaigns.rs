//! A census, from its opening to the receipts.

use std::collections::BTreeSet;

use domain::campaigns::accept::HandedIn;
use domain::campaigns::census::{Census, CensusState};
use domain::campaigns::fault::Flag;
use domain::campaigns::sheet::{AnswerChannel, AnswerSource, NeedAnswer, NeedLine, SheetState};
use domain::catalogue::{ArticleRef, ArticleTerms, CatalogueEntry, PackSize};
use domain::cpv::Cpv;
use domain::group::contact::Signature;
use domain::ids::{ArticleId, CampaignId, ConventionId, NeedSheetId, OrganisationId};
use domain::price::UnitPrice;
use domain::quantity::{Quantity, Unit};
use domain::vat::VatRate;
use rstest::rstest;
use travee::clock::Clock;
use travee::store::campaigns as store;
use travee::store::platform::journal_after;
use travee::store::tenders::need_totals;
use travee::store::{Viewer, catalogue};
use travee::usecases::campaigns::{
    cancel_census, close_census, complete_sheets, create_census, issue_receipts, open_census,
    reopen_census, reopen_sheet, same_as_last, settle_census, sign_sheet, submit_needs,
};
use travee::usecases::catalogue::{import_catalogue, retire_articles};
use travee::usecases::group::{add_sites, withdraw};
use travee::usecases::{App, UseCaseError};

use crate::fixtures::{app_on, buyer, convention, day, members, organisations, pdf_text, site};
use crate::harness::{Fresh, On};

/// An article of the fixtures' catalogue.
pub(crate) fn entry(reference: &str, lot: &str, pack: Option<u32>, price: &str) -> CatalogueEntry {
    let unit = if pack.is_some() { Unit::Piece } else { Unit::Metre };
    CatalogueEntry {
        reference: reference.parse().unwrap(),
        lot: lot.parse().unwrap(),
        family: ["boites", "rayonnages", "reliures"][lot.parse::<usize>().unwrap() - 1].into(),
        sub_family: String::new(),
        terms: ArticleTerms {
            label: format!("Article {reference}"),
            unit,
            unit_label: unit.french().into(),
            takes_decimals: unit.takes_decimals(),
            pack: pack.map(|units| PackSize::new(units).unwrap()),
            cpv: Cpv::stored("30193700-5").unwrap(),
            vat_rate: VatRate::from_basis_points(2000).unwrap(),
            specification: String::new(),
            standards: "ISO 16245".into(),
            reference_price: UnitPrice::scheduled(price.parse().unwrap()).unwrap(),
        },
    }
}

/// Boxes by 25 and by 10, shelving in metres, a binding.
pub(crate) fn entries() -> Vec<CatalogueEntry> {
    vec![
        entry("BOI-001", "1", Some(25), "0.89"),
        entry("BOI-002", "1", Some(10), "3.5"),
        entry("RAY-001", "2", None, "41.335"),
        entry("REL-001", "3", Some(1), "38.00"),
    ]
}

/// A group of three communes, each with its mairie; Arras has an annexe too.
pub(crate) struct World {
    pub(crate) fresh: Fresh,
    pub(crate) app: App,
    pub(crate) group: ConventionId,
    /// Coordinator, holder, Arras, Bapaume, Berck.
    pub(crate) bodies: Vec<OrganisationId>,
}

pub(crate) fn on_day(app: &App, day: &str) -> App {
    let noon = format!("{day}T12:00:00Z").parse().unwrap();
    App { clock: Clock::Frozen(noon), ..app.clone() }
}

impl World {
    pub(crate) async fn new(on: On) -> Self {
        let fresh = on.fresh().await;
        let app = app_on(&fresh, "2026-03-01");
        let bodies = organisations(&app).await;
        let group = convention(&app, bodies[0]).await;
        members(&app, group, &bodies[2..]).await;
        let sites = [
            site(bodies[2], "Mairie"),
            site(bodies[2], "Annexe"),
            site(bodies[3], "Mairie"),
            site(bodies[4], "Mairie"),
        ];
        add_sites(&app, &buyer(), &sites).await.unwrap();
        import_catalogue(&app, &buyer(), &entries(), day("2026-01-01")).await.unwrap();
        Self { fresh, app, group, bodies }
    }

    async fn census_of(
        &self,
        name: &str,
        opens: &str,
        closes: &str,
        first_year: i32,
    ) -> CampaignId {
        let group = travee::store::group::convention(&self.app.store, self.group).await.unwrap();
        let census = Census {
            name: name.into(),
            state: CensusState::Draft,
            opens_on: day(opens),
            closes_on: day(closes),
            first_year,
            years: 2,
            lots: group.unwrap().lots.iter().map(|lot| lot.id).collect(),
        };
        create_census(&self.app, &buyer(), self.group, &census, name).await.unwrap()
    }

    /// Open from 2 March to 31 May 2026, for 2026 and 2027.
    pub(crate) async fn open(&self) -> CampaignId {
        let id = self.census_of("Besoins 2026-2027", "2026-03-01", "2026-05-31", 2026).await;
        open_census(&self.app, &buyer(), id).await.unwrap();
        id
    }

    /// The sheets of a member, in the order of its delivery points.
    pub(crate) async fn sheets(&self, campaign: CampaignId, body: usize) -> Vec<NeedSheetId> {
        let keys = store::sheet_keys(&self.app.store, Viewer::Member(self.bodies[body]), campaign);
        let mut keys = keys.await.unwrap();
        keys.sort_by_key(|key| key.site);
        keys.into_iter().map(|key| key.id).collect()
    }

    pub(crate) async fn article(&self, reference: &str) -> ArticleId {
        let articles = catalogue::articles(&self.app.store).await.unwrap();
        articles[&reference.parse::<ArticleRef>().unwrap()].id
    }

    pub(crate) async fn needs(&self, lines: &[(&str, [&str; 2])]) -> NeedAnswer {
        let mut needs = Vec::new();
        for (reference, years) in lines {
            needs.push(NeedLine {
                article: self.article(reference).await,
                quantities: years.iter().map(|year| Quantity::parse(year).unwrap()).collect(),
                tolerance: Quantity::ZERO,
            });
        }
        NeedAnswer::Needs(needs)
    }
}

pub(crate) fn online() -> AnswerSource {
    AnswerSource {
        channel: AnswerChannel::Online,
        typed_by: "L. Petit".into(),
        told_by: None,
        note: String::new(),
    }
}

pub(crate) fn handed_in(answer: NeedAnswer) -> HandedIn {
    HandedIn { answer, source: online(), reason: String::new() }
}

fn codes(error: UseCaseError) -> Vec<String> {
    match error {
        UseCaseError::Refused(reasons) => reasons.into_iter().map(|reason| reason.code).collect(),
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_read_again_adds_versions_only_where_terms_changed(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let app = &world.app;
    let again = import_catalogue(app, &buyer(), &entries(), day("2026-01-01")).await.unwrap();
    assert_eq!((again.added, again.revised, again.unchanged), (0, 0, 4));
    let mut dearer = entries();
    dearer[0] = entry("BOI-001", "1", Some(25), "0.95");
    dearer.push(entry("BOI-003", "1", Some(1), "2"));
    let next = import_catalogue(app, &buyer(), &dearer, day("2027-01-01")).await.unwrap();
    assert_eq!((next.added, next.revised, next.unchanged), (1, 1, 3));
    let articles = catalogue::articles(&app.store).await.unwrap();
    let boxes = &articles[&"BOI-001".parse().unwrap()];
    let price = |text| {
        boxes.in_force_on(day(text)).map(|(_, version)| version.terms.reference_price.machine())
    };
    assert_eq!(price("2026-12-31").as_deref(), Some("0.89"));
    assert_eq!(price("2027-01-01").as_deref(), Some("0.95"));
    assert_eq!(boxes.versions.len(), 2);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_past_of_the_catalogue_is_not_rewritten_and_nothing_is_half_imported(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let app = &world.app;
    let retired: BTreeSet<ArticleRef> = ["REL-001".parse().unwrap()].into();
    assert_eq!(retire_articles(app, &buyer(), &retired, day("2026-06-01")).await.unwrap(), 1);
    let changed = [
        entry("NEW-001", "1", Some(1), "1"),
        entry("BOI-001", "1", Some(50), "0.89"),
        entry("REL-001", "3", Some(1), "39"),
        entry("BOI-002", "2", Some(10), "3.5"),
    ];
    let refused = import_catalogue(app, &buyer(), &changed, day("2026-01-01")).await;
    let same_day = ["version_anterieure", "version_anterieure", "article_change_de_lot"];
    assert_eq!(codes(refused.unwrap_err()), same_day);
    let refused = import_catalogue(app, &buyer(), &changed, day("2026-07-01")).await;
    assert_eq!(codes(refused.unwrap_err()), ["article_retire", "article_change_de_lot"]);
    let articles = catalogue::articles(&app.store).await.unwrap();
    assert_eq!(articles.len(), 4, "the good entries of a refused file are not taken either");
    let binding = &articles[&"REL-001".parse().unwrap()];
    assert!(binding.article.on_offer(day("2026-06-01")).is_none());
    let unknown: BTreeSet<ArticleRef> = ["XXX-1".parse().unwrap()].into();
    let refused = retire_articles(app, &buyer(), &unknown, day("2026-06-01")).await;
    assert_eq!(codes(refused.unwrap_err()), ["reference_inconnue"]);
}

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
