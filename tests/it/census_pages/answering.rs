//! Answering: what is typed is never lost, and what is shown is what is sent.

use axum::http::StatusCode;
use domain::campaigns::sheet::SheetState;
use domain::platform::role::Role;
use rstest::rstest;
use travee::store::Viewer;
use travee::usecases::campaigns::{close_census, issue_receipts, open_census, submit_needs};

use super::{BAPAUME, Town, hidden};
use crate::campaigns::{handed_in, on_day};
use crate::client::Client;
use crate::fixtures::{buyer, pdf_text};
use crate::harness::On;

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
