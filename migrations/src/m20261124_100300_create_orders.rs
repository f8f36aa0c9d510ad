//! Purchase orders, what each member gets of them, amendments and deliveries.

use sea_orm_migration::prelude::*;

use crate::table::{drop, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 8] = [
    "purchase_order",
    "order_line",
    "order_share",
    "order_tax",
    "amendment",
    "delivery",
    "delivery_line",
    "delivery_decision",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table("purchase_order")
            .text_null("number")
            .to("contract_id", "contract")
            .to("window_id", "order_window")
            .to("schedule_id", "price_schedule")
            .to("buyer_id", "organisation")
            .one_of("state", &["draft", "validated", "issued", "closed", "cancelled"])
            .counter("version")
            .int("lines_cents")
            .int("freight_cents")
            .int("net_cents")
            .int("vat_cents")
            .int("gross_cents")
            .counter("committed_cents")
            .text_null("commitment_number")
            .text_null("service_code")
            .text_null("budget_account")
            .text_null("signed_by")
            .text_null("signed_quality")
            .date_null("signed_on")
            .date_null("issued_on")
            .date_null("deliver_by")
            .text_null("cancel_reason")
            .check("numbered", "state NOT IN ('issued', 'closed') OR (number IS NOT NULL AND issued_on IS NOT NULL)")
            .check("signed", "state NOT IN ('validated', 'issued', 'closed') OR (signed_by IS NOT NULL AND signed_quality IS NOT NULL AND signed_on IS NOT NULL)")
            .check("net", "net_cents = lines_cents + freight_cents")
            .check("gross", "gross_cents = net_cents + vat_cents")
            .not_negative(&["lines_cents", "freight_cents", "vat_cents", "committed_cents"])
            .unique(&["number"])
            .unique_where(&["window_id", "buyer_id"], "state <> 'cancelled'")
            .index(&["contract_id", "state", "committed_cents"])
            .create(manager)
            .await?;
        table("order_line")
            .to("order_id", "purchase_order")
            .int("position")
            .to("version_id", "article_version")
            .int("quantity_milli")
            .int_null("pack_milli")
            .int("price_e4")
            .text("category")
            .int("rate_bp")
            .int("net_cents")
            .flag("amendable")
            .check("quantity", "quantity_milli > 0")
            .not_negative(&["price_e4", "net_cents"])
            .unique(&["order_id", "position"])
            .unique(&["id", "order_id"])
            .create(manager)
            .await?;
        table("order_share")
            .to("line_id", "order_line")
            .int("order_id")
            .to("organisation_id", "organisation")
            .to("site_id", "site")
            .int("quantity_milli")
            .counter("delivered_milli")
            .counter("accepted_milli")
            .counter("rejected_milli")
            .counter("reduction_cents")
            // What was rejected or turned back may be delivered again.
            .check("decided", "accepted_milli + rejected_milli <= delivered_milli")
            .check("delivered", "delivered_milli - rejected_milli <= quantity_milli")
            .not_negative(&[
                "quantity_milli",
                "delivered_milli",
                "accepted_milli",
                "rejected_milli",
                "reduction_cents",
            ])
            .same(&["line_id", "order_id"], "order_line", &["id", "order_id"])
            .unique(&["line_id", "site_id"])
            .index(&["order_id", "organisation_id"])
            .create(manager)
            .await?;
        table("order_tax")
            .to("order_id", "purchase_order")
            .text("category")
            .int("rate_bp")
            .int("base_cents")
            .int("tax_cents")
            .unique(&["order_id", "category", "rate_bp"])
            .create(manager)
            .await?;
        table("amendment")
            .to("order_id", "purchase_order")
            .int("number")
            .date("made_on")
            .text("made_by")
            .text("reason")
            .text("details")
            .check("number", "number >= 1")
            .unique(&["order_id", "number"])
            .create(manager)
            .await?;
        table("delivery")
            .to("order_id", "purchase_order")
            .to("organisation_id", "organisation")
            .to("site_id", "site")
            .text("reference")
            .date("delivered_on")
            .unique(&["order_id", "site_id", "reference"])
            .create(manager)
            .await?;
        table("delivery_line")
            .to("delivery_id", "delivery")
            .to("share_id", "order_share")
            .int("delivered_milli")
            .counter("turned_back_milli")
            .check("delivered", "delivered_milli > 0 AND turned_back_milli <= delivered_milli")
            .not_negative(&["turned_back_milli"])
            .unique(&["delivery_id", "share_id"])
            .create(manager)
            .await?;
        table("delivery_decision")
            .to("share_id", "order_share")
            .one_of(
                "verdict",
                &["accepted", "accepted_with_reserves", "price_reduction", "rejected"],
            )
            .int("quantity_milli")
            .counter("reduction_cents")
            .text("reason")
            .text("decided_by")
            .date("decided_on")
            .check("quantity", "quantity_milli > 0")
            .check("reduction", "(verdict = 'price_reduction') = (reduction_cents > 0)")
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &TABLES).await
    }
}
