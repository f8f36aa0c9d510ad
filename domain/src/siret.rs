//! SIREN and SIRET: the numbers that say who buys, sells and pays.
//!
//! Both carry a Luhn key. La Poste (SIREN 356000000) numbers its offices so that
//! the digit sum is a multiple of five instead; a SIRET of La Poste passes by
//! either.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const LA_POSTE: &str = "356000000";

/// Why a SIREN or SIRET is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SiretError {
    #[error("a SIREN has 9 digits and a SIRET 14")]
    Length,
    #[error("the key does not match")]
    Key,
}

/// The sum of the digits, every second one from the right doubled (its digits added).
fn luhn_sum(digits: &str) -> u32 {
    digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(index, byte)| {
            let digit = u32::from(byte - b'0');
            if index % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
        })
        .sum()
}

fn digits(text: &str, length: usize) -> Result<String, SiretError> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if bare.len() == length && bare.bytes().all(|b| b.is_ascii_digit()) {
        Ok(bare)
    } else {
        Err(SiretError::Length)
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(number: $name) -> Self {
                number.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = SiretError;

            fn try_from(text: String) -> Result<Self, SiretError> {
                text.parse()
            }
        }
    };
}

number!(
    /// A SIREN that has passed its key: nine digits that name a legal body.
    Siren
);
number!(
    /// A SIRET that has passed its key: fourteen digits that name an establishment.
    ///
    /// The only way to hold one is to parse it, so nobody has to check it again.
    Siret
);

/// Spaces are allowed between digits: `216 200 014`.
impl FromStr for Siren {
    type Err = SiretError;

    fn from_str(text: &str) -> Result<Self, SiretError> {
        let digits = digits(text, 9)?;
        if luhn_sum(&digits).is_multiple_of(10) { Ok(Self(digits)) } else { Err(SiretError::Key) }
    }
}

/// Spaces are allowed between digits: `216 200 014 00019`.
impl FromStr for Siret {
    type Err = SiretError;

    fn from_str(text: &str) -> Result<Self, SiretError> {
        let digits = digits(text, 14)?;
        let by_luhn = luhn_sum(&digits).is_multiple_of(10);
        let by_digit_sum = digits.starts_with(LA_POSTE)
            && digits.bytes().map(|b| u32::from(b - b'0')).sum::<u32>().is_multiple_of(5);
        if by_luhn || by_digit_sum { Ok(Self(digits)) } else { Err(SiretError::Key) }
    }
}

impl Siret {
    /// The legal body this establishment belongs to.
    pub fn siren(&self) -> Siren {
        Siren(self.0[..9].to_owned())
    }

    /// Grouped for the eye, with no-break spaces: `216 200 014 00019`.
    pub fn spaced(&self) -> String {
        let d = &self.0;
        format!("{}\u{a0}{}\u{a0}{}\u{a0}{}", &d[..3], &d[3..6], &d[6..9], &d[9..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_11_the_key_of_a_siret_is_checked() {
        for (text, expected) in [
            ("73282932000074", Ok(())),
            ("73282932000075", Err(SiretError::Key)),
            ("732 829 320 00074", Ok(())),
            ("7328293200007", Err(SiretError::Length)),
            ("7328293200007A", Err(SiretError::Length)),
            ("35600000000048", Ok(())), // La Poste, by Luhn
            ("35600000049837", Ok(())), // La Poste, by digit sum
            ("35600000000049", Err(SiretError::Key)),
        ] {
            assert_eq!(text.parse::<Siret>().map(|_| ()), expected, "{text}");
        }
    }

    #[test]
    fn the_siren_of_a_siret_is_its_first_nine_digits() {
        let siret: Siret = "73282932000074".parse().unwrap();
        assert_eq!(siret.siren().as_str(), "732829320");
        assert!("732829320".parse::<Siren>().is_ok());
        assert_eq!("732829321".parse::<Siren>(), Err(SiretError::Key));
    }
}
