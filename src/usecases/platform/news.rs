//! What happened, told to those whom it concerns: one letter a person for all of it, and a notice
//! on the start page for each thing, in the transaction of what happened.
//!
//! Whoever was written to about it is not told again, so that a job that runs twice, or an opening
//! that the calendar and the buyer both tell, is told once. A member without an account is told by
//! post.

use std::collections::BTreeMap;

use domain::ids::{OrganisationId, PersonId};
use domain::platform::role::{Right, Role};

use super::mail::{Message, Recipient, queue_all};
use super::notices;
use crate::documents::emails::Letter;
use crate::store::Tx;
use crate::store::platform::mail;
use crate::store::platform::notices::NewNotice;
use crate::store::platform::reminders::{self as store, Acting};
use crate::usecases::{App, UseCaseError};

/// In the query of a link that is written to somebody: the organisation that it is about.
pub(crate) const ABOUT: &str = "pour";

/// `path`, which has no query, about `organisation`: whoever acts for several is asked to act for
/// that one before the page opens.
pub(crate) fn about(organisation: OrganisationId, path: &str) -> String {
    format!("{path}?{ABOUT}={organisation}")
}

/// Something that happened to an organisation.
#[derive(Debug, Clone)]
pub(crate) struct News<T> {
    pub(crate) organisation: OrganisationId,
    /// What it is about; a person is told once: `order:7`.
    pub(crate) key: String,
    /// After the name of the organisation: « commande BC-2026-0042 émise ».
    pub(crate) title: String,
    /// From the root of the site, [`about`] the organisation.
    pub(crate) path: String,
    /// What the letter says of it.
    pub(crate) said: T,
}

/// Tells `news` to everybody who has one of `rights` in the organisation concerned, on the business
/// day; how many were written to. `letter` makes a person's letter of the organisations' names and
/// what happened to each.
pub(crate) async fn tell<T>(
    app: &App,
    tx: &Tx,
    rights: &[Right],
    news: &[News<T>],
    letter: impl Fn(&[(&str, &News<T>)]) -> Letter,
) -> Result<usize, UseCaseError> {
    let mut of: BTreeMap<OrganisationId, Vec<&News<T>>> = BTreeMap::new();
    for one in news {
        of.entry(one.organisation).or_default().push(one);
    }
    let roles: Vec<Role> = Role::ALL.iter().copied().filter(|role| gives(*role, rights)).collect();
    let organisations: Vec<OrganisationId> = of.keys().copied().collect();
    let acting = store::acting(tx, &organisations, &roles, app.today()).await?;
    let mut messages = Vec::new();
    let mut told = Vec::new();
    for mine in acting.chunk_by(|a, b| a.person_id == b.person_id) {
        let heard: Vec<(&str, &News<T>)> = mine
            .iter()
            .flat_map(|acting| {
                let news = of.get(&OrganisationId(acting.organisation_id)).into_iter().flatten();
                news.map(|one| (acting.organisation.as_str(), *one))
            })
            .collect();
        if let (Some(person), Some((_, first))) = (mine.first(), heard.first()) {
            messages.push(message(person, first, letter(&heard)));
            told.push(heard);
        }
    }
    let Some(kind) = messages.first().map(|message| message.letter.kind()) else { return Ok(0) };
    let keys: Vec<&str> = messages.iter().map(|message| message.key.as_str()).collect();
    let known = mail::known(tx, kind, &keys).await?;
    let mut notices = Vec::new();
    for (message, heard) in messages.iter().zip(&told) {
        if known.contains(&message.key) {
            continue;
        }
        let Some(person) = message.to.person else { continue };
        notices.extend(heard.iter().map(|(organisation, one)| NewNotice {
            person,
            organisation: Some(one.organisation),
            title: format!("{organisation} – {}", one.title),
            link: one.path.clone(),
        }));
    }
    messages.retain(|message| !known.contains(&message.key));
    notices::tell(tx, app, notices).await?;
    queue_all(tx, app, &messages).await?;
    Ok(messages.len())
}

fn gives(role: Role, rights: &[Right]) -> bool {
    role.rights().iter().any(|right| rights.contains(right))
}

fn message<T>(person: &Acting, first: &News<T>, letter: Letter) -> Message {
    Message {
        key: format!("person:{}:{}", person.person_id, first.key),
        to: Recipient {
            address: person.email.clone(),
            name: person.name.clone(),
            person: Some(PersonId(person.person_id)),
            organisation: Some(first.organisation),
        },
        campaign: None,
        letter,
        attached: None,
    }
}
