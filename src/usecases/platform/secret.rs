//! Secrets that nobody can guess: tokens of sessions and links, keys of forms.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::usecases::UseCaseError;

/// A new token of 256 bits, in hexadecimal.
pub fn token() -> Result<String, UseCaseError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(UseCaseError::failed("drawing a token"))?;
    Ok(hexadecimal(&bytes))
}

/// What the database keeps of a token: enough to know it again, not to make it.
pub fn hash(token: &str) -> String {
    hexadecimal(&Sha256::digest(token.as_bytes()))
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
