//! What has had its time is forgotten, once a day.
//!
//! Counted attempts, links and sessions that ended, the jobs that ended with the ZIP files they
//! made, and the text of letters that never left and whose link opens nothing any more. Papers,
//! the journal, and what is left of letters are kept.

use chrono::Duration;

use super::archive::zip_key;
use super::{jobs, limits};
use crate::store::orders;
use crate::store::platform::{jobs as job_store, links, mail, sessions};
use crate::usecases::{App, UseCaseError};

/// How long a job and what it made are of use after its end.
pub const JOBS_KEPT: Duration = Duration::days(30);

/// How long the text of a letter with a personal link is kept when it could not be sent: as long
/// as the longest of these links works.
pub const TEXTS_KEPT: Duration = Duration::days(7);

/// Forgets what has had its time; how many rows. Killed in the middle, it is done by the next run.
pub async fn keep(app: &App) -> Result<u64, UseCaseError> {
    let now = app.wall.now();
    for job in job_store::zips_ended_before(&app.store, now - JOBS_KEPT).await? {
        app.files.remove(&zip_key(job)).await?;
    }
    let tx = app.store.begin_write().await?;
    let gone = [
        limits::forget(app, &tx).await?,
        links::forget(&tx, now).await?,
        sessions::forget(&tx, now).await?,
        orders::forget_pack_links(&tx, now).await?,
        job_store::forget(&tx, now - JOBS_KEPT).await?,
        jobs::forget_days(&tx, now - JOBS_KEPT).await?,
        mail::forget_texts(&tx, now - TEXTS_KEPT).await?,
    ];
    tx.commit().await?;
    Ok(gone.iter().sum())
}
