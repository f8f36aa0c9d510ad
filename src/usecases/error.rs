//! Why a use case did nothing.

use crate::store::StoreError;

/// One thing that is wrong with what was asked, in French: what, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// A code for programs: `lot_not_subscribed`, `commande_inconnue`…
    pub code: String,
    pub message: String,
}

impl Refusal {
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

/// Why a use case did nothing; whatever the variant, nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum UseCaseError {
    /// The rules say no; every reason is listed.
    #[error("refused: {0:?}")]
    Refused(Vec<Refusal>),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A paper could not be made, or a computation overflowed.
    #[error("{doing} failed: {message}")]
    Failed { doing: &'static str, message: String },
}

impl UseCaseError {
    pub fn refused(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Refused(vec![Refusal::new(code, message)])
    }

    /// `.map_err(UseCaseError::failed("pricing an order"))`.
    pub(crate) fn failed<E: std::fmt::Display>(doing: &'static str) -> impl FnOnce(E) -> Self {
        move |error| Self::Failed { doing, message: error.to_string() }
    }

    /// What happened, that nothing was changed, and what to do.
    pub fn in_french(&self) -> String {
        match self {
            Self::Refused(reasons) => {
                let lines: Vec<&str> =
                    reasons.iter().map(|reason| reason.message.as_str()).collect();
                lines.join("\n")
            }
            Self::Store(error) => error.in_french(),
            Self::Failed { message, .. } => {
                format!("L’opération a échoué, rien n’a été enregistré : {message}")
            }
        }
    }
}
