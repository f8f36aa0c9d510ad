//! What a procedure is worth (R2121-1 to R2121-8 CCP).
//!
//! The value that the law compares with its thresholds is that of all members,
//! all lots and the whole duration. Of a framework agreement it is the *maximum*
//! (R2121-8): where a lot's ceiling is above the estimate of its needs, the
//! ceiling counts.

use std::collections::BTreeMap;

use crate::catalogue::LotCode;
use crate::money::{AmountError, Net};

use super::consolidation::Consolidation;

/// What one lot is estimated at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotEstimate {
    pub lot: LotCode,
    /// The needs of all members in each year, at estimated prices, before VAT.
    pub by_year: Vec<Net>,
    /// The maximum that the agreement is to have, if it is known.
    pub ceiling: Option<Net>,
}

impl LotEstimate {
    /// The needs over the whole duration.
    pub fn estimate(&self) -> Result<Net, AmountError> {
        Net::sum(self.by_year.iter().copied())
    }

    /// What counts for the law: the greater of the estimate and the ceiling.
    pub fn value(&self) -> Result<Net, AmountError> {
        self.estimate().map(|estimate| estimate.max(self.ceiling.unwrap_or_default()))
    }
}

/// The lots of one consolidation a year, with the ceilings planned, in ascending order.
pub fn lot_estimates(
    years: &[Consolidation],
    ceilings: &BTreeMap<LotCode, Net>,
) -> Vec<LotEstimate> {
    let mut lots: BTreeMap<LotCode, Vec<Net>> =
        ceilings.keys().map(|lot| (lot.clone(), Vec::new())).collect();
    for total in years.iter().flat_map(|year| &year.lots) {
        lots.entry(total.lot.clone()).or_default().push(total.net);
    }
    lots.into_iter()
        .map(|(lot, by_year)| LotEstimate { ceiling: ceilings.get(&lot).copied(), lot, by_year })
        .collect()
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
    fn a_lot_nobody_needs_is_worth_its_ceiling() {
        let ceilings = BTreeMap::from([("3".parse().unwrap(), euros(40_000))]);
        let lots = lot_estimates(&[], &ceilings);
        assert_eq!(procedure_value(&lots), Ok(euros(40_000)));
    }
}
