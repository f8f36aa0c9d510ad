//! How long links and sessions live, and what somebody signs in with.
//!
//! A link of an e-mail is a key that lies in a mailbox: the more it opens, the sooner it
//! ends. A session of the CdG62 sees every member, so that it ends with the working day;
//! a member's person comes ten minutes a year and is not made to sign in twice a week.

use chrono::{DateTime, Duration, Utc};

use crate::coded::coded_enum;
use crate::group::address::{AddressError, Email};

coded_enum! {
    /// What a link of an e-mail does.
    pub enum LinkPurpose {
        SignIn => ("sign_in", "connexion"),
        Invitation => ("invitation", "invitation"),
        /// To choose a password, forgotten or never had.
        Reset => ("reset", "choix du mot de passe"),
        ChangeEmail => ("change_email", "changement d’adresse"),
        /// Shared by a mailbox, it opens one census of one member until its closing day.
        Census => ("census", "recensement"),
    }
}

impl LinkPurpose {
    /// How long such a link works; a census's lives as long as its census.
    pub fn lifetime(self) -> Option<Duration> {
        match self {
            Self::SignIn => Some(SIGN_IN_LINK),
            Self::Invitation => Some(INVITATION),
            Self::Reset => Some(RESET),
            Self::ChangeEmail => Some(CHANGE_OF_ADDRESS),
            Self::Census => None,
        }
    }
}

/// Long enough for a slow mail server, short enough for a mailbox left open.
pub const SIGN_IN_LINK: Duration = Duration::minutes(15);
/// A week, holidays of a part-time secretary included.
pub const INVITATION: Duration = Duration::days(7);
pub const RESET: Duration = Duration::minutes(30);
/// The new mailbox may be one that somebody else has to open.
pub const CHANGE_OF_ADDRESS: Duration = Duration::days(1);

/// How long a session lives at most, and unused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLength {
    pub most: Duration,
    pub idle: Duration,
}

/// A member's: from one visit of a census to the next.
pub const MEMBER_SESSION: SessionLength =
    SessionLength { most: Duration::days(30), idle: Duration::days(14) };
/// The CdG62's: a working day, and a lunch without anybody at the screen.
pub const COORDINATOR_SESSION: SessionLength =
    SessionLength { most: Duration::hours(12), idle: Duration::hours(2) };
/// A census's shared link: an answer takes minutes, and the link opens it again.
pub const CENSUS_SESSION: SessionLength =
    SessionLength { most: Duration::hours(12), idle: Duration::hours(2) };
/// Between the first factor and the second nothing is open but the page that asks for it.
pub const WAITING_FOR_CODE: Duration = Duration::minutes(10);

/// Changing the password, the address or the second factor asks who signed in longer ago to
/// sign in again: a screen left open does not give the account away.
pub const FRESH_SIGN_IN: Duration = Duration::minutes(30);

pub fn is_fresh(signed_in_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - signed_in_at < FRESH_SIGN_IN
}

/// The address somebody signs in with: no two of them differ by their capitals alone.
pub fn sign_in_address(text: &str) -> Result<Email, AddressError> {
    text.trim().to_lowercase().parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_typed_with_capitals_and_spaces_is_the_same_address() {
        let typed = sign_in_address("  Marie.Dupont@Mairie-Avion.Example ").unwrap();
        assert_eq!(typed.as_str(), "marie.dupont@mairie-avion.example");
        assert!(sign_in_address("marie.dupont").is_err());
    }

    #[test]
    fn only_a_census_s_link_outlives_the_week_of_an_invitation() {
        for purpose in LinkPurpose::ALL {
            let short = purpose.lifetime().is_some_and(|life| life <= INVITATION);
            assert_eq!(short, *purpose != LinkPurpose::Census, "{purpose}");
        }
    }

    #[test]
    fn a_session_of_the_coordinator_is_shorter_than_a_member_s() {
        assert!(COORDINATOR_SESSION.most < MEMBER_SESSION.most);
        assert!(COORDINATOR_SESSION.idle < MEMBER_SESSION.idle);
    }

    #[test]
    fn a_sign_in_is_fresh_until_its_last_minute() {
        let at: DateTime<Utc> = "2026-11-22T09:00:00Z".parse().unwrap();
        assert!(is_fresh(at, at + Duration::minutes(30) - Duration::seconds(1)));
        assert!(!is_fresh(at, at + Duration::minutes(30)));
    }
}
