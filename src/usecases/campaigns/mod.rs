//! A census is set up, opened, answered, closed and settled.

mod answer;
mod calendar;
pub mod draft;
pub mod estimate;
mod receipt;
mod receipts;
pub mod review;
pub mod send;

pub use answer::{Repeated, Taken, reopen_sheet, same_as_last, sign_sheet, submit_needs};
pub use calendar::{move_closing_day, reopen_until};
use receipts::ask_for_receipts;
pub(crate) use receipts::convention_ref;
pub use receipts::{issue_receipts, provisional_receipt, start_receipts};

use domain::campaigns::census::{Census, CensusAction, CensusState, STEPS};
use domain::french;
use domain::ids::{CampaignId, ConventionId};

use super::platform::jobs::{self, Work};
use super::{Actor, App, UseCaseError};
use crate::store::Tx;
use crate::store::campaigns::{self as store, StoredCensus};
use crate::store::{group, platform};

/// Sets a census up; nobody sees it before it opens. The same `key` sets it up once.
///
/// # Errors
///
/// A census that cannot be answered, bears a name already used, or asks about a lot that the
/// convention does not cover is refused.
pub async fn create_census(
    app: &App,
    actor: &Actor,
    convention: ConventionId,
    census: &Census,
    key: &str,
) -> Result<CampaignId, UseCaseError> {
    let census = Census { state: CensusState::Draft, ..census.clone() };
    census.check().map_err(|error| UseCaseError::refused("recensement", error.for_the_reader()))?;
    let tx = app.store.begin_write().await?;
    if let Some(made) = platform::already_done(&tx, "census.create", key).await? {
        let id = made.parse().map_err(UseCaseError::failed("reading an idempotency key"))?;
        return Ok(CampaignId(id));
    }
    fits(&tx, convention, &census, None).await?;
    let id = store::add_census(&tx, convention, &census).await?;
    platform::note_done(&tx, "census.create", key, id.to_string(), app.clock.now()).await?;
    let entry = app.entry(actor, "campaign.create", "campaign", id.0, census.name);
    platform::append(&tx, vec![entry]).await?;
    tx.commit().await?;
    Ok(id)
}

/// Whether the convention covers what a census asks about, and no other bears its name.
async fn fits(
    tx: &Tx,
    convention: ConventionId,
    census: &Census,
    own: Option<CampaignId>,
) -> Result<(), UseCaseError> {
    let group = group::convention(tx, convention).await?.ok_or_else(|| {
        UseCaseError::refused("convention_inconnue", "Cette convention n’existe pas.")
    })?;
    for lot in &census.lots {
        let covered = group.convention.lot(*lot);
        covered.map_err(|error| UseCaseError::refused("lot", error.for_the_reader()))?;
    }
    let named = store::named(tx, convention, &census.name).await?;
    if named.is_some_and(|other| Some(other) != own) {
        let message = format!("Un recensement s’appelle déjà « {} ».", census.name);
        return Err(UseCaseError::refused("recensement_en_double", message));
    }
    Ok(())
}

/// Corrects a census that nobody sees yet. `read` is how whoever corrects it has read it.
///
/// # Errors
///
/// Those of [`create_census`]; refused too once it was opened or given up, and where somebody
/// else has changed it since.
pub async fn correct_census(
    app: &App,
    actor: &Actor,
    campaign: CampaignId,
    read: &Census,
    new: &Census,
) -> Result<(), UseCaseError> {
    let new = Census { state: CensusState::Draft, ..new.clone() };
    new.check().map_err(|error| UseCaseError::refused("recensement", error.for_the_reader()))?;
    let tx = app.store.begin_write().await?;
    let stored = store::census_to_move(&tx, campaign).await?;
    if stored.census.state != CensusState::Draft {
        let message = format!(
            "Le recensement « {} » est {} : seul un recensement en préparation se corrige.",
            stored.census.name, stored.census.state
        );
        return Err(UseCaseError::refused("etape_interdite", message));
    }
    if stored.census != *read {
        return Err(UseCaseError::refused(
            "modifie_depuis",
            "Quelqu’un d’autre a modifié ce recensement depuis que vous l’avez ouvert. Rouvrez la \
             page pour voir ses changements, puis refaites les vôtres.",
        ));
    }
    fits(&tx, stored.convention, &new, Some(campaign)).await?;
    store::correct_census(&tx, campaign, &new).await?;
    let details = corrections(&stored.census, &new);
    let entry = app.entry(actor, "campaign.correct", "campaign", campaign.0, details);
    platform::append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}

/// What was corrected, for the history.
fn corrections(before: &Census, after: &Census) -> String {
    let mut said = Vec::new();
    if before.name != after.name {
        said.push(format!("« {} » devient « {} »", before.name, after.name));
    }
    if (before.opens_on, before.closes_on) != (after.opens_on, after.closes_on) {
        let (from, to) = (french::date(after.opens_on), french::date(after.closes_on));
        said.push(format!("réponses du {from} au {to}"));
    }
    if (before.first_year, before.years) != (after.first_year, after.years) {
        let years: Vec<String> = after.year_numbers().map(|year| year.to_string()).collect();
        said.push(format!("années {}", years.join(", ")));
    }
    if before.lots != after.lots {
        said.push(format!("{} lots", after.lots.len()));
    }
    if said.is_empty() { "sans changement".into() } else { said.join(" ; ") }
}

/// What opening a census made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// Articles whose version is frozen for this census.
    pub articles: u64,
    pub sheets: u64,
    /// Members that cannot answer yet, for want of a delivery point.
    pub without_site: u64,
}

/// Opens a census: its articles are frozen at their version of today, and every active member
/// that subscribed one of its lots has a blank sheet at each of its delivery points.
///
/// # Errors
///
/// Refused where the census is not a draft, or its lots have no article on offer.
pub async fn open_census(
    app: &App,
    actor: &Actor,
    campaign: CampaignId,
) -> Result<Opened, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let opened = open_in(app, actor, &tx, campaign).await?;
    tx.commit().await?;
    Ok(opened)
}

/// Opens a census and writes to everybody it asks: the letters are asked for in the same
/// transaction, so that no census opens unsaid.
///
/// # Errors
///
/// Those of [`open_census`].
pub async fn open_and_tell(
    app: &App,
    actor: &Actor,
    campaign: CampaignId,
) -> Result<Opened, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let work = Work::CensusMails { campaign };
    jobs::ask(&tx, app, actor, &campaign.to_string(), &work).await?;
    let opened = open_in(app, actor, &tx, campaign).await?;
    tx.commit().await?;
    Ok(opened)
}

async fn open_in(
    app: &App,
    actor: &Actor,
    tx: &Tx,
    campaign: CampaignId,
) -> Result<Opened, UseCaseError> {
    let census = store::census_to_move(tx, campaign).await?;
    step(tx, &census, CensusAction::Open).await?;
    let articles = store::freeze_articles(tx, campaign, app.today()).await?;
    if articles == 0 {
        return Err(UseCaseError::refused(
            "catalogue_vide",
            "Aucun article n’est au catalogue pour ces lots : importez-le avant d’ouvrir le \
             recensement. Rien n’a été ouvert.",
        ));
    }
    store::add_delivery_points(tx, campaign).await?;
    let sheets = store::add_blank_sheets(tx, campaign).await?;
    let without_site = store::members_without_sheet(tx, campaign).await?;
    let details = format!("{articles} articles, {sheets} fiches");
    let entry = app.entry(actor, "campaign.open", "campaign", campaign.0, details);
    platform::append(tx, vec![entry]).await?;
    Ok(Opened { articles, sheets, without_site })
}

/// Gives a blank sheet to who joined, or got a delivery point, since the census opened.
pub async fn complete_sheets(
    app: &App,
    actor: &Actor,
    campaign: CampaignId,
) -> Result<u64, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let census = store::census_to_move(&tx, campaign).await?;
    match census.census.state {
        CensusState::Open => {}
        CensusState::Draft
        | CensusState::Closed
        | CensusState::Settled
        | CensusState::Cancelled => {
            return Err(UseCaseError::refused(
                "recensement_pas_ouvert",
                "Seul un recensement ouvert reçoit de nouvelles fiches.",
            ));
        }
    }
    store::add_delivery_points(&tx, campaign).await?;
    let added = store::add_blank_sheets(&tx, campaign).await?;
    let details = format!("{added} fiches ajoutées");
    let entry = app.entry(actor, "campaign.complete", "campaign", campaign.0, details);
    platform::append(&tx, vec![entry]).await?;
    tx.commit().await?;
    Ok(added)
}

/// Closes a census and locks every sheet that was sent; how many. A sheet that was never sent
/// stays a draft: closing does not turn silence into an answer.
pub async fn close_census(
    app: &App,
    actor: &Actor,
    campaign: CampaignId,
) -> Result<usize, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let locked = close_in(app, actor, &tx, campaign).await?;
    tx.commit().await?;
    Ok(locked)
}

/// Closes a census and asks for the receipts of all who answered, in the same transaction, so
/// that no census closes without them.
///
/// # Errors
///
/// Those of [`close_census`].
pub async fn close_and_issue_receipts(
    app: &App,
    actor: &Actor,
    campaign: CampaignId,
) -> Result<usize, UseCaseError> {
    let tx = app.store.begin_write().await?;
    ask_for_receipts(&tx, app, actor, campaign).await?;
    let locked = close_in(app, actor, &tx, campaign).await?;
    tx.commit().await?;
    Ok(locked)
}

async fn close_in(
    app: &App,
    actor: &Actor,
    tx: &Tx,
    campaign: CampaignId,
) -> Result<usize, UseCaseError> {
    let census = store::census_to_move(tx, campaign).await?;
    step(tx, &census, CensusAction::Close).await?;
    let locked = store::lock_sheets(tx, campaign).await?;
    let mut entries = vec![app.entry(
        actor,
        "campaign.close",
        "campaign",
        campaign.0,
        format!("{} fiches verrouillées", locked.len()),
    )];
    entries.extend(
        locked.iter().map(|id| app.entry(actor, "need_sheet.lock", "need_sheet", id.0, "")),
    );
    platform::append(tx, entries).await?;
    Ok(locked.len())
}

/// Settles a closed census: its needs have gone into a consultation, nothing changes any more.
/// Launching a procedure does it by itself.
pub async fn settle_census(
    app: &App,
    actor: &Actor,
    campaign: CampaignId,
) -> Result<(), UseCaseError> {
    move_alone(app, actor, campaign, CensusAction::Settle, "campaign.settle", "").await
}

/// Opens a closed census again; `reason` goes to the journal. Sheets stay locked until they
/// are reopened one by one.
pub async fn reopen_census(
    app: &App,
    actor: &Actor,
    campaign: CampaignId,
    reason: &str,
) -> Result<(), UseCaseError> {
    move_alone(app, actor, campaign, CensusAction::Reopen, "campaign.reopen", reason).await
}

/// Gives a census up before it closes; `reason` goes to the journal.
pub async fn cancel_census(
    app: &App,
    actor: &Actor,
    campaign: CampaignId,
    reason: &str,
) -> Result<(), UseCaseError> {
    move_alone(app, actor, campaign, CensusAction::Cancel, "campaign.cancel", reason).await
}

async fn move_alone(
    app: &App,
    actor: &Actor,
    campaign: CampaignId,
    action: CensusAction,
    journalled: &'static str,
    reason: &str,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let census = store::census_to_move(&tx, campaign).await?;
    step(&tx, &census, action).await?;
    let entry = app.entry(actor, journalled, "campaign", campaign.0, reason);
    platform::append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}

/// Moves a census one step of its table.
pub(crate) async fn step(
    tx: &Tx,
    census: &StoredCensus,
    action: CensusAction,
) -> Result<(), UseCaseError> {
    let from = census.census.state;
    let to = STEPS.after(from, action).map_err(|refused| {
        let message = format!(
            "Impossible de {} : le recensement « {} » est {}.",
            refused.action.french(),
            census.census.name,
            refused.from.french()
        );
        UseCaseError::refused("etape_interdite", message)
    })?;
    Ok(store::move_census(tx, census.id, from, to).await?)
}
