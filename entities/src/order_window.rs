//! A period in which orders are placed.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_window")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub contract_id: i64,
    pub campaign_id: i64,
    pub year: i64,
    pub opens_on: Date,
    pub closes_on: Date,
    #[sea_orm(column_type = "Text")]
    pub state: String,
}

impl ActiveModelBehavior for ActiveModel {}
