//! From closed needs to contracts and their prices.

mod award;
mod launch;
mod pages;
mod plan;
mod prices;
mod world;
