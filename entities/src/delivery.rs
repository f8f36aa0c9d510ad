//! A supplier’s delivery note at one delivery point.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub order_id: i64,
    pub organisation_id: i64,
    pub site_id: i64,
    #[sea_orm(column_type = "Text")]
    pub reference: String,
    pub delivered_on: Date,
}

impl ActiveModelBehavior for ActiveModel {}
