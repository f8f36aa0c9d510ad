//! What one member pays of an invoice.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "allocation_member")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub allocation_id: i64,
    pub organisation_id: i64,
    #[sea_orm(column_type = "Text")]
    pub siret: String,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    pub net_cents: i64,
    pub vat_cents: i64,
    pub gross_cents: i64,
    pub prepaid_cents: i64,
    pub rounding_cents: i64,
    pub payable_cents: i64,
    #[sea_orm(column_type = "Text")]
    pub code: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub statement_number: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
