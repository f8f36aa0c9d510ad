//! Purchase orders: drafted from needs, validated, issued, delivered, closed.

pub mod amendment;
pub mod calendar;
pub mod ceiling;
pub mod delivery;
pub mod delivery_error;
pub mod draft;
pub mod life;
pub mod number;
pub mod order;
pub mod penalty;
pub mod progress;
pub mod state;
pub mod totals;

#[cfg(test)]
pub(crate) mod fixtures;
