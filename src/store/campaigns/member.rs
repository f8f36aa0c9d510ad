//! One member before a census: everything its pages show, in a number of queries that does not
//! grow with articles, delivery points or years.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use domain::campaigns::sheet::{NeedAnswer, SheetState};
use domain::ids::{ArticleId, ArticleVersionId, CampaignId, LotId, OrganisationId, SiteId};
use domain::quantity::Quantity;
use entities::{article_version, campaign, need_line, need_sheet};
use sea_orm::{EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Value};

use super::drafts::{StoredDraft, drafts};
use super::sheets::{StoredSheet, quantity, sheets, stored};
use super::{FrozenArticle, StoredCensus, census, with_lots};
use crate::store::group::{coded, sites};
use crate::store::{Access, StoreError, Tx, Viewer, sql};
use domain::group::site::DeliveryPoint;
use domain::ids::NeedSheetId;

/// An article that the census asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedArticle {
    pub article: FrozenArticle,
    pub lot_number: String,
    pub lot_title: String,
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
    let census = census(on, id).await?;
    of_member(on, member, census).await
}

/// The same, in a transaction: nobody closes the census before it ends.
pub async fn member_census_to_answer(
    tx: &Tx,
    member: OrganisationId,
    id: CampaignId,
) -> Result<MemberCensus, StoreError> {
    use crate::store::Access as _;
    let row = campaign::Entity::find_by_id(id.0).lock_shared().one(tx.connection()).await;
    let census = with_lots(tx, row, id).await?;
    of_member(tx, member, census).await
}

async fn of_member(
    on: &impl Access,
    member: OrganisationId,
    census: StoredCensus,
) -> Result<MemberCensus, StoreError> {
    let gone = || StoreError::NotFound { what: "census", id: census.id.to_string() };
    if census.census.state == domain::campaigns::census::CensusState::Draft {
        return Err(gone());
    }
    let subscribed = subscribed(on, &census, member).await?.ok_or_else(gone)?;
    let viewer = Viewer::Member(member);
    let mut sheets = sheets(on, viewer, &census, None).await?;
    sheets.sort_by_key(|stored| stored.sheet.site);
    Ok(MemberCensus {
        articles: offered(on, &census, &subscribed).await?,
        drafts: drafts(on, viewer, census.id).await?,
        sites: sites(on, Some(member)).await?,
        last: last_answers(on, &census, member).await?,
        census,
        member,
        subscribed,
        sheets,
    })
}

#[derive(FromQueryResult)]
struct Subscription {
    lot_id: Option<i64>,
}

/// The census's lots that the member subscribed; `None` where it is not of the group.
async fn subscribed(
    on: &impl Access,
    census: &StoredCensus,
    member: OrganisationId,
) -> Result<Option<BTreeSet<LotId>>, StoreError> {
    let text = "SELECT cl.lot_id FROM membership m \
                LEFT JOIN membership_lot ml ON ml.membership_id = m.id AND m.state = 'active' \
                LEFT JOIN campaign_lot cl ON cl.lot_id = ml.lot_id AND cl.campaign_id = $1 \
                WHERE m.convention_id = $2 AND m.organisation_id = $3";
    let values: [Value; 3] = [census.id.0.into(), census.convention.0.into(), member.0.into()];
    let rows = Subscription::find_by_statement(sql(on.connection(), text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the lots of a member"))?;
    let lots = rows.iter().filter_map(|row| row.lot_id.map(LotId)).collect();
    Ok((!rows.is_empty()).then_some(lots))
}

#[derive(FromQueryResult)]
struct Offered {
    reference: String,
    lot_id: i64,
    lot_number: String,
    lot_title: String,
    family: String,
    subfamily: String,
    retired_on: Option<NaiveDate>,
    #[sea_orm(nested)]
    version: article_version::Model,
}

/// The articles that the census froze, of these lots, in one query.
pub async fn offered(
    on: &impl Access,
    census: &StoredCensus,
    lots: &BTreeSet<LotId>,
) -> Result<Vec<OfferedArticle>, StoreError> {
    let text = "SELECT v.*, a.reference, l.id AS lot_id, l.number AS lot_number, \
                l.title AS lot_title, a.family, a.subfamily, a.retired_on \
                FROM campaign_article f JOIN article a ON a.id = f.article_id \
                JOIN article_version v ON v.id = f.version_id \
                JOIN lot l ON l.convention_id = $2 AND l.number = a.lot \
                WHERE f.campaign_id = $1 ORDER BY l.id, a.family, a.reference";
    let values: [Value; 2] = [census.id.0.into(), census.convention.0.into()];
    let rows = Offered::find_by_statement(sql(on.connection(), text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the articles of a census"))?;
    rows.into_iter()
        .filter(|row| lots.contains(&LotId(row.lot_id)))
        .map(|row| {
            let id = row.version.article_id;
            let reference =
                coded(row.reference.parse().ok(), ("article", id, "reference"), &row.reference)?;
            Ok(OfferedArticle {
                article: FrozenArticle {
                    id: ArticleId(id),
                    version: ArticleVersionId(row.version.id),
                    reference,
                    lot: LotId(row.lot_id),
                    family: row.family,
                    sub_family: row.subfamily,
                    terms: crate::store::catalogue::terms(row.version)?,
                },
                lot_number: row.lot_number,
                lot_title: row.lot_title,
                retired_on: row.retired_on,
            })
        })
        .collect()
}

/// What every delivery point of the member answered in the census before this one.
async fn last_answers(
    on: &impl Access,
    census: &StoredCensus,
    member: OrganisationId,
) -> Result<BTreeMap<SiteId, LastAnswer>, StoreError> {
    let doing = "reading the last answers";
    let previous = campaign::Entity::find()
        .from_raw_sql(sql(
            on.connection(),
            "SELECT p.* FROM campaign p WHERE p.convention_id = $2 AND p.id <> $1 \
             AND p.opens_on < $3 AND p.state IN ('open', 'closed', 'settled') \
             ORDER BY p.opens_on DESC, p.id DESC LIMIT 1",
            [census.id.0.into(), census.convention.0.into(), census.census.opens_on.into()],
        ))
        .one(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let Some(previous) = previous else { return Ok(BTreeMap::new()) };
    let previous = super::stored_census(previous, BTreeSet::new())?;
    let rows = need_sheet::Entity::find()
        .filter(need_sheet::COLUMN.campaign_id.eq(previous.id.0))
        .filter(need_sheet::COLUMN.organisation_id.eq(member.0))
        .filter(need_sheet::COLUMN.state.ne(SheetState::Draft.code()))
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let mut lines: BTreeMap<i64, Vec<need_line::Model>> = BTreeMap::new();
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let found = need_line::Entity::find()
        .filter(need_line::COLUMN.sheet_id.is_in(ids))
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    for line in found {
        lines.entry(line.sheet_id).or_default().push(line);
    }
    let span = (previous.census.first_year, previous.census.years);
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
        let answered_in = chrono::Datelike::year(&previous.census.opens_on);
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
                census: super::stored_census(row.campaign, BTreeSet::new())?,
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
    let text = "INSERT INTO need_sheet (campaign_id, organisation_id, site_id, state, note, version) \
                SELECT c.id, m.organisation_id, s.id, 'draft', '', 0 FROM campaign c \
                JOIN membership m ON m.convention_id = c.convention_id AND m.state = 'active' \
                JOIN site s ON s.organisation_id = m.organisation_id AND NOT s.retired \
                WHERE c.state = 'open' AND m.organisation_id = $1 \
                AND EXISTS (SELECT 1 FROM membership_lot ml JOIN campaign_lot cl ON cl.lot_id = ml.lot_id \
                            WHERE ml.membership_id = m.id AND cl.campaign_id = c.id) \
                AND NOT EXISTS (SELECT 1 FROM need_sheet n WHERE n.campaign_id = c.id \
                                AND n.organisation_id = m.organisation_id AND n.site_id = s.id) \
                ORDER BY c.id, s.id";
    let statement = sql(tx.connection(), text, [member.0.into()]);
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
