//! A purchase order (bon de commande).

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "purchase_order")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(column_type = "Text", nullable)]
    pub number: Option<String>,
    pub contract_id: i64,
    pub window_id: i64,
    pub schedule_id: i64,
    pub buyer_id: i64,
    #[sea_orm(column_type = "Text")]
    pub state: String,
    pub version: i64,
    pub lines_cents: i64,
    pub freight_cents: i64,
    pub net_cents: i64,
    pub vat_cents: i64,
    pub gross_cents: i64,
    pub committed_cents: i64,
    #[sea_orm(column_type = "Text", nullable)]
    pub commitment_number: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub service_code: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub budget_account: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub signed_by: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub signed_quality: Option<String>,
    pub signed_on: Option<Date>,
    pub issued_on: Option<Date>,
    pub deliver_by: Option<Date>,
    #[sea_orm(column_type = "Text", nullable)]
    pub cancel_reason: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
