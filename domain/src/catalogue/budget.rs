//! Which budget account a purchase may go to (M57), as a suggestion.
//!
//! The imputation is the member's decision; the rows say what is usual for a
//! family, with the text they come from. Movable goods that last are an
//! investment from 500 € with VAT a unit (arrêté of 26 October 2001); below, an
//! operating expense.

use chrono::NaiveDate;

use crate::coded::coded_enum;
use crate::dates::Dated;
use crate::money::Gross;

coded_enum! {
    /// The two sections of a local budget.
    pub enum BudgetSection {
        Operating => ("operating", "fonctionnement"),
        Investment => ("investment", "investissement"),
    }
}

/// A row: for what, which account, under which condition on the price with VAT of one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRule {
    pub family: String,
    /// The whole family when `None`; a row for the sub-family is preferred to it.
    pub sub_family: Option<String>,
    pub section: BudgetSection,
    /// `6064`, `21848`.
    pub account: String,
    pub label: String,
    /// The row holds from this unit price on.
    pub unit_from: Option<Gross>,
    /// The row holds below this unit price.
    pub unit_below: Option<Gross>,
}

impl AccountRule {
    fn fits(&self, family: &str, sub_family: &str, unit: Gross) -> bool {
        self.family == family
            && self.sub_family.as_deref().is_none_or(|name| name == sub_family)
            && self.unit_from.is_none_or(|from| from <= unit)
            && self.unit_below.is_none_or(|below| unit < below)
    }
}

/// The rows that hold on `day` for an article whose unit costs `unit` with VAT, in the order
/// of the table; those of the sub-family alone where it has any.
pub fn suggestions<'a>(
    rows: &'a [Dated<AccountRule>],
    family: &str,
    sub_family: &str,
    unit: Gross,
    day: NaiveDate,
) -> Vec<&'a Dated<AccountRule>> {
    let found: Vec<_> = rows
        .iter()
        .filter(|row| row.holds_on(day) && row.value.fits(family, sub_family, unit))
        .collect();
    let own: Vec<_> = found.iter().copied().filter(|row| row.value.sub_family.is_some()).collect();
    if own.is_empty() { found } else { own }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(
        sub_family: Option<&str>,
        account: &str,
        from: Option<i64>,
        below: Option<i64>,
    ) -> Dated<AccountRule> {
        Dated {
            from: "2024-01-01".parse().unwrap(),
            to: None,
            source: "M57".into(),
            value: AccountRule {
                family: "rayonnages".into(),
                sub_family: sub_family.map(str::to_owned),
                section: BudgetSection::Operating,
                account: account.into(),
                label: String::new(),
                unit_from: from.map(Gross::from_cents),
                unit_below: below.map(Gross::from_cents),
            },
        }
    }

    #[test]
    fn the_unit_price_and_the_sub_family_choose_the_account() {
        let rows = [
            rule(None, "60632", None, Some(50_000)),
            rule(None, "21848", Some(50_000), None),
            rule(Some("prestations"), "615", None, None),
        ];
        let accounts = |sub_family, cents, day: &str| -> Vec<&str> {
            let day = day.parse().unwrap();
            suggestions(&rows, "rayonnages", sub_family, Gross::from_cents(cents), day)
                .into_iter()
                .map(|row| row.value.account.as_str())
                .collect()
        };
        assert_eq!(accounts("fixe", 49_999, "2026-01-01"), ["60632"]);
        assert_eq!(accounts("fixe", 50_000, "2026-01-01"), ["21848"]);
        assert_eq!(accounts("prestations", 50_000, "2026-01-01"), ["615"]);
        assert!(accounts("fixe", 100, "2023-12-31").is_empty());
    }
}
