//! Who is signed in. A session is found by the hash of its token; the token itself is only in
//! the browser.

use chrono::{DateTime, NaiveDate, Utc};
use domain::group::organisation::OrganisationKind;
use domain::ids::{CampaignId, OrganisationId, PersonId};
use domain::platform::role::{Grant, Role};
use entities::session;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
};

use crate::store::group::coded;
use crate::store::{Access, StoreError, Tx, sql};

/// A session to be opened: of a person, or of a census's shared link.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// SHA-256 of the token, in hexadecimal.
    pub token_hash: String,
    pub person: Option<PersonId>,
    pub organisation: Option<OrganisationId>,
    pub campaign: Option<CampaignId>,
    pub second_factor: bool,
    /// What the browser says it is.
    pub device: String,
    pub address: String,
    pub at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// A session that is open now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: i64,
    pub person: Option<PersonId>,
    /// Of the person; empty for a shared link.
    pub name: String,
    pub email: String,
    /// The organisation last acted for.
    pub organisation: Option<OrganisationId>,
    /// The one census that a shared link opens.
    pub campaign: Option<CampaignId>,
    pub second_factor: bool,
    /// Whether the person has set a second factor up.
    pub enrolled: bool,
    pub seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub flash: Option<String>,
    pub grants: Vec<Granted>,
}

/// A role that the person holds today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    pub organisation: OrganisationId,
    pub organisation_name: String,
    pub kind: OrganisationKind,
    pub grant: Grant,
}

pub async fn open(tx: &Tx, new: &NewSession) -> Result<i64, StoreError> {
    let row = session::ActiveModel {
        id: NotSet,
        token_hash: Set(new.token_hash.clone()),
        person_id: Set(new.person.map(|id| id.0)),
        organisation_id: Set(new.organisation.map(|id| id.0)),
        campaign_id: Set(new.campaign.map(|id| id.0)),
        second_factor: Set(new.second_factor),
        device: Set(new.device.clone()),
        address: Set(new.address.clone()),
        created_at: Set(new.at),
        seen_at: Set(new.at),
        expires_at: Set(new.expires_at),
        flash: Set(None),
    };
    let row = row.insert(tx.connection()).await.map_err(StoreError::during("opening a session"))?;
    Ok(row.id)
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    person_id: Option<i64>,
    name: Option<String>,
    email: Option<String>,
    organisation_id: Option<i64>,
    organisation_name: Option<String>,
    organisation_kind: Option<String>,
    campaign_id: Option<i64>,
    second_factor: bool,
    enrolled: i64,
    seen_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    flash: Option<String>,
}

#[derive(FromQueryResult)]
struct GrantRow {
    id: i64,
    organisation_id: i64,
    name: String,
    kind: String,
    role: String,
    from_day: NaiveDate,
    to_day: Option<NaiveDate>,
}

/// The session of this token at `now`, with the roles held on `day`. `None` when there is none,
/// it is over, or the person was disabled. Two queries.
pub async fn find(
    on: &impl Access,
    token_hash: &str,
    now: DateTime<Utc>,
    day: NaiveDate,
) -> Result<Option<Session>, StoreError> {
    let doing = "finding a session";
    let text = "SELECT s.id, s.person_id, p.name, p.email, s.organisation_id, \
                o.name AS organisation_name, o.kind AS organisation_kind, s.campaign_id, \
                s.second_factor, \
                CAST(CASE WHEN p.totp_secret IS NULL THEN 0 ELSE 1 END AS BIGINT) AS enrolled, \
                s.seen_at, s.expires_at, s.flash \
                FROM session s LEFT JOIN person p ON p.id = s.person_id \
                LEFT JOIN organisation o ON o.id = s.organisation_id \
                WHERE s.token_hash = $1 AND s.expires_at > $2 \
                AND (s.person_id IS NULL OR p.disabled_at IS NULL)";
    let found = Row::find_by_statement(sql(on.connection(), text, [token_hash.into(), now.into()]))
        .one(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let Some(row) = found else { return Ok(None) };
    let grants = match (row.person_id, row.organisation_id, row.campaign_id) {
        (Some(person), ..) => held(on, PersonId(person), day).await?,
        // A shared link answers needs and signs nothing.
        (None, Some(organisation), Some(_)) => {
            let kind = row.organisation_kind.clone().unwrap_or_default();
            vec![Granted {
                organisation: OrganisationId(organisation),
                organisation_name: row.organisation_name.clone().unwrap_or_default(),
                kind: coded(
                    OrganisationKind::from_code(&kind),
                    ("organisation", organisation, "kind"),
                    &kind,
                )?,
                grant: Grant { role: Role::MemberContact, from: day, to: None },
            }]
        }
        (None, _, _) => Vec::new(),
    };
    Ok(Some(Session {
        id: row.id,
        person: row.person_id.map(PersonId),
        name: row.name.unwrap_or_default(),
        email: row.email.unwrap_or_default(),
        organisation: row.organisation_id.map(OrganisationId),
        campaign: row.campaign_id.map(CampaignId),
        second_factor: row.second_factor,
        enrolled: row.enrolled == 1,
        seen_at: row.seen_at,
        expires_at: row.expires_at,
        flash: row.flash,
        grants,
    }))
}

/// The roles that a person holds on `day`, by organisation name.
pub async fn held(
    on: &impl Access,
    person: PersonId,
    day: NaiveDate,
) -> Result<Vec<Granted>, StoreError> {
    let text = "SELECT g.id, g.organisation_id, o.name, o.kind, g.role, g.from_day, g.to_day \
                FROM role_grant g JOIN organisation o ON o.id = g.organisation_id \
                WHERE g.person_id = $1 AND g.from_day <= $2 \
                AND (g.to_day IS NULL OR g.to_day > $2) ORDER BY o.name, g.id";
    GrantRow::find_by_statement(sql(on.connection(), text, [person.0.into(), day.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the roles of a person"))?
        .into_iter()
        .map(|row| {
            let kind = OrganisationKind::from_code(&row.kind);
            let role = Role::from_code(&row.role);
            Ok(Granted {
                organisation: OrganisationId(row.organisation_id),
                kind: coded(kind, ("organisation", row.organisation_id, "kind"), &row.kind)?,
                organisation_name: row.name,
                grant: Grant {
                    role: coded(role, ("role_grant", row.id, "role"), &row.role)?,
                    from: row.from_day,
                    to: row.to_day,
                },
            })
        })
        .collect()
}

/// Changes one column of one session.
async fn set(
    tx: &Tx,
    id: i64,
    column: session::Column,
    value: impl Into<sea_orm::Value>,
    doing: &'static str,
) -> Result<(), StoreError> {
    session::Entity::update_many()
        .col_expr(column, Expr::value(value))
        .filter(session::COLUMN.id.eq(id))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during(doing))?;
    Ok(())
}

/// Notes that the session was used.
pub async fn touch(tx: &Tx, id: i64, at: DateTime<Utc>) -> Result<(), StoreError> {
    set(tx, id, session::Column::SeenAt, at, "touching a session").await
}

/// Acts for another organisation from now on.
pub async fn act_for(tx: &Tx, id: i64, organisation: OrganisationId) -> Result<(), StoreError> {
    set(tx, id, session::Column::OrganisationId, organisation.0, "switching organisation").await
}

/// What the next page says; `None` once it was said.
pub async fn set_flash(tx: &Tx, id: i64, flash: Option<String>) -> Result<(), StoreError> {
    set(tx, id, session::Column::Flash, flash, "leaving a message").await
}

pub async fn close(tx: &Tx, id: i64) -> Result<(), StoreError> {
    session::Entity::delete_by_id(id)
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("closing a session"))?;
    Ok(())
}

/// Where somebody is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    pub session: i64,
    /// What the browser said it is.
    pub device: String,
    pub address: String,
    pub created_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
}

/// The open sessions of somebody, the last used first.
pub async fn of_person(
    on: &impl Access,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<Vec<Device>, StoreError> {
    let rows = session::Entity::find()
        .filter(session::COLUMN.person_id.eq(person.0))
        .filter(session::COLUMN.expires_at.gt(now))
        .order_by_desc(session::COLUMN.seen_at)
        .order_by_desc(session::COLUMN.id)
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading somebody's sessions"))?;
    Ok(rows
        .into_iter()
        .map(|row| Device {
            session: row.id,
            device: row.device,
            address: row.address,
            created_at: row.created_at,
            seen_at: row.seen_at,
        })
        .collect())
}

async fn row(on: &impl Access, id: i64) -> Result<session::Model, StoreError> {
    session::Entity::find_by_id(id)
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading a session"))?
        .ok_or_else(|| StoreError::NotFound { what: "session", id: id.to_string() })
}

/// When somebody signed in on this session.
pub async fn opened_at(on: &impl Access, id: i64) -> Result<DateTime<Utc>, StoreError> {
    Ok(row(on, id).await?.created_at)
}

/// What the session's token is known by.
pub async fn token_hash(on: &impl Access, id: i64) -> Result<String, StoreError> {
    Ok(row(on, id).await?.token_hash)
}

/// Whether somebody has ever come in: invitations are for who has not.
pub async fn ever_signed_in(on: &impl Access, person: PersonId) -> Result<bool, StoreError> {
    let text = "SELECT 1 AS one FROM journal WHERE subject = 'person' AND subject_id = $1 \
                AND action = 'person.sign_in' LIMIT 1";
    let found = on
        .connection()
        .query_one_raw(sql(on.connection(), text, [person.0.into()]))
        .await
        .map_err(StoreError::during("looking for a first sign-in"))?;
    Ok(found.is_some())
}

/// Gives a session its second factor, another token and the length of a whole session.
pub async fn prove(
    tx: &Tx,
    person: PersonId,
    id: i64,
    token_hash: &str,
    expires_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let done = session::Entity::update_many()
        .filter(session::COLUMN.id.eq(id))
        .filter(session::COLUMN.person_id.eq(person.0))
        .col_expr(session::Column::TokenHash, Expr::value(token_hash.to_owned()))
        .col_expr(session::Column::SecondFactor, Expr::value(true))
        .col_expr(session::Column::ExpiresAt, Expr::value(expires_at))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("proving a session"))?;
    match done.rows_affected {
        1 => Ok(()),
        _ => Err(StoreError::NotFound { what: "session", id: id.to_string() }),
    }
}

/// Closes a session if it is this person's.
pub async fn close_own(tx: &Tx, person: PersonId, id: i64) -> Result<(), StoreError> {
    let done = session::Entity::delete_many()
        .filter(session::COLUMN.id.eq(id))
        .filter(session::COLUMN.person_id.eq(person.0))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("closing a session"))?;
    match done.rows_affected {
        1 => Ok(()),
        _ => Err(StoreError::NotFound { what: "session", id: id.to_string() }),
    }
}

/// Signs somebody out everywhere, except on the session `kept`.
pub async fn close_all_of(tx: &Tx, person: PersonId, kept: Option<i64>) -> Result<(), StoreError> {
    session::Entity::delete_many()
        .filter(session::COLUMN.person_id.eq(person.0))
        .filter(session::COLUMN.id.ne(kept.unwrap_or_default()))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("signing somebody out"))?;
    Ok(())
}

/// Signs out everybody who gave a second factor.
pub async fn close_all_proved(tx: &Tx) -> Result<(), StoreError> {
    session::Entity::delete_many()
        .filter(session::COLUMN.second_factor.eq(true))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("signing out whoever gave a second factor"))?;
    Ok(())
}

/// Forgets sessions that ended before; how many.
pub async fn forget(tx: &Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let gone = session::Entity::delete_many()
        .filter(session::COLUMN.expires_at.lt(before))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("forgetting sessions"))?;
    Ok(gone.rows_affected)
}
