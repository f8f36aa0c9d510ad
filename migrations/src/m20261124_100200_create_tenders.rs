//! Procedures, lots with their consolidated quantities, bids, contracts and their prices.

use sea_orm_migration::prelude::*;

use crate::table::{drop, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 10] = [
    "tender_procedure",
    "tender_lot",
    "lot_article",
    "bid",
    "bid_price",
    "contract",
    "price_schedule",
    "price_line",
    "index_value",
    "order_window",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table("tender_procedure")
            .to("convention_id", "convention")
            .to("campaign_id", "campaign")
            .text("reference")
            .text("title")
            .date("launched_on")
            .one_of("kind", &["formal", "adapted", "dispensed"])
            .int("estimated_cents")
            .text("threshold_source")
            .not_negative(&["estimated_cents"])
            .unique(&["reference"])
            .create(manager)
            .await?;
        table("tender_lot")
            .to("procedure_id", "tender_procedure")
            .to("lot_id", "lot")
            .int("duration_months")
            .int("estimated_cents")
            .int("ceiling_cents")
            .not_negative(&["estimated_cents", "ceiling_cents"])
            .unique(&["procedure_id", "lot_id"])
            .create(manager)
            .await?;
        table("lot_article")
            .to("tender_lot_id", "tender_lot")
            .to("version_id", "article_version")
            .int("year")
            .int("members")
            .int("sites")
            .int("needed_milli")
            .int("ordered_milli")
            .int_null("packs")
            .int("net_cents")
            .not_negative(&["needed_milli", "ordered_milli", "net_cents"])
            .unique(&["tender_lot_id", "version_id", "year"])
            .create(manager)
            .await?;
        table("bid")
            .to("tender_lot_id", "tender_lot")
            .to("supplier_id", "organisation")
            .date("received_on")
            .int("total_cents")
            .flag("awarded")
            .date_null("decided_on")
            .text_null("award_reason")
            .check("decided", "awarded = (decided_on IS NOT NULL)")
            .unique(&["tender_lot_id", "supplier_id"])
            .unique_where(&["tender_lot_id"], "awarded")
            .create(manager)
            .await?;
        table("bid_price")
            .to("bid_id", "bid")
            .to("version_id", "article_version")
            .counter("min_quantity_milli")
            .int("price_e4")
            .not_negative(&["price_e4", "min_quantity_milli"])
            .unique(&["bid_id", "version_id", "min_quantity_milli"])
            .create(manager)
            .await?;
        table("contract")
            .text("number")
            .text("title")
            .to("convention_id", "convention")
            .to("tender_lot_id", "tender_lot")
            .to("lot_id", "lot")
            .to("holder_id", "organisation")
            .date("launched_on")
            .date("notified_on")
            .date("starts_on")
            .int("months")
            .date("last_order_on")
            .text_null("long_duration_reason")
            .int_null("floor_cents")
            .int("ceiling_cents")
            .counter("committed_cents")
            .int("delivery_days")
            .int("freight_cents")
            .int_null("franco_cents")
            .one_of("tier_base", &["order", "consolidated", "cumulated_year"])
            .text_null("revision_clause")
            .text_null("vat_exemption")
            .check("ceiling", "committed_cents <= ceiling_cents")
            .check("floor", "floor_cents IS NULL OR floor_cents <= ceiling_cents")
            .check("dates", "starts_on <= last_order_on")
            .not_negative(&["committed_cents", "freight_cents", "delivery_days"])
            .unique(&["number"])
            .create(manager)
            .await?;
        table("price_schedule")
            .to("contract_id", "contract")
            .date("valid_from")
            .text("note")
            .text_null("coefficient")
            .unique(&["contract_id", "valid_from"])
            .create(manager)
            .await?;
        table("price_line")
            .to("schedule_id", "price_schedule")
            .to("version_id", "article_version")
            .counter("min_quantity_milli")
            .int("price_e4")
            .text("category")
            .int("rate_bp")
            .not_negative(&["price_e4", "rate_bp", "min_quantity_milli"])
            .unique(&["schedule_id", "version_id", "min_quantity_milli"])
            .create(manager)
            .await?;
        // What a revision was computed with, as published for its month.
        table("index_value")
            .to("schedule_id", "price_schedule")
            .text("name")
            .date("month")
            .int("value_e4")
            .text("source")
            .check("value", "value_e4 > 0")
            .unique(&["schedule_id", "name"])
            .create(manager)
            .await?;
        table("order_window")
            .to("contract_id", "contract")
            .to("campaign_id", "campaign")
            .int("year")
            .date("opens_on")
            .date("closes_on")
            .one_of("state", &["open", "closed"])
            .check("dates", "opens_on <= closes_on")
            .unique(&["contract_id", "opens_on"])
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &TABLES).await
    }
}
