//! One's own account: name, address, devices, and the organisation acted for.

use std::time::Duration;

use domain::ids::{OrganisationId, PersonId};
use domain::platform::account::{self, LinkPurpose};
use domain::platform::limit::Attempt;
use tokio::time::Instant;

use super::entering::EntryError;
use super::letters::{self, Letter};
use super::sessions::Place;
use super::{limits, links};
use crate::store::platform::append;
use crate::store::platform::people::{self, Person};
use crate::store::platform::sessions::{self as session_store, Device, held};
use crate::usecases::{Actor, App, UseCaseError};

/// Asking for a link answers no sooner: longer than writing the message takes, so that the time
/// does not tell whether one was written.
const FLOOR: Duration = Duration::from_millis(250);

pub(super) fn floor() -> Instant {
    Instant::now() + FLOOR
}

/// Whoever can be sent a link at this address: known, not disabled, with a role left.
pub(super) async fn reachable(app: &App, email: &str) -> Result<Option<Person>, UseCaseError> {
    let found = people::by_email(&app.store, email).await?;
    let Some(person) = found.filter(|person| person.disabled_at.is_none()) else {
        return Ok(None);
    };
    let roles = held(&app.store, person.id, app.today()).await?;
    Ok(if roles.is_empty() { None } else { Some(person) })
}

/// Refuses what only somebody who signed in lately may do.
pub(super) async fn fresh(app: &App, session: i64) -> Result<(), EntryError> {
    let opened = session_store::opened_at(&app.store, session).await?;
    if account::is_fresh(opened, app.wall.now()) { Ok(()) } else { Err(EntryError::Stale) }
}

/// Whether the session is young enough to change the account.
pub async fn is_fresh(app: &App, session: i64) -> Result<bool, UseCaseError> {
    let opened = session_store::opened_at(&app.store, session).await?;
    Ok(account::is_fresh(opened, app.wall.now()))
}

/// Changes one's own name and telephone.
pub async fn rename(
    app: &App,
    person: PersonId,
    name: &str,
    phone: Option<&str>,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let before = people::person(&tx, person).await?;
    people::rename(&tx, person, name.trim(), phone.map(str::trim)).await?;
    let actor = Actor(before.email);
    let entry = app.entry(&actor, "person.rename", "person", person.0, "nom ou téléphone");
    append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}

/// Sends a link to the new address and a warning to the old one; nothing changes until the link
/// is used. An address that somebody else has is sent nothing, and answers the same.
pub async fn ask_new_address(
    app: &App,
    person: PersonId,
    session: i64,
    typed: &str,
    place: &Place,
) -> Result<(), EntryError> {
    let until = floor();
    fresh(app, session).await?;
    let email = account::sign_in_address(typed).map_err(|_| EntryError::NotAnAddress)?;
    let person = people::person(&app.store, person).await?;
    limits::attempt(app, Attempt::Link, Some(&person.email), place).await?;
    let free = people::by_email(&app.store, email.as_str()).await?.is_none();
    let tx = app.store.begin_write().await?;
    let for_whom = free.then_some(&person);
    let token = links::make(app, &tx, LinkPurpose::ChangeEmail, for_whom, email.as_str()).await?;
    if free {
        letters::send(app, &tx, &Letter::new_address(app, &person, email.as_str(), &token)).await?;
    }
    letters::send(app, &tx, &Letter::address_asked(app, &person, email.as_str())?).await?;
    tx.commit().await?;
    tokio::time::sleep_until(until).await;
    Ok(())
}

/// Whether the link can still be used to change the address, and to which.
pub async fn look_at_address(app: &App, token: &str) -> Result<(), EntryError> {
    links::person(app, &app.store, token, LinkPurpose::ChangeEmail).await.map(|_| ())
}

/// Changes the address by the link sent to the new one. All devices sign in again, and links
/// sent to the old address end.
pub async fn confirm_address(app: &App, token: &str, place: &Place) -> Result<(), EntryError> {
    limits::attempt(app, Attempt::Open, None, place).await?;
    let tx = app.store.begin_write().await?;
    let (person, link) = links::take(app, &tx, token, LinkPurpose::ChangeEmail).await?;
    if people::by_email(&tx, &link.email).await?.is_some() {
        return Err(EntryError::Gone);
    }
    people::set_email(&tx, person.id, &link.email).await?;
    let others = [LinkPurpose::SignIn, LinkPurpose::Reset, LinkPurpose::ChangeEmail];
    crate::store::platform::links::cancel(&tx, person.id, &others, app.wall.now()).await?;
    session_store::close_all_of(&tx, person.id, None).await?;
    letters::send(app, &tx, &Letter::address_changed(app, &person, &link.email)?).await?;
    let actor = Actor(person.email.clone());
    let entry = app.entry(&actor, "person.address", "person", person.id.0, "adresse changée");
    append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}

/// Where somebody is signed in, the last used first.
pub async fn devices(app: &App, person: PersonId) -> Result<Vec<Device>, UseCaseError> {
    Ok(session_store::of_person(&app.store, person, app.wall.now()).await?)
}

/// Signs out one of one's own devices.
pub async fn sign_out_device(
    app: &App,
    person: PersonId,
    session: i64,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    session_store::close_own(&tx, person, session).await?;
    Ok(tx.commit().await?)
}

/// Signs out everywhere, on this device too.
pub async fn sign_out_everywhere(app: &App, person: PersonId) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let who = people::person(&tx, person).await?;
    session_store::close_all_of(&tx, person, None).await?;
    let actor = Actor(who.email);
    let details = "déconnexion de tous les appareils";
    let entry = app.entry(&actor, "person.sign_out_everywhere", "person", person.0, details);
    append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}

/// Acts for another organisation from now on: one in which the person holds a role today.
pub async fn act_for(
    app: &App,
    person: PersonId,
    session: i64,
    organisation: OrganisationId,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let roles = held(&tx, person, app.today()).await?;
    if !roles.iter().any(|held| held.organisation == organisation) {
        return Err(crate::store::StoreError::NotFound {
            what: "organisation",
            id: organisation.to_string(),
        }
        .into());
    }
    session_store::act_for(&tx, session, organisation).await?;
    Ok(tx.commit().await?)
}
