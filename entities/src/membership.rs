//! An organisation’s adhesion to a convention.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "membership")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub convention_id: i64,
    pub organisation_id: i64,
    #[sea_orm(column_type = "Text")]
    pub state: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub deliberation_number: Option<String>,
    pub deliberated_on: Option<Date>,
    pub enforceable_on: Option<Date>,
    #[sea_orm(column_type = "Text", nullable)]
    pub signed_by: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub signed_quality: Option<String>,
    pub signed_on: Option<Date>,
    pub left_on: Option<Date>,
}

impl ActiveModelBehavior for ActiveModel {}
