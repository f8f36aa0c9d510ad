//! The link of a census that a mailbox shares: it opens that census of that member, as often as
//! it is clicked, until the census takes no more answers.
//!
//! A town hall's mailbox is read by several people and passed on. So the link signs nothing,
//! shows nothing else, and its session ends by itself; how long it lives is the census's own
//! closing day, also when that day moves.

use domain::campaigns::census::Phase;
use domain::ids::{CampaignId, OrganisationId};
use domain::platform::account::LinkPurpose;
use domain::platform::limit::Attempt;

use super::entering::EntryError;
use super::sessions::{self, Holder, Place};
use super::{limits, secret};
use crate::store::platform::links::{self as store, Link, NewLink};
use crate::store::platform::{append, grants};
use crate::store::{Access, Tx, campaigns};
use crate::usecases::{Actor, App, UseCaseError};

/// How long the row is kept: the closing day decides, and may be put off.
const KEPT: chrono::Duration = chrono::Duration::days(400);

/// Makes the link of `organisation` for a census, and answers what it carries: `/r/{token}`.
/// Every message has its own; all of them open.
pub async fn make(
    app: &App,
    tx: &Tx,
    organisation: OrganisationId,
    campaign: CampaignId,
    email: &str,
) -> Result<String, UseCaseError> {
    let token = secret::token()?;
    let now = app.wall.now();
    let link = NewLink {
        token_hash: secret::hash(&token),
        purpose: LinkPurpose::Census,
        person: None,
        organisation: Some(organisation),
        campaign: Some(campaign),
        email: email.to_owned(),
        created_at: now,
        expires_at: now + KEPT,
    };
    store::add(tx, &link).await?;
    Ok(token)
}

/// What the link opens, if its census still takes answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    pub organisation: OrganisationId,
    pub organisation_name: String,
    pub campaign: CampaignId,
    pub campaign_name: String,
    pub closes_on: chrono::NaiveDate,
}

pub async fn look(app: &App, token: &str) -> Result<Opening, EntryError> {
    let hash = secret::hash(token);
    let link = store::look(&app.store, &hash, LinkPurpose::Census, app.wall.now()).await?;
    opening(app, &app.store, link.ok_or(EntryError::Gone)?).await
}

async fn opening(app: &App, on: &impl Access, link: Link) -> Result<Opening, EntryError> {
    let (Some(organisation), Some(campaign)) = (link.organisation, link.campaign) else {
        return Err(EntryError::Gone);
    };
    let stored = campaigns::census(on, campaign).await?;
    if stored.census.phase(app.today()) != Phase::TakesAnswers {
        return Err(EntryError::Gone);
    }
    let (organisation_name, _) = grants::organisation(on, organisation).await?;
    Ok(Opening {
        organisation,
        organisation_name,
        campaign,
        campaign_name: stored.census.name,
        closes_on: stored.census.closes_on,
    })
}

/// Opens the census's session: the token that the browser keeps, and where it leads.
pub async fn enter(app: &App, token: &str, place: &Place) -> Result<(String, Opening), EntryError> {
    limits::attempt(app, Attempt::Open, None, place).await?;
    let opening = look(app, token).await?;
    let Opening { organisation, campaign, .. } = opening;
    let tx = app.store.begin_write().await?;
    let holder = Holder::Census { organisation, campaign };
    let session = sessions::open_in(app, &tx, holder, place, false).await?;
    let actor = Actor(format!("lien de recensement, {}", opening.organisation_name));
    let details = opening.campaign_name.clone();
    let entry = app.entry(&actor, "census.open_link", "organisation", organisation.0, details);
    append(&tx, vec![entry]).await?;
    tx.commit().await?;
    Ok((session, opening))
}
