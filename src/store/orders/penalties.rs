//! What came late under a contract, or is late now.

use chrono::NaiveDate;
use domain::ids::{ContractId, OrderId};
use domain::money::Net;
use domain::price::UnitPrice;
use domain::quantity::Quantity;
use sea_orm::FromQueryResult;

use crate::store::group::coded;
use crate::store::{Access, StoreError, sql};

/// Goods of one line of an order that came after its last day, or have not come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateGoods {
    pub order: OrderId,
    pub number: String,
    pub deliver_by: NaiveDate,
    /// `None` while they have not come.
    pub delivered_on: Option<NaiveDate>,
    /// Of the goods, before VAT.
    pub value: Net,
    /// Of the order, before VAT.
    pub order_net: Net,
}

#[derive(FromQueryResult)]
struct Row {
    order_id: i64,
    line_id: i64,
    number: String,
    deliver_by: NaiveDate,
    delivered_on: Option<NaiveDate>,
    price_e4: i64,
    quantity_milli: i64,
    net_cents: i64,
}

/// What came after its last day (what was turned back at the door did not come), and on `today`
/// what of issued orders is overdue; by order, then day.
pub async fn late_goods(
    on: &impl Access,
    contract: ContractId,
    today: NaiveDate,
) -> Result<Vec<LateGoods>, StoreError> {
    let came = "SELECT p.id AS order_id, l.id AS line_id, p.number, p.deliver_by, d.delivered_on, l.price_e4, \
                CAST(SUM(x.delivered_milli - x.turned_back_milli) AS BIGINT) AS quantity_milli, p.net_cents \
                FROM delivery d JOIN purchase_order p ON p.id = d.order_id \
                JOIN delivery_line x ON x.delivery_id = d.id JOIN order_share s ON s.id = x.share_id \
                JOIN order_line l ON l.id = s.line_id \
                WHERE p.contract_id = $1 AND p.state IN ('issued', 'closed') AND d.delivered_on > p.deliver_by \
                GROUP BY p.id, l.id, p.number, p.deliver_by, d.delivered_on, l.price_e4, p.net_cents \
                HAVING SUM(x.delivered_milli - x.turned_back_milli) > 0 \
                ORDER BY p.id, d.delivered_on, l.id";
    let waits = "SELECT p.id AS order_id, l.id AS line_id, p.number, p.deliver_by, CAST(NULL AS DATE) AS delivered_on, l.price_e4, \
                 CAST(SUM(s.quantity_milli - s.delivered_milli + s.rejected_milli) AS BIGINT) AS quantity_milli, \
                 p.net_cents FROM order_line l JOIN purchase_order p ON p.id = l.order_id \
                 JOIN order_share s ON s.line_id = l.id \
                 WHERE p.contract_id = $1 AND p.state = 'issued' AND p.deliver_by < $2 \
                 GROUP BY p.id, l.id, p.number, p.deliver_by, l.price_e4, p.net_cents \
                 HAVING SUM(s.quantity_milli - s.delivered_milli + s.rejected_milli) > 0 \
                 ORDER BY p.id, l.id";
    let db = on.connection();
    let doing = "reading late deliveries";
    let mut rows = Row::find_by_statement(sql(db, came, [contract.0.into()]))
        .all(db)
        .await
        .map_err(StoreError::during(doing))?;
    let waiting = Row::find_by_statement(sql(db, waits, [contract.0.into(), today.into()]))
        .all(db)
        .await
        .map_err(StoreError::during(doing))?;
    rows.extend(waiting);
    rows.sort_by_key(|row| (row.order_id, row.delivered_on.unwrap_or(NaiveDate::MAX), row.line_id));
    rows.into_iter()
        .map(|row| {
            let value = UnitPrice::from_ten_thousandths(row.price_e4)
                .ok()
                .zip(Quantity::from_thousandths(row.quantity_milli).ok())
                .and_then(|(price, quantity)| price.times(quantity).ok());
            let at = ("order_line", row.line_id, "price_e4");
            Ok(LateGoods {
                order: OrderId(row.order_id),
                number: row.number,
                deliver_by: row.deliver_by,
                delivered_on: row.delivered_on,
                value: coded(value, at, &row.price_e4.to_string())?,
                order_net: Net::from_cents(row.net_cents),
            })
        })
        .collect()
}
