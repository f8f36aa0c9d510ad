//! What the buyer's pages show of a census before a step is taken, and its calendar.

use chrono::{DateTime, NaiveDate, Utc};
use domain::campaigns::census::CensusState;
use domain::ids::{ArticleId, CampaignId, ConventionId, OrganisationId};
use domain::quantity::Quantity;
use entities::campaign;
use sea_orm::sea_query::Expr;
use sea_orm::{EntityTrait, FromQueryResult, QueryFilter, Value};

use super::opening::{ASKED, OFFERED, at_home, blank};
use super::reach::address;
use super::sheets::quantity;
use crate::store::group::coded;
use crate::store::{Access, StoreError, Tx, sql};

/// What opening a census would make.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromQueryResult)]
pub struct Opening {
    pub members: i64,
    pub sheets: i64,
    pub articles: i64,
    /// Members whose address becomes their delivery point, for want of one.
    pub at_home: i64,
    /// Members that could not answer, for want of a delivery point and of an address.
    pub without_site: i64,
    /// Members asked that no e-mail reaches: they get a letter.
    pub without_email: i64,
}

/// What closing a census would do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromQueryResult)]
pub struct Closing {
    /// Sheets that would be locked.
    pub sheets: i64,
    /// Members that have said nothing, and would stay silent.
    pub silent: i64,
    /// Of those, with something typed and not sent.
    pub drafts: i64,
}

async fn one<T: FromQueryResult>(
    on: &impl Access,
    text: &str,
    values: Vec<Value>,
) -> Result<Option<T>, StoreError> {
    T::find_by_statement(sql(on.connection(), text, values))
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading what a step of a census would do"))
}

/// What opening would make on `day`, counted over the rows that opening writes.
pub async fn opening(
    on: &impl Access,
    id: CampaignId,
    day: NaiveDate,
) -> Result<Opening, StoreError> {
    let (blank, at_home) = (blank(), at_home());
    let asked = format!(
        "SELECT m.organisation_id {blank} WHERE c.id = $1 \
         UNION SELECT m.organisation_id {at_home} WHERE c.id = $1"
    );
    let text = format!(
        "SELECT (SELECT COUNT(*) FROM ({asked}) t) AS members, \
         (SELECT COUNT(*) {blank} WHERE c.id = $1) \
           + (SELECT COUNT(*) {at_home} WHERE c.id = $1) AS sheets, \
         (SELECT COUNT(*) {at_home} WHERE c.id = $1) AS at_home, \
         (SELECT COUNT(*) {OFFERED}) AS articles, \
         (SELECT COUNT(*) {ASKED} WHERE c.id = $1 \
           AND NOT EXISTS (SELECT 1 FROM site s WHERE s.organisation_id = m.organisation_id \
             AND NOT s.retired)) \
           - (SELECT COUNT(*) {at_home} WHERE c.id = $1) AS without_site, \
         (SELECT COUNT(*) FROM ({asked}) t WHERE {} IS NULL) AS without_email",
        address("t.organisation_id", "$2")
    );
    let found = one(on, &text, vec![id.0.into(), day.into()]).await?;
    Ok(found.unwrap_or_default())
}

/// What closing would do now.
pub async fn closing(on: &impl Access, id: CampaignId) -> Result<Closing, StoreError> {
    let text = "SELECT (SELECT COUNT(*) FROM need_sheet WHERE campaign_id = $1 \
                AND state IN ('submitted', 'reopened')) AS sheets, \
                COUNT(*) AS silent, CAST(COALESCE(SUM(m.drafted), 0) AS BIGINT) AS drafts FROM ( \
                  SELECT s.organisation_id, MAX(CASE WHEN d.id IS NULL THEN 0 ELSE 1 END) AS drafted \
                  FROM need_sheet s LEFT JOIN need_draft d ON d.sheet_id = s.id \
                  WHERE s.campaign_id = $1 GROUP BY s.organisation_id \
                  HAVING MAX(CASE WHEN s.state <> 'draft' AND s.answer IS NOT NULL THEN 1 ELSE 0 END) = 0) m";
    Ok(one(on, text, vec![id.0.into()]).await?.unwrap_or_default())
}

/// Moves the closing day of a draft or open census, unless somebody else has moved either since.
pub async fn move_closing_day(
    tx: &Tx,
    id: CampaignId,
    (state, from): (CensusState, NaiveDate),
    to: NaiveDate,
) -> Result<(), StoreError> {
    let moved = campaign::Entity::update_many()
        .col_expr(campaign::Column::ClosesOn, Expr::value(to))
        .filter(campaign::COLUMN.id.eq(id.0))
        .filter(campaign::COLUMN.state.eq(state.code()))
        .filter(campaign::COLUMN.closes_on.eq(from))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("moving the closing day of a census"))?;
    if moved.rows_affected == 1 {
        Ok(())
    } else {
        Err(StoreError::Overtaken { what: "census", id: id.0 })
    }
}

/// A census in the buyer's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CensusLine {
    pub id: CampaignId,
    pub convention: ConventionId,
    pub name: String,
    pub state: CensusState,
    pub opens_on: NaiveDate,
    pub closes_on: NaiveDate,
    pub first_year: i64,
    pub years: i64,
    pub lots: i64,
    pub members: i64,
    pub answered: i64,
}

#[derive(FromQueryResult)]
struct Line {
    id: i64,
    convention_id: i64,
    title: String,
    state: String,
    opens_on: NaiveDate,
    closes_on: NaiveDate,
    first_year: i64,
    years: i64,
    lots: i64,
    members: i64,
    answered: i64,
}

/// Every census with how many answered, the one that opened last first.
pub async fn census_list(on: &impl Access) -> Result<Vec<CensusLine>, StoreError> {
    let text = "SELECT c.id, c.convention_id, c.title, c.state, c.opens_on, c.closes_on, c.first_year, \
                c.years, (SELECT COUNT(*) FROM campaign_lot l WHERE l.campaign_id = c.id) AS lots, \
                COUNT(m.organisation_id) AS members, \
                CAST(COALESCE(SUM(m.answered), 0) AS BIGINT) AS answered \
                FROM campaign c LEFT JOIN (SELECT campaign_id, organisation_id, \
                  MAX(CASE WHEN state <> 'draft' AND answer IS NOT NULL THEN 1 ELSE 0 END) AS answered \
                  FROM need_sheet GROUP BY campaign_id, organisation_id) m ON m.campaign_id = c.id \
                GROUP BY c.id, c.convention_id, c.title, c.state, c.opens_on, c.closes_on, \
                c.first_year, c.years ORDER BY c.opens_on DESC, c.id DESC";
    Line::find_by_statement(sql(on.connection(), text, []))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the list of censuses"))?
        .into_iter()
        .map(|row| {
            let state = CensusState::from_code(&row.state);
            Ok(CensusLine {
                id: CampaignId(row.id),
                convention: ConventionId(row.convention_id),
                state: coded(state, ("campaign", row.id, "state"), &row.state)?,
                name: row.title,
                opens_on: row.opens_on,
                closes_on: row.closes_on,
                first_year: row.first_year,
                years: row.years,
                lots: row.lots,
                members: row.members,
                answered: row.answered,
            })
        })
        .collect()
}

/// What was done to a census, the last first: when, who, action, details.
pub async fn history(
    on: &impl Access,
    id: CampaignId,
) -> Result<Vec<(DateTime<Utc>, String, String, String)>, StoreError> {
    #[derive(FromQueryResult)]
    struct Entry {
        at: DateTime<Utc>,
        actor: String,
        action: String,
        details: String,
    }
    let text = "SELECT at, actor, action, details FROM journal WHERE subject = 'campaign' \
                AND subject_id = $1 ORDER BY id DESC LIMIT 50";
    let rows = Entry::find_by_statement(sql(on.connection(), text, [id.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the history of a census"))?;
    Ok(rows.into_iter().map(|row| (row.at, row.actor, row.action, row.details)).collect())
}

/// What one delivery point asks for of an article, over all years.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteAsk {
    pub member: OrganisationId,
    pub name: String,
    pub site: String,
    pub quantity: Quantity,
}

/// Who asks for an article, the largest need first; at most 200 delivery points. Only what
/// consolidation counts.
pub async fn asks_of(
    on: &impl Access,
    id: CampaignId,
    article: ArticleId,
) -> Result<Vec<SiteAsk>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        organisation_id: i64,
        name: String,
        site: String,
        quantity_milli: i64,
    }
    let text = "SELECT n.organisation_id, o.name, p.name AS site, \
                CAST(SUM(n.quantity_milli) AS BIGINT) AS quantity_milli \
                FROM need_line n JOIN need_sheet s ON s.id = n.sheet_id \
                JOIN organisation o ON o.id = n.organisation_id JOIN site p ON p.id = n.site_id \
                WHERE n.campaign_id = $1 AND n.article_id = $2 AND n.quantity_milli > 0 \
                AND s.state <> 'draft' AND s.answer = 'needs' \
                AND n.organisation_id NOT IN (SELECT m.organisation_id FROM membership m \
                  JOIN campaign k ON k.convention_id = m.convention_id \
                  WHERE k.id = $1 AND m.state = 'withdrawn') \
                GROUP BY n.organisation_id, o.name, p.id, p.name \
                ORDER BY SUM(n.quantity_milli) DESC, o.name, p.name LIMIT 200";
    let values: [Value; 2] = [id.0.into(), article.0.into()];
    Row::find_by_statement(sql(on.connection(), text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading who needs an article"))?
        .into_iter()
        .map(|row| {
            Ok(SiteAsk {
                member: OrganisationId(row.organisation_id),
                name: row.name,
                site: row.site,
                quantity: quantity(row.quantity_milli, article.0)?,
            })
        })
        .collect()
}
