//! How far a census got: set-based, whatever its size.
//!
//! A member has answered when one of its sheets has; it has needs when one of them says so.

use domain::ids::{CampaignId, OrganisationId};
use sea_orm::FromQueryResult;

use crate::store::{Access, StoreError, sql};

/// The members of a census by what they said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromQueryResult)]
pub struct Progress {
    pub members: i64,
    pub with_needs: i64,
    /// « Néant ».
    pub with_nothing: i64,
    pub sheets: i64,
    /// Sheets that were sent and that nobody signed; they count all the same.
    pub unsigned: i64,
}

impl Progress {
    pub fn silent(&self) -> i64 {
        self.members - self.with_needs - self.with_nothing
    }
}

/// The same for one EPCI and its communes; `None` for members of no EPCI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpciProgress {
    pub epci: Option<(OrganisationId, String)>,
    pub progress: Progress,
}

/// A member that has said nothing, and how to reach it.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct SilentMember {
    pub id: i64,
    pub name: String,
    pub population: Option<i64>,
    pub epci: Option<String>,
    /// The first of its référents, if it named one.
    pub contact: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
}

/// One row a member of census `$1`.
const BY_MEMBER: &str = "SELECT organisation_id, COUNT(*) AS sheets, \
     MAX(CASE WHEN state <> 'draft' AND answer IS NOT NULL THEN 1 ELSE 0 END) AS answered, \
     MAX(CASE WHEN state <> 'draft' AND answer = 'needs' THEN 1 ELSE 0 END) AS needs, \
     SUM(CASE WHEN state <> 'draft' AND answer IS NOT NULL AND signed_by IS NULL THEN 1 ELSE 0 END) AS unsigned \
     FROM need_sheet WHERE campaign_id = $1 GROUP BY organisation_id";

const SUMS: &str = "COUNT(*) AS members, \
     CAST(COALESCE(SUM(m.needs), 0) AS BIGINT) AS with_needs, \
     CAST(COALESCE(SUM(m.answered - m.needs), 0) AS BIGINT) AS with_nothing, \
     CAST(COALESCE(SUM(m.sheets), 0) AS BIGINT) AS sheets, \
     CAST(COALESCE(SUM(m.unsigned), 0) AS BIGINT) AS unsigned";

pub async fn progress(on: &impl Access, campaign: CampaignId) -> Result<Progress, StoreError> {
    let text = format!("SELECT {SUMS} FROM ({BY_MEMBER}) m");
    let found = Progress::find_by_statement(sql(on.connection(), &text, [campaign.0.into()]))
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading the progress of a census"))?;
    Ok(found.unwrap_or_default())
}

#[derive(FromQueryResult)]
struct EpciRow {
    epci_id: Option<i64>,
    name: Option<String>,
    #[sea_orm(nested)]
    progress: Progress,
}

/// By EPCI and name; an EPCI that is a member itself counts among its own.
pub async fn progress_by_epci(
    on: &impl Access,
    campaign: CampaignId,
) -> Result<Vec<EpciProgress>, StoreError> {
    let text = format!(
        "SELECT e.id AS epci_id, e.name, {SUMS} FROM ({BY_MEMBER}) m \
         JOIN organisation o ON o.id = m.organisation_id \
         LEFT JOIN organisation e ON e.id = CASE WHEN o.kind = 'epci' THEN o.id ELSE o.epci_id END \
         GROUP BY e.id, e.name ORDER BY e.name, e.id"
    );
    let rows = EpciRow::find_by_statement(sql(on.connection(), &text, [campaign.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the progress of a census by EPCI"))?;
    Ok(rows
        .into_iter()
        .map(|row| EpciProgress {
            epci: row.epci_id.zip(row.name).map(|(id, name)| (OrganisationId(id), name)),
            progress: row.progress,
        })
        .collect())
}

/// The members that have said nothing yet, by name.
pub async fn silent(
    on: &impl Access,
    campaign: CampaignId,
) -> Result<Vec<SilentMember>, StoreError> {
    let text = format!(
        "SELECT o.id, o.name, o.population, e.name AS epci, c.name AS contact, c.email, c.phone \
         FROM ({BY_MEMBER}) m JOIN organisation o ON o.id = m.organisation_id \
         LEFT JOIN organisation e ON e.id = o.epci_id \
         LEFT JOIN contact c ON c.id = (SELECT MIN(r.id) FROM contact r \
           WHERE r.organisation_id = o.id AND r.role = 'referent') \
         WHERE m.answered = 0 ORDER BY o.name, o.id"
    );
    SilentMember::find_by_statement(sql(on.connection(), &text, [campaign.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the silent members of a census"))
}
