//! Codes and recovery codes: each once.

use axum::http::StatusCode;
use chrono::Duration;
use domain::platform::role::Role;
use rstest::rstest;
use totp_rs::{Builder, Secret};
use travee::usecases::platform::seal::Seal;
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
    assert!(stored.iter().all(|hash| hash.starts_with("$argon2id$")), "{stored:?}");
    let typed = codes[3].to_lowercase().replace('-', " ");
    let first = half(&world, &world.app).await;
    first.post("/connexion/code", &[("code", &typed)]).await.leads_to("/");
    let second = half(&world, &world.app).await;
    let refused = second.post("/connexion/code", &[("code", &codes[3])]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    second.post("/connexion/code", &[("code", &codes[4])]).await.leads_to("/");
    // One that was given before codes were kept as passwords are.
    let former = travee::usecases::platform::secret::hash("7KQM2XVB9TRC");
    world
        .fresh
        .execute(&format!(
            "UPDATE recovery_code SET code_hash = '{former}' \
             WHERE id = (SELECT MAX(id) FROM recovery_code WHERE used_at IS NULL)"
        ))
        .await;
    let third = half(&world, &world.app).await;
    third.post("/connexion/code", &[("code", "7kqm 2xvb 9trc")]).await.leads_to("/");
    assert_eq!(world.count("recovery_code WHERE used_at IS NULL").await, 7);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_secret_behind_the_codes_is_sealed_and_one_of_before_is_sealed_at_the_next_start(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let (_, secret, _) = enrolled(&world).await;
    let secret = secret.replace(' ', "");
    let kept = "SELECT totp_secret FROM person";
    let sealed = world.texts(kept).await;
    assert!(sealed[0].starts_with("s1.") && !sealed[0].contains(&secret), "{sealed:?}");
    assert_eq!(second_factor::reseal(&world.app).await.unwrap(), 0);
    assert_eq!(world.texts(kept).await, sealed);
    world.fresh.execute(&format!("UPDATE person SET totp_secret = '{secret}'")).await;
    passes(&world, &world.app, &secret, Duration::minutes(2)).await;
    assert_eq!(second_factor::reseal(&world.app).await.unwrap(), 1);
    let again = world.texts(kept).await;
    assert!(again[0].starts_with("s1.") && again != sealed, "{again:?}");
    passes(&world, &world.app, &secret, Duration::minutes(4)).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_replaced_while_the_former_one_still_opens_and_a_stranger_s_key_stops_the_start(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    const NEW: &str = "nouvelle clé, nouvelle clé, nouvelle clé";
    let world = World::new(on).await;
    let (_, secret, _) = enrolled(&world).await;
    let under = |seal| travee::usecases::App { seal, ..world.app.clone() };
    let stranger = under(Seal::of(NEW, None).unwrap());
    let refused = second_factor::reseal(&stranger).await.unwrap_err();
    assert!(refused.in_french().contains("autre clé"), "{refused:?}");
    let turning = under(Seal::of(NEW, Some(crate::fixtures::KEY)).unwrap());
    passes(&world, &turning, &secret, Duration::minutes(2)).await;
    assert_eq!(second_factor::reseal(&turning).await.unwrap(), 1);
    assert_eq!(second_factor::reseal(&stranger).await.unwrap(), 0);
    passes(&world, &stranger, &secret, Duration::minutes(4)).await;
    assert!(second_factor::reseal(&world.app).await.is_err());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn when_the_key_is_lost_everybody_sets_up_a_new_second_factor(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let (inside, _, _) = enrolled(&world).await;
    let command = |confirmed: &[&str]| {
        std::process::Command::new(env!("CARGO_BIN_EXE_travee"))
            .args(["admin", "forget-second-factors", "--database-url", &world.fresh.url])
            .args(confirmed)
            .current_dir(world.fresh.folder.path())
            .output()
            .unwrap()
    };
    assert_eq!(command(&[]).status.code(), Some(2), "it must be confirmed");
    assert_eq!(world.count("person WHERE totp_secret IS NOT NULL").await, 1);
    let done = command(&["--confirm"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(String::from_utf8_lossy(&done.stdout).contains("1 personne"), "{done:?}");
    assert_eq!(world.count("person WHERE totp_secret IS NOT NULL").await, 0);
    assert_eq!(world.count("recovery_code").await, 0);
    assert!(inside.get("/compte").await.location().starts_with("/connexion"));
    let stranger = Seal::of("encore une autre clé, encore une autre clé", None).unwrap();
    let app = travee::usecases::App { seal: stranger, ..world.app.clone() };
    assert_eq!(second_factor::reseal(&app).await.unwrap(), 0);
}

/// Fails unless a code of the secret lets Marie in, that much later.
async fn passes(world: &World, app: &travee::usecases::App, secret: &str, after: Duration) {
    let wall = travee::clock::Clock::Frozen(world.app.wall.now() + after);
    let browser = half(world, &travee::usecases::App { wall, ..app.clone() }).await;
    let typed = code(world, secret, after);
    browser.post("/connexion/code", &[("code", &typed)]).await.leads_to("/");
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
