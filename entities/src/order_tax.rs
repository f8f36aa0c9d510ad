//! The VAT of an order at one rate.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_tax")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub order_id: i64,
    #[sea_orm(column_type = "Text")]
    pub category: String,
    pub rate_bp: i64,
    pub base_cents: i64,
    pub tax_cents: i64,
}

impl ActiveModelBehavior for ActiveModel {}
