//! What an organisation adhered to, as its own people read it.

use chrono::NaiveDate;
use domain::group::membership::MembershipState;
use domain::ids::{MembershipId, OrganisationId};
use sea_orm::FromQueryResult;

use super::values::coded;
use crate::store::{Access, StoreError, sql};

/// A membership as its member reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberOf {
    pub membership: MembershipId,
    pub state: MembershipState,
    pub convention: String,
    pub subject: String,
    pub convention_from: NaiveDate,
    pub convention_to: Option<NaiveDate>,
    pub deliberation: Option<(String, NaiveDate, Option<NaiveDate>)>,
    pub signed: Option<(String, Option<String>, NaiveDate)>,
    pub left_on: Option<NaiveDate>,
    /// Of the convention: number, title, and whether the member subscribed it.
    pub lots: Vec<(String, String, bool)>,
}

#[derive(FromQueryResult)]
struct MemberOfRow {
    id: i64,
    state: String,
    reference: String,
    subject: String,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
    deliberation_number: Option<String>,
    deliberated_on: Option<NaiveDate>,
    enforceable_on: Option<NaiveDate>,
    signed_by: Option<String>,
    signed_quality: Option<String>,
    signed_on: Option<NaiveDate>,
    left_on: Option<NaiveDate>,
    lot_number: String,
    lot_title: String,
    subscribed: i64,
}

/// The memberships of one organisation with all lots of their conventions, in one query.
pub async fn adhesions_of(
    on: &impl Access,
    member: OrganisationId,
) -> Result<Vec<MemberOf>, StoreError> {
    let text = "SELECT m.id, m.state, c.reference, c.subject, c.starts_on AS valid_from, c.ends_on AS valid_to, \
                m.deliberation_number, m.deliberated_on, m.enforceable_on, m.signed_by, \
                m.signed_quality, m.signed_on, m.left_on, l.number AS lot_number, \
                l.title AS lot_title, \
                CAST(CASE WHEN ml.id IS NULL THEN 0 ELSE 1 END AS BIGINT) AS subscribed \
                FROM membership m JOIN convention c ON c.id = m.convention_id \
                JOIN lot l ON l.convention_id = c.id \
                LEFT JOIN membership_lot ml ON ml.membership_id = m.id AND ml.lot_id = l.id \
                WHERE m.organisation_id = $1 ORDER BY m.id, l.id";
    let rows = MemberOfRow::find_by_statement(sql(on.connection(), text, [member.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the memberships of a member"))?;
    let mut found: Vec<MemberOf> = Vec::new();
    for row in rows {
        let lot = (row.lot_number, row.lot_title, row.subscribed == 1);
        if let Some(last) = found.last_mut().filter(|last| last.membership.0 == row.id) {
            last.lots.push(lot);
            continue;
        }
        let state = MembershipState::from_code(&row.state);
        found.push(MemberOf {
            membership: MembershipId(row.id),
            state: coded(state, ("membership", row.id, "state"), &row.state)?,
            convention: row.reference,
            subject: row.subject,
            convention_from: row.valid_from,
            convention_to: row.valid_to,
            deliberation: row
                .deliberation_number
                .zip(row.deliberated_on)
                .map(|(number, on)| (number, on, row.enforceable_on)),
            signed: row.signed_by.zip(row.signed_on).map(|(by, on)| (by, row.signed_quality, on)),
            left_on: row.left_on,
            lots: vec![lot],
        });
    }
    Ok(found)
}
