//! The closing day of a census moves, or it opens again until another day.

use chrono::NaiveDate;
use domain::campaigns::census::{Census, CensusAction, CensusState};
use domain::french;
use domain::ids::CampaignId;

use super::{Actor, App, UseCaseError, step};
use crate::store::campaigns as store;
use crate::store::platform;
use crate::usecases::platform::jobs::{self, Work};

/// Moves the closing day of a census that is not over; `reason` goes to the journal.
///
/// # Errors
///
/// Refused on a census that is closed or given up, for a day that is past or before the census
/// opens, for the day it already has, and without a reason once it is open.
pub async fn move_closing_day(
    app: &App,
    actor: &Actor,
    campaign: CampaignId,
    to: NaiveDate,
    reason: &str,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let stored = store::census_to_move(&tx, campaign).await?;
    let census = &stored.census;
    match census.state {
        CensusState::Open if reason.trim().is_empty() => {
            return Err(UseCaseError::refused(
                "motif_absent",
                "Indiquez pourquoi la date change : les membres la lisent.",
            ));
        }
        CensusState::Draft | CensusState::Open => {}
        CensusState::Closed | CensusState::Settled | CensusState::Cancelled => {
            let message = format!(
                "Le recensement « {} » est {} : sa date de clôture ne change plus. Rouvrez-le \
                 d’abord.",
                census.name, census.state
            );
            return Err(UseCaseError::refused("etape_interdite", message));
        }
    }
    day_fault(app, census, to)?;
    if to == census.closes_on {
        let message = format!("Le recensement se termine déjà le {}.", french::date(to));
        return Err(UseCaseError::refused("date", message));
    }
    store::move_closing_day(&tx, campaign, (census.state, census.closes_on), to).await?;
    if census.state == CensusState::Open {
        let work = Work::ClosingMails { campaign, before: census.closes_on };
        jobs::ask(&tx, app, actor, &format!("{campaign}:{to}"), &work).await?;
    }
    let entry = app.entry(
        actor,
        "campaign.calendar",
        "campaign",
        campaign.0,
        moved(census.closes_on, to, reason),
    );
    platform::append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}

/// Opens a closed census again until `to`, in one step: reopened with its old day past, it would
/// take no answer. Sheets stay locked until they are reopened one by one.
///
/// # Errors
///
/// Refused on a census that is not closed, for a day that is past, and without a reason.
pub async fn reopen_until(
    app: &App,
    actor: &Actor,
    campaign: CampaignId,
    to: NaiveDate,
    reason: &str,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let stored = store::census_to_move(&tx, campaign).await?;
    let census = &stored.census;
    if reason.trim().is_empty() {
        return Err(UseCaseError::refused(
            "motif_absent",
            "Indiquez pourquoi le recensement est rouvert.",
        ));
    }
    step(&tx, &stored, CensusAction::Reopen).await?;
    day_fault(app, census, to)?;
    let mut entries =
        vec![app.entry(actor, "campaign.reopen", "campaign", campaign.0, reason.trim())];
    if to != census.closes_on {
        store::move_closing_day(&tx, campaign, (CensusState::Open, census.closes_on), to).await?;
        let details = moved(census.closes_on, to, "");
        entries.push(app.entry(actor, "campaign.calendar", "campaign", campaign.0, details));
    }
    platform::append(&tx, entries).await?;
    Ok(tx.commit().await?)
}

fn moved(from: NaiveDate, to: NaiveDate, reason: &str) -> String {
    let why =
        if reason.trim().is_empty() { String::new() } else { format!(" : {}", reason.trim()) };
    format!("du {} au {}{why}", french::date(from), french::date(to))
}

fn day_fault(app: &App, census: &Census, to: NaiveDate) -> Result<(), UseCaseError> {
    let refusal = if to < app.today() {
        Some(format!(
            "Le {} est passé : choisissez aujourd’hui ou un jour à venir.",
            french::date(to)
        ))
    } else if to < census.opens_on {
        Some(format!(
            "Le recensement commence le {} : il ne peut pas se terminer avant.",
            french::date(census.opens_on)
        ))
    } else {
        None
    };
    refusal.map_or(Ok(()), |message| Err(UseCaseError::refused("date", message)))
}
