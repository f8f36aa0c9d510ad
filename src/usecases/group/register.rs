//! One organisation at a time comes in: a syndicate, a supplier, the coordinator itself.

use domain::group::address::{Email, PostalAddress};
use domain::group::contact::{Contact, ContactRole};
use domain::group::organisation::{ChorusRequirements, Organisation, OrganisationKind};
use domain::group::siret_history::{SiretEntry, SiretHistory, SiretStatus};
use domain::ids::OrganisationId;
use domain::siret::Siret;

use crate::store::group::{self as store, NewOrganisation};
use crate::store::{StoreError, platform};
use crate::usecases::{Actor, App, UseCaseError};

/// An organisation as somebody types it.
#[derive(Debug, Clone)]
pub struct NewBody {
    pub kind: OrganisationKind,
    pub name: String,
    pub siret: Siret,
    /// Whether whoever types it has compared the SIRET with the official directory.
    pub verified: bool,
    pub address: Option<PostalAddress>,
    pub population: Option<u32>,
    pub insee: Option<String>,
    /// Of the EPCI that a commune belongs to.
    pub epci_siren: Option<String>,
    pub chorus: ChorusRequirements,
    /// Where messages to it go.
    pub email: Option<Email>,
}

impl NewBody {
    pub fn new(kind: OrganisationKind, name: impl Into<String>, siret: Siret) -> Self {
        Self {
            kind,
            name: name.into(),
            siret,
            verified: false,
            address: None,
            population: None,
            insee: None,
            epci_siren: None,
            chorus: ChorusRequirements::default(),
            email: None,
        }
    }

    fn organisation(self, app: &App, actor: &Actor) -> Result<NewOrganisation, UseCaseError> {
        let status = if self.verified {
            SiretStatus::Confirmed { by: actor.0.clone(), on: app.today() }
        } else {
            SiretStatus::DerivedNotVerified
        };
        let siren = self.siret.siren();
        let entry = SiretEntry { siret: self.siret, from: None, to: None, status };
        let sirets = SiretHistory::new(siren, vec![entry])
            .map_err(|error| UseCaseError::refused("siret", error.for_the_reader()))?;
        let organisation = Organisation {
            kind: self.kind,
            name: self.name,
            sirets,
            population: self.population,
            address: self.address,
            chorus: self.chorus,
        };
        Ok(NewOrganisation { organisation, insee: self.insee, epci_siren: self.epci_siren })
    }
}

/// Records an organisation.
///
/// # Errors
///
/// Refused when its SIREN is known, and for a second coordinator.
pub async fn register(
    app: &App,
    actor: &Actor,
    body: NewBody,
) -> Result<OrganisationId, UseCaseError> {
    let (kind, name, email) = (body.kind, body.name.clone(), body.email.clone());
    let siren = body.siret.siren().to_string();
    let tx = app.store.begin_write().await?;
    if let Some(known) = store::by_codes(&tx, std::slice::from_ref(&siren)).await?.first() {
        let message = format!("Le SIREN {siren} est déjà enregistré : {}.", known.name);
        return Err(UseCaseError::refused("siren_connu", message));
    }
    if kind == OrganisationKind::Coordinator
        && let Some(one) = store::organisations(&tx, &[kind]).await?.first()
    {
        let message = format!("Le coordonnateur est déjà enregistré : {}.", one.organisation.name);
        return Err(UseCaseError::refused("coordonnateur_connu", message));
    }
    store::add_organisations(&tx, &[body.organisation(app, actor)?]).await?;
    let made = store::by_codes(&tx, std::slice::from_ref(&siren)).await?;
    let made = made.first().ok_or(StoreError::NotFound { what: "organisation", id: siren })?;
    let id = OrganisationId(made.id);
    if email.is_some() {
        let contact = Contact {
            organisation: id,
            site: None,
            role: ContactRole::MemberContact,
            name: name.clone(),
            quality: String::new(),
            email,
            phone: String::new(),
        };
        store::add_contacts(&tx, &[contact]).await?;
    }
    let details = format!("{name}, {}", kind.french());
    let entry = app.entry(actor, "organisation.register", "organisation", id.0, details);
    platform::append(&tx, vec![entry]).await?;
    tx.commit().await?;
    Ok(id)
}
