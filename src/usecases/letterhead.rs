//! The head of every paper, from the settings and the coordinator's own rows.

use domain::group::organisation::OrganisationKind;
use domain::ids::OrganisationId;

use super::{Actor, App, UseCaseError};
use crate::documents::parties::Letterhead;
use crate::store::{Access, group, platform};

const SHORT_NAME: &str = "letterhead.short_name";
const SERVICE: &str = "letterhead.service";
const CONTACT: &str = "letterhead.contact";

/// What the letterhead says beside the coordinator's name, SIRET and address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LetterheadSettings {
    /// `CdG62`.
    pub short_name: String,
    pub service: String,
    /// Telephone and e-mail on one line.
    pub contact: String,
}

/// Keeps the letterhead's settings.
pub async fn set(
    app: &App,
    actor: &Actor,
    settings: &LetterheadSettings,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    for (name, value) in [
        (SHORT_NAME, &settings.short_name),
        (SERVICE, &settings.service),
        (CONTACT, &settings.contact),
    ] {
        platform::put_setting(&tx, name, value).await?;
    }
    platform::append(&tx, vec![app.entry(actor, "letterhead.set", "letterhead", 0, "")]).await?;
    Ok(tx.commit().await?)
}

/// Telephone and e-mail to call for help; `None` until somebody set them.
pub async fn contact(app: &App) -> Result<Option<String>, UseCaseError> {
    let contact = platform::setting(&app.store, CONTACT).await?;
    Ok(contact.filter(|contact| !contact.trim().is_empty()))
}

/// The letterhead of the coordinator of this installation; `None` before there is one.
pub async fn coordinator(app: &App) -> Result<Option<Letterhead>, UseCaseError> {
    let found = group::organisations(&app.store, &[OrganisationKind::Coordinator]).await?;
    match found.first() {
        Some(listed) => Ok(Some(of(app, &app.store, listed.id).await?)),
        None => Ok(None),
    }
}

/// The letterhead's settings, empty where nobody set them.
pub async fn settings(on: &impl Access) -> Result<LetterheadSettings, UseCaseError> {
    Ok(LetterheadSettings {
        short_name: platform::setting(on, SHORT_NAME).await?.unwrap_or_default(),
        service: platform::setting(on, SERVICE).await?.unwrap_or_default(),
        contact: platform::setting(on, CONTACT).await?.unwrap_or_default(),
    })
}

/// The letterhead of `coordinator` on a paper of `app`'s day. A SIRET that nobody confirmed is
/// left out.
pub async fn of(
    app: &App,
    on: &impl Access,
    coordinator: OrganisationId,
) -> Result<Letterhead, UseCaseError> {
    let listed = group::organisation(on, coordinator)
        .await?
        .ok_or_else(|| UseCaseError::refused("coordonnateur", "Le coordonnateur n’existe pas."))?;
    let body = listed.organisation;
    let confirmed = body.sirets.confirmed_on(app.today()).ok();
    let mut address = Vec::new();
    if let Some(postal) = &body.address {
        address.extend(postal.lines.iter().cloned());
        address.push(format!("{} {}", postal.postcode, postal.town));
    }
    Ok(Letterhead {
        name: body.name.clone(),
        short_name: platform::setting(on, SHORT_NAME).await?.unwrap_or(body.name),
        service: platform::setting(on, SERVICE).await?.unwrap_or_default(),
        siret: confirmed.map(|proof| proof.siret().clone()),
        address,
        contact: platform::setting(on, CONTACT).await?.unwrap_or_default(),
    })
}
