//! What a revision clause says, in the words of whoever reads it, and when it lets prices move.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{RevisionClause, RevisionError};
use crate::dates;
use crate::french;
use crate::price::UnitPrice;

/// By how much every index rises in an example, in percent.
const EXAMPLE: i64 = 5;

impl RevisionError {
    pub fn for_the_reader(&self) -> String {
        match self {
            Self::NotOne(sum) => format!(
                "La part fixe et les poids des indices font {} en tout : ils doivent faire 1, par \
                 exemple 0,15 + 0,85.",
                french::decimal(sum.normalize())
            ),
            Self::NegativeShare => "Une part de la formule ne peut pas être négative.".into(),
            Self::Decimals => "Un coefficient a huit décimales au plus.".into(),
            Self::Period => "Une périodicité va d’un à 48 mois.".into(),
            Self::NotPositive(index) => {
                format!("La valeur de l’indice « {index} » doit être positive.")
            }
            Self::Price(_) => "Les prix révisés ne peuvent pas être calculés.".into(),
        }
    }
}

impl RevisionClause {
    /// « 0,15 + 0,85 × CPF 17.21 / 104,2 (valeurs de 06/2026) ; coefficient à 3 décimales, par
    /// excès ; révision tous les 12 mois au plus ».
    pub fn french(&self) -> String {
        let terms = self.terms();
        let number = |value: Decimal| french::decimal(value.normalize());
        let parts = terms.terms.iter().map(|term| {
            format!("{} × {} / {}", number(term.weight), term.index, number(term.initial_value))
        });
        let formula: Vec<String> = std::iter::once(number(terms.fixed)).chain(parts).collect();
        let month = terms.base_month.map(|day| format!(" (valeurs de {})", day.format("%m/%Y")));
        let cap = terms.cap.map(|cap| {
            format!(" ; hausse limitée à {} % du {}", number(cap.percent), cap.reference.french())
        });
        let period =
            terms.every_months.map(|months| format!(" ; révision tous les {months} mois au plus"));
        format!(
            "{}{} ; coefficient à {} décimales, {}{}{}",
            formula.join(" + "),
            month.unwrap_or_default(),
            terms.coefficient_decimals,
            terms.rounding.french(),
            cap.unwrap_or_default(),
            period.unwrap_or_default()
        )
    }

    /// What the clause would make of `price` if every index rose by five percent.
    ///
    /// # Errors
    ///
    /// [`RevisionError::Price`] beyond any amount.
    pub fn example(&self, price: UnitPrice) -> Result<String, RevisionError> {
        let rise = Decimal::ONE + Decimal::new(EXAMPLE, 2);
        let risen: BTreeMap<String, Decimal> = self
            .terms()
            .terms
            .iter()
            .map(|term| (term.index.clone(), term.initial_value * rise))
            .collect();
        let coefficient = self.coefficient(&risen)?;
        let revised = self.price(price, price, coefficient)?;
        Ok(format!(
            "Par exemple, si chaque indice monte de {EXAMPLE} %, le coefficient est de {} : un prix \
             de {} € HT devient {} € HT.",
            french::decimal(coefficient),
            price.french_bare(),
            revised.french_bare()
        ))
    }

    /// The first day that new prices may begin on, after those in force since `last`.
    pub fn not_before(&self, last: NaiveDate) -> Option<NaiveDate> {
        self.terms().every_months.map(|months| dates::months_after(last, months))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CapReference, IndexTerm, RevisionCap, RevisionTerms};
    use super::*;

    fn clause(change: impl FnOnce(&mut RevisionTerms)) -> Result<RevisionClause, RevisionError> {
        let index = IndexTerm {
            index: "CPF 17.21".into(),
            weight: "0.85".parse().unwrap(),
            initial_value: "112.4".parse().unwrap(),
        };
        let mut terms = RevisionTerms::usual("0.15".parse().unwrap(), vec![index]);
        change(&mut terms);
        RevisionClause::new(terms)
    }

    #[test]
    fn a_clause_says_its_formula_its_month_its_cap_and_its_period() {
        let bare = clause(|_| ()).unwrap();
        let formula = "0,15 + 0,85 × CPF 17.21 / 112,4";
        assert_eq!(bare.french(), format!("{formula} ; coefficient à 3 décimales, par excès"));
        let whole = clause(|terms| {
            terms.base_month = "2026-06-01".parse().ok();
            terms.every_months = Some(12);
            let reference = CapReference::InitialPrice;
            terms.cap = Some(RevisionCap { percent: 3.into(), reference });
        });
        assert_eq!(
            whole.unwrap().french(),
            format!(
                "{formula} (valeurs de 06/2026) ; coefficient à 3 décimales, par excès ; hausse \
                 limitée à 3 % du prix initial ; révision tous les 12 mois au plus"
            )
        );
    }

    #[test]
    fn the_example_is_what_the_clause_computes() {
        let price = UnitPrice::scheduled("1.87".parse().unwrap()).unwrap();
        assert_eq!(
            clause(|_| ()).unwrap().example(price).unwrap(),
            "Par exemple, si chaque indice monte de 5 %, le coefficient est de 1,043 : un prix de \
             1,87 € HT devient 1,95 € HT."
        );
    }

    #[test]
    fn prices_move_no_more_often_than_the_clause_says() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let yearly = clause(|terms| terms.every_months = Some(12)).unwrap();
        assert_eq!(yearly.not_before(day("2026-09-14")), Some(day("2027-09-14")));
        assert_eq!(clause(|_| ()).unwrap().not_before(day("2026-09-14")), None);
        for months in [0, 49] {
            let refused = clause(|terms| terms.every_months = Some(months));
            assert_eq!(refused, Err(RevisionError::Period), "{months}");
        }
    }
}
