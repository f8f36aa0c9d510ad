//! Jobs: asked for in the transaction that wants them, looked at and cancelled by people.
//! [`crate::jobs`] runs them.

use domain::ids::JobId;
use domain::platform::job::{JobKind, JobState};

use crate::store::platform::jobs::{self as store, NewJob};
use crate::store::{Tx, platform};
use crate::usecases::{Actor, App, UseCaseError};

/// Asks for work, at once. The same kind and key, asked for while it waits or runs, is the same
/// job. Whoever calls it journals the answer's `journal` entry last.
pub async fn ask(
    tx: &Tx,
    app: &App,
    actor: &Actor,
    kind: JobKind,
    key: impl Into<String> + Send,
    payload: impl Into<String> + Send,
) -> Result<(JobId, bool), UseCaseError> {
    let now = app.wall.now();
    let (key, payload) = (key.into(), payload.into());
    let new = NewJob { kind, key, payload, asked_by: actor.0.clone(), run_at: now };
    Ok(store::enqueue(tx, new, now).await?)
}

/// Asks for work in a transaction of its own.
pub async fn start(
    app: &App,
    actor: &Actor,
    kind: JobKind,
    key: &str,
    payload: &str,
) -> Result<JobId, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let (id, new) = ask(&tx, app, actor, kind, key, payload).await?;
    if new {
        let details = format!("{} {key}", kind.code());
        platform::append(&tx, vec![app.entry(actor, "job.ask", "job", id.0, details)]).await?;
    }
    tx.commit().await?;
    Ok(id)
}

/// Cancels a job: at once while it waits, at its next step while it runs.
pub async fn cancel(app: &App, actor: &Actor, id: JobId) -> Result<JobState, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let state = store::cancel(&tx, id, app.wall.now()).await?;
    platform::append(&tx, vec![app.entry(actor, "job.cancel", "job", id.0, state.code())]).await?;
    tx.commit().await?;
    Ok(state)
}

/// Runs a dead or cancelled job again.
pub async fn again(app: &App, actor: &Actor, id: JobId) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    // Whoever asks for a job that is not there is told so.
    store::job(&tx, id).await?;
    if !store::again(&tx, id, app.wall.now()).await? {
        return Err(UseCaseError::refused(
            "deja_relancee",
            "Cette tâche n’est ni en échec ni annulée, ou la même est déjà en attente ou en cours.",
        ));
    }
    platform::append(&tx, vec![app.entry(actor, "job.again", "job", id.0, "")]).await?;
    Ok(tx.commit().await?)
}
