//! The demonstration.

mod chance;
mod needs;
mod people;
mod supplier;

use crate::store::StoreError;
use crate::usecases::UseCaseError;

/// Why the demonstration could not be built.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// One of its own files does not read.
    #[error("demonstration data: {0}")]
    Data(String),
    #[error(transparent)]
    UseCase(#[from] UseCaseError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("an invoice of the demonstration could not be written")]
    Billing(#[from] supplier::BillingError),
}
