//! What a note says of one share.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery_line")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub delivery_id: i64,
    pub share_id: i64,
    pub delivered_milli: i64,
    pub turned_back_milli: i64,
}

impl ActiveModelBehavior for ActiveModel {}
