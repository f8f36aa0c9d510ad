//! Claims of the coordinator that left for its finance software together.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recharge_batch")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub exported_on: Date,
    #[sea_orm(column_type = "Text")]
    pub exported_by: String,
}

impl ActiveModelBehavior for ActiveModel {}
