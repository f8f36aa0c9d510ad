//! A member keeps its delivery points: where goods are brought, and what the driver must know.

use domain::group::address::PostalAddress;
use domain::group::site::{Access, DeliveryPoint};
use domain::ids::{OrganisationId, SiteId};

use crate::store::{campaigns, group as store, platform};
use crate::usecases::{Actor, App, Refusal, UseCaseError};

/// What somebody wrote about a delivery point.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Described {
    pub name: String,
    pub street: String,
    pub postcode: String,
    pub town: String,
    pub hours: String,
    pub constraints: String,
}

impl Described {
    pub fn of(point: &DeliveryPoint) -> Self {
        Self {
            name: point.name.clone(),
            street: point.address.lines.join("\n"),
            postcode: point.address.postcode.clone(),
            town: point.address.town.clone(),
            hours: point.access.hours.clone(),
            constraints: point.access.constraints.clone(),
        }
    }

    /// What is wrong with it, by field, in French.
    pub fn faults(&self) -> Vec<(&'static str, &'static str)> {
        let mut faults = Vec::new();
        let long = |text: &str, most| text.chars().count() > most;
        if self.name.trim().is_empty() || long(&self.name, 80) {
            faults.push((
                "nom",
                "Donnez un nom à ce lieu, par exemple « Mairie » (80 caractères au plus).",
            ));
        }
        if self.street.trim().is_empty() || long(&self.street, 200) {
            faults.push((
                "rue",
                "Indiquez le numéro et la rue, par exemple « 1 place de la Mairie ».",
            ));
        }
        let postcode = self.postcode.trim();
        if postcode.len() != 5 || !postcode.bytes().all(|byte| byte.is_ascii_digit()) {
            faults.push((
                "code_postal",
                "Indiquez le code postal en cinq chiffres, par exemple 62000.",
            ));
        }
        if self.town.trim().is_empty() || long(&self.town, 80) {
            faults.push(("ville", "Indiquez la commune, par exemple « Arras »."));
        }
        if long(&self.hours, 200) {
            faults.push(("horaires", "Écrivez les horaires en 200 caractères au plus."));
        }
        if long(&self.constraints, 500) {
            faults.push(("acces", "Décrivez l’accès en 500 caractères au plus."));
        }
        faults
    }

    fn point(&self, organisation: OrganisationId) -> Result<DeliveryPoint, UseCaseError> {
        let faults = self.faults();
        if !faults.is_empty() {
            let refusals = faults.into_iter().map(|(field, message)| Refusal::new(field, message));
            return Err(UseCaseError::Refused(refusals.collect()));
        }
        let lines = self.street.lines().map(str::to_owned).collect();
        let address = PostalAddress::new(lines, self.postcode.trim(), &self.town)
            .map_err(|error| UseCaseError::refused("code_postal", error.for_the_reader()))?;
        Ok(DeliveryPoint {
            organisation,
            name: self.name.trim().to_owned(),
            address,
            access: Access {
                hours: self.hours.trim().to_owned(),
                constraints: self.constraints.trim().to_owned(),
            },
            contact: None,
            retired: false,
        })
    }
}

/// Adds a delivery point of `member`; it gets a blank sheet in every census that runs. The same
/// `key` adds it once.
///
/// # Errors
///
/// Refused by field; a second point of the same name too.
pub async fn add(
    app: &App,
    actor: &Actor,
    member: OrganisationId,
    described: &Described,
    key: &str,
) -> Result<SiteId, UseCaseError> {
    let point = described.point(member)?;
    let tx = app.store.begin_write().await?;
    if let Some(made) = platform::already_done(&tx, "site.add", key).await? {
        let id = made.parse().map_err(UseCaseError::failed("reading an idempotency key"))?;
        return Ok(SiteId(id));
    }
    let known = store::sites(&tx, Some(member)).await?;
    name_is_free(&known, &point.name, None)?;
    let id = store::add_site(&tx, &point).await?;
    campaigns::add_blank_sheets_of(&tx, member).await?;
    platform::note_done(&tx, "site.add", key, id.to_string(), app.clock.now()).await?;
    let entry = app.entry(actor, "site.add", "site", id.0, point.name);
    platform::append(&tx, vec![entry]).await?;
    tx.commit().await?;
    Ok(id)
}

/// Mends a delivery point.
///
/// # Errors
///
/// Not found where it is not the member's; refused by field.
pub async fn mend(
    app: &App,
    actor: &Actor,
    member: OrganisationId,
    id: SiteId,
    described: &Described,
) -> Result<(), UseCaseError> {
    let point = described.point(member)?;
    let tx = app.store.begin_write().await?;
    let known = store::sites(&tx, Some(member)).await?;
    let before = known.get(&id).ok_or_else(|| not_found(id))?;
    name_is_free(&known, &point.name, Some(id))?;
    let point = DeliveryPoint { contact: before.contact, retired: before.retired, ..point };
    if point == *before {
        return Ok(());
    }
    store::change_site(&tx, id, &point).await?;
    let entry = app.entry(actor, "site.mend", "site", id.0, point.name);
    platform::append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}

/// Retires a delivery point: past papers keep it, nothing new goes there.
///
/// # Errors
///
/// Refused while an answer to a census that runs asks for something there.
pub async fn retire(
    app: &App,
    actor: &Actor,
    member: OrganisationId,
    id: SiteId,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let known = store::sites(&tx, Some(member)).await?;
    let before = known.get(&id).ok_or_else(|| not_found(id))?;
    if before.retired {
        return Ok(());
    }
    if let Some(title) = campaigns::asked_at(&tx, member, id).await? {
        return Err(UseCaseError::refused(
            "besoins_au_lieu",
            format!(
                "Votre réponse au recensement « {title} » demande des livraisons à ce lieu. \
                 Modifiez d’abord cette réponse."
            ),
        ));
    }
    store::change_site(&tx, id, &DeliveryPoint { retired: true, ..before.clone() }).await?;
    let entry = app.entry(actor, "site.retire", "site", id.0, before.name.clone());
    platform::append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}

fn not_found(id: SiteId) -> UseCaseError {
    crate::store::StoreError::NotFound { what: "delivery point", id: id.to_string() }.into()
}

fn name_is_free(
    known: &std::collections::BTreeMap<SiteId, DeliveryPoint>,
    name: &str,
    except: Option<SiteId>,
) -> Result<(), UseCaseError> {
    let taken = known.iter().any(|(id, point)| {
        Some(*id) != except && !point.retired && point.name.to_lowercase() == name.to_lowercase()
    });
    if taken {
        let message = format!("Un de vos lieux s’appelle déjà « {name} ». Donnez un autre nom.");
        return Err(UseCaseError::refused("nom", message));
    }
    Ok(())
}
