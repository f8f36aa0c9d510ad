//! Links of e-mails. Only the SHA-256 of what they carry is kept: whoever reads the table
//! cannot open anything.

use chrono::{DateTime, Utc};
use domain::ids::{CampaignId, OrganisationId, PersonId};
use domain::platform::account::LinkPurpose;
use entities::sign_in_token;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait, QueryFilter,
};

use crate::store::{Access, StoreError, Tx};

/// A link that is about to be sent.
#[derive(Debug, Clone)]
pub struct NewLink {
    pub token_hash: String,
    pub purpose: LinkPurpose,
    /// Nobody: the address asked for is unknown, and the link opens nothing.
    pub person: Option<PersonId>,
    pub organisation: Option<OrganisationId>,
    pub campaign: Option<CampaignId>,
    pub email: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// What a link opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub person: Option<PersonId>,
    pub organisation: Option<OrganisationId>,
    pub campaign: Option<CampaignId>,
    /// Where it was sent; the new address, for a change of address.
    pub email: String,
}

fn read(row: sign_in_token::Model) -> Link {
    Link {
        person: row.person_id.map(PersonId),
        organisation: row.organisation_id.map(OrganisationId),
        campaign: row.campaign_id.map(CampaignId),
        email: row.email,
    }
}

pub async fn add(tx: &Tx, link: &NewLink) -> Result<(), StoreError> {
    let row = sign_in_token::ActiveModel {
        id: NotSet,
        token_hash: Set(link.token_hash.clone()),
        purpose: Set(link.purpose.code().to_owned()),
        person_id: Set(link.person.map(|id| id.0)),
        organisation_id: Set(link.organisation.map(|id| id.0)),
        campaign_id: Set(link.campaign.map(|id| id.0)),
        email: Set(link.email.clone()),
        created_at: Set(link.created_at),
        expires_at: Set(link.expires_at),
        used_at: Set(None),
    };
    sign_in_token::Entity::insert(row)
        .exec_without_returning(tx.connection())
        .await
        .map_err(StoreError::during("adding a link"))?;
    Ok(())
}

/// What the link would open now. Looking changes nothing: mail scanners look.
pub async fn look(
    on: &impl Access,
    hash: &str,
    purpose: LinkPurpose,
    now: DateTime<Utc>,
) -> Result<Option<Link>, StoreError> {
    let found = sign_in_token::Entity::find()
        .filter(sign_in_token::COLUMN.token_hash.eq(hash))
        .filter(sign_in_token::COLUMN.purpose.eq(purpose.code()))
        .filter(sign_in_token::COLUMN.used_at.is_null())
        .filter(sign_in_token::COLUMN.expires_at.gt(now))
        .one(on.connection())
        .await
        .map_err(StoreError::during("looking at a link"))?;
    Ok(found.map(read))
}

/// Uses the link up: of two requests with it, one gets what it opens.
pub async fn take(
    tx: &Tx,
    hash: &str,
    purpose: LinkPurpose,
    now: DateTime<Utc>,
) -> Result<Option<Link>, StoreError> {
    let taken = sign_in_token::Entity::update_many()
        .filter(sign_in_token::COLUMN.token_hash.eq(hash))
        .filter(sign_in_token::COLUMN.purpose.eq(purpose.code()))
        .filter(sign_in_token::COLUMN.used_at.is_null())
        .filter(sign_in_token::COLUMN.expires_at.gt(now))
        .col_expr(sign_in_token::Column::UsedAt, Expr::value(now))
        .exec_with_returning(tx.connection())
        .await
        .map_err(StoreError::during("using a link"))?;
    Ok(taken.into_iter().next().map(read))
}

/// Ends the unused links of these kinds that somebody was sent.
pub async fn cancel(
    tx: &Tx,
    person: PersonId,
    purposes: &[LinkPurpose],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    sign_in_token::Entity::update_many()
        .filter(sign_in_token::COLUMN.person_id.eq(person.0))
        .filter(sign_in_token::COLUMN.purpose.is_in(purposes.iter().map(|purpose| purpose.code())))
        .filter(sign_in_token::COLUMN.used_at.is_null())
        .col_expr(sign_in_token::Column::UsedAt, Expr::value(now))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("cancelling links"))?;
    Ok(())
}

/// Forgets links that ended before; how many.
pub async fn forget(tx: &Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let gone = sign_in_token::Entity::delete_many()
        .filter(sign_in_token::COLUMN.expires_at.lt(before))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("forgetting links"))?;
    Ok(gone.rows_affected)
}
