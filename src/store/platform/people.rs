//! People and what they prove themselves with.
//!
//! Roles are in [`super::grants`]. Secrets are hashes, except the second factor's, which the
//! program must know to check a code: that one comes and goes sealed. Nothing here prints any.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::ids::PersonId;
use entities::{person, recovery_code};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, UpdateMany,
};

use super::insert_all;
use crate::store::orders::values::table;
use crate::store::{Access, StoreError, Tx, sql};

/// Somebody who may sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    pub id: PersonId,
    /// In lower case.
    pub email: String,
    pub name: String,
    pub phone: Option<String>,
    pub password_hash: Option<String>,
    pub second_factor: Option<SecondFactor>,
    pub created_at: DateTime<Utc>,
    pub disabled_at: Option<DateTime<Utc>>,
    /// Counts every change of the row.
    pub version: i64,
}

/// What makes the codes of a telephone's application.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// Sealed by whoever knows the key; rows of before hold it in base 32.
    pub sealed: String,
    /// The last time step whose code was taken.
    pub last_step: Option<i64>,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person").field("id", &self.id).finish_non_exhaustive()
    }
}

impl fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecondFactor").finish_non_exhaustive()
    }
}

fn read(row: person::Model) -> Person {
    Person {
        id: PersonId(row.id),
        email: row.email,
        name: row.name,
        phone: row.phone,
        password_hash: row.password_hash,
        second_factor: row
            .totp_secret
            .map(|sealed| SecondFactor { sealed, last_step: row.totp_step }),
        created_at: row.created_at,
        disabled_at: row.disabled_at,
        version: row.version,
    }
}

/// Whoever signs in with this address, disabled or not.
pub async fn by_email(on: &impl Access, email: &str) -> Result<Option<Person>, StoreError> {
    let found = person::Entity::find()
        .filter(person::COLUMN.email.eq(email))
        .one(on.connection())
        .await
        .map_err(StoreError::during("finding a person by address"))?;
    Ok(found.map(read))
}

pub async fn person(on: &impl Access, id: PersonId) -> Result<Person, StoreError> {
    person::Entity::find_by_id(id.0)
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading a person"))?
        .map(read)
        .ok_or_else(|| StoreError::NotFound { what: "person", id: id.to_string() })
}

/// Adds somebody, or finds who already has the address; says whether it is a new person.
pub async fn add_or_find(
    tx: &Tx,
    email: &str,
    name: &str,
    at: DateTime<Utc>,
) -> Result<(Person, bool), StoreError> {
    let doing = "adding a person";
    let row = person::ActiveModel {
        id: NotSet,
        email: Set(email.to_owned()),
        name: Set(name.to_owned()),
        phone: Set(None),
        password_hash: Set(None),
        totp_secret: Set(None),
        totp_step: Set(None),
        created_at: Set(at),
        disabled_at: Set(None),
        version: Set(0),
    };
    let added = person::Entity::insert(row)
        .on_conflict(OnConflict::column(person::Column::Email).do_nothing().to_owned())
        .exec_without_returning(tx.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let found = by_email(tx, email).await?;
    let person = found.ok_or(StoreError::NotFound { what: "person", id: "new".into() })?;
    Ok((person, added > 0))
}

/// The row `id`, one version further.
fn change(id: PersonId) -> UpdateMany<person::Entity> {
    person::Entity::update_many()
        .filter(person::COLUMN.id.eq(id.0))
        .col_expr(person::Column::Version, Expr::col(person::Column::Version).add(1))
}

async fn applied(
    tx: &Tx,
    id: PersonId,
    update: UpdateMany<person::Entity>,
) -> Result<(), StoreError> {
    let done = update.exec(tx.connection()).await;
    match done {
        Ok(done) if done.rows_affected == 1 => Ok(()),
        Ok(_) => Err(StoreError::NotFound { what: "person", id: id.to_string() }),
        Err(source) => Err(StoreError::Database { doing: "changing a person", source }),
    }
}

pub async fn rename(
    tx: &Tx,
    id: PersonId,
    name: &str,
    phone: Option<&str>,
) -> Result<(), StoreError> {
    let update = change(id)
        .col_expr(person::Column::Name, Expr::value(name.to_owned()))
        .col_expr(person::Column::Phone, Expr::value(phone.map(str::to_owned)));
    applied(tx, id, update).await
}

/// The caller has looked whether the address is free, in this transaction.
pub async fn set_email(tx: &Tx, id: PersonId, email: &str) -> Result<(), StoreError> {
    let update = change(id).col_expr(person::Column::Email, Expr::value(email.to_owned()));
    applied(tx, id, update).await
}

pub async fn set_password(tx: &Tx, id: PersonId, hash: &str) -> Result<(), StoreError> {
    let update = change(id).col_expr(person::Column::PasswordHash, Expr::value(hash.to_owned()));
    applied(tx, id, update).await
}

/// Gives or takes the second factor. A new one is given with the step of the code that proved it.
pub async fn set_second_factor(
    tx: &Tx,
    id: PersonId,
    factor: Option<&SecondFactor>,
) -> Result<(), StoreError> {
    let update = change(id)
        .col_expr(
            person::Column::TotpSecret,
            Expr::value(factor.map(|factor| factor.sealed.clone())),
        )
        .col_expr(
            person::Column::TotpStep,
            Expr::value(factor.and_then(|factor| factor.last_step)),
        );
    applied(tx, id, update).await
}

/// Puts each second sealed text in the place of the first, where the first still stands. A few
/// statements, however many they are.
pub async fn reseal(tx: &Tx, changes: &[(String, String)]) -> Result<(), StoreError> {
    for changes in changes.chunks(500) {
        let rows =
            changes.iter().map(|(before, after)| [before.as_str().into(), after.as_str().into()]);
        let (table, values) = table(rows.collect(), 1);
        let text = format!(
            "WITH change AS ({table}) UPDATE person SET totp_secret = change.column2 \
             FROM change WHERE person.totp_secret = change.column1"
        );
        tx.connection()
            .execute_raw(sql(tx.connection(), &text, values))
            .await
            .map_err(StoreError::during("sealing second factors anew"))?;
    }
    Ok(())
}

/// Takes every second factor and its recovery codes from everybody.
pub async fn forget_second_factors(tx: &Tx) -> Result<(), StoreError> {
    let doing = "forgetting second factors";
    recovery_code::Entity::delete_many()
        .exec(tx.connection())
        .await
        .map_err(StoreError::during(doing))?;
    person::Entity::update_many()
        .filter(person::COLUMN.totp_secret.is_not_null())
        .col_expr(person::Column::Version, Expr::col(person::Column::Version).add(1))
        .col_expr(person::Column::TotpSecret, Expr::value(None::<String>))
        .col_expr(person::Column::TotpStep, Expr::value(None::<i64>))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during(doing))?;
    Ok(())
}

/// Takes the code of a time step, unless it or a later one was taken before: of two requests
/// with the same code, one passes.
pub async fn take_step(tx: &Tx, id: PersonId, step: i64) -> Result<bool, StoreError> {
    let earlier = Condition::any()
        .add(person::COLUMN.totp_step.is_null())
        .add(person::COLUMN.totp_step.lt(step));
    let done = person::Entity::update_many()
        .filter(person::COLUMN.id.eq(id.0))
        .filter(earlier)
        .col_expr(person::Column::TotpStep, Expr::value(step))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("taking a code"))?;
    Ok(done.rows_affected == 1)
}

/// Disables somebody, or lets them in again.
pub async fn set_disabled(
    tx: &Tx,
    id: PersonId,
    at: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    applied(tx, id, change(id).col_expr(person::Column::DisabledAt, Expr::value(at))).await
}

/// Puts new recovery codes in the place of all former ones.
pub async fn replace_recovery_codes(
    tx: &Tx,
    id: PersonId,
    hashes: &[String],
) -> Result<(), StoreError> {
    let doing = "replacing recovery codes";
    recovery_code::Entity::delete_many()
        .filter(recovery_code::COLUMN.person_id.eq(id.0))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let rows = hashes.iter().map(|hash| recovery_code::ActiveModel {
        id: NotSet,
        person_id: Set(id.0),
        code_hash: Set(hash.clone()),
        used_at: Set(None),
    });
    insert_all::<recovery_code::Entity, _>(tx, rows.collect(), 4, doing).await
}

/// Takes a recovery code, once.
pub async fn take_recovery_code(
    tx: &Tx,
    id: PersonId,
    hash: &str,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let done = recovery_code::Entity::update_many()
        .filter(recovery_code::COLUMN.person_id.eq(id.0))
        .filter(recovery_code::COLUMN.code_hash.eq(hash))
        .filter(recovery_code::COLUMN.used_at.is_null())
        .col_expr(recovery_code::Column::UsedAt, Expr::value(at))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("taking a recovery code"))?;
    Ok(done.rows_affected == 1)
}

/// The hashes of the recovery codes that are left.
pub async fn recovery_codes(on: &impl Access, id: PersonId) -> Result<Vec<String>, StoreError> {
    let left = recovery_code::Entity::find()
        .filter(recovery_code::COLUMN.person_id.eq(id.0))
        .filter(recovery_code::COLUMN.used_at.is_null())
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading recovery codes"))?;
    Ok(left.into_iter().map(|row| row.code_hash).collect())
}

/// Everybody who has a second factor, by address.
pub async fn with_second_factor(on: &impl Access) -> Result<Vec<Person>, StoreError> {
    let rows = person::Entity::find()
        .filter(person::COLUMN.totp_secret.is_not_null())
        .order_by_asc(person::COLUMN.email)
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading second factors"))?;
    Ok(rows.into_iter().map(read).collect())
}
