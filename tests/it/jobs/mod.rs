//! Jobs, and the letters they send.

mod mails;
mod pages;
mod reminding;
mod running;
mod smtp;
