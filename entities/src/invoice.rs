//! A supplier’s invoice or credit note, with its printed totals.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub supplier_id: i64,
    pub buyer_id: Option<i64>,
    pub order_id: Option<i64>,
    pub corrects_id: Option<i64>,
    #[sea_orm(column_type = "Text")]
    pub number: String,
    pub kind_code: i64,
    pub credit: bool,
    pub issue_date: Date,
    pub received_on: Date,
    #[sea_orm(column_type = "Text")]
    pub state: String,
    pub version: i64,
    #[sea_orm(column_type = "Text")]
    pub syntax: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub buyer_reference: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub contract_reference: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub order_reference: Option<String>,
    pub lines_cents: i64,
    pub allowances_cents: i64,
    pub charges_cents: i64,
    pub net_cents: i64,
    pub vat_cents: i64,
    pub gross_cents: i64,
    pub prepaid_cents: i64,
    pub rounding_cents: i64,
    pub payable_cents: i64,
    pub due_on: Option<Date>,
    pub paid_on: Option<Date>,
    #[sea_orm(column_type = "Text")]
    pub file_key: String,
    #[sea_orm(column_type = "Text")]
    pub sha256: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub checked_by: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub validated_by: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
