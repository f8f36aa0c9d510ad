//! Who may sign for an organisation, by which act, from when and until when (L2122-22 4° CGCT).

use chrono::NaiveDate;
use domain::french;
use domain::group::address::Email;
use domain::group::contact::{Contact, ContactRole, Delegation};
use domain::ids::{ContactId, OrganisationId};

use crate::store::group as store;
use crate::store::{StoreError, Tx, platform, reference};
use crate::usecases::{Actor, App, UseCaseError};

/// Who holds a power.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PowerHolder {
    Known(ContactId),
    /// Becomes a contact with it. By its address its account is known.
    New {
        name: String,
        email: Option<Email>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPower {
    pub organisation: OrganisationId,
    pub holder: PowerHolder,
    /// Printed under the signature: Maire, adjoint au maire…
    pub quality: String,
    /// The act that gives it, with its number and date.
    pub act: String,
    pub from: NaiveDate,
    pub to: Option<NaiveDate>,
}

/// Records a power to sign; answers who holds it.
///
/// # Errors
///
/// Refused without an act, when it has already ended, and when it is recorded already.
pub async fn record_power(
    app: &App,
    actor: &Actor,
    new: &NewPower,
) -> Result<String, UseCaseError> {
    let refused = |message: String| UseCaseError::refused("delegation", message);
    let tx = app.store.begin_write().await?;
    let (contact, name) = match &new.holder {
        PowerHolder::Known(contact) => {
            let mut known = store::contacts(&tx, Some(new.organisation)).await?;
            let found = known.remove(contact).ok_or_else(|| missing(*contact))?;
            (*contact, found.name)
        }
        PowerHolder::New { name, email } => {
            let contact = signatory(&tx, new, name, email.as_ref()).await?;
            (contact, name.clone())
        }
    };
    let power = Delegation {
        contact,
        name: name.clone(),
        quality: new.quality.clone(),
        act: new.act.trim().to_owned(),
        from: new.from,
        to: new.to,
    };
    let mandates = reference::mandates(&tx).await?;
    power.check(app.today(), &mandates).map_err(|error| refused(error.for_the_reader()))?;
    let known = store::delegations(&tx, Some(new.organisation)).await?;
    if known.iter().any(|(_, one)| *one == power) {
        return Err(refused(format!("Ce pouvoir {} est déjà enregistré.", french::of(&name))));
    }
    store::add_delegations(&tx, std::slice::from_ref(&power)).await?;
    let details = format!(
        "{name}, {} : {}, à partir du {}",
        power.quality,
        power.act,
        french::date(power.from)
    );
    note(app, actor, tx, "power.record", new.organisation, details).await?;
    Ok(name)
}

/// The contact that is to sign, under its name; a new one when there is none yet.
async fn signatory(
    tx: &Tx,
    new: &NewPower,
    name: &str,
    email: Option<&Email>,
) -> Result<ContactId, UseCaseError> {
    let sought = name.to_lowercase();
    let find = async || -> Result<Option<ContactId>, StoreError> {
        let known = store::contacts(tx, Some(new.organisation)).await?;
        let found = known.into_iter().find(|(_, person)| {
            person.role == ContactRole::Signatory && person.name.to_lowercase() == sought
        });
        Ok(found.map(|(contact, _)| contact))
    };
    if let Some(contact) = find().await? {
        return Ok(contact);
    }
    let person = Contact {
        organisation: new.organisation,
        site: None,
        role: ContactRole::Signatory,
        name: name.to_owned(),
        quality: new.quality.clone(),
        email: email.cloned(),
        phone: String::new(),
    };
    store::add_contacts(tx, &[person]).await?;
    let made = find().await?;
    Ok(made.ok_or_else(|| StoreError::NotFound { what: "contact", id: name.to_owned() })?)
}

/// Ends every power that somebody of `organisation` holds after `last`, its last day.
///
/// # Errors
///
/// Refused when nothing holds after that day.
pub async fn end_power(
    app: &App,
    actor: &Actor,
    organisation: OrganisationId,
    contact: ContactId,
    last: NaiveDate,
) -> Result<String, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let mut known = store::contacts(&tx, Some(organisation)).await?;
    let person = known.remove(&contact).ok_or_else(|| missing(contact))?;
    if store::end_delegations(&tx, contact, last).await? == 0 {
        let message =
            format!("{} n’a plus de pouvoir après le {}.", person.name, french::date(last));
        return Err(UseCaseError::refused("delegation", message));
    }
    let details = format!("{}, après le {}", person.name, french::date(last));
    note(app, actor, tx, "power.end", organisation, details).await?;
    Ok(person.name)
}

fn missing(contact: ContactId) -> UseCaseError {
    StoreError::NotFound { what: "contact", id: contact.to_string() }.into()
}

async fn note(
    app: &App,
    actor: &Actor,
    tx: Tx,
    action: &'static str,
    organisation: OrganisationId,
    details: String,
) -> Result<(), UseCaseError> {
    let entry = app.entry(actor, action, "organisation", organisation.0, details);
    platform::append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}
