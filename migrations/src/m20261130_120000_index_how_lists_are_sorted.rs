//! The first page of a list is read in the order of an index, not sorted out of all rows: orders
//! by the day they were issued, invoices by the day they were received, the last one first. The
//! organisations of one kind, by name, are what filters offer.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const ORDERS: (&str, &str) = ("ix_purchase_order_issued_on", "purchase_order");
const INVOICES: (&str, &str) = ("ix_invoice_received_on", "invoice");
const ORGANISATIONS: (&str, &str) = ("ix_organisation_kind_name", "organisation");

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let by_day = |(name, table): (&str, &'static str), day: &'static str, id: IndexOrder| {
            Index::create()
                .name(name)
                .table(table)
                .col((day, IndexOrder::Desc))
                .col(("id", id))
                .to_owned()
        };
        manager.create_index(by_day(ORDERS, "issued_on", IndexOrder::Asc)).await?;
        manager.create_index(by_day(INVOICES, "received_on", IndexOrder::Desc)).await?;
        let (name, table) = ORGANISATIONS;
        let by_name = Index::create().name(name).table(table).col("kind").col("name").to_owned();
        manager.create_index(by_name).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, table) in [ORGANISATIONS, INVOICES, ORDERS] {
            manager.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
        }
        Ok(())
    }
}
