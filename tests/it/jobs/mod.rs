//! Jobs, and the letters they send.

mod housekeeping;
mod mails;
mod packs;
mod pages;
mod receipts;
mod reminding;
mod running;
mod smtp;

pub(crate) use mails::{keep, message};
