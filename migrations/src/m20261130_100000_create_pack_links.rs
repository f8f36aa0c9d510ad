//! The links by which a contract holder takes its packs of orders.

use sea_orm_migration::prelude::*;

use crate::table::{drop, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A pack is known by its window and rank. Every letter has a link of its own.
        table("pack_link")
            .int("window_id")
            .int("rank")
            .text("token_hash")
            .instant("expires_at")
            .same(&["window_id", "rank"], "holder_pack", &["window_id", "rank"])
            .index(&["window_id", "rank"])
            .unique(&["token_hash"])
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["pack_link"]).await
    }
}
