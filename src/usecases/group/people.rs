//! The people of an organisation and its SIRETs, kept by the coordinator one at a time.

use chrono::NaiveDate;
use domain::group::contact::Contact;
use domain::group::siret_history::SiretStatus;
use domain::ids::{ContactId, OrganisationId};
use domain::siret::Siret;

use crate::store::group as store;
use crate::store::{StoreError, platform};
use crate::usecases::{Actor, App, UseCaseError};

fn twice() -> UseCaseError {
    UseCaseError::refused("contact_en_double", "Cette personne a déjà ce rôle dans l’organisme.")
}

/// Adds somebody to an organisation.
pub async fn add_contact(app: &App, actor: &Actor, person: &Contact) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let known = store::contacts(&tx, Some(person.organisation)).await?;
    if known.values().any(|one| one.role == person.role && one.name == person.name) {
        return Err(twice());
    }
    store::add_contacts(&tx, std::slice::from_ref(person)).await?;
    let details = format!("{}, {}", person.name, person.role.french());
    let entry = app.entry(actor, "contact.add", "organisation", person.organisation.0, details);
    platform::append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}

/// Writes what is known of a contact; whose it is does not change.
pub async fn change_contact(
    app: &App,
    actor: &Actor,
    id: ContactId,
    person: &Contact,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let known = store::contacts(&tx, Some(person.organisation)).await?;
    if !known.contains_key(&id) {
        return Err(StoreError::NotFound { what: "contact", id: id.to_string() }.into());
    }
    let same = |(other, one): (&ContactId, &Contact)| {
        *other != id && one.role == person.role && one.name == person.name
    };
    if known.iter().any(same) {
        return Err(twice());
    }
    store::change_contact(&tx, id, person).await?;
    let details = format!("{}, {}", person.name, person.role.french());
    let entry = app.entry(actor, "contact.change", "organisation", person.organisation.0, details);
    platform::append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}

/// Takes a contact out.
///
/// # Errors
///
/// Refused for whoever holds, or held, a power to sign: papers rest on it.
pub async fn remove_contact(
    app: &App,
    actor: &Actor,
    organisation: OrganisationId,
    id: ContactId,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let mut known = store::contacts(&tx, Some(organisation)).await?;
    let Some(person) = known.remove(&id) else {
        return Err(StoreError::NotFound { what: "contact", id: id.to_string() }.into());
    };
    let powers = store::delegations(&tx, Some(organisation)).await?;
    if powers.iter().any(|(_, power)| power.contact == id) {
        return Err(UseCaseError::refused(
            "delegation",
            "Cette personne a un pouvoir de signature, sur lequel des documents reposent : \
             elle ne se retire pas. Modifiez son téléphone ou son adresse.",
        ));
    }
    store::remove_contact(&tx, id).await?;
    let entry = app.entry(actor, "contact.remove", "organisation", organisation.0, person.name);
    platform::append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}

/// A new seat: the SIRET in use ends the day before `from`. Nobody has confirmed the new one.
pub async fn replace_siret(
    app: &App,
    actor: &Actor,
    organisation: OrganisationId,
    from: NaiveDate,
    siret: Siret,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let listed = store::organisation(&tx, organisation).await?.ok_or_else(|| {
        StoreError::NotFound { what: "organisation", id: organisation.to_string() }
    })?;
    if store::by_siret(&tx, &siret).await?.is_some() {
        return Err(UseCaseError::refused("siret", "Ce SIRET est déjà enregistré."));
    }
    let mut history = listed.organisation.sirets;
    history
        .replace_from(from, siret.clone(), SiretStatus::DerivedNotVerified)
        .map_err(|error| UseCaseError::refused("siret", error.for_the_reader()))?;
    store::end_siret(&tx, organisation, from).await?;
    if let Some(entry) = history.entries().last() {
        store::add_siret(&tx, organisation, entry).await?;
    }
    let details = format!("{siret} à partir du {}", domain::french::date(from));
    let entry = app.entry(actor, "siret.replace", "organisation", organisation.0, details);
    platform::append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}
