//! The members' receipts of a closed census: how many are issued, and the rest asked for.

use axum::extract::State;
use axum::response::Response;
use domain::campaigns::census::CensusState;
use domain::french;
use domain::ids::CampaignId;
use domain::platform::job::{JobKind, JobState};
use minijinja::{Value, context};

use super::numbers::percent;
use super::show::Desk;
use crate::store::campaigns as store;
use crate::store::platform::jobs::last_of;
use crate::usecases::campaigns::start_receipts;
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::rights::Buy;
use crate::web::routes::Row;

/// Where the receipts of a census are, `answered` being who is to have one; nothing before it is
/// closed.
pub(super) async fn view(
    pages: &Pages,
    desk: &Desk,
    answered: i64,
) -> Result<Option<Value>, PageError> {
    match desk.census.census.state {
        CensusState::Closed | CensusState::Settled => {}
        CensusState::Draft | CensusState::Open | CensusState::Cancelled => return Ok(None),
    }
    let (on, campaign) = (&pages.app.store, desk.census.id);
    let issued = store::receipts_issued(on, campaign).await?;
    let job = last_of(on, JobKind::IssueReceipts, &campaign.to_string()).await?;
    let state = job.as_ref().map(|job| job.state);
    let (underway, tone, told) = match state {
        Some(JobState::Waiting | JobState::Running) => (
            true,
            "",
            Some(
                "Les récépissés se préparent. Rechargez cette page pour voir où ils en sont."
                    .to_owned(),
            ),
        ),
        Some(JobState::Dead) => {
            let error = job.and_then(|job| job.last_error).unwrap_or_default();
            (
                false,
                "bad",
                Some(format!(
                    "La préparation s’est arrêtée : {error} Ce qui est émis ne le sera pas deux fois."
                )),
            )
        }
        Some(JobState::Cancelled) => (
            false,
            "warn",
            Some("La préparation a été arrêtée. Ce qui était émis le reste.".to_owned()),
        ),
        Some(JobState::Done) | None => (false, "", None),
    };
    let missing = (answered - issued).max(0);
    Ok(Some(context! {
        words => format!(
            "{} sur {}",
            french::counted(issued, "récépissé émis", "récépissés émis"),
            french::counted(answered, "membre qui a répondu", "membres qui ont répondu")
        ),
        percent => percent(issued, answered),
        told => told.as_deref().map(french::unbroken),
        tone => tone,
        missing => (missing > 0 && !underway)
            .then(|| french::counted(missing, "récépissé manquant", "récépissés manquants")),
    }))
}

/// Asks for those that are missing; a double click asks once.
pub(super) async fn issue(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    start_receipts(&pages.app, &who.actor(), CampaignId(id)).await?;
    let said = "Les récépissés se préparent. Vous pouvez quitter cette page : le travail continue.";
    pages.done(&who, &format!("/gestion/recensements/{id}"), said).await
}
