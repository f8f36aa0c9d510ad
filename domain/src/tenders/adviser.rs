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

/// R2182-1 CCP: where the unsuccessful tenderers are not told electronically.
pub const PAPER_STANDSTILL_DAYS: u32 = 16;

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
        let count = whole(months)?;
        let due = dates::months_after(notified_on, count);
        let text = format!(
            "{text} Chaque lot est à publier au plus tard le {}, {count} mois après la \
             notification du {}.",
            french::date(due),
            french::date(notified_on)
        );
        Ok(Ruling { answer: Some(due), text, row })
    }

    /// The first day a contract of a formal procedure may be signed, its unsuccessful tenderers
    /// told on `told_on` (R2182-1 CCP).
    pub fn first_signing_day(
        &self,
        told_on: NaiveDate,
        electronic: bool,
    ) -> Result<Ruling<'a, NaiveDate>, AdviceError> {
        let row = self.row(ThresholdKind::StandstillDays, told_on)?;
        let days = whole(row)?;
        let days = if electronic { days } else { days.max(PAPER_STANDSTILL_DAYS) };
        let first = dates::days_after(told_on, days);
        let how = if electronic { "par voie électronique" } else { "sur papier" };
        let text = format!(
            "Les candidats non retenus ont été informés le {} {how} : le marché se signe {days} jours \
             après, à partir du {}.",
            french::date(told_on),
            french::date(first)
        );
        Ok(ruling(first, row, told_on, &text))
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

/// A row that counts days or months.
fn whole(row: &Dated<Threshold>) -> Result<u32, AdviceError> {
    let figure = row.value.value.normalize();
    u32::try_from(figure.mantissa())
        .ok()
        .filter(|_| figure.scale() == 0)
        .ok_or(AdviceError::Row(row.value.kind))
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
mod tests;
