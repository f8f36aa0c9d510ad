//! The sharing of an invoice between members.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "allocation")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub invoice_id: i64,
    pub mirrors_id: Option<i64>,
    #[sea_orm(column_type = "Text")]
    pub charge_key: String,
    #[sea_orm(column_type = "Text")]
    pub sha256: String,
    pub allocated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
