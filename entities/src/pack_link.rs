//! A link that gives a contract holder one of its packs, until a day.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pack_link")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub window_id: i64,
    pub rank: i64,
    #[sea_orm(column_type = "Text")]
    pub token_hash: String,
    pub expires_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
