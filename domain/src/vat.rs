//! VAT categories (EN 16931, BT-151) and rates.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::french;
use crate::money::{AmountError, Cents, Net, Vat};

/// The VAT categories of UNTDID 5305 that EN 16931 allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum VatCategory {
    /// Standard and reduced rates.
    S,
    /// Zero-rated.
    Z,
    /// Exempt, as a holder under art. 293 B CGI.
    E,
    /// Reverse charge.
    AE,
    /// Intra-community supply.
    K,
    /// Export outside the EU.
    G,
    /// Outside the scope of VAT.
    O,
    /// Canary Islands.
    L,
    /// Ceuta and Melilla.
    M,
}

impl VatCategory {
    pub const ALL: [Self; 9] =
        [Self::S, Self::Z, Self::E, Self::AE, Self::K, Self::G, Self::O, Self::L, Self::M];

    pub fn code(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::Z => "Z",
            Self::E => "E",
            Self::AE => "AE",
            Self::K => "K",
            Self::G => "G",
            Self::O => "O",
            Self::L => "L",
            Self::M => "M",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.code() == code)
    }
}

/// A VAT rate in percent, from 0 to 100, with at most two decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VatRate(Decimal);

impl VatRate {
    pub const ZERO: Self = Self(Decimal::ZERO);

    pub fn percent(rate: Decimal) -> Result<Self, AmountError> {
        let rate = rate.normalize();
        if rate.is_sign_negative() && !rate.is_zero() || rate > Decimal::ONE_HUNDRED {
            return Err(AmountError::OutOfRange);
        }
        if rate.scale() > 2 {
            return Err(AmountError::TooPrecise(rate.to_string()));
        }
        Ok(Self(rate))
    }

    /// A stored rate, in hundredths of a percent: 550 is 5.5 %.
    pub fn from_basis_points(stored: i64) -> Result<Self, AmountError> {
        Self::percent(Decimal::new(stored, 2))
    }

    /// What the database stores: 550 for 5.5 %.
    pub fn basis_points(self) -> i64 {
        let mut rate = self.0;
        rate.rescale(2);
        i64::try_from(rate.mantissa()).unwrap_or(i64::MAX)
    }

    pub fn decimal(self) -> Decimal {
        self.0
    }

    /// The tax on `base`, rounded half-up to the cent: once per rate, never per line.
    pub fn on(self, base: Net) -> Result<Vat, AmountError> {
        Cents::rounded(base.0.to_decimal() * self.0 / Decimal::ONE_HUNDRED).map(Vat)
    }

    /// The machine form, with two decimals: `20.00`.
    pub fn machine(self) -> String {
        let mut rate = self.0;
        rate.rescale(2);
        rate.to_string()
    }

    /// `20 %`, `5,5 %`.
    pub fn french(self) -> String {
        format!("{}\u{a0}%", french::decimal(self.0.normalize()))
    }
}

impl fmt::Display for VatRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.french())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_16_vat_is_rounded_once_per_rate() {
        let rate = VatRate::percent(Decimal::from(20)).unwrap();
        let three_lines = Net::from_cents(3 * 1003);
        assert_eq!(rate.on(three_lines).unwrap().cents(), 602, "not 3 × 2.01 = 6.03");
    }

    #[test]
    fn a_rate_has_its_forms() {
        let rate = VatRate::percent("5.5".parse().unwrap()).unwrap();
        assert_eq!(rate.machine(), "5.50");
        assert_eq!(rate.french(), "5,5\u{a0}%");
        assert_eq!(VatRate::from_basis_points(550), Ok(rate));
        assert!(VatRate::percent("-1".parse().unwrap()).is_err());
        assert!(VatRate::percent("5.555".parse().unwrap()).is_err());
    }
}
