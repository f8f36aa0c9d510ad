//! Framework agreements performed by purchase orders (R2162-2, -4, -13, -14 CCP).
//!
//! Three limits bind whoever orders: the days the agreement runs (L2125-1 1°: four
//! years at most, unless a reason is given), its ceiling (R2162-4), and its prices.
//! What an order counts for under the ceiling, and on which days it may be placed,
//! is told in [`crate::orders`]; here is what the agreement itself says.

use chrono::NaiveDate;

use crate::catalogue::LotCode;
use crate::dates;
use crate::french;
use crate::group::convention::CoordinationModel;
use crate::ids::OrganisationId;
use crate::money::Net;
use crate::orders::calendar::Period;
use crate::orders::ceiling::{self, PastCeiling, Room};
use crate::orders::order::FreightTerms;

use super::revision::RevisionClause;
use super::tiers::TierBase;

/// L2125-1 1° CCP.
pub const LONGEST_MONTHS: u32 = 48;
/// Beyond this nobody means it; it also keeps dates within the calendar.
const ABSURD_MONTHS: u32 = 600;

/// What an agreement is made of, before it is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgreementTerms {
    /// As papers and invoices cite it (BT-12): `2026-FCS-012-L1`.
    pub number: String,
    pub lot: LotCode,
    pub holder: OrganisationId,
    pub model: CoordinationModel,
    /// The first day orders may be issued.
    pub starts_on: NaiveDate,
    /// Renewals included.
    pub months: u32,
    /// Why it lasts more than four years, where it does.
    pub exceptional_duration_reason: Option<String>,
    pub ceiling: Net,
    pub floor: Option<Net>,
    /// Days from the order to its delivery.
    pub delivery_days: u32,
    /// `None` where the prices are delivered prices.
    pub freight: Option<FreightTerms>,
    /// What is counted for degressive prices.
    pub tier_base: TierBase,
    /// `None` for firm prices.
    pub revision: Option<RevisionClause>,
    /// The days on which members prepare their orders.
    pub windows: Vec<Period>,
}

/// A framework agreement whose terms agree with each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameworkAgreement {
    terms: AgreementTerms,
    last_order_day: NaiveDate,
}

/// Why the terms do not make an agreement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContractError {
    #[error("the agreement has no number")]
    NoNumber,
    #[error("{months} months is over {LONGEST_MONTHS} without a reason, or is no duration")]
    Duration { months: u32 },
    #[error("the ceiling is not positive")]
    NoCeiling,
    #[error("the floor is above the ceiling")]
    FloorAboveCeiling,
    #[error("an order window does not lie within the agreement, or ends before it begins")]
    Window(Period),
}

impl ContractError {
    pub fn for_the_reader(&self) -> String {
        match self {
            Self::NoNumber => "Indiquez le numéro du marché.".into(),
            Self::Duration { months } => format!(
                "Une durée de {months} mois dépasse les {LONGEST_MONTHS} mois permis par \
                 l’article L2125-1 1° du code de la commande publique, ou n’en est pas une : \
                 corrigez-la ou donnez-en la raison."
            ),
            Self::NoCeiling => {
                "Un accord-cadre a un montant maximum (article R2162-4 du code de la commande \
                 publique) : indiquez-le."
                    .into()
            }
            Self::FloorAboveCeiling => "Le montant minimum dépasse le maximum.".into(),
            Self::Window(window) => format!(
                "La période de commande du {} au {} ne tient pas dans la durée du marché.",
                french::date(window.from),
                french::date(window.to)
            ),
        }
    }
}

/// Whether `months` is a duration that anybody means; more than [`LONGEST_MONTHS`] still need
/// a reason when the agreement is made.
pub fn is_duration(months: u32) -> bool {
    (1..=ABSURD_MONTHS).contains(&months)
}

impl FrameworkAgreement {
    pub fn new(terms: AgreementTerms) -> Result<Self, ContractError> {
        if terms.number.trim().is_empty() {
            return Err(ContractError::NoNumber);
        }
        let months = terms.months;
        let reason = terms.exceptional_duration_reason.as_deref().unwrap_or_default();
        let too_long = months > LONGEST_MONTHS && reason.trim().is_empty();
        if !is_duration(months) || too_long {
            return Err(ContractError::Duration { months });
        }
        if terms.ceiling <= Net::ZERO {
            return Err(ContractError::NoCeiling);
        }
        if terms.floor.is_some_and(|floor| floor > terms.ceiling) {
            return Err(ContractError::FloorAboveCeiling);
        }
        let last_order_day =
            dates::last_day(terms.starts_on, months).ok_or(ContractError::Duration { months })?;
        for window in &terms.windows {
            let within = terms.starts_on <= window.from && window.to <= last_order_day;
            if !within || window.to < window.from {
                return Err(ContractError::Window(*window));
            }
        }
        Ok(Self { terms, last_order_day })
    }

    pub fn terms(&self) -> &AgreementTerms {
        &self.terms
    }

    /// The days on which an order may be placed (rule 4): 48 months from 14/09/2026 end on
    /// 13/09/2030.
    pub fn period(&self) -> Period {
        Period { from: self.terms.starts_on, to: self.last_order_day }
    }

    /// The window open on `day`.
    pub fn window_on(&self, day: NaiveDate) -> Option<Period> {
        self.terms.windows.iter().copied().find(|window| window.holds(day))
    }

    /// The gauge, where `committed` is what all its orders count for.
    ///
    /// # Errors
    ///
    /// [`PastCeiling`] when they are already above the ceiling, which no order may cause.
    pub fn gauge(&self, committed: Net) -> Result<Room, PastCeiling> {
        ceiling::fits(self.terms.ceiling, committed, Net::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::calendar::within_contract;

    type Change = fn(&mut AgreementTerms);

    fn euros(amount: i64) -> Net {
        Net::from_cents(amount * 100)
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn terms() -> AgreementTerms {
        AgreementTerms {
            number: "2026-FCS-012-L1".into(),
            lot: "1".parse().unwrap(),
            holder: OrganisationId(7),
            model: CoordinationModel::CoordinatorOrders,
            starts_on: day("2026-09-14"),
            months: 48,
            exceptional_duration_reason: None,
            ceiling: euros(120_000),
            floor: None,
            delivery_days: 21,
            freight: None,
            tier_base: TierBase::Consolidated,
            revision: None,
            windows: vec![Period { from: day("2026-10-01"), to: day("2026-10-31") }],
        }
    }

    #[test]
    fn rule_03_the_gauge_of_a_contract_tells_what_is_left_and_warns() {
        let agreement = FrameworkAgreement::new(terms()).unwrap();
        let gauge = |amount| agreement.gauge(euros(amount));
        let room = gauge(118_600).unwrap();
        assert_eq!((room.left, room.warn), (euros(1_400), true));
        assert!(!gauge(95_999).unwrap().warn);
        assert!(gauge(96_000).unwrap().warn, "from 80 % on");
        assert!(gauge(120_000).is_ok());
        assert!(gauge(120_001).is_err());
    }

    #[test]
    fn rule_04_the_last_order_day_is_the_day_before_the_fourth_anniversary() {
        let agreement = FrameworkAgreement::new(terms()).unwrap();
        let period = Period { from: day("2026-09-14"), to: day("2030-09-13") };
        assert_eq!(agreement.period(), period);
        assert!(within_contract(agreement.period(), day("2030-09-13")).is_ok());
        assert!(within_contract(agreement.period(), day("2030-09-14")).is_err());
    }

    #[test]
    fn rule_04_more_than_four_years_need_a_reason() {
        for (months, reason, allowed) in [
            (48, None, true),
            (49, None, false),
            (49, Some("  "), false),
            (49, Some("amortissement d’un outil dédié"), true),
            (0, None, false),
            (u32::MAX, Some("sans fin"), false),
        ] {
            let exceptional_duration_reason = reason.map(str::to_owned);
            let made = FrameworkAgreement::new(AgreementTerms {
                months,
                exceptional_duration_reason,
                ..terms()
            });
            assert_eq!(made.is_ok(), allowed, "{months} {reason:?}");
        }
    }

    #[test]
    fn terms_that_contradict_each_other_are_refused() {
        let late = Period { from: day("2030-09-01"), to: day("2030-09-14") };
        let backwards = Period { from: day("2027-02-01"), to: day("2027-01-31") };
        let cases: [(Change, ContractError); 3] = [
            (|t| t.number.clear(), ContractError::NoNumber),
            (|t| t.ceiling = Net::ZERO, ContractError::NoCeiling),
            (|t| t.floor = Some(euros(120_001)), ContractError::FloorAboveCeiling),
        ];
        for (change, expected) in cases {
            let mut terms = terms();
            change(&mut terms);
            assert_eq!(FrameworkAgreement::new(terms), Err(expected));
        }
        for window in [late, backwards] {
            let made = FrameworkAgreement::new(AgreementTerms { windows: vec![window], ..terms() });
            assert_eq!(made, Err(ContractError::Window(window)));
        }
    }

    #[test]
    fn a_window_counts_to_the_end_of_its_last_day() {
        let agreement = FrameworkAgreement::new(terms()).unwrap();
        assert!(agreement.window_on(day("2026-10-31")).is_some());
        assert!(agreement.window_on(day("2026-11-01")).is_none());
    }
}
