//! A form that arrives after its session ended: nothing typed is lost, nothing is laid into
//! anybody's hands.

use axum::http::StatusCode;
use chrono::Duration;
use domain::ids::OrganisationId;
use domain::platform::role::Role;
use rstest::rstest;
use sea_orm::{ConnectionTrait, Statement};
use travee::clock::Clock;
use travee::usecases::App;

use crate::campaigns::{World, on_day};
use crate::client::{Answer, Client, person};
use crate::fixtures::{app_on, organisations};
use crate::harness::{Fresh, On};

const PLACE: [(&str, &str); 6] = [
    ("cle", "0123456789abcdef0123456789abcdef"),
    ("nom", "Salle « Brel » & <annexe>"),
    ("rue", "1 place \"du\" Marché"),
    ("code_postal", "62000"),
    ("ville", "Arras"),
    ("acces", "Deux marches\r\nSonner"),
];

/// The same database, later.
fn later(app: &App, by: Duration) -> App {
    App { wall: Clock::Frozen(app.wall.now() + by), ..app.clone() }
}

/// The browser on another program.
fn on(app: &App, client: &Client) -> Client {
    Client { cookie: client.cookie.clone(), ..Client::new(app) }
}

fn plain(text: &str) -> String {
    let signs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&amp;", "&")];
    signs.iter().fold(text.to_owned(), |text, (coded, sign)| text.replace(coded, sign))
}

/// Where a page that gives a form back sends it, and its fields.
#[track_caller]
fn form(answer: &Answer) -> (String, Vec<(String, String)>) {
    // With the no-break spaces as they were typed.
    let text = String::from_utf8(answer.bytes.clone()).unwrap().replace("&#x2f;", "/");
    let (_, rest) = text.split_once("<form method=\"post\" action=\"").expect("a form");
    let action = plain(rest.split('"').next().unwrap());
    let fields = rest.split("<input type=\"hidden\" name=\"").skip(1).map(|field| {
        let (name, rest) = field.split_once("\" value=\"").unwrap();
        (plain(name), plain(rest.split("\">").next().unwrap()))
    });
    (action, fields.collect())
}

/// How many halls of this name an organisation has.
async fn sites(fresh: &Fresh, organisation: OrganisationId) -> i64 {
    let db = fresh.raw().await;
    let query = format!(
        "SELECT CAST(COUNT(*) AS BIGINT) FROM site \
         WHERE organisation_id = {organisation} AND name = 'Salle « Brel » & <annexe>'"
    );
    let statement = Statement::from_string(db.get_database_backend(), query);
    let count = db.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap();
    db.close().await.unwrap();
    count
}

async fn send_again(client: &Client, answer: &Answer) -> Answer {
    let (action, fields) = form(answer);
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    client.post(&action, &fields).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_comes_back_when_the_session_ended_and_is_sent_again(
    #[values(On::Sqlite, On::Postgres)] database: On,
) {
    let fresh = database.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    let ids = organisations(&app).await;
    let marie = person(&fresh, "marie@arras.example", ids[2], &[Role::MemberContact]).await;
    let before = Client::of(&app, marie).await;
    let app = later(&app, Duration::days(15));
    let late = on(&app, &before).post("/lieux/nouveau", &PLACE).await;
    assert_eq!(late.status, StatusCode::UNAUTHORIZED, "{late:?}");
    let text = late.text();
    for words in
        ["Votre session a expiré", "Rien n’est perdu", "pour « Arras »", "/connexion?suite="]
    {
        assert!(text.contains(words), "« {words} » is missing from: {text}");
    }
    assert!(!text.contains("<annexe>"), "what was typed is escaped: {text}");
    assert_eq!(late.headers["cache-control"], "no-store");
    let (action, fields) = form(&late);
    assert_eq!(action, format!("/lieux/nouveau?reprise={}", ids[2]));
    let typed: Vec<(String, String)> =
        PLACE.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    assert_eq!(fields, typed);
    // Still signed out: the form is kept as often as it takes.
    let again = send_again(&on(&app, &before), &late).await;
    assert_eq!(form(&again), (action, typed));
    // Signed in by another tab, the same form goes through, once.
    let inside = Client::of(&app, marie).await;
    inside.get("/connexion/reprise").await.shows(&["Envoyer de nouveau"]);
    for _ in 0..2 {
        send_again(&inside, &again).await.leads_to("/lieux");
    }
    assert_eq!(sites(&fresh, ids[2]).await, 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_form_sent_again_acts_for_whom_it_was_filled_in_for(
    #[values(On::Sqlite, On::Postgres)] database: On,
) {
    let fresh = database.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    let ids = organisations(&app).await;
    let marie = person(&fresh, "marie@arras.example", ids[2], &[Role::MemberContact]).await;
    fresh
        .execute(&format!(
            "INSERT INTO role_grant (person_id, organisation_id, role, from_day, given_by) \
             VALUES ({marie}, {}, 'member_contact', '2026-01-01', 'essai')",
            ids[3]
        ))
        .await;
    let before = Client::of(&app, marie).await;
    let bapaume = ids[3].to_string();
    before.post("/compte/organisme", &[("organisme", &bapaume)]).await.leads_to("/");
    let app = later(&app, Duration::days(15));
    let late = on(&app, &before).post("/lieux/nouveau", &PLACE).await;
    assert!(late.text().contains("pour « Bapaume »"), "{late:?}");
    // Somebody of Arras alone: refused, and still nothing lost.
    let paul = person(&fresh, "paul@arras.example", ids[2], &[Role::MemberContact]).await;
    let other = send_again(&Client::of(&app, paul).await, &late).await;
    assert_eq!(other.status, StatusCode::CONFLICT, "{other:?}");
    assert_eq!(form(&other), form(&late));
    // A new session begins for Arras, the first by name; the form goes to Bapaume.
    let inside = Client::of(&app, marie).await;
    send_again(&inside, &late).await.leads_to("/lieux");
    inside.get("/lieux").await.shows(&["Bapaume", "Brel"]);
    assert_eq!((sites(&fresh, ids[2]).await, sites(&fresh, ids[3]).await), (0, 1));
    // When nobody knows any more for whom, whoever acts for several chooses first.
    let signed_out = Client::new(&app).post("/lieux/nouveau", &PLACE).await;
    assert_eq!(form(&signed_out).0, "/lieux/nouveau?reprise=0");
    let undecided = Client::of(&app, marie).await;
    let asked = send_again(&undecided, &signed_out).await;
    assert_eq!(asked.status, StatusCode::CONFLICT, "{asked:?}");
    undecided.post("/compte/organisme", &[("organisme", &bapaume)]).await;
    send_again(&undecided, &asked).await.leads_to("/lieux");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_another_site_is_given_back() {
    let fresh = On::Sqlite.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    organisations(&app).await;
    let stranger = Client::new(&app);
    for (headers, status) in [
        (&[("sec-fetch-site", "cross-site")][..], StatusCode::FORBIDDEN),
        (&[("origin", "https://mal.example")], StatusCode::FORBIDDEN),
        (&[("sec-fetch-site", "same-site")], StatusCode::FORBIDDEN),
        // An old browser that says nothing is asked to sign in, as before.
        (&[], StatusCode::SEE_OTHER),
    ] {
        let answer = stranger.post_with("/lieux/nouveau", headers, &PLACE).await;
        assert_eq!(answer.status, status, "{headers:?}: {answer:?}");
        assert!(!answer.text().contains("Brel"), "{headers:?}");
    }
    // A path that browsers read as another site's is nobody's form.
    let away = stranger.post("//mal.example/lieux", &PLACE).await;
    assert_eq!(away.status, StatusCode::NOT_FOUND, "{away:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_codes_and_what_is_too_much_are_not_given_back() {
    let fresh = On::Sqlite.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    let stranger = Client::new(&app);
    let long = "x".repeat(300 * 1024);
    for (path, fields) in [
        ("/compte/mot-de-passe", &[("mot_de_passe", "lanterne rouge velours")][..]),
        ("/compte/double-authentification", &[("code", "123456"), ("suite", "/")]),
        ("/lieux/nouveau", &[("nom", &long)]),
        ("/compte/deconnexion-partout", &[]),
    ] {
        let answer = stranger.post(path, fields).await;
        assert!(answer.location().starts_with("/connexion?suite="), "{path}: {}", answer.status);
        assert!(!answer.text().contains("lanterne") && !answer.text().contains("123456"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_files_the_text_comes_back() {
    let fresh = On::Sqlite.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    let fields = [("bon", "BL-77"), ("reserve", "dos rayé")];
    let picture = vec![0xff; 200_000];
    let photo = ("photo", "bon.jpg", picture.as_slice());
    let late = Client::new(&app).upload("/livraisons/7/reception", &fields, &[photo]).await;
    assert_eq!(late.status, StatusCode::UNAUTHORIZED, "{late:?}");
    let text = late.text();
    assert!(text.contains("Les fichiers joints ne peuvent pas être gardés"), "{text}");
    assert!(text.contains("enctype=\"multipart/form-data\""), "{text}");
    let given_back = form(&late).1;
    let typed = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(given_back, typed);
    let without = Client::new(&app).upload("/livraisons/7/reception", &fields, &[]).await;
    assert!(!without.text().contains("Les fichiers joints"), "{without:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_still_to_be_given_loses_nothing_either() {
    let fresh = On::Sqlite.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    let ids = organisations(&app).await;
    let buyer = person(&fresh, "acheteuse@cdg.example", ids[0], &[Role::Buyer]).await;
    let holder =
        travee::usecases::platform::sessions::Holder::Person { id: buyer, second_factor: false };
    let place = travee::usecases::platform::sessions::Place::default();
    let token = travee::usecases::platform::sessions::open(&app, holder, &place).await.unwrap();
    let half = Client { cookie: Some(format!("travee={token}")), ..Client::new(&app) };
    let fields = [("nom", "Recensement 2027")];
    let asked = half.post("/gestion/recensements", &fields).await;
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED, "{asked:?}");
    let text = asked.text();
    assert!(text.contains("Un code vous est demandé"), "{text}");
    assert!(text.contains("/compte/double-authentification?suite="), "{text}");
    assert_eq!(form(&asked).1, [("nom".to_owned(), "Recensement 2027".to_owned())]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_holder_of_a_census_s_link_opens_it_again_and_sends_what_was_typed(
    #[values(On::Sqlite, On::Postgres)] database: On,
) {
    let world = World::new(database).await;
    let campaign = world.open().await;
    let march = on_day(&world.app, "2026-03-02");
    let before = Client::of_link(&march, world.bodies[2], campaign).await;
    let path = format!("/campagnes/{campaign}/neant");
    let page = before.get(&path).await.shows(&["Arras"]).text();
    let seen = page.split("name=\"vu\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let fields = [("par", "Jeanne Dubois"), ("vu", seen)];
    let march = later(&march, Duration::hours(3));
    let late = on(&march, &before).post(&path, &fields).await;
    assert_eq!(late.status, StatusCode::UNAUTHORIZED, "{late:?}");
    assert!(late.text().contains("Ouvrez de nouveau le lien de recensement"), "{late:?}");
    let inside = Client::of_link(&march, world.bodies[2], campaign).await;
    let answer = send_again(&inside, &late).await;
    assert_eq!(answer.location(), format!("/campagnes/{campaign}/merci"), "{answer:?}");
    // The link of another commune's census is no way to send it.
    let neighbour = Client::of_link(&march, world.bodies[3], campaign).await;
    assert_eq!(send_again(&neighbour, &late).await.status, StatusCode::CONFLICT);
}
