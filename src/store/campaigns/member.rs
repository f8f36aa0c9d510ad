//! One member before a census: everything its pages show, in a number of queries that does not
//! grow with articles, delivery points or years.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use domain::campaigns::sheet::NeedAnswer;
use domain::ids::{ArticleId, CampaignId, LotId, OrganisationId, SiteId};
use domain::quantity::Quantity;
use entities::{campaign, need_line, need_sheet};
use sea_orm::{EntityTrait, FromQueryResult, QuerySelect, Value};

use super::answering::PREVIOUS;
use super::drafts::{StoredDraft, drafts};
use super::frozen::{FrozenArticle, frozen, retired};
use super::opening::blank;
use super::sheets::{StoredSheet, lines, quantity, sheets, stored};
use super::{StoredCensus, span, stored_census};
use crate::store::group::sites;
use crate::store::{Access, StoreError, Tx, Viewer, sql};
use domain::group::site::DeliveryPoint;
use domain::ids::NeedSheetId;

/// An article that the census asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedArticle {
    pub article: Arc<FrozenArticle>,
    pub retired_on: Option<NaiveDate>,
}

/// What a delivery point answered in the census before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastAnswer {
    pub answer: NeedAnswer,
    /// The civil year of that census's opening: « ma réponse de 2025 ».
    pub answered_in: i32,
    /// The last year it was asked about before this census's first, with what was needed then.
    pub year: Option<(i32, BTreeMap<ArticleId, Quantity>)>,
}

/// One member before one census.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberCensus {
    pub census: StoredCensus,
    pub member: OrganisationId,
    /// In the order of lots, families and references; of subscribed lots only.
    pub articles: Vec<OfferedArticle>,
    /// The lots asked for and subscribed.
    pub subscribed: BTreeSet<LotId>,
    /// By number of the delivery point.
    pub sheets: Vec<StoredSheet>,
    pub drafts: BTreeMap<NeedSheetId, StoredDraft>,
    /// All of its delivery points, retired ones too.
    pub sites: BTreeMap<SiteId, DeliveryPoint>,
    pub last: BTreeMap<SiteId, LastAnswer>,
}

/// Reads the census of `member`. A census that is still being prepared, or of a convention that
/// the member has nothing to do with, is not there for it.
pub async fn member_census(
    on: &impl Access,
    member: OrganisationId,
    id: CampaignId,
) -> Result<MemberCensus, StoreError> {
    let (census, subscribed) = asked(on, member, id).await?;
    let viewer = Viewer::Member(member);
    let mut sheets = sheets(on, viewer, &census, None).await?;
    sheets.sort_by_key(|stored| stored.sheet.site);
    Ok(MemberCensus {
        articles: offered(on, id, &subscribed).await?,
        drafts: drafts(on, viewer, id).await?,
        sites: sites(on, Some(member)).await?,
        last: last_answers(on, &census, member).await?,
        census,
        member,
        subscribed,
        sheets,
    })
}

/// The same, in a transaction: nobody closes the census before it ends.
pub async fn member_census_to_answer(
    tx: &Tx,
    member: OrganisationId,
    id: CampaignId,
) -> Result<MemberCensus, StoreError> {
    campaign::Entity::find_by_id(id.0)
        .lock_shared()
        .one(tx.connection())
        .await
        .map_err(StoreError::during("holding a census open"))?;
    member_census(tx, member, id).await
}

#[derive(FromQueryResult)]
struct Asked {
    #[sea_orm(nested)]
    campaign: campaign::Model,
    lot_id: Option<i64>,
    subscribed: i64,
}

/// The census and, of its lots, those that the member subscribed.
async fn asked(
    on: &impl Access,
    member: OrganisationId,
    id: CampaignId,
) -> Result<(StoredCensus, BTreeSet<LotId>), StoreError> {
    let text = "SELECT c.*, l.lot_id, \
                CAST(CASE WHEN ml.id IS NULL THEN 0 ELSE 1 END AS BIGINT) AS subscribed \
                FROM campaign c \
                JOIN membership m ON m.convention_id = c.convention_id AND m.organisation_id = $2 \
                LEFT JOIN campaign_lot l ON l.campaign_id = c.id \
                LEFT JOIN membership_lot ml ON ml.membership_id = m.id AND ml.lot_id = l.lot_id \
                AND m.state = 'active' \
                WHERE c.id = $1 AND c.state <> 'draft'";
    let rows = Asked::find_by_statement(sql(on.connection(), text, [id.0.into(), member.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the census of a member"))?;
    let lots = rows.iter().filter_map(|row| row.lot_id.map(LotId)).collect();
    let mine = rows.iter().filter(|row| row.subscribed == 1);
    let subscribed = mine.filter_map(|row| row.lot_id.map(LotId)).collect();
    let first = rows.into_iter().next();
    let row = first.ok_or_else(|| StoreError::NotFound { what: "census", id: id.to_string() })?;
    Ok((stored_census(row.campaign, lots)?, subscribed))
}

/// The articles that the census froze, of these lots.
async fn offered(
    on: &impl Access,
    id: CampaignId,
    lots: &BTreeSet<LotId>,
) -> Result<Vec<OfferedArticle>, StoreError> {
    let retired = retired(on, id).await?;
    let articles = frozen(on, id).await?;
    let mine = articles.iter().filter(|article| lots.contains(&article.lot));
    let offered = mine.map(|article| OfferedArticle {
        article: Arc::clone(article),
        retired_on: retired.get(&article.id).copied(),
    });
    Ok(offered.collect())
}

#[derive(FromQueryResult)]
struct Last {
    #[sea_orm(nested)]
    sheet: need_sheet::Model,
    opens_on: NaiveDate,
    first_year: i64,
    years: i64,
}

/// What every delivery point of the member answered in the census before this one.
async fn last_answers(
    on: &impl Access,
    census: &StoredCensus,
    member: OrganisationId,
) -> Result<BTreeMap<SiteId, LastAnswer>, StoreError> {
    let text = format!(
        "SELECT s.*, c.opens_on, c.first_year, c.years \
         FROM need_sheet s JOIN campaign c ON c.id = s.campaign_id \
         WHERE s.campaign_id = {PREVIOUS} AND s.organisation_id = $4 AND s.state <> 'draft'"
    );
    let values: [Value; 4] = [
        census.id.0.into(),
        census.convention.0.into(),
        census.census.opens_on.into(),
        member.0.into(),
    ];
    let rows = Last::find_by_statement(sql(on.connection(), &text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the last answers"))?;
    let Some(previous) = rows.first() else { return Ok(BTreeMap::new()) };
    let span = span(previous.sheet.campaign_id, previous.first_year, previous.years)?;
    let answered_in = chrono::Datelike::year(&previous.opens_on);
    let rows: Vec<_> = rows.into_iter().map(|row| row.sheet).collect();
    let ids = rows.iter().map(|row| row.id);
    let mut lines = lines(on, &rows, need_line::COLUMN.sheet_id.is_in(ids)).await?;
    let mut answers = BTreeMap::new();
    for row in rows {
        let mine = lines.remove(&row.id).unwrap_or_default();
        let before = i64::from(census.census.first_year);
        let year = mine.iter().map(|line| line.year).filter(|year| *year < before).max();
        let needed = year.map(|year| -> Result<_, StoreError> {
            let at = mine.iter().filter(|line| line.year == year);
            let needed = at
                .map(|line| {
                    Ok((ArticleId(line.article_id), quantity(line.quantity_milli, line.id)?))
                })
                .collect::<Result<_, StoreError>>()?;
            Ok((i32::try_from(year).unwrap_or(span.0), needed))
        });
        let year = needed.transpose()?;
        let site = SiteId(row.site_id);
        let answer = stored(row, mine, span)?.sheet.answer;
        answers.insert(site, LastAnswer { answer, answered_in, year });
    }
    Ok(answers)
}

/// A census in the list of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedCensus {
    pub census: StoredCensus,
    pub sheets: i64,
    pub answered: i64,
    pub drafts: i64,
    pub last_answer: Option<DateTime<Utc>>,
}

#[derive(FromQueryResult)]
struct Listed {
    #[sea_orm(nested)]
    campaign: campaign::Model,
    sheets: i64,
    answered: i64,
    drafts: i64,
    last_answer: Option<DateTime<Utc>>,
}

/// The censuses of the groups that the member is in, the one that closes last first. Their lots
/// are not read.
pub async fn censuses_of_member(
    on: &impl Access,
    member: OrganisationId,
) -> Result<Vec<ListedCensus>, StoreError> {
    let text = "SELECT c.*, COUNT(s.id) AS sheets, \
                CAST(COALESCE(SUM(CASE WHEN s.state <> 'draft' THEN 1 ELSE 0 END), 0) AS BIGINT) AS answered, \
                COUNT(d.id) AS drafts, MAX(s.answered_at) AS last_answer \
                FROM campaign c \
                JOIN membership m ON m.convention_id = c.convention_id AND m.organisation_id = $1 \
                LEFT JOIN need_sheet s ON s.campaign_id = c.id AND s.organisation_id = $1 \
                LEFT JOIN need_draft d ON d.sheet_id = s.id \
                WHERE c.state <> 'draft' AND (m.state = 'active' OR s.id IS NOT NULL) \
                GROUP BY c.id ORDER BY c.closes_on DESC, c.id DESC";
    let rows = Listed::find_by_statement(sql(on.connection(), text, [member.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the censuses of a member"))?;
    rows.into_iter()
        .map(|row| {
            Ok(ListedCensus {
                census: stored_census(row.campaign, BTreeSet::new())?,
                sheets: row.sheets,
                answered: row.answered,
                drafts: row.drafts,
                last_answer: row.last_answer,
            })
        })
        .collect()
}

/// Blank sheets for the delivery points of `member` that have none, in every census that runs.
pub async fn add_blank_sheets_of(tx: &Tx, member: OrganisationId) -> Result<u64, StoreError> {
    use sea_orm::ConnectionTrait as _;
    let text = format!(
        "INSERT INTO need_sheet (campaign_id, organisation_id, site_id, state, note, version) \
         SELECT c.id, m.organisation_id, s.id, 'draft', '', 0 {} \
         WHERE c.state = 'open' AND m.organisation_id = $1 ORDER BY c.id, s.id",
        blank()
    );
    let statement = sql(tx.connection(), &text, [member.0.into()]);
    let added = tx.connection().execute_raw(statement).await;
    Ok(added.map_err(StoreError::during("making blank sheets"))?.rows_affected())
}

#[derive(FromQueryResult)]
struct Title {
    title: String,
}

/// The census that runs and in which the member's answer asks for something at `site`.
pub async fn asked_at(
    on: &impl Access,
    member: OrganisationId,
    site: SiteId,
) -> Result<Option<String>, StoreError> {
    let text = "SELECT c.title FROM need_sheet s JOIN campaign c ON c.id = s.campaign_id \
                WHERE s.organisation_id = $1 AND s.site_id = $2 AND s.answer = 'needs' \
                AND c.state = 'open' ORDER BY c.id LIMIT 1";
    let found =
        Title::find_by_statement(sql(on.connection(), text, [member.0.into(), site.0.into()]))
            .one(on.connection())
            .await
            .map_err(StoreError::during("finding needs at a delivery point"))?;
    Ok(found.map(|row| row.title))
}

#[derive(FromQueryResult)]
struct ReceiptRow {
    number: String,
    file_key: String,
}

/// The number and file of the receipt issued to `member` for this census.
pub async fn receipt_of(
    on: &impl Access,
    member: OrganisationId,
    campaign: CampaignId,
) -> Result<Option<(String, String)>, StoreError> {
    let text = "SELECT number, file_key FROM paper WHERE kind = 'needs_receipt' \
                AND organisation_id = $1 AND campaign_id = $2 ORDER BY id DESC LIMIT 1";
    let values: [Value; 2] = [member.0.into(), campaign.0.into()];
    let found = ReceiptRow::find_by_statement(sql(on.connection(), text, values))
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading the receipt of a member"))?;
    Ok(found.map(|row| (row.number, row.file_key)))
}
