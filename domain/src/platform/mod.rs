//! What keeps the whole honest: the journal's chain, the series of numbers, the
//! invariants of `travee check`.

pub mod breach;
pub mod job;
pub mod journal;
pub mod mail;
pub mod role;
pub mod series;
