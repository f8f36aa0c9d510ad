//! A document allowance or charge as printed.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice_amount")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub invoice_id: i64,
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    pub position: i64,
    pub amount_cents: i64,
    #[sea_orm(column_type = "Text", nullable)]
    pub reason: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub reason_code: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub category: String,
    pub rate_bp: i64,
}

impl ActiveModelBehavior for ActiveModel {}
