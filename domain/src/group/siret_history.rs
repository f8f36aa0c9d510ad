//! The SIRETs an organisation has had, and which of them may stand on a paper.
//!
//! The SIRET of a town hall cannot be derived from its SIREN: one in twenty of
//! the derived ones is wrong. So a SIRET starts as *derived* and only a person
//! confirms it; a paper asks for a [`ConfirmedSiret`], which nothing else makes.
//! Old entries stay: a past paper keeps the SIRET it was issued with.

use chrono::NaiveDate;

use crate::siret::{Siren, Siret};

/// Whether somebody has confirmed a SIRET.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SiretStatus {
    /// Computed from the SIREN; stored as `derived_not_verified`.
    DerivedNotVerified,
    Confirmed {
        by: String,
        on: NaiveDate,
    },
}

impl SiretStatus {
    pub fn code(&self) -> &'static str {
        match self {
            Self::DerivedNotVerified => "derived_not_verified",
            Self::Confirmed { .. } => "confirmed",
        }
    }
}

/// A SIRET and the days it was the organisation's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiretEntry {
    pub siret: Siret,
    /// Its first day; `None` when it was already there.
    pub from: Option<NaiveDate>,
    /// Its last day; `None` while it is in use.
    pub to: Option<NaiveDate>,
    pub status: SiretStatus,
}

impl SiretEntry {
    fn holds_on(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }

    fn overlaps(&self, other: &Self) -> bool {
        let before =
            |a: &Self, b: &Self| matches!((a.to, b.from), (Some(to), Some(from)) if to < from);
        !before(self, other) && !before(other, self)
    }
}

/// A SIRET that somebody confirmed: the only kind a paper takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmedSiret(Siret);

impl ConfirmedSiret {
    pub fn siret(&self) -> &Siret {
        &self.0
    }
}

/// Why a SIRET cannot be used or recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SiretHistoryError {
    #[error("no SIRET on {0}")]
    NoneOn(NaiveDate),
    #[error("SIRET {0} is derived and nobody confirmed it")]
    NotConfirmed(Siret),
    #[error("SIRET {siret} does not belong to SIREN {siren}")]
    OtherSiren { siret: Siret, siren: Siren },
    #[error("SIRETs {0} and {1} hold on the same day")]
    Overlap(Siret, Siret),
    #[error("SIRET {0} is not in the history")]
    Unknown(Siret),
    #[error("SIRET {0} ends before it begins")]
    EndsBeforeItBegins(Siret),
}

impl SiretHistoryError {
    pub fn for_the_reader(&self) -> String {
        match self {
            Self::NoneOn(day) => {
                format!("Aucun SIRET connu au {} : saisissez-le.", crate::french::date(*day))
            }
            Self::NotConfirmed(siret) => format!(
                "Le SIRET {} a été déduit du SIREN et personne ne l’a confirmé : aucun document \
                 ne peut le porter. Confirmez-le d’abord.",
                siret.spaced()
            ),
            Self::OtherSiren { siret, siren } => format!(
                "Le SIRET {} n’appartient pas à l’organisme de SIREN {siren}.",
                siret.spaced()
            ),
            Self::Overlap(one, other) => format!(
                "Les SIRET {} et {} seraient valables le même jour.",
                one.spaced(),
                other.spaced()
            ),
            Self::Unknown(siret) => {
                format!("Le SIRET {} n’est pas dans l’historique.", siret.spaced())
            }
            Self::EndsBeforeItBegins(siret) => {
                format!("Les dates du SIRET {} sont inversées.", siret.spaced())
            }
        }
    }
}

/// The SIRETs of one legal body: at most one a day, all of its SIREN (rule 11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiretHistory {
    siren: Siren,
    entries: Vec<SiretEntry>,
}

impl SiretHistory {
    pub fn new(siren: Siren, entries: Vec<SiretEntry>) -> Result<Self, SiretHistoryError> {
        let mut history = Self { siren, entries: Vec::with_capacity(entries.len()) };
        for entry in entries {
            history.add(entry)?;
        }
        Ok(history)
    }

    pub fn siren(&self) -> &Siren {
        &self.siren
    }

    /// In the order they were recorded.
    pub fn entries(&self) -> &[SiretEntry] {
        &self.entries
    }

    pub fn add(&mut self, entry: SiretEntry) -> Result<(), SiretHistoryError> {
        if entry.siret.siren() != self.siren {
            let siren = self.siren.clone();
            return Err(SiretHistoryError::OtherSiren { siret: entry.siret, siren });
        }
        if matches!((entry.from, entry.to), (Some(from), Some(to)) if to < from) {
            return Err(SiretHistoryError::EndsBeforeItBegins(entry.siret));
        }
        if let Some(other) = self.entries.iter().find(|other| other.overlaps(&entry)) {
            return Err(SiretHistoryError::Overlap(other.siret.clone(), entry.siret));
        }
        self.entries.push(entry);
        Ok(())
    }

    /// A new seat: what is in use ends the day before `from`.
    pub fn replace_from(
        &mut self,
        from: NaiveDate,
        siret: Siret,
        status: SiretStatus,
    ) -> Result<(), SiretHistoryError> {
        let mut next = self.clone();
        for entry in next.entries.iter_mut().filter(|entry| entry.to.is_none()) {
            entry.to = from.pred_opt();
        }
        next.add(SiretEntry { siret, from: Some(from), to: None, status })?;
        *self = next;
        Ok(())
    }

    /// `by` has compared the SIRET with the official directory on `on`.
    pub fn confirm(
        &mut self,
        siret: &Siret,
        by: &str,
        on: NaiveDate,
    ) -> Result<(), SiretHistoryError> {
        let entry = self.entries.iter_mut().find(|entry| entry.siret == *siret);
        let entry = entry.ok_or_else(|| SiretHistoryError::Unknown(siret.clone()))?;
        entry.status = SiretStatus::Confirmed { by: by.to_owned(), on };
        Ok(())
    }

    /// The SIRET a paper of that day may carry.
    pub fn confirmed_on(&self, day: NaiveDate) -> Result<ConfirmedSiret, SiretHistoryError> {
        let entry = self.entries.iter().find(|entry| entry.holds_on(day));
        let entry = entry.ok_or(SiretHistoryError::NoneOn(day))?;
        match entry.status {
            SiretStatus::DerivedNotVerified => {
                Err(SiretHistoryError::NotConfirmed(entry.siret.clone()))
            }
            SiretStatus::Confirmed { .. } => Ok(ConfirmedSiret(entry.siret.clone())),
        }
    }

    /// Whether the organisation ever had this SIRET: a late invoice may name an old one.
    pub fn ever_had(&self, siret: &Siret) -> bool {
        self.entries.iter().any(|entry| entry.siret == *siret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Arras: its SIREN is real, the second NIC only passes the key.
    fn siret(text: &str) -> Siret {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    const FIRST: &str = "21620041000019";
    const SECOND: &str = "21620041000027";

    fn derived() -> SiretHistory {
        let entry = SiretEntry {
            siret: siret(FIRST),
            from: None,
            to: None,
            status: SiretStatus::DerivedNotVerified,
        };
        SiretHistory::new("216200410".parse().unwrap(), vec![entry]).unwrap()
    }

    #[test]
    fn a_siret_that_nobody_confirmed_gives_no_proof_for_a_paper() {
        let mut history = derived();
        let on = day("2026-11-22");
        assert_eq!(history.confirmed_on(on), Err(SiretHistoryError::NotConfirmed(siret(FIRST))));
        history.confirm(&siret(FIRST), "A. Martin", on).unwrap();
        assert_eq!(history.confirmed_on(on).unwrap().siret(), &siret(FIRST));
        assert_eq!(
            history.confirm(&siret(SECOND), "A. Martin", on),
            Err(SiretHistoryError::Unknown(siret(SECOND)))
        );
    }

    #[test]
    fn a_new_seat_ends_the_old_siret_the_day_before_and_a_past_paper_keeps_it() {
        let mut history = derived();
        history.confirm(&siret(FIRST), "A. Martin", day("2026-01-05")).unwrap();
        let confirmed = SiretStatus::Confirmed { by: "A. Martin".into(), on: day("2026-07-01") };
        history.replace_from(day("2026-07-01"), siret(SECOND), confirmed).unwrap();
        let on = |text| history.confirmed_on(day(text)).unwrap().siret().to_string();
        assert_eq!(on("2026-06-30"), FIRST);
        assert_eq!(on("2026-07-01"), SECOND);
        assert!(history.ever_had(&siret(FIRST)));
    }

    #[test]
    fn rule_11_a_siret_of_another_body_is_refused() {
        let mut history = derived();
        let other = siret("73282932000074");
        let entry = SiretEntry {
            siret: other.clone(),
            from: None,
            to: None,
            status: SiretStatus::DerivedNotVerified,
        };
        assert!(matches!(
            history.add(entry),
            Err(SiretHistoryError::OtherSiren { siret, .. }) if siret == other
        ));
    }

    #[test]
    fn two_sirets_on_one_day_are_refused_and_nothing_changes() {
        let mut history = derived();
        let before = history.clone();
        let entry = SiretEntry {
            siret: siret(SECOND),
            from: Some(day("2026-07-01")),
            to: None,
            status: SiretStatus::DerivedNotVerified,
        };
        assert_eq!(
            history.add(entry),
            Err(SiretHistoryError::Overlap(siret(FIRST), siret(SECOND)))
        );
        assert_eq!(history, before);
    }
}
