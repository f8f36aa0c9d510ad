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

/// The bytes behind an even number of digits, else `None`.
pub(crate) fn read_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits?;
    let whole = digits.len().is_multiple_of(2);
    whole.then(|| digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_in_hexadecimal_is_read_again() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(read_hexadecimal(&hexadecimal(&bytes)), Some(bytes));
        for odd in ["0", "0g", "é0"] {
            assert_eq!(read_hexadecimal(odd), None, "{odd}");
        }
    }
}
