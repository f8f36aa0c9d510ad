//! By a sent link, by a password, and out again.

use axum::http::StatusCode;
use chrono::Duration;
use rstest::rstest;
use travee::usecases::platform::entering::{EntryError, Next};
use travee::usecases::platform::{passwords, sign_in};

use super::{EMAIL, World, keeping, place, with_cookie};
use crate::client::Client;
use crate::harness::On;

const PASSWORD: &str = "lanterne rouge velours";

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_link_lets_in_once_by_its_button_and_never_by_opening_it(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let browser = Client::new(&world.app);
    browser
        .post("/connexion", &[("adresse", "Marie.Dupont@Arras.example "), ("suite", "/compte")])
        .await
        .shows(&["Consultez votre messagerie"]);
    let link = world.link("sign_in").await;
    assert!(link.ends_with("?suite=/compte"), "{link}");
    // A mail scanner looks three times.
    for _ in 0..3 {
        browser.get(&link).await.shows(&["Me connecter"]);
    }
    assert_eq!(world.count("session").await, 0);
    let answer = browser.post(&link, &[("suite", "/compte")]).await.leads_to("/compte");
    let inside = keeping(&browser, &answer);
    inside.get("/compte").await.shows(&[EMAIL, "Mes appareils connectés"]);
    let again = browser.post(&link, &[]).await;
    assert_eq!(again.status, StatusCode::GONE);
    assert_eq!(browser.get(&link).await.status, StatusCode::GONE);
    assert_eq!(world.count("session").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_again_ends_the_session_that_the_browser_had_and_signing_out_clears_it() {
    let world = World::new(On::Sqlite).await;
    set_password(&world).await;
    let browser = Client::of(&world.app, world.marie).await;
    let fields = [("adresse", EMAIL), ("mot_de_passe", PASSWORD)];
    let answer = browser.post("/connexion/mot-de-passe", &fields).await.leads_to("/");
    let inside = keeping(&browser, &answer);
    assert!(browser.get("/compte").await.location().starts_with("/connexion"));
    inside.get("/compte").await.shows(&[EMAIL]);
    // Before one's account is changed, one signs in again: nothing else is cleared.
    let again = inside.post("/deconnexion", &[("suite", "/compte/adresse")]).await;
    assert!(!again.headers.contains_key("clear-site-data"));
    let out = inside.post("/deconnexion", &[]).await.leads_to("/connexion");
    assert_eq!(out.headers["clear-site-data"], "\"cache\", \"storage\"");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_link_holds_fifteen_minutes(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::new(on).await;
    sign_in::ask_link(&world.app, EMAIL, None, &place()).await.unwrap();
    let link = world.link("sign_in").await;
    let token = link.strip_prefix("/connexion/lien/").unwrap();
    let too_late = world.later(Duration::minutes(15));
    let late = sign_in::use_link(&too_late, token, &place()).await;
    assert!(matches!(late, Err(EntryError::Gone)), "{late:?}");
    let in_time = world.later(Duration::minutes(15) - Duration::seconds(1));
    let entered = sign_in::use_link(&in_time, token, &place()).await.unwrap();
    assert_eq!(entered.next, Next::Page);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn two_clicks_at_once_let_in_once(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::new(on).await;
    sign_in::ask_link(&world.app, EMAIL, None, &place()).await.unwrap();
    let link = world.link("sign_in").await;
    let token = link.strip_prefix("/connexion/lien/").unwrap();
    let here = place();
    let (one, other) = tokio::join!(
        sign_in::use_link(&world.app, token, &here),
        sign_in::use_link(&world.app, token, &here)
    );
    assert_eq!([&one, &other].iter().filter(|entered| entered.is_ok()).count(), 1);
    assert_eq!(world.count("session").await, 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_address_is_answered_in_the_same_bytes_and_sent_nothing(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let browser = Client::new(&world.app);
    // As long as the known one: it is shown on the page.
    let unknown = "nadia.leroux@arras.example";
    for page in ["/connexion", "/mot-de-passe-oublie"] {
        let before = world.count("mail").await;
        let known = browser.post(page, &[("adresse", EMAIL)]).await;
        assert_eq!(world.count("mail").await, before + 1, "{page}");
        let other = browser.post(page, &[("adresse", unknown)]).await;
        assert_eq!(world.count("mail").await, before + 1, "{page}");
        assert_eq!(known.status, other.status);
        assert_eq!(known.headers, other.headers, "{page}");
        assert_eq!(known.text(), other.text().replace(unknown, EMAIL), "{page}");
    }
    // What was written costs the same: a link each, of which the unknown one opens nothing.
    assert_eq!(world.count("sign_in_token").await, 4);
    assert_eq!(world.count("sign_in_token WHERE person_id IS NULL").await, 2);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_an_unknown_address_and_a_blocked_account_look_alike(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let browser = Client::new(&world.app);
    let try_it = async |address: &str, password: &str| {
        let fields = [("adresse", address), ("mot_de_passe", password)];
        browser.post("/connexion/mot-de-passe", &fields).await
    };
    let without = try_it(EMAIL, PASSWORD).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    set_password(&world).await;
    let wrong = try_it(EMAIL, "lanterne rouge velour").await;
    let unknown = try_it("nadia.leroux@arras.example", PASSWORD).await;
    world
        .fresh
        .execute(&format!("UPDATE person SET disabled_at = created_at WHERE email = '{EMAIL}'"))
        .await;
    let blocked = try_it(EMAIL, PASSWORD).await;
    for other in [&wrong, &blocked] {
        assert_eq!(without.text(), other.text());
    }
    assert_eq!(without.text(), unknown.text().replace("nadia.leroux@arras.example", EMAIL));
    let refused = world.texts("SELECT details FROM journal WHERE action = 'person.refuse'").await;
    assert_eq!(refused, ["mot de passe refusé"; 4]);
    world.fresh.execute("UPDATE person SET disabled_at = NULL").await;
    try_it(EMAIL, PASSWORD).await.leads_to("/");
}

async fn set_password(world: &World) {
    passwords::ask_reset(&world.app, EMAIL, &place()).await.unwrap();
    let link = world.link("reset").await;
    let token = link.strip_prefix("/mot-de-passe/").unwrap();
    passwords::choose(&world.app, token, PASSWORD, &place()).await.unwrap();
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_chosen_password_signs_every_device_out_and_is_told_by_e_mail(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let telephone = Client::of(&world.app, world.marie).await;
    telephone.get("/compte").await.shows(&["aucun mot de passe choisi"]);
    let browser = Client::new(&world.app);
    browser.post("/mot-de-passe-oublie", &[("adresse", EMAIL)]).await;
    let link = world.link("reset").await;
    browser.get(&link).await.shows(&["Votre nouveau mot de passe"]);
    let short = browser.post(&link, &[("mot_de_passe", "arras-arras-62")]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", short.text());
    browser
        .post(&link, &[("mot_de_passe", PASSWORD)])
        .await
        .shows(&["Votre mot de passe est choisi"]);
    assert!(telephone.get("/compte").await.location().starts_with("/connexion"));
    assert_eq!(world.count("mail WHERE kind = 'password_changed'").await, 1);
    assert_eq!(browser.get(&link).await.status, StatusCode::GONE);
    let stored = world.texts("SELECT password_hash FROM person").await;
    assert!(stored[0].starts_with("$argon2id$"), "{stored:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_changed_by_whoever_knows_the_former_one(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    const NEW: &str = "cheval pile agrafe correcte";
    let world = World::new(on).await;
    let browser = Client::of(&world.app, world.marie).await;
    let page = "/compte/mot-de-passe";
    // Whoever has none yet chooses one.
    assert!(!browser.get(page).await.text().contains("Mot de passe actuel"));
    browser.post(page, &[("mot_de_passe", PASSWORD)]).await.leads_to("/compte");
    browser.get(page).await.shows(&["Mot de passe actuel"]);
    for former in ["", "lanterne rouge velour"] {
        let fields = [("mot_de_passe_actuel", former), ("mot_de_passe", NEW)];
        let refused = browser.post(page, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{former}");
        assert!(refused.text().contains("Ce n’est pas votre mot de passe actuel"), "{refused:?}");
        assert!(!refused.text().contains(NEW));
    }
    assert_eq!(world.count("journal WHERE details = 'mot de passe actuel refusé'").await, 2);
    let common = [("mot_de_passe_actuel", PASSWORD), ("mot_de_passe", "Qwerty123456")];
    assert!(browser.post(page, &common).await.text().contains("parmi les premiers"));
    let fields = [("mot_de_passe_actuel", PASSWORD), ("mot_de_passe", NEW)];
    browser.post(page, &fields).await.leads_to("/compte");
    // Guessing the former one comes to an end, too.
    let wrong = [("mot_de_passe_actuel", PASSWORD), ("mot_de_passe", "lanterne bleue velours")];
    for _ in 0..10 {
        assert_eq!(browser.post(page, &wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(browser.post(page, &wrong).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn signing_out_everywhere_signs_out_everywhere(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::new(on).await;
    let telephone = Client::of(&world.app, world.marie).await;
    let desk = Client::of(&world.app, world.marie).await;
    let other = crate::client::person(
        &world.fresh,
        "paul@arras.example",
        world.ids[2],
        &[domain::platform::role::Role::Signatory],
    )
    .await;
    let colleague = Client::of(&world.app, other).await;
    desk.post("/compte/deconnexion-partout", &[]).await.leads_to("/connexion");
    for gone in [&telephone, &desk] {
        assert!(gone.get("/compte").await.location().starts_with("/connexion"));
    }
    colleague.get("/compte").await.shows(&["paul@arras.example"]);
    // Nobody ends the session of somebody else.
    let theirs = world.texts("SELECT CAST(id AS TEXT) FROM session").await;
    let back = Client::of(&world.app, world.marie).await;
    let path = format!("/compte/appareils/{}/deconnexion", theirs[0]);
    assert_eq!(back.post(&path, &[]).await.status, StatusCode::NOT_FOUND);
    colleague.get("/compte").await.shows(&["paul@arras.example"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_address_changes_when_the_new_mailbox_opens_its_link(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let browser = Client::of(&world.app, world.marie).await;
    let new = "marie@nouvelle.example";
    browser.post("/compte/adresse", &[("adresse", new)]).await.leads_to("/compte");
    let to = world.texts("SELECT to_address FROM mail ORDER BY id").await;
    assert_eq!(to, [new, EMAIL], "a link to the new one, a warning to the old one");
    let link = world.link("change_email").await;
    browser.get(&link).await.shows(&["Confirmer ma nouvelle adresse"]);
    assert_eq!(world.texts("SELECT email FROM person").await, [EMAIL]);
    browser.post(&link, &[]).await.shows(&["Votre adresse est changée"]);
    assert_eq!(world.texts("SELECT email FROM person").await, [new]);
    assert!(browser.get("/compte").await.location().starts_with("/connexion"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_somebody_has_is_not_given_away_nor_taken(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let role = domain::platform::role::Role::MemberReader;
    crate::client::person(&world.fresh, "paul@arras.example", world.ids[2], &[role]).await;
    let browser = Client::of(&world.app, world.marie).await;
    browser.post("/compte/adresse", &[("adresse", "paul@arras.example")]).await.leads_to("/compte");
    assert_eq!(world.count("mail WHERE kind = 'change_email'").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_session_signs_in_again_before_it_changes_the_account() {
    let world = World::new(On::Sqlite).await;
    let browser = Client::of(&world.app, world.marie).await;
    let later = with_cookie(&world.later(Duration::minutes(31)), browser.cookie.clone());
    for page in ["/compte/adresse", "/compte/mot-de-passe", "/compte/double-authentification"] {
        later.get(page).await.shows(&["Reconnectez-vous pour continuer"]);
    }
    let fields = [("mot_de_passe", PASSWORD)];
    later.post("/compte/mot-de-passe", &fields).await.shows(&["Reconnectez-vous"]);
    assert_eq!(world.count("person WHERE password_hash IS NOT NULL").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unused_session_ends_sooner_for_the_coordinator_than_for_a_member() {
    let world = World::new(On::Sqlite).await;
    let buyer = domain::platform::role::Role::Buyer;
    let buyer = crate::client::person(&world.fresh, "a@cdg.example", world.ids[0], &[buyer]).await;
    let member = Client::of(&world.app, world.marie).await;
    let buyer = Client::of(&world.app, buyer).await;
    let after = world.later(Duration::hours(3));
    let at =
        async |client: &Client| with_cookie(&after, client.cookie.clone()).get("/compte").await;
    at(&member).await.shows(&[EMAIL]);
    assert!(at(&buyer).await.location().starts_with("/connexion"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_role_left_is_sent_no_link() {
    let world = World::new(On::Sqlite).await;
    world.fresh.execute("UPDATE role_grant SET to_day = '2026-03-02'").await;
    sign_in::ask_link(&world.app, EMAIL, None, &place()).await.unwrap();
    assert_eq!(world.count("mail").await, 0);
    assert_eq!(world.count("sign_in_token WHERE person_id IS NOT NULL").await, 0);
}
