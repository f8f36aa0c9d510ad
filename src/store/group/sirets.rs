//! The SIRETs of organisations: who has one, and who confirmed it.

use chrono::NaiveDate;
use domain::group::siret_history::{SiretEntry, SiretStatus};
use domain::ids::OrganisationId;
use domain::siret::Siret;
use entities::siret;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait, QueryFilter,
};

use super::values::coded;
use crate::store::{Access, StoreError, Tx};

pub(super) fn siret_row(organisation_id: i64, entry: &SiretEntry) -> siret::ActiveModel {
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

pub(super) fn siret_entry(row: siret::Model) -> Result<SiretEntry, StoreError> {
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

/// Ends the SIRET in use the day before `from`.
pub async fn end_siret(tx: &Tx, of: OrganisationId, from: NaiveDate) -> Result<(), StoreError> {
    siret::Entity::update_many()
        .col_expr(siret::Column::ValidTo, Expr::value(from.pred_opt()))
        .filter(siret::COLUMN.organisation_id.eq(of.0))
        .filter(siret::COLUMN.valid_to.is_null())
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("ending a SIRET"))?;
    Ok(())
}

/// Adds a SIRET to the history of an organisation.
pub async fn add_siret(tx: &Tx, of: OrganisationId, entry: &SiretEntry) -> Result<(), StoreError> {
    siret::Entity::insert(siret_row(of.0, entry))
        .exec_without_returning(tx.connection())
        .await
        .map_err(StoreError::during("adding a SIRET"))?;
    Ok(())
}
