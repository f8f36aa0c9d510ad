//! Rows that follow communes into the new one: delivery points, sheets, people, succession.
//!
//! What was issued stays where it is: orders, papers, invoices and their rows are not touched.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::ids::{ContactId, NeedSheetId, OrganisationId, SiteId};
use entities::{organisation, site};
use sea_orm::sea_query::Expr;
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, Value};

use crate::store::{Access, StoreError, Tx, sql};

const DOING: &str = "merging organisations";

async fn run(tx: &Tx, text: &str, values: Vec<Value>) -> Result<(), StoreError> {
    let statement = sql(tx.connection(), text, values);
    tx.connection().execute_raw(statement).await.map_err(StoreError::during(DOING))?;
    Ok(())
}

/// A need sheet that still serves, with what a move of it must say.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct LivingSheet {
    pub id: i64,
    pub campaign_id: i64,
    pub organisation_id: i64,
    pub site_id: i64,
    pub state: String,
    /// Of its census.
    pub campaign_state: String,
}

fn among(ids: &[OrganisationId], first: usize) -> (String, Vec<Value>) {
    let places: Vec<String> = (first..first + ids.len()).map(|place| format!("${place}")).collect();
    (format!("({})", places.join(", ")), ids.iter().map(|id| id.0.into()).collect())
}

/// The sheets of these bodies in every census that is not cancelled and whose years go to
/// `year` at least.
pub async fn living_sheets(
    on: &impl Access,
    of: &[OrganisationId],
    year: i32,
) -> Result<Vec<LivingSheet>, StoreError> {
    let (list, mut values) = among(of, 1);
    values.push(i64::from(year).into());
    let text = format!(
        "SELECT s.id, s.campaign_id, s.organisation_id, s.site_id, s.state, c.state AS campaign_state \
         FROM need_sheet s JOIN campaign c ON c.id = s.campaign_id \
         WHERE s.organisation_id IN {list} AND c.state <> 'cancelled' \
         AND c.first_year + c.years - 1 >= ${} ORDER BY s.id",
        values.len()
    );
    LivingSheet::find_by_statement(sql(on.connection(), &text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during(DOING))
}

/// How much of these bodies is committed and not issued, and how much stays with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub struct Standing {
    /// Validated orders, theirs or with a share of theirs.
    pub validated: i64,
    /// Issued or closed ones.
    pub issued: i64,
    pub papers: i64,
    /// Of the coordinator's drafts.
    pub draft_shares: i64,
}

pub async fn standing(on: &impl Access, of: &[OrganisationId]) -> Result<Standing, StoreError> {
    let (list, values) = among(of, 1);
    let concerned = format!(
        "(p.buyer_id IN {list} OR EXISTS (SELECT 1 FROM order_share x WHERE x.order_id = p.id \
         AND x.organisation_id IN {list}))"
    );
    let text = format!(
        "SELECT (SELECT COUNT(*) FROM purchase_order p WHERE p.state = 'validated' AND {concerned}) AS validated, \
         (SELECT COUNT(*) FROM purchase_order p WHERE p.state IN ('issued', 'closed') AND {concerned}) AS issued, \
         (SELECT COUNT(*) FROM paper r WHERE r.organisation_id IN {list}) AS papers, \
         (SELECT COUNT(*) FROM order_share s JOIN purchase_order p ON p.id = s.order_id \
          WHERE p.state = 'draft' AND p.buyer_id NOT IN {list} AND s.organisation_id IN {list}) AS draft_shares"
    );
    Standing::find_by_statement(sql(on.connection(), &text, values))
        .one(on.connection())
        .await
        .map_err(StoreError::during(DOING))?
        .ok_or_else(|| StoreError::NotFound { what: "organisation", id: "0".into() })
}

/// Retires delivery points.
pub async fn retire_sites(tx: &Tx, ids: &[SiteId]) -> Result<(), StoreError> {
    site::Entity::update_many()
        .col_expr(site::Column::Retired, Expr::value(true))
        .filter(site::COLUMN.id.is_in(ids.iter().map(|id| id.0)))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during(DOING))?;
    Ok(())
}

/// Names whom the driver calls at a delivery point.
pub async fn name_site_contact(tx: &Tx, at: SiteId, contact: ContactId) -> Result<(), StoreError> {
    let values = vec![contact.0.into(), at.0.into()];
    run(tx, "UPDATE site SET contact_id = $1 WHERE id = $2", values).await
}

/// Moves a sheet with its lines, its draft and its files to `heir` at `at`; its new number.
pub async fn move_sheet(
    tx: &Tx,
    sheet: &LivingSheet,
    heir: OrganisationId,
    at: SiteId,
) -> Result<NeedSheetId, StoreError> {
    #[derive(FromQueryResult)]
    struct Made {
        id: i64,
    }
    let old: Value = sheet.id.into();
    let text = "INSERT INTO need_sheet (campaign_id, organisation_id, site_id, state, answer, channel, typed_by, \
                told_by, note, answered_at, signed_by, signed_quality, signed_on, version) \
                SELECT campaign_id, CAST($1 AS BIGINT), CAST($2 AS BIGINT), state, answer, channel, typed_by, told_by, note, \
                answered_at, signed_by, signed_quality, signed_on, version FROM need_sheet WHERE id = $3";
    run(tx, text, vec![heir.0.into(), at.0.into(), old.clone()]).await?;
    let text = "SELECT id FROM need_sheet WHERE campaign_id = $1 AND organisation_id = $2 AND site_id = $3";
    let values: [Value; 3] = [sheet.campaign_id.into(), heir.0.into(), at.0.into()];
    let made = Made::find_by_statement(sql(tx.connection(), text, values))
        .one(tx.connection())
        .await
        .map_err(StoreError::during(DOING))?
        .ok_or_else(|| StoreError::NotFound { what: "need sheet", id: sheet.id.to_string() })?;
    let new: Value = made.id.into();
    let text = "UPDATE need_line SET sheet_id = $1, organisation_id = $2, site_id = $3 WHERE sheet_id = $4";
    run(tx, text, vec![new.clone(), heir.0.into(), at.0.into(), old.clone()]).await?;
    let text = "UPDATE need_draft SET sheet_id = $1 WHERE sheet_id = $2";
    run(tx, text, vec![new.clone(), old.clone()]).await?;
    let text = "UPDATE attachment SET subject_id = $1, organisation_id = $2 \
                WHERE subject = 'need_sheet' AND subject_id = $3";
    run(tx, text, vec![new, heir.0.into(), old.clone()]).await?;
    run(tx, "DELETE FROM need_sheet WHERE id = $1", vec![old]).await?;
    Ok(NeedSheetId(made.id))
}

/// The shares of the coordinator's drafts go to `heir`, each to its new delivery point.
pub async fn move_draft_shares(
    tx: &Tx,
    heir: OrganisationId,
    sites: &BTreeMap<SiteId, SiteId>,
) -> Result<(), StoreError> {
    for (from, to) in sites {
        let text = "UPDATE order_share SET organisation_id = $1, site_id = $2 WHERE site_id = $3 \
                    AND order_id IN (SELECT id FROM purchase_order WHERE state = 'draft')";
        run(tx, text, vec![heir.0.into(), to.0.into(), from.0.into()]).await?;
    }
    Ok(())
}

/// Whoever has a role today in one of these bodies has it in `heir` from `day` on.
pub async fn copy_roles(
    tx: &Tx,
    of: &[OrganisationId],
    heir: OrganisationId,
    day: NaiveDate,
    by: &str,
) -> Result<(), StoreError> {
    let (list, more) = among(of, 4);
    let mut values: Vec<Value> = vec![heir.0.into(), day.into(), by.into()];
    values.extend(more);
    let text = format!(
        "INSERT INTO role_grant (person_id, organisation_id, role, from_day, to_day, given_by) \
         SELECT DISTINCT g.person_id, CAST($1 AS BIGINT), g.role, CAST($2 AS DATE), CAST(NULL AS DATE), CAST($3 AS TEXT) \
         FROM role_grant g WHERE g.organisation_id IN {list} AND g.to_day IS NULL \
         AND NOT EXISTS (SELECT 1 FROM role_grant h WHERE h.person_id = g.person_id \
         AND h.organisation_id = $1 AND h.role = g.role AND h.to_day IS NULL)"
    );
    // SQLite has no type DATE: a cast would make a number of the text.
    let text = if crate::store::is_postgres(tx.connection()) {
        text
    } else {
        text.replace("CAST($2 AS DATE)", "$2").replace("CAST(NULL AS DATE)", "NULL")
    };
    run(tx, &text, values).await
}

/// Adds lots to a membership that it has not subscribed yet.
pub async fn add_lots(
    tx: &Tx,
    membership: domain::ids::MembershipId,
    lots: impl Iterator<Item = domain::ids::LotId> + Send,
) -> Result<(), StoreError> {
    let rows = lots.map(|lot| entities::membership_lot::ActiveModel {
        id: sea_orm::ActiveValue::NotSet,
        membership_id: sea_orm::ActiveValue::Set(membership.0),
        lot_id: sea_orm::ActiveValue::Set(lot.0),
    });
    let rows = rows.collect();
    crate::store::platform::insert_all::<entities::membership_lot::Entity, _>(tx, rows, 3, DOING)
        .await
}

/// Notes that `heir` took the place of these bodies on `day`.
pub async fn succeed(
    tx: &Tx,
    of: &[OrganisationId],
    heir: OrganisationId,
    day: NaiveDate,
) -> Result<(), StoreError> {
    organisation::Entity::update_many()
        .col_expr(organisation::Column::HeirId, Expr::value(heir.0))
        .col_expr(organisation::Column::SucceededOn, Expr::value(day))
        .filter(organisation::COLUMN.id.is_in(of.iter().map(|id| id.0)))
        .filter(organisation::COLUMN.heir_id.is_null())
        .exec(tx.connection())
        .await
        .map_err(StoreError::during(DOING))?;
    Ok(())
}
