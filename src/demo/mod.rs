//! The demonstration: one purchase at the size of a département, told through the use cases.
//!
//! Nothing here writes a row of its own: every step is what a person of the
//! CdG62, of a member or of a supplier would do, on the day they would do it. The
//! clock stands still on each of these days, so that the same program always
//! makes the same database and the same papers.

pub mod accounts;
mod billing;
mod census;
mod chance;
mod founding;
mod market;
mod needs;
mod ordering;
mod people;
mod supplier;

use chrono::{NaiveDate, TimeZone, Utc};

use crate::clock::Clock;
use crate::store::{StoreError, group as group_store, platform};
use crate::usecases::platform::seal::Seal;
use crate::usecases::{Actor, App, UseCaseError, campaigns, catalogue};

/// The business day on which the demonstration stands still once it is built.
pub const TODAY: (i32, u32, u32) = (2026, 11, 22);

/// The setting that says a database is the demonstration's, and whether it is whole.
const MARK: &str = "demo";
const BUILDING: &str = "building";
const BUILT: &str = "built";

/// What a database is to the demonstration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Empty,
    /// Begun and not finished: what is there cannot be told from what is missing.
    HalfBuilt,
    Built,
    /// Somebody's own data.
    Foreign,
}

/// Looks before anything is written.
pub async fn standing(app: &App) -> Result<Standing, DemoError> {
    match platform::setting(&app.store, MARK).await?.as_deref() {
        Some(BUILT) => Ok(Standing::Built),
        Some(_) => Ok(Standing::HalfBuilt),
        None if group_store::organisations(&app.store, &[]).await?.is_empty() => {
            Ok(Standing::Empty)
        }
        None => Ok(Standing::Foreign),
    }
}

/// The application on the demonstration's last day.
pub fn frozen(app: &App) -> Result<App, DemoError> {
    let (year, month, day_of_month) = TODAY;
    Ok(on(app, day(year, month, day_of_month)?))
}

/// What the secrets of the demonstration are sealed under: they are known to all.
///
/// # Errors
///
/// A key that is too short.
pub fn seal() -> Result<Seal, DemoError> {
    let key = "démonstration de Travée, sans aucun secret";
    Seal::of(key, None).map_err(|error| DemoError::Data(error.to_string()))
}

/// Hears what the demonstration is doing: the step in French, how much of it is done, of how much.
pub type Progress<'a> = dyn Fn(&str, usize, usize) + Sync + 'a;

/// Builds the whole story in an empty database.
pub async fn build(app: &App, progress: &Progress<'_>) -> Result<(), DemoError> {
    mark(app, BUILDING).await?;
    Box::pin(story(app, progress)).await?;
    mark(app, BUILT).await
}

async fn mark(app: &App, state: &str) -> Result<(), DemoError> {
    let tx = app.store.begin_write().await?;
    platform::put_setting(&tx, MARK, state).await?;
    Ok(tx.commit().await?)
}

async fn story(app: &App, progress: &Progress<'_>) -> Result<(), DemoError> {
    let buyer = Actor("acheteuse@cdg62.example".into());
    progress("Membres, convention et adhésions", 0, 1);
    let group = founding::found(&on(app, day(2025, 10, 6)?), &buyer).await?;
    founding::adhere_in_time(&on(app, day(2026, 1, 9)?), &buyer, &group).await?;
    accounts::open(&on(app, day(2026, 1, 5)?)).await?;
    progress("Membres, convention et adhésions", 1, 1);
    let prepared = on(app, day(2025, 12, 15)?);
    let from = day(2026, 1, 1)?;
    catalogue::import_catalogue(&prepared, &buyer, &census::catalogue()?, from).await?;
    let first = census::run(app, &buyer, &group, &census::finished()?, progress).await?;
    census::close(app, &buyer, &group, first, day(2026, 2, 28)?).await?;
    let told = |done, total| progress("Récépissés de besoins", done, total);
    campaigns::issue_receipts(&on(app, day(2026, 3, 2)?), &buyer, first, told).await?;
    let contracts = market::buy(app, &buyer, &group, first).await?;
    for contract in &contracts {
        ordering::order(app, &buyer, contract, progress).await?;
        ordering::deliver(app, &buyer, contract, contract.number.ends_with("L1")).await?;
    }
    let desk = billing::Desk {
        app,
        clerk: Actor("comptable@cdg62.example".into()),
        manager: Actor("responsable.finances@cdg62.example".into()),
        writer: supplier::Writer::new()?,
    };
    for (contract, prefix) in contracts.iter().zip(["CL", "RA", "SV"]) {
        if contract.number.ends_with("L1") {
            billing::shared(&desk, contract, progress).await?;
        } else {
            billing::own(&desk, contract, prefix, progress).await?;
        }
    }
    founding::adhere_late(&on(app, day(2026, 5, 20)?), &buyer, &group).await?;
    census::run(app, &buyer, &group, &census::running()?, progress).await?;
    Ok(())
}

/// `app` with its clock stopped at ten in the morning, in Paris, of `day`.
fn on(app: &App, day: NaiveDate) -> App {
    let morning =
        Utc.from_utc_datetime(&day.and_time(chrono::NaiveTime::MIN)) + chrono::TimeDelta::hours(9);
    App { clock: Clock::Frozen(morning), ..app.clone() }
}

/// Why the demonstration could not be built.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// One of its own files does not read.
    #[error("demonstration data: {0}")]
    Data(String),
    #[error(transparent)]
    UseCase(#[from] UseCaseError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("an invoice of the demonstration could not be written")]
    Billing(#[from] supplier::BillingError),
}

/// A day of the story.
fn day(year: i32, month: u32, day: u32) -> Result<NaiveDate, DemoError> {
    NaiveDate::from_ymd_opt(year, month, day)
        .ok_or_else(|| DemoError::Data(format!("le {day}/{month}/{year} n’existe pas")))
}
