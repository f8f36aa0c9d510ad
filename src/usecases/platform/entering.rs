//! What coming in may answer, whichever road is taken.

use chrono::{DateTime, Utc};
use domain::platform::password::PasswordError;
use domain::platform::team::TeamError;

use crate::store::StoreError;
use crate::usecases::UseCaseError;

/// Why somebody does not come in, or their account does not change. Nothing here says whether
/// an account exists.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// Tried too often; again from then on.
    #[error("too many attempts until {0}")]
    TooMany(DateTime<Utc>),
    /// Unknown address, wrong password, no password, disabled: all the same to the reader.
    #[error("wrong credentials")]
    Wrong,
    /// A link that was used, ended or never was.
    #[error("link used up")]
    Gone,
    #[error("the address is no address")]
    NotAnAddress,
    /// Another person already signs in with the new address.
    #[error("password refused")]
    Password(#[from] PasswordError),
    /// The sign-in is too old for what is asked.
    #[error("sign-in too old")]
    Stale,
    #[error(transparent)]
    UseCase(#[from] UseCaseError),
}

impl From<StoreError> for EntryError {
    fn from(error: StoreError) -> Self {
        Self::UseCase(error.into())
    }
}

/// Somebody is in: the session's token, which only the browser keeps, and what comes first.
#[derive(Clone, PartialEq, Eq)]
pub struct Entered {
    pub token: String,
    pub next: Next,
}

impl std::fmt::Debug for Entered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entered").field("next", &self.next).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The second factor, or a recovery code.
    Code,
    /// The second factor has to be set up first.
    Enrol,
    /// The page asked for.
    Page,
}

impl From<TeamError> for UseCaseError {
    fn from(error: TeamError) -> Self {
        let code = match error {
            TeamError::DoesNotFit => "role_does_not_fit",
            TeamError::NotAllowed => "role_not_allowed",
            TeamError::OnlySignatories => "only_signatories",
            TeamError::LastAdministrator => "last_administrator",
            TeamError::LastSignatory => "last_signatory",
        };
        Self::refused(code, error.for_the_reader())
    }
}
