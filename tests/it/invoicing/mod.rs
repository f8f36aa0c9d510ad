//! Invoices from intake to payment, on a database.

mod bill;
mod crafted;
mod kill;
mod shared;
mod world;
