//! Price revision by clause (R2112-13 CCP).
//!
//! `coefficient = fixed + Σ weight × value / initial value`, rounded as the contract
//! says, then each price = initial price × coefficient, rounded half-up once. It always
//! starts from the initial prices: revising revised prices would compound the
//! roundings. Where the value of an index is not published there is no revision:
//! the previous prices go on, with a warning (rule 15).

mod words;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::coded::coded_enum;
use crate::money::AmountError;
use crate::price::{SCHEDULE_DECIMALS, UnitPrice};
use crate::rounding;

use super::contract::LONGEST_MONTHS;
use super::prices::{PriceLine, PriceSchedule};
use super::tiers::Tier;

/// The most decimals of a coefficient: what divisions leave behind stands far beyond.
const MOST_DECIMALS: u32 = 8;

coded_enum! {
    /// How the coefficient is rounded.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum CoefficientRounding {
        /// « Arrondi au millième supérieur ».
        Up => ("up", "par excès"),
        HalfUp => ("half_up", "au plus proche"),
    }
}

coded_enum! {
    /// Which price a cap is measured from.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum CapReference {
        /// The price of the bid: the default.
        InitialPrice => ("initial", "prix initial"),
        /// The price in force before this revision.
        PreviousPrice => ("previous", "prix précédent"),
    }
}

/// The most a price may rise (butoir).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisionCap {
    /// In percent: 3 caps at +3 %.
    pub percent: Decimal,
    pub reference: CapReference,
}

/// One index of the formula.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexTerm {
    /// The code under which its values are published.
    pub index: String,
    /// Its share of the price: 0.85.
    pub weight: Decimal,
    /// Its value at the date the initial prices were set.
    pub initial_value: Decimal,
}

/// What a revision clause says, before it is checked; also the form it is stored in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisionTerms {
    /// The share of the price that is not revised: 0.15.
    pub fixed: Decimal,
    pub terms: Vec<IndexTerm>,
    /// Decimals the coefficient is rounded to.
    pub coefficient_decimals: u32,
    pub rounding: CoefficientRounding,
    /// Decimals of a revised price; those of its initial price when `None`, two at least.
    pub price_decimals: Option<u32>,
    pub cap: Option<RevisionCap>,
    /// The month of the initial values, where the contract names it; its first day.
    pub base_month: Option<NaiveDate>,
    /// Prices move again after so many months at the earliest; at any time when `None`.
    pub every_months: Option<u32>,
}

impl RevisionTerms {
    /// The usual clause: the coefficient rounded up to three decimals, the initial prices'
    /// decimals, no cap.
    pub fn usual(fixed: Decimal, terms: Vec<IndexTerm>) -> Self {
        Self {
            fixed,
            terms,
            coefficient_decimals: 3,
            rounding: CoefficientRounding::Up,
            price_decimals: None,
            cap: None,
            base_month: None,
            every_months: None,
        }
    }
}

/// The revision clause of a contract, its shares checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RevisionTerms", into = "RevisionTerms")]
pub struct RevisionClause(RevisionTerms);

impl TryFrom<RevisionTerms> for RevisionClause {
    type Error = RevisionError;

    fn try_from(terms: RevisionTerms) -> Result<Self, RevisionError> {
        Self::new(terms)
    }
}

impl From<RevisionClause> for RevisionTerms {
    fn from(clause: RevisionClause) -> Self {
        clause.0
    }
}

/// Why a clause is refused, or a revision cannot be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevisionError {
    #[error("the fixed share and the weights sum to {0}, not to one")]
    NotOne(Decimal),
    #[error("a share of the formula is negative")]
    NegativeShare,
    #[error("more decimals than prices and coefficients have")]
    Decimals,
    #[error("prices move after 1 to {LONGEST_MONTHS} months")]
    Period,
    #[error("the value of index {0} is not positive")]
    NotPositive(String),
    #[error("a revised price cannot be computed")]
    Price(#[from] AmountError),
}

/// What a revision gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revised {
    /// New prices, in force from the day asked for.
    Prices(PriceSchedule),
    /// The previous prices go on; these indices have no published value.
    Unrevised { missing: Vec<String> },
}

impl RevisionClause {
    /// # Errors
    ///
    /// [`RevisionError::NotOne`] unless the fixed share and the weights sum to one.
    pub fn new(terms: RevisionTerms) -> Result<Self, RevisionError> {
        let negative = terms.terms.iter().any(|term| term.weight.is_sign_negative());
        if negative || terms.fixed.is_sign_negative() {
            return Err(RevisionError::NegativeShare);
        }
        let weights = terms.terms.iter().try_fold(terms.fixed, |sum, term| {
            sum.checked_add(term.weight).ok_or(AmountError::OutOfRange)
        })?;
        if weights != Decimal::ONE {
            return Err(RevisionError::NotOne(weights));
        }
        if let Some(term) = terms.terms.iter().find(|term| term.initial_value <= Decimal::ZERO) {
            return Err(RevisionError::NotPositive(term.index.clone()));
        }
        if terms.coefficient_decimals > MOST_DECIMALS
            || terms.price_decimals.is_some_and(|decimals| decimals > SCHEDULE_DECIMALS)
        {
            return Err(RevisionError::Decimals);
        }
        if terms.every_months.is_some_and(|months| !(1..=LONGEST_MONTHS).contains(&months)) {
            return Err(RevisionError::Period);
        }
        Ok(Self(terms))
    }

    pub fn terms(&self) -> &RevisionTerms {
        &self.0
    }

    /// The prices from `from` on, by the index values published for it.
    ///
    /// # Errors
    ///
    /// [`RevisionError::NotPositive`] for an index value of zero or less.
    pub fn revise(
        &self,
        from: NaiveDate,
        published: &BTreeMap<String, Decimal>,
        initial: &PriceSchedule,
        previous: &PriceSchedule,
    ) -> Result<Revised, RevisionError> {
        let missing: Vec<String> = self
            .0
            .terms
            .iter()
            .filter(|term| !published.contains_key(&term.index))
            .map(|term| term.index.clone())
            .collect();
        if !missing.is_empty() {
            return Ok(Revised::Unrevised { missing });
        }
        let coefficient = self.coefficient(published)?;
        let mut lines = BTreeMap::new();
        for (reference, line) in &initial.lines {
            let before = previous.lines.get(reference).unwrap_or(line);
            let price = self.price(line.price, before.price, coefficient)?;
            let mut tiers = Vec::with_capacity(line.tiers.len());
            for tier in &line.tiers {
                let before = before.price_for(tier.from);
                tiers.push(Tier { price: self.price(tier.price, before, coefficient)?, ..*tier });
            }
            lines.insert(reference.clone(), PriceLine { price, tiers, taxation: line.taxation });
        }
        let used = |term: &IndexTerm| Some((term.index.clone(), *published.get(&term.index)?));
        let indices = self.0.terms.iter().filter_map(used).collect();
        Ok(Revised::Prices(PriceSchedule { from, coefficient, indices, lines }))
    }

    fn coefficient(&self, published: &BTreeMap<String, Decimal>) -> Result<Decimal, RevisionError> {
        let mut sum = self.0.fixed;
        for term in &self.0.terms {
            let value = published.get(&term.index).copied().unwrap_or_default();
            if value <= Decimal::ZERO {
                return Err(RevisionError::NotPositive(term.index.clone()));
            }
            // Multiplied before it is divided: a quotient of indices rarely ends.
            let part =
                term.weight.checked_mul(value).and_then(|w| w.checked_div(term.initial_value));
            sum = part.and_then(|part| sum.checked_add(part)).ok_or(AmountError::OutOfRange)?;
        }
        // Three thirds must not round up to the next thousandth: what stands beyond twenty
        // decimals is left by the divisions, indices are published with far fewer.
        let sum = rounding::half_up(sum, 20);
        Ok(match self.0.rounding {
            CoefficientRounding::Up => rounding::up(sum, self.0.coefficient_decimals),
            CoefficientRounding::HalfUp => rounding::half_up(sum, self.0.coefficient_decimals),
        })
    }

    /// The revised price, capped, rounded half-up once.
    fn price(
        &self,
        initial: UnitPrice,
        previous: UnitPrice,
        coefficient: Decimal,
    ) -> Result<UnitPrice, AmountError> {
        let mut exact =
            initial.decimal().checked_mul(coefficient).ok_or(AmountError::OutOfRange)?;
        if let Some(cap) = self.0.cap {
            let reference = match cap.reference {
                CapReference::InitialPrice => initial,
                CapReference::PreviousPrice => previous,
            };
            let rise = Decimal::ONE + cap.percent / Decimal::ONE_HUNDRED;
            let most = reference.decimal().checked_mul(rise).ok_or(AmountError::OutOfRange)?;
            exact = exact.min(most);
        }
        let decimals = self.0.price_decimals.unwrap_or_else(|| initial.decimal().scale().max(2));
        UnitPrice::scheduled(rounding::half_up(exact, decimals))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::order::Taxation;
    use crate::quantity::Quantity;
    use crate::vat::{VatCategory, VatRate};

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn unit_price(text: &str) -> UnitPrice {
        UnitPrice::scheduled(dec(text)).unwrap()
    }

    fn clause() -> RevisionClause {
        let term =
            IndexTerm { index: "carton".into(), weight: dec("0.85"), initial_value: dec("112.4") };
        RevisionClause::new(RevisionTerms::usual(dec("0.15"), vec![term])).unwrap()
    }

    fn schedule(from: &str, price: &str) -> PriceSchedule {
        let exempt = Taxation { category: VatCategory::E, rate: VatRate::ZERO };
        let mut line = PriceLine::flat(unit_price(price), exempt);
        line.tiers = vec![Tier { from: Quantity::whole(500), price: unit_price("1.5") }];
        let lines = BTreeMap::from([("BOI-012".parse().unwrap(), line)]);
        PriceSchedule::initial(from.parse().unwrap(), lines)
    }

    fn revised(clause: &RevisionClause, value: &str, previous: &PriceSchedule) -> PriceSchedule {
        let published = BTreeMap::from([("carton".to_owned(), dec(value))]);
        let from = "2027-09-14".parse().unwrap();
        match clause.revise(from, &published, &schedule("2026-09-14", "1.87"), previous) {
            Ok(Revised::Prices(schedule)) => schedule,
            other => panic!("{other:?}"),
        }
    }

    fn price(schedule: &PriceSchedule) -> String {
        schedule.lines[&"BOI-012".parse().unwrap()].price.machine()
    }

    #[test]
    fn rule_15_the_coefficient_is_rounded_up_and_the_price_to_the_cent() {
        let initial = schedule("2026-09-14", "1.87");
        let schedule = revised(&clause(), "118.9", &initial);
        assert_eq!(schedule.coefficient, dec("1.050"), "0.15 + 0.85 × 118.9 / 112.4 = 1.049155");
        assert_eq!(price(&schedule), "1.96");
        assert_eq!(schedule.from, "2027-09-14".parse().unwrap());
        assert_eq!(schedule.indices["carton"], dec("118.9"), "an order keeps the index state");
        let line = &schedule.lines[&"BOI-012".parse().unwrap()];
        assert_eq!(line.tiers[0].price.machine(), "1.58", "1.50 × 1.050 = 1.575");
    }

    #[test]
    fn rule_15_a_cap_of_three_percent_holds_the_price_at_1_93() {
        let initial = schedule("2026-09-14", "1.87");
        let previous = schedule("2027-03-14", "1.90");
        for (reference, expected) in
            [(CapReference::InitialPrice, "1.93"), (CapReference::PreviousPrice, "1.96")]
        {
            let cap = Some(RevisionCap { percent: dec("3"), reference });
            let clause = RevisionClause(RevisionTerms { cap, ..clause().0 });
            let before = if reference == CapReference::InitialPrice { &initial } else { &previous };
            assert_eq!(price(&revised(&clause, "118.9", before)), expected, "{reference:?}");
        }
    }

    #[test]
    fn rule_15_without_a_published_index_the_previous_prices_go_on() {
        let initial = schedule("2026-09-14", "1.87");
        let none = BTreeMap::new();
        let outcome = clause().revise("2027-09-14".parse().unwrap(), &none, &initial, &initial);
        assert_eq!(outcome, Ok(Revised::Unrevised { missing: vec!["carton".into()] }));
    }

    #[test]
    fn the_clause_says_how_to_round() {
        let initial = schedule("2026-09-14", "1.87");
        let mut clause = clause();
        clause.0.rounding = CoefficientRounding::HalfUp;
        assert_eq!(revised(&clause, "118.9", &initial).coefficient, dec("1.049"));
        clause.0.coefficient_decimals = 4;
        clause.0.price_decimals = Some(4);
        let schedule = revised(&clause, "118.9", &initial);
        assert_eq!((schedule.coefficient, price(&schedule)), (dec("1.0492"), "1.962".into()));
    }

    #[test]
    fn prices_fall_with_the_index_and_an_absurd_value_is_refused() {
        let initial = schedule("2026-09-14", "1.87");
        assert_eq!(price(&revised(&clause(), "100", &initial)), "1.7", "1.87 × 0.907 = 1.69609");
        let zero = BTreeMap::from([("carton".to_owned(), Decimal::ZERO)]);
        let outcome = clause().revise("2027-09-14".parse().unwrap(), &zero, &initial, &initial);
        assert_eq!(outcome, Err(RevisionError::NotPositive("carton".into())));
    }

    #[test]
    fn what_divisions_leave_behind_does_not_round_the_coefficient_up() {
        let term = |index: &str, weight| IndexTerm {
            index: index.into(),
            weight: dec(weight),
            initial_value: dec("3"),
        };
        let terms = vec![term("a", "0.2"), term("b", "0.2"), term("c", "0.2"), term("d", "0.4")];
        let clause = RevisionClause::new(RevisionTerms::usual(Decimal::ZERO, terms)).unwrap();
        let published =
            ["a", "b", "c", "d"].map(|index| (index.to_owned(), dec("10"))).into_iter().collect();
        assert_eq!(clause.coefficient(&published), Ok(dec("3.334")), "10 / 3, up");
        let even = ["a", "b", "c"].map(|index| (index.to_owned(), dec("10")));
        let published = even.into_iter().chain([("d".to_owned(), dec("7.5"))]).collect();
        assert_eq!(clause.coefficient(&published), Ok(dec("3")), "three thirds of 2 and 1");
    }

    #[test]
    fn the_shares_of_a_formula_sum_to_one() {
        let usual = clause().0;
        let with = |fixed: &str| {
            RevisionClause::new(RevisionTerms { fixed: dec(fixed), ..usual.clone() }).unwrap_err()
        };
        assert_eq!(with("0.10"), RevisionError::NotOne(dec("0.95")));
        assert_eq!(with("-0.85"), RevisionError::NegativeShare);
        let fine = RevisionTerms { price_decimals: Some(5), ..usual };
        assert_eq!(RevisionClause::new(fine), Err(RevisionError::Decimals));
    }

    #[test]
    fn a_stored_clause_comes_back_whole_and_is_checked_again() {
        let stored = serde_json::to_string(&clause()).unwrap();
        assert_eq!(serde_json::from_str::<RevisionClause>(&stored).unwrap(), clause());
        let broken = stored.replace("0.85", "0.80");
        assert!(serde_json::from_str::<RevisionClause>(&broken).is_err());
    }
}
