//! The schema's history, the same on SQLite and PostgreSQL.
//!
//! A migration that has landed is frozen. It uses neither entities nor domain,
//! which are not.

mod m20261124_100000_create_group;
mod m20261124_100100_create_catalogue_and_campaigns;
mod m20261124_100200_create_tenders;
mod m20261124_100300_create_orders;
mod m20261124_100400_create_invoices;
mod m20261124_100500_create_platform;
mod m20261124_100600_load_reference;
mod m20261125_100000_create_accounts;
mod m20261125_100100_create_jobs_and_mail;
mod m20261125_110000_create_recharge_batches;
mod m20261130_100000_create_pack_links;
mod m20261130_100000_record_standstill;
mod m20261130_110000_index_what_lists_sum;
mod m20261130_120000_index_how_lists_are_sorted;
mod table;

use sea_orm_migration::async_trait;
pub use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// Every migration, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261124_100000_create_group::Migration),
            Box::new(m20261124_100100_create_catalogue_and_campaigns::Migration),
            Box::new(m20261124_100200_create_tenders::Migration),
            Box::new(m20261124_100300_create_orders::Migration),
            Box::new(m20261124_100400_create_invoices::Migration),
            Box::new(m20261124_100500_create_platform::Migration),
            Box::new(m20261124_100600_load_reference::Migration),
            Box::new(m20261125_100000_create_accounts::Migration),
            Box::new(m20261125_100100_create_jobs_and_mail::Migration),
            Box::new(m20261125_110000_create_recharge_batches::Migration),
            Box::new(m20261130_100000_create_pack_links::Migration),
            Box::new(m20261130_100000_record_standstill::Migration),
            Box::new(m20261130_110000_index_what_lists_sum::Migration),
            Box::new(m20261130_120000_index_how_lists_are_sorted::Migration),
        ]
    }
}
