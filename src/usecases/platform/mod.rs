//! People, sessions, files they add, jobs and e-mails.

pub mod accounts;
pub mod archive;
pub mod attachments;
pub mod bounces;
pub mod census_links;
pub mod entering;
pub mod housekeeping;
pub mod jobs;
mod letters;
pub mod limits;
mod links;
pub mod mail;
pub(crate) mod news;
pub mod notices;
pub mod passwords;
mod recovery;
pub mod reference;
pub mod reminders;
pub mod seal;
pub mod second_factor;
pub mod secret;
pub mod sessions;
pub mod sign_in;
pub mod teams;
