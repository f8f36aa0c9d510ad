//! One figure of a member’s share.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "allocation_cell")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub allocation_id: i64,
    pub organisation_id: i64,
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    pub position: i64,
    pub amount_cents: i64,
}

impl ActiveModelBehavior for ActiveModel {}
