//! What a person or a job does: load, decide (domain), save, journal — one transaction.
//!
//! A use case is the unit of transaction, authorisation, journal entry and
//! idempotency. It never names the ORM or the web.

pub mod bundle;
pub mod campaigns;
pub mod catalogue;
pub mod check;
mod error;
pub mod group;
pub mod invoices;
pub mod letterhead;
pub mod orders;
mod papers;
pub mod platform;
pub mod tenders;

use std::sync::Arc;

use chrono::NaiveDate;

use crate::clock::Clock;
use crate::store::Store;
use crate::store::files::Files;
use crate::store::platform::Entry;

use platform::seal::Seal;

pub use error::{Refusal, UseCaseError};

/// What every use case works on. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    pub store: Store,
    pub files: Files,
    /// The day of business: what is open, due or late. Stands still in the demonstration.
    pub clock: Clock,
    /// The time on the wall: sessions, limits, codes, e-mails, jobs.
    pub wall: Clock,
    pub site: Arc<Site>,
    /// What secrets are kept under.
    pub seal: Seal,
}

/// This installation as its readers reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// How browsers reach it, without a slash at the end: links of e-mails begin with it.
    pub base_url: String,
    /// The demonstration: its e-mails and codes are pages.
    pub demo: bool,
}

impl Default for Site {
    fn default() -> Self {
        Self { base_url: "http://127.0.0.1:8062".into(), demo: false }
    }
}

/// Who does it, as the journal names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor(pub String);

impl App {
    /// On the machine's clock, reached as [`Site::default`] says, without a key for secrets.
    pub fn new(store: Store, files: Files) -> Self {
        Self {
            store,
            files,
            clock: Clock::System,
            wall: Clock::System,
            site: Arc::new(Site::default()),
            seal: Seal::absent(),
        }
    }

    pub fn today(&self) -> NaiveDate {
        self.clock.today()
    }

    /// A journal entry of now.
    ///
    /// A step of a life is journalled as `subject.action`, with the codes of the domain's table
    /// (`order.validate`, `need_sheet.submit`, `invoice.match`…), one entry for each row that
    /// moved, whether one by one or in bulk: `travee check` replays them against the table.
    pub(crate) fn entry(
        &self,
        actor: &Actor,
        action: &'static str,
        subject: &'static str,
        subject_id: i64,
        details: impl Into<String>,
    ) -> Entry {
        Entry {
            at: self.clock.now(),
            actor: actor.0.clone(),
            action,
            subject,
            subject_id,
            details: details.into(),
        }
    }
}
