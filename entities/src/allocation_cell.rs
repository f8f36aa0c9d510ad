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
    #[sea_orm(column_type = "Text")]
    pub item: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub category: Option<String>,
    pub rate_bp: Option<i64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub weight: Option<String>,
    pub amount_cents: i64,
}

impl ActiveModelBehavior for ActiveModel {}
