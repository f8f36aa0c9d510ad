//! The price of an article, from a quantity on.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "price_line")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub schedule_id: i64,
    pub version_id: i64,
    pub min_quantity_milli: i64,
    pub price_e4: i64,
    #[sea_orm(column_type = "Text")]
    pub category: String,
    pub rate_bp: i64,
}

impl ActiveModelBehavior for ActiveModel {}
