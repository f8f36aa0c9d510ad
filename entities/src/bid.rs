//! A supplier’s offer for a lot.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bid")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub tender_lot_id: i64,
    pub supplier_id: i64,
    pub received_on: Date,
    pub total_cents: i64,
    pub awarded: bool,
    pub decided_on: Option<Date>,
    #[sea_orm(column_type = "Text", nullable)]
    pub award_reason: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
