//! Invoices from intake to payment, on a database.

mod bill;
mod shared;
mod world;
