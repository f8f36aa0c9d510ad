//! An e-mail, written in the transaction that caused it.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    #[sea_orm(column_type = "Text")]
    pub key: String,
    #[sea_orm(column_type = "Text")]
    pub to_address: String,
    #[sea_orm(column_type = "Text")]
    pub to_name: String,
    pub person_id: Option<i64>,
    pub organisation_id: Option<i64>,
    pub campaign_id: Option<i64>,
    #[sea_orm(column_type = "Text")]
    pub subject: String,
    #[sea_orm(column_type = "Text")]
    pub text: String,
    #[sea_orm(column_type = "Text")]
    pub html: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub attached_key: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub attached_name: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub state: String,
    pub attempts: i64,
    pub next_at: DateTimeUtc,
    pub locked_until: Option<DateTimeUtc>,
    pub queued_at: DateTimeUtc,
    pub sent_at: Option<DateTimeUtc>,
    #[sea_orm(column_type = "Text", nullable)]
    pub last_error: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub message_id: String,
}

impl ActiveModelBehavior for ActiveModel {}
