//! What the consolidated sheet of a lot says beyond its articles: who needs them and where.

use std::collections::{BTreeMap, BTreeSet};

use domain::catalogue::LotCode;
use domain::ids::{ArticleId, CampaignId, LotId, OrganisationId, ProcedureId, SiteId, TenderLotId};
use sea_orm::FromQueryResult;

use super::consolidation::LEFT;
use crate::store::group::coded;
use crate::store::{Access, StoreError, sql};

/// How many members need something of a lot, over all years.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LotMembers {
    pub of_the_lot: usize,
    pub by_article: BTreeMap<ArticleId, usize>,
    /// Where, by name of the member, then of the delivery point.
    pub sites: Vec<(OrganisationId, SiteId)>,
}

#[derive(FromQueryResult)]
struct Articles {
    article_id: i64,
    members: i64,
}

#[derive(FromQueryResult)]
struct Sites {
    organisation_id: i64,
    site_id: i64,
}

/// What consolidation counts.
const COUNTED: &str = "FROM need_line n JOIN need_sheet s ON s.id = n.sheet_id \
     JOIN article a ON a.id = n.article_id JOIN lot l ON l.number = a.lot AND l.id = $2 \
     JOIN organisation o ON o.id = n.organisation_id JOIN site p ON p.id = n.site_id \
     WHERE n.campaign_id = $1 AND n.quantity_milli > 0 AND s.state <> 'draft' AND s.answer = 'needs'";

/// The members and delivery points whose needs of `lot` in `campaign` count.
pub async fn lot_members(
    on: &impl Access,
    campaign: CampaignId,
    lot: LotId,
) -> Result<LotMembers, StoreError> {
    let doing = "reading the members of a lot";
    let values = [campaign.0.into(), lot.0.into()];
    let text = format!(
        "SELECT n.article_id, COUNT(DISTINCT n.organisation_id) AS members {COUNTED} \
         AND n.organisation_id NOT IN ({LEFT}) GROUP BY n.article_id"
    );
    let articles = Articles::find_by_statement(sql(on.connection(), &text, values.clone()))
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let text = format!(
        "SELECT n.organisation_id, n.site_id {COUNTED} \
         AND n.organisation_id NOT IN ({LEFT}) GROUP BY n.organisation_id, n.site_id, o.name, p.name ORDER BY o.name, n.organisation_id, \
         p.name, n.site_id"
    );
    let sites = Sites::find_by_statement(sql(on.connection(), &text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let count = |members: i64| usize::try_from(members).unwrap_or_default();
    let sites: Vec<(OrganisationId, SiteId)> = sites
        .into_iter()
        .map(|row| (OrganisationId(row.organisation_id), SiteId(row.site_id)))
        .collect();
    // The member's points stand together: two members of one name are told apart by number.
    let of_the_lot = sites.chunk_by(|a, b| a.0 == b.0).count();
    Ok(LotMembers {
        of_the_lot,
        by_article: articles
            .into_iter()
            .map(|row| (ArticleId(row.article_id), count(row.members)))
            .collect(),
        sites,
    })
}

/// How many members need something of a lot, at how many delivery points.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LotCounts {
    pub members: i64,
    pub sites: i64,
}

#[derive(FromQueryResult)]
struct Counted {
    lot: String,
    members: i64,
    sites: i64,
}

/// The same counts for every lot of a census, in one query; a lot that nobody needs is not there.
pub async fn lot_counts(
    on: &impl Access,
    campaign: CampaignId,
) -> Result<BTreeMap<LotCode, LotCounts>, StoreError> {
    let text = format!(
        "SELECT a.lot, COUNT(DISTINCT n.organisation_id) AS members, \
         COUNT(DISTINCT n.site_id) AS sites FROM need_line n JOIN need_sheet s ON s.id = n.sheet_id \
         JOIN article a ON a.id = n.article_id WHERE n.campaign_id = $1 AND n.quantity_milli > 0 \
         AND s.state <> 'draft' AND s.answer = 'needs' AND n.organisation_id NOT IN ({LEFT}) \
         GROUP BY a.lot"
    );
    Counted::find_by_statement(sql(on.connection(), &text, [campaign.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("counting the members of lots"))?
        .into_iter()
        .map(|row| {
            let code = coded(row.lot.parse().ok(), ("article", campaign.0, "lot"), &row.lot)?;
            Ok((code, LotCounts { members: row.members, sites: row.sites }))
        })
        .collect()
}

#[derive(FromQueryResult)]
struct Issued {
    tender_lot_id: i64,
}

/// The lots of a procedure whose sheet is issued.
pub async fn lots_with_sheet(
    on: &impl Access,
    procedure: ProcedureId,
) -> Result<BTreeSet<TenderLotId>, StoreError> {
    let text = "SELECT t.id AS tender_lot_id FROM paper p JOIN tender_lot t ON t.id = p.tender_lot_id \
                WHERE p.kind = 'lot_sheet' AND t.procedure_id = $1";
    let rows = Issued::find_by_statement(sql(on.connection(), text, [procedure.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading lot sheets"))?;
    Ok(rows.into_iter().map(|row| TenderLotId(row.tender_lot_id)).collect())
}
