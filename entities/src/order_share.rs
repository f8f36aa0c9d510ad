//! What one delivery point gets of an order line.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_share")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub line_id: i64,
    pub order_id: i64,
    pub organisation_id: i64,
    pub site_id: i64,
    pub quantity_milli: i64,
    pub delivered_milli: i64,
    pub accepted_milli: i64,
    pub rejected_milli: i64,
    pub reduction_cents: i64,
}

impl ActiveModelBehavior for ActiveModel {}
