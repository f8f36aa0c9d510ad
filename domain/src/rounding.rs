//! The one place that rounds.
//!
//! Everything printed in euros is rounded half-up, away from zero, so that a
//! credit note is the exact mirror of its invoice. `rust_decimal`'s own
//! `round` and `round_dp` round half to *even* and are forbidden by lint.

use rust_decimal::{Decimal, RoundingStrategy};

/// `value` rounded half-up (away from zero) to `decimals` places.
pub fn half_up(value: Decimal, decimals: u32) -> Decimal {
    value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
}

/// `value` rounded towards plus infinity to `decimals` places, as price-revision
/// clauses round their coefficient (« arrondi au millième supérieur »).
pub fn up(value: Decimal, decimals: u32) -> Decimal {
    value.round_dp_with_strategy(decimals, RoundingStrategy::ToPositiveInfinity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_away_from_zero_on_both_sides() {
        for (value, rounded) in
            [("0.005", "0.01"), ("-0.005", "-0.01"), ("2.5", "2.50"), ("1.0049", "1.00")]
        {
            let value: Decimal = value.parse().unwrap();
            assert_eq!(half_up(value, 2), rounded.parse().unwrap(), "{value}");
        }
    }

    #[test]
    fn a_coefficient_rounds_up_to_the_next_thousandth() {
        assert_eq!(up("1.049155".parse().unwrap(), 3), "1.050".parse().unwrap());
        assert_eq!(up("1.049000".parse().unwrap(), 3), "1.049".parse().unwrap());
    }
}
