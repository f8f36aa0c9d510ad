//! What an answer is judged against: the census, the lots subscribed, the articles named, last
//! year's quantities and the last answer of the same delivery point.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use domain::campaigns::accept::ArticleFacts;
use domain::campaigns::sheet::{NeedAnswer, NeedSheet};
use domain::ids::{ArticleId, LotId, NeedSheetId};
use domain::quantity::{Quantity, Unit};
use entities::{campaign, need_line, need_sheet};
use sea_orm::{EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Value};

use super::sheets::{StoredSheet, quantity, stored, visible};
use super::{StoredCensus, span, stored_census};
use crate::store::group::coded;
use crate::store::{Access, StoreError, Tx, Viewer, sql};

/// All that an answer is judged against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answering {
    pub sheet: StoredSheet,
    pub census: StoredCensus,
    pub subscribed: BTreeSet<LotId>,
    pub articles: BTreeMap<ArticleId, ArticleFacts>,
    pub last_year: BTreeMap<ArticleId, Quantity>,
}

/// Reads what an answer to sheet `id` about these articles is judged against on `day`, in six
/// small queries. The census cannot be closed before this transaction ends.
pub async fn answering(
    tx: &Tx,
    viewer: Viewer,
    id: NeedSheetId,
    asked: &BTreeSet<ArticleId>,
    day: NaiveDate,
) -> Result<Answering, StoreError> {
    let doing = "reading a need sheet";
    let on = tx.connection();
    let row = visible(viewer)
        .filter(need_sheet::COLUMN.id.eq(id.0))
        .one(on)
        .await
        .map_err(StoreError::during(doing))?
        .ok_or_else(|| StoreError::NotFound { what: "need sheet", id: id.to_string() })?;
    let campaign = campaign::Entity::find_by_id(row.campaign_id)
        .lock_shared()
        .one(on)
        .await
        .map_err(StoreError::during(doing))?
        .ok_or_else(|| StoreError::NotFound { what: "census", id: row.campaign_id.to_string() })?;
    judged_by(tx, row, campaign, asked, day).await
}

/// The same to be read only: nothing is locked, and the census may close meanwhile.
pub async fn read_sheet(
    on: &impl Access,
    viewer: Viewer,
    id: NeedSheetId,
    asked: &BTreeSet<ArticleId>,
    day: NaiveDate,
) -> Result<Answering, StoreError> {
    let doing = "reading a need sheet";
    let row = visible(viewer)
        .filter(need_sheet::COLUMN.id.eq(id.0))
        .one(on.connection())
        .await
        .map_err(StoreError::during(doing))?
        .ok_or_else(|| StoreError::NotFound { what: "need sheet", id: id.to_string() })?;
    let campaign = campaign::Entity::find_by_id(row.campaign_id)
        .one(on.connection())
        .await
        .map_err(StoreError::during(doing))?
        .ok_or_else(|| StoreError::NotFound { what: "census", id: row.campaign_id.to_string() })?;
    judged_by(on, row, campaign, asked, day).await
}

async fn judged_by(
    on: &impl Access,
    row: need_sheet::Model,
    campaign: campaign::Model,
    asked: &BTreeSet<ArticleId>,
    day: NaiveDate,
) -> Result<Answering, StoreError> {
    let (lots, subscribed) = lots(on, &row).await?;
    let census = stored_census(campaign, lots)?;
    let lines = lines_of(on, &row).await?;
    let articles = facts(on, &census, asked, day).await?;
    let last_year = last_year(on, &census, &row).await?;
    let sheet = stored(row, lines, (census.census.first_year, census.census.years))?;
    Ok(Answering { sheet, census, subscribed, articles, last_year })
}

#[derive(FromQueryResult)]
struct AskedLot {
    lot_id: i64,
    subscribed: i64,
}

/// The census's lots, and those among them that the member subscribed.
async fn lots(
    on: &impl Access,
    sheet: &need_sheet::Model,
) -> Result<(BTreeSet<LotId>, BTreeSet<LotId>), StoreError> {
    let text = "SELECT c.lot_id, CAST(CASE WHEN EXISTS (SELECT 1 FROM membership_lot ml \
                JOIN membership m ON m.id = ml.membership_id AND m.state = 'active' \
                WHERE ml.lot_id = c.lot_id AND m.organisation_id = $2) THEN 1 ELSE 0 END AS BIGINT) AS subscribed \
                FROM campaign_lot c WHERE c.campaign_id = $1";
    let values: [Value; 2] = [sheet.campaign_id.into(), sheet.organisation_id.into()];
    let rows = AskedLot::find_by_statement(sql(on.connection(), text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the lots of a census"))?;
    let all = rows.iter().map(|row| LotId(row.lot_id)).collect();
    let subscribed = rows.iter().filter(|row| row.subscribed == 1);
    Ok((all, subscribed.map(|row| LotId(row.lot_id)).collect()))
}

async fn lines_of(
    on: &impl Access,
    sheet: &need_sheet::Model,
) -> Result<Vec<need_line::Model>, StoreError> {
    if sheet.answer.as_deref() != Some("needs") {
        return Ok(Vec::new());
    }
    need_line::Entity::find()
        .filter(need_line::COLUMN.sheet_id.eq(sheet.id))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the lines of a sheet"))
}

#[derive(FromQueryResult)]
struct Fact {
    article_id: i64,
    reference: String,
    lot_id: i64,
    unit: String,
    pack_milli: Option<i64>,
    retired_on: Option<NaiveDate>,
}

/// What the census froze of these articles; one it does not have is left out.
async fn facts(
    on: &impl Access,
    census: &StoredCensus,
    asked: &BTreeSet<ArticleId>,
    day: NaiveDate,
) -> Result<BTreeMap<ArticleId, ArticleFacts>, StoreError> {
    if asked.is_empty() {
        return Ok(BTreeMap::new());
    }
    let ids: Vec<String> = asked.iter().map(ToString::to_string).collect();
    let text = format!(
        "SELECT f.article_id, a.reference, l.id AS lot_id, v.unit, f.pack_milli, a.retired_on \
         FROM campaign_article f JOIN article a ON a.id = f.article_id \
         JOIN article_version v ON v.id = f.version_id \
         JOIN lot l ON l.convention_id = $2 AND l.number = a.lot \
         WHERE f.campaign_id = $1 AND f.article_id IN ({})",
        ids.join(", ")
    );
    let values: [Value; 2] = [census.id.0.into(), census.convention.0.into()];
    let rows = Fact::find_by_statement(sql(on.connection(), &text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the articles of an answer"))?;
    rows.into_iter()
        .map(|row| {
            let pack = row.pack_milli.map(|milli| quantity(milli, row.article_id)).transpose()?;
            let facts = ArticleFacts {
                unit: coded(
                    Unit::from_code(&row.unit),
                    ("article", row.article_id, "unit"),
                    &row.unit,
                )?,
                reference: row.reference,
                lot: LotId(row.lot_id),
                pack,
                retired: row.retired_on.is_some_and(|since| since <= day),
            };
            Ok((ArticleId(row.article_id), facts))
        })
        .collect()
}

/// The census before this one: `$1` this one, `$2` its convention, `$3` its first day.
pub(super) const PREVIOUS: &str = "(SELECT p.id FROM campaign p WHERE p.convention_id = $2 AND p.id <> $1 \
     AND p.opens_on < $3 AND p.state IN ('open', 'closed', 'settled') \
     ORDER BY p.opens_on DESC, p.id DESC LIMIT 1)";

#[derive(FromQueryResult)]
struct LastYear {
    article_id: i64,
    quantity_milli: i64,
}

/// What this delivery point asked for in the last census, in its last year before this one's.
async fn last_year(
    on: &impl Access,
    census: &StoredCensus,
    sheet: &need_sheet::Model,
) -> Result<BTreeMap<ArticleId, Quantity>, StoreError> {
    let text = format!(
        "SELECT n.article_id, n.quantity_milli FROM need_sheet s JOIN need_line n ON n.sheet_id = s.id \
         WHERE s.campaign_id = {PREVIOUS} AND s.organisation_id = $4 AND s.site_id = $5 \
         AND n.year = (SELECT MAX(y.year) FROM need_line y WHERE y.sheet_id = s.id AND y.year < $6)"
    );
    let values: [Value; 6] = [
        census.id.0.into(),
        census.convention.0.into(),
        census.census.opens_on.into(),
        sheet.organisation_id.into(),
        sheet.site_id.into(),
        i64::from(census.census.first_year).into(),
    ];
    let rows = LastYear::find_by_statement(sql(on.connection(), &text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading last year's needs"))?;
    rows.into_iter()
        .map(|row| Ok((ArticleId(row.article_id), quantity(row.quantity_milli, row.article_id)?)))
        .collect()
}

#[derive(FromQueryResult)]
struct Previous {
    id: i64,
    first_year: i64,
    years: i64,
}

/// What the same delivery point answered in the census before this one; `None` when it was
/// silent or there was none.
pub async fn last_answer(
    on: &impl Access,
    census: &StoredCensus,
    sheet: &NeedSheet,
) -> Result<Option<NeedAnswer>, StoreError> {
    let text = format!(
        "SELECT s.id, c.first_year, c.years FROM need_sheet s JOIN campaign c ON c.id = s.campaign_id \
         WHERE s.campaign_id = {PREVIOUS} AND s.organisation_id = $4 AND s.site_id = $5"
    );
    let values: [Value; 5] = [
        census.id.0.into(),
        census.convention.0.into(),
        census.census.opens_on.into(),
        sheet.member.0.into(),
        sheet.site.map(|site| site.0).into(),
    ];
    let doing = "reading the last answer";
    let found = Previous::find_by_statement(sql(on.connection(), &text, values))
        .one(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let Some(previous) = found else { return Ok(None) };
    let row = need_sheet::Entity::find_by_id(previous.id)
        .one(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let Some(row) = row else { return Ok(None) };
    let span = span(row.campaign_id, previous.first_year, previous.years)?;
    let lines = lines_of(on, &row).await?;
    let answer = stored(row, lines, span)?.sheet.answer;
    Ok(Some(answer).filter(|answer| *answer != NeedAnswer::Silent))
}
