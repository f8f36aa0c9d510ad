//! Files of others: what comes in is judged before it is believed.

pub mod catalogue;
pub mod members;
pub mod needs;
pub mod table;
pub mod einvoice;
