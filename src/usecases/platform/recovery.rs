//! Recovery codes: on paper, they stand in for a lost telephone, once each.

use domain::ids::PersonId;

use super::{passwords, secret};
use crate::store::platform::people;
use crate::usecases::{App, UseCaseError};

const RECOVERY_CODES: usize = 10;
/// Without 0, 1, I, L, O and U: what is read from paper is typed right. 30 signs.
const ALPHABET: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Twelve of them are 58 bits: with the limit on attempts, nobody guesses one; kept as passwords
/// are, nobody finds them in a copy of the database either.
const RECOVERY_LENGTH: usize = 12;

/// New recovery codes, and what is kept of them.
pub(super) async fn new_codes() -> Result<(Vec<String>, Vec<String>), UseCaseError> {
    let mut codes: Vec<String> = Vec::with_capacity(RECOVERY_CODES);
    while codes.len() < RECOVERY_CODES {
        let code = recovery_code()?;
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    let plain: Vec<String> = codes.iter().map(|code| plain(code)).collect();
    let hashes = passwords::hashing(move || {
        plain.iter().map(|code| passwords::hashed(code)).collect::<Result<Vec<_>, _>>()
    })
    .await?;
    Ok((codes, hashes))
}

/// The hash of the unused recovery code that was typed, if it is one.
pub(super) async fn known(
    app: &App,
    person: PersonId,
    code: &str,
) -> Result<Option<String>, UseCaseError> {
    let code = plain(code);
    if code.len() != RECOVERY_LENGTH {
        return Ok(None);
    }
    let kept = people::recovery_codes(&app.store, person).await?;
    // Codes given before they were kept as passwords are.
    let former = secret::hash(&code);
    passwords::hashing(move || {
        Ok(kept.into_iter().find(|hash| *hash == former || passwords::same(&code, hash)))
    })
    .await
}

/// `7KQM-2XVB-9TRC`.
fn recovery_code() -> Result<String, UseCaseError> {
    let mut letters = String::new();
    while letters.len() < RECOVERY_LENGTH {
        let mut byte = [0_u8; 1];
        getrandom::fill(&mut byte).map_err(UseCaseError::failed("drawing a recovery code"))?;
        // 240 is eight times 30: a byte beyond would favour the first signs.
        if byte[0] < 240 {
            letters.push(char::from(ALPHABET[usize::from(byte[0] % 30)]));
        }
    }
    Ok(format!("{}-{}-{}", &letters[..4], &letters[4..8], &letters[8..]))
}

/// A code as it counts, however it was typed.
fn plain(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_codes_are_read_from_paper_however_they_are_typed() {
        let code = recovery_code().unwrap();
        assert_eq!(code.len(), RECOVERY_LENGTH + 2);
        assert_eq!(plain(&code), plain(&code.to_lowercase().replace('-', " ")));
        assert!(plain(&code).bytes().all(|sign| ALPHABET.contains(&sign)), "{code}");
    }
}
