//! Organisations, each with every SIRET it ever had.

use std::collections::BTreeMap;

use domain::group::address::PostalAddress;
use domain::group::organisation::{ChorusRequirements, Organisation, OrganisationKind};
use domain::group::siret_history::SiretHistory;
use domain::ids::OrganisationId;
use entities::{organisation, siret};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait, QueryFilter, QueryOrder,
};

use super::sirets::{siret_entry, siret_row};
use super::values::{LINES, address, coded};
use crate::store::platform::insert_all;
use crate::store::{Access, StoreError, Tx};

/// An organisation as it comes from a file, before it has an id.
#[derive(Debug, Clone)]
pub struct NewOrganisation {
    pub organisation: Organisation,
    pub insee: Option<String>,
    /// The SIREN of the EPCI a commune belongs to.
    pub epci_siren: Option<String>,
}

/// An organisation with its row's number and what lists need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub id: OrganisationId,
    pub organisation: Organisation,
    pub epci: Option<OrganisationId>,
}

fn address_columns(address: Option<&PostalAddress>) -> (String, Option<String>, Option<String>) {
    match address {
        Some(address) => {
            (address.lines.join(LINES), Some(address.postcode.clone()), Some(address.town.clone()))
        }
        None => (String::new(), None, None),
    }
}

/// Adds organisations with their SIRETs. EPCI first, so that communes find theirs.
pub async fn add_organisations(tx: &Tx, new: &[NewOrganisation]) -> Result<(), StoreError> {
    let doing = "adding organisations";
    let epci: BTreeMap<String, i64> = by_siren(tx).await?;
    let rows = new.iter().map(|new| {
        let body = &new.organisation;
        let (address_lines, postcode, town) = address_columns(body.address.as_ref());
        organisation::ActiveModel {
            id: NotSet,
            kind: Set(body.kind.code().to_owned()),
            name: Set(body.name.clone()),
            siren: Set(body.sirets.siren().to_string()),
            insee: Set(new.insee.clone()),
            population: Set(body.population.map(i64::from)),
            address_lines: Set(address_lines),
            postcode: Set(postcode),
            town: Set(town),
            chorus_service_code: Set(body.chorus.service_code),
            chorus_commitment_number: Set(body.chorus.commitment_number),
            epci_id: Set(new.epci_siren.as_ref().and_then(|siren| epci.get(siren).copied())),
            heir_id: Set(None),
            succeeded_on: Set(None),
        }
    });
    insert_all::<organisation::Entity, _>(tx, rows.collect(), 14, doing).await?;
    let ids = by_siren(tx).await?;
    let sirets = new.iter().flat_map(|new| {
        let siren = new.organisation.sirets.siren().to_string();
        let id = ids.get(&siren).copied().unwrap_or_default();
        new.organisation.sirets.entries().iter().map(move |entry| siret_row(id, entry))
    });
    insert_all::<siret::Entity, _>(tx, sirets.collect(), 8, doing).await
}

async fn by_siren(on: &impl Access) -> Result<BTreeMap<String, i64>, StoreError> {
    let rows = organisation::Entity::find()
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading organisations"))?;
    Ok(rows.into_iter().map(|row| (row.siren, row.id)).collect())
}

/// Every organisation of the given kinds (all when empty), by name, with its SIRETs.
pub async fn organisations(
    on: &impl Access,
    kinds: &[OrganisationKind],
) -> Result<Vec<Listed>, StoreError> {
    let mut rows = organisation::Entity::find().order_by_asc(organisation::COLUMN.name);
    let mut numbers = siret::Entity::find().order_by_asc(siret::COLUMN.id);
    if !kinds.is_empty() {
        let codes: Vec<&str> = kinds.iter().map(|kind| kind.code()).collect();
        rows = rows.filter(organisation::COLUMN.kind.is_in(codes));
    }
    if kinds.len() == 1 {
        // Few rows: read only their SIRETs.
        let ids = sea_orm::QuerySelect::select_only(rows.clone());
        let ids = sea_orm::QuerySelect::column(ids, organisation::Column::Id);
        let mut ids = sea_orm::QueryTrait::into_query(ids);
        ids.clear_order_by();
        numbers = numbers.filter(siret::COLUMN.organisation_id.in_subquery(ids));
    }
    let doing = "reading organisations";
    let rows = rows.all(on.connection()).await.map_err(StoreError::during(doing))?;
    let numbers = numbers.all(on.connection()).await.map_err(StoreError::during(doing))?;
    let mut by_organisation: BTreeMap<i64, Vec<siret::Model>> = BTreeMap::new();
    for number in numbers {
        by_organisation.entry(number.organisation_id).or_default().push(number);
    }
    rows.into_iter()
        .map(|row| {
            let numbers = by_organisation.remove(&row.id).unwrap_or_default();
            listed(row, numbers)
        })
        .collect()
}

/// These organisations with their SIRETs, by their numbers.
pub async fn organisations_among(
    on: &impl Access,
    ids: &[OrganisationId],
) -> Result<BTreeMap<OrganisationId, Organisation>, StoreError> {
    let doing = "reading organisations";
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let rows = organisation::Entity::find()
        .filter(organisation::COLUMN.id.is_in(ids.clone()))
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let mut numbers: BTreeMap<i64, Vec<siret::Model>> = BTreeMap::new();
    for number in siret::Entity::find()
        .filter(siret::COLUMN.organisation_id.is_in(ids))
        .order_by_asc(siret::COLUMN.id)
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?
    {
        numbers.entry(number.organisation_id).or_default().push(number);
    }
    rows.into_iter()
        .map(|row| {
            let numbers = numbers.remove(&row.id).unwrap_or_default();
            listed(row, numbers).map(|listed| (listed.id, listed.organisation))
        })
        .collect()
}

/// One organisation, whoever looks.
pub async fn organisation(
    on: &impl Access,
    id: OrganisationId,
) -> Result<Option<Listed>, StoreError> {
    let doing = "reading an organisation";
    let Some(row) = organisation::Entity::find_by_id(id.0)
        .one(on.connection())
        .await
        .map_err(StoreError::during(doing))?
    else {
        return Ok(None);
    };
    let numbers = siret::Entity::find()
        .filter(siret::COLUMN.organisation_id.eq(id.0))
        .order_by_asc(siret::COLUMN.id)
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    listed(row, numbers).map(Some)
}

fn listed(row: organisation::Model, numbers: Vec<siret::Model>) -> Result<Listed, StoreError> {
    let at = |column| ("organisation", row.id, column);
    let siren = coded(row.siren.parse().ok(), at("siren"), &row.siren)?;
    let entries = numbers.into_iter().map(siret_entry).collect::<Result<Vec<_>, _>>()?;
    let sirets = SiretHistory::new(siren, entries).map_err(|error| StoreError::Corrupt {
        table: "siret",
        id: row.id,
        column: "siret",
        found: error.to_string(),
    })?;
    let population = row.population.map(u32::try_from).transpose().ok();
    Ok(Listed {
        id: OrganisationId(row.id),
        organisation: Organisation {
            kind: coded(OrganisationKind::from_code(&row.kind), at("kind"), &row.kind)?,
            name: row.name,
            sirets,
            population: coded(population, ("organisation", row.id, "population"), "")?,
            address: row
                .postcode
                .zip(row.town)
                .map(|(postcode, town)| address(&row.address_lines, &postcode, &town)),
            chorus: ChorusRequirements {
                service_code: row.chorus_service_code,
                commitment_number: row.chorus_commitment_number,
            },
        },
        epci: row.epci_id.map(OrganisationId),
    })
}
