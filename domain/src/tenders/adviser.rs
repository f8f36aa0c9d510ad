//! The threshold adviser: what the law asks of a purchase of a given value on a
//! given day (rules 5 to 9).
//!
//! Every answer carries the row it rests on and a French sentence with its figures;
//! where the table has no row for a day, that is said rather than guessed. The value
//! compared is always that of the whole need (see [`super::estimation`]): a small
//! contract of a large need follows the rules of the large need.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::catalogue::LotCode;
use crate::coded::coded_enum;
use crate::dates::{self, Dated};
use crate::french;
use crate::money::{AmountError, Cents, Net};

use super::thresholds::{PurchaseScope, Threshold, ThresholdKind};

/// An answer, the sentence that gives its figures, and the row it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling<'a, T> {
    pub answer: T,
    /// French, for the page and the file of the procedure.
    pub text: String,
    pub row: &'a Dated<Threshold>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdviceError {
    #[error("no row of {kind:?} for {scope:?} on {day}")]
    NoRow { kind: ThresholdKind, scope: PurchaseScope, day: NaiveDate },
    #[error("the row of {0:?} is not a figure of its kind")]
    Row(ThresholdKind),
    #[error("lot {0} is not one of the procedure's")]
    UnknownLot(LotCode),
    #[error("the amounts are out of range")]
    Amount(#[from] AmountError),
}

impl AdviceError {
    pub fn for_the_reader(&self) -> String {
        match self {
            Self::NoRow { kind, scope, day } => format!(
                "Aucun seuil « {} » ({}) n’est connu au {} : complétez la table des seuils.",
                kind.french(),
                scope.french(),
                french::date(*day)
            ),
            Self::Row(kind) => format!("Le seuil « {} » est mal enregistré.", kind.french()),
            Self::UnknownLot(lot) => format!("Le lot {lot} n’est pas de cette procédure."),
            Self::Amount(_) => "Les montants sont trop grands.".into(),
        }
    }
}

coded_enum! {
    /// How the purchase may be made.
    pub enum Procedure {
        Dispensed => ("dispensed", "sans publicité ni mise en concurrence"),
        Adapted => ("adapted", "procédure adaptée"),
        Formal => ("formal", "procédure formalisée"),
    }
}

coded_enum! {
    /// Where the call for competition is published.
    pub enum Publicity {
        NotRequired => ("none", "aucune publicité imposée"),
        Adapted => ("adapted", "publicité adaptée, libre"),
        NationalJournal => ("national", "BOAMP ou journal d’annonces légales"),
        EuropeanJournal => ("european", "BOAMP et JOUE"),
    }
}

/// A lot and its value for the law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotValue {
    pub lot: LotCode,
    pub value: Net,
}

/// The figures of the law, asked for one scope.
#[derive(Debug, Clone, Copy)]
pub struct Adviser<'a> {
    pub rows: &'a [Dated<Threshold>],
    pub scope: PurchaseScope,
}

impl<'a> Adviser<'a> {
    /// The row of `kind` in force on `day`.
    pub fn row(
        &self,
        kind: ThresholdKind,
        day: NaiveDate,
    ) -> Result<&'a Dated<Threshold>, AdviceError> {
        let fits = |row: &&Dated<Threshold>| {
            row.value.kind == kind && row.value.scope == self.scope && row.holds_on(day)
        };
        let found = self.rows.iter().filter(fits).max_by_key(|row| row.from);
        found.ok_or(AdviceError::NoRow { kind, scope: self.scope, day })
    }

    /// The procedure for a need of `value`, its consultation launched on `day` (rules 5, 7).
    pub fn procedure(
        &self,
        value: Net,
        day: NaiveDate,
    ) -> Result<Ruling<'a, Procedure>, AdviceError> {
        let formal = self.row(ThresholdKind::Formal, day)?;
        let limit = formal.value.euros()?;
        if value >= limit {
            return Ok(ruling(
                Procedure::Formal,
                formal,
                day,
                &format!(
                    "Le besoin de {value} HT atteint le seuil de {limit} HT : procédure formalisée."
                ),
            ));
        }
        let dispense = self.row(ThresholdKind::Dispense, day)?;
        let limit = dispense.value.euros()?;
        Ok(if value < limit {
            ruling(
                Procedure::Dispensed,
                dispense,
                day,
                &format!(
                    "Le besoin de {value} HT est inférieur à {limit} HT : ni publicité ni mise en \
                 concurrence ne sont imposées."
                ),
            )
        } else {
            let limit = formal.value.euros()?;
            ruling(
                Procedure::Adapted,
                formal,
                day,
                &format!(
                    "Le besoin de {value} HT est inférieur au seuil de {limit} HT : procédure adaptée."
                ),
            )
        })
    }

    /// Where to publish the call for competition.
    pub fn publicity(
        &self,
        value: Net,
        day: NaiveDate,
    ) -> Result<Ruling<'a, Publicity>, AdviceError> {
        let procedure = self.procedure(value, day)?;
        let row = self.row(ThresholdKind::Publicity, day)?;
        let limit = row.value.euros()?;
        Ok(match procedure.answer {
            Procedure::Formal => ruling(
                Publicity::EuropeanJournal,
                procedure.row,
                day,
                "Une procédure formalisée se publie au BOAMP et au JOUE.",
            ),
            Procedure::Dispensed => ruling(
                Publicity::NotRequired,
                procedure.row,
                day,
                "Aucune publicité n’est imposée.",
            ),
            Procedure::Adapted if value >= limit => ruling(
                Publicity::NationalJournal,
                row,
                day,
                &format!(
                    "Le besoin de {value} HT atteint {limit} HT : publicité au BOAMP ou dans un \
                     journal d’annonces légales."
                ),
            ),
            Procedure::Adapted => ruling(
                Publicity::Adapted,
                row,
                day,
                &format!("Le besoin de {value} HT est inférieur à {limit} HT : publicité libre."),
            ),
        })
    }

    /// Whether the consultation documents must be on the buyer profile.
    pub fn buyer_profile(
        &self,
        value: Net,
        day: NaiveDate,
    ) -> Result<Ruling<'a, bool>, AdviceError> {
        self.at_least(ThresholdKind::BuyerProfile, value, day, "Le besoin")
    }

    /// Whether the lots `chosen` may together leave the formal procedure (rule 6): each below
    /// the small-lot value, together within the share of the value of all lots.
    ///
    /// # Errors
    ///
    /// [`AdviceError::UnknownLot`] when one of `chosen` is not in `lots`.
    pub fn small_lots(
        &self,
        lots: &[LotValue],
        chosen: &[LotCode],
        day: NaiveDate,
    ) -> Result<Ruling<'a, bool>, AdviceError> {
        let small = self.row(ThresholdKind::SmallLot, day)?;
        let limit = small.value.euros()?;
        let share = self.row(ThresholdKind::SmallLotsPercent, day)?;
        let total = Net::sum(lots.iter().map(|lot| lot.value))?;
        let mut together = Net::ZERO;
        for code in chosen {
            let lot = lots.iter().find(|lot| lot.lot == *code);
            let lot = lot.ok_or_else(|| AdviceError::UnknownLot(code.clone()))?;
            if lot.value >= limit {
                return Ok(ruling(
                    false,
                    small,
                    day,
                    &format!("Le lot {code} de {} HT n’est pas inférieur à {limit} HT.", lot.value),
                ));
            }
            together = together.plus(lot.value)?;
        }
        // Compared exactly; the cap is rounded only where it is printed.
        let cap =
            total.0.to_decimal().checked_mul(share.value.value).ok_or(AmountError::OutOfRange)?
                / Decimal::ONE_HUNDRED;
        let allowed = together.0.to_decimal() <= cap;
        let verb = if allowed { "ne dépassent pas" } else { "dépassent" };
        Ok(ruling(
            allowed,
            share,
            day,
            &format!(
                "Les petits lots, {together} HT ensemble, {verb} {} % du besoin de {total} HT, soit {} HT.",
                french::decimal(share.value.value.normalize()),
                Net(Cents::rounded(cap)?)
            ),
        ))
    }

    /// Whether a contract of `value` goes to the legality control (rule 8).
    pub fn legality_control(
        &self,
        value: Net,
        day: NaiveDate,
    ) -> Result<Ruling<'a, bool>, AdviceError> {
        self.at_least(ThresholdKind::LegalityControl, value, day, "Le marché")
    }

    /// The last day for publishing the essential data of every contract of a need of `need`,
    /// notified on `notified_on`; `None` below the threshold (rule 9).
    pub fn essential_data_due(
        &self,
        need: Net,
        notified_on: NaiveDate,
    ) -> Result<Ruling<'a, Option<NaiveDate>>, AdviceError> {
        let Ruling { answer, text, row } =
            self.at_least(ThresholdKind::EssentialData, need, notified_on, "Le besoin")?;
        if !answer {
            return Ok(Ruling { answer: None, text, row });
        }
        let months = self.row(ThresholdKind::EssentialDataMonths, notified_on)?;
        let figure = months.value.value.normalize();
        let count = u32::try_from(figure.mantissa())
            .ok()
            .filter(|_| figure.scale() == 0)
            .ok_or(AdviceError::Row(ThresholdKind::EssentialDataMonths))?;
        let due = dates::months_after(notified_on, count);
        let text = format!(
            "{text} Chaque lot est à publier au plus tard le {}, {count} mois après la \
             notification du {}.",
            french::date(due),
            french::date(notified_on)
        );
        Ok(Ruling { answer: Some(due), text, row })
    }

    fn at_least(
        &self,
        kind: ThresholdKind,
        value: Net,
        day: NaiveDate,
        what: &str,
    ) -> Result<Ruling<'a, bool>, AdviceError> {
        let row = self.row(kind, day)?;
        let limit = row.value.euros()?;
        let reached = value >= limit;
        let verb = if reached { "atteint" } else { "est inférieur à" };
        let text = format!("{what} de {value} HT {verb} {limit} HT ({}).", kind.french());
        Ok(ruling(reached, row, day, &text))
    }
}

fn ruling<'a, T>(
    answer: T,
    row: &'a Dated<Threshold>,
    day: NaiveDate,
    text: &str,
) -> Ruling<'a, T> {
    let text = format!("{text} Règle au {} : {}.", french::date(day), row.source);
    Ruling { answer, text, row }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn euros(amount: i64) -> Net {
        Net::from_cents(amount * 100)
    }

    fn rows() -> Vec<Dated<Threshold>> {
        use ThresholdKind as Kind;
        [
            (Kind::Formal, "2024-01-01", Some("2025-12-31"), "221000.00"),
            (Kind::Formal, "2026-01-01", Some("2027-12-31"), "216000.00"),
            (Kind::Dispense, "2020-01-01", Some("2026-03-31"), "40000.00"),
            (Kind::Dispense, "2026-04-01", None, "60000.00"),
            (Kind::BuyerProfile, "2026-04-01", None, "60000.00"),
            (Kind::Publicity, "2020-01-01", None, "90000.00"),
            (Kind::SmallLot, "2020-01-01", None, "80000.00"),
            (Kind::SmallLotsPercent, "2020-01-01", None, "20"),
            (Kind::LegalityControl, "2026-01-01", Some("2027-12-31"), "216000.00"),
            (Kind::EssentialData, "2020-01-01", None, "40000.00"),
            (Kind::EssentialDataMonths, "2020-01-01", None, "2.00"),
        ]
        .into_iter()
        .map(|(kind, from, to, value)| Dated {
            from: day(from),
            to: to.map(day),
            source: format!("texte {}", kind.code()),
            value: Threshold { kind, scope: PurchaseScope::Local, value: value.parse().unwrap() },
        })
        .collect()
    }

    /// Rule 5's procedure: 30, 25, 18 and 3 thousand a year for four years.
    fn four_lots() -> Vec<LotValue> {
        [("1", 120_000), ("2", 100_000), ("3", 72_000), ("4", 12_000)]
            .into_iter()
            .map(|(lot, value)| LotValue { lot: lot.parse().unwrap(), value: euros(value) })
            .collect()
    }

    #[test]
    fn rule_05_a_need_of_304_000_is_formal_although_no_lot_is() {
        let rows = rows();
        let adviser = Adviser { rows: &rows, scope: PurchaseScope::Local };
        let ruling = adviser.procedure(euros(304_000), day("2026-05-04")).unwrap();
        assert_eq!(ruling.answer, Procedure::Formal);
        assert_eq!(
            ruling.text.replace(['\u{a0}', '\u{202f}'], " "),
            "Le besoin de 304 000,00 € HT atteint le seuil de 216 000,00 € HT : procédure \
             formalisée. Règle au 04/05/2026 : texte formal."
        );
    }

    #[test]
    fn rule_06_small_lots_are_below_80_000_and_a_fifth_together() {
        let rows = rows();
        let adviser = Adviser { rows: &rows, scope: PurchaseScope::Local };
        let mut lots = four_lots();
        let asked = |lots: &[LotValue], chosen: &[&str]| {
            let chosen: Vec<LotCode> = chosen.iter().map(|lot| lot.parse().unwrap()).collect();
            adviser.small_lots(lots, &chosen, day("2026-05-04")).map(|ruling| ruling.answer)
        };
        for (chosen, allowed) in
            [(vec!["4"], true), (vec!["3"], false), (vec!["3", "4"], false), (vec!["1"], false)]
        {
            assert_eq!(asked(&lots, &chosen), Ok(allowed), "{chosen:?} of a cap of 60 800");
        }
        // Of 305 000, a fifth exactly; then two cents more.
        lots[2].value = euros(49_000);
        lots.push(LotValue { lot: "5".parse().unwrap(), value: euros(24_000) });
        assert_eq!(asked(&lots, &["3", "4"]), Ok(true));
        lots[3].value = Net::from_cents(1_200_002);
        assert_eq!(asked(&lots, &["3", "4"]), Ok(false));
        assert!(matches!(asked(&lots, &["9"]), Err(AdviceError::UnknownLot(_))));
        lots[1].value = euros(900_000);
        lots[2].value = Net::from_cents(7_999_999);
        assert_eq!(asked(&lots, &["3"]), Ok(true));
        lots[2].value = euros(80_000);
        assert_eq!(asked(&lots, &["3"]), Ok(false), "80 000 is not below 80 000");
    }

    #[test]
    fn rule_07_the_threshold_is_that_of_the_day_of_the_consultation() {
        let rows = rows();
        let adviser = Adviser { rows: &rows, scope: PurchaseScope::Local };
        for (value, on, expected) in [
            (euros(50_000), "2026-03-31", Procedure::Adapted),
            (euros(50_000), "2026-04-01", Procedure::Dispensed),
            (euros(60_000), "2026-04-01", Procedure::Adapted),
            (euros(218_000), "2025-12-31", Procedure::Adapted),
            (euros(218_000), "2026-01-01", Procedure::Formal),
            (Net::from_cents(21_599_999), "2026-01-01", Procedure::Adapted),
        ] {
            let ruling = adviser.procedure(value, day(on)).unwrap();
            assert_eq!(ruling.answer, expected, "{value} on {on}");
            assert!(ruling.row.holds_on(day(on)));
        }
        assert!(!adviser.buyer_profile(euros(59_999), day("2026-05-04")).unwrap().answer);
        assert!(adviser.buyer_profile(euros(60_000), day("2026-05-04")).unwrap().answer);
    }

    #[test]
    fn a_day_that_the_table_does_not_know_has_no_answer() {
        let rows = rows();
        let adviser = Adviser { rows: &rows, scope: PurchaseScope::Local };
        let unknown = adviser.procedure(euros(1), day("2028-01-01")).unwrap_err();
        assert_eq!(
            unknown.for_the_reader(),
            "Aucun seuil « procédure formalisée » (fournitures et services des collectivités) \
             n’est connu au 01/01/2028 : complétez la table des seuils."
        );
        let works = Adviser { scope: PurchaseScope::Works, ..adviser };
        assert!(works.procedure(euros(1), day("2026-01-01")).is_err());
    }

    #[test]
    fn publicity_grows_with_the_need() {
        let rows = rows();
        let adviser = Adviser { rows: &rows, scope: PurchaseScope::Local };
        for (value, expected) in [
            (59_999, Publicity::NotRequired),
            (60_000, Publicity::Adapted),
            (89_999, Publicity::Adapted),
            (90_000, Publicity::NationalJournal),
            (215_999, Publicity::NationalJournal),
            (216_000, Publicity::EuropeanJournal),
        ] {
            let ruling = adviser.publicity(euros(value), day("2026-05-04")).unwrap();
            assert_eq!(ruling.answer, expected, "{value}");
        }
    }

    #[test]
    fn rule_08_a_contract_at_the_threshold_goes_to_the_legality_control() {
        let rows = rows();
        let adviser = Adviser { rows: &rows, scope: PurchaseScope::Local };
        let asked = |cents| adviser.legality_control(Net::from_cents(cents), day("2026-09-14"));
        assert!(asked(21_600_000).unwrap().answer);
        assert!(!asked(21_599_999).unwrap().answer);
    }

    #[test]
    fn rule_09_every_lot_of_a_large_need_is_published_within_two_months() {
        let rows = rows();
        let adviser = Adviser { rows: &rows, scope: PurchaseScope::Local };
        let due = |need: i64| adviser.essential_data_due(euros(need), day("2026-09-14")).unwrap();
        // Lot 4 is worth 12 000 only; it is the need of 304 000 that counts.
        assert_eq!(due(304_000).answer, Some(day("2026-11-14")));
        assert!(due(304_000).text.contains("au plus tard le 14/11/2026"));
        assert_eq!(due(40_000).answer, Some(day("2026-11-14")));
        assert_eq!(due(39_999).answer, None);
    }
}
