//! Work to be done later, taken by one runner at a time over all nodes.

use chrono::{DateTime, Utc};
use domain::ids::JobId;
use domain::platform::job::{JobAction, JobKind, JobState, STEPS};
use entities::job;
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, Query};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter,
};

use super::mail::counted;
use crate::store::group::coded;
use crate::store::{Access, Slice, StoreError, Tx, is_postgres, sql};

/// Work to be asked for.
#[derive(Debug, Clone)]
pub struct NewJob {
    pub kind: JobKind,
    /// What it is about: one job of a kind and key waits or runs at a time.
    pub key: String,
    pub payload: String,
    pub asked_by: String,
    pub run_at: DateTime<Utc>,
}

/// A job, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub id: JobId,
    pub kind: JobKind,
    pub key: String,
    pub payload: String,
    pub state: JobState,
    pub attempts: i64,
    pub run_at: DateTime<Utc>,
    pub done: i64,
    pub total: i64,
    /// What the work says of itself, in French.
    pub message: String,
    pub last_error: Option<String>,
    /// What the work answered: the address of what it made.
    pub result: Option<String>,
    pub cancel_asked: bool,
    pub asked_by: String,
    pub asked_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

fn read(row: job::Model) -> Result<Job, StoreError> {
    Ok(Job {
        id: JobId(row.id),
        kind: coded(JobKind::from_code(&row.kind), ("job", row.id, "kind"), &row.kind)?,
        key: row.key,
        payload: row.payload,
        state: coded(JobState::from_code(&row.state), ("job", row.id, "state"), &row.state)?,
        attempts: row.attempts,
        run_at: row.run_at,
        done: row.done_units,
        total: row.total_units,
        message: row.message,
        last_error: row.last_error,
        result: row.result,
        cancel_asked: row.cancel_asked,
        asked_by: row.asked_by,
        asked_at: row.asked_at,
        ended_at: row.ended_at,
    })
}

/// Asks for work; the job that waits or runs for the same kind and key, if there is one, and
/// whether it is new.
pub async fn enqueue(
    tx: &Tx,
    new: NewJob,
    now: DateTime<Utc>,
) -> Result<(JobId, bool), StoreError> {
    let doing = "asking for a job";
    let row = job::ActiveModel {
        id: NotSet,
        kind: Set(new.kind.code().to_owned()),
        key: Set(new.key.clone()),
        payload: Set(new.payload),
        state: Set(JobState::Waiting.code().to_owned()),
        attempts: Set(0),
        run_at: Set(new.run_at),
        locked_until: Set(None),
        runner: Set(None),
        done_units: Set(0),
        total_units: Set(0),
        message: Set(String::new()),
        last_error: Set(None),
        result: Set(None),
        cancel_asked: Set(false),
        asked_by: Set(new.asked_by),
        asked_at: Set(now),
        ended_at: Set(None),
    };
    // The unique index is partial: its predicate is repeated as it was declared.
    let conflict = sea_orm::sea_query::OnConflict::columns([job::Column::Kind, job::Column::Key])
        .target_and_where(Expr::cust("state IN ('waiting', 'running')"))
        .do_nothing()
        .to_owned();
    let inserted = job::Entity::insert_many([row])
        .on_conflict(conflict)
        .exec_without_returning(tx.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let alive = [JobState::Waiting.code(), JobState::Running.code()];
    let found = job::Entity::find()
        .filter(job::COLUMN.kind.eq(new.kind.code()))
        .filter(job::COLUMN.key.eq(new.key.as_str()))
        .filter(job::COLUMN.state.is_in(alive))
        .one(tx.connection())
        .await
        .map_err(StoreError::during(doing))?
        .ok_or(StoreError::NotFound { what: "job", id: new.key })?;
    Ok((JobId(found.id), inserted == 1))
}

/// Takes the job that is due longest, until `lease`: one that waits, or one whose runner gave no
/// sign of life.
pub async fn take(
    tx: &Tx,
    runner: &str,
    now: DateTime<Utc>,
    lease: DateTime<Utc>,
) -> Result<Option<Job>, StoreError> {
    let on = tx.connection();
    let due = Condition::any()
        .add(
            Condition::all()
                .add(job::COLUMN.state.eq(JobState::Waiting.code()))
                .add(job::COLUMN.run_at.lte(now)),
        )
        .add(
            Condition::all()
                .add(job::COLUMN.state.eq(JobState::Running.code()))
                .add(job::COLUMN.locked_until.lt(now)),
        );
    let mut which = Query::select();
    which
        .column(job::Column::Id)
        .from(job::Entity)
        .cond_where(due)
        .order_by(job::Column::RunAt, sea_orm::Order::Asc)
        .order_by(job::Column::Id, sea_orm::Order::Asc)
        .limit(1);
    if is_postgres(on) {
        which.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
    let taken = job::Entity::update_many()
        .col_expr(job::Column::State, Expr::value(JobState::Running.code()))
        .col_expr(job::Column::LockedUntil, Expr::value(lease))
        .col_expr(job::Column::Runner, Expr::value(runner))
        .col_expr(job::Column::Attempts, Expr::col(job::Column::Attempts).add(1))
        .filter(job::Column::Id.in_subquery(which))
        .exec_with_returning(on)
        .await
        .map_err(StoreError::during("taking a job"))?;
    taken.into_iter().next().map(read).transpose()
}

/// The job that `runner` still holds: whoever lost its lease changes nothing any more.
fn held(id: JobId, runner: &str) -> sea_orm::UpdateMany<job::Entity> {
    job::Entity::update_many()
        .filter(job::COLUMN.id.eq(id.0))
        .filter(job::COLUMN.state.eq(JobState::Running.code()))
        .filter(job::COLUMN.runner.eq(runner))
}

/// How far the work is; also the sign of life that keeps the lease. Answers whether it was asked
/// to stop.
pub async fn progress(
    tx: &Tx,
    id: JobId,
    runner: &str,
    (done, total, message): (i64, i64, &str),
    lease: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let moved = held(id, runner)
        .col_expr(job::Column::DoneUnits, Expr::value(done))
        .col_expr(job::Column::TotalUnits, Expr::value(total))
        .col_expr(job::Column::Message, Expr::value(message))
        .col_expr(job::Column::LockedUntil, Expr::value(lease))
        .exec_with_returning(tx.connection())
        .await
        .map_err(StoreError::during("noting a job's progress"))?;
    let row = moved.first().ok_or(StoreError::Overtaken { what: "job", id: id.0 })?;
    Ok(row.cancel_asked)
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// What it says, and the address of what it made.
    Done {
        message: String,
        result: Option<String>,
    },
    Later {
        at: DateTime<Utc>,
        error: String,
    },
    Dead {
        error: String,
    },
    Stopped,
}

/// Ends a run that `runner` still holds.
pub async fn end(
    tx: &Tx,
    id: JobId,
    runner: &str,
    ending: Ending,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let state = |action| STEPS.after(JobState::Running, action).map(JobState::code).ok();
    let step = held(id, runner)
        .col_expr(job::Column::LockedUntil, Expr::value(None::<DateTime<Utc>>))
        .col_expr(job::Column::Runner, Expr::value(None::<String>));
    let step = match ending {
        Ending::Done { message, result } => step
            .col_expr(job::Column::State, Expr::value(state(JobAction::Finish)))
            .col_expr(job::Column::Message, Expr::value(message))
            .col_expr(job::Column::Result, Expr::value(result))
            .col_expr(job::Column::LastError, Expr::value(None::<String>))
            .col_expr(job::Column::EndedAt, Expr::value(now)),
        Ending::Later { at, error } => step
            .col_expr(job::Column::State, Expr::value(state(JobAction::Fail)))
            .col_expr(job::Column::LastError, Expr::value(error))
            .col_expr(job::Column::RunAt, Expr::value(at)),
        Ending::Dead { error } => step
            .col_expr(job::Column::State, Expr::value(state(JobAction::Bury)))
            .col_expr(job::Column::LastError, Expr::value(error))
            .col_expr(job::Column::EndedAt, Expr::value(now)),
        Ending::Stopped => step
            .col_expr(job::Column::State, Expr::value(state(JobAction::Stop)))
            .col_expr(job::Column::EndedAt, Expr::value(now)),
    };
    let done = step.exec(tx.connection()).await.map_err(StoreError::during("ending a job"))?;
    match done.rows_affected {
        1 => Ok(()),
        _ => Err(StoreError::Overtaken { what: "job", id: id.0 }),
    }
}

/// Cancels a job: at once while it waits, when the work next asks while it runs.
pub async fn cancel(tx: &Tx, id: JobId, now: DateTime<Utc>) -> Result<JobState, StoreError> {
    let doing = "cancelling a job";
    let waiting = job::Entity::update_many()
        .col_expr(job::Column::State, Expr::value(JobState::Cancelled.code()))
        .col_expr(job::Column::EndedAt, Expr::value(now))
        .filter(job::COLUMN.id.eq(id.0))
        .filter(job::COLUMN.state.eq(JobState::Waiting.code()))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during(doing))?;
    if waiting.rows_affected == 1 {
        return Ok(JobState::Cancelled);
    }
    let running = job::Entity::update_many()
        .col_expr(job::Column::CancelAsked, Expr::value(true))
        .filter(job::COLUMN.id.eq(id.0))
        .filter(job::COLUMN.state.eq(JobState::Running.code()))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during(doing))?;
    match running.rows_affected {
        1 => Ok(JobState::Running),
        _ => Err(StoreError::Overtaken { what: "job", id: id.0 }),
    }
}

/// Puts a dead or cancelled job back in the queue, from its first attempt. Whether it could:
/// not while another of its kind and key waits or runs.
pub async fn again(tx: &Tx, id: JobId, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let on = tx.connection();
    let text = "UPDATE job SET state = 'waiting', attempts = 0, run_at = $2, cancel_asked = $3, \
                ended_at = NULL WHERE id = $1 AND state IN ('dead', 'cancelled') \
                AND NOT EXISTS (SELECT 1 FROM job other WHERE other.kind = job.kind \
                AND other.key = job.key AND other.state IN ('waiting', 'running'))";
    let values = [id.0.into(), now.into(), false.into()];
    let moved = sea_orm::ConnectionTrait::execute_raw(on, sql(on, text, values))
        .await
        .map_err(StoreError::during("running a job again"))?;
    Ok(moved.rows_affected() == 1)
}

pub async fn job(on: &impl Access, id: JobId) -> Result<Job, StoreError> {
    job::Entity::find_by_id(id.0)
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading a job"))?
        .ok_or_else(|| StoreError::NotFound { what: "job", id: id.to_string() })
        .and_then(read)
}

/// A job that `asked_by` asked for; anybody else's is not there.
pub async fn job_of(on: &impl Access, id: JobId, asked_by: &str) -> Result<Job, StoreError> {
    let found = job(on, id).await?;
    if found.asked_by == asked_by {
        Ok(found)
    } else {
        Err(StoreError::NotFound { what: "job", id: id.to_string() })
    }
}

/// The job of a kind and key that waits or runs, else the last that did.
pub async fn last_of(
    on: &impl Access,
    kind: JobKind,
    key: &str,
) -> Result<Option<Job>, StoreError> {
    use sea_orm::QueryOrder;
    job::Entity::find()
        .filter(job::COLUMN.kind.eq(kind.code()))
        .filter(job::COLUMN.key.eq(key))
        .order_by_desc(job::COLUMN.id)
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading a job"))?
        .map(read)
        .transpose()
}

/// The jobs done before whose ZIP file is still kept.
pub async fn zips_ended_before(
    on: &impl Access,
    before: DateTime<Utc>,
) -> Result<Vec<JobId>, StoreError> {
    let rows = job::Entity::find()
        .filter(job::COLUMN.kind.eq(JobKind::ZipPapers.code()))
        .filter(over(before))
        .all(on.connection())
        .await
        .map_err(StoreError::during("looking for old files"))?;
    Ok(rows.into_iter().map(|row| JobId(row.id)).collect())
}

/// Done or cancelled before. A dead one stays until somebody has looked at it.
fn over(before: DateTime<Utc>) -> Condition {
    let ended = [JobState::Done.code(), JobState::Cancelled.code()];
    Condition::all().add(job::COLUMN.state.is_in(ended)).add(job::COLUMN.ended_at.lt(before))
}

/// Forgets the jobs that were done or cancelled before; how many.
pub async fn forget(tx: &Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let gone = job::Entity::delete_many()
        .filter(over(before))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("forgetting jobs"))?;
    Ok(gone.rows_affected)
}

const SORTS: [(&str, &str); 4] =
    [("date", "asked_at"), ("tache", "kind"), ("etat", "state"), ("demandeur", "asked_by")];

/// All jobs, in one `state` if one is given; the part asked for, and how many in all.
pub async fn list(
    on: &impl Access,
    state: Option<JobState>,
    slice: &Slice,
) -> Result<(Vec<Job>, u64), StoreError> {
    let on = on.connection();
    let condition = " FROM job WHERE ($1 = '' OR state = $1) AND (LOWER(asked_by) LIKE $2 ESCAPE '\\' \
                     OR LOWER(key) LIKE $2 ESCAPE '\\' OR LOWER(kind) LIKE $2 ESCAPE '\\')";
    let values = || [state.map_or("", JobState::code).into(), slice.pattern().into()];
    let text =
        format!("SELECT job.*{condition}{}{}", slice.order_by(&SORTS, "id DESC"), slice.cut());
    let rows = job::Model::find_by_statement(sql(on, &text, values()))
        .all(on)
        .await
        .map_err(StoreError::during("listing jobs"))?;
    let total = counted(on, &format!("SELECT COUNT(*) AS number{condition}"), values()).await?;
    Ok((rows.into_iter().map(read).collect::<Result<_, _>>()?, total))
}

/// How many jobs are in each state.
pub async fn counts(on: &impl Access) -> Result<Vec<(JobState, u64)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        state: String,
        number: i64,
    }
    let on = on.connection();
    let text = "SELECT state, COUNT(*) AS number FROM job GROUP BY state";
    let rows = Row::find_by_statement(sql(on, text, []))
        .all(on)
        .await
        .map_err(StoreError::during("counting jobs"))?;
    let count = |state: JobState| {
        let found = rows.iter().find(|row| row.state == state.code());
        (state, found.and_then(|row| u64::try_from(row.number).ok()).unwrap_or_default())
    };
    Ok(JobState::ALL.iter().copied().map(count).collect())
}
