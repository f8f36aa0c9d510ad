//! People, sessions, files they add, jobs and e-mails.

pub mod attachments;
pub mod reference;
pub mod secret;
pub mod sessions;
