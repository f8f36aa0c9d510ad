//! An article ordered, at the price of the day.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_line")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub order_id: i64,
    pub position: i64,
    pub version_id: i64,
    pub quantity_milli: i64,
    pub pack_milli: Option<i64>,
    pub price_e4: i64,
    #[sea_orm(column_type = "Text")]
    pub category: String,
    pub rate_bp: i64,
    pub net_cents: i64,
    pub amendable: bool,
}

impl ActiveModelBehavior for ActiveModel {}
