//! When the payment clock stood still.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice_suspension")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub invoice_id: i64,
    pub suspended_on: Date,
    pub resumed_on: Option<Date>,
    #[sea_orm(column_type = "Text")]
    pub reason: String,
}

impl ActiveModelBehavior for ActiveModel {}
