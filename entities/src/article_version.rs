//! An article as it was from a day on.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "article_version")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub article_id: i64,
    pub valid_from: Date,
    #[sea_orm(column_type = "Text")]
    pub label: String,
    #[sea_orm(column_type = "Text")]
    pub unit: String,
    #[sea_orm(column_type = "Text")]
    pub unit_label: String,
    pub takes_decimals: bool,
    pub pack_milli: Option<i64>,
    #[sea_orm(column_type = "Text")]
    pub cpv: String,
    pub rate_bp: i64,
    #[sea_orm(column_type = "Text")]
    pub specification: String,
    #[sea_orm(column_type = "Text")]
    pub standards: String,
    pub price_e4: i64,
}

impl ActiveModelBehavior for ActiveModel {}
