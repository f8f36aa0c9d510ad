//! A framework agreement with its holder, and how much of it is committed.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contract")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(column_type = "Text")]
    pub number: String,
    #[sea_orm(column_type = "Text")]
    pub title: String,
    pub convention_id: i64,
    pub tender_lot_id: i64,
    pub lot_id: i64,
    pub holder_id: i64,
    pub launched_on: Date,
    pub notified_on: Date,
    pub starts_on: Date,
    pub months: i64,
    pub last_order_on: Date,
    #[sea_orm(column_type = "Text", nullable)]
    pub long_duration_reason: Option<String>,
    pub floor_cents: Option<i64>,
    pub ceiling_cents: i64,
    pub committed_cents: i64,
    pub delivery_days: i64,
    pub freight_cents: i64,
    pub franco_cents: Option<i64>,
    #[sea_orm(column_type = "Text")]
    pub tier_base: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub revision_clause: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub vat_exemption: Option<String>,
    pub losers_told_on: Option<Date>,
}

impl ActiveModelBehavior for ActiveModel {}
