//! The sheets of a census: what a member asks for at a delivery point.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::campaigns::sheet::{
    AnswerChannel, AnswerSource, NeedAnswer, NeedLine, NeedSheet, SheetState,
};
use domain::group::contact::Signature;
use domain::ids::{ArticleId, CampaignId, NeedSheetId, OrganisationId, SiteId};
use domain::quantity::Quantity;
use entities::{need_line, need_sheet};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};

use super::StoredCensus;
use crate::store::group::coded;
use crate::store::platform::insert_all;
use crate::store::{Access, StoreError, Tx, Viewer};

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

/// Every query on sheets starts here, so that none forgets whose they are.
pub(super) fn visible(viewer: Viewer) -> Select<need_sheet::Entity> {
    match viewer {
        Viewer::Coordinator => need_sheet::Entity::find(),
        Viewer::Member(member) => {
            need_sheet::Entity::find().filter(need_sheet::COLUMN.organisation_id.eq(member.0))
        }
    }
}

pub(super) fn quantity(milli: i64, id: i64) -> Result<Quantity, StoreError> {
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

pub(super) fn stored(
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
    let ids = find.clone().select_only().column(need_sheet::Column::Id).into_query();
    let rows = find
        .order_by_asc(need_sheet::COLUMN.id)
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let mut lines = lines(on, &rows, need_line::COLUMN.sheet_id.in_subquery(ids)).await?;
    let years = (census.census.first_year, census.census.years);
    rows.into_iter()
        .map(|row| {
            let lines = lines.remove(&row.id).unwrap_or_default();
            stored(row, lines, years)
        })
        .collect()
}

/// The lines of `sheets`, which are those that `of_them` picks, by the number of their sheet.
pub(super) async fn lines(
    on: &impl Access,
    sheets: &[need_sheet::Model],
    of_them: Expr,
) -> Result<BTreeMap<i64, Vec<need_line::Model>>, StoreError> {
    let mut lines: BTreeMap<i64, Vec<need_line::Model>> = BTreeMap::new();
    if sheets.iter().any(|sheet| sheet.answer.as_deref() == Some("needs")) {
        let rows = need_line::Entity::find().filter(of_them).all(on.connection()).await;
        for row in rows.map_err(StoreError::during("reading the lines of sheets"))? {
            lines.entry(row.sheet_id).or_default().push(row);
        }
    }
    Ok(lines)
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
