//! A role of a person in an organisation, with its days.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "role_grant")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub person_id: i64,
    pub organisation_id: i64,
    #[sea_orm(column_type = "Text")]
    pub role: String,
    pub from_day: Date,
    pub to_day: Option<Date>,
    #[sea_orm(column_type = "Text")]
    pub given_by: String,
}

impl ActiveModelBehavior for ActiveModel {}
