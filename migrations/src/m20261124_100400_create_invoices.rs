//! Supplier invoices as they were printed, what was found wrong, and every member's share.

use sea_orm_migration::prelude::*;

use crate::table::{drop, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 11] = [
    "invoice",
    "invoice_line",
    "invoice_amount",
    "invoice_tax",
    "invoice_finding",
    "invoice_suspension",
    "allocation",
    "allocation_weight",
    "allocation_member",
    "allocation_cell",
    "recharge",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table("invoice")
            .to("supplier_id", "organisation")
            .maybe_to("buyer_id", "organisation")
            .maybe_to("order_id", "purchase_order")
            .maybe_to("corrects_id", "invoice")
            .text("number")
            .int("kind_code")
            .flag("credit")
            .date("issue_date")
            .date("received_on")
            .one_of(
                "state",
                &[
                    "received",
                    "checked",
                    "matched",
                    "allocated",
                    "validated",
                    "paid",
                    "disputed",
                    "suspended",
                    "rejected",
                ],
            )
            .counter("version")
            .text("syntax")
            .text_null("buyer_reference")
            .text_null("contract_reference")
            .text_null("order_reference")
            .int("lines_cents")
            .int("allowances_cents")
            .int("charges_cents")
            .int("net_cents")
            .int("vat_cents")
            .int("gross_cents")
            .int("prepaid_cents")
            .int("rounding_cents")
            .int("payable_cents")
            .date_null("due_on")
            .date_null("paid_on")
            .text("file_key")
            .text("sha256")
            .text_null("checked_by")
            .text_null("validated_by")
            // A rejected invoice is kept as it came, wrong totals included.
            .check(
                "net",
                "state = 'rejected' OR net_cents = lines_cents - allowances_cents + charges_cents",
            )
            .check("gross", "state = 'rejected' OR gross_cents = net_cents + vat_cents")
            .check(
                "payable",
                "state = 'rejected' OR payable_cents = gross_cents - prepaid_cents + rounding_cents",
            )
            .check("booked", "state = 'rejected' OR (order_id IS NOT NULL AND buyer_id IS NOT NULL)")
            .check("validated", "state NOT IN ('validated', 'paid') OR validated_by IS NOT NULL")
            .check("paid", "(state = 'paid') = (paid_on IS NOT NULL)")
            .check(
                "four_eyes",
                "validated_by IS NULL OR checked_by IS NULL OR validated_by <> checked_by",
            )
            .unique_where(&["supplier_id", "number"], "state <> 'rejected'")
            .create(manager)
            .await?;
        table("invoice_line")
            .to("invoice_id", "invoice")
            .int("position")
            .text("line_ref")
            .maybe_to("order_line_id", "order_line")
            .text_null("article_ref")
            .text("label")
            .text("quantity")
            .text("unit")
            .int("price_e10")
            .text("base_quantity")
            .int("net_cents")
            .text("category")
            .int("rate_bp")
            .flag("freight")
            .unique(&["invoice_id", "position"])
            .create(manager)
            .await?;
        table("invoice_amount")
            .to("invoice_id", "invoice")
            .one_of("kind", &["allowance", "charge"])
            .int("position")
            .int("amount_cents")
            .text_null("reason")
            .text_null("reason_code")
            .text("category")
            .int("rate_bp")
            .unique(&["invoice_id", "kind", "position"])
            .create(manager)
            .await?;
        table("invoice_tax")
            .to("invoice_id", "invoice")
            .int("position")
            .text("category")
            .int("rate_bp")
            .int("base_cents")
            .int("tax_cents")
            .text_null("exemption")
            .unique(&["invoice_id", "position"])
            .create(manager)
            .await?;
        table("invoice_finding")
            .to("invoice_id", "invoice")
            .text("code")
            .one_of("severity", &["blocking", "warning"])
            .text("message")
            .create(manager)
            .await?;
        table("invoice_suspension")
            .to("invoice_id", "invoice")
            .date("suspended_on")
            .date_null("resumed_on")
            .text("reason")
            // The clock stops once (art. R2192-27 CCP).
            .unique(&["invoice_id"])
            .create(manager)
            .await?;
        table("allocation")
            .to("invoice_id", "invoice")
            .maybe_to("mirrors_id", "allocation")
            .one_of("charge_key", &["net", "quantity", "equal"])
            .text("sha256")
            .instant("allocated_at")
            .unique(&["invoice_id"])
            .create(manager)
            .await?;
        // The accepted quantities that an invoice line was shared by, so that the next invoice of
        // the order finds what is left. Booked: negative where a credit note takes back.
        table("allocation_weight")
            .to("allocation_id", "allocation")
            .to("line_id", "invoice_line")
            .to("organisation_id", "organisation")
            .maybe_to("share_id", "order_share")
            .int("quantity_milli")
            // False where only a price is taken down, or the order has no such line.
            .flag("goods")
            .check("quantity", "quantity_milli <> 0")
            .unique(&["line_id", "share_id"])
            .create(manager)
            .await?;
        // SIRET and name as they were shared with: a share can be made again as it was.
        table("allocation_member")
            .to("allocation_id", "allocation")
            .to("organisation_id", "organisation")
            .text("siret")
            .text("name")
            .int("net_cents")
            .int("vat_cents")
            .int("gross_cents")
            .int("prepaid_cents")
            .int("rounding_cents")
            .int("payable_cents")
            .text("code")
            .text_null("statement_number")
            .check("gross", "gross_cents = net_cents + vat_cents")
            .check("payable", "payable_cents = gross_cents - prepaid_cents + rounding_cents")
            .unique(&["allocation_id", "organisation_id"])
            .unique(&["statement_number"])
            .create(manager)
            .await?;
        // Booked: a credit note's amounts are negative. `position` is that of the invoice's row.
        table("allocation_cell")
            .to("allocation_id", "allocation")
            .to("organisation_id", "organisation")
            .one_of(
                "kind",
                &["line", "charge", "allowance", "difference", "net_difference", "base", "tax"],
            )
            .int("position")
            .int("amount_cents")
            .unique(&["allocation_id", "kind", "position", "organisation_id"])
            .create(manager)
            .await?;
        table("recharge")
            .to("allocation_id", "allocation")
            .to("organisation_id", "organisation")
            .text("number")
            .int("amount_cents")
            .text("account")
            .date("prepared_on")
            .one_of("state", &["prepared", "sent", "paid"])
            .unique(&["number"])
            .unique(&["allocation_id", "organisation_id"])
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &TABLES).await
    }
}
