//! What opening a census writes: its articles frozen, delivery points, a blank sheet at each.

use chrono::NaiveDate;
use domain::ids::CampaignId;
use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::store::{Access, StoreError, Tx, sql};

/// What the lots of census `$1` offer on day `$2`: what opening freezes, and its preview counts.
pub(super) const OFFERED: &str = "FROM campaign_lot c \
     JOIN lot l ON l.id = c.lot_id JOIN article a ON a.lot = l.number \
     JOIN article_version v ON v.article_id = a.id \
     WHERE c.campaign_id = $1 AND (a.retired_on IS NULL OR a.retired_on > $2) \
     AND v.valid_from = (SELECT MAX(o.valid_from) FROM article_version o \
                         WHERE o.article_id = a.id AND o.valid_from <= $2)";

/// Every census `c` with every active member `m` that subscribed one of its lots.
pub(super) const ASKED: &str = "FROM campaign c \
     JOIN membership m ON m.convention_id = c.convention_id AND m.state = 'active' \
     AND EXISTS (SELECT 1 FROM membership_lot ml JOIN campaign_lot cl ON cl.lot_id = ml.lot_id \
                 WHERE ml.membership_id = m.id AND cl.campaign_id = c.id)";

/// The sheets that censuses still lack, at delivery points `s` in use: what opening one adds, and
/// its preview counts.
pub(super) fn blank() -> String {
    format!(
        "{ASKED} JOIN site s ON s.organisation_id = m.organisation_id AND NOT s.retired \
         AND NOT EXISTS (SELECT 1 FROM need_sheet n WHERE n.campaign_id = c.id \
                         AND n.organisation_id = m.organisation_id AND n.site_id = s.id)"
    )
}

/// The members that censuses ask and that never said where to deliver, but have an address.
pub(super) fn at_home() -> String {
    format!(
        "{ASKED} JOIN organisation o ON o.id = m.organisation_id \
         AND o.postcode IS NOT NULL AND o.town IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM site s WHERE s.organisation_id = o.id)"
    )
}

/// The members that censuses ask and that have no sheet, for want of a delivery point.
pub(super) fn without_sheet() -> String {
    format!(
        "{ASKED} AND NOT EXISTS (SELECT 1 FROM need_sheet n WHERE n.campaign_id = c.id \
         AND n.organisation_id = m.organisation_id)"
    )
}

/// Freezes for the census what its lots offer on `day`: members answer these versions, whatever
/// the catalogue becomes. How many articles.
pub async fn freeze_articles(tx: &Tx, id: CampaignId, day: NaiveDate) -> Result<u64, StoreError> {
    let text = format!(
        "INSERT INTO campaign_article (campaign_id, article_id, version_id, pack_milli) \
         SELECT c.campaign_id, a.id, v.id, v.pack_milli {OFFERED}"
    );
    let statement = sql(tx.connection(), &text, [id.0.into(), day.into()]);
    let frozen = tx.connection().execute_raw(statement).await;
    Ok(frozen.map_err(StoreError::during("freezing the articles of a census"))?.rows_affected())
}

/// Makes the address of each member that never said where to deliver its delivery point: it mends
/// that while it answers. How many.
pub async fn add_delivery_points(tx: &Tx, id: CampaignId) -> Result<u64, StoreError> {
    let text = format!(
        "INSERT INTO site (organisation_id, name, address_lines, postcode, town, hours, \
         constraints, retired) \
         SELECT o.id, CASE WHEN o.kind = 'commune' THEN 'Mairie' ELSE 'Siège' END, \
         o.address_lines, o.postcode, o.town, '', '', FALSE {} WHERE c.id = $1 ORDER BY o.id",
        at_home()
    );
    let statement = sql(tx.connection(), &text, [id.0.into()]);
    let added = tx.connection().execute_raw(statement).await;
    Ok(added.map_err(StoreError::during("making delivery points"))?.rows_affected())
}

/// A blank sheet for every active member that subscribed one of the census's lots, at each of
/// its delivery points in use, where there is none yet. How many.
pub async fn add_blank_sheets(tx: &Tx, id: CampaignId) -> Result<u64, StoreError> {
    let text = format!(
        "INSERT INTO need_sheet (campaign_id, organisation_id, site_id, state, note, version) \
         SELECT c.id, m.organisation_id, s.id, 'draft', '', 0 {} \
         WHERE c.id = $1 ORDER BY m.organisation_id, s.id",
        blank()
    );
    let statement = sql(tx.connection(), &text, [id.0.into()]);
    let added = tx.connection().execute_raw(statement).await;
    Ok(added.map_err(StoreError::during("making blank sheets"))?.rows_affected())
}

/// Active members that subscribed one of the census's lots and have no sheet, for want of a
/// delivery point.
pub async fn members_without_sheet(on: &impl Access, id: CampaignId) -> Result<u64, StoreError> {
    #[derive(FromQueryResult)]
    struct Count {
        members: i64,
    }
    let text = format!("SELECT COUNT(*) AS members {} WHERE c.id = $1", without_sheet());
    let found = Count::find_by_statement(sql(on.connection(), &text, [id.0.into()]))
        .one(on.connection())
        .await
        .map_err(StoreError::during("counting members without a delivery point"))?;
    Ok(found.map_or(0, |count| count.members.unsigned_abs()))
}
