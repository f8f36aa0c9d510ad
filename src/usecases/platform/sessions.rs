//! Opening, finding and closing sessions. Times are of the wall clock, also in the
//! demonstration; roles count on the business day.

use chrono::{DateTime, Duration};
use domain::ids::{CampaignId, OrganisationId, PersonId};
use domain::platform::account::{
    CENSUS_SESSION, COORDINATOR_SESSION, MEMBER_SESSION, SessionLength, WAITING_FOR_CODE,
};

use super::secret;
use crate::store::Tx;
use crate::store::platform::sessions::{self as store, Granted, NewSession, Session};
use crate::usecases::{App, UseCaseError};

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
    let tx = app.store.begin_write().await?;
    let all = match holder {
        Holder::Person { id, .. } => sees_all(&store::held(&tx, id, app.today()).await?),
        Holder::Census { .. } => false,
    };
    let token = open_in(app, &tx, holder, place, all).await?;
    tx.commit().await?;
    Ok(token)
}

/// Opens a session in the transaction of what proved its holder; `sees_all` for people of the
/// CdG62, whose sessions are short.
pub(super) async fn open_in(
    app: &App,
    tx: &Tx,
    holder: Holder,
    place: &Place,
    sees_all: bool,
) -> Result<String, UseCaseError> {
    let token = secret::token()?;
    let now = app.wall.now();
    let (person, organisation, campaign, second_factor) = match holder {
        Holder::Person { id, second_factor } => (Some(id), None, None, second_factor),
        Holder::Census { organisation, campaign } => {
            (None, Some(organisation), Some(campaign), false)
        }
    };
    let length = length(person.is_none(), sees_all);
    let new = NewSession {
        token_hash: secret::hash(&token),
        person,
        organisation,
        campaign,
        second_factor,
        device: place.device.chars().take(200).collect(),
        address: place.address.clone(),
        at: now,
        expires_at: now + length.most,
    };
    store::open(tx, &new).await?;
    Ok(token)
}

/// The second factor was given: the session goes on under a new token.
pub(super) async fn prove(
    app: &App,
    tx: &Tx,
    person: PersonId,
    session: i64,
) -> Result<String, UseCaseError> {
    let token = secret::token()?;
    let all = sees_all(&store::held(tx, person, app.today()).await?);
    let expires_at = app.wall.now() + length(false, all).most;
    store::prove(tx, person, session, &secret::hash(&token), expires_at).await?;
    Ok(token)
}

fn sees_all(roles: &[Granted]) -> bool {
    roles.iter().any(|held| held.grant.role.needs_second_factor())
}

fn length(shared_link: bool, sees_all: bool) -> SessionLength {
    if shared_link {
        CENSUS_SESSION
    } else if sees_all {
        COORDINATOR_SESSION
    } else {
        MEMBER_SESSION
    }
}

/// The session of `token`, with the roles held today.
pub async fn find(app: &App, token: &str) -> Result<Option<Session>, UseCaseError> {
    let now = app.wall.now();
    let found = store::find(&app.store, &secret::hash(token), now, app.today()).await?;
    let Some(session) = found else { return Ok(None) };
    let all = sees_all(&session.grants);
    let idle = if (session.enrolled || all) && !session.second_factor && session.person.is_some() {
        WAITING_FOR_CODE
    } else {
        length(session.person.is_none(), all).idle
    };
    if now - session.seen_at > idle {
        return Ok(None);
    }
    if now - session.seen_at > TOUCH_EVERY {
        let tx = app.store.begin_write().await?;
        store::touch(&tx, session.id, now).await?;
        tx.commit().await?;
    }
    Ok(Some(session))
}

/// The session of `token` also when its time is over: to say for whom it acted, and nothing else.
pub async fn find_ended(app: &App, token: &str) -> Result<Option<Session>, UseCaseError> {
    let long_ago = DateTime::UNIX_EPOCH;
    Ok(store::find(&app.store, &secret::hash(token), long_ago, app.today()).await?)
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
