//! What was decided of a delivered quantity.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery_decision")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub share_id: i64,
    #[sea_orm(column_type = "Text")]
    pub verdict: String,
    pub quantity_milli: i64,
    pub reduction_cents: i64,
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    #[sea_orm(column_type = "Text")]
    pub decided_by: String,
    pub decided_on: Date,
}

impl ActiveModelBehavior for ActiveModel {}
