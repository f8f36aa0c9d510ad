//! Unit prices.
//!
//! A price read from a supplier's e-invoice keeps the precision of its file, up
//! to ten decimals; a price of our own schedules (BPU) has at most four and is
//! *refused* beyond, never rounded, since a bid is a contract document.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::french;
use crate::money::{AmountError, Cents, Net};
use crate::quantity::Quantity;

/// The decimals of our own price schedules.
pub const SCHEDULE_DECIMALS: u32 = 4;
/// The decimals kept of an e-invoice's price (BT-146 has no limit of its own).
pub const INVOICE_DECIMALS: u32 = 10;

/// A price before VAT for one unit, never negative (EN 16931, BR-27).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnitPrice(Decimal);

impl UnitPrice {
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// A price of a price schedule: at most [`SCHEDULE_DECIMALS`] decimals.
    pub fn scheduled(price: Decimal) -> Result<Self, AmountError> {
        Self::bounded(price, SCHEDULE_DECIMALS)
    }

    /// A price of an e-invoice: at most [`INVOICE_DECIMALS`] decimals.
    pub fn invoiced(price: Decimal) -> Result<Self, AmountError> {
        Self::bounded(price, INVOICE_DECIMALS)
    }

    fn bounded(price: Decimal, decimals: u32) -> Result<Self, AmountError> {
        if price.is_sign_negative() && !price.is_zero() {
            return Err(AmountError::Negative(price.to_string()));
        }
        let price = price.normalize();
        if price.scale() > decimals {
            return Err(AmountError::PriceTooPrecise(price.to_string(), decimals));
        }
        Ok(Self(price))
    }

    /// A stored price, in ten-thousandths of a euro.
    pub fn from_ten_thousandths(stored: i64) -> Result<Self, AmountError> {
        Self::scheduled(Decimal::new(stored, SCHEDULE_DECIMALS))
    }

    /// What the database stores; `PriceTooPrecise` for an invoice's finer price.
    pub fn ten_thousandths(self) -> Result<i64, AmountError> {
        let mut price = self.0;
        if price.scale() > SCHEDULE_DECIMALS {
            return Err(AmountError::PriceTooPrecise(price.to_string(), SCHEDULE_DECIMALS));
        }
        price.rescale(SCHEDULE_DECIMALS);
        i64::try_from(price.mantissa()).map_err(|_| AmountError::OutOfRange)
    }

    pub fn decimal(self) -> Decimal {
        self.0
    }

    /// The line total for `quantity` units, rounded half-up to the cent.
    ///
    /// The rounding happens once, here: a paper never rounds again.
    pub fn times(self, quantity: Quantity) -> Result<Net, AmountError> {
        let exact = self.0.checked_mul(quantity.decimal()).ok_or(AmountError::OutOfRange)?;
        Cents::rounded(exact).map(Net)
    }

    /// At least two decimals, as printed: `0,89`, `41,335`.
    pub fn french_bare(self) -> String {
        let mut price = self.0.normalize();
        if price.scale() < 2 {
            price.rescale(2);
        }
        french::decimal(price)
    }

    /// `0,89 €`.
    pub fn french(self) -> String {
        format!("{}\u{a0}€", self.french_bare())
    }

    /// The machine form, without trailing zeros: `0.89`.
    pub fn machine(self) -> String {
        self.0.normalize().to_string()
    }
}

impl fmt::Display for UnitPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.french())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_fifth_decimal_of_a_schedule_is_refused_rather_than_rounded() {
        assert!(UnitPrice::scheduled(dec("9.9950")).is_ok());
        assert!(UnitPrice::scheduled(dec("1.00000")).is_ok());
        assert_eq!(
            UnitPrice::scheduled(dec("9.99501")),
            Err(AmountError::PriceTooPrecise("9.99501".into(), 4))
        );
        assert!(UnitPrice::invoiced(dec("0.0123456789")).is_ok());
        assert!(UnitPrice::invoiced(dec("-1")).is_err());
    }

    #[test]
    fn a_line_is_rounded_once_half_up() {
        for (price, quantity, cents) in
            [("1.87", "327", 61_149), ("9.9950", "49.9", 49_875), ("0.005", "1", 1)]
        {
            let price = UnitPrice::scheduled(dec(price)).unwrap();
            assert_eq!(price.times(Quantity::new(dec(quantity)).unwrap()).unwrap().cents(), cents);
        }
    }

    #[test]
    fn a_stored_price_comes_back_whole() {
        let price = UnitPrice::scheduled(dec("41.335")).unwrap();
        assert_eq!(price.ten_thousandths(), Ok(413_350));
        assert_eq!(UnitPrice::from_ten_thousandths(413_350), Ok(price));
        assert_eq!(price.french(), "41,335\u{a0}€");
    }
}
