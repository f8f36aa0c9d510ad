//! The number of an order: what the invoice must cite (BT-13, D2192-2 CCP).
//!
//! Chorus Pro takes at most fifty characters of `A-Z a-z 0-9 - /`. Numbers are
//! gap-free in each series and year; a cancelled order keeps its own.

use std::fmt;
use std::str::FromStr;

/// An order number that Chorus Pro takes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderNumber(String);

/// Why a text is not an order number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OrderNumberError {
    #[error("an order number has 1 to {LONGEST} characters")]
    Length,
    #[error("an order number has only letters, digits, - and /")]
    Character,
    #[error("numbers in a series begin with 1")]
    Sequence,
}

/// What Chorus Pro keeps of an engagement or order number.
pub const LONGEST: usize = 50;

impl OrderNumber {
    /// The `sequence`-th number of `series` in `year`: `BC-2026-0001`. Four digits, more
    /// when the year has more orders.
    pub fn in_series(series: &str, year: i32, sequence: i64) -> Result<Self, OrderNumberError> {
        if sequence < 1 {
            return Err(OrderNumberError::Sequence);
        }
        format!("{series}-{year}-{sequence:04}").parse()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OrderNumber {
    type Err = OrderNumberError;

    fn from_str(text: &str) -> Result<Self, OrderNumberError> {
        if text.is_empty() || text.len() > LONGEST {
            return Err(OrderNumberError::Length);
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'/');
        if text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(OrderNumberError::Character)
        }
    }
}

impl fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_what_chorus_pro_takes() {
        let made = |sequence| OrderNumber::in_series("BC", 2026, sequence).map(|n| n.to_string());
        assert_eq!(made(1), Ok("BC-2026-0001".into()));
        assert_eq!(made(12_345), Ok("BC-2026-12345".into()));
        assert_eq!(made(0), Err(OrderNumberError::Sequence));
        for (text, expected) in [
            ("BC/2026-7", Ok(())),
            (&"9".repeat(50), Ok(())),
            (&"9".repeat(51), Err(OrderNumberError::Length)),
            ("", Err(OrderNumberError::Length)),
            ("BC 7", Err(OrderNumberError::Character)),
            ("BC_7", Err(OrderNumberError::Character)),
            ("BÇ-7", Err(OrderNumberError::Character)),
        ] {
            assert_eq!(text.parse::<OrderNumber>().map(|_| ()), expected, "{text}");
        }
    }
}
