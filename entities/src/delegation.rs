//! Who may sign for an organisation, and when.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delegation")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub organisation_id: i64,
    #[sea_orm(column_type = "Text")]
    pub person: String,
    #[sea_orm(column_type = "Text")]
    pub quality: String,
    pub valid_from: Date,
    pub valid_to: Option<Date>,
    #[sea_orm(column_type = "Text", nullable)]
    pub act: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
