//! People of organisations and their powers to sign.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::group::contact::{Contact, ContactRole, Delegation};
use domain::ids::{ContactId, OrganisationId, SiteId};
use entities::{contact, delegation, site};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    Condition, EntityTrait, QueryFilter, QueryOrder,
};

use super::values::coded;
use crate::store::platform::insert_all;
use crate::store::{Access, StoreError, Tx};

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

/// Gives the powers of a contact that hold after `last` that last day; how many.
pub async fn end_delegations(
    tx: &Tx,
    contact: ContactId,
    last: NaiveDate,
) -> Result<u64, StoreError> {
    let ends_later = Condition::any()
        .add(delegation::COLUMN.valid_to.is_null())
        .add(delegation::COLUMN.valid_to.gt(last));
    let ended = delegation::Entity::update_many()
        .col_expr(delegation::Column::ValidTo, Expr::value(last))
        .filter(delegation::COLUMN.contact_id.eq(contact.0))
        .filter(ends_later)
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("ending delegations"))?;
    Ok(ended.rows_affected)
}

/// Writes what is known of a contact.
pub async fn change_contact(tx: &Tx, id: ContactId, person: &Contact) -> Result<(), StoreError> {
    let row = contact::ActiveModel {
        role: Set(person.role.code().to_owned()),
        name: Set(person.name.clone()),
        quality: Set(person.quality.clone()),
        email: Set(person.email.as_ref().map(|email| email.as_str().to_owned())),
        phone: Set(person.phone.clone()),
        ..sea_orm::ActiveModelTrait::default()
    };
    contact::Entity::update_many()
        .set(row)
        .filter(contact::COLUMN.id.eq(id.0))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("changing a contact"))?;
    Ok(())
}

/// Takes a contact out; the delivery points that named it name nobody.
pub async fn remove_contact(tx: &Tx, id: ContactId) -> Result<(), StoreError> {
    let doing = "removing a contact";
    site::Entity::update_many()
        .col_expr(site::Column::ContactId, Expr::value(Option::<i64>::None))
        .filter(site::COLUMN.contact_id.eq(id.0))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during(doing))?;
    contact::Entity::delete_by_id(id.0)
        .exec(tx.connection())
        .await
        .map_err(StoreError::during(doing))?;
    Ok(())
}
