//! The sheets of a census: what a member asks for at a delivery point.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use domain::campaigns::accept::ArticleFacts;
use domain::campaigns::sheet::{
    AnswerChannel, AnswerSource, NeedAnswer, NeedLine, NeedSheet, SheetState,
};
use domain::group::contact::Signature;
use domain::ids::{ArticleId, CampaignId, LotId, NeedSheetId, OrganisationId, SiteId};
use domain::quantity::{Quantity, Unit};
use entities::{campaign, need_line, need_sheet};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Select, Value,
};

use super::{StoredCensus, stored_census};
use crate::store::group::coded;
use crate::store::platform::insert_all;
use crate::store::{Access, StoreError, Tx, Viewer, sql};

/// A sheet with its row's number and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSheet {
    pub id: NeedSheetId,
    /// Goes up with every change; who writes names the one that was read.
    pub version: i64,
    pub sheet: NeedSheet,
    pub answered_at: Option<DateTime<Utc>>,
}

/// Which sheet is whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SheetKey {
    pub id: NeedSheetId,
    pub member: OrganisationId,
    pub site: SiteId,
    pub state: SheetState,
}

/// All that an answer is judged against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answering {
    pub sheet: StoredSheet,
    pub census: StoredCensus,
    pub subscribed: BTreeSet<LotId>,
    pub articles: BTreeMap<ArticleId, ArticleFacts>,
    pub last_year: BTreeMap<ArticleId, Quantity>,
}

/// Every query on sheets starts here, so that none forgets whose they are.
fn visible(viewer: Viewer) -> Select<need_sheet::Entity> {
    match viewer {
        Viewer::Coordinator => need_sheet::Entity::find(),
        Viewer::Member(member) => {
            need_sheet::Entity::find().filter(need_sheet::COLUMN.organisation_id.eq(member.0))
        }
    }
}

fn quantity(milli: i64, id: i64) -> Result<Quantity, StoreError> {
    let quantity = Quantity::from_thousandths(milli).ok();
    coded(quantity, ("need_line", id, "quantity_milli"), &milli.to_string())
}

/// The lines of one sheet, articles in ascending order; a year without a row is zero.
fn answer_lines(
    rows: Vec<need_line::Model>,
    (first_year, years): (i32, usize),
) -> Result<Vec<NeedLine>, StoreError> {
    let mut lines: BTreeMap<i64, NeedLine> = BTreeMap::new();
    for row in rows {
        let line = lines.entry(row.article_id).or_insert_with(|| NeedLine {
            article: ArticleId(row.article_id),
            quantities: vec![Quantity::ZERO; years],
            tolerance: Quantity::ZERO,
        });
        let index = usize::try_from(row.year - i64::from(first_year)).ok();
        let cell = index.and_then(|index| line.quantities.get_mut(index));
        *coded(cell, ("need_line", row.id, "year"), &row.year.to_string())? =
            quantity(row.quantity_milli, row.id)?;
        line.tolerance = quantity(row.tolerance_milli, row.id)?;
    }
    Ok(lines.into_values().collect())
}

fn stored(
    row: need_sheet::Model,
    lines: Vec<need_line::Model>,
    years: (i32, usize),
) -> Result<StoredSheet, StoreError> {
    let at = |column| ("need_sheet", row.id, column);
    let answer = match row.answer.as_deref() {
        None => NeedAnswer::Silent,
        Some("nothing") => NeedAnswer::Nothing,
        Some("needs") => NeedAnswer::Needs(answer_lines(lines, years)?),
        Some(other) => return coded(None, at("answer"), other),
    };
    let source = match (row.channel.as_deref(), row.typed_by) {
        (Some(channel), Some(typed_by)) => Some(AnswerSource {
            channel: coded(AnswerChannel::from_code(channel), at("channel"), channel)?,
            typed_by,
            told_by: row.told_by,
            note: row.note,
        }),
        (None, _) | (_, None) => None,
    };
    let signature = row.signed_by.zip(row.signed_on).map(|(name, on)| Signature {
        name,
        quality: row.signed_quality.unwrap_or_default(),
        on,
    });
    Ok(StoredSheet {
        id: NeedSheetId(row.id),
        version: row.version,
        sheet: NeedSheet {
            campaign: CampaignId(row.campaign_id),
            member: OrganisationId(row.organisation_id),
            site: Some(SiteId(row.site_id)),
            state: coded(SheetState::from_code(&row.state), at("state"), &row.state)?,
            answer,
            source,
            signature,
        },
        answered_at: row.answered_at,
    })
}

/// The sheets of a census that `viewer` may see, of one member or of all.
pub async fn sheets(
    on: &impl Access,
    viewer: Viewer,
    census: &StoredCensus,
    of: Option<OrganisationId>,
) -> Result<Vec<StoredSheet>, StoreError> {
    let doing = "reading need sheets";
    let mut find = visible(viewer).filter(need_sheet::COLUMN.campaign_id.eq(census.id.0));
    if let Some(member) = of {
        find = find.filter(need_sheet::COLUMN.organisation_id.eq(member.0));
    }
    let ids = find.clone().select_only().column(need_sheet::Column::Id);
    let mut lines: BTreeMap<i64, Vec<need_line::Model>> = BTreeMap::new();
    let rows = need_line::Entity::find()
        .filter(need_line::COLUMN.sheet_id.in_subquery(sea_orm::QueryTrait::into_query(ids)))
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    for row in rows {
        lines.entry(row.sheet_id).or_default().push(row);
    }
    let years = (census.census.first_year, census.census.years);
    find.order_by_asc(need_sheet::COLUMN.id)
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?
        .into_iter()
        .map(|row| {
            let lines = lines.remove(&row.id).unwrap_or_default();
            stored(row, lines, years)
        })
        .collect()
}

/// Whose every sheet of a census is, among those that `viewer` may see.
pub async fn sheet_keys(
    on: &impl Access,
    viewer: Viewer,
    campaign: CampaignId,
) -> Result<Vec<SheetKey>, StoreError> {
    visible(viewer)
        .filter(need_sheet::COLUMN.campaign_id.eq(campaign.0))
        .order_by_asc(need_sheet::COLUMN.id)
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading need sheets"))?
        .into_iter()
        .map(|row| {
            let state = SheetState::from_code(&row.state);
            Ok(SheetKey {
                id: NeedSheetId(row.id),
                member: OrganisationId(row.organisation_id),
                site: SiteId(row.site_id),
                state: coded(state, ("need_sheet", row.id, "state"), &row.state)?,
            })
        })
        .collect()
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
    let (lots, subscribed) = lots(tx, &row).await?;
    let census = stored_census(campaign, lots)?;
    let lines = lines_of(tx, &row).await?;
    let articles = facts(tx, &census, asked, day).await?;
    let last_year = last_year(tx, &census, &row).await?;
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
const PREVIOUS: &str = "(SELECT p.id FROM campaign p WHERE p.convention_id = $2 AND p.id <> $1 \
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
    let at = |column| ("campaign", row.campaign_id, column);
    let first = i32::try_from(previous.first_year).ok();
    let first = coded(first, at("first_year"), &previous.first_year.to_string())?;
    let years = usize::try_from(previous.years).ok();
    let years = coded(years, at("years"), &previous.years.to_string())?;
    let lines = lines_of(on, &row).await?;
    let answer = stored(row, lines, (first, years))?.sheet.answer;
    Ok(Some(answer).filter(|answer| *answer != NeedAnswer::Silent))
}

/// Writes `sheet` in the place of `before`, unless somebody else has changed it since it was
/// read. Years without a quantity have no line.
pub async fn save_sheet(
    tx: &Tx,
    before: &StoredSheet,
    sheet: &NeedSheet,
    first_year: i32,
    answered_at: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    let doing = "saving a need sheet";
    let (answer, lines): (_, &[NeedLine]) = match &sheet.answer {
        NeedAnswer::Silent => (None, &[]),
        NeedAnswer::Nothing => (Some("nothing".to_owned()), &[]),
        NeedAnswer::Needs(lines) => (Some("needs".to_owned()), lines),
    };
    let source = sheet.source.as_ref();
    let signature = sheet.signature.as_ref();
    let row = need_sheet::ActiveModel {
        id: NotSet,
        campaign_id: NotSet,
        organisation_id: NotSet,
        site_id: NotSet,
        state: Set(sheet.state.code().to_owned()),
        answer: Set(answer),
        channel: Set(source.map(|source| source.channel.code().to_owned())),
        typed_by: Set(source.map(|source| source.typed_by.clone())),
        told_by: Set(source.and_then(|source| source.told_by.clone())),
        note: Set(source.map_or_else(String::new, |source| source.note.clone())),
        answered_at: Set(answered_at),
        signed_by: Set(signature.map(|signature| signature.name.clone())),
        signed_quality: Set(signature.map(|signature| signature.quality.clone())),
        signed_on: Set(signature.map(|signature| signature.on)),
        version: Set(before.version + 1),
    };
    let moved = need_sheet::Entity::update_many()
        .set(row)
        .filter(need_sheet::COLUMN.id.eq(before.id.0))
        .filter(need_sheet::COLUMN.version.eq(before.version))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during(doing))?;
    if moved.rows_affected != 1 {
        return Err(StoreError::Overtaken { what: "need sheet", id: before.id.0 });
    }
    if before.sheet.answer == sheet.answer {
        return Ok(());
    }
    if matches!(before.sheet.answer, NeedAnswer::Needs(_)) {
        need_line::Entity::delete_many()
            .filter(need_line::COLUMN.sheet_id.eq(before.id.0))
            .exec(tx.connection())
            .await
            .map_err(StoreError::during(doing))?;
    }
    let rows = lines.iter().flat_map(|line| {
        let years = line.quantities.iter().zip(i64::from(first_year)..);
        years.filter(|(quantity, _)| !quantity.is_zero()).map(|(quantity, year)| {
            need_line::ActiveModel {
                id: NotSet,
                sheet_id: Set(before.id.0),
                campaign_id: Set(sheet.campaign.0),
                organisation_id: Set(sheet.member.0),
                site_id: Set(sheet.site.map_or(0, |site| site.0)),
                article_id: Set(line.article.0),
                year: Set(year),
                quantity_milli: Set(quantity.thousandths()),
                tolerance_milli: Set(line.tolerance.thousandths()),
            }
        })
    });
    insert_all::<need_line::Entity, _>(tx, rows.collect(), 9, doing).await
}

/// Locks every sheet of a census that was sent; which ones.
pub async fn lock_sheets(tx: &Tx, campaign: CampaignId) -> Result<Vec<NeedSheetId>, StoreError> {
    let locked = need_sheet::Entity::update_many()
        .col_expr(need_sheet::Column::State, Expr::value(SheetState::Locked.code()))
        .col_expr(need_sheet::Column::Version, Expr::col(need_sheet::Column::Version).add(1))
        .filter(need_sheet::COLUMN.campaign_id.eq(campaign.0))
        .filter(
            need_sheet::COLUMN
                .state
                .is_in([SheetState::Submitted.code(), SheetState::Reopened.code()]),
        )
        .exec_with_returning(tx.connection())
        .await
        .map_err(StoreError::during("locking need sheets"))?;
    let mut ids: Vec<_> = locked.into_iter().map(|row| NeedSheetId(row.id)).collect();
    ids.sort_unstable();
    Ok(ids)
}
