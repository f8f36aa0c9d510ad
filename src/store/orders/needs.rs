//! The needs of one year that count, of every member at once.

use domain::ids::{ArticleId, OrganisationId, SiteId};
use domain::quantity::Quantity;
use sea_orm::FromQueryResult;

use super::terms::Window;
use crate::store::group::coded;
use crate::store::{Access, StoreError, sql};

/// What one delivery point needs of one article in the year of the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedNeed {
    pub member: OrganisationId,
    pub site: SiteId,
    pub article: ArticleId,
    pub reference: String,
    pub quantity: Quantity,
    pub tolerance: Quantity,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    organisation_id: i64,
    site_id: i64,
    article_id: i64,
    reference: String,
    quantity_milli: i64,
    tolerance_milli: i64,
}

/// Every need of the window's census, year and lot that counts (a draft sheet does not), by
/// article reference, then SIRET, then name of the delivery point: the order in which packs
/// are shared.
pub async fn counted_needs(
    on: &impl Access,
    window: &Window,
) -> Result<Vec<CountedNeed>, StoreError> {
    let text = "SELECT n.id, n.organisation_id, n.site_id, n.article_id, a.reference, \
                n.quantity_milli, n.tolerance_milli \
                FROM need_line n JOIN need_sheet s ON s.id = n.sheet_id \
                JOIN article a ON a.id = n.article_id \
                JOIN site p ON p.id = n.site_id \
                JOIN organisation o ON o.id = n.organisation_id \
                LEFT JOIN siret i ON i.organisation_id = n.organisation_id AND i.valid_to IS NULL \
                WHERE n.campaign_id = $1 AND n.year = $2 AND a.lot = $3 AND n.quantity_milli > 0 \
                AND s.state <> 'draft' AND s.answer = 'needs' \
                ORDER BY a.reference, COALESCE(i.siret, o.siren), p.name, n.id";
    let values = [
        window.window.campaign.0.into(),
        i64::from(window.window.year).into(),
        window.contract.agreement.terms().lot.as_str().into(),
    ];
    Row::find_by_statement(sql(on.connection(), text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading needs"))?
        .into_iter()
        .map(|row| {
            let quantity = |milli: i64, column| {
                let at = ("need_line", row.id, column);
                coded(Quantity::from_thousandths(milli).ok(), at, &milli.to_string())
            };
            Ok(CountedNeed {
                member: OrganisationId(row.organisation_id),
                site: SiteId(row.site_id),
                article: ArticleId(row.article_id),
                quantity: quantity(row.quantity_milli, "quantity_milli")?,
                tolerance: quantity(row.tolerance_milli, "tolerance_milli")?,
                reference: row.reference,
            })
        })
        .collect()
}
