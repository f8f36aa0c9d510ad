//! The member's census through its pages: what is typed is never lost, what is shown is what is
//! sent and what the receipt says, and nobody reaches another member's sheet.

use axum::http::StatusCode;
use domain::campaigns::sheet::{NeedAnswer, SheetState};
use domain::ids::{CampaignId, SiteId};
use domain::platform::role::Role;
use rstest::rstest;
use travee::store::Viewer;
use travee::store::campaigns as store;
use travee::usecases::campaigns::{
    close_census, issue_receipts, open_census, provisional_receipt, submit_needs,
};

use crate::campaigns::{World, handed_in, on_day};
use crate::client::{Answer, Client};
use crate::fixtures::{buyer, pdf_text};
use crate::harness::On;

/// A census that runs, and a référent of Bapaume, which has one delivery point.
struct Town {
    world: World,
    census: CampaignId,
    client: Client,
}

const BAPAUME: usize = 3;
const ARRAS: usize = 2;

impl Town {
    async fn new(on: On) -> Self {
        let world = World::new(on).await;
        let census = world.open().await;
        let client = world.client(BAPAUME, Role::MemberContact).await;
        Self { world, census, client }
    }

    fn path(&self, screen: &str) -> String {
        format!("/campagnes/{}{screen}", self.census)
    }

    async fn site(&self, body: usize) -> SiteId {
        self.world.keys(self.census, body).await[0].site
    }

    async fn field(&self, reference: &str) -> String {
        format!("a{}", self.world.article(reference).await)
    }

    async fn sheet(&self, body: usize) -> store::StoredSheet {
        let census = store::census(&self.world.app.store, self.census).await.unwrap();
        let viewer = Viewer::Member(self.world.bodies[body]);
        store::sheets(&self.world.app.store, viewer, &census, None).await.unwrap().remove(0)
    }
}

impl World {
    async fn client(&self, body: usize, role: Role) -> Client {
        Client::with(&self.app, &self.fresh, self.bodies[body], &[role]).await
    }

    async fn keys(&self, census: CampaignId, body: usize) -> Vec<store::SheetKey> {
        let viewer = Viewer::Member(self.bodies[body]);
        store::sheet_keys(&self.app.store, viewer, census).await.unwrap()
    }
}

/// The value of a hidden field.
fn hidden(answer: &Answer, name: &str) -> String {
    let text = answer.text();
    let at = text.find(&format!("name=\"{name}\" value=\"")).expect("the hidden field");
    let rest = &text[at..];
    let value = rest.split("value=\"").nth(1).unwrap();
    value.split('"').next().unwrap().to_owned()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_secretary_answers_in_five_screens(#[values(On::Sqlite, On::Postgres)] on: On) {
    let town = Town::new(on).await;
    let site = town.site(BAPAUME).await;
    town.client.get("/campagnes").await.shows(&["À répondre, environ 3 minutes", "31/05/2026"]);
    town.client.get(&town.path("")).await.shows(&[
        "Bapaume",
        "À répondre avant le 31/05/2026 inclus.",
        "Répondre",
        "Nous n’avons pas de besoin",
    ]);
    town.client.get(&town.path("/livraison")).await.shows(&["Mairie", "Confirmer ce lieu"]);
    let needs = town.path(&format!("/besoins?lieu={site}"));
    town.client.get(&needs).await.shows(&[
        "Article BOI-001",
        "Paquet de 25 · 0,89 € HT",
        "prix indicatif",
        "Pas encore enregistré",
    ]);

    let (boxes, shelves) = (town.field("BOI-001").await, town.field("RAY-001").await);
    let later = format!("{shelves}_2027");
    let typed =
        [("version", "0"), (boxes.as_str(), "60"), (later.as_str(), "2,5"), ("action", "verifier")];
    town.client.post(&needs, &typed).await.leads_to(&town.path("/verification"));
    // 3 packs of 25 at 0.89 are 66.75 a year, two years 133.50; 2.5 m at 41.335 are 103.34.
    town.client.get(&needs).await.shows(&[
        "3 paquets de 25 = 75 articles (arrondi au paquet), 66,75 € HT par an",
        "2,5 ml, 103,34 € HT sur 2 ans",
        "2 articles",
        "236,84 €",
        "Enregistré à",
    ]);
    let check = town.client.get(&town.path("/verification")).await;
    let seen = hidden(&check, "vu");
    check.shows(&[
        "60 par an",
        "2026 : 0 · 2027 : 2,5",
        "236,84 €",
        "284,21 €",
        "Envoyer mes besoins",
    ]);

    let sent = town
        .client
        .post(&town.path("/verification"), &[("vu", &seen), ("action", "envoyer")])
        .await;
    sent.leads_to(&town.path("/merci"));
    let sheet = town.sheet(BAPAUME).await;
    assert_eq!(sheet.sheet.state, SheetState::Submitted);
    assert_eq!(sheet.sheet.source.as_ref().unwrap().typed_by, "Camille Dupont");
    assert!(sheet.sheet.signature.is_none(), "a référent sends, a signatory signs");
    town.client.get(&town.path("/merci")).await.shows(&[
        "Vos besoins sont envoyés.",
        "Merci, votre réponse est enregistrée",
        "Pas encore signée",
        "284,21 €",
    ]);

    // A double click sends once; the sheet is closed to typing until it is opened again.
    let twice = town
        .client
        .post(&town.path("/verification"), &[("vu", &seen), ("action", "envoyer")])
        .await;
    twice.leads_to(&town.path("/merci"));
    town.client.get(&needs).await.leads_to(&town.path(""));
    let refused = town.client.post(&needs, &typed).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let reopened = town.client.post(&town.path("/modification"), &[]).await;
    reopened.leads_to(&town.path("/livraison"));
    town.client.get(&needs).await.shows(&["value=\"60\"", "value=\"2,5\""]);
    assert_eq!(town.sheet(BAPAUME).await.sheet.state, SheetState::Reopened);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_the_pages_show_is_what_the_receipts_say(#[values(On::Sqlite, On::Postgres)] on: On) {
    let town = Town::new(on).await;
    let site = town.site(BAPAUME).await;
    let needs = town.path(&format!("/besoins?lieu={site}"));
    let mut fields = vec![("version".to_owned(), "0".to_owned())];
    for (reference, every, later) in
        [("BOI-001", "101", ""), ("BOI-002", "7", "13"), ("RAY-001", "0,333", "1,111")]
    {
        let field = town.field(reference).await;
        fields.push((format!("{field}_2027"), later.to_owned()));
        fields.push((field, every.to_owned()));
    }
    fields.push(("action".to_owned(), "verifier".to_owned()));
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    town.client.post(&needs, &fields).await.leads_to(&town.path("/verification"));
    let member = town.world.bodies[BAPAUME];
    let review = travee::usecases::campaigns::review::review(&town.world.app, member, town.census);
    let totals = review.await.unwrap().totals.all;
    let (net, gross) = (totals.net.french(), totals.gross.french());
    let plain = |text: &str| text.replace(['\u{a0}', '\u{202f}'], " ");
    let (net, gross) = (plain(&net), plain(&gross));
    town.client.get(&needs).await.shows(&[&net, &gross]);
    let check = town.client.get(&town.path("/verification")).await;
    let seen = hidden(&check, "vu");
    check.shows(&[&net, &gross]);
    let send = [("vu", seen.as_str()), ("action", "envoyer")];
    town.client.post(&town.path("/verification"), &send).await.leads_to(&town.path("/merci"));

    let provisional = town.client.get(&town.path("/recepisse")).await;
    assert_eq!(provisional.headers["content-type"], "application/pdf");
    let text = pdf_text(&provisional.bytes);
    assert!(text.contains("Récépissé provisoire"), "{text}");
    let bare = |amount: &str| amount.trim_end_matches(" €").to_owned();
    assert!(text.contains(&bare(&net)) && text.contains(&bare(&gross)), "{net} {gross}: {text}");

    let after = on_day(&town.world.app, "2026-06-01");
    close_census(&after, &buyer(), town.census).await.unwrap();
    issue_receipts(&after, &buyer(), town.census, |_, _| {}).await.unwrap();
    let issued = pdf_text(&town.client.get(&town.path("/recepisse")).await.bytes);
    assert!(issued.contains("RB-2026-") && issued.contains(&bare(&gross)), "{issued}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn faulty_text_comes_back_as_typed_beside_what_would_be_right(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let town = Town::new(on).await;
    let needs = town.path(&format!("/besoins?lieu={}", town.site(BAPAUME).await));
    let (boxes, bindings) = (town.field("BOI-001").await, town.field("REL-001").await);
    let year = format!("{bindings}_2027");
    let typed = [
        ("version", "0"),
        (boxes.as_str(), "trois paquets"),
        (year.as_str(), "2,5"),
        ("action", "verifier"),
    ];
    let again = town.client.post(&needs, &typed).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = again.text();
    for words in [
        "2 réponses sont à revoir",
        "value=\"trois paquets\"",
        "par exemple 75. Cet article se livre par paquets de 25.",
        &format!("href=\"#{year}\""),
        &format!("id=\"{boxes}-erreur\""),
        &format!("{boxes}-erreur\" aria-invalid=\"true\""),
    ] {
        assert!(text.contains(words), "« {words} » is missing from: {text}");
    }
    // The draft holds the faulty text; it cannot be sent.
    town.client.get(&needs).await.shows(&["value=\"trois paquets\""]);
    let check = town.client.get(&town.path("/verification")).await;
    check.shows(&["À corriger", "Corrigez les quantités signalées"]);
    assert_eq!(town.sheet(BAPAUME).await.sheet.state, SheetState::Draft);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn two_people_at_once_are_told_and_lose_nothing(#[values(On::Sqlite, On::Postgres)] on: On) {
    let town = Town::new(on).await;
    let site = town.site(BAPAUME).await;
    let other = town.world.client(BAPAUME, Role::Signatory).await;
    let save = town.path(&format!("/brouillon?lieu={site}"));
    let (one, two) = (town.field("BOI-001").await, town.field("BOI-002").await);
    let first = other.post(&save, &[("version", "0"), (&one, "50"), (&two, "20")]).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    assert!(first.text().contains("\"version\":1"), "{}", first.text());

    // The script is told of both; nothing is written.
    let mine = [("version", "0"), (one.as_str(), "75")];
    let told = town.client.post(&save, &mine).await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    let told = told.text();
    for words in [
        format!("\"differing\":{{\"{one}\":\"50\"}}"),
        format!("\"taken\":[\"{two}\"]"),
        "\"by\":\"Camille Dupont\"".into(),
    ] {
        assert!(told.contains(&words), "{words} is missing from {told}");
    }
    // Without a script the page comes back with both, and the next save keeps what is shown.
    let needs = town.path(&format!("/besoins?lieu={site}"));
    let typed = [("version", "0"), (one.as_str(), "75"), ("action", "brouillon")];
    let page = town.client.post(&needs, &typed).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    let version = hidden(&page, "version");
    let text = page.text();
    for words in [
        "value=\"75\"",
        "Autre saisie : <b>50</b>",
        "value=\"20\"",
        "a enregistré une autre saisie",
    ] {
        assert!(text.contains(words), "« {words} » is missing from: {text}");
    }
    let typed =
        [("version", version.as_str()), (&one, "75"), (&two, "20"), ("action", "brouillon")];
    town.client.post(&needs, &typed).await.leads_to(&needs);
    other.get(&needs).await.shows(&["value=\"75\"", "value=\"20\""]);
    // The same text saved twice, as when an answer was lost on the way, is no conflict.
    let again = town.client.post(&save, &typed[..3]).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.text());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_changed_since_it_was_shown_is_not_sent(#[values(On::Sqlite, On::Postgres)] on: On) {
    let town = Town::new(on).await;
    let site = town.site(BAPAUME).await;
    let field = town.field("BOI-001").await;
    let save = town.path(&format!("/brouillon?lieu={site}"));
    town.client.post(&save, &[("version", "0"), (&field, "50")]).await;
    let seen = hidden(&town.client.get(&town.path("/verification")).await, "vu");
    town.client.post(&save, &[("version", "1"), (&field, "500")]).await;
    let send = [("vu", seen.as_str()), ("action", "envoyer")];
    let told = town.client.post(&town.path("/verification"), &send).await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    assert!(told.text().contains("La réponse a changé") && told.text().contains("500 par an"));
    assert_eq!(town.sheet(BAPAUME).await.sheet.state, SheetState::Draft);
    let send = [("vu", hidden(&told, "vu")), ("action", "envoyer".into())];
    let send = send.each_ref().map(|(name, value)| (*name, value.as_str()));
    town.client.post(&town.path("/verification"), &send).await.leads_to(&town.path("/merci"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_signatory_sends_and_signs_or_signs_what_was_sent(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let town = Town::new(on).await;
    let mayor = town.world.client(BAPAUME, Role::Signatory).await;
    let nothing = town.client.get(&town.path("/neant")).await;
    let seen = hidden(&nothing, "vu");
    nothing.shows(&["n’a besoin d’aucun article", "Déclarer que nous n’avons pas de besoin"]);
    let sent = town.client.post(&town.path("/neant"), &[("vu", &seen)]).await;
    sent.leads_to(&town.path("/merci"));
    assert_eq!(town.sheet(BAPAUME).await.sheet.answer, NeedAnswer::Nothing);

    // A référent cannot sign; a signatory says in what quality.
    let page = mayor.get(&town.path("/signature")).await;
    let seen = hidden(&page, "vu");
    let refused =
        town.client.post(&town.path("/signature"), &[("vu", &seen), ("fonction", "Maire")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let missing = mayor.post(&town.path("/signature"), &[("vu", &seen)]).await;
    assert_eq!(missing.status, StatusCode::UNPROCESSABLE_ENTITY);
    let signed =
        mayor.post(&town.path("/signature"), &[("vu", &seen), ("fonction", "Maire")]).await;
    signed.leads_to(&town.path("/merci"));
    let signature = town.sheet(BAPAUME).await.sheet.signature.unwrap();
    assert_eq!((signature.name.as_str(), signature.quality.as_str()), ("Camille Dupont", "Maire"));

    // Changed, it is to be signed again; the signatory sends and signs at once.
    mayor.post(&town.path("/modification"), &[]).await.leads_to(&town.path("/livraison"));
    let save = town.path(&format!("/brouillon?lieu={}", town.site(BAPAUME).await));
    let field = town.field("BOI-001").await;
    assert_eq!(mayor.post(&save, &[("version", "0"), (&field, "25")]).await.status, StatusCode::OK);
    let check = mayor.get(&town.path("/verification")).await;
    let seen = hidden(&check, "vu");
    check.shows(&["Valider les besoins", "Envoyer sans signer"]);
    let send = [("vu", seen.as_str()), ("action", "valider"), ("fonction", "Maire")];
    mayor.post(&town.path("/verification"), &send).await.leads_to(&town.path("/merci"));
    let sheet = town.sheet(BAPAUME).await.sheet;
    assert!(sheet.signature.is_some() && sheet.state == SheetState::Submitted);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_mayor_without_an_account_signs_on_paper(#[values(On::Sqlite, On::Postgres)] on: On) {
    let town = Town::new(on).await;
    let seen = hidden(&town.client.get(&town.path("/neant")).await, "vu");
    town.client.post(&town.path("/neant"), &[("vu", &seen)]).await.leads_to(&town.path("/merci"));
    let page = town.client.get(&town.path("/signature")).await;
    let seen = hidden(&page, "vu");
    let path = town.path("/signature-papier");
    let fields = [
        ("vu", seen.as_str()),
        ("signataire", "Claire Martin"),
        ("qualite", "Maire"),
        ("date", "01/03/2026"),
    ];
    let refused = town.client.upload(&path, &fields, &[("scan", "a.exe", b"MZ\x90")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.text().contains("un PDF ou une photo") && refused.text().contains("Claire Martin")
    );
    let kept = town.client.upload(&path, &fields, &[("scan", "signé.pdf", b"%PDF-1.7 x")]).await;
    kept.leads_to(&town.path("/merci"));
    town.client.get(&town.path("/merci")).await.shows(&["Claire Martin, Maire, le 01/03/2026"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn last_years_answer_fills_in_what_was_not_typed_and_a_jump_is_confirmed(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let town = Town::new(on).await;
    let world = &town.world;
    let sheets = world.sheets(town.census, BAPAUME).await;
    let member = Viewer::Member(world.bodies[BAPAUME]);
    let needs = world.needs(&[("BOI-001", ["25", "50"]), ("BOI-002", ["10", "10"])]).await;
    submit_needs(&world.app, &buyer(), member, sheets[0], handed_in(needs)).await.unwrap();
    let app = on_day(&world.app, "2027-03-02");
    close_census(&app, &buyer(), town.census).await.unwrap();
    let next = world.census_of("Besoins 2028", "2027-03-01", "2027-05-31", 2028).await;
    open_census(&app, &buyer(), next).await.unwrap();

    let client = Client::with(&app, &world.fresh, world.bodies[BAPAUME], &[Role::Signatory]).await;
    let path = |screen: &str| format!("/campagnes/{next}{screen}");
    client.get(&path("")).await.shows(&["Reprendre ma réponse de 2026"]);
    let (one, two) = (town.field("BOI-001").await, town.field("BOI-002").await);
    let save = path(&format!("/brouillon?lieu={}", town.site(BAPAUME).await));
    client.post(&save, &[("version", "0"), (&one, "500")]).await;
    client.post(&path("/reprise"), &[]).await.leads_to(&path("/livraison"));
    let page = client.get(&path("/besoins")).await;
    let typed = |field: &str, value: &str| format!("name=\"{field}\" value=\"{value}\"");
    page.shows(&[&typed(&one, "500"), &typed(&two, "10")]);

    let check = client.get(&path("/verification")).await;
    let seen = hidden(&check, "vu");
    check.shows(&[
        "10 fois plus qu’en 2027 (50)",
        "Est-ce bien cela",
        "Oui, ces quantités sont justes",
    ]);
    let send = [("vu", seen.as_str()), ("action", "envoyer")];
    let refused = client.post(&path("/verification"), &send).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("Confirmez les quantités inhabituelles"));
    let send = [("vu", seen.as_str()), ("action", "envoyer"), ("confirme", "oui")];
    client.post(&path("/verification"), &send).await.leads_to(&path("/merci"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_shared_link_answers_by_name_and_opens_its_census_only(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let town = Town::new(on).await;
    let world = &town.world;
    let other = world.census_of("Un autre", "2026-03-01", "2026-05-31", 2026).await;
    open_census(&world.app, &buyer(), other).await.unwrap();
    let guest = Client::of_link(&world.app, world.bodies[BAPAUME], town.census).await;
    assert_eq!(guest.get(&format!("/campagnes/{other}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(guest.get("/campagnes").await.status, StatusCode::FORBIDDEN);
    let page = guest.get(&town.path("/neant")).await;
    let seen = hidden(&page, "vu");
    page.shows(&["Qui répond ?"]);
    let nobody = guest.post(&town.path("/neant"), &[("vu", &seen)]).await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nobody.text().contains("Indiquez qui répond"));
    let sent = guest.post(&town.path("/neant"), &[("vu", &seen), ("par", "Mme Petit")]).await;
    sent.leads_to(&town.path("/merci"));
    assert_eq!(town.sheet(BAPAUME).await.sheet.source.unwrap().typed_by, "Mme Petit");
    let sign = guest.post(&town.path("/signature"), &[("vu", &seen), ("fonction", "Maire")]).await;
    assert_eq!(sign.status, StatusCode::FORBIDDEN);
    assert_eq!(guest.get(&town.path("/signature")).await.status, StatusCode::FORBIDDEN);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn another_members_sheet_and_delivery_point_do_not_exist(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let town = Town::new(on).await;
    let theirs = town.site(ARRAS).await;
    let field = town.field("BOI-001").await;
    let typed = [("version", "0"), (field.as_str(), "25"), ("nom", "Pris")];
    for path in [
        town.path(&format!("/besoins?lieu={theirs}")),
        town.path(&format!("/brouillon?lieu={theirs}")),
        town.path(&format!("/livraison/{theirs}")),
        format!("/lieux/{theirs}"),
        format!("/lieux/{theirs}/retrait"),
    ] {
        if !path.contains("brouillon") {
            assert_eq!(town.client.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        if !path.contains("livraison/") {
            let answer = town.client.post(&path, &typed).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
    let mended =
        [("nom", "Pris"), ("rue", "1 rue Haute"), ("code_postal", "62000"), ("ville", "Arras")];
    let answer = town.client.post(&town.path(&format!("/livraison/{theirs}")), &mended).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    // A census in preparation is not there yet.
    let draft = town.world.census_of("En préparation", "2026-06-01", "2026-06-30", 2027).await;
    assert_eq!(town.client.get(&format!("/campagnes/{draft}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(town.client.get("/campagnes/abc").await.status, StatusCode::NOT_FOUND);
    let member = town.world.bodies[ARRAS];
    assert!(provisional_receipt(&town.world.app, member, town.census).await.is_err(), "silent");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_census_takes_no_more_and_says_what_to_do(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let town = Town::new(on).await;
    let late = on_day(&town.world.app, "2026-06-01");
    let mut client = Client::new(&late);
    client.cookie.clone_from(&town.client.cookie);
    client.get(&town.path("")).await.shows(&["clos depuis le 31/05/2026", "appelez le CdG62"]);
    client.get(&town.path("/besoins")).await.leads_to(&town.path(""));
    client.get(&town.path("/neant")).await.leads_to(&town.path(""));
    let site = town.site(BAPAUME).await;
    let save =
        client.post(&town.path(&format!("/brouillon?lieu={site}")), &[("version", "0")]).await;
    assert_eq!(save.status, StatusCode::UNPROCESSABLE_ENTITY);
    let early = on_day(&town.world.app, "2026-02-01");
    let mut early = Client::new(&early);
    early.cookie.clone_from(&town.client.cookie);
    early.get(&town.path("")).await.shows(&["ouvre le 01/03/2026"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn delivery_points_are_added_mended_and_retired(#[values(On::Sqlite, On::Postgres)] on: On) {
    let town = Town::new(on).await;
    let page = town.client.get(&town.path("/livraison")).await;
    let key = hidden(&page, "cle");
    let mut place = vec![
        ("cle", key.as_str()),
        ("nom", "Ateliers"),
        ("rue", "3 rue des Ateliers"),
        ("code_postal", "6245"),
        ("ville", "Bapaume"),
        ("acces", "Hayon nécessaire"),
    ];
    let refused = town.client.post(&town.path("/livraison"), &place).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = refused.text();
    assert!(text.contains("cinq chiffres") && text.contains("value=\"6245\""), "{text}");
    place[3].1 = "62450";
    for _double_click in 0..2 {
        let added = town.client.post(&town.path("/livraison"), &place).await;
        added.leads_to(&town.path("/livraison"));
    }
    let keys = town.world.keys(town.census, BAPAUME).await;
    assert_eq!(keys.len(), 2, "one more sheet for one more delivery point");
    town.client.get(&town.path("/livraison")).await.shows(&[
        "Ateliers",
        "3 rue des Ateliers, 62450 Bapaume",
        "Hayon nécessaire",
        "Confirmer ces 2 lieux",
    ]);

    // Two points: one after the other, then the check; the empty one will say « néant ».
    let field = town.field("BOI-001").await;
    let at = |site: SiteId| town.path(&format!("/besoins?lieu={site}"));
    let typed = [("version", "0"), (field.as_str(), "25"), ("action", "verifier")];
    let next = town.client.post(&at(keys[0].site), &typed).await;
    next.leads_to(&at(keys[1].site));
    let check = town.client.get(&town.path("/verification")).await;
    let seen = hidden(&check, "vu");
    check.shows(&["ce lieu sera déclaré sans besoin", "2 lieux de livraison"]);
    let send = [("vu", seen.as_str()), ("action", "envoyer")];
    town.client.post(&town.path("/verification"), &send).await.leads_to(&town.path("/merci"));

    let used = format!("/lieux/{}/retrait", keys[0].site);
    let refused = town.client.post(&used, &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("Modifiez d’abord cette réponse"));
    let empty = format!("/lieux/{}/retrait", keys[1].site);
    town.client.get(&empty).await.shows(&["Aucun nouveau besoin"]);
    town.client.post(&empty, &[]).await.leads_to("/lieux");
    town.client.get("/lieux").await.shows(&["Mairie", "Lieux retirés", "Ateliers"]);
    town.client.get("/adhesion").await.shows(&["2026-GC-01", "n° 2026-001", "exécutoire"]);
}
