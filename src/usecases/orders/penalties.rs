//! What a holder owes for being late under a contract (rule 23).
//!
//! Goods that came late count from their last day to the day they came; goods still expected
//! count to today. The figures are those of the CCAG-FCS in force when the contract was
//! notified.

use chrono::NaiveDate;
use domain::ids::{ContractId, OrderId};
use domain::money::Net;
use domain::orders::calendar::days_late;
use domain::orders::penalty::{Late, due, of_order};

use crate::store::orders::{LateGoods, late_goods};
use crate::store::{Access, StoreError, reference, tenders};
use crate::usecases::UseCaseError;

/// The late deliveries of one order and what they come to, before the exemption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderPenalty {
    pub order: OrderId,
    pub number: String,
    pub deliver_by: NaiveDate,
    /// Value of the goods, days late.
    pub late: Vec<Late>,
    pub penalty: Net,
}

/// The penalties of one contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Penalties {
    /// By order.
    pub orders: Vec<OrderPenalty>,
    /// Nothing up to the contract's exemption, everything above.
    pub due: Net,
}

/// The penalties of `contract` as they stand on `today`.
pub async fn penalties(
    on: &impl Access,
    contract: ContractId,
    today: NaiveDate,
) -> Result<Penalties, UseCaseError> {
    let notified = tenders::contract(on, contract).await?.notified_on;
    let terms = reference::penalty_terms(&reference::ccag_figures(on).await?, notified)
        .ok_or_else(|| StoreError::NotFound { what: "CCAG figures", id: notified.to_string() })?;
    let goods = late_goods(on, contract, today).await?;
    let doing = "computing a penalty";
    let mut orders = Vec::new();
    for of_one in goods.chunk_by(|a, b| a.order == b.order) {
        let first = &of_one[0];
        let late = lateness(of_one, today).map_err(UseCaseError::failed(doing))?;
        let penalty =
            of_order(&terms, &late, first.order_net).map_err(UseCaseError::failed(doing))?;
        orders.push(OrderPenalty {
            order: first.order,
            number: first.number.clone(),
            deliver_by: first.deliver_by,
            late,
            penalty,
        });
    }
    let due = due(&terms, orders.iter().map(|order| order.penalty))
        .map_err(UseCaseError::failed(doing))?;
    Ok(Penalties { orders, due })
}

/// The goods of one order, those of one day together.
fn lateness(
    goods: &[LateGoods],
    today: NaiveDate,
) -> Result<Vec<Late>, domain::money::AmountError> {
    goods
        .chunk_by(|a, b| a.delivered_on == b.delivered_on)
        .map(|of_day| {
            let came = of_day[0].delivered_on.unwrap_or(today);
            Ok(Late {
                value: Net::sum(of_day.iter().map(|goods| goods.value))?,
                days: days_late(of_day[0].deliver_by, came),
            })
        })
        .collect()
}
