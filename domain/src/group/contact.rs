//! The people of an organisation, and who may sign for it on which day.
//!
//! A signature binds only if the signatory held a power on that day. Powers
//! given by a council end with it: after the municipal elections of March 2026
//! every one had to be given again, whatever date it carries. That end is a
//! dated row, passed in.

use chrono::NaiveDate;

use crate::coded::coded_enum;
use crate::dates::Dated;
use crate::french;
use crate::group::address::Email;
use crate::ids::{ContactId, OrganisationId, SiteId};

coded_enum! {
    /// The codes are those of the contacts file.
    pub enum ContactRole {
        /// Answers the censuses and receives the orders.
        MemberContact => ("referent", "référent"),
        Finance => ("finance", "finances"),
        /// The mayor, the president, or an elected deputy.
        Signatory => ("signataire", "élu signataire"),
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub organisation: OrganisationId,
    /// A contact of one delivery point only.
    pub site: Option<SiteId>,
    pub role: ContactRole,
    pub name: String,
    /// Maire, adjoint au maire, directrice générale…: printed under a signature.
    pub quality: String,
    pub email: Option<Email>,
    pub phone: String,
}

/// A power to sign for an organisation (L2122-22 4° CGCT for a mayor's orders).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    pub contact: ContactId,
    pub name: String,
    pub quality: String,
    /// The act that gives it: deliberation or order, with its number.
    pub act: String,
    pub from: NaiveDate,
    /// Its last day; `None` as long as the mandate lasts.
    pub to: Option<NaiveDate>,
}

/// A signature under a power that held on its day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub name: String,
    pub quality: String,
    pub on: NaiveDate,
}

/// Why somebody may not sign on that day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DelegationError {
    #[error("the power begins on {0}")]
    NotYet(NaiveDate),
    #[error("the power ended on {0}")]
    Ended(NaiveDate),
    #[error("the power ended with the mandate on {ended}: {source_text}")]
    MandateEnded { ended: NaiveDate, source_text: String },
    #[error("no act gives the power")]
    NoAct,
    #[error("the power ends before it begins")]
    EndsBeforeItBegins,
}

impl DelegationError {
    pub fn for_the_reader(&self) -> String {
        match self {
            Self::NotYet(from) => {
                format!("Le pouvoir de signature ne commence que le {}.", french::date(*from))
            }
            Self::Ended(to) => format!(
                "Le pouvoir de signature a pris fin le {} : enregistrez le nouveau.",
                french::date(*to)
            ),
            Self::MandateEnded { ended, source_text } => format!(
                "Le pouvoir de signature a pris fin avec le mandat, le {} ({source_text}) : \
                 enregistrez celui du nouveau mandat.",
                french::date(*ended)
            ),
            Self::NoAct => {
                "Indiquez l’acte qui donne ce pouvoir : délibération ou arrêté, avec sa date."
                    .into()
            }
            Self::EndsBeforeItBegins => "Ce pouvoir finit avant de commencer.".into(),
        }
    }
}

/// Mandates that a general election ended: the last day of the old ones (`Dated::to`), and
/// the text. Only rows with a last day end anything.
pub type Mandates = [Dated<()>];

impl Delegation {
    /// Signs on `day`, if the power held then.
    pub fn sign(&self, day: NaiveDate, mandates: &Mandates) -> Result<Signature, DelegationError> {
        if day < self.from {
            return Err(DelegationError::NotYet(self.from));
        }
        if let Some(to) = self.to.filter(|to| *to < day) {
            return Err(DelegationError::Ended(to));
        }
        // A power given on the mandate's last day is still the old council's.
        let over = mandates.iter().find_map(|mandate| {
            let ended = mandate.to?;
            (mandate.holds_on(self.from) && ended < day).then_some((ended, &mandate.source))
        });
        if let Some((ended, source)) = over {
            return Err(DelegationError::MandateEnded { ended, source_text: source.clone() });
        }
        Ok(Signature { name: self.name.clone(), quality: self.quality.clone(), on: day })
    }

    /// Whether it can be recorded on `day`: an act gives it, and it holds then or will.
    pub fn check(&self, day: NaiveDate, mandates: &Mandates) -> Result<(), DelegationError> {
        if self.act.trim().is_empty() {
            return Err(DelegationError::NoAct);
        }
        if self.to.is_some_and(|to| to < self.from) {
            return Err(DelegationError::EndsBeforeItBegins);
        }
        self.sign(day.max(self.from), mandates).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_power_ends_with_the_mandate_of_march_2026_and_with_its_own_last_day() {
        let mandates = [Dated {
            from: day("2020-05-18"),
            to: Some(day("2026-03-22")),
            value: (),
            source: "élections municipales des 15 et 22 mars 2026".into(),
        }];
        let power = |from, to: Option<&str>| Delegation {
            contact: ContactId(1),
            name: "J. Dubois".into(),
            quality: "Maire".into(),
            act: "délibération 2026-12".into(),
            from: day(from),
            to: to.map(day),
        };
        let ended = Err(DelegationError::MandateEnded {
            ended: day("2026-03-22"),
            source_text: mandates[0].source.clone(),
        });
        for (from, to, on, expected) in [
            ("2020-07-03", None, "2026-03-22", Ok(())),
            ("2020-07-03", None, "2026-03-23", ended.clone()),
            ("2020-07-03", Some("2027-12-31"), "2026-11-22", ended),
            ("2026-04-02", None, "2026-11-22", Ok(())),
            ("2026-04-02", None, "2026-04-01", Err(DelegationError::NotYet(day("2026-04-02")))),
            ("2026-04-02", Some("2026-06-30"), "2026-06-30", Ok(())),
            (
                "2026-04-02",
                Some("2026-06-30"),
                "2026-07-01",
                Err(DelegationError::Ended(day("2026-06-30"))),
            ),
        ] {
            let signed = power(from, to).sign(day(on), &mandates).map(|_| ());
            assert_eq!(signed, expected, "{from} to {to:?}, on {on}");
        }
    }

    #[test]
    fn a_power_is_recorded_with_its_act_while_it_holds_or_before() {
        let power = |act: &str, from, to: Option<&str>| Delegation {
            contact: ContactId(1),
            name: "J. Dubois".into(),
            quality: "Maire".into(),
            act: act.into(),
            from: day(from),
            to: to.map(day),
        };
        for (act, from, to, expected) in [
            ("délibération 2026-12", "2026-04-02", None, Ok(())),
            ("délibération 2026-12", "2027-01-01", Some("2027-12-31"), Ok(())),
            (" ", "2026-04-02", None, Err(DelegationError::NoAct)),
            (
                "arrêté 3",
                "2026-04-02",
                Some("2026-04-01"),
                Err(DelegationError::EndsBeforeItBegins),
            ),
            (
                "arrêté 3",
                "2026-04-02",
                Some("2026-06-30"),
                Err(DelegationError::Ended(day("2026-06-30"))),
            ),
        ] {
            let checked = power(act, from, to).check(day("2026-11-22"), &[]);
            assert_eq!(checked, expected, "{act} from {from} to {to:?}");
        }
    }
}
