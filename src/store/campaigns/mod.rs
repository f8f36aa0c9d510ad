//! Censuses, the sheets of their members, and how far they got.
//!
//! `need_line` holds only what counts: lines are written when a sheet is sent, never
//! before, and one sheet is one member at one delivery point. So a line of an article
//! and year *is* that delivery point's need, and consolidation adds lines up in one pass.

mod anomalies;
mod answering;
mod answers;
mod desk;
mod drafts;
mod figures;
mod frozen;
mod member;
mod opening;
mod reach;
mod road;
mod sheets;
mod silent;

pub use anomalies::{Anomaly, anomalies, anomaly_counts};
pub use answering::{Answering, answering, last_answer, read_sheet};
pub use answers::{AnswerFilter, MemberAnswer, member_answers};
pub use desk::{
    CensusLine, Closing, Opening, SiteAsk, asks_of, census_list, closing, history,
    move_closing_day, opening,
};
pub use drafts::{StoredDraft, draft_of, drafts, remove_drafts, save_draft};
pub use figures::{EpciProgress, Progress, SilentMember, progress, progress_by_epci, silent};
pub use frozen::{FrozenArticle, frozen, frozen_articles};
pub use member::{
    LastAnswer, ListedCensus, MemberCensus, OfferedArticle, add_blank_sheets_of, asked_at,
    censuses_of_member, member_census, member_census_to_answer, receipt_of,
};
pub use opening::{add_blank_sheets, add_delivery_points, freeze_articles, members_without_sheet};
pub use road::road_facts;
pub use sheets::{SheetKey, StoredSheet, lock_sheets, save_sheet, sheet_keys, sheets};
pub use silent::{SilentLine, Unreachable, silent_members, unreachable};

use std::collections::{BTreeMap, BTreeSet};

use domain::campaigns::census::{Census, CensusState};
use domain::ids::{CampaignId, ConventionId, LotId, OrganisationId};
use entities::{campaign, campaign_lot, paper};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::group::coded;
use super::platform::insert_all;
use super::{Access, StoreError, Tx};

/// A census with its row's number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCensus {
    pub id: CampaignId,
    pub convention: ConventionId,
    pub census: Census,
}

/// Adds a census and its lots.
pub async fn add_census(
    tx: &Tx,
    convention: ConventionId,
    census: &Census,
) -> Result<CampaignId, StoreError> {
    let doing = "adding a census";
    let row = campaign::ActiveModel {
        id: NotSet,
        convention_id: Set(convention.0),
        title: Set(census.name.clone()),
        state: Set(census.state.code().to_owned()),
        opens_on: Set(census.opens_on),
        closes_on: Set(census.closes_on),
        first_year: Set(census.first_year.into()),
        years: Set(i64::try_from(census.years).unwrap_or(i64::MAX)),
    }
    .insert(tx.connection())
    .await
    .map_err(StoreError::during(doing))?;
    let lots = census.lots.iter().map(|lot| campaign_lot::ActiveModel {
        id: NotSet,
        campaign_id: Set(row.id),
        lot_id: Set(lot.0),
    });
    insert_all::<campaign_lot::Entity, _>(tx, lots.collect(), 3, doing).await?;
    Ok(CampaignId(row.id))
}

/// Changes the terms of a draft census, unless somebody has moved it since it was read.
pub async fn correct_census(tx: &Tx, id: CampaignId, census: &Census) -> Result<(), StoreError> {
    let doing = "correcting a census";
    let changed = campaign::Entity::update_many()
        .col_expr(campaign::Column::Title, Expr::value(census.name.clone()))
        .col_expr(campaign::Column::OpensOn, Expr::value(census.opens_on))
        .col_expr(campaign::Column::ClosesOn, Expr::value(census.closes_on))
        .col_expr(campaign::Column::FirstYear, Expr::value(i64::from(census.first_year)))
        .col_expr(
            campaign::Column::Years,
            Expr::value(i64::try_from(census.years).unwrap_or(i64::MAX)),
        )
        .filter(campaign::COLUMN.id.eq(id.0))
        .filter(campaign::COLUMN.state.eq(CensusState::Draft.code()))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during(doing))?;
    if changed.rows_affected != 1 {
        return Err(StoreError::Overtaken { what: "census", id: id.0 });
    }
    campaign_lot::Entity::delete_many()
        .filter(campaign_lot::COLUMN.campaign_id.eq(id.0))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let lots = census.lots.iter().map(|lot| campaign_lot::ActiveModel {
        id: NotSet,
        campaign_id: Set(id.0),
        lot_id: Set(lot.0),
    });
    insert_all::<campaign_lot::Entity, _>(tx, lots.collect(), 3, doing).await
}

/// The census of the convention that has this name.
pub async fn named(
    on: &impl Access,
    convention: ConventionId,
    name: &str,
) -> Result<Option<CampaignId>, StoreError> {
    let found = campaign::Entity::find()
        .filter(campaign::COLUMN.convention_id.eq(convention.0))
        .filter(campaign::COLUMN.title.eq(name))
        .one(on.connection())
        .await
        .map_err(StoreError::during("finding a census by its name"))?;
    Ok(found.map(|row| CampaignId(row.id)))
}

/// The census `id`.
pub async fn census(on: &impl Access, id: CampaignId) -> Result<StoredCensus, StoreError> {
    let row = campaign::Entity::find_by_id(id.0);
    with_lots(on, row.one(on.connection()).await, id).await
}

/// The census `id`, which nobody else moves before this transaction ends.
pub async fn census_to_move(tx: &Tx, id: CampaignId) -> Result<StoredCensus, StoreError> {
    let row = campaign::Entity::find_by_id(id.0).lock_exclusive();
    with_lots(tx, row.one(tx.connection()).await, id).await
}

async fn with_lots(
    on: &impl Access,
    found: Result<Option<campaign::Model>, sea_orm::DbErr>,
    id: CampaignId,
) -> Result<StoredCensus, StoreError> {
    let doing = "reading a census";
    let row = found
        .map_err(StoreError::during(doing))?
        .ok_or_else(|| StoreError::NotFound { what: "census", id: id.to_string() })?;
    let lots = campaign_lot::Entity::find()
        .filter(campaign_lot::COLUMN.campaign_id.eq(id.0))
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    stored_census(row, lots.into_iter().map(|lot| LotId(lot.lot_id)).collect())
}

fn stored_census(row: campaign::Model, lots: BTreeSet<LotId>) -> Result<StoredCensus, StoreError> {
    let (first_year, years) = span(row.id, row.first_year, row.years)?;
    let state = CensusState::from_code(&row.state);
    Ok(StoredCensus {
        id: CampaignId(row.id),
        convention: ConventionId(row.convention_id),
        census: Census {
            state: coded(state, ("campaign", row.id, "state"), &row.state)?,
            opens_on: row.opens_on,
            closes_on: row.closes_on,
            first_year,
            years,
            lots,
            name: row.title,
        },
    })
}

/// The first year that a census asks about, and how many.
fn span(id: i64, first_year: i64, years: i64) -> Result<(i32, usize), StoreError> {
    let at = |column| ("campaign", id, column);
    let first = coded(i32::try_from(first_year).ok(), at("first_year"), &first_year.to_string())?;
    let count = coded(usize::try_from(years).ok(), at("years"), &years.to_string())?;
    Ok((first, count))
}

/// Every census of a convention, the one that opened last first.
pub async fn censuses(
    on: &impl Access,
    convention: ConventionId,
) -> Result<Vec<StoredCensus>, StoreError> {
    let doing = "reading censuses";
    let mut lots: BTreeMap<i64, BTreeSet<LotId>> = BTreeMap::new();
    let rows = campaign_lot::Entity::find().all(on.connection()).await;
    for row in rows.map_err(StoreError::during(doing))? {
        lots.entry(row.campaign_id).or_default().insert(LotId(row.lot_id));
    }
    campaign::Entity::find()
        .filter(campaign::COLUMN.convention_id.eq(convention.0))
        .order_by_desc(campaign::COLUMN.opens_on)
        .order_by_desc(campaign::COLUMN.id)
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?
        .into_iter()
        .map(|row| {
            let lots = lots.remove(&row.id).unwrap_or_default();
            stored_census(row, lots)
        })
        .collect()
}

/// Moves a census, unless somebody else has moved it since it was read.
pub async fn move_census(
    tx: &Tx,
    id: CampaignId,
    from: CensusState,
    to: CensusState,
) -> Result<(), StoreError> {
    let moved = campaign::Entity::update_many()
        .col_expr(campaign::Column::State, Expr::value(to.code()))
        .filter(campaign::COLUMN.id.eq(id.0))
        .filter(campaign::COLUMN.state.eq(from.code()))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("moving a census"))?;
    if moved.rows_affected == 1 {
        Ok(())
    } else {
        Err(StoreError::Overtaken { what: "census", id: id.0 })
    }
}

/// How many members have their receipt of this census.
pub async fn receipts_issued(on: &impl Access, id: CampaignId) -> Result<i64, StoreError> {
    let count = paper::Entity::find()
        .filter(paper::COLUMN.campaign_id.eq(id.0))
        .filter(paper::COLUMN.kind.eq("needs_receipt"))
        .count(on.connection())
        .await
        .map_err(StoreError::during("counting the receipts of a census"))?;
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}

/// The members that have their receipt of this census.
pub async fn with_receipt(
    on: &impl Access,
    id: CampaignId,
) -> Result<BTreeSet<OrganisationId>, StoreError> {
    let rows = paper::Entity::find()
        .filter(paper::COLUMN.campaign_id.eq(id.0))
        .filter(paper::COLUMN.kind.eq("needs_receipt"))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the receipts of a census"))?;
    Ok(rows.into_iter().filter_map(|row| row.organisation_id.map(OrganisationId)).collect())
}
