//! What a procedure is worth (R2121-1 to R2121-8 CCP).
//!
//! The value that the law compares with its thresholds is that of all members,
//! all lots and the whole duration. A census may ask for other years than the
//! agreement runs: its needs are then brought to the duration, in proportion to
//! the months. Of a framework agreement the value is the *maximum* (R2121-8):
//! where a lot's ceiling is above the estimate of its needs, the ceiling counts.

use rust_decimal::Decimal;

use crate::catalogue::LotCode;
use crate::money::{AmountError, Cents, Net};

/// What one lot is estimated at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotEstimate {
    pub lot: LotCode,
    /// The needs of all members in each year asked for, at estimated prices, before VAT; a year
    /// without needs is zero, not left out.
    pub by_year: Vec<Net>,
    /// How long the agreement is to run.
    pub months: u32,
    /// The maximum that the agreement is to have, if it is known.
    pub ceiling: Option<Net>,
}

impl LotEstimate {
    /// The needs over the whole duration, rounded half-up once.
    pub fn estimate(&self) -> Result<Net, AmountError> {
        let asked = Net::sum(self.by_year.iter().copied())?;
        let months_asked = Decimal::from(self.by_year.len()) * Decimal::from(12);
        if months_asked.is_zero() {
            return Ok(Net::ZERO);
        }
        // Multiplied before it is divided, so that a half is seen as a half.
        let exact = asked.0.to_decimal().checked_mul(Decimal::from(self.months));
        let exact = exact.and_then(|product| product.checked_div(months_asked));
        Cents::rounded(exact.ok_or(AmountError::OutOfRange)?).map(Net)
    }

    /// What counts for the law: the greater of the estimate and the ceiling.
    pub fn value(&self) -> Result<Net, AmountError> {
        self.estimate().map(|estimate| estimate.max(self.ceiling.unwrap_or_default()))
    }
}

/// The value of the procedure: all its lots together.
pub fn procedure_value(lots: &[LotEstimate]) -> Result<Net, AmountError> {
    lots.iter().try_fold(Net::ZERO, |sum, lot| sum.plus(lot.value()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn euros(amount: i64) -> Net {
        Net::from_cents(amount * 100)
    }

    fn lot(code: &str, a_year: i64, ceiling: Option<i64>) -> LotEstimate {
        LotEstimate {
            lot: code.parse().unwrap(),
            by_year: vec![euros(a_year); 4],
            months: 48,
            ceiling: ceiling.map(euros),
        }
    }

    #[test]
    fn rule_05_the_need_is_that_of_all_lots_over_the_whole_duration() {
        let lots = [
            lot("1", 30_000, None),
            lot("2", 25_000, None),
            lot("3", 18_000, None),
            lot("4", 3_000, None),
        ];
        assert_eq!(procedure_value(&lots), Ok(euros(304_000)));
    }

    #[test]
    fn rule_05_a_ceiling_above_the_estimate_counts_instead() {
        for (ceiling, value) in
            [(None, 12_000), (Some(12_000), 12_000), (Some(15_000), 15_000), (Some(9_000), 12_000)]
        {
            assert_eq!(lot("4", 3_000, ceiling).value(), Ok(euros(value)), "{ceiling:?}");
        }
    }

    #[test]
    fn rule_05_a_census_of_other_years_than_the_agreement_is_brought_to_its_duration() {
        let one_year = |cents, months| LotEstimate {
            by_year: vec![Net::from_cents(cents)],
            months,
            ..lot("1", 0, None)
        };
        for (cents, months, expected) in
            [(3_000_000, 48, 12_000_000), (3_000_000, 6, 1_500_000), (101, 6, 51), (1, 5, 0)]
        {
            let estimate = one_year(cents, months).estimate();
            assert_eq!(estimate, Ok(Net::from_cents(expected)), "{cents} over {months}");
        }
    }

    #[test]
    fn a_lot_nobody_needs_is_worth_its_ceiling() {
        let lot = LotEstimate { by_year: Vec::new(), ..lot("3", 0, Some(40_000)) };
        assert_eq!(procedure_value(&[lot]), Ok(euros(40_000)));
    }
}
