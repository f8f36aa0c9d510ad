//! An article of the catalogue.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "article")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(column_type = "Text")]
    pub reference: String,
    #[sea_orm(column_type = "Text")]
    pub lot: String,
    #[sea_orm(column_type = "Text")]
    pub family: String,
    #[sea_orm(column_type = "Text")]
    pub subfamily: String,
    pub retired_on: Option<Date>,
}

impl ActiveModelBehavior for ActiveModel {}
