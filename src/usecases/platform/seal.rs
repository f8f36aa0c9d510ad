//! Secrets that the program must know again are sealed: encrypted under a key that is not in the
//! database, and bound to the row they belong to. A copy of the database opens none of them.
//!
//! AES-256-GCM; the keys are drawn by HKDF from what the settings give. What is sealed names its
//! key, so that a key can be replaced while the former one still opens.

use std::fmt;
use std::sync::Arc;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::{hkdf, hmac};

use super::secret::{hexadecimal, read_hexadecimal};
use crate::usecases::UseCaseError;

/// In characters: 256 random bits in hexadecimal are 64, in base 64 they are 44.
pub const SHORTEST: usize = 32;

/// How a sealed text begins; a secret in base 32 has no dot.
const MARK: &str = "s1.";

const NONCE: usize = 12;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("a key shorter than {SHORTEST} characters")]
    TooShort,
    #[error("no key was given")]
    NoKey,
    #[error("sealed under a key that was not given")]
    OtherKey,
    #[error("not what was sealed, or not for this row")]
    Broken,
    #[error("the system gave no randomness")]
    NoRandomness,
}

/// The keys of one installation. Cheap to clone.
#[derive(Clone)]
pub struct Seal {
    /// The current one first.
    keys: Arc<[Key]>,
}

struct Key {
    /// Names the key and tells nothing of it.
    name: String,
    cipher: LessSafeKey,
    mac: hmac::Key,
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seal").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

/// The name of a key, in bytes.
struct NameLength;

impl hkdf::KeyType for NameLength {
    fn len(&self) -> usize {
        4
    }
}

impl Key {
    fn of(given: &str) -> Result<Self, SealError> {
        let given = given.trim();
        if given.chars().count() < SHORTEST {
            return Err(SealError::TooShort);
        }
        let broken = |_| SealError::Broken;
        let drawn = hkdf::Salt::new(hkdf::HKDF_SHA256, b"travee").extract(given.as_bytes());
        let mut name = [0_u8; 4];
        drawn.expand(&[b"name"], NameLength).and_then(|okm| okm.fill(&mut name)).map_err(broken)?;
        let cipher = drawn.expand(&[b"cipher"], &AES_256_GCM).map_err(broken)?;
        let mac = drawn.expand(&[b"mac"], hmac::HMAC_SHA256).map_err(broken)?;
        Ok(Self {
            name: hexadecimal(&name),
            cipher: LessSafeKey::new(UnboundKey::from(cipher)),
            mac: hmac::Key::from(mac),
        })
    }
}

impl Seal {
    /// Of a command that needs no secret: sealing and opening fail.
    pub fn absent() -> Self {
        Self { keys: Arc::new([]) }
    }

    /// Seals with `current`; opens also what `former` sealed.
    ///
    /// # Errors
    ///
    /// A key that is too short.
    pub fn of(current: &str, former: Option<&str>) -> Result<Self, SealError> {
        let keys: Result<Vec<Key>, SealError> =
            std::iter::once(current).chain(former).map(Key::of).collect();
        Ok(Self { keys: keys?.into() })
    }

    fn current(&self) -> Result<&Key, SealError> {
        self.keys.first().ok_or(SealError::NoKey)
    }

    /// Seals a secret of the row `of`.
    pub fn close(&self, of: &str, secret: &str) -> Result<String, SealError> {
        let key = self.current()?;
        let mut nonce = [0_u8; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| SealError::NoRandomness)?;
        let mut bytes = secret.as_bytes().to_vec();
        key.cipher
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(of.as_bytes()),
                &mut bytes,
            )
            .map_err(|_| SealError::Broken)?;
        Ok(format!("{MARK}{}.{}{}", key.name, hexadecimal(&nonce), hexadecimal(&bytes)))
    }

    /// The secret of the row `of`, as it was before it was sealed. What an older program kept
    /// unsealed is read as it is.
    pub fn open(&self, of: &str, kept: &str) -> Result<String, SealError> {
        let Some(sealed) = kept.strip_prefix(MARK) else { return Ok(kept.to_owned()) };
        let (name, text) = sealed.split_once('.').ok_or(SealError::Broken)?;
        let key = self.keys.iter().find(|key| key.name == name).ok_or(SealError::OtherKey)?;
        let bytes = read_hexadecimal(text).ok_or(SealError::Broken)?;
        let (nonce, bytes) = bytes.split_at_checked(NONCE).ok_or(SealError::Broken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Broken)?;
        let mut bytes = bytes.to_vec();
        let plain = key
            .cipher
            .open_in_place(nonce, Aad::from(of.as_bytes()), &mut bytes)
            .map_err(|_| SealError::Broken)?;
        String::from_utf8(plain.to_vec()).map_err(|_| SealError::Broken)
    }

    /// Whether the current key sealed it.
    pub fn is_current(&self, kept: &str) -> bool {
        let sealed = kept.strip_prefix(MARK).and_then(|rest| rest.split_once('.'));
        match (sealed, self.keys.first()) {
            (Some((name, _)), Some(key)) => key.name == name,
            _ => false,
        }
    }

    /// What only the holder of the key can draw from `text`.
    pub(super) fn drawn(&self, text: &str) -> Result<[u8; 32], UseCaseError> {
        let failed = UseCaseError::failed("drawing a secret");
        let key = match self.current() {
            Ok(key) => key,
            Err(error) => return Err(failed(error)),
        };
        let tag = hmac::sign(&key.mac, text.as_bytes());
        let mut bytes = [0_u8; 32];
        bytes.copy_from_slice(tag.as_ref());
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "0123456789abcdef0123456789abcdef";
    const SECOND: &str = "fedcba9876543210fedcba9876543210";
    const SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

    fn one() -> Seal {
        Seal::of(FIRST, None).unwrap()
    }

    #[test]
    fn what_is_sealed_shows_nothing_and_opens_for_its_row_alone() {
        let sealed = one().close("person 7", SECRET).unwrap();
        assert!(!sealed.contains(SECRET) && sealed.starts_with(MARK), "{sealed}");
        assert_ne!(sealed, one().close("person 7", SECRET).unwrap(), "never twice the same");
        assert_eq!(one().open("person 7", &sealed).unwrap(), SECRET);
        assert_eq!(one().open("person 8", &sealed), Err(SealError::Broken));
        let mut spoiled = sealed.clone();
        let last = if spoiled.pop() == Some('0') { '1' } else { '0' };
        spoiled.push(last);
        assert_eq!(one().open("person 7", &spoiled), Err(SealError::Broken));
        for cut in ["s1.", "s1.aa", "s1.aa.00", &sealed[..20]] {
            assert!(one().open("person 7", cut).is_err(), "{cut}");
        }
    }

    #[test]
    fn a_former_key_opens_and_the_current_one_seals() {
        let before = one().close("person 7", SECRET).unwrap();
        let after = Seal::of(SECOND, Some(FIRST)).unwrap();
        assert_eq!(after.open("person 7", &before).unwrap(), SECRET);
        assert!(one().is_current(&before) && !after.is_current(&before));
        assert!(after.is_current(&after.close("person 7", SECRET).unwrap()));
        let alone = Seal::of(SECOND, None).unwrap();
        assert_eq!(alone.open("person 7", &before), Err(SealError::OtherKey));
    }

    #[test]
    fn what_was_kept_before_there_was_a_key_is_read_and_is_not_current() {
        assert_eq!(one().open("person 7", SECRET).unwrap(), SECRET);
        assert!(!one().is_current(SECRET));
    }

    #[test]
    fn without_a_key_nothing_is_sealed_and_a_short_key_is_none() {
        assert_eq!(Seal::absent().close("person 7", SECRET), Err(SealError::NoKey));
        assert!(Seal::absent().drawn("text").is_err());
        assert_eq!(Seal::of("court", None).unwrap_err(), SealError::TooShort);
        assert_eq!(Seal::of(FIRST, Some("court")).unwrap_err(), SealError::TooShort);
    }
}
