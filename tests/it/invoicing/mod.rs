//! Invoices from intake to payment, on a database.

mod bill;
mod crafted;
mod desk;
mod disputes;
mod kill;
mod member;
mod shared;
mod world;

pub(crate) use bill::Bill;
pub(crate) use shared::{CDG, HOLDER, second};
