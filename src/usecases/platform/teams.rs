//! People of an organisation: invited, given roles, taken out.

use std::collections::BTreeSet;

use domain::group::organisation::OrganisationKind;
use domain::ids::{OrganisationId, PersonId};
use domain::platform::account::{self, LinkPurpose};
use domain::platform::limit::Attempt;
use domain::platform::role::{Right, Role};
use domain::platform::team::{Giver, may_handle, may_take};

use super::entering::{Entered, EntryError};
use super::letters::{self, Letter};
use super::sessions::Place;
use super::{limits, links, sign_in};
use crate::store::Tx;
use crate::store::platform::grants::{self, Mate};
use crate::store::platform::people::{self, Person};
use crate::store::platform::{append, sessions as session_store};
use crate::usecases::{Actor, App, UseCaseError};

/// Who gives or takes, with the rights of the organisation acted for.
#[derive(Debug, Clone)]
pub struct By {
    pub actor: Actor,
    /// Nobody: a command on the server.
    pub person: Option<PersonId>,
    pub organisation: Option<OrganisationId>,
    pub rights: BTreeSet<Right>,
}

impl By {
    /// Whoever holds the server holds every right.
    pub fn server(actor: Actor) -> Self {
        let rights = BTreeSet::from([Right::Administer, Right::ManagePeople]);
        Self { actor, person: None, organisation: None, rights }
    }

    fn towards(&self, organisation: OrganisationId) -> Giver<'_> {
        Giver { rights: &self.rights, of_it: self.organisation == Some(organisation) }
    }
}

/// Who is to be invited.
#[derive(Debug, Clone)]
pub struct Invitation {
    pub organisation: OrganisationId,
    pub email: String,
    pub name: String,
    pub roles: BTreeSet<Role>,
}

/// What an invitation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    pub person: PersonId,
    /// Held before already, or now given.
    pub given: Vec<Role>,
    /// What the invitation's link carries, for a command that prints it. Nothing for somebody
    /// who has already signed in: they are told by e-mail.
    pub token: Option<String>,
}

/// Takes somebody in without a message: people of the demonstration, who are not there to read
/// it.
pub(crate) async fn enlist(
    app: &App,
    by: &By,
    invitation: &Invitation,
) -> Result<PersonId, EntryError> {
    let tx = app.store.begin_write().await?;
    let enlisted = give_roles(app, &tx, by, invitation).await?;
    note_given(app, &tx, by, &enlisted).await?;
    tx.commit().await?;
    Ok(enlisted.person.id)
}

/// Somebody with the roles they were just given.
struct Enlisted {
    person: Person,
    new: bool,
    given: Vec<Role>,
    organisation_name: String,
}

async fn give_roles(
    app: &App,
    tx: &Tx,
    by: &By,
    invitation: &Invitation,
) -> Result<Enlisted, EntryError> {
    let email =
        account::sign_in_address(&invitation.email).map_err(|_| EntryError::NotAnAddress)?;
    let (organisation_name, kind) = grants::organisation(tx, invitation.organisation).await?;
    if invitation.roles.is_empty() {
        let message = "Choisissez au moins un rôle.";
        return Err(UseCaseError::refused("no_role", message).into());
    }
    for role in &invitation.roles {
        may_handle(by.towards(invitation.organisation), *role, kind).map_err(UseCaseError::from)?;
    }
    let (person, new) =
        people::add_or_find(tx, email.as_str(), invitation.name.trim(), app.wall.now()).await?;
    if by.person == Some(person.id) {
        let message = "Vous ne pouvez pas vous donner de rôle à vous-même.";
        return Err(UseCaseError::refused("own_role", message).into());
    }
    let mut given = Vec::new();
    for role in &invitation.roles {
        let (from, author) = (app.today(), by.actor.0.as_str());
        if grants::give(tx, person.id, invitation.organisation, *role, from, author).await? {
            given.push(*role);
        }
    }
    if given.is_empty() {
        let message = "Cette personne a déjà ce rôle dans cet organisme.";
        return Err(UseCaseError::refused("role_held", message).into());
    }
    Ok(Enlisted { person, new, given, organisation_name })
}

async fn note_given(app: &App, tx: &Tx, by: &By, enlisted: &Enlisted) -> Result<(), UseCaseError> {
    let entries = enlisted.given.iter().map(|role| {
        let details = format!("{} · {}", role.code(), enlisted.organisation_name);
        app.entry(&by.actor, "person.role_given", "person", enlisted.person.id.0, details)
    });
    Ok(append(tx, entries.collect()).await?)
}

/// Invites somebody, or gives more roles to somebody known. The name of a known person stays.
pub async fn invite(app: &App, by: &By, invitation: &Invitation) -> Result<Invited, EntryError> {
    limits::attempt(app, Attempt::Invitation, Some(&by.actor.0), &Place::default()).await?;
    let tx = app.store.begin_write().await?;
    let enlisted = give_roles(app, &tx, by, invitation).await?;
    let Enlisted { person, new, given, organisation_name } = &enlisted;
    let known = !*new && session_store::ever_signed_in(&tx, person.id).await?;
    let token = if known {
        let letter = Letter::roles_given(app, person, organisation_name, given)?;
        letters::send(app, &tx, &letter).await?;
        None
    } else {
        let organisation = invitation.organisation;
        Some(send_invitation(app, &tx, person, organisation, organisation_name).await?)
    };
    note_given(app, &tx, by, &enlisted).await?;
    tx.commit().await?;
    Ok(Invited { person: enlisted.person.id, given: enlisted.given, token })
}

/// Sends the invitation again: the former link ends.
pub async fn invite_again(
    app: &App,
    by: &By,
    organisation_id: OrganisationId,
    person: PersonId,
) -> Result<String, EntryError> {
    let organisation = organisation(app, organisation_id).await?;
    let mate = mate(app, organisation_id, person).await?;
    for (_, grant) in &mate.roles {
        may_handle(by.towards(organisation_id), grant.role, organisation.1)
            .map_err(UseCaseError::from)?;
    }
    limits::attempt(app, Attempt::Invitation, Some(&by.actor.0), &Place::default()).await?;
    let tx = app.store.begin_write().await?;
    let person = people::person(&tx, person).await?;
    let purposes = [LinkPurpose::Invitation];
    crate::store::platform::links::cancel(&tx, person.id, &purposes, app.wall.now()).await?;
    let token = send_invitation(app, &tx, &person, organisation_id, &organisation.0).await?;
    tx.commit().await?;
    Ok(token)
}

async fn send_invitation(
    app: &App,
    tx: &Tx,
    person: &Person,
    organisation: OrganisationId,
    organisation_name: &str,
) -> Result<String, UseCaseError> {
    let purpose = LinkPurpose::Invitation;
    let token =
        links::make_for(app, tx, purpose, Some(person), Some(organisation), &person.email).await?;
    letters::send(app, tx, &Letter::invitation(app, person, organisation_name, &token)).await?;
    Ok(token)
}

/// For whom an invitation is, before it is accepted: the person's name and the organisation's.
pub async fn look(app: &App, token: &str) -> Result<(String, String), EntryError> {
    let hash = super::secret::hash(token);
    let now = app.wall.now();
    let link = crate::store::platform::links::look(&app.store, &hash, LinkPurpose::Invitation, now)
        .await?
        .ok_or(EntryError::Gone)?;
    let person = links::person(app, &app.store, token, LinkPurpose::Invitation).await?;
    let organisation = organisation(app, link.organisation.ok_or(EntryError::Gone)?).await?;
    Ok((person.name, organisation.0))
}

/// Accepts an invitation: it proves the mailbox, so that it lets in.
pub async fn accept(app: &App, token: &str, place: &Place) -> Result<Entered, EntryError> {
    limits::attempt(app, Attempt::Open, None, place).await?;
    let tx = app.store.begin_write().await?;
    let (person, _) = links::take(app, &tx, token, LinkPurpose::Invitation).await?;
    sign_in::enter(app, tx, &person, place, "par une invitation").await
}

/// Takes a role of somebody from today on: their next page is without it.
pub async fn take_role(
    app: &App,
    by: &By,
    organisation_id: OrganisationId,
    grant: i64,
) -> Result<(), UseCaseError> {
    let kind = organisation(app, organisation_id).await?.1;
    let tx = app.store.begin_write().await?;
    let held = grants::of_organisation(&tx, organisation_id, grant).await?;
    let role = held.grant.role;
    let giver = by.towards(organisation_id);
    may_handle(giver, role, kind)?;
    let today = app.today();
    let others = grants::others_with(&tx, organisation_id, role, held.person, today).await?;
    may_take(giver, role, others)?;
    grants::take(&tx, grant, today).await?;
    let details = format!("{} · {}", role.code(), held.organisation_name);
    let entry = app.entry(&by.actor, "person.role_taken", "person", held.person.0, details);
    append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}

/// Takes all roles that somebody holds in the organisation.
pub async fn remove(
    app: &App,
    by: &By,
    organisation_id: OrganisationId,
    person: PersonId,
) -> Result<(), UseCaseError> {
    let (name, kind) = organisation(app, organisation_id).await?;
    let mate = mate(app, organisation_id, person).await?;
    let today = app.today();
    let tx = app.store.begin_write().await?;
    let giver = by.towards(organisation_id);
    let mut entries = Vec::new();
    for (id, grant) in mate.roles {
        let role = grant.role;
        may_handle(giver, role, kind)?;
        let others = grants::others_with(&tx, organisation_id, role, person, today).await?;
        may_take(giver, role, others)?;
        // A role still to come ends on its first day.
        grants::take(&tx, id, today.max(grant.from)).await?;
        let details = format!("{} · {name}", role.code());
        entries.push(app.entry(&by.actor, "person.role_taken", "person", person.0, details));
    }
    append(&tx, entries).await?;
    Ok(tx.commit().await?)
}

/// Disables somebody everywhere, or lets them in again. The last administrator stays.
pub async fn set_disabled(
    app: &App,
    by: &By,
    person: PersonId,
    disabled: bool,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    if by.person == Some(person) {
        let message = "Vous ne pouvez pas bloquer votre propre compte.";
        return Err(UseCaseError::refused("own_account", message));
    }
    for held in session_store::held(&tx, person, app.today()).await? {
        if disabled && held.grant.role == Role::Administrator {
            let role = held.grant.role;
            let place = held.organisation;
            let others = grants::others_with(&tx, place, role, person, app.today()).await?;
            may_take(by.towards(place), role, others)?;
        }
    }
    let at = disabled.then(|| app.wall.now());
    people::set_disabled(&tx, person, at).await?;
    let (action, details) = if disabled {
        session_store::close_all_of(&tx, person, None).await?;
        ("person.disable", "compte bloqué")
    } else {
        ("person.enable", "compte rétabli")
    };
    append(&tx, vec![app.entry(&by.actor, action, "person", person.0, details)]).await?;
    Ok(tx.commit().await?)
}

/// The people of an organisation, today's and those to come.
pub async fn team(app: &App, organisation: OrganisationId) -> Result<Vec<Mate>, UseCaseError> {
    Ok(grants::team(&app.store, organisation, app.today()).await?)
}

/// The roles that `by` may give in an organisation of this kind.
pub fn roles_to_give(by: &By, organisation: OrganisationId, kind: OrganisationKind) -> Vec<Role> {
    let giver = by.towards(organisation);
    Role::ALL.iter().copied().filter(|role| may_handle(giver, *role, kind).is_ok()).collect()
}

async fn mate(
    app: &App,
    organisation: OrganisationId,
    person: PersonId,
) -> Result<Mate, UseCaseError> {
    let team = team(app, organisation).await?;
    let found = team.into_iter().find(|mate| mate.person == person);
    let missing = || crate::store::StoreError::NotFound { what: "person", id: person.to_string() };
    Ok(found.ok_or_else(missing)?)
}

/// The name and kind of an organisation.
pub async fn organisation(
    app: &App,
    id: OrganisationId,
) -> Result<(String, OrganisationKind), UseCaseError> {
    Ok(grants::organisation(&app.store, id).await?)
}
