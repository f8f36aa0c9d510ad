//! What members typed and have not sent, one draft a sheet.
//!
//! The text is kept as it was typed, in JSON; what an answer is, is judged when it is read.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::campaigns::typed::Typed;
use domain::ids::{CampaignId, NeedSheetId};
use entities::{need_draft, need_sheet};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use super::sheets::visible;
use crate::store::group::coded;
use crate::store::{Access, StoreError, Tx, Viewer, sql};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDraft {
    /// Goes up with every save; who saves names the one that was read, 0 for none.
    pub version: i64,
    pub typed: Typed,
    pub saved_by: String,
    pub saved_at: DateTime<Utc>,
}

fn draft(row: need_draft::Model) -> Result<(NeedSheetId, StoredDraft), StoreError> {
    let typed = serde_json::from_str(&row.body).ok();
    let typed = coded(typed, ("need_draft", row.id, "body"), &row.body)?;
    let draft =
        StoredDraft { version: row.version, typed, saved_by: row.saved_by, saved_at: row.saved_at };
    Ok((NeedSheetId(row.sheet_id), draft))
}

/// The drafts of a census that `viewer` may see.
pub async fn drafts(
    on: &impl Access,
    viewer: Viewer,
    campaign: CampaignId,
) -> Result<BTreeMap<NeedSheetId, StoredDraft>, StoreError> {
    let sheets = visible(viewer)
        .filter(need_sheet::COLUMN.campaign_id.eq(campaign.0))
        .select_only()
        .column(need_sheet::Column::Id)
        .into_query();
    need_draft::Entity::find()
        .filter(need_draft::COLUMN.sheet_id.in_subquery(sheets))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading drafts of needs"))?
        .into_iter()
        .map(draft)
        .collect()
}

/// The draft of one sheet.
pub async fn draft_of(
    on: &impl Access,
    sheet: NeedSheetId,
) -> Result<Option<StoredDraft>, StoreError> {
    let row = need_draft::Entity::find()
        .filter(need_draft::COLUMN.sheet_id.eq(sheet.0))
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading a draft of needs"))?;
    Ok(row.map(draft).transpose()?.map(|(_, draft)| draft))
}

/// Keeps `typed` in the place of the draft of version `before`; its new version, or `None` where
/// somebody else saved meanwhile and nothing was written.
pub async fn save_draft(
    tx: &Tx,
    sheet: NeedSheetId,
    before: i64,
    typed: &Typed,
    by: &str,
    at: DateTime<Utc>,
) -> Result<Option<i64>, StoreError> {
    let body = serde_json::to_string(typed).map_err(|_| StoreError::Corrupt {
        table: "need_draft",
        id: sheet.0,
        column: "body",
        found: format!("{typed:?}"),
    })?;
    let text = if before == 0 {
        "INSERT INTO need_draft (sheet_id, body, saved_by, saved_at, version) \
         VALUES ($1, $2, $3, $4, $5 + 1) ON CONFLICT (sheet_id) DO NOTHING"
    } else {
        "UPDATE need_draft SET body = $2, saved_by = $3, saved_at = $4, version = version + 1 \
         WHERE sheet_id = $1 AND version = $5"
    };
    let values = [sheet.0.into(), body.into(), by.into(), at.into(), before.into()];
    let written = tx
        .connection()
        .execute_raw(sql(tx.connection(), text, values))
        .await
        .map_err(StoreError::during("saving a draft of needs"))?;
    Ok((written.rows_affected() == 1).then_some(before + 1))
}

/// Removes the drafts of sheets that were sent.
pub async fn remove_drafts(tx: &Tx, sheets: &[NeedSheetId]) -> Result<(), StoreError> {
    need_draft::Entity::delete_many()
        .filter(need_draft::COLUMN.sheet_id.is_in(sheets.iter().map(|sheet| sheet.0)))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("removing drafts of needs"))?;
    Ok(())
}
