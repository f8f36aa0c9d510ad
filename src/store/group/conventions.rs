//! Conventions and their lots.

use domain::group::convention::{
    Convention, ConventionTerms, CoordinationModel, FeeKey, FreightKey, LotTerms, PackingPolicy,
    TenderCommittee,
};
use domain::ids::{ConventionId, LotId, OrganisationId};
use entities::{convention, lot};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    EntityTrait, QueryFilter, QueryOrder,
};

use super::values::coded;
use crate::store::platform::insert_all;
use crate::store::{Access, StoreError, Tx};

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

/// Whether a convention has this reference.
pub async fn has_convention(on: &impl Access, reference: &str) -> Result<bool, StoreError> {
    let found = convention::Entity::find()
        .filter(convention::COLUMN.reference.eq(reference))
        .one(on.connection())
        .await
        .map_err(StoreError::during("looking for a convention"))?;
    Ok(found.is_some())
}

fn named_lot(row: lot::Model) -> Result<NamedLot, StoreError> {
    let at = |column| ("lot", row.id, column);
    let model = coded(CoordinationModel::from_code(&row.model), at("model"), &row.model)?;
    let packing = coded(PackingPolicy::from_code(&row.packing), at("packing"), &row.packing)?;
    let terms = LotTerms::new(LotId(row.id), model, packing).ok();
    let terms = coded(terms, at("packing"), &row.packing)?;
    Ok(NamedLot { id: LotId(row.id), number: row.number, title: row.title, terms })
}
