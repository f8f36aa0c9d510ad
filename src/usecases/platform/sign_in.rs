//! Coming in by a sent link or by a password.
//!
//! Nobody learns here whether an account exists: the answer, its time and the rows counted are
//! the same. A link is used by a button, never by opening it: mail scanners open links.

use domain::ids::PersonId;
use domain::platform::account::{self, LinkPurpose};
use domain::platform::limit::Attempt;

use super::entering::{Entered, EntryError, Next};
use super::letters::{self, Letter};
use super::sessions::{self, Holder, Place};
use super::{accounts, limits, links, passwords};
use crate::store::Tx;
use crate::store::platform::append;
use crate::store::platform::people::{self, Person};
use crate::store::platform::sessions::held;
use crate::usecases::{Actor, App};

/// Sends a link, if anybody signs in with this address. `back` is the page to come back to.
pub async fn ask_link(
    app: &App,
    typed: &str,
    back: Option<&str>,
    place: &Place,
) -> Result<(), EntryError> {
    let floor = accounts::floor();
    let email = account::sign_in_address(typed).map_err(|_| EntryError::NotAnAddress)?;
    limits::attempt(app, Attempt::Link, Some(email.as_str()), place).await?;
    let found = accounts::reachable(app, email.as_str()).await?;
    let tx = app.store.begin_write().await?;
    let token = links::make(app, &tx, LinkPurpose::SignIn, found.as_ref(), email.as_str()).await?;
    if let Some(person) = &found {
        letters::send(app, &tx, &Letter::sign_in(app, person, &token, back)).await?;
    }
    tx.commit().await?;
    tokio::time::sleep_until(floor).await;
    Ok(())
}

/// Whether the link still lets anybody in. Changes nothing.
pub async fn look(app: &App, token: &str) -> Result<(), EntryError> {
    links::person(app, &app.store, token, LinkPurpose::SignIn).await.map(|_| ())
}

/// Comes in by a link, which is then used up.
pub async fn use_link(app: &App, token: &str, place: &Place) -> Result<Entered, EntryError> {
    limits::attempt(app, Attempt::Open, None, place).await?;
    let tx = app.store.begin_write().await?;
    let (person, _) = links::take(app, &tx, token, LinkPurpose::SignIn).await?;
    enter(app, tx, &person, place, "par un lien").await
}

/// Comes in by a password.
pub async fn with_password(
    app: &App,
    typed: &str,
    password: &str,
    place: &Place,
) -> Result<Entered, EntryError> {
    // Also what is no address counts and is compared: the form answers alike to whatever.
    let email = typed.trim().to_lowercase();
    limits::attempt(app, Attempt::Password, Some(&email), place).await?;
    let found = people::by_email(&app.store, &email).await?;
    let hash = found.as_ref().and_then(|person| person.password_hash.as_deref());
    let right = passwords::verify(password, hash).await?;
    let tx = app.store.begin_write().await?;
    let has_roles = match &found {
        Some(person) => !held(&tx, person.id, app.today()).await?.is_empty(),
        None => false,
    };
    let subject = found.as_ref().map_or(PersonId(0), |person| person.id);
    match found.filter(|person| right && has_roles && person.disabled_at.is_none()) {
        Some(person) => {
            limits::forgive(&tx, Attempt::Password, &email).await?;
            enter(app, tx, &person, place, "par mot de passe").await
        }
        None => {
            let nobody = Actor("personne".into());
            let details = "mot de passe refusé";
            let entry = app.entry(&nobody, "person.refuse", "person", subject.0, details);
            append(&tx, vec![entry]).await?;
            tx.commit().await?;
            Err(EntryError::Wrong)
        }
    }
}

/// Opens the session of somebody who gave their first factor.
pub(super) async fn enter(
    app: &App,
    tx: Tx,
    person: &Person,
    place: &Place,
    how: &str,
) -> Result<Entered, EntryError> {
    let roles = held(&tx, person.id, app.today()).await?;
    let must = roles.iter().any(|held| held.grant.role.needs_second_factor());
    let next = match (&person.second_factor, must) {
        (Some(_), _) => Next::Code,
        (None, true) => Next::Enrol,
        (None, false) => Next::Page,
    };
    let holder = Holder::Person { id: person.id, second_factor: false };
    let token = sessions::open_in(app, &tx, holder, place, must).await?;
    let actor = Actor(person.email.clone());
    let entry = app.entry(&actor, "person.sign_in", "person", person.id.0, how);
    append(&tx, vec![entry]).await?;
    tx.commit().await?;
    Ok(Entered { token, next })
}
