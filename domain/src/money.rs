//! Money in whole cents, and which side of the VAT it stands on.
//!
//! An amount is an `i64` of cents. [`Net`] (hors taxes), [`Vat`] and [`Gross`]
//! (toutes taxes comprises) are different types: the only way from one to the
//! other is to add the tax. Arithmetic is checked; an overflow is an error,
//! never a wrapped figure.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::french;
use crate::rounding::half_up;

/// Why an amount could not be read or computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    #[error("not an amount: {0:?}")]
    NotAnAmount(String),
    #[error("{0} has more than two decimals")]
    TooPrecise(String),
    #[error("{0} has more than {1} decimals")]
    PriceTooPrecise(String, u32),
    #[error("{0} is negative")]
    Negative(String),
    #[error("the amount is out of range")]
    OutOfRange,
}

/// A signed number of whole euro cents, without saying what it is an amount of.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Cents(pub i64);

impl Cents {
    pub const ZERO: Self = Self(0);

    /// `None` beyond ±92 233 720 368 547 758,07 €.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    #[must_use]
    pub fn checked_neg(self) -> Option<Self> {
        self.0.checked_neg().map(Self)
    }

    /// The sum of all, `OutOfRange` when it does not fit.
    pub fn sum(all: impl IntoIterator<Item = Self>) -> Result<Self, AmountError> {
        all.into_iter().try_fold(Self::ZERO, Self::checked_add).ok_or(AmountError::OutOfRange)
    }

    /// Euros as a decimal with exactly two places.
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, 2)
    }

    /// `euros`, refused when it has a third decimal that is not zero.
    pub fn exactly(euros: Decimal) -> Result<Self, AmountError> {
        if half_up(euros, 2) != euros {
            return Err(AmountError::TooPrecise(euros.to_string()));
        }
        Self::rounded(euros)
    }

    /// `euros` rounded half-up to the cent: the one place where an amount is rounded.
    pub fn rounded(euros: Decimal) -> Result<Self, AmountError> {
        let cents = half_up(euros, 2)
            .checked_mul(Decimal::ONE_HUNDRED)
            .ok_or(AmountError::OutOfRange)?
            .normalize();
        i64::try_from(cents.mantissa())
            .ok()
            .filter(|_| cents.scale() == 0)
            .map(Self)
            .ok_or(AmountError::OutOfRange)
    }

    /// The machine form of interfaces: `1234.50`, `-0.05`.
    pub fn machine(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let abs = self.0.unsigned_abs();
        format!("{sign}{}.{:02}", abs / 100, abs % 100)
    }

    /// The French form: `1 234,56 €`, with U+202F between thousands and U+00A0 before the sign.
    pub fn french(self) -> String {
        format!("{}\u{a0}€", self.french_bare())
    }

    /// The French form without the euro sign, for a column whose head says it: `1 234,56`.
    pub fn french_bare(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let abs = self.0.unsigned_abs();
        format!("{sign}{},{:02}", french::thousands(&(abs / 100).to_string()), abs % 100)
    }
}

/// Reads `1 234,56 €`, `1234.56`, `1234` with any kind of space; at most two decimals.
impl FromStr for Cents {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        Self::exactly(french::parse_decimal(text)?)
    }
}

impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.french())
    }
}

macro_rules! amount {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize,
            Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub Cents);

        impl $name {
            pub const ZERO: Self = Self(Cents::ZERO);

            pub fn from_cents(cents: i64) -> Self {
                Self(Cents(cents))
            }

            pub fn cents(self) -> i64 {
                self.0.0
            }

            pub fn plus(self, other: Self) -> Result<Self, AmountError> {
                self.0.checked_add(other.0).map(Self).ok_or(AmountError::OutOfRange)
            }

            pub fn minus(self, other: Self) -> Result<Self, AmountError> {
                self.0.checked_sub(other.0).map(Self).ok_or(AmountError::OutOfRange)
            }

            pub fn sum(all: impl IntoIterator<Item = Self>) -> Result<Self, AmountError> {
                Cents::sum(all.into_iter().map(|amount| amount.0)).map(Self)
            }

            pub fn french(self) -> String {
                self.0.french()
            }

            pub fn machine(self) -> String {
                self.0.machine()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

amount!(
    /// An amount before VAT (hors taxes).
    Net
);
amount!(
    /// An amount of VAT.
    Vat
);
amount!(
    /// An amount with VAT (toutes taxes comprises).
    Gross
);

impl Net {
    /// The amount with `vat` added.
    pub fn with(self, vat: Vat) -> Result<Gross, AmountError> {
        self.0.checked_add(vat.0).map(Gross).ok_or(AmountError::OutOfRange)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_kind_of_space_is_read_and_a_third_decimal_is_refused() {
        for text in [
            "1 234,56 €",
            "1\u{a0}234,56\u{a0}€",
            "1\u{202f}234,56",
            "1234.56",
            " 1 234,56",
            "1\u{2009}234,56EUR",
        ] {
            assert_eq!(text.parse(), Ok(Cents(123_456)), "{text:?}");
        }
        for (text, cents) in [("12", 1200), ("-0,05", -5), ("0,5", 50), ("\u{2212}3,00 €", -300)]
        {
            assert_eq!(text.parse(), Ok(Cents(cents)), "{text:?}");
        }
        assert_eq!("1,234".parse::<Cents>(), Err(AmountError::TooPrecise("1.234".into())));
        for text in ["", "douze", "1,2,3", "1e3", "--1", "€", "1.234,56,0"] {
            assert!(matches!(text.parse::<Cents>(), Err(AmountError::NotAnAmount(_))), "{text:?}");
        }
    }

    #[test]
    fn an_amount_has_a_french_and_a_machine_form() {
        for (cents, french, machine) in [
            (123_456, "1\u{202f}234,56\u{a0}€", "1234.56"),
            (-5, "-0,05\u{a0}€", "-0.05"),
            (0, "0,00\u{a0}€", "0.00"),
            (
                i64::MIN,
                "-92\u{202f}233\u{202f}720\u{202f}368\u{202f}547\u{202f}758,08\u{a0}€",
                "-92233720368547758.08",
            ),
        ] {
            assert_eq!(Cents(cents).french(), french);
            assert_eq!(Cents(cents).machine(), machine);
        }
    }

    #[test]
    fn an_overflow_is_an_error_and_never_wraps() {
        assert_eq!(
            Net::from_cents(i64::MAX).plus(Net::from_cents(1)),
            Err(AmountError::OutOfRange)
        );
        assert_eq!(Cents::rounded(Decimal::MAX), Err(AmountError::OutOfRange));
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back_the_same(cents in any::<i64>()) {
            prop_assert_eq!(Cents(cents).french().parse(), Ok(Cents(cents)));
            prop_assert_eq!(Cents(cents).machine().parse(), Ok(Cents(cents)));
        }
    }
}
