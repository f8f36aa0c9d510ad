//! Quantities and the units they are counted in (UN/ECE Recommendation 20).

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::french;

/// Why a quantity is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    #[error("not a quantity: {0:?}")]
    NotAQuantity(String),
    #[error("{0} is negative")]
    Negative(String),
    #[error("{0} has more than three decimals")]
    TooPrecise(String),
    #[error("{0} is not whole, and {1} is counted in whole units")]
    NotWhole(String, &'static str),
    #[error("the quantity is out of range")]
    OutOfRange,
}

/// The units of the catalogue, by their code of UN/ECE Rec 20 (or 21 for packages), as
/// EN 16931 wants it in BT-130.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Unit {
    #[serde(rename = "H87")]
    Piece,
    #[serde(rename = "C62")]
    One,
    #[serde(rename = "XPK")]
    Package,
    #[serde(rename = "XRO")]
    Roll,
    #[serde(rename = "RM")]
    Ream,
    #[serde(rename = "MTR")]
    Metre,
    #[serde(rename = "MTK")]
    SquareMetre,
}

impl Unit {
    pub const ALL: [Self; 7] = [
        Self::Piece,
        Self::One,
        Self::Package,
        Self::Roll,
        Self::Ream,
        Self::Metre,
        Self::SquareMetre,
    ];

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.code() == code)
    }

    pub fn code(self) -> &'static str {
        match self {
            Self::Piece => "H87",
            Self::One => "C62",
            Self::Package => "XPK",
            Self::Roll => "XRO",
            Self::Ream => "RM",
            Self::Metre => "MTR",
            Self::SquareMetre => "MTK",
        }
    }

    /// The abbreviation printed after a quantity.
    pub fn french(self) -> &'static str {
        match self {
            Self::Piece | Self::One => "unité",
            Self::Package => "paquet",
            Self::Roll => "rouleau",
            Self::Ream => "ramette",
            Self::Metre => "ml",
            Self::SquareMetre => "m²",
        }
    }

    /// Metres and square metres are measured; everything else is counted.
    pub fn takes_decimals(self) -> bool {
        match self {
            Self::Metre | Self::SquareMetre => true,
            Self::Piece | Self::One | Self::Package | Self::Roll | Self::Ream => false,
        }
    }

    /// `quantity`, refused when this unit is counted in whole units and it is not whole.
    pub fn accept(self, quantity: Quantity) -> Result<Quantity, QuantityError> {
        if self.takes_decimals() || quantity.is_whole() {
            Ok(quantity)
        } else {
            Err(QuantityError::NotWhole(quantity.machine(), self.french()))
        }
    }
}

/// A quantity that is not negative and has at most three decimals.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Quantity(Decimal);

impl Quantity {
    pub const ZERO: Self = Self(Decimal::ZERO);
    pub const DECIMALS: u32 = 3;

    pub fn new(value: Decimal) -> Result<Self, QuantityError> {
        let value = value.normalize();
        if value.is_sign_negative() && !value.is_zero() {
            return Err(QuantityError::Negative(value.to_string()));
        }
        if value.scale() > Self::DECIMALS {
            return Err(QuantityError::TooPrecise(value.to_string()));
        }
        if value > Decimal::new(i64::MAX, Self::DECIMALS) {
            return Err(QuantityError::OutOfRange);
        }
        Ok(Self(value))
    }

    pub fn whole(count: u32) -> Self {
        Self(Decimal::from(count))
    }

    /// Reads `1 234,5` or `1234.5`.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let value = french::parse_decimal(text)
            .map_err(|_| QuantityError::NotAQuantity(text.to_owned()))?;
        Self::new(value)
    }

    /// A stored quantity, in thousandths of its unit.
    pub fn from_thousandths(stored: i64) -> Result<Self, QuantityError> {
        let (mut digits, mut decimals) = (stored, Self::DECIMALS);
        while decimals > 0 && digits % 10 == 0 {
            digits /= 10;
            decimals -= 1;
        }
        let value = Decimal::new(digits, decimals);
        if stored < 0 { Err(QuantityError::Negative(value.to_string())) } else { Ok(Self(value)) }
    }

    /// What the database stores.
    pub fn thousandths(self) -> i64 {
        let missing = Self::DECIMALS - self.0.scale();
        // `new` keeps every quantity within i64 thousandths.
        i64::try_from(self.0.mantissa() * 10_i128.pow(missing)).unwrap_or(i64::MAX)
    }

    pub fn decimal(self) -> Decimal {
        self.0
    }

    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    pub fn is_whole(self) -> bool {
        self.0.fract().is_zero()
    }

    pub fn plus(self, other: Self) -> Result<Self, QuantityError> {
        Self::new(self.0.checked_add(other.0).ok_or(QuantityError::OutOfRange)?)
    }

    /// `Negative` when `other` is larger.
    pub fn minus(self, other: Self) -> Result<Self, QuantityError> {
        Self::new(self.0 - other.0)
    }

    pub fn sum(all: impl IntoIterator<Item = Self>) -> Result<Self, QuantityError> {
        all.into_iter().try_fold(Self::ZERO, Self::plus)
    }

    /// The machine form, without trailing zeros: `37.5`.
    pub fn machine(self) -> String {
        self.0.normalize().to_string()
    }

    /// `1 234,5`.
    pub fn french(self) -> String {
        french::decimal(self.0.normalize())
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.french())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_signs_and_a_fourth_decimal_are_refused() {
        assert_eq!(Quantity::parse("1 234,5").unwrap().machine(), "1234.5");
        assert!(matches!(Quantity::parse("douze"), Err(QuantityError::NotAQuantity(_))));
        assert!(matches!(Quantity::parse("-3"), Err(QuantityError::Negative(_))));
        assert!(matches!(Quantity::parse("0,1234"), Err(QuantityError::TooPrecise(_))));
    }

    #[test]
    fn decimals_pass_only_where_the_unit_is_measured() {
        let half = Quantity::parse("2,5").unwrap();
        assert_eq!(Unit::Metre.accept(half), Ok(half));
        assert_eq!(Unit::Piece.accept(half), Err(QuantityError::NotWhole("2.5".into(), "unité")));
    }

    #[test]
    fn every_unit_is_found_by_its_code() {
        for unit in Unit::ALL {
            assert_eq!(Unit::from_code(unit.code()), Some(unit));
        }
        assert_eq!(Unit::from_code("PK"), None, "refused by EN 16931, BR-CL-23");
    }

    #[test]
    fn a_stored_quantity_comes_back_whole() {
        let quantity = Quantity::parse("12,4").unwrap();
        assert_eq!(quantity.thousandths(), 12_400);
        assert_eq!(Quantity::from_thousandths(12_400), Ok(quantity));
        assert_eq!(Quantity::from_thousandths(0), Ok(Quantity::ZERO));
        assert_eq!(Quantity::from_thousandths(1), Ok(Quantity::parse("0,001").unwrap()));
        assert!(matches!(Quantity::from_thousandths(-1), Err(QuantityError::Negative(_))));
        assert_eq!(Quantity::from_thousandths(i64::MAX).unwrap().thousandths(), i64::MAX);
    }
}
