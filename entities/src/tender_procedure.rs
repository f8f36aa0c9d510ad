//! A purchasing procedure.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tender_procedure")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub convention_id: i64,
    pub campaign_id: i64,
    #[sea_orm(column_type = "Text")]
    pub reference: String,
    #[sea_orm(column_type = "Text")]
    pub title: String,
    pub launched_on: Date,
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    pub estimated_cents: i64,
    #[sea_orm(column_type = "Text")]
    pub threshold_source: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub long_duration_reason: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
