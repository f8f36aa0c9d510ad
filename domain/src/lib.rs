//! The rules of the trade, as pure functions on values.
//!
//! Nothing here reads a file, a clock, a database or chance: whatever a rule
//! needs is passed in. The areas follow the road of a need (see the crate
//! `travee`); the modules below are the ground they share.

pub mod campaigns;
pub mod catalogue;
mod coded;
pub mod cpv;
pub mod dates;
pub mod french;
pub mod group;
pub mod ids;
pub mod invoices;
pub mod money;
pub mod orders;
pub mod platform;
pub mod price;
pub mod quantity;
pub mod rounding;
pub mod siret;
pub mod steps;
pub mod tenders;
pub mod vat;
