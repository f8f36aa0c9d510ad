//! An issued paper, with the hash of its bytes.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "paper")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    #[sea_orm(column_type = "Text")]
    pub number: String,
    #[sea_orm(column_type = "Text")]
    pub title: String,
    pub organisation_id: Option<i64>,
    pub order_id: Option<i64>,
    pub allocation_id: Option<i64>,
    pub tender_lot_id: Option<i64>,
    pub campaign_id: Option<i64>,
    #[sea_orm(column_type = "Text")]
    pub file_key: String,
    #[sea_orm(column_type = "Text")]
    pub sha256: String,
    pub bytes: i64,
    pub pages: i64,
    pub issued_on: Date,
}

impl ActiveModelBehavior for ActiveModel {}
