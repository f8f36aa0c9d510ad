//! Jobs: asked for in the transaction that wants them, looked at and cancelled by people.
//! [`crate::jobs`] runs them.

use chrono::{DateTime, NaiveDate, Utc};
use domain::ids::{AllocationId, CampaignId, JobId, OrderWindowId, OrganisationId};
use domain::platform::job::{JobKind, JobState};
use serde::{Deserialize, Serialize};

use crate::store::platform::jobs::{self as store, NewJob};
use crate::store::{Tx, platform};
use crate::usecases::{Actor, App, UseCaseError};

/// What is to be done. `back` is the page that shows what was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Work {
    IssueWindow {
        window: OrderWindowId,
        back: String,
    },
    IssueStatements {
        allocation: AllocationId,
        back: String,
    },
    IssueReceipts {
        campaign: CampaignId,
        back: String,
    },
    /// Papers as one file, served to whoever asked: those of `member`, if there is one.
    ZipPapers {
        member: Option<OrganisationId>,
        papers: Vec<i64>,
        /// `commandes-2026.zip`.
        name: String,
    },
    /// With `send`, the pack leaves for the holder once it is made.
    HolderPack {
        window: OrderWindowId,
        #[serde(default)]
        send: bool,
        back: String,
    },
    /// To everybody who is asked, that a census is open.
    CensusMails {
        campaign: CampaignId,
    },
    /// To everybody who is asked, that a census closes on another day.
    ClosingMails {
        campaign: CampaignId,
        before: NaiveDate,
    },
    /// What a day's calendar asks for.
    SendReminders {
        day: NaiveDate,
    },
    /// Forgets what has had its time, once a day.
    KeepHouse {
        day: NaiveDate,
    },
    /// To whoever has not answered a census, when a buyer asks for it.
    RemindCensus {
        campaign: CampaignId,
        day: NaiveDate,
    },
}

impl Work {
    pub fn kind(&self) -> JobKind {
        match self {
            Self::IssueWindow { .. } => JobKind::IssueWindow,
            Self::IssueStatements { .. } => JobKind::IssueStatements,
            Self::IssueReceipts { .. } => JobKind::IssueReceipts,
            Self::ZipPapers { .. } => JobKind::ZipPapers,
            Self::HolderPack { .. } => JobKind::HolderPack,
            Self::CensusMails { .. } => JobKind::CensusMails,
            Self::ClosingMails { .. } => JobKind::ClosingMails,
            Self::KeepHouse { .. } => JobKind::KeepHouse,
            Self::SendReminders { .. } | Self::RemindCensus { .. } => JobKind::SendReminders,
        }
    }

    /// The page that shows what was made, if there is one.
    pub fn back(&self) -> Option<&str> {
        match self {
            Self::IssueWindow { back, .. }
            | Self::IssueStatements { back, .. }
            | Self::IssueReceipts { back, .. }
            | Self::HolderPack { back, .. } => Some(back),
            Self::ZipPapers { .. }
            | Self::CensusMails { .. }
            | Self::ClosingMails { .. }
            | Self::SendReminders { .. }
            | Self::KeepHouse { .. }
            | Self::RemindCensus { .. } => None,
        }
    }
}

/// Asks for work, at once. The same kind and `key`, asked for while it waits or runs, is the
/// same job. Answers it, and whether it is new; whoever calls this journals what it does.
pub async fn ask(
    tx: &Tx,
    app: &App,
    actor: &Actor,
    key: &str,
    work: &Work,
) -> Result<(JobId, bool), UseCaseError> {
    let now = app.wall.now();
    let payload = serde_json::to_string(work).map_err(UseCaseError::failed("asking for a job"))?;
    let asked_by = actor.0.clone();
    let new = NewJob { kind: work.kind(), key: key.to_owned(), payload, asked_by, run_at: now };
    Ok(store::enqueue(tx, new, now).await?)
}

/// Asks for work in a transaction of its own.
pub async fn start(
    app: &App,
    actor: &Actor,
    key: &str,
    work: &Work,
) -> Result<JobId, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let (id, new) = ask(&tx, app, actor, key, work).await?;
    if new {
        let details = format!("{} {key}", work.kind().code());
        platform::append(&tx, vec![app.entry(actor, "job.ask", "job", id.0, details)]).await?;
    }
    tx.commit().await?;
    Ok(id)
}

/// How the work that a calendar asked for is known, so that it is asked for once.
const DAILY: &str = "job.daily";

/// Asks for the work of a day, once over all nodes; whether it is new.
pub async fn start_daily(
    app: &App,
    actor: &Actor,
    day: NaiveDate,
    work: &Work,
) -> Result<bool, UseCaseError> {
    let key = day.to_string();
    // Asked every minute: a look costs nothing.
    if store::last_of(&app.store, work.kind(), &key).await?.is_some() {
        return Ok(false);
    }
    let tx = app.store.begin_write().await?;
    let claim = format!("{} {key}", work.kind().code());
    if !platform::claim(&tx, DAILY, &claim, app.wall.now()).await? {
        return Ok(false);
    }
    let (id, _) = ask(&tx, app, actor, &key, work).await?;
    platform::append(&tx, vec![app.entry(actor, "job.ask", "job", id.0, claim)]).await?;
    tx.commit().await?;
    Ok(true)
}

/// Forgets the days whose work was asked for before; how many.
pub(super) async fn forget_days(tx: &Tx, before: DateTime<Utc>) -> Result<u64, UseCaseError> {
    Ok(platform::forget_claims(tx, DAILY, before).await?)
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
