//! A list of people and delivery points comes in.

use std::collections::{BTreeMap, BTreeSet};

use domain::group::contact::Contact;
use domain::group::site::{Access, DeliveryPoint};
use domain::ids::{OrganisationId, SiteId};
use domain::siret::Siret;

use crate::exchange::contacts::{ContactRow, SiteRow};
use crate::store::group as store;
use crate::store::{Tx, platform};
use crate::usecases::{Actor, App, Refusal, UseCaseError};

/// What an import of contacts did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportedContacts {
    pub contacts: usize,
    /// Already there, with the same role and delivery point: left as they are.
    pub known: usize,
    /// New delivery points.
    pub sites: usize,
}

/// Takes people and delivery points in, each with the line of its file. All or none, and the
/// same file twice adds nobody twice.
///
/// # Errors
///
/// Every line is named whose SIRET nobody has, or whose delivery point is new and has no address.
pub async fn import_contacts(
    app: &App,
    actor: &Actor,
    rows: &[(u64, ContactRow)],
) -> Result<ImportedContacts, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let imported = take_in(app, &tx, actor, rows).await?;
    tx.commit().await?;
    Ok(imported)
}

/// What [`import_contacts`] would do: done, counted and undone.
pub async fn preview_contacts(
    app: &App,
    actor: &Actor,
    rows: &[(u64, ContactRow)],
) -> Result<ImportedContacts, UseCaseError> {
    let tx = app.store.begin_write().await?;
    take_in(app, &tx, actor, rows).await
}

async fn take_in(
    app: &App,
    tx: &Tx,
    actor: &Actor,
    rows: &[(u64, ContactRow)],
) -> Result<ImportedContacts, UseCaseError> {
    let listed = store::organisations(tx, &[]).await?;
    let owners: BTreeMap<&Siret, OrganisationId> = listed
        .iter()
        .flat_map(|one| {
            one.organisation.sirets.entries().iter().map(|entry| (&entry.siret, one.id))
        })
        .collect();
    let (sites, refusals) = new_sites(rows, &owners, &sites_by_name(tx).await?);
    if !refusals.is_empty() {
        return Err(UseCaseError::Refused(refusals));
    }
    store::add_sites(tx, &sites).await?;
    let places = sites_by_name(tx).await?;
    let here = store::contacts(tx, None).await?;
    let mut known: BTreeSet<_> = here.values().map(identity).collect();
    let mut people = Vec::new();
    for (_, row) in rows {
        let Some(organisation) = owners.get(&row.siret).copied() else { continue };
        let site = row.site.as_ref().map(|site| (organisation, site.name.clone()));
        let person = Contact {
            organisation,
            site: site.and_then(|key| places.get(&key).copied()),
            role: row.role,
            name: row.name.clone(),
            quality: String::new(),
            email: row.email.clone(),
            phone: row.phone.clone(),
        };
        if known.insert(identity(&person)) {
            people.push(person);
        }
    }
    store::add_contacts(tx, &people).await?;
    store::name_site_contacts(tx).await?;
    let imported = ImportedContacts {
        contacts: people.len(),
        known: rows.len() - people.len(),
        sites: sites.len(),
    };
    let details = format!("{} contacts, {} points de livraison", people.len(), sites.len());
    platform::append(tx, vec![app.entry(actor, "contact.import", "group", 0, details)]).await?;
    Ok(imported)
}

/// By what a contact is the same in two files.
fn identity(person: &Contact) -> (OrganisationId, Option<SiteId>, &'static str, String) {
    (person.organisation, person.site, person.role.code(), person.name.clone())
}

type SitesByName = BTreeMap<(OrganisationId, String), SiteId>;

async fn sites_by_name(on: &impl crate::store::Access) -> Result<SitesByName, UseCaseError> {
    let sites = store::sites(on, None).await?;
    Ok(sites.into_iter().map(|(id, point)| ((point.organisation, point.name), id)).collect())
}

/// The delivery points that the rows name and nobody has recorded, and what is wrong with them.
fn new_sites(
    rows: &[(u64, ContactRow)],
    owners: &BTreeMap<&Siret, OrganisationId>,
    known: &SitesByName,
) -> (Vec<DeliveryPoint>, Vec<Refusal>) {
    let mut named: BTreeSet<(OrganisationId, &str)> = BTreeSet::new();
    let (mut sites, mut refusals) = (Vec::new(), Vec::new());
    for (line, row) in rows {
        let Some(organisation) = owners.get(&row.siret).copied() else {
            let message = format!("Ligne {line} : aucun organisme n’a le SIRET {}.", row.siret);
            refusals.push(Refusal::new("siret_inconnu", message));
            continue;
        };
        let Some(SiteRow { name, address, access }) = &row.site else { continue };
        let is_known = known.contains_key(&(organisation, name.clone()));
        if is_known || named.contains(&(organisation, name)) {
            continue;
        }
        let Some(address) = address else {
            let message = format!(
                "Ligne {line} : le point de livraison « {name} » est nouveau : indiquez son adresse."
            );
            refusals.push(Refusal::new("adresse_manquante", message));
            continue;
        };
        named.insert((organisation, name));
        sites.push(DeliveryPoint {
            organisation,
            name: name.clone(),
            address: address.clone(),
            access: Access { hours: String::new(), constraints: access.clone() },
            contact: None,
            retired: false,
        });
    }
    (sites, refusals)
}
