//! Catalogue and censuses, from the first article to the receipts.

mod answers;
mod catalogue;
mod desk;
mod life;
mod pages;
mod world;

pub(crate) use world::{World, entry, handed_in, on_day};
