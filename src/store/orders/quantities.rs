//! The quantities that choose a tier: what a window asks for, what a contract's year ordered.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::ids::{ArticleVersionId, ContractId, OrderWindowId};
use domain::quantity::Quantity;
use sea_orm::{FromQueryResult, Value};

use crate::store::group::coded;
use crate::store::{Access, StoreError, sql};

#[derive(FromQueryResult)]
struct Sum {
    version_id: i64,
    quantity_milli: i64,
}

async fn sums(
    on: &impl Access,
    which: &str,
    values: Vec<Value>,
) -> Result<BTreeMap<ArticleVersionId, Quantity>, StoreError> {
    let text = format!(
        "SELECT l.version_id, CAST(SUM(l.quantity_milli) AS BIGINT) AS quantity_milli \
         FROM order_line l JOIN purchase_order p ON p.id = l.order_id \
         WHERE {which} GROUP BY l.version_id"
    );
    Sum::find_by_statement(sql(on.connection(), &text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during("adding up orders"))?
        .into_iter()
        .map(|row| {
            let at = ("order_line", row.version_id, "quantity_milli");
            let sum = Quantity::from_thousandths(row.quantity_milli).ok();
            let sum = coded(sum, at, &row.quantity_milli.to_string())?;
            Ok((ArticleVersionId(row.version_id), sum))
        })
        .collect()
}

/// What all orders of a window ask for, by article: drafts and validated ones alike.
pub async fn window_quantities(
    on: &impl Access,
    window: OrderWindowId,
) -> Result<BTreeMap<ArticleVersionId, Quantity>, StoreError> {
    sums(on, "p.window_id = $1 AND p.state <> 'cancelled'", vec![window.0.into()]).await
}

/// What was validated under a contract since `day`, by article.
pub async fn ordered_since(
    on: &impl Access,
    contract: ContractId,
    day: NaiveDate,
) -> Result<BTreeMap<ArticleVersionId, Quantity>, StoreError> {
    let which =
        "p.contract_id = $1 AND p.state IN ('validated', 'issued', 'closed') AND p.signed_on >= $2";
    sums(on, which, vec![contract.0.into(), day.into()]).await
}
