//! Files of others: what comes in is judged before it is believed.

pub mod einvoice;
