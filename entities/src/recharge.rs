//! What the coordinator claims back from a member.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recharge")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub allocation_id: i64,
    pub organisation_id: i64,
    #[sea_orm(column_type = "Text")]
    pub number: String,
    pub amount_cents: i64,
    #[sea_orm(column_type = "Text")]
    pub account: String,
    pub prepared_on: Date,
    #[sea_orm(column_type = "Text")]
    pub state: String,
}

impl ActiveModelBehavior for ActiveModel {}
