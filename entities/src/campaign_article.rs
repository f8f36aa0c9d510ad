//! The version of an article that a census shows.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "campaign_article")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub campaign_id: i64,
    pub article_id: i64,
    pub version_id: i64,
    pub pack_milli: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
