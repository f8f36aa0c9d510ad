//! A lot that a member subscribed to.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "membership_lot")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub membership_id: i64,
    #[sea_orm(column_type = "Text")]
    pub lot: String,
}

impl ActiveModelBehavior for ActiveModel {}
