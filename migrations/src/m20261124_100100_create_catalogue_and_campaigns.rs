//! Articles by version, and the needs that members state of them.

use sea_orm_migration::prelude::*;

use crate::table::{drop, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 7] = [
    "article",
    "article_version",
    "campaign",
    "campaign_lot",
    "campaign_article",
    "need_sheet",
    "need_line",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table("article")
            .text("reference")
            .text("lot")
            .text("family")
            .text("subfamily")
            .date_null("retired_on")
            .unique(&["reference"])
            .create(manager)
            .await?;
        table("article_version")
            .to("article_id", "article")
            .date("valid_from")
            .text("label")
            .text("unit")
            .text("unit_label")
            .flag("takes_decimals")
            .int_null("pack_milli")
            .text("cpv")
            .int("rate_bp")
            .text("specification")
            .text("standards")
            .int("price_e4")
            .check("pack", "pack_milli > 0")
            .not_negative(&["price_e4", "rate_bp"])
            .unique(&["article_id", "valid_from"])
            .unique(&["id", "article_id"])
            .create(manager)
            .await?;
        table("campaign")
            .to("convention_id", "convention")
            .text("title")
            .one_of("state", &["draft", "open", "closed", "settled", "cancelled"])
            .date("opens_on")
            .date("closes_on")
            .int("first_year")
            .int("years")
            .check("dates", "opens_on <= closes_on")
            .check("years", "years BETWEEN 1 AND 4")
            .unique(&["convention_id", "title"])
            .create(manager)
            .await?;
        table("campaign_lot")
            .to("campaign_id", "campaign")
            .to("lot_id", "lot")
            .unique(&["campaign_id", "lot_id"])
            .create(manager)
            .await?;
        // The versions that members see are frozen when the census opens.
        table("campaign_article")
            .to("campaign_id", "campaign")
            .to("article_id", "article")
            .to("version_id", "article_version")
            .int_null("pack_milli")
            .unique(&["campaign_id", "article_id"])
            .create(manager)
            .await?;
        table("need_sheet")
            .to("campaign_id", "campaign")
            .to("organisation_id", "organisation")
            .to("site_id", "site")
            .one_of("state", &["draft", "submitted", "reopened", "locked"])
            .one_of_null("answer", &["needs", "nothing"])
            .one_of_null("channel", &["online", "phone", "file"])
            .text_null("typed_by")
            .text_null("told_by")
            .text("note")
            .instant_null("answered_at")
            .text_null("signed_by")
            .text_null("signed_quality")
            .date_null("signed_on")
            .counter("version")
            .check("answered", "state = 'draft' OR (answer IS NOT NULL AND answered_at IS NOT NULL AND channel IS NOT NULL AND typed_by IS NOT NULL)")
            .check("phoned", "channel IS NULL OR channel <> 'phone' OR told_by IS NOT NULL")
            .check("signed", "(signed_by IS NULL) = (signed_on IS NULL)")
            .unique(&["campaign_id", "organisation_id", "site_id"])
            .unique(&["id", "campaign_id", "organisation_id", "site_id"])
            .create(manager)
            .await?;
        // Campaign, member and site stand on each line so that one covering index serves the
        // consolidation; the composite key keeps them equal to the sheet's.
        table("need_line")
            .to("sheet_id", "need_sheet")
            .int("campaign_id")
            .int("organisation_id")
            .int("site_id")
            .to("article_id", "article")
            .int("year")
            .int("quantity_milli")
            .counter("tolerance_milli")
            .not_negative(&["quantity_milli", "tolerance_milli"])
            .same(
                &["sheet_id", "campaign_id", "organisation_id", "site_id"],
                "need_sheet",
                &["id", "campaign_id", "organisation_id", "site_id"],
            )
            .unique(&["sheet_id", "article_id", "year"])
            .index(&[
                "campaign_id",
                "article_id",
                "year",
                "site_id",
                "organisation_id",
                "quantity_milli",
                "tolerance_milli",
            ])
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &TABLES).await
    }
}
