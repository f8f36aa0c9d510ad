//! What keeps the whole honest: the journal's chain, the series of numbers, the
//! invariants of `travee check`; and who may come in.

pub mod account;
pub mod breach;
pub mod job;
pub mod journal;
pub mod limit;
pub mod mail;
pub mod password;
pub mod reminder;
pub mod role;
pub mod series;
pub mod team;
