//! Invoices from intake to payment, on a database.

mod bill;
mod crafted;
mod desk;
mod disputes;
pub(crate) mod group;
mod kill;
mod member;
mod paying;
mod settling;
mod shared;
mod world;

pub(crate) use bill::Bill;
pub(crate) use group::{CDG, HOLDER, second};
