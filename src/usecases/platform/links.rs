//! Making, looking at and using the links of e-mails, whatever they open.

use domain::ids::OrganisationId;
use domain::platform::account::{INVITATION, LinkPurpose};

use super::entering::EntryError;
use super::secret;
use crate::store::platform::links::{self as store, Link, NewLink};
use crate::store::platform::people::{self, Person};
use crate::store::{Access, Tx};
use crate::usecases::{App, UseCaseError};

/// Makes a link of an e-mail to `email`. Without a person it opens nothing, and costs the same.
pub(super) async fn make(
    app: &App,
    tx: &Tx,
    purpose: LinkPurpose,
    person: Option<&Person>,
    email: &str,
) -> Result<String, UseCaseError> {
    make_for(app, tx, purpose, person, None, email).await
}

/// Makes a link that also says for which organisation: an invitation.
pub(super) async fn make_for(
    app: &App,
    tx: &Tx,
    purpose: LinkPurpose,
    person: Option<&Person>,
    organisation: Option<OrganisationId>,
    email: &str,
) -> Result<String, UseCaseError> {
    let token = secret::token()?;
    let now = app.wall.now();
    let link = NewLink {
        token_hash: secret::hash(&token),
        purpose,
        person: person.map(|person| person.id),
        organisation,
        campaign: None,
        email: email.to_owned(),
        created_at: now,
        expires_at: now + purpose.lifetime().unwrap_or(INVITATION),
    };
    store::add(tx, &link).await?;
    Ok(token)
}

/// Whom the link lets in, without using it.
pub(super) async fn person(
    app: &App,
    on: &impl Access,
    token: &str,
    purpose: LinkPurpose,
) -> Result<Person, EntryError> {
    let link = store::look(on, &secret::hash(token), purpose, app.wall.now()).await?;
    enabled(on, link.ok_or(EntryError::Gone)?).await.map(|(person, _)| person)
}

/// Uses the link up, and says whom it lets in.
pub(super) async fn take(
    app: &App,
    tx: &Tx,
    token: &str,
    purpose: LinkPurpose,
) -> Result<(Person, Link), EntryError> {
    let link = store::take(tx, &secret::hash(token), purpose, app.wall.now()).await?;
    enabled(tx, link.ok_or(EntryError::Gone)?).await
}

async fn enabled(on: &impl Access, link: Link) -> Result<(Person, Link), EntryError> {
    let id = link.person.ok_or(EntryError::Gone)?;
    let person = people::person(on, id).await?;
    if person.disabled_at.is_some() {
        return Err(EntryError::Gone);
    }
    Ok((person, link))
}
