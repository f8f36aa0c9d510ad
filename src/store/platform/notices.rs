//! What a person is told on the start page.

use chrono::{DateTime, Utc};
use domain::ids::{OrganisationId, PersonId};
use entities::notice;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::insert_all;
use crate::store::{Access, StoreError, Tx};

/// Something to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotice {
    pub person: PersonId,
    /// The organisation it concerns.
    pub organisation: Option<OrganisationId>,
    pub title: String,
    /// Where it leads: `/commandes/7`.
    pub link: String,
}

/// Something that was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub id: i64,
    pub organisation: Option<OrganisationId>,
    pub title: String,
    pub link: String,
    pub at: DateTime<Utc>,
    pub read_at: Option<DateTime<Utc>>,
}

pub async fn add(tx: &Tx, notices: Vec<NewNotice>, now: DateTime<Utc>) -> Result<(), StoreError> {
    let rows = notices.into_iter().map(|new| notice::ActiveModel {
        id: NotSet,
        person_id: Set(new.person.0),
        organisation_id: Set(new.organisation.map(|id| id.0)),
        title: Set(new.title),
        link: Set(new.link),
        at: Set(now),
        read_at: Set(None),
    });
    insert_all::<notice::Entity, _>(tx, rows.collect(), 7, "adding notices").await
}

/// The last notices of a person, the newest first.
pub async fn of(on: &impl Access, person: PersonId, limit: u64) -> Result<Vec<Notice>, StoreError> {
    let rows = notice::Entity::find()
        .filter(notice::COLUMN.person_id.eq(person.0))
        .order_by_desc(notice::COLUMN.at)
        .order_by_desc(notice::COLUMN.id)
        .limit(limit)
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading notices"))?;
    let read = |row: notice::Model| Notice {
        id: row.id,
        organisation: row.organisation_id.map(OrganisationId),
        title: row.title,
        link: row.link,
        at: row.at,
        read_at: row.read_at,
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Marks what a person had not read until `until` as read.
pub async fn read_all(
    tx: &Tx,
    person: PersonId,
    until: i64,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let done = notice::Entity::update_many()
        .col_expr(notice::Column::ReadAt, Expr::value(now))
        .filter(notice::COLUMN.person_id.eq(person.0))
        .filter(notice::COLUMN.id.lte(until))
        .filter(notice::COLUMN.read_at.is_null())
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("marking notices as read"))?;
    Ok(done.rows_affected)
}
