//! What the calendar asks for, once a day; what has had its time and goes.

use chrono::{DateTime, Duration, Utc};
use domain::platform::job::{JobKind, JobState};
use domain::platform::role::Role;
use rstest::rstest;
use travee::clock::Clock;
use travee::jobs::look_at_calendar;
use travee::store::Store;
use travee::store::files::Files;
use travee::store::platform::jobs::{counts, last_of};
use travee::usecases::App;
use travee::usecases::platform::archive::zip_key;
use travee::usecases::platform::housekeeping::keep;
use travee::usecases::platform::jobs::{Work, start};

use super::running::run;
use crate::client::{Client, person};
use crate::fixtures::{app_on, buyer, organisations};
use crate::harness::On;
use crate::house::found;

fn at(app: &App, instant: &str) -> App {
    let instant: DateTime<Utc> = instant.parse().unwrap();
    App { clock: Clock::Frozen(instant), wall: Clock::Frozen(instant), ..app.clone() }
}

async fn jobs(app: &App, state: JobState) -> u64 {
    let all = counts(&app.store).await.unwrap();
    all.into_iter().find(|(known, _)| *known == state).unwrap().1
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_work_of_a_day_is_asked_for_once_over_all_nodes_from_its_hour_on(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-11-22");
    // Two in the morning in Paris.
    look_at_calendar(&at(&app, "2026-11-23T01:00:00Z")).await.unwrap();
    assert_eq!(jobs(&app, JobState::Waiting).await, 0);
    let other = App {
        store: Store::connect(&fresh.url).await.unwrap(),
        files: Files::in_folder(&fresh.folder.path().join("fichiers")).unwrap(),
        ..app.clone()
    };
    let night = "2026-11-23T03:00:00Z";
    let (a, b) = (at(&app, night), at(&other, night));
    let (one, two) = tokio::join!(look_at_calendar(&a), look_at_calendar(&b));
    one.unwrap();
    two.unwrap();
    assert_eq!(jobs(&app, JobState::Waiting).await, 1, "the house, and no reminder at night");
    assert!(run(&a, "a").await);
    for _ in 0..3 {
        look_at_calendar(&b).await.unwrap();
    }
    assert_eq!(jobs(&app, JobState::Waiting).await, 0, "it is done for today");
    let morning = at(&app, "2026-11-23T08:00:00Z");
    look_at_calendar(&morning).await.unwrap();
    let reminders = last_of(&app.store, JobKind::SendReminders, "2026-11-23").await.unwrap();
    assert_eq!(reminders.unwrap().state, JobState::Waiting);
    look_at_calendar(&at(&app, "2026-11-24T03:00:00Z")).await.unwrap();
    let next = last_of(&app.store, JobKind::KeepHouse, "2026-11-24").await.unwrap();
    assert_eq!(next.unwrap().state, JobState::Waiting);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_has_had_its_time_goes_and_the_rest_stays(#[values(On::Sqlite, On::Postgres)] on: On) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-11-22");
    let ids = organisations(&app).await;
    // A session and an attempt of now, a link of fifteen minutes.
    let zoe = person(&fresh, "zoe@arras.example", ids[2], &[Role::MemberContact]).await;
    let client = Client::of(&app, zoe).await;
    Client::new(&app).post("/connexion", &[("adresse", "zoe@arras.example")]).await;
    // A ZIP that was made, and its job.
    let work = Work::ZipPapers { member: None, papers: vec![1], name: "a.zip".into() };
    let id = start(&app, &buyer(), "zip", &work).await.unwrap();
    fresh
        .execute(&format!(
            "UPDATE job SET state = 'done', ended_at = '2026-11-22 12:00:00+00:00' WHERE id = {id}"
        ))
        .await;
    app.files.put(&zip_key(id), b"PK".to_vec()).await.unwrap();
    // The link's letter could not be sent.
    fresh.execute("UPDATE mail SET state = 'failed'").await;
    let count = async |table: &str| {
        let query = format!("SELECT CAST(COUNT(*) AS TEXT) FROM {table}");
        found(&fresh, &query).await.unwrap()
    };
    assert_eq!(keep(&app).await.unwrap(), 0, "nothing is old yet");
    let hour = App { wall: Clock::Frozen(app.wall.now() + Duration::hours(1)), ..app.clone() };
    assert_eq!(keep(&hour).await.unwrap(), 1, "the link of fifteen minutes");
    assert_eq!(count("sign_in_token").await, "0");
    client.get("/").await.shows(&["Arras"]);
    let week = App { wall: Clock::Frozen(app.wall.now() + Duration::days(8)), ..app.clone() };
    keep(&week).await.unwrap();
    assert_eq!(count("attempt").await, "0");
    assert_eq!(count("session").await, "1", "a member's lives a month");
    assert_eq!(count("mail WHERE text <> ''").await, "0", "its link opens nothing any more");
    assert_eq!(count("mail").await, "1", "that it was written stays");
    assert!(app.files.get(&zip_key(id)).await.is_ok());
    let later = App { wall: Clock::Frozen(app.wall.now() + Duration::days(31)), ..app.clone() };
    keep(&later).await.unwrap();
    assert_eq!((count("session").await, count("job").await), ("0".into(), "0".into()));
    assert!(app.files.get(&zip_key(id)).await.is_err(), "the file went with its job");
    assert_eq!(keep(&later).await.unwrap(), 0);
}
