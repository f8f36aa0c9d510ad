//! Members come in, adhere, move and are confirmed.

mod adhesion;
mod adhesions;
mod contacts;
mod merge;
mod people;
mod powers;
mod register;
pub mod sites;

use std::collections::BTreeSet;

use domain::group::address::PostalAddress;
use domain::group::contact::{Contact, Delegation, Signature};
use domain::group::convention::{Convention, ConventionError, ConventionTerms, LotTerms};
use domain::group::membership::{Deliberation, Membership};
use domain::group::organisation::{ChorusRequirements, Organisation, OrganisationKind};
use domain::group::siret_history::{SiretEntry, SiretHistory, SiretStatus};
use domain::group::site::DeliveryPoint;
use domain::ids::{ConventionId, LotId, OrganisationId};

use super::{Actor, App, Refusal, UseCaseError};
use crate::exchange::members::{Body, MemberRow};
use crate::store::group::{self as store, NewLot, NewOrganisation};
use crate::store::{Tx, platform};

pub use adhesion::{Step, invite, keep_convention_text, take_step};
pub use adhesions::{ImportedAdhesions, import_adhesions, preview_adhesions};
pub use contacts::{ImportedContacts, import_contacts, preview_contacts};
pub use merge::{Merger, Merging, merge, preview_merge};
pub use people::{add_contact, change_contact, remove_contact, replace_siret};
pub use powers::{NewPower, PowerHolder, end_power, record_power};
pub use register::{NewBody, register};

/// A line of a list of members as an organisation. A SIRET that the list calls verified counts
/// as confirmed by `actor` today; any other waits for somebody.
pub fn from_row(app: &App, actor: &Actor, row: MemberRow) -> Result<NewOrganisation, UseCaseError> {
    let status = if row.siret_confirmed {
        SiretStatus::Confirmed { by: actor.0.clone(), on: app.today() }
    } else {
        SiretStatus::DerivedNotVerified
    };
    let entry = SiretEntry { siret: row.siret, from: None, to: None, status };
    let sirets = SiretHistory::new(row.siren, vec![entry]).map_err(|error| {
        UseCaseError::refused("siret", format!("{} : {}", row.name, error.for_the_reader()))
    })?;
    let (kind, insee, epci_siren, postcode) = match row.body {
        Body::Commune { insee, postal_codes, epci } => (
            OrganisationKind::Commune,
            Some(insee),
            epci.map(|siren| siren.to_string()),
            postal_codes.into_iter().next(),
        ),
        Body::Epci { .. } => (OrganisationKind::Epci, None, None, None),
    };
    let address = match postcode {
        Some(code) => PostalAddress::new(vec!["Mairie".into()], &code, &row.name).ok(),
        None => None,
    };
    let organisation = Organisation {
        kind,
        name: row.name,
        sirets,
        population: Some(row.population),
        address,
        chorus: ChorusRequirements::default(),
    };
    Ok(NewOrganisation { organisation, insee, epci_siren })
}

/// What an import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    pub added: usize,
    /// Already there, by SIREN: left as they are.
    pub known: usize,
    /// Added without their EPCI, which nobody has recorded.
    pub without_epci: usize,
}

/// Takes organisations in. Those whose SIREN is known are left as they are, so that a file can
/// be read again.
pub async fn import_members(
    app: &App,
    actor: &Actor,
    organisations: Vec<NewOrganisation>,
) -> Result<Imported, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let imported = take_in(app, &tx, actor, organisations).await?;
    tx.commit().await?;
    Ok(imported)
}

/// What [`import_members`] would do: done, counted and undone.
pub async fn preview_members(
    app: &App,
    actor: &Actor,
    organisations: Vec<NewOrganisation>,
) -> Result<Imported, UseCaseError> {
    let tx = app.store.begin_write().await?;
    take_in(app, &tx, actor, organisations).await
}

async fn take_in(
    app: &App,
    tx: &Tx,
    actor: &Actor,
    organisations: Vec<NewOrganisation>,
) -> Result<Imported, UseCaseError> {
    let here: BTreeSet<String> = store::organisations(tx, &[])
        .await?
        .into_iter()
        .map(|listed| listed.organisation.sirets.siren().to_string())
        .collect();
    let total = organisations.len();
    let new: Vec<NewOrganisation> = organisations
        .into_iter()
        .filter(|new| !here.contains(new.organisation.sirets.siren().as_str()))
        .collect();
    let lost =
        |new: &&NewOrganisation| new.epci_siren.as_ref().is_some_and(|siren| !here.contains(siren));
    let imported = Imported {
        added: new.len(),
        known: total - new.len(),
        without_epci: new.iter().filter(lost).count(),
    };
    store::add_organisations(tx, &new).await?;
    let details = format!("{} ajoutés, {} déjà connus", imported.added, imported.known);
    platform::append(tx, vec![app.entry(actor, "group.import", "group", 0, details)]).await?;
    Ok(imported)
}

/// Records delivery points.
pub async fn add_sites(
    app: &App,
    actor: &Actor,
    sites: &[DeliveryPoint],
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    store::add_sites(&tx, sites).await?;
    let details = format!("{} points de livraison", sites.len());
    platform::append(&tx, vec![app.entry(actor, "site.add", "group", 0, details)]).await?;
    Ok(tx.commit().await?)
}

/// Records people and, once they have a number, their powers to sign: `powers` is given each
/// contact with its number and answers the delegation, if that person holds one.
pub async fn add_people(
    app: &App,
    actor: &Actor,
    people: &[Contact],
    powers: impl Fn(domain::ids::ContactId, &Contact) -> Option<Delegation>,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let before: BTreeSet<_> = store::contacts(&tx, None).await?.into_keys().collect();
    store::add_contacts(&tx, people).await?;
    let delegations: Vec<Delegation> = store::contacts(&tx, None)
        .await?
        .iter()
        .filter(|(id, _)| !before.contains(id))
        .filter_map(|(id, person)| powers(*id, person))
        .collect();
    store::add_delegations(&tx, &delegations).await?;
    let details = format!("{} contacts, {} pouvoirs de signature", people.len(), delegations.len());
    platform::append(&tx, vec![app.entry(actor, "contact.add", "group", 0, details)]).await?;
    Ok(tx.commit().await?)
}

/// Says that somebody compared these organisations' SIRETs with the official directory: only
/// then may a paper carry them.
pub async fn confirm_sirets(
    app: &App,
    actor: &Actor,
    of: &[OrganisationId],
) -> Result<u64, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let confirmed = store::confirm_sirets(&tx, of, &actor.0, app.today()).await?;
    let details = format!("{confirmed} SIRET confirmés");
    platform::append(&tx, vec![app.entry(actor, "siret.confirm", "group", 0, details)]).await?;
    tx.commit().await?;
    Ok(confirmed)
}

/// Founds a group: a convention and its lots. The same `key` founds it once.
///
/// # Errors
///
/// Terms that contradict each other are refused (domain `ConventionError`), and a reference that
/// another convention has.
pub async fn found_group(
    app: &App,
    actor: &Actor,
    terms: &ConventionTerms,
    coordinator: OrganisationId,
    lots: &[NewLot],
    key: &str,
) -> Result<ConventionId, UseCaseError> {
    let refused =
        |error: ConventionError| UseCaseError::refused("convention", error.for_the_reader());
    // The lots have no numbers yet: their order stands in for them.
    let numbered = lots
        .iter()
        .zip(1..)
        .map(|(lot, number)| LotTerms::new(LotId(number), lot.model, lot.packing))
        .collect::<Result<Vec<_>, _>>()
        .map_err(refused)?;
    Convention::new(ConventionTerms { lots: numbered, ..terms.clone() }).map_err(refused)?;
    let tx = app.store.begin_write().await?;
    if let Some(made) = platform::already_done(&tx, "group.found", key).await? {
        let id = made.parse().map_err(UseCaseError::failed("reading an idempotency key"))?;
        return Ok(ConventionId(id));
    }
    if store::has_convention(&tx, &terms.reference).await? {
        let message = format!("La référence {} est celle d’une autre convention.", terms.reference);
        return Err(UseCaseError::refused("convention", message));
    }
    let id = store::add_convention(&tx, terms, coordinator, lots).await?;
    platform::note_done(&tx, "group.found", key, id.to_string(), app.clock.now()).await?;
    let entry = app.entry(actor, "convention.found", "convention", id.0, terms.reference.clone());
    platform::append(&tx, vec![entry]).await?;
    tx.commit().await?;
    Ok(id)
}

/// What a member sends to join.
#[derive(Debug, Clone)]
pub struct Adhesion {
    pub organisation: OrganisationId,
    pub deliberation: Deliberation,
    pub signature: Signature,
    pub lots: BTreeSet<LotId>,
}

/// Takes members in: deliberation, signature, admission, each step journalled. All or none.
pub async fn adhere(
    app: &App,
    actor: &Actor,
    convention: ConventionId,
    adhesions: Vec<Adhesion>,
) -> Result<usize, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let known = store::memberships(&tx, convention).await?;
    let mut refusals = Vec::new();
    let mut members = Vec::with_capacity(adhesions.len());
    for adhesion in adhesions {
        let id = adhesion.organisation;
        if known.contains_key(&id) {
            refusals.push(Refusal::new("deja_membre", format!("L’organisme {id} a déjà adhéré.")));
            continue;
        }
        match join(adhesion) {
            Ok(membership) => members.push((id, membership)),
            Err(reason) => {
                refusals.push(Refusal::new("adhesion", format!("Organisme {id} : {reason}")));
            }
        }
    }
    if !refusals.is_empty() {
        return Err(UseCaseError::Refused(refusals));
    }
    store::add_memberships(&tx, convention, &members).await?;
    let stored = store::memberships(&tx, convention).await?;
    let joined = stored.iter().filter(|(organisation, _)| !known.contains_key(organisation));
    let entries = joined.flat_map(|(_, (id, membership))| {
        let number = membership.deliberation.as_ref().map_or("", |made| made.number.as_str());
        [
            app.entry(actor, "membership.deliberate", "membership", id.0, number),
            app.entry(actor, "membership.sign", "membership", id.0, ""),
            app.entry(actor, "membership.activate", "membership", id.0, ""),
        ]
    });
    platform::append(&tx, entries.collect()).await?;
    tx.commit().await?;
    Ok(members.len())
}

fn join(adhesion: Adhesion) -> Result<Membership, String> {
    Membership::prospect(adhesion.lots)
        .deliberate(adhesion.deliberation)
        .and_then(|membership| membership.sign(adhesion.signature))
        .and_then(Membership::activate)
        .map_err(|error| error.for_the_reader())
}

/// Withdraws a member; `on` is its first day without new orders, open ones stay due.
pub async fn withdraw(
    app: &App,
    actor: &Actor,
    convention: ConventionId,
    organisation: OrganisationId,
    on: chrono::NaiveDate,
    reason: &str,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let (id, membership) = store::memberships(&tx, convention)
        .await?
        .remove(&organisation)
        .ok_or_else(|| UseCaseError::refused("pas_membre", "Cet organisme n’est pas membre."))?;
    let from = membership.state;
    let left = membership
        .withdraw(on)
        .map_err(|error| UseCaseError::refused("adhesion", error.for_the_reader()))?;
    store::move_membership(&tx, id, from, &left).await?;
    let entry = app.entry(actor, "membership.withdraw", "membership", id.0, reason);
    platform::append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}
