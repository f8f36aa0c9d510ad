//! Attempts are counted in the database: over restarts, over nodes.

use axum::http::StatusCode;
use chrono::Duration;
use domain::platform::limit::Attempt;
use rstest::rstest;
use travee::store::Store;
use travee::store::files::Files;
use travee::usecases::App;
use travee::usecases::platform::entering::EntryError;
use travee::usecases::platform::housekeeping::keep;
use travee::usecases::platform::limits::attempt;
use travee::usecases::platform::sign_in;

use super::{EMAIL, World, at, place};
use crate::client::Client;
use crate::harness::On;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_limit_holds_for_another_program_on_the_same_database(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    for _ in 0..10 {
        let wrong = sign_in::with_password(&world.app, EMAIL, "faux mot de passe", &place()).await;
        assert!(matches!(wrong, Err(EntryError::Wrong)), "{wrong:?}");
    }
    let files = Files::in_folder(&world.fresh.folder.path().join("fichiers")).unwrap();
    let other = App {
        clock: world.app.clock,
        wall: world.app.wall,
        ..App::new(Store::connect(&world.fresh.url).await.unwrap(), files)
    };
    let eleventh = sign_in::with_password(&other, EMAIL, "faux mot de passe", &place()).await;
    let Err(EntryError::TooMany(until)) = eleventh else { panic!("{eleventh:?}") };
    assert_eq!(until, at("2026-03-02T12:15:00Z"));
    // The link is another road, and the next window another chance.
    sign_in::ask_link(&other, EMAIL, None, &place()).await.unwrap();
    let later = world.later(Duration::minutes(15));
    let again = sign_in::with_password(&later, EMAIL, "faux mot de passe", &place()).await;
    assert!(matches!(again, Err(EntryError::Wrong)), "{again:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_limit_says_when_to_try_again_and_not_whether_there_is_an_account(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let browser = Client::new(&world.app);
    for address in [EMAIL, "nadia.leroux@arras.example"] {
        for _ in 0..5 {
            browser.post("/connexion", &[("adresse", address)]).await.shows(&["Consultez"]);
        }
        let answer = browser.post("/connexion", &[("adresse", address)]).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{address}");
        assert!(answer.text().contains("Recommencez dans 15 minutes"), "{}", answer.text());
    }
    assert_eq!(world.count("mail").await, 5);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn attempts_at_once_are_all_counted(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::new(on).await;
    let mut tries = Vec::new();
    for _ in 0..20 {
        let app = world.app.clone();
        tries.push(tokio::spawn(async move {
            attempt(&app, Attempt::Password, Some(EMAIL), &place()).await.is_ok()
        }));
    }
    let mut passed = 0;
    for one in tries {
        passed += u32::from(one.await.unwrap());
    }
    assert_eq!(passed, 10);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_counted_shows_nobody_and_is_forgotten(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::new(on).await;
    attempt(&world.app, Attempt::Password, Some(EMAIL), &place()).await.unwrap();
    let keys = world.texts("SELECT key FROM attempt").await;
    assert!(!keys.is_empty());
    assert!(keys.iter().all(|key| !key.contains("arras") && !key.contains("192.0.2")), "{keys:?}");
    keep(&world.later(Duration::days(1))).await.unwrap();
    assert_eq!(world.count("attempt").await, i64::try_from(keys.len()).unwrap());
    keep(&world.later(Duration::days(4))).await.unwrap();
    assert_eq!(world.count("attempt").await, 0);
}
