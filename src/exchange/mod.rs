//! Files of others: what comes in is judged before it is believed.

pub mod adhesions;
pub mod allocation;
pub mod bounces;
pub mod canonical;
pub mod catalogue;
pub mod contacts;
pub mod deliveries;
pub mod einvoice;
pub mod holder_pack;
pub mod listing;
pub mod members;
pub mod needs;
pub mod table;
