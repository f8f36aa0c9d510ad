//! Purchase orders: drafted from needs, validated, issued, delivered, closed.

pub mod ceiling;
pub mod delivery;
pub mod delivery_error;
pub mod number;
pub mod order;
pub mod state;
pub mod totals;

#[cfg(test)]
pub(crate) mod fixtures;
