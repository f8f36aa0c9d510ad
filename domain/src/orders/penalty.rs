//! Penalties for late delivery (CCAG-FCS art. 14.1, rule 23).
//!
//! `P = V × R / 1000` for goods of value V, R days late, capped at a tenth of
//! the order. The holder owes nothing as long as all penalties of the contract
//! together stay at or below the exemption; above it, all of them are due. The
//! figures are those of the contract or of the dated row of the CCAG: passed in.

use rust_decimal::Decimal;

use crate::money::{AmountError, Cents, Net};

/// The figures of the clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PenaltyTerms {
    /// 1000 in the CCAG.
    pub divisor: u32,
    /// Of the order, in percent: 10 in the CCAG.
    pub cap_percent: u32,
    /// On the contract's total: 1 000 € in the CCAG.
    pub exemption: Net,
}

/// Why a penalty cannot be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PenaltyError {
    #[error("the divisor of the penalty clause is zero")]
    NoDivisor,
    #[error("the penalty is out of range")]
    OutOfRange,
}

impl From<AmountError> for PenaltyError {
    fn from(_: AmountError) -> Self {
        Self::OutOfRange
    }
}

/// The penalty of one late delivery, rounded half-up to the cent, before the exemption.
///
/// `late` is the net value of the late goods, `days` how late they came, `order` the net
/// total of their order.
pub fn computed(
    terms: &PenaltyTerms,
    late: Net,
    days: u32,
    order: Net,
) -> Result<Net, PenaltyError> {
    let raw = late
        .0
        .to_decimal()
        .checked_mul(Decimal::from(days))
        .ok_or(PenaltyError::OutOfRange)?
        .checked_div(Decimal::from(terms.divisor))
        .ok_or(PenaltyError::NoDivisor)?;
    let cap = order
        .0
        .to_decimal()
        .checked_mul(Decimal::new(i64::from(terms.cap_percent), 2))
        .ok_or(PenaltyError::OutOfRange)?;
    Ok(Net(Cents::rounded(raw.min(cap))?))
}

/// Goods of one order that came late, or have not come yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Late {
    /// Of the goods, before VAT.
    pub value: Net,
    pub days: u32,
}

/// The penalty of all late goods of one order of `net`: each rounded, their sum capped once,
/// before the exemption.
pub fn of_order(terms: &PenaltyTerms, late: &[Late], net: Net) -> Result<Net, PenaltyError> {
    let each = late
        .iter()
        .map(|goods| computed(terms, goods.value, goods.days, net))
        .collect::<Result<Vec<_>, _>>()?;
    // What an order late without end would cost.
    let cap = net.0.to_decimal().checked_mul(Decimal::new(i64::from(terms.cap_percent), 2));
    let cap = Net(Cents::rounded(cap.ok_or(PenaltyError::OutOfRange)?)?);
    Ok(Net::sum(each)?.min(cap))
}

/// What is due of all penalties `computed` under one contract: nothing up to the
/// exemption, all of it above.
pub fn due(
    terms: &PenaltyTerms,
    computed: impl IntoIterator<Item = Net>,
) -> Result<Net, AmountError> {
    let total = Net::sum(computed)?;
    Ok(if total > terms.exemption { total } else { Net::ZERO })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::orders::fixtures::net;

    const CCAG: PenaltyTerms =
        PenaltyTerms { divisor: 1000, cap_percent: 10, exemption: Net(Cents(100_000)) };

    #[test]
    fn rule_23_a_penalty_is_capped_at_a_tenth_of_the_order() {
        for (days, cents) in [(12, 3_840), (100, 32_000), (101, 32_000), (0, 0)] {
            let penalty = computed(&CCAG, net(320_000), days, net(320_000));
            assert_eq!(penalty, Ok(net(cents)), "{days} days");
        }
        let broken = PenaltyTerms { divisor: 0, ..CCAG };
        assert_eq!(computed(&broken, net(1), 1, net(1)), Err(PenaltyError::NoDivisor));
    }

    #[test]
    fn rule_23_nothing_is_due_up_to_the_exemption_and_everything_above() {
        for (penalties, owed) in [
            (vec![3_840], 0),
            (vec![3_840, 96_160], 0), // exactly 1 000 €
            (vec![3_840, 96_161], 100_001),
            (vec![], 0),
        ] {
            assert_eq!(
                due(&CCAG, penalties.iter().copied().map(net)),
                Ok(net(owed)),
                "{penalties:?}"
            );
        }
    }

    #[test]
    fn rule_23_the_cap_is_that_of_the_order_however_many_deliveries_are_late() {
        let late = |cents, days| Late { value: net(cents), days };
        for (goods, cents) in [
            (vec![late(320_000, 12)], 3_840),
            (vec![late(160_000, 12), late(160_000, 20)], 1_920 + 3_200),
            (vec![late(160_000, 150), late(160_000, 150)], 32_000),
            (vec![], 0),
        ] {
            assert_eq!(of_order(&CCAG, &goods, net(320_000)), Ok(net(cents)), "{goods:?}");
        }
    }

    proptest! {
        #[test]
        fn a_penalty_never_passes_its_cap_and_never_falls_with_time(
            order in 0..100_000_000_i64, part in 0..=100_i64, days in 0..2_000_u32,
        ) {
            let late = net(order / 100 * part);
            let penalty = computed(&CCAG, late, days, net(order)).unwrap();
            prop_assert!(Net::ZERO <= penalty && penalty.cents() <= order / 10 + 1);
            prop_assert!(penalty <= computed(&CCAG, late, days + 1, net(order)).unwrap());
        }
    }
}
