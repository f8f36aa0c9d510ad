//! Jobs, and the letters they send.

mod mails;
mod running;
mod smtp;
