//! The VAT of a category and rate as printed.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice_tax")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub invoice_id: i64,
    pub position: i64,
    #[sea_orm(column_type = "Text")]
    pub category: String,
    pub rate_bp: i64,
    pub base_cents: i64,
    pub tax_cents: i64,
    #[sea_orm(column_type = "Text", nullable)]
    pub exemption: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
