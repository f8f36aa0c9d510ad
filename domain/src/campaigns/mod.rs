//! Asking the members what they need, and taking in what they say.

pub mod accept;
pub mod anomaly;
pub mod census;
pub mod estimator;
pub mod fault;
pub mod repeat;
pub mod road;
pub mod sheet;
pub mod standing;
pub mod suited;
pub mod typed;
pub mod valuation;
