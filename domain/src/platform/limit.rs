//! How often something may be tried: enough for a person who mistypes, too little for a
//! program that guesses.
//!
//! Windows are fixed (every quarter of an hour begins at :00, :15…), so that one counted
//! row holds over restarts and over several nodes. Both what is tried on (an account) and
//! where it comes from (a network address) count: a town hall and a whole EPCI may share
//! one address, so that its limits are wide. A blocked password leaves the sent link, which
//! has limits of its own: nobody is locked out by a stranger's attempts.

use chrono::{DateTime, Duration, Utc};

use crate::coded::coded_enum;

coded_enum! {
    /// What is tried.
    pub enum Attempt {
        /// A link asked for: to sign in, to choose a password, to change an address.
        Link => ("link", "demande de lien"),
        Password => ("password", "mot de passe"),
        /// The second factor, a recovery code included.
        Code => ("code", "code de vérification"),
        /// A link opened, whichever.
        Open => ("open", "ouverture d’un lien"),
        Invitation => ("invitation", "invitation"),
    }
}

/// At most `most` in each window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    pub window: Duration,
    pub most: i64,
}

const QUARTER: Duration = Duration::minutes(15);
const HOUR: Duration = Duration::hours(1);
const DAY: Duration = Duration::days(1);

impl Attempt {
    /// On one account, known or not.
    pub fn per_account(self) -> &'static [Limit] {
        match self {
            Self::Link => &[Limit { window: QUARTER, most: 5 }, Limit { window: DAY, most: 30 }],
            Self::Password => {
                &[Limit { window: QUARTER, most: 10 }, Limit { window: DAY, most: 60 }]
            }
            // A million codes, three of which are right at a time: 60 a day are found out in
            // fifteen years on average.
            Self::Code => &[Limit { window: QUARTER, most: 6 }, Limit { window: DAY, most: 60 }],
            Self::Open => &[],
            Self::Invitation => &[Limit { window: HOUR, most: 40 }],
        }
    }

    /// From one network address.
    pub fn per_network(self) -> &'static [Limit] {
        match self {
            Self::Link => &[Limit { window: HOUR, most: 60 }],
            Self::Password | Self::Code | Self::Invitation => &[Limit { window: HOUR, most: 100 }],
            // 256 random bits need no limit; the database does.
            Self::Open => &[Limit { window: HOUR, most: 300 }],
        }
    }
}

impl Limit {
    /// The beginning of the window that `now` is in.
    pub fn window_start(self, now: DateTime<Utc>) -> DateTime<Utc> {
        let length = self.window.num_seconds();
        let begun = now.timestamp().div_euclid(length) * length;
        DateTime::from_timestamp(begun, 0).unwrap_or(now)
    }

    /// From when on it may be tried again, if `count` in this window is one too many.
    pub fn until(self, count: i64, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (count > self.most).then(|| self.window_start(now) + self.window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_begins_on_the_quarter_of_an_hour() {
        let limit = Limit { window: QUARTER, most: 2 };
        for (now, start) in [
            ("2026-11-22T09:14:59Z", "2026-11-22T09:00:00Z"),
            ("2026-11-22T09:15:00Z", "2026-11-22T09:15:00Z"),
        ] {
            assert_eq!(limit.window_start(at(now)), at(start), "{now}");
        }
    }

    #[test]
    fn the_last_allowed_attempt_passes_and_the_next_waits_for_the_window_s_end() {
        let limit = Limit { window: QUARTER, most: 2 };
        let now = at("2026-11-22T09:07:00Z");
        assert_eq!(limit.until(2, now), None);
        assert_eq!(limit.until(3, now), Some(at("2026-11-22T09:15:00Z")));
    }

    #[test]
    fn what_can_be_guessed_is_limited_on_the_account_and_from_the_network() {
        for attempt in [Attempt::Link, Attempt::Password, Attempt::Code] {
            assert!(!attempt.per_account().is_empty(), "{attempt}");
        }
        for attempt in Attempt::ALL {
            assert!(!attempt.per_network().is_empty(), "{attempt}");
        }
    }
}
