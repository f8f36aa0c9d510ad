//! The consolidated quantity of an article for a year.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "lot_article")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub tender_lot_id: i64,
    pub version_id: i64,
    pub year: i64,
    pub members: i64,
    pub sites: i64,
    pub needed_milli: i64,
    pub ordered_milli: i64,
    pub packs: Option<i64>,
    pub net_cents: i64,
}

impl ActiveModelBehavior for ActiveModel {}
