//! Codes and recovery codes: each once.

use axum::http::StatusCode;
use chrono::Duration;
use domain::platform::role::Role;
use rstest::rstest;
use totp_rs::{Builder, Secret};
use travee::usecases::platform::second_factor;

use super::{World, keeping, with_cookie};
use crate::client::Client;
use crate::harness::On;

/// What a telephone shows at this instant.
fn code(world: &World, secret: &str, later: Duration) -> String {
    let secret = Secret::try_from_base32(secret.replace(' ', "")).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    let instant = (world.app.wall.now() + later).timestamp();
    totp.generate(u64::try_from(instant).unwrap()).to_string()
}

/// Marie's browser once she has set her second factor up, her secret and her recovery codes.
async fn enrolled(world: &World) -> (Client, String, Vec<String>) {
    let browser = Client::of(&world.app, world.marie).await;
    let page = browser.get("/compte/double-authentification").await.shows(&["photographiant"]);
    let text = page.text();
    let secret = text.split("<code>").nth(1).unwrap().split("</code>").next().unwrap().to_owned();
    let image = browser.get("/compte/double-authentification/image").await;
    assert_eq!(image.headers["content-type"], "image/svg+xml");
    let fields = [("code", code(world, &secret, Duration::zero())), ("suite", "/compte".into())];
    let fields = [(fields[0].0, fields[0].1.as_str()), (fields[1].0, fields[1].1.as_str())];
    let answer = browser
        .post("/compte/double-authentification", &fields)
        .await
        .shows(&["Mes codes de secours"]);
    let codes = answer.text().split("<code>").skip(1).map(|rest| rest[..14].to_owned()).collect();
    (keeping(&browser, &answer), secret, codes)
}

/// A browser where Marie gave her first factor.
async fn half(world: &World, app: &travee::usecases::App) -> Client {
    use travee::usecases::platform::sessions::{Holder, Place, open};
    let holder = Holder::Person { id: world.marie, second_factor: false };
    let token = open(app, holder, &Place::default()).await.unwrap();
    with_cookie(app, Some(format!("travee={token}")))
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_asked_for_and_works_once(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::new(on).await;
    let (inside, secret, _) = enrolled(&world).await;
    inside.get("/compte").await.shows(&["en place"]);
    let later = world.later(Duration::minutes(2));
    let browser = half(&world, &later).await;
    assert!(browser.get("/compte").await.location().starts_with("/connexion/code"));
    let now = code(&world, &secret, Duration::minutes(2));
    let answer = browser.post("/connexion/code", &[("code", &now)]).await.leads_to("/");
    let after = keeping(&browser, &answer);
    assert_ne!(after.cookie, browser.cookie, "the session goes on under another token");
    assert!(browser.get("/compte").await.location().starts_with("/connexion?"));
    after.get("/compte").await.shows(&["en place"]);
    // The same code again, and the one of the step before, are used up.
    for used in [now, code(&world, &secret, Duration::seconds(90))] {
        let second = half(&world, &later).await;
        let refused = second.post("/connexion/code", &[("code", &used)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{used}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_half_a_minute_off_is_let_in_and_two_minutes_off_is_not(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let (_, secret, _) = enrolled(&world).await;
    let later = world.later(Duration::minutes(10));
    for (off, expected) in [
        (Duration::minutes(8), StatusCode::UNPROCESSABLE_ENTITY),
        (Duration::minutes(12), StatusCode::UNPROCESSABLE_ENTITY),
        (Duration::minutes(10) - Duration::seconds(30), StatusCode::SEE_OTHER),
        (Duration::minutes(10) + Duration::seconds(30), StatusCode::SEE_OTHER),
    ] {
        let browser = half(&world, &later).await;
        let typed = code(&world, &secret, off);
        let answer = browser.post("/connexion/code", &[("code", &typed)]).await;
        assert_eq!(answer.status, expected, "{off}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_works_once_and_is_kept_as_a_hash(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let (_, _, codes) = enrolled(&world).await;
    assert_eq!(codes.len(), 10);
    let stored = world.texts("SELECT code_hash FROM recovery_code").await;
    assert!(stored.iter().all(|hash| hash.len() == 64 && !codes.contains(hash)));
    let typed = codes[3].to_lowercase().replace('-', " ");
    let first = half(&world, &world.app).await;
    first.post("/connexion/code", &[("code", &typed)]).await.leads_to("/");
    let second = half(&world, &world.app).await;
    let refused = second.post("/connexion/code", &[("code", &codes[3])]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    second.post("/connexion/code", &[("code", &codes[4])]).await.leads_to("/");
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_codes_comes_to_an_end() {
    let world = World::new(On::Sqlite).await;
    let (_, secret, _) = enrolled(&world).await;
    let later = world.later(Duration::minutes(1));
    let browser = half(&world, &later).await;
    // One attempt of the window was the enrolment.
    for _ in 0..5 {
        let refused = browser.post("/connexion/code", &[("code", "000000")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let right = code(&world, &secret, Duration::minutes(1));
    let answer = browser.post("/connexion/code", &[("code", &right)]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_of_the_coordinator_sets_a_second_factor_up_before_anything_else_and_keeps_it() {
    let world = World::new(On::Sqlite).await;
    let email = "acheteuse@cdg.example";
    let buyer = crate::client::person(&world.fresh, email, world.ids[0], &[Role::Buyer]).await;
    let world = World { marie: buyer, ..world };
    let browser = half(&world, &world.app).await;
    let sent = browser.get("/administration/parametres").await;
    assert!(sent.location().starts_with("/compte/double-authentification"), "{sent:?}");
    assert!(browser.get("/compte").await.location().starts_with("/compte/double"));
    let (inside, _, _) = enrolled(&world).await;
    let kept = inside.post("/compte/double-authentification/retrait", &[]).await;
    assert_eq!(kept.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.count("person WHERE totp_secret IS NOT NULL").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_shown_by_the_demonstration_and_nowhere_else() {
    let world = World::new(On::Sqlite).await;
    enrolled(&world).await;
    assert_eq!(second_factor::demo_codes(&world.app).await.unwrap(), None);
    let site = travee::usecases::Site { demo: true, ..travee::usecases::Site::default() };
    let pretending = travee::usecases::App { site: site.into(), ..world.app.clone() };
    assert_eq!(second_factor::demo_codes(&pretending).await.unwrap(), None);
    world.fresh.execute("INSERT INTO setting (name, value) VALUES ('demo', 'built')").await;
    assert_eq!(second_factor::demo_codes(&pretending).await.unwrap().unwrap().len(), 1);
}
