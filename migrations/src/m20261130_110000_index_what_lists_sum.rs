//! What lists look up for each of their rows is answered by the index alone: what was ordered,
//! delivered and decided of an order; when a member was last written to about a census.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SHARES: &str = "order_share";
const ORDER: [&str; 2] = ["order_id", "organisation_id"];
const SUMS: [&str; 4] = ["quantity_milli", "delivered_milli", "accepted_milli", "rejected_milli"];
const SHARES_SHORT: &str = "ix_order_share_order_id_organisation_id";
const SHARES_LONG: &str = "ix_order_share_sums";

const MAIL: &str = "mail";
const CENSUS: [&str; 1] = ["campaign_id"];
const LAST_TOLD: [&str; 3] = ["campaign_id", "organisation_id", "queued_at"];
const MAIL_SHORT: &str = "ix_mail_campaign_id";
const MAIL_LONG: &str = "ix_mail_last_told";

fn index(name: &str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table(table).to_owned();
    for column in columns {
        index.col(*column);
    }
    index
}

fn drop(name: &str, table: &'static str) -> IndexDropStatement {
    Index::drop().name(name).table(table).to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sums = [&ORDER[..], &SUMS[..]].concat();
        manager.create_index(index(SHARES_LONG, SHARES, &sums)).await?;
        manager.drop_index(drop(SHARES_SHORT, SHARES)).await?;
        manager.create_index(index(MAIL_LONG, MAIL, &LAST_TOLD)).await?;
        manager.drop_index(drop(MAIL_SHORT, MAIL)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_index(index(MAIL_SHORT, MAIL, &CENSUS)).await?;
        manager.drop_index(drop(MAIL_LONG, MAIL)).await?;
        manager.create_index(index(SHARES_SHORT, SHARES, &ORDER)).await?;
        manager.drop_index(drop(SHARES_LONG, SHARES)).await
    }
}
