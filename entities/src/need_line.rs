//! A quantity of an article for a year.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "need_line")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub sheet_id: i64,
    pub campaign_id: i64,
    pub organisation_id: i64,
    pub site_id: i64,
    pub article_id: i64,
    pub year: i64,
    pub quantity_milli: i64,
    pub tolerance_milli: i64,
}

impl ActiveModelBehavior for ActiveModel {}
