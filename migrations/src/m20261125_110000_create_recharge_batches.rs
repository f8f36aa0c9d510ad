//! What the coordinator claims back leaves for its finance software in batches.

use sea_orm_migration::prelude::*;

use crate::table::{drop, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 2] = ["recharge_batch", "recharge_batch_row"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table("recharge_batch").date("exported_on").text("exported_by").create(manager).await?;
        // A claim leaves once: its file can be taken again, never another one with it inside.
        // The suggested account is kept with its source as it was exported.
        table("recharge_batch_row")
            .to("batch_id", "recharge_batch")
            .to("recharge_id", "recharge")
            .text("account")
            .text("account_source")
            .unique(&["recharge_id"])
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &TABLES).await
    }
}
