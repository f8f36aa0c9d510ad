//! Delivery points and whom the driver calls.

use std::collections::BTreeMap;

use domain::group::site::{Access as SiteAccess, DeliveryPoint};
use domain::ids::{ContactId, OrganisationId, SiteId};
use entities::site;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ConnectionTrait, EntityTrait, QueryFilter,
};

use super::values::{LINES, address};
use crate::store::platform::insert_all;
use crate::store::{Access, StoreError, Tx, sql};

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
