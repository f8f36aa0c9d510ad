//! A founding agreement (convention constitutive, L2113-7 CCP).

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "convention")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(column_type = "Text")]
    pub reference: String,
    #[sea_orm(column_type = "Text")]
    pub subject: String,
    pub permanent: bool,
    pub starts_on: Date,
    pub ends_on: Option<Date>,
    pub coordinator_id: i64,
    #[sea_orm(column_type = "Text")]
    pub committee: String,
    #[sea_orm(column_type = "Text")]
    pub freight_key: String,
    #[sea_orm(column_type = "Text")]
    pub fee_key: String,
}

impl ActiveModelBehavior for ActiveModel {}
