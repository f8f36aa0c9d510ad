//! The papers sent to a contract holder together.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "holder_pack")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub contract_id: i64,
    pub window_id: i64,
    pub rank: i64,
    pub orders: i64,
    #[sea_orm(column_type = "Text")]
    pub file_key: String,
    #[sea_orm(column_type = "Text")]
    pub sha256: String,
    pub bytes: i64,
    pub made_on: Date,
    pub sent_on: Option<Date>,
    pub acknowledged_on: Option<Date>,
}

impl ActiveModelBehavior for ActiveModel {}
