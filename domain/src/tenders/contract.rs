//! Framework agreements performed by purchase orders (R2162-2, -4, -13, -14 CCP).
//!
//! Three limits bind whoever orders: the days the agreement runs (L2125-1 1°: four
//! years at most, unless a reason is given), its ceiling (R2162-4; CJEU C-23/20:
//! once it is reached the agreement has no further effect), and its prices. The
//! gauge counts from the moment an order is validated, before VAT, freight
//! included.

use chrono::NaiveDate;

use crate::catalogue::LotCode;
use crate::dates;
use crate::french;
use crate::group::convention::CoordinationModel;
use crate::ids::OrganisationId;
use crate::money::{AmountError, Net};

use super::revision::RevisionClause;
use super::tiers::TierBase;

/// L2125-1 1° CCP.
pub const LONGEST_MONTHS: u32 = 48;
/// Beyond this nobody means it; it also keeps dates within the calendar.
const ABSURD_MONTHS: u32 = 600;
/// From this share of the ceiling on, in percent, whoever orders is warned (product choice).
pub const WARNING_PERCENT: i64 = 80;

/// What an order is charged for delivery.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FreightTerms {
    /// Per order, before VAT.
    pub per_order: Net,
    /// From this net amount of an order on there is no charge (franco de port).
    pub free_from: Option<Net>,
}

impl FreightTerms {
    /// The freight of an order of `goods`.
    pub fn on(self, goods: Net) -> Net {
        let free = self.free_from.is_some_and(|from| goods >= from);
        if free { Net::ZERO } else { self.per_order }
    }
}

/// Days on which members prepare their orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderWindow {
    pub opens_on: NaiveDate,
    /// Counts to its end.
    pub closes_on: NaiveDate,
}

impl OrderWindow {
    pub fn is_open_on(self, day: NaiveDate) -> bool {
        self.opens_on <= day && day <= self.closes_on
    }
}

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
    pub freight: FreightTerms,
    /// What is counted for degressive prices.
    pub tier_base: TierBase,
    /// `None` for firm prices.
    pub revision: Option<RevisionClause>,
    pub windows: Vec<OrderWindow>,
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
    Window(OrderWindow),
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
                french::date(window.opens_on),
                french::date(window.closes_on)
            ),
        }
    }
}

/// Why an order cannot be made on an agreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OrderRefused {
    #[error("{day} is not between {from} and {to}")]
    OutsideDuration { day: NaiveDate, from: NaiveDate, to: NaiveDate },
    #[error("{order} more than {committed} crosses the ceiling of {ceiling}")]
    CeilingCrossed { ceiling: Net, committed: Net, order: Net },
    #[error("the amount is out of range")]
    OutOfRange,
}

impl OrderRefused {
    pub fn for_the_reader(&self) -> String {
        match self {
            Self::OutsideDuration { day, from, to } => format!(
                "Ce marché permet de commander du {} au {} : le {} n’en est pas. Rien n’a été \
                 commandé.",
                french::date(*from),
                french::date(*to),
                french::date(*day)
            ),
            Self::CeilingCrossed { ceiling, committed, order } => {
                let left = ceiling.minus(*committed).unwrap_or_default();
                format!(
                    "Cette commande de {order} HT dépasserait le maximum du marché : {ceiling} HT, \
                     dont {committed} HT déjà engagés ; il reste {left} HT. Rien n’a été commandé."
                )
            }
            Self::OutOfRange => "Ce montant est trop grand. Rien n’a été commandé.".into(),
        }
    }
}

impl FrameworkAgreement {
    pub fn new(terms: AgreementTerms) -> Result<Self, ContractError> {
        if terms.number.trim().is_empty() {
            return Err(ContractError::NoNumber);
        }
        let months = terms.months;
        let reason = terms.exceptional_duration_reason.as_deref().unwrap_or_default();
        let too_long = months > LONGEST_MONTHS && reason.trim().is_empty();
        if months == 0 || months > ABSURD_MONTHS || too_long {
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
            let within = terms.starts_on <= window.opens_on && window.closes_on <= last_order_day;
            if !within || window.closes_on < window.opens_on {
                return Err(ContractError::Window(*window));
            }
        }
        Ok(Self { terms, last_order_day })
    }

    pub fn terms(&self) -> &AgreementTerms {
        &self.terms
    }

    /// The last day an order may be issued: 48 months from 14/09/2026 end on 13/09/2030.
    pub fn last_order_day(&self) -> NaiveDate {
        self.last_order_day
    }

    /// Refuses an order of a day outside the agreement (rule 4).
    pub fn may_order_on(&self, day: NaiveDate) -> Result<(), OrderRefused> {
        let (from, to) = (self.terms.starts_on, self.last_order_day);
        if from <= day && day <= to {
            Ok(())
        } else {
            Err(OrderRefused::OutsideDuration { day, from, to })
        }
    }

    /// The window open on `day`.
    pub fn window_on(&self, day: NaiveDate) -> Option<OrderWindow> {
        self.terms.windows.iter().copied().find(|window| window.is_open_on(day))
    }

    /// The last day for delivering an order of `day`.
    pub fn delivery_due(&self, day: NaiveDate) -> NaiveDate {
        dates::days_after(day, self.terms.delivery_days)
    }

    /// The gauge, where `committed` is the net amount of all orders that are not cancelled.
    pub fn gauge(&self, committed: Net) -> Gauge {
        Gauge { ceiling: self.terms.ceiling, committed }
    }
}

/// How much of an agreement is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gauge {
    pub ceiling: Net,
    /// Validated orders before VAT, freight included: cancelled ones are out, closed ones
    /// count what was delivered.
    pub committed: Net,
}

impl Gauge {
    /// The gauge with `order` committed too.
    ///
    /// # Errors
    ///
    /// [`OrderRefused::CeilingCrossed`] with the figures, when `order` would cross the
    /// ceiling; reaching it exactly is allowed (rule 3).
    pub fn with(self, order: Net) -> Result<Self, OrderRefused> {
        let committed = self.committed.plus(order).map_err(|_| OrderRefused::OutOfRange)?;
        if committed > self.ceiling {
            let Self { ceiling, committed } = self;
            return Err(OrderRefused::CeilingCrossed { ceiling, committed, order });
        }
        Ok(Self { committed, ..self })
    }

    /// What can still be ordered.
    pub fn left(self) -> Result<Net, AmountError> {
        self.ceiling.minus(self.committed)
    }

    /// Whole percent used, cut down: 100 only when nothing is left.
    pub fn percent(self) -> i64 {
        let percent =
            i128::from(self.committed.cents()) * 100 / i128::from(self.ceiling.cents().max(1));
        i64::try_from(percent).unwrap_or(i64::MAX)
    }

    /// Whether whoever orders is warned.
    pub fn is_nearly_full(self) -> bool {
        self.percent() >= WARNING_PERCENT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            freight: FreightTerms { per_order: euros(45), free_from: Some(euros(1_000)) },
            tier_base: TierBase::Consolidated,
            revision: None,
            windows: vec![OrderWindow {
                opens_on: day("2026-10-01"),
                closes_on: day("2026-10-31"),
            }],
        }
    }

    #[test]
    fn rule_03_the_ceiling_is_reached_but_never_crossed() {
        let gauge = FrameworkAgreement::new(terms()).unwrap().gauge(euros(118_600));
        let refused = gauge.with(euros(1_500)).unwrap_err();
        assert_eq!(
            refused,
            OrderRefused::CeilingCrossed {
                ceiling: euros(120_000),
                committed: euros(118_600),
                order: euros(1_500)
            }
        );
        let figures = refused.for_the_reader().replace(['\u{a0}', '\u{202f}'], " ");
        for figure in ["1 500,00 €", "120 000,00 €", "118 600,00 €", "1 400,00 €"] {
            assert!(figures.contains(figure), "{figures}");
        }
        let full = gauge.with(euros(1_400)).unwrap();
        assert_eq!((full.left(), full.percent()), (Ok(Net::ZERO), 100));
        assert!(full.with(Net::from_cents(1)).is_err(), "not a cent more");
        let one = gauge.with(euros(900)).unwrap();
        assert!(one.with(euros(900)).is_err(), "of two orders of 900, one passes");
    }

    #[test]
    fn rule_03_a_warning_begins_at_eighty_percent() {
        let gauge = |committed| Gauge { ceiling: euros(120_000), committed };
        assert!(!gauge(Net::from_cents(9_599_999)).is_nearly_full());
        assert!(gauge(euros(96_000)).is_nearly_full());
        assert_eq!(gauge(Net::from_cents(11_999_999)).percent(), 99);
    }

    #[test]
    fn rule_04_the_last_order_day_is_the_day_before_the_fourth_anniversary() {
        let agreement = FrameworkAgreement::new(terms()).unwrap();
        assert_eq!(agreement.last_order_day(), day("2030-09-13"));
        for (on, allowed) in [
            ("2026-09-13", false),
            ("2026-09-14", true),
            ("2030-09-13", true),
            ("2030-09-14", false),
        ] {
            assert_eq!(agreement.may_order_on(day(on)).is_ok(), allowed, "{on}");
        }
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
        let late = OrderWindow { opens_on: day("2030-09-01"), closes_on: day("2030-09-14") };
        let backwards = OrderWindow { opens_on: day("2027-02-01"), closes_on: day("2027-01-31") };
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
    fn delivery_is_free_from_the_franco_on() {
        let freight = terms().freight;
        assert_eq!(freight.on(Net::from_cents(99_999)), euros(45));
        assert_eq!(freight.on(euros(1_000)), Net::ZERO);
        assert_eq!(FreightTerms::default().on(euros(1)), Net::ZERO);
    }

    #[test]
    fn a_window_counts_to_the_end_of_its_last_day() {
        let agreement = FrameworkAgreement::new(terms()).unwrap();
        assert!(agreement.window_on(day("2026-10-31")).is_some());
        assert!(agreement.window_on(day("2026-11-01")).is_none());
        assert_eq!(agreement.delivery_due(day("2026-11-02")), day("2026-11-23"));
    }
}
