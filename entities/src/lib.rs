//! One SeaORM entity a table, raw storage types: `i64` cents, `String` codes.
//!
//! No rule lives here; `store` turns rows into domain values.
#![expect(clippy::disallowed_methods, reason = "the code that SeaORM generates calls begin")]

pub mod allocation;
pub mod allocation_cell;
pub mod allocation_member;
pub mod amendment;
pub mod article;
pub mod article_version;
pub mod bid;
pub mod bid_price;
pub mod campaign;
pub mod campaign_article;
pub mod campaign_lot;
pub mod contact;
pub mod contract;
pub mod convention;
pub mod delegation;
pub mod delivery;
pub mod delivery_decision;
pub mod delivery_line;
pub mod holder_pack;
pub mod idempotency_key;
pub mod index_value;
pub mod invoice;
pub mod invoice_amount;
pub mod invoice_finding;
pub mod invoice_line;
pub mod invoice_suspension;
pub mod invoice_tax;
pub mod journal;
pub mod lot;
pub mod lot_article;
pub mod membership;
pub mod membership_lot;
pub mod need_line;
pub mod need_sheet;
pub mod number_series;
pub mod number_taken;
pub mod order_line;
pub mod order_share;
pub mod order_tax;
pub mod order_window;
pub mod organisation;
pub mod paper;
pub mod price_line;
pub mod price_schedule;
pub mod purchase_order;
pub mod recharge;
pub mod setting;
pub mod siret;
pub mod site;
pub mod tender_lot;
pub mod tender_procedure;

/// Calls `$with!(module)` for every table, so that a test can hold each against the schema.
#[macro_export]
macro_rules! for_each_table {
    ($with:ident) => {
        $with!(allocation);
        $with!(allocation_cell);
        $with!(allocation_member);
        $with!(amendment);
        $with!(article);
        $with!(article_version);
        $with!(bid);
        $with!(bid_price);
        $with!(campaign);
        $with!(campaign_article);
        $with!(campaign_lot);
        $with!(contact);
        $with!(contract);
        $with!(convention);
        $with!(delegation);
        $with!(delivery);
        $with!(delivery_decision);
        $with!(delivery_line);
        $with!(holder_pack);
        $with!(idempotency_key);
        $with!(index_value);
        $with!(invoice);
        $with!(invoice_amount);
        $with!(invoice_finding);
        $with!(invoice_line);
        $with!(invoice_suspension);
        $with!(invoice_tax);
        $with!(journal);
        $with!(lot);
        $with!(lot_article);
        $with!(membership);
        $with!(membership_lot);
        $with!(need_line);
        $with!(need_sheet);
        $with!(number_series);
        $with!(number_taken);
        $with!(order_line);
        $with!(order_share);
        $with!(order_tax);
        $with!(order_window);
        $with!(organisation);
        $with!(paper);
        $with!(price_line);
        $with!(price_schedule);
        $with!(purchase_order);
        $with!(recharge);
        $with!(setting);
        $with!(siret);
        $with!(site);
        $with!(tender_lot);
        $with!(tender_procedure);
    };
}
