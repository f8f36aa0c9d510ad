//! Who still has to answer, and how they are reached: sets, joined by the use case.

use chrono::NaiveDate;
use domain::ids::{CampaignId, OrganisationId};
use domain::platform::role::Role;
use sea_orm::{FromQueryResult, Value};

use crate::store::{Access, StoreError, sql};

async fn rows<T: FromQueryResult>(
    on: &impl Access,
    text: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<T>, StoreError> {
    T::find_by_statement(sql(on.connection(), text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading who is to be reminded"))
}

/// Something that waits for an organisation's answer.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Waiting {
    pub organisation_id: i64,
    pub organisation: String,
    /// The census, or the contract's lot.
    pub id: i64,
    pub title: String,
    pub closes_on: NaiveDate,
}

/// That `campaign c` takes answers on `day`, an expression of the statement around.
pub(in crate::store) fn open_on(day: &str) -> String {
    format!("c.state = 'open' AND c.opens_on <= {day} AND c.closes_on >= {day}")
}

/// Censuses that are open on `day`, with each organisation that has not answered for all its
/// delivery points.
pub async fn censuses(on: &impl Access, day: NaiveDate) -> Result<Vec<Waiting>, StoreError> {
    let text = format!(
        "SELECT DISTINCT s.organisation_id, o.name AS organisation, c.id, c.title, c.closes_on \
         FROM campaign c JOIN need_sheet s ON s.campaign_id = c.id \
         JOIN organisation o ON o.id = s.organisation_id \
         WHERE {} AND s.state IN ('draft', 'reopened') ORDER BY c.closes_on, o.name, c.id",
        open_on("$1")
    );
    rows(on, &text, [day.into()]).await
}

/// Every organisation that a census asks, answered or not.
pub async fn asked(on: &impl Access, campaign: CampaignId) -> Result<Vec<Waiting>, StoreError> {
    let text = "SELECT DISTINCT s.organisation_id, o.name AS organisation, c.id, c.title, c.closes_on \
                FROM campaign c JOIN need_sheet s ON s.campaign_id = c.id \
                JOIN organisation o ON o.id = s.organisation_id \
                WHERE c.id = $1 ORDER BY c.closes_on, o.name, c.id";
    rows(on, text, [campaign.0.into()]).await
}

/// Order windows that are open on `day`, with each member that has drafts to validate.
pub async fn windows(on: &impl Access, day: NaiveDate) -> Result<Vec<Waiting>, StoreError> {
    let text = "SELECT DISTINCT p.buyer_id AS organisation_id, o.name AS organisation, w.id, l.title, w.closes_on \
                FROM order_window w JOIN purchase_order p ON p.window_id = w.id \
                JOIN contract c ON c.id = p.contract_id JOIN lot l ON l.id = c.lot_id \
                JOIN organisation o ON o.id = p.buyer_id \
                WHERE w.state = 'open' AND w.opens_on <= $1 AND w.closes_on >= $1 \
                AND p.state = 'draft' AND o.kind <> 'coordinator' \
                ORDER BY w.closes_on, o.name, w.id";
    rows(on, text, [day.into()]).await
}

/// Somebody who answers for an organisation, with an account.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Answering {
    pub organisation_id: i64,
    pub person_id: i64,
    pub name: String,
    pub email: String,
}

/// That `person p` may answer by `role_grant g` on `day`, an expression of the statement around.
pub(in crate::store) fn may_answer(day: &str) -> String {
    format!(
        "g.role IN ('member_contact', 'signatory') AND p.disabled_at IS NULL \
         AND g.from_day <= {day} AND (g.to_day IS NULL OR g.to_day > {day})"
    )
}

/// Whoever may answer on `day`, for each organisation they act for.
pub async fn people(on: &impl Access, day: NaiveDate) -> Result<Vec<Answering>, StoreError> {
    let text = format!(
        "SELECT DISTINCT g.organisation_id, p.id AS person_id, p.name, p.email \
         FROM role_grant g JOIN person p ON p.id = g.person_id \
         WHERE {} ORDER BY p.id, g.organisation_id",
        may_answer("$1")
    );
    rows(on, &text, [day.into()]).await
}

/// Somebody who acts for an organisation, with an account.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Acting {
    pub person_id: i64,
    pub name: String,
    pub email: String,
    pub organisation_id: i64,
    pub organisation: String,
}

/// Whoever holds one of `roles` in one of `organisations` on `day`: a person's organisations
/// together, by name.
pub async fn acting(
    on: &impl Access,
    organisations: &[OrganisationId],
    roles: &[Role],
    day: NaiveDate,
) -> Result<Vec<Acting>, StoreError> {
    let roles: Vec<String> = roles.iter().map(|role| format!("'{}'", role.code())).collect();
    let mut found: Vec<Acting> = Vec::new();
    for ids in organisations.chunks(10_000) {
        let marks: Vec<String> = (2..ids.len() + 2).map(|at| format!("${at}")).collect();
        let text = format!(
            "SELECT DISTINCT p.id AS person_id, p.name, p.email, g.organisation_id, \
             o.name AS organisation \
             FROM role_grant g JOIN person p ON p.id = g.person_id \
             JOIN organisation o ON o.id = g.organisation_id \
             WHERE g.role IN ({}) AND p.disabled_at IS NULL \
             AND g.from_day <= $1 AND (g.to_day IS NULL OR g.to_day > $1) \
             AND g.organisation_id IN ({})",
            roles.join(", "),
            marks.join(", ")
        );
        let mut values = vec![Value::from(day)];
        values.extend(ids.iter().map(|id| Value::from(id.0)));
        found.extend(rows::<Acting>(on, &text, values).await?);
    }
    found.sort_by(|a, b| (a.person_id, &a.organisation).cmp(&(b.person_id, &b.organisation)));
    Ok(found)
}

/// An address where an organisation is reached.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Reached {
    pub organisation_id: i64,
    pub name: String,
    pub email: String,
}

/// The addresses of organisations' contacts, the référents' first.
pub async fn contacts(on: &impl Access) -> Result<Vec<Reached>, StoreError> {
    let text = "SELECT organisation_id, name, email FROM contact \
                WHERE email IS NOT NULL AND site_id IS NULL \
                ORDER BY CASE WHEN role = 'referent' THEN 0 ELSE 1 END, id";
    rows(on, text, []).await
}
