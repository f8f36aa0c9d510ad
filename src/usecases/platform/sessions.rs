//! Opening, finding and closing sessions. Times are of the wall clock, also in the
//! demonstration; roles count on the business day.

use chrono::Duration;
use domain::ids::{CampaignId, OrganisationId, PersonId};

use super::secret;
use crate::store::platform::sessions::{self as store, NewSession, Session};
use crate::usecases::{App, UseCaseError};

/// How long a session lives.
pub const LASTS: Duration = Duration::hours(12);

/// How often the last use is noted: not at every page.
const TOUCH_EVERY: Duration = Duration::minutes(5);

/// Whose session it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    Person {
        id: PersonId,
        second_factor: bool,
    },
    /// Whoever opened a census's shared link.
    Census {
        organisation: OrganisationId,
        campaign: CampaignId,
    },
}

/// Where it was opened from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    pub device: String,
    pub address: String,
}

/// Opens a session and answers its token, which only the browser keeps.
pub async fn open(app: &App, holder: Holder, place: &Place) -> Result<String, UseCaseError> {
    let token = secret::token()?;
    let now = app.wall.now();
    let (person, organisation, campaign, second_factor) = match holder {
        Holder::Person { id, second_factor } => (Some(id), None, None, second_factor),
        Holder::Census { organisation, campaign } => {
            (None, Some(organisation), Some(campaign), false)
        }
    };
    let new = NewSession {
        token_hash: secret::hash(&token),
        person,
        organisation,
        campaign,
        second_factor,
        device: place.device.chars().take(200).collect(),
        address: place.address.clone(),
        at: now,
        expires_at: now + LASTS,
    };
    let tx = app.store.begin_write().await?;
    store::open(&tx, &new).await?;
    tx.commit().await?;
    Ok(token)
}

/// The session of `token`, with the roles held today.
pub async fn find(app: &App, token: &str) -> Result<Option<Session>, UseCaseError> {
    let now = app.wall.now();
    let found = store::find(&app.store, &secret::hash(token), now, app.today()).await?;
    let Some(session) = found else { return Ok(None) };
    if now - session.seen_at > TOUCH_EVERY {
        let tx = app.store.begin_write().await?;
        store::touch(&tx, session.id, now).await?;
        tx.commit().await?;
    }
    Ok(Some(session))
}

pub async fn close(app: &App, session: i64) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    store::close(&tx, session).await?;
    Ok(tx.commit().await?)
}

/// Leaves a message for the next page.
pub async fn leave(app: &App, session: i64, message: &str) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    store::set_flash(&tx, session, Some(message.to_owned())).await?;
    Ok(tx.commit().await?)
}

/// The message was shown.
pub async fn said(app: &App, session: i64) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    store::set_flash(&tx, session, None).await?;
    Ok(tx.commit().await?)
}
