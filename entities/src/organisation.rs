//! A commune, EPCI, other public body, coordinator, supplier or departmental archives.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organisation")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    #[sea_orm(column_type = "Text")]
    pub siren: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub insee: Option<String>,
    pub population: Option<i64>,
    #[sea_orm(column_type = "Text")]
    pub address_lines: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub postcode: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub town: Option<String>,
    pub chorus_service_code: bool,
    pub chorus_commitment_number: bool,
    pub epci_id: Option<i64>,
    pub heir_id: Option<i64>,
    pub succeeded_on: Option<Date>,
}

impl ActiveModelBehavior for ActiveModel {}
