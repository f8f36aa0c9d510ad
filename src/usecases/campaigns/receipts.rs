//! The members' receipts of needs, issued in bulk.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike;
use domain::campaigns::census::CensusState;
use domain::ids::{CampaignId, OrganisationId};

use super::receipt::Shared;
use super::{Actor, App, UseCaseError};
use crate::documents::Paper;
use crate::documents::needs_receipt::render;
use crate::documents::parties::ConventionRef;
use crate::store::campaigns::{self as store, StoredSheet};
use crate::store::platform::{self, IssuedPaper};
use crate::store::{StoreError, Tx, Viewer, group, reference};
use crate::usecases::platform::jobs::{self, Work};
use crate::usecases::{letterhead, papers};

const SERIES: &str = "needs_receipt";

/// The page that shows a census's receipts.
fn back(campaign: CampaignId) -> String {
    format!("/gestion/recensements/{campaign}")
}

/// Asks for the receipts of a census, in the transaction of whoever wants them.
pub(super) async fn ask_for_receipts(
    tx: &Tx,
    app: &App,
    actor: &Actor,
    campaign: CampaignId,
) -> Result<(), UseCaseError> {
    let work = Work::IssueReceipts { campaign, back: back(campaign) };
    jobs::ask(tx, app, actor, &campaign.to_string(), &work).await?;
    Ok(())
}

/// Asks for the receipts that are missing: whose answer was corrected after the closing, or whose
/// receipt could not be made.
///
/// # Errors
///
/// Refused while the census takes answers.
pub async fn start_receipts(
    app: &App,
    actor: &Actor,
    campaign: CampaignId,
) -> Result<(), UseCaseError> {
    takes_no_answers(store::census(&app.store, campaign).await?.census.state)?;
    let work = Work::IssueReceipts { campaign, back: back(campaign) };
    jobs::start(app, actor, &campaign.to_string(), &work).await?;
    Ok(())
}

fn takes_no_answers(state: CensusState) -> Result<(), UseCaseError> {
    match state {
        CensusState::Closed | CensusState::Settled => Ok(()),
        CensusState::Draft | CensusState::Open | CensusState::Cancelled => {
            Err(UseCaseError::refused(
                "recensement_pas_clos",
                "Les récépissés sont émis une fois le recensement clos.",
            ))
        }
    }
}

/// Issues the receipt of every member that answered a closed census and has none yet; how many.
/// Each batch is whole: killed in the middle and started again, it issues the missing ones.
/// `told` is given how many are done, of how many.
///
/// # Errors
///
/// Refused while the census takes answers: a receipt is not taken back.
pub async fn issue_receipts(
    app: &App,
    actor: &Actor,
    campaign: CampaignId,
    told: impl Fn(usize, usize) + Send,
) -> Result<usize, UseCaseError> {
    let census = store::census(&app.store, campaign).await?;
    takes_no_answers(census.census.state)?;
    let sheets = store::sheets(&app.store, Viewer::Coordinator, &census, None).await?;
    let mut by_member: BTreeMap<OrganisationId, Vec<&StoredSheet>> = BTreeMap::new();
    for stored in sheets.iter().filter(|stored| stored.sheet.is_answered()) {
        by_member.entry(stored.sheet.member).or_default().push(stored);
    }
    let issued = store::with_receipt(&app.store, campaign).await?;
    let missing: Vec<OrganisationId> =
        by_member.keys().copied().filter(|member| !issued.contains(member)).collect();
    if missing.is_empty() {
        return Ok(0);
    }
    let shared = shared(app, census, None).await?;
    let mut done = 0;
    for batch in missing.chunks(papers::BATCH) {
        done += issue(app, actor, &shared, batch, &by_member).await?;
        told(done, missing.len());
    }
    Ok(done)
}

/// What one member answered so far, on paper, before the census is closed and the numbered
/// receipt is issued. It is made when it is asked for and registered nowhere.
///
/// # Errors
///
/// Not found where the member has not answered.
pub async fn provisional_receipt(
    app: &App,
    member: OrganisationId,
    campaign: CampaignId,
) -> Result<Paper, UseCaseError> {
    let viewer = Viewer::Member(member);
    let census = store::census(&app.store, campaign).await?;
    let sheets = store::sheets(&app.store, viewer, &census, None).await?;
    let answered: Vec<_> = sheets.iter().filter(|stored| stored.sheet.is_answered()).collect();
    if answered.is_empty() {
        return Err(StoreError::NotFound { what: "answer", id: campaign.to_string() }.into());
    }
    let shared = shared(app, census, Some(member)).await?;
    let receipt = shared
        .receipt(String::new(), member, &answered)
        .map_err(UseCaseError::failed("composing a receipt"))?;
    let made = papers::render_all(vec![receipt], render).await?;
    made.into_iter().next().ok_or_else(|| UseCaseError::Failed {
        doing: "rendering a receipt",
        message: "aucune page".into(),
    })
}

async fn shared(
    app: &App,
    census: store::StoredCensus,
    of: Option<OrganisationId>,
) -> Result<Shared, UseCaseError> {
    let on = &app.store;
    let founded = group::convention(on, census.convention).await?.ok_or_else(|| {
        UseCaseError::refused("convention_inconnue", "Cette convention n’existe pas.")
    })?;
    let bodies = match of {
        Some(member) => group::organisation(on, member).await?.into_iter().collect(),
        None => group::organisations(on, &[]).await?,
    };
    let terms = founded.convention.terms();
    Ok(Shared {
        letterhead: letterhead::of(app, on, founded.coordinator).await?,
        convention: convention_ref(&terms.reference, terms.from),
        articles: store::frozen_articles(on, census.id).await?,
        sites: group::sites(on, of).await?,
        bodies: bodies.into_iter().map(|listed| (listed.id, listed)).collect(),
        accounts: reference::budget_accounts(on).await?,
        today: app.today(),
        census,
    })
}

/// The convention as papers cite it.
pub(crate) fn convention_ref(reference: &str, from: chrono::NaiveDate) -> ConventionRef {
    ConventionRef {
        title: format!("convention constitutive du groupement de commandes {reference}"),
        signed_on: from,
        article: None,
    }
}

/// One batch, in one transaction.
async fn issue(
    app: &App,
    actor: &Actor,
    shared: &Shared,
    batch: &[OrganisationId],
    sheets: &BTreeMap<OrganisationId, Vec<&StoredSheet>>,
) -> Result<usize, UseCaseError> {
    let campaign = shared.census.id;
    let tx = app.store.begin_write().await?;
    // Nobody else issues receipts of this census meanwhile.
    store::census_to_move(&tx, campaign).await?;
    let issued = store::with_receipt(&tx, campaign).await?;
    let members: BTreeSet<OrganisationId> =
        batch.iter().copied().filter(|member| !issued.contains(member)).collect();
    let year = app.today().year();
    let numbered = |value| format!("RB-{year}-{value:04}");
    let first = platform::take_numbers(&tx, SERIES, year, members.len(), numbered).await?;
    let (mut inputs, mut rows) = (Vec::new(), Vec::new());
    for (member, value) in members.iter().zip(first..) {
        let number = numbered(value);
        let mine = sheets.get(member).map_or(&[][..], Vec::as_slice);
        let receipt = shared
            .receipt(number.clone(), *member, mine)
            .map_err(UseCaseError::failed("composing a receipt"))?;
        inputs.push(receipt);
        rows.push(IssuedPaper {
            kind: SERIES,
            file_key: format!("recepisses/{number}.pdf"),
            number,
            title: String::new(),
            organisation: Some(member.0),
            order: None,
            allocation: None,
            tender_lot: None,
            campaign: Some(campaign.0),
            sha256: String::new(),
            bytes: 0,
            pages: 0,
            issued_on: app.today(),
        });
    }
    let made = papers::render_all(inputs, render).await?;
    let count = made.len();
    papers::keep(app, &tx, rows.into_iter().zip(made).collect()).await?;
    let details = format!("{count} récépissés");
    let entry = app.entry(actor, "campaign.receipts", "campaign", campaign.0, details);
    platform::append(&tx, vec![entry]).await?;
    tx.commit().await?;
    Ok(count)
}
