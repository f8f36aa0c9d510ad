//! Organisations and their people, conventions and who adhered.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use domain::group::address::PostalAddress;
use domain::group::contact::{Contact, ContactRole, Delegation, Signature};
use domain::group::convention::{
    Convention, ConventionTerms, CoordinationModel, FeeKey, FreightKey, LotTerms, PackingPolicy,
    TenderCommittee,
};
use domain::group::membership::{Deliberation, Membership, MembershipState};
use domain::group::organisation::{ChorusRequirements, Organisation, OrganisationKind};
use domain::group::siret_history::{SiretEntry, SiretHistory, SiretStatus};
use domain::group::site::{Access as SiteAccess, DeliveryPoint};
use domain::ids::{ContactId, ConventionId, LotId, MembershipId, OrganisationId, SiteId};
use domain::siret::Siret;
use entities::{
    contact, convention, delegation, lot, membership, membership_lot, organisation, siret, site,
};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};

use super::platform::insert_all;
use super::{Access, StoreError, Tx, sql};

/// A stored code as its domain value.
pub(crate) fn coded<T>(
    found: Option<T>,
    (table, id, column): (&'static str, i64, &'static str),
    text: &str,
) -> Result<T, StoreError> {
    found.ok_or_else(|| StoreError::Corrupt { table, id, column, found: text.to_owned() })
}

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

const LINES: &str = "\n";

fn address_columns(address: Option<&PostalAddress>) -> (String, Option<String>, Option<String>) {
    match address {
        Some(address) => {
            (address.lines.join(LINES), Some(address.postcode.clone()), Some(address.town.clone()))
        }
        None => (String::new(), None, None),
    }
}

fn address(lines: &str, postcode: &str, town: &str) -> PostalAddress {
    let lines = lines.split(LINES).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    PostalAddress { lines, postcode: postcode.to_owned(), town: town.to_owned() }
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

fn siret_row(organisation_id: i64, entry: &SiretEntry) -> siret::ActiveModel {
    let (confirmed_by, confirmed_on) = match &entry.status {
        SiretStatus::DerivedNotVerified => (None, None),
        SiretStatus::Confirmed { by, on } => (Some(by.clone()), Some(*on)),
    };
    siret::ActiveModel {
        id: NotSet,
        organisation_id: Set(organisation_id),
        siret: Set(entry.siret.to_string()),
        valid_from: Set(entry.from),
        valid_to: Set(entry.to),
        status: Set(entry.status.code().to_owned()),
        confirmed_by: Set(confirmed_by),
        confirmed_on: Set(confirmed_on),
    }
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

/// Who has or had this SIRET.
pub async fn by_siret(
    on: &impl Access,
    number: &Siret,
) -> Result<Option<OrganisationId>, StoreError> {
    let found = siret::Entity::find()
        .filter(siret::COLUMN.siret.eq(number.as_str()))
        .one(on.connection())
        .await
        .map_err(StoreError::during("finding a SIRET"))?;
    Ok(found.map(|row| OrganisationId(row.organisation_id)))
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

fn siret_entry(row: siret::Model) -> Result<SiretEntry, StoreError> {
    let status = match (row.status.as_str(), row.confirmed_by, row.confirmed_on) {
        ("derived_not_verified", None, None) => Some(SiretStatus::DerivedNotVerified),
        ("confirmed", Some(by), Some(on)) => Some(SiretStatus::Confirmed { by, on }),
        _ => None,
    };
    Ok(SiretEntry {
        siret: coded(row.siret.parse().ok(), ("siret", row.id, "siret"), &row.siret)?,
        from: row.valid_from,
        to: row.valid_to,
        status: coded(status, ("siret", row.id, "status"), &row.status)?,
    })
}

/// Confirms the SIRETs in use of these organisations; how many were not confirmed before.
pub async fn confirm_sirets(
    tx: &Tx,
    of: &[OrganisationId],
    by: &str,
    day: NaiveDate,
) -> Result<u64, StoreError> {
    let moved = siret::Entity::update_many()
        .col_expr(siret::Column::Status, Expr::value("confirmed"))
        .col_expr(siret::Column::ConfirmedBy, Expr::value(by))
        .col_expr(siret::Column::ConfirmedOn, Expr::value(day))
        .filter(siret::COLUMN.organisation_id.is_in(of.iter().map(|id| id.0)))
        .filter(siret::COLUMN.valid_to.is_null())
        .filter(siret::COLUMN.status.eq("derived_not_verified"))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("confirming SIRETs"))?;
    Ok(moved.rows_affected)
}

/// Adds delivery points.
pub async fn add_sites(tx: &Tx, sites: &[DeliveryPoint]) -> Result<(), StoreError> {
    let rows = sites.iter().map(site_row);
    insert_all::<site::Entity, _>(tx, rows.collect(), 10, "adding delivery points").await
}

fn site_row(point: &DeliveryPoint) -> site::ActiveModel {
    site::ActiveModel {
        id: NotSet,
        organisation_id: Set(point.organisation.0),
        name: Set(point.name.clone()),
        address_lines: Set(point.address.lines.join(LINES)),
        postcode: Set(point.address.postcode.clone()),
        town: Set(point.address.town.clone()),
        hours: Set(point.access.hours.clone()),
        constraints: Set(point.access.constraints.clone()),
        contact_id: Set(point.contact.map(|contact| contact.0)),
        retired: Set(point.retired),
    }
}

/// Adds one delivery point.
pub async fn add_site(tx: &Tx, point: &DeliveryPoint) -> Result<SiteId, StoreError> {
    let added = site_row(point).insert(tx.connection()).await;
    Ok(SiteId(added.map_err(StoreError::during("adding a delivery point"))?.id))
}

/// Writes a delivery point of the organisation it names.
pub async fn change_site(tx: &Tx, id: SiteId, point: &DeliveryPoint) -> Result<(), StoreError> {
    let changed = site::Entity::update_many()
        .set(site_row(point))
        .filter(site::COLUMN.id.eq(id.0))
        .filter(site::COLUMN.organisation_id.eq(point.organisation.0))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("changing a delivery point"))?;
    if changed.rows_affected == 1 {
        Ok(())
    } else {
        Err(StoreError::NotFound { what: "delivery point", id: id.to_string() })
    }
}

/// Every delivery point, retired ones too, by its number; of one organisation or of all.
pub async fn sites(
    on: &impl Access,
    of: Option<OrganisationId>,
) -> Result<BTreeMap<SiteId, DeliveryPoint>, StoreError> {
    let mut find = site::Entity::find();
    if let Some(organisation) = of {
        find = find.filter(site::COLUMN.organisation_id.eq(organisation.0));
    }
    let rows =
        find.all(on.connection()).await.map_err(StoreError::during("reading delivery points"))?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let point = DeliveryPoint {
                organisation: OrganisationId(row.organisation_id),
                name: row.name,
                address: address(&row.address_lines, &row.postcode, &row.town),
                access: SiteAccess { hours: row.hours, constraints: row.constraints },
                contact: row.contact_id.map(ContactId),
                retired: row.retired,
            };
            (SiteId(row.id), point)
        })
        .collect())
}

/// Gives every delivery point that has nobody to call the first person recorded for it.
pub async fn name_site_contacts(tx: &Tx) -> Result<(), StoreError> {
    let text = "UPDATE site SET contact_id = (SELECT MIN(c.id) FROM contact c WHERE c.site_id = site.id) \
                WHERE contact_id IS NULL \
                AND EXISTS (SELECT 1 FROM contact c WHERE c.site_id = site.id)";
    let statement = sql(tx.connection(), text, []);
    let named = tx.connection().execute_raw(statement).await;
    named.map(|_| ()).map_err(StoreError::during("naming whom the driver calls"))
}

/// Adds contacts.
pub async fn add_contacts(tx: &Tx, contacts: &[Contact]) -> Result<(), StoreError> {
    let rows = contacts.iter().map(|person| contact::ActiveModel {
        id: NotSet,
        organisation_id: Set(person.organisation.0),
        site_id: Set(person.site.map(|site| site.0)),
        role: Set(person.role.code().to_owned()),
        name: Set(person.name.clone()),
        quality: Set(person.quality.clone()),
        email: Set(person.email.as_ref().map(|email| email.as_str().to_owned())),
        phone: Set(person.phone.clone()),
    });
    insert_all::<contact::Entity, _>(tx, rows.collect(), 8, "adding contacts").await
}

/// Contacts by their number; of one organisation or of all.
pub async fn contacts(
    on: &impl Access,
    of: Option<OrganisationId>,
) -> Result<BTreeMap<ContactId, Contact>, StoreError> {
    let mut find = contact::Entity::find();
    if let Some(organisation) = of {
        find = find.filter(contact::COLUMN.organisation_id.eq(organisation.0));
    }
    find.all(on.connection())
        .await
        .map_err(StoreError::during("reading contacts"))?
        .into_iter()
        .map(|row| {
            let at = |column| ("contact", row.id, column);
            let email = match &row.email {
                Some(text) => Some(coded(text.parse().ok(), at("email"), text)?),
                None => None,
            };
            let person = Contact {
                organisation: OrganisationId(row.organisation_id),
                site: row.site_id.map(SiteId),
                role: coded(ContactRole::from_code(&row.role), at("role"), &row.role)?,
                name: row.name,
                quality: row.quality,
                email,
                phone: row.phone,
            };
            Ok((ContactId(row.id), person))
        })
        .collect()
}

/// Adds powers to sign.
pub async fn add_delegations(tx: &Tx, powers: &[Delegation]) -> Result<(), StoreError> {
    let rows = powers.iter().map(|power| delegation::ActiveModel {
        id: NotSet,
        contact_id: Set(power.contact.0),
        name: Set(power.name.clone()),
        quality: Set(power.quality.clone()),
        act: Set(power.act.clone()),
        valid_from: Set(power.from),
        valid_to: Set(power.to),
    });
    insert_all::<delegation::Entity, _>(tx, rows.collect(), 7, "adding delegations").await
}

/// Every power to sign, with whose it is; of one organisation or of all.
pub async fn delegations(
    on: &impl Access,
    of: Option<OrganisationId>,
) -> Result<Vec<(OrganisationId, Delegation)>, StoreError> {
    let people = contacts(on, of).await?;
    let rows = delegation::Entity::find()
        .order_by_asc(delegation::COLUMN.id)
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading delegations"))?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let contact = ContactId(row.contact_id);
            let person = people.get(&contact)?;
            let power = Delegation {
                contact,
                name: row.name,
                quality: row.quality,
                act: row.act,
                from: row.valid_from,
                to: row.valid_to,
            };
            Some((person.organisation, power))
        })
        .collect())
}

/// A lot of a convention before it has a number in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLot {
    /// The catalogue's lot code: `1`.
    pub number: String,
    pub title: String,
    pub model: CoordinationModel,
    pub packing: PackingPolicy,
}

/// A lot of a convention as papers and pages name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedLot {
    pub id: LotId,
    pub number: String,
    pub title: String,
    pub terms: LotTerms,
}

/// A convention with its coordinator and the names of its lots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredConvention {
    pub id: ConventionId,
    pub coordinator: OrganisationId,
    pub convention: Convention,
    pub lots: Vec<NamedLot>,
}

/// Adds a convention and its lots. `terms.lots` is not read: a lot has no number yet.
pub async fn add_convention(
    tx: &Tx,
    terms: &ConventionTerms,
    coordinator: OrganisationId,
    lots: &[NewLot],
) -> Result<ConventionId, StoreError> {
    let doing = "adding a convention";
    let row = convention::ActiveModel {
        id: NotSet,
        reference: Set(terms.reference.clone()),
        subject: Set(terms.subject.clone()),
        permanent: Set(terms.permanent),
        starts_on: Set(terms.from),
        ends_on: Set(terms.to),
        coordinator_id: Set(coordinator.0),
        committee: Set(terms.committee.code().to_owned()),
        freight_key: Set(terms.freight_key.code().to_owned()),
        fee_key: Set(terms.fee_key.code().to_owned()),
    }
    .insert(tx.connection())
    .await
    .map_err(StoreError::during(doing))?;
    let rows = lots.iter().map(|new| lot::ActiveModel {
        id: NotSet,
        convention_id: Set(row.id),
        number: Set(new.number.clone()),
        title: Set(new.title.clone()),
        model: Set(new.model.code().to_owned()),
        packing: Set(new.packing.code().to_owned()),
    });
    insert_all::<lot::Entity, _>(tx, rows.collect(), 6, doing).await?;
    Ok(ConventionId(row.id))
}

/// The convention `id`.
pub async fn convention(
    on: &impl Access,
    id: ConventionId,
) -> Result<Option<StoredConvention>, StoreError> {
    let doing = "reading a convention";
    let Some(row) = convention::Entity::find_by_id(id.0)
        .one(on.connection())
        .await
        .map_err(StoreError::during(doing))?
    else {
        return Ok(None);
    };
    let at = |column| ("convention", row.id, column);
    let lots = lot::Entity::find()
        .filter(lot::COLUMN.convention_id.eq(row.id))
        .order_by_asc(lot::COLUMN.id)
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?
        .into_iter()
        .map(named_lot)
        .collect::<Result<Vec<_>, _>>()?;
    let terms = ConventionTerms {
        reference: row.reference,
        subject: row.subject,
        permanent: row.permanent,
        from: row.starts_on,
        to: row.ends_on,
        committee: coded(
            TenderCommittee::from_code(&row.committee),
            at("committee"),
            &row.committee,
        )?,
        freight_key: coded(
            FreightKey::from_code(&row.freight_key),
            at("freight_key"),
            &row.freight_key,
        )?,
        fee_key: coded(FeeKey::from_code(&row.fee_key), at("fee_key"), &row.fee_key)?,
        lots: lots.iter().map(|named| named.terms).collect(),
    };
    let convention = Convention::new(terms).map_err(|error| StoreError::Corrupt {
        table: "convention",
        id: id.0,
        column: "reference",
        found: error.to_string(),
    })?;
    Ok(Some(StoredConvention {
        id,
        coordinator: OrganisationId(row.coordinator_id),
        convention,
        lots,
    }))
}

/// Every convention, the newest first.
pub async fn convention_ids(on: &impl Access) -> Result<Vec<ConventionId>, StoreError> {
    let rows = convention::Entity::find()
        .order_by_desc(convention::COLUMN.id)
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading conventions"))?;
    Ok(rows.into_iter().map(|row| ConventionId(row.id)).collect())
}

fn named_lot(row: lot::Model) -> Result<NamedLot, StoreError> {
    let at = |column| ("lot", row.id, column);
    let model = coded(CoordinationModel::from_code(&row.model), at("model"), &row.model)?;
    let packing = coded(PackingPolicy::from_code(&row.packing), at("packing"), &row.packing)?;
    let terms = LotTerms::new(LotId(row.id), model, packing).ok();
    let terms = coded(terms, at("packing"), &row.packing)?;
    Ok(NamedLot { id: LotId(row.id), number: row.number, title: row.title, terms })
}

/// Adds memberships as they stand.
pub async fn add_memberships(
    tx: &Tx,
    convention: ConventionId,
    new: &[(OrganisationId, Membership)],
) -> Result<(), StoreError> {
    let doing = "adding memberships";
    let rows = new
        .iter()
        .map(|(organisation, membership)| membership_row(convention, *organisation, membership));
    insert_all::<membership::Entity, _>(tx, rows.collect(), 12, doing).await?;
    let ids: BTreeMap<i64, i64> = membership::Entity::find()
        .filter(membership::COLUMN.convention_id.eq(convention.0))
        .all(tx.connection())
        .await
        .map_err(StoreError::during(doing))?
        .into_iter()
        .map(|row| (row.organisation_id, row.id))
        .collect();
    let lots = new.iter().flat_map(|(organisation, membership)| {
        let id = ids.get(&organisation.0).copied().unwrap_or_default();
        membership.lots.iter().map(move |lot| membership_lot::ActiveModel {
            id: NotSet,
            membership_id: Set(id),
            lot_id: Set(lot.0),
        })
    });
    insert_all::<membership_lot::Entity, _>(tx, lots.collect(), 3, doing).await
}

fn membership_row(
    convention: ConventionId,
    organisation: OrganisationId,
    membership: &Membership,
) -> membership::ActiveModel {
    let deliberation = membership.deliberation.as_ref();
    let signature = membership.signature.as_ref();
    membership::ActiveModel {
        id: NotSet,
        convention_id: Set(convention.0),
        organisation_id: Set(organisation.0),
        state: Set(membership.state.code().to_owned()),
        deliberation_number: Set(deliberation.map(|made| made.number.clone())),
        deliberated_on: Set(deliberation.map(|made| made.on)),
        enforceable_on: Set(deliberation.and_then(|made| made.enforceable_on)),
        signed_by: Set(signature.map(|signature| signature.name.clone())),
        signed_quality: Set(signature.map(|signature| signature.quality.clone())),
        signed_on: Set(signature.map(|signature| signature.on)),
        left_on: Set(membership.left_on),
    }
}

/// Writes a membership that has taken a step, unless somebody else moved it since.
pub async fn move_membership(
    tx: &Tx,
    id: MembershipId,
    from: MembershipState,
    to: &Membership,
) -> Result<(), StoreError> {
    let (convention, organisation) = (ConventionId(0), OrganisationId(0));
    let mut row = membership_row(convention, organisation, to);
    row.convention_id = NotSet;
    row.organisation_id = NotSet;
    let moved = membership::Entity::update_many()
        .set(row)
        .filter(membership::COLUMN.id.eq(id.0))
        .filter(membership::COLUMN.state.eq(from.code()))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("moving a membership"))?;
    if moved.rows_affected == 1 {
        Ok(())
    } else {
        Err(StoreError::Overtaken { what: "membership", id: id.0 })
    }
}

/// Every membership of a convention, by member.
pub async fn memberships(
    on: &impl Access,
    convention: ConventionId,
) -> Result<BTreeMap<OrganisationId, (MembershipId, Membership)>, StoreError> {
    let doing = "reading memberships";
    let mut lots: BTreeMap<i64, BTreeSet<LotId>> = BTreeMap::new();
    let subscribed = membership_lot::Entity::find()
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    for row in subscribed {
        lots.entry(row.membership_id).or_default().insert(LotId(row.lot_id));
    }
    membership::Entity::find()
        .filter(membership::COLUMN.convention_id.eq(convention.0))
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?
        .into_iter()
        .map(|row| {
            let state = MembershipState::from_code(&row.state);
            let state = coded(state, ("membership", row.id, "state"), &row.state)?;
            let deliberation =
                row.deliberation_number.zip(row.deliberated_on).map(|(number, on)| Deliberation {
                    number,
                    on,
                    enforceable_on: row.enforceable_on,
                });
            let signature = row
                .signed_by
                .zip(row.signed_quality)
                .zip(row.signed_on)
                .map(|((name, quality), on)| Signature { name, quality, on });
            let membership = Membership {
                state,
                deliberation,
                signature,
                left_on: row.left_on,
                lots: lots.remove(&row.id).unwrap_or_default(),
            };
            Ok((OrganisationId(row.organisation_id), (MembershipId(row.id), membership)))
        })
        .collect()
}

/// A membership as its member reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberOf {
    pub membership: MembershipId,
    pub state: MembershipState,
    pub convention: String,
    pub subject: String,
    pub convention_from: NaiveDate,
    pub convention_to: Option<NaiveDate>,
    pub deliberation: Option<(String, NaiveDate, Option<NaiveDate>)>,
    pub signed: Option<(String, Option<String>, NaiveDate)>,
    pub left_on: Option<NaiveDate>,
    /// Of the convention: number, title, and whether the member subscribed it.
    pub lots: Vec<(String, String, bool)>,
}

#[derive(sea_orm::FromQueryResult)]
struct MemberOfRow {
    id: i64,
    state: String,
    reference: String,
    subject: String,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
    deliberation_number: Option<String>,
    deliberated_on: Option<NaiveDate>,
    enforceable_on: Option<NaiveDate>,
    signed_by: Option<String>,
    signed_quality: Option<String>,
    signed_on: Option<NaiveDate>,
    left_on: Option<NaiveDate>,
    lot_number: String,
    lot_title: String,
    subscribed: i64,
}

/// The memberships of one organisation with all lots of their conventions, in one query.
pub async fn memberships_of(
    on: &impl Access,
    member: OrganisationId,
) -> Result<Vec<MemberOf>, StoreError> {
    use sea_orm::FromQueryResult as _;
    let text = "SELECT m.id, m.state, c.reference, c.subject, c.starts_on AS valid_from, c.ends_on AS valid_to, \
                m.deliberation_number, m.deliberated_on, m.enforceable_on, m.signed_by, \
                m.signed_quality, m.signed_on, m.left_on, l.number AS lot_number, \
                l.title AS lot_title, \
                CAST(CASE WHEN ml.id IS NULL THEN 0 ELSE 1 END AS BIGINT) AS subscribed \
                FROM membership m JOIN convention c ON c.id = m.convention_id \
                JOIN lot l ON l.convention_id = c.id \
                LEFT JOIN membership_lot ml ON ml.membership_id = m.id AND ml.lot_id = l.id \
                WHERE m.organisation_id = $1 ORDER BY m.id, l.id";
    let rows = MemberOfRow::find_by_statement(sql(on.connection(), text, [member.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the memberships of a member"))?;
    let mut found: Vec<MemberOf> = Vec::new();
    for row in rows {
        let lot = (row.lot_number, row.lot_title, row.subscribed == 1);
        if let Some(last) = found.last_mut().filter(|last| last.membership.0 == row.id) {
            last.lots.push(lot);
            continue;
        }
        let state = MembershipState::from_code(&row.state);
        found.push(MemberOf {
            membership: MembershipId(row.id),
            state: coded(state, ("membership", row.id, "state"), &row.state)?,
            convention: row.reference,
            subject: row.subject,
            convention_from: row.valid_from,
            convention_to: row.valid_to,
            deliberation: row
                .deliberation_number
                .zip(row.deliberated_on)
                .map(|(number, on)| (number, on, row.enforceable_on)),
            signed: row.signed_by.zip(row.signed_on).map(|(by, on)| (by, row.signed_quality, on)),
            left_on: row.left_on,
            lots: vec![lot],
        });
    }
    Ok(found)
}
