//! Time is passed in, so that the demo, the tests and every paper can be made again.

use chrono::{DateTime, NaiveDate, Utc};
use domain::dates::paris_day;

/// Where the time comes from.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    System,
    /// Stands still: demo and tests.
    Frozen(DateTime<Utc>),
}

impl Clock {
    pub fn now(self) -> DateTime<Utc> {
        match self {
            #[expect(clippy::disallowed_methods, reason = "the clock is where time comes in")]
            Self::System => Utc::now(),
            Self::Frozen(instant) => instant,
        }
    }

    /// The civil day in France.
    pub fn today(self) -> NaiveDate {
        paris_day(self.now())
    }
}
