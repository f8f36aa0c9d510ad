//! Jobs are taken once, tried again, cancelled and, when their runner is killed, taken over.

use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{Duration, Utc};
use domain::ids::{AllocationId, JobId};
use domain::platform::job::{JobKind, JobState, LEASE};
use rstest::rstest;
use tokio::sync::watch;
use travee::clock::Clock;
use travee::jobs::run_one;
use travee::store::files::Files;
use travee::store::platform::jobs::{Job, counts, job, job_of};
use travee::store::{Store, StoreError};
use travee::usecases::App;
use travee::usecases::check::check;
use travee::usecases::platform::jobs::{Work, again, cancel, start};

use crate::fixtures::{app_on, buyer};
use crate::harness::{On, given, in_its_own_process};
use crate::orders::issuing::{papers, ready};
use crate::orders::killed::{CROWD, crowd};
use crate::orders::shop::{AFTER, Deal};

/// Work that the rules refuse: there is no such allocation.
fn refused() -> Work {
    Work::IssueStatements { allocation: AllocationId(999), back: "/factures".into() }
}

/// Work that has nothing to do.
fn nothing(day: &str) -> Work {
    Work::SendReminders { day: day.parse().unwrap() }
}

pub(super) async fn run(app: &App, runner: &str) -> bool {
    let (_stop, told) = watch::channel(false);
    run_one(app, runner, &told).await.unwrap()
}

async fn now(app: &App, id: JobId) -> Job {
    job(&app.store, id).await.unwrap()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_job_asked_for_twice_is_one_and_only_who_asked_sees_it(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-11-22");
    let id = start(&app, &buyer(), "2026-11-22", &nothing("2026-11-22")).await.unwrap();
    assert_eq!(start(&app, &buyer(), "2026-11-22", &nothing("2026-11-22")).await.unwrap(), id);
    assert!(run(&app, "a").await);
    assert!(!run(&app, "a").await, "nothing is left");
    let done = now(&app, id).await;
    assert_eq!((done.state, done.message.as_str()), (JobState::Done, "0 rappel écrit."));
    let other = start(&app, &buyer(), "2026-11-22", &nothing("2026-11-22")).await.unwrap();
    assert_ne!(other, id, "a job that is done can be asked for again");
    assert!(job_of(&app.store, id, &buyer().0).await.is_ok());
    let stranger = job_of(&app.store, id, "quelqu’un d’autre").await.unwrap_err();
    assert!(matches!(stranger, StoreError::NotFound { .. }));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_the_rules_refuse_is_dead_at_once_and_can_be_run_again(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-11-22");
    let id = start(&app, &buyer(), "999", &refused()).await.unwrap();
    let mut rounds = 0;
    while now(&app, id).await.state != JobState::Dead {
        let later =
            App { wall: Clock::Frozen(Utc::now() + Duration::hours(rounds)), ..app.clone() };
        assert!(run(&later, "a").await);
        rounds += 1;
        assert!(rounds <= 5, "it is buried after five attempts");
    }
    let dead = now(&app, id).await;
    assert!(dead.last_error.is_some() && dead.ended_at.is_some(), "{dead:?}");
    again(&app, &buyer(), id).await.unwrap();
    assert_eq!(now(&app, id).await.state, JobState::Waiting);
    assert!(again(&app, &buyer(), id).await.is_err(), "it waits already");
    cancel(&app, &buyer(), id).await.unwrap();
    assert_eq!(now(&app, id).await.state, JobState::Cancelled);
    assert!(!run(&app, "a").await, "nobody runs what was cancelled");
    assert!(again(&app, &buyer(), JobId(77)).await.is_err());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn many_runners_take_each_job_once(#[values(On::Sqlite, On::Postgres)] on: On) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-11-22");
    for number in 1..=28 {
        let day = format!("2026-02-{number:02}");
        start(&app, &buyer(), &day, &nothing(&day)).await.unwrap();
    }
    let taken = AtomicUsize::new(0);
    let drain = async |name: &str| {
        while run(&app, name).await {
            taken.fetch_add(1, Ordering::Relaxed);
        }
    };
    tokio::join!(drain("a"), drain("b"), drain("c"), drain("d"));
    assert_eq!(taken.into_inner(), 28);
    let done = counts(&app.store).await.unwrap();
    assert!(done.contains(&(JobState::Done, 28)), "{done:?}");
}

/// Run by the test below in a process of its own, which is killed; by itself it has nothing to do.
#[tokio::test(flavor = "multi_thread")]
async fn a_runner_issues_a_window() {
    let Some((url, folder)) = given() else {
        let fresh = On::Sqlite.fresh().await;
        assert!(!run(&app_on(&fresh, AFTER), "child").await);
        return;
    };
    let app = App {
        clock: Clock::Frozen(format!("{AFTER}T12:00:00Z").parse().unwrap()),
        ..App::new(
            Store::connect(&url).await.unwrap(),
            Files::in_folder(&folder.join("fichiers")).unwrap(),
        )
    };
    run(&app, "child").await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_runners_job_is_taken_over_with_nothing_lost_and_nothing_twice(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = crowd(on, &Deal::bindings(), "REL-001").await;
    ready(&shop).await;
    let app = shop.on(AFTER);
    let work = Work::IssueWindow { window: shop.window, back: "/gestion/commandes".into() };
    let id = start(&app, &buyer(), "1", &work).await.unwrap();
    let name = "jobs::running::a_runner_issues_a_window";
    let mut child = in_its_own_process(name, shop.fresh());
    let count = async || papers(&app, &shop).await.len();
    while count().await == 0 && child.try_wait().unwrap().is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let made = count().await;
    assert!(made > 0 && made < CROWD as usize, "killed with {made} papers");
    assert_eq!(now(&app, id).await.state, JobState::Running, "nobody could say that it stopped");
    assert!(!run(&app, "next").await, "its lease is not over");
    let later =
        App { wall: Clock::Frozen(Utc::now() + LEASE + Duration::seconds(5)), ..app.clone() };
    assert!(run(&later, "next").await);
    let done = now(&app, id).await;
    assert_eq!((done.kind, done.state, done.attempts), (JobKind::IssueWindow, JobState::Done, 2));
    assert_eq!(done.result.as_deref(), Some("/gestion/commandes"));
    assert_eq!(count().await, CROWD as usize, "every paper, once");
    assert_eq!(check(&app).await.unwrap().breaches, []);
}
