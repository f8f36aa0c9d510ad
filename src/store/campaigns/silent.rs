//! The members that have said nothing, as the telephone list names them.

use chrono::{DateTime, NaiveDate, Utc};
use domain::ids::{CampaignId, OrganisationId};
use sea_orm::{FromQueryResult, Value};

use super::reach::address;
use crate::store::platform::reminders::open_on;
use crate::store::{Access, Slice, StoreError, sql};

/// A silent member, how to reach it, and when it was last written to.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct SilentLine {
    pub id: i64,
    pub name: String,
    pub population: Option<i64>,
    pub epci: Option<String>,
    /// The first of its référents, if it named one.
    pub contact: Option<String>,
    /// Where it is reached: somebody of it with an account, else a contact, a référent first.
    pub email: Option<String>,
    pub phone: Option<String>,
    pub told_at: Option<DateTime<Utc>>,
    /// Whether something was typed and not sent.
    pub drafted: i64,
}

/// `$1` census, `$2` what is looked for, `$3` an EPCI or 0.
const FROM: &str = "FROM (SELECT s.organisation_id, \
       MAX(CASE WHEN d.id IS NULL THEN 0 ELSE 1 END) AS drafted \
       FROM need_sheet s LEFT JOIN need_draft d ON d.sheet_id = s.id WHERE s.campaign_id = $1 \
       GROUP BY s.organisation_id \
       HAVING MAX(CASE WHEN s.state <> 'draft' AND s.answer IS NOT NULL THEN 1 ELSE 0 END) = 0) m \
     JOIN organisation o ON o.id = m.organisation_id \
     LEFT JOIN organisation e ON e.id = CASE WHEN o.kind = 'epci' THEN o.id ELSE o.epci_id END \
     LEFT JOIN contact c ON c.id = (SELECT MIN(r.id) FROM contact r \
       WHERE r.organisation_id = o.id AND r.role = 'referent') \
     WHERE LOWER(o.name) LIKE $2 ESCAPE '\\' AND ($3 = 0 OR e.id = $3)";

const SORTED: [(&str, &str); 5] = [
    ("nom", "o.name"),
    ("epci", "COALESCE(e.name, '')"),
    ("population", "COALESCE(o.population, 0)"),
    ("courriel", "email"),
    ("relance", "told_at"),
];

/// One page of the members that have said nothing, how many there are in all, and how many of
/// these no e-mail reaches on `day`.
pub async fn silent_members(
    on: &impl Access,
    campaign: CampaignId,
    epci: Option<OrganisationId>,
    day: NaiveDate,
    slice: &Slice,
) -> Result<(Vec<SilentLine>, u64, u64), StoreError> {
    #[derive(FromQueryResult)]
    struct Totals {
        total: i64,
        without_email: i64,
    }
    let doing = "reading the silent members of a census";
    let epci = epci.map_or(0, |epci| epci.0);
    let email = address("o.id", "$4");
    let values: [Value; 4] = [campaign.0.into(), slice.pattern().into(), epci.into(), day.into()];
    let text = format!(
        "SELECT COUNT(*) AS total, CAST(COALESCE(SUM(CASE WHEN {email} IS NULL THEN 1 ELSE 0 END), 0) \
         AS BIGINT) AS without_email {FROM}"
    );
    let totals = Totals::find_by_statement(sql(on.connection(), &text, values.clone()))
        .one(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let text = format!(
        "SELECT o.id, o.name, o.population, e.name AS epci, c.name AS contact, {email} AS email, c.phone, \
         (SELECT MAX(x.queued_at) FROM mail x WHERE x.campaign_id = $1 AND x.organisation_id = o.id) AS told_at, \
         CAST(m.drafted AS BIGINT) AS drafted {FROM}{}{}",
        slice.order_by(&SORTED, "o.name, o.id"),
        slice.cut()
    );
    let lines = SilentLine::find_by_statement(sql(on.connection(), &text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let (total, without) = totals.map_or((0, 0), |row| (row.total, row.without_email));
    Ok((lines, total.unsigned_abs(), without.unsigned_abs()))
}

/// An organisation by number and name.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Unreachable {
    pub id: i64,
    pub name: String,
}

/// The organisations that have not answered a census, open on `day`, for all their delivery
/// points, and that no e-mail reaches; by name.
pub async fn unreachable(
    on: &impl Access,
    campaign: CampaignId,
    day: NaiveDate,
) -> Result<Vec<Unreachable>, StoreError> {
    let text = format!(
        "SELECT o.id, o.name FROM organisation o WHERE o.id IN \
         (SELECT s.organisation_id FROM campaign c JOIN need_sheet s ON s.campaign_id = c.id \
          WHERE c.id = $1 AND {} AND s.state IN ('draft', 'reopened')) \
         AND {} IS NULL ORDER BY o.name, o.id",
        open_on("$2"),
        address("o.id", "$2")
    );
    let values: [Value; 2] = [campaign.0.into(), day.into()];
    Unreachable::find_by_statement(sql(on.connection(), &text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading whom no e-mail reaches"))
}
