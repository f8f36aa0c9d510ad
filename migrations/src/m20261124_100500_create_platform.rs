//! Journal, number series, papers, files sent to holders, idempotency keys, settings.

use sea_orm_migration::prelude::*;

use crate::table::{drop, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 7] = [
    "journal",
    "number_series",
    "number_taken",
    "paper",
    "holder_pack",
    "idempotency_key",
    "setting",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // `id` is the sequence: from 1, without a gap, given by the program and not the database.
        table("journal")
            .instant("at")
            .text("actor")
            .text("action")
            .text("subject")
            .int("subject_id")
            .text("details")
            .text("hash")
            .unique(&["hash"])
            .index(&["subject", "subject_id"])
            .create(manager)
            .await?;
        table("number_series")
            .text("series")
            .int("year")
            .counter("last")
            .not_negative(&["last"])
            .unique(&["series", "year"])
            .create(manager)
            .await?;
        table("number_taken")
            .text("series")
            .int("year")
            .int("value")
            .text("subject")
            .check("value", "value >= 1")
            .unique(&["series", "year", "value"])
            .create(manager)
            .await?;
        table("paper")
            .one_of(
                "kind",
                &[
                    "purchase_order",
                    "delivery_extract",
                    "allocation_statement",
                    "lot_sheet",
                    "needs_receipt",
                ],
            )
            .text("number")
            .text("title")
            .maybe_to("organisation_id", "organisation")
            .maybe_to("order_id", "purchase_order")
            .maybe_to("allocation_id", "allocation")
            .maybe_to("tender_lot_id", "tender_lot")
            .maybe_to("campaign_id", "campaign")
            .text("file_key")
            .text("sha256")
            .int("bytes")
            .int("pages")
            .date("issued_on")
            .check("bytes", "bytes > 0 AND pages > 0")
            .unique(&["file_key"])
            .unique(&["kind", "number"])
            .create(manager)
            .await?;
        table("holder_pack")
            .to("contract_id", "contract")
            .to("window_id", "order_window")
            .int("rank")
            .int("orders")
            .text("file_key")
            .text("sha256")
            .int("bytes")
            .date("made_on")
            .date_null("sent_on")
            .date_null("acknowledged_on")
            .check("sent", "acknowledged_on IS NULL OR sent_on IS NOT NULL")
            .unique(&["window_id", "rank"])
            .create(manager)
            .await?;
        table("idempotency_key")
            .text("use_case")
            .text("key")
            .text("outcome")
            .instant("at")
            .unique(&["use_case", "key"])
            .create(manager)
            .await?;
        table("setting").text("name").text("value").unique(&["name"]).create(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &TABLES).await
    }
}
