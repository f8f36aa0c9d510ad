//! A delivery point.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "site")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub organisation_id: i64,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub street: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub postcode: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub city: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub access: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub hours: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub contact: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub phone: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
