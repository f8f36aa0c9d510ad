//! From the needs of all members to contracts: consolidation, estimation, the law's
//! thresholds, bids, framework agreements and their prices.

pub mod consolidation;
pub mod packing;
