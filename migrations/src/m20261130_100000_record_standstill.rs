//! The day on which the unsuccessful tenderers were told (R2182-1 CCP), and why a consultation is
//! launched for more than four years (L2125-1 1° CCP).

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{date_null, text_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const CONTRACT: &str = "contract";
const TOLD: &str = "losers_told_on";
const PROCEDURE: &str = "tender_procedure";
const REASON: &str = "long_duration_reason";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let told = Table::alter().table(CONTRACT).add_column(date_null(TOLD)).to_owned();
        manager.alter_table(told).await?;
        let reason = Table::alter().table(PROCEDURE).add_column(text_null(REASON)).to_owned();
        manager.alter_table(reason).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let reason = Table::alter().table(PROCEDURE).drop_column(REASON).to_owned();
        manager.alter_table(reason).await?;
        let told = Table::alter().table(CONTRACT).drop_column(TOLD).to_owned();
        manager.alter_table(told).await
    }
}
