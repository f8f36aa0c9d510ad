//! A needs census.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "campaign")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub convention_id: i64,
    #[sea_orm(column_type = "Text")]
    pub title: String,
    #[sea_orm(column_type = "Text")]
    pub state: String,
    pub opens_on: Date,
    pub closes_on: Date,
    pub first_year: i64,
    pub years: i64,
}

impl ActiveModelBehavior for ActiveModel {}
