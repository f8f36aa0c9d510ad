//! What one member answers for one delivery point.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "need_sheet")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub campaign_id: i64,
    pub organisation_id: i64,
    pub site_id: i64,
    #[sea_orm(column_type = "Text")]
    pub state: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub answer: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub channel: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub typed_by: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub told_by: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub note: String,
    pub answered_at: Option<DateTimeUtc>,
    #[sea_orm(column_type = "Text", nullable)]
    pub signed_by: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub signed_quality: Option<String>,
    pub signed_on: Option<Date>,
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}
