//! Messages to be sent, written in the transaction that caused them.

use chrono::{DateTime, Utc};
use domain::ids::{OrganisationId, PersonId};
use entities::mail;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait,
};

use crate::store::{Access, StoreError, Tx};

pub struct Queued {
    pub kind: &'static str,
    pub key: String,
    pub to_address: String,
    pub to_name: String,
    pub person: PersonId,
    pub organisation: Option<OrganisationId>,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub at: DateTime<Utc>,
    pub message_id: String,
}

pub async fn queue(tx: &Tx, new: &Queued) -> Result<(), StoreError> {
    let row = mail::ActiveModel {
        id: NotSet,
        kind: Set(new.kind.to_owned()),
        key: Set(new.key.clone()),
        to_address: Set(new.to_address.clone()),
        to_name: Set(new.to_name.clone()),
        person_id: Set(Some(new.person.0)),
        organisation_id: Set(new.organisation.map(|id| id.0)),
        campaign_id: Set(None),
        subject: Set(new.subject.clone()),
        text: Set(new.text.clone()),
        html: Set(new.html.clone()),
        attached_key: Set(None),
        attached_name: Set(None),
        state: Set("waiting".into()),
        attempts: Set(0),
        next_at: Set(new.at),
        locked_until: Set(None),
        queued_at: Set(new.at),
        sent_at: Set(None),
        last_error: Set(None),
        message_id: Set(new.message_id.clone()),
    };
    mail::Entity::insert(row)
        .exec_without_returning(tx.connection())
        .await
        .map_err(StoreError::during("queueing a message"))?;
    Ok(())
}
