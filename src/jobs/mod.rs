//! What runs jobs and sends e-mails, beside the pages, on every node.
//!
//! Three loops that never end before they are told to: one takes a job at a time and calls the
//! use case it names; one sends what the outbox holds; one looks at the calendar and asks for the
//! day's reminders. All they know is in the database: a node that is killed loses nothing, and
//! the others take over once its lease is over.
//!
//! The use cases do their work in steps that are whole each and that a second run does not repeat.
//! So a job is cancelled as a plug is pulled: between two of its awaits, the open transaction
//! rolled back.

mod work;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::platform::job::{LEASE, wait_after};
use tokio::sync::watch;

pub use work::look_at_calendar;

use crate::mailer::Mailer;
use crate::store::platform::jobs::{self as store, Ending, Job};
use crate::store::{StoreError, chain};
use crate::usecases::platform::jobs::Work;
use crate::usecases::platform::{mail, secret};
use crate::usecases::{Actor, App, UseCaseError};

/// How often each loop looks again when there was nothing to do.
const JOBS_EVERY: Duration = Duration::from_secs(1);
const MAIL_EVERY: Duration = Duration::from_secs(1);
const CALENDAR_EVERY: Duration = Duration::from_mins(1);

/// How long a loop leaves a database alone that just failed.
const REST: Duration = Duration::from_secs(5);

/// How often a running job says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// How far the work is: counted by it, written by the runner.
#[derive(Debug, Clone, Default)]
struct Progress(Arc<(AtomicI64, AtomicI64)>);

impl Progress {
    fn tell(&self, done: usize, total: usize) {
        let count = |number| i64::try_from(number).unwrap_or(i64::MAX);
        self.0.0.store(count(done), Ordering::Relaxed);
        self.0.1.store(count(total), Ordering::Relaxed);
    }

    fn read(&self) -> (i64, i64) {
        (self.0.0.load(Ordering::Relaxed), self.0.1.load(Ordering::Relaxed))
    }
}

/// What the work answered.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Made {
    /// « 906 commandes émises. »
    message: String,
    /// The page that shows it.
    result: Option<String>,
}

/// Runs until `stop` is true.
pub async fn run(app: App, mailer: Mailer, stop: watch::Receiver<bool>) {
    let runner = match secret::token() {
        Ok(token) => token.chars().take(16).collect::<String>(),
        Err(error) => {
            tracing::error!(error = chain(&error), "no jobs run: the system gives no randomness");
            return;
        }
    };
    let once = Once { app, mailer, runner, stop: stop.clone() };
    tokio::join!(
        repeat(JOBS_EVERY, stop.clone(), &once, Loop::Jobs),
        repeat(MAIL_EVERY, stop.clone(), &once, Loop::Mail),
        repeat(CALENDAR_EVERY, stop, &once, Loop::Calendar),
    );
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loop {
    Jobs,
    Mail,
    Calendar,
}

/// What a round of a loop works with.
struct Once {
    app: App,
    mailer: Mailer,
    runner: String,
    stop: watch::Receiver<bool>,
}

impl Once {
    /// One round; whether there was something to do.
    async fn round(&self, which: Loop) -> Result<bool, UseCaseError> {
        match which {
            Loop::Jobs => run_one(&self.app, &self.runner, &self.stop).await,
            Loop::Mail => Ok(mail::send_due(&self.app, &self.mailer).await? > 0),
            Loop::Calendar => look_at_calendar(&self.app).await.map(|()| false),
        }
    }
}

/// Makes one round after the other: at once while there was something to do, else after a while.
async fn repeat(every: Duration, mut stop: watch::Receiver<bool>, once: &Once, which: Loop) {
    while !*stop.borrow() {
        let pause = match once.round(which).await {
            Ok(true) => continue,
            Ok(false) => every,
            Err(error) => {
                tracing::error!(which = ?which, error = chain(&error), "a loop failed");
                REST
            }
        };
        tokio::select! {
            // Whoever could stop it is gone: as if told to.
            told = stop.changed() => if told.is_err() { return },
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Takes one job and runs it to its end; whether there was one.
pub async fn run_one(
    app: &App,
    runner: &str,
    stop: &watch::Receiver<bool>,
) -> Result<bool, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let now = app.wall.now();
    let taken = store::take(&tx, runner, now, now + LEASE).await?;
    tx.commit().await?;
    let Some(job) = taken else { return Ok(false) };
    let progress = Progress::default();
    let ending = tokio::select! {
        made = work(app, &job, &progress) => Some(ended(app, &job, made)),
        alive = stay_alive(app, &job, runner, &progress) => alive?,
        () = told(stop.clone()) => {
            let error = "Le service a été arrêté ; la tâche reprendra.".to_owned();
            Some(Ending::Later { at: app.wall.now(), error })
        }
    };
    let Some(ending) = ending else { return Ok(true) };
    let tx = app.store.begin_write().await?;
    if matches!(ending, Ending::Done { .. }) {
        let (done, total) = progress.read();
        let lease = app.wall.now() + LEASE;
        store::progress(&tx, job.id, runner, (done, total, ""), lease).await?;
    }
    store::end(&tx, job.id, runner, ending, app.wall.now()).await?;
    tx.commit().await?;
    Ok(true)
}

async fn work(app: &App, job: &Job, progress: &Progress) -> Result<Made, UseCaseError> {
    let work: Work = serde_json::from_str(&job.payload)
        .map_err(|_| UseCaseError::refused("tache_illisible", "La demande est illisible."))?;
    Box::pin(work::run(app, &Actor(job.asked_by.clone()), job.id, &work, progress)).await
}

/// What becomes of a job after this run.
fn ended(app: &App, job: &Job, made: Result<Made, UseCaseError>) -> Ending {
    let error = match made {
        Ok(made) => return Ending::Done { message: made.message, result: made.result },
        Err(error) => error,
    };
    let words = error.in_french();
    match (&error, wait_after(job.attempts)) {
        // The rules say no: they will say so again.
        (UseCaseError::Refused(_), _) | (_, None) => Ending::Dead { error: words },
        (UseCaseError::Store(_) | UseCaseError::Failed { .. }, Some(wait)) => {
            tracing::warn!(job.id = job.id.0, error = chain(&error), "job failed, tried later");
            Ending::Later { at: app.wall.now() + wait, error: words }
        }
    }
}

/// Says every second how far the work is, and keeps the lease. Ends when somebody cancelled the
/// job, or when another runner has it.
async fn stay_alive(
    app: &App,
    job: &Job,
    runner: &str,
    progress: &Progress,
) -> Result<Option<Ending>, UseCaseError> {
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        let (done, total) = progress.read();
        let noted = async {
            let tx = app.store.begin_write().await?;
            let lease = app.wall.now() + LEASE;
            let asked = store::progress(&tx, job.id, runner, (done, total, ""), lease).await?;
            tx.commit().await?;
            Ok::<bool, StoreError>(asked)
        };
        match noted.await {
            Ok(false) => {}
            Ok(true) => return Ok(Some(Ending::Stopped)),
            Err(StoreError::Overtaken { .. }) => return Ok(None),
            // The work notices a database that is gone by itself; the lease bears a few misses.
            Err(error) => {
                tracing::warn!(job.id = job.id.0, error = chain(&error), "no sign of life");
            }
        }
    }
}

/// Resolves when the service stops.
async fn told(mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if stop.changed().await.is_err() {
            // Nobody can stop it any more: the work decides when it ends.
            std::future::pending::<()>().await;
        }
    }
}
