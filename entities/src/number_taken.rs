//! A number given, and to what.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "number_taken")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(column_type = "Text")]
    pub series: String,
    pub year: i64,
    pub value: i64,
    #[sea_orm(column_type = "Text")]
    pub subject: String,
}

impl ActiveModelBehavior for ActiveModel {}
