//! The articles that a census froze when it opened: neither their list nor their terms ever
//! change, so that they are read once.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use domain::catalogue::{ArticleRef, ArticleTerms};
use domain::ids::{ArticleId, ArticleVersionId, CampaignId, LotId};
use entities::article_version;
use sea_orm::FromQueryResult;

use crate::store::group::coded;
use crate::store::kept::kept;
use crate::store::{Access, StoreError, catalogue, sql};

/// An article as a census froze it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrozenArticle {
    pub id: ArticleId,
    pub version: ArticleVersionId,
    pub reference: ArticleRef,
    pub lot: LotId,
    pub lot_number: String,
    pub lot_title: String,
    pub family: String,
    pub sub_family: String,
    pub terms: ArticleTerms,
}

#[derive(FromQueryResult)]
struct Row {
    reference: String,
    lot_id: i64,
    lot_number: String,
    lot_title: String,
    family: String,
    subfamily: String,
    #[sea_orm(nested)]
    version: article_version::Model,
}

/// The articles that a census froze, in the order of lots, families and references. None before
/// it opens.
pub async fn frozen(
    on: &impl Access,
    id: CampaignId,
) -> Result<Arc<[Arc<FrozenArticle>]>, StoreError> {
    kept(on, |kept| &kept.articles, id, async |on| read(on, id).await).await
}

async fn read(on: &impl Access, id: CampaignId) -> Result<Vec<Arc<FrozenArticle>>, StoreError> {
    let text = "SELECT v.*, a.reference, l.id AS lot_id, l.number AS lot_number, \
                l.title AS lot_title, a.family, a.subfamily \
                FROM campaign c JOIN campaign_article f ON f.campaign_id = c.id \
                JOIN article a ON a.id = f.article_id \
                JOIN article_version v ON v.id = f.version_id \
                JOIN lot l ON l.convention_id = c.convention_id AND l.number = a.lot \
                WHERE c.id = $1 ORDER BY l.id, a.family, a.reference";
    let rows = Row::find_by_statement(sql(on.connection(), text, [id.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading the articles of a census"))?;
    rows.into_iter()
        .map(|row| {
            let id = row.version.article_id;
            let reference =
                coded(row.reference.parse().ok(), ("article", id, "reference"), &row.reference)?;
            Ok(Arc::new(FrozenArticle {
                id: ArticleId(id),
                version: ArticleVersionId(row.version.id),
                reference,
                lot: LotId(row.lot_id),
                lot_number: row.lot_number,
                lot_title: row.lot_title,
                family: row.family,
                sub_family: row.subfamily,
                terms: catalogue::terms(row.version)?,
            }))
        })
        .collect()
}

/// The same, by number.
pub async fn frozen_articles(
    on: &impl Access,
    id: CampaignId,
) -> Result<BTreeMap<ArticleId, Arc<FrozenArticle>>, StoreError> {
    let articles = frozen(on, id).await?;
    Ok(articles.iter().map(|article| (article.id, Arc::clone(article))).collect())
}

#[derive(FromQueryResult)]
struct Retired {
    article_id: i64,
    retired_on: NaiveDate,
}

/// Those of them that were retired since, and from which day on.
pub(super) async fn retired(
    on: &impl Access,
    id: CampaignId,
) -> Result<BTreeMap<ArticleId, NaiveDate>, StoreError> {
    let text = "SELECT f.article_id, a.retired_on FROM campaign_article f \
                JOIN article a ON a.id = f.article_id \
                WHERE f.campaign_id = $1 AND a.retired_on IS NOT NULL";
    let rows = Retired::find_by_statement(sql(on.connection(), text, [id.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading retired articles of a census"))?;
    Ok(rows.into_iter().map(|row| (ArticleId(row.article_id), row.retired_on)).collect())
}
