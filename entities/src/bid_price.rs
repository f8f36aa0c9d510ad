//! A typed unit price of an offer.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bid_price")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub bid_id: i64,
    pub version_id: i64,
    pub min_quantity_milli: i64,
    pub price_e4: i64,
}

impl ActiveModelBehavior for ActiveModel {}
