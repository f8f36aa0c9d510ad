//! A line as printed.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice_line")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub invoice_id: i64,
    pub position: i64,
    #[sea_orm(column_type = "Text")]
    pub line_ref: String,
    pub order_line_id: Option<i64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub article_ref: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub label: String,
    #[sea_orm(column_type = "Text")]
    pub quantity: String,
    #[sea_orm(column_type = "Text")]
    pub unit: String,
    pub price_e10: i64,
    #[sea_orm(column_type = "Text")]
    pub base_quantity: String,
    pub net_cents: i64,
    #[sea_orm(column_type = "Text")]
    pub category: String,
    pub rate_bp: i64,
    pub freight: bool,
}

impl ActiveModelBehavior for ActiveModel {}
