//! From closed needs to contracts and their prices.

mod award;
mod launch;
mod prices;
mod world;
