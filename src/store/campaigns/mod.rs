//! Censuses and the steps they take.

use std::collections::BTreeSet;

use domain::campaigns::census::{Census, CensusState};
use domain::ids::{CampaignId, ConventionId, LotId};
use entities::{campaign, campaign_lot};
use sea_orm::sea_query::Expr;
use sea_orm::{EntityTrait, QueryFilter, QuerySelect};

use super::group::coded;
use super::{Access, StoreError, Tx};

/// A census with its row's number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCensus {
    pub id: CampaignId,
    pub convention: ConventionId,
    pub census: Census,
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
    let at = |column| ("campaign", row.id, column);
    let whole =
        |stored: i64, column| coded(i32::try_from(stored).ok(), at(column), &stored.to_string());
    let years = coded(usize::try_from(row.years).ok(), at("years"), &row.years.to_string())?;
    Ok(StoredCensus {
        id: CampaignId(row.id),
        convention: ConventionId(row.convention_id),
        census: Census {
            state: coded(CensusState::from_code(&row.state), at("state"), &row.state)?,
            opens_on: row.opens_on,
            closes_on: row.closes_on,
            first_year: whole(row.first_year, "first_year")?,
            years,
            lots,
            name: row.title,
        },
    })
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
