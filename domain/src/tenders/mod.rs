//! From the needs of all members to contracts: consolidation, estimation, the law's
//! thresholds, bids, framework agreements and their prices.

pub mod adviser;
pub mod bids;
pub mod consolidation;
pub mod contract;
pub mod estimation;
pub mod packing;
pub mod prices;
pub mod revision;
pub mod thresholds;
pub mod tiers;
