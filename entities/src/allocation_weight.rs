//! The accepted quantity that a delivery point weighs with on an invoice line.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "allocation_weight")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub allocation_id: i64,
    pub line_id: i64,
    pub organisation_id: i64,
    pub share_id: Option<i64>,
    pub quantity_milli: i64,
    pub goods: bool,
}

impl ActiveModelBehavior for ActiveModel {}
