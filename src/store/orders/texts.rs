//! What papers and amendments ask of an order beyond its own rows.

use std::collections::{BTreeSet, HashMap};

use domain::ids::{ArticleVersionId, ContractId, OrderId};
use domain::quantity::Quantity;
use sea_orm::FromQueryResult;

use crate::store::{Access, StoreError, sql};

/// What papers print of article versions: reference, label, unit as worded, pack.
pub async fn article_texts(
    on: &impl Access,
    contract: ContractId,
) -> Result<HashMap<ArticleVersionId, ArticleText>, StoreError> {
    let text = "SELECT DISTINCT v.id, a.reference, v.label, v.unit_label, v.takes_decimals, v.pack_milli, \
                a.family FROM article_version v JOIN article a ON a.id = v.article_id \
                JOIN price_line p ON p.version_id = v.id JOIN price_schedule s ON s.id = p.schedule_id \
                WHERE s.contract_id = $1";
    let rows = ArticleText::find_by_statement(sql(on.connection(), text, [contract.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading articles"))?;
    Ok(rows.into_iter().map(|row| (ArticleVersionId(row.id), row)).collect())
}

#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct ArticleText {
    pub id: i64,
    pub reference: String,
    pub label: String,
    pub unit_label: String,
    pub takes_decimals: bool,
    pub pack_milli: Option<i64>,
    pub family: String,
}

impl ArticleText {
    /// Units in one pack, where there are packs of more than one.
    pub fn pack(&self) -> Option<Quantity> {
        let pack = self.pack_milli.filter(|milli| !self.takes_decimals && *milli > 1000)?;
        Quantity::from_thousandths(pack).ok()
    }
}

/// The positions of an order that stand on an invoice that was not rejected.
pub async fn invoiced_positions(
    on: &impl Access,
    order: OrderId,
) -> Result<BTreeSet<u32>, StoreError> {
    #[derive(FromQueryResult)]
    struct Position {
        position: i64,
    }
    let text = "SELECT DISTINCT l.position FROM order_line l \
                JOIN invoice_line i ON i.order_line_id = l.id JOIN invoice v ON v.id = i.invoice_id \
                WHERE l.order_id = $1 AND v.state <> 'rejected'";
    let rows = Position::find_by_statement(sql(on.connection(), text, [order.0.into()]))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading invoiced lines"))?;
    Ok(rows.into_iter().filter_map(|row| u32::try_from(row.position).ok()).collect())
}
