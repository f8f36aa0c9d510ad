//! Which roles people hold, where, and from when to when.

use chrono::{DateTime, NaiveDate, Utc};
use domain::group::organisation::OrganisationKind;
use domain::ids::{OrganisationId, PersonId};
use domain::platform::role::{Grant, Role};
use entities::{organisation, role_grant};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait, FromQueryResult, QueryFilter, Value,
};

use crate::store::group::coded;
use crate::store::{Access, StoreError, Tx, sql};

/// A role of somebody in an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The grant's row.
    pub id: i64,
    pub person: PersonId,
    pub organisation: OrganisationId,
    pub organisation_name: String,
    pub kind: OrganisationKind,
    pub grant: Grant,
}

/// Somebody with the roles they hold in one organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mate {
    pub person: PersonId,
    pub name: String,
    pub email: String,
    pub disabled: bool,
    pub second_factor: bool,
    /// When they last did something, on any device still signed in.
    pub seen_at: Option<DateTime<Utc>>,
    /// The grant's row, the role and its days.
    pub roles: Vec<(i64, Grant)>,
}

#[derive(FromQueryResult)]
struct HeldRow {
    id: i64,
    person_id: i64,
    organisation_id: i64,
    organisation_name: String,
    kind: String,
    role: String,
    from_day: NaiveDate,
    to_day: Option<NaiveDate>,
}

fn grant(id: i64, role: &str, from: NaiveDate, to: Option<NaiveDate>) -> Result<Grant, StoreError> {
    let role = coded(Role::from_code(role), ("role_grant", id, "role"), role)?;
    Ok(Grant { role, from, to })
}

impl HeldRow {
    fn read(self) -> Result<Held, StoreError> {
        let at = ("organisation", self.organisation_id, "kind");
        Ok(Held {
            id: self.id,
            person: PersonId(self.person_id),
            organisation: OrganisationId(self.organisation_id),
            organisation_name: self.organisation_name,
            kind: coded(OrganisationKind::from_code(&self.kind), at, &self.kind)?,
            grant: grant(self.id, &self.role, self.from_day, self.to_day)?,
        })
    }
}

const HELD: &str = "SELECT g.id, g.person_id, g.organisation_id, o.name AS organisation_name, \
                    o.kind, g.role, g.from_day, g.to_day \
                    FROM role_grant g JOIN organisation o ON o.id = g.organisation_id";

/// All roles that somebody holds, held or will hold.
pub async fn of_person(on: &impl Access, person: PersonId) -> Result<Vec<Held>, StoreError> {
    let text = format!("{HELD} WHERE g.person_id = $1 ORDER BY o.name, g.from_day, g.id");
    HeldRow::find_by_statement(sql(on.connection(), &text, [Value::from(person.0)]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading somebody's roles"))?
        .into_iter()
        .map(HeldRow::read)
        .collect()
}

/// The grant `id`, if it is of `organisation`.
pub async fn of_organisation(
    on: &impl Access,
    organisation: OrganisationId,
    id: i64,
) -> Result<Held, StoreError> {
    let text = format!("{HELD} WHERE g.organisation_id = $1 AND g.id = $2");
    let values = [Value::from(organisation.0), Value::from(id)];
    HeldRow::find_by_statement(sql(on.connection(), &text, values))
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading a role"))?
        .ok_or_else(|| StoreError::NotFound { what: "role", id: id.to_string() })?
        .read()
}

/// Gives a role from a day on; `false` when the person already holds it without an end.
pub async fn give(
    tx: &Tx,
    person: PersonId,
    organisation: OrganisationId,
    role: Role,
    from: NaiveDate,
    by: &str,
) -> Result<bool, StoreError> {
    let row = role_grant::ActiveModel {
        id: NotSet,
        person_id: Set(person.0),
        organisation_id: Set(organisation.0),
        role: Set(role.code().to_owned()),
        from_day: Set(from),
        to_day: Set(None),
        given_by: Set(by.to_owned()),
    };
    let added = role_grant::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx.connection())
        .await
        .map_err(StoreError::during("giving a role"))?;
    Ok(added > 0)
}

/// Ends a role: `first_day_without` is the first day that it no longer counts.
pub async fn take(tx: &Tx, id: i64, first_day_without: NaiveDate) -> Result<(), StoreError> {
    let done = role_grant::Entity::update_many()
        .filter(role_grant::COLUMN.id.eq(id))
        .filter(role_grant::COLUMN.to_day.is_null())
        .col_expr(role_grant::Column::ToDay, Expr::value(first_day_without))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("taking a role"))?;
    match done.rows_affected {
        1 => Ok(()),
        _ => Err(StoreError::Overtaken { what: "role", id }),
    }
}

/// How many others hold the role there on `day`, and can sign in.
pub async fn others_with(
    on: &impl Access,
    organisation: OrganisationId,
    role: Role,
    except: PersonId,
    day: NaiveDate,
) -> Result<usize, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        people: i64,
    }
    let text = "SELECT CAST(COUNT(DISTINCT g.person_id) AS BIGINT) AS people \
                FROM role_grant g JOIN person p ON p.id = g.person_id \
                WHERE g.organisation_id = $1 AND g.role = $2 AND g.person_id <> $3 \
                AND g.from_day <= $4 AND (g.to_day IS NULL OR g.to_day > $4) \
                AND p.disabled_at IS NULL";
    let values = [organisation.0.into(), role.code().into(), except.0.into(), day.into()];
    let row = Row::find_by_statement(sql(on.connection(), text, values))
        .one(on.connection())
        .await
        .map_err(StoreError::during("counting who else holds a role"))?;
    Ok(row.map_or(0, |row| usize::try_from(row.people).unwrap_or(0)))
}

/// Who holds a role in `organisation` on `day` or will later, by name.
pub async fn team(
    on: &impl Access,
    organisation: OrganisationId,
    day: NaiveDate,
) -> Result<Vec<Mate>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        person_id: i64,
        name: String,
        email: String,
        disabled_at: Option<DateTime<Utc>>,
        factors: i64,
        seen_at: Option<DateTime<Utc>>,
        role: String,
        from_day: NaiveDate,
        to_day: Option<NaiveDate>,
    }
    let text = "SELECT g.id, g.person_id, p.name, p.email, p.disabled_at, \
                CAST(CASE WHEN p.totp_secret IS NULL THEN 0 ELSE 1 END AS BIGINT) AS factors, \
                (SELECT MAX(s.seen_at) FROM session s WHERE s.person_id = p.id) AS seen_at, \
                g.role, g.from_day, g.to_day \
                FROM role_grant g JOIN person p ON p.id = g.person_id \
                WHERE g.organisation_id = $1 AND (g.to_day IS NULL OR g.to_day > $2) \
                ORDER BY p.name, p.id, g.from_day, g.id";
    let rows = Row::find_by_statement(sql(
        on.connection(),
        text,
        [Value::from(organisation.0), Value::from(day)],
    ))
    .all(on.connection())
    .await
    .map_err(StoreError::during("reading a team"))?;
    let mut team: Vec<Mate> = Vec::new();
    for row in rows {
        let held = (row.id, grant(row.id, &row.role, row.from_day, row.to_day)?);
        match team.last_mut().filter(|mate| mate.person.0 == row.person_id) {
            Some(mate) => mate.roles.push(held),
            None => team.push(Mate {
                person: PersonId(row.person_id),
                name: row.name,
                email: row.email,
                disabled: row.disabled_at.is_some(),
                second_factor: row.factors == 1,
                seen_at: row.seen_at,
                roles: vec![held],
            }),
        }
    }
    Ok(team)
}

/// The name and kind of an organisation.
pub async fn organisation(
    on: &impl Access,
    id: OrganisationId,
) -> Result<(String, OrganisationKind), StoreError> {
    let row = organisation::Entity::find_by_id(id.0)
        .one(on.connection())
        .await
        .map_err(StoreError::during("naming an organisation"))?
        .ok_or_else(|| StoreError::NotFound { what: "organisation", id: id.to_string() })?;
    let at = ("organisation", row.id, "kind");
    Ok((row.name, coded(OrganisationKind::from_code(&row.kind), at, &row.kind)?))
}
