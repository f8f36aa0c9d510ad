//! A lot of a procedure, awarded on its own (L2113-10 CCP).

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tender_lot")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub procedure_id: i64,
    pub lot_id: i64,
    pub duration_months: i64,
    pub estimated_cents: i64,
    pub ceiling_cents: i64,
}

impl ActiveModelBehavior for ActiveModel {}
