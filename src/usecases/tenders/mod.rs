//! From closed needs to contracts.

pub mod consolidate;
