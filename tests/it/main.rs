//! One integration binary: the tests that need a database, a file or the command itself.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop")]
#![expect(
    clippy::print_stdout,
    clippy::zombie_processes,
    clippy::disallowed_methods,
    clippy::items_after_statements,
    clippy::similar_names,
    clippy::wildcard_enum_match_arm,
    reason = "walks print what they counted, a browser ends with its test, codes use the real clock"
)]

mod accounts;
mod admin;
mod administration;
mod allocate;
mod architecture;
mod bounces;
mod browser;
mod buying;
mod campaigns;
mod census_pages;
mod check;
mod client;
mod consolidate;
mod exports;
mod fixtures;
mod founding;
mod group;
mod handbook;
mod harness;
mod house;
mod invoices;
mod invoicing;
mod jobs;
mod look;
mod orders;
mod papers;
mod queries;
mod reference;
mod resuming;
mod routes;
mod rows;
mod schema;
mod serving;
mod storm;
mod tenders;
mod trouble;
mod web;
