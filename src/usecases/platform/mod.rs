//! People, sessions, files they add, jobs and e-mails.

pub mod attachments;
pub mod jobs;
pub mod mail;
pub mod notices;
pub mod secret;
pub mod sessions;
