//! The steps of an order, each with what must be true before it.
//!
//! Validation commits the money of whoever pays, so everything is checked there
//! and every fault told at once: the days, the right to order (rules 1 and 2), whole packs,
//! what Chorus Pro wants, and last the ceiling, which the store reads under lock.
//! Issuing asks for proofs: no number without validation, no paper with a SIRET
//! that nobody confirmed.

use chrono::NaiveDate;

use crate::group::contact::Signature;
use crate::group::membership::NotEntitled;
use crate::group::organisation::ChorusRequirements;
use crate::group::siret_history::ConfirmedSiret;
use crate::ids::OrganisationId;
use crate::money::{AmountError, Net};
use crate::orders::calendar::{DayRefused, Period, deliver_by, ready_to_validate, within_contract};
use crate::orders::ceiling::{PastCeiling, Room, fits};
use crate::orders::delivery::Receipts;
use crate::orders::number::OrderNumber;
use crate::orders::order::{Issue, Order};
use crate::orders::state::{OrderAction, OrderState, STEPS};
use crate::orders::totals::totals;
use crate::steps::NotAllowed;

/// Why an order does not take a step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed<OrderState, OrderAction>),
    #[error("the order has no line")]
    Empty,
    #[error(transparent)]
    Day(#[from] DayRefused),
    #[error("member {0} may not order: {1}")]
    NotEntitled(OrganisationId, NotEntitled),
    #[error("line {0} opens a pack or divides a unit")]
    OpenedPack(u32),
    #[error("no commitment number")]
    NoCommitmentNumber,
    #[error("no service code")]
    NoServiceCode,
    #[error(transparent)]
    PastCeiling(#[from] PastCeiling),
    #[error("something was delivered")]
    Delivered,
    #[error("something delivered waits for a decision")]
    Undecided,
    #[error("the amounts of the order cannot be computed")]
    Amount(#[source] AmountError),
}

impl OrderError {
    pub fn for_the_reader(&self) -> String {
        match self {
            Self::NotAllowed(step) => format!(
                "Impossible de {} la commande : elle est à l’étape « {} ». Rien n’a été modifié.",
                step.action.french(),
                step.from.french()
            ),
            Self::Empty => "La commande n’a aucune ligne.".into(),
            Self::Day(day) => day.for_the_reader(),
            Self::NotEntitled(_, why) => why.for_the_reader(),
            Self::OpenedPack(position) => format!(
                "Ligne {position} : la quantité n’est pas un nombre entier de conditionnements."
            ),
            Self::NoCommitmentNumber => {
                "Saisissez le numéro d’engagement : Chorus Pro l’exige pour cet organisme.".into()
            }
            Self::NoServiceCode => {
                "Saisissez le code service : Chorus Pro l’exige pour cet organisme.".into()
            }
            Self::PastCeiling(past) => past.for_the_reader(),
            Self::Delivered => "Une livraison a déjà eu lieu : la commande ne s’annule plus, \
                                elle se solde."
                .into(),
            Self::Undecided => {
                "Une livraison attend une décision : admettez-la ou rejetez-la d’abord.".into()
            }
            Self::Amount(_) => "Le montant est trop grand pour être calculé.".into(),
        }
    }
}

/// What an order is validated against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validation<'a> {
    pub contract: Period,
    pub window: Period,
    /// Model C, and tiers on a consolidated base: prices are set when the window closes.
    pub priced_at_close: bool,
    /// The members of the order that may not order, and why (`Membership::may_order`).
    pub not_entitled: &'a [(OrganisationId, NotEntitled)],
    pub chorus: ChorusRequirements,
    pub ceiling: Net,
    /// What the contract's other orders count for, read under lock.
    pub committed: Net,
}

/// Validates a draft under a signature (`Delegation::sign`), on its day.
///
/// # Errors
///
/// Everything that stands against it; the order is unchanged.
pub fn validate(
    order: &Order,
    signature: Signature,
    against: &Validation<'_>,
) -> Result<(Order, Room), Vec<OrderError>> {
    let mut errors = Vec::new();
    let day = signature.on;
    let step = STEPS.after(order.state, OrderAction::Validate);
    errors.extend(step.err().map(OrderError::from));
    if order.lines.is_empty() {
        errors.push(OrderError::Empty);
    }
    errors.extend(within_contract(against.contract, day).err().map(OrderError::from));
    let ready = ready_to_validate(against.window, against.priced_at_close, day);
    errors.extend(ready.err().map(OrderError::from));
    let members = order.members();
    let strangers = against.not_entitled.iter().filter(|(member, _)| members.contains(member));
    errors.extend(strangers.map(|(member, why)| OrderError::NotEntitled(*member, why.clone())));
    for line in &order.lines {
        if !line.shares.iter().all(|share| line.article.takes(share.quantity)) {
            errors.push(OrderError::OpenedPack(line.position));
        }
    }
    let missing =
        |field: &Option<String>| field.as_deref().is_none_or(|text| text.trim().is_empty());
    if against.chorus.commitment_number && missing(&order.commitment_number) {
        errors.push(OrderError::NoCommitmentNumber);
    }
    if against.chorus.service_code && missing(&order.service_code) {
        errors.push(OrderError::NoServiceCode);
    }
    let room = totals(order).map_err(OrderError::Amount).and_then(|totals| {
        fits(against.ceiling, against.committed, totals.net).map_err(OrderError::from)
    });
    match room {
        Ok(room) if errors.is_empty() => {
            let state = OrderState::Validated;
            Ok((Order { state, validated: Some(signature), ..order.clone() }, room))
        }
        Ok(_) => Err(errors),
        Err(error) => {
            errors.push(error);
            Err(errors)
        }
    }
}

/// The SIRETs an order prints: confirmed, or there is no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parties<'a> {
    pub buyer: &'a ConfirmedSiret,
    pub holder: &'a ConfirmedSiret,
}

/// Numbers and dates a validated order on `day`; `delay` is the contract's delivery delay
/// in days.
///
/// # Errors
///
/// Refused unless validated, and outside the contract (rule 4).
pub fn issue(
    order: &Order,
    number: OrderNumber,
    day: NaiveDate,
    contract: Period,
    delay: u32,
    _proof: Parties<'_>,
) -> Result<Order, OrderError> {
    let state = STEPS.after(order.state, OrderAction::Issue)?;
    within_contract(contract, day)?;
    let issue = Issue { number, on: day, deliver_by: deliver_by(day, delay) };
    Ok(Order { state, issue: Some(issue), ..order.clone() })
}

/// Cancels an order of which nothing was delivered. Its number stays taken.
pub fn cancel(order: &Order, receipts: &Receipts) -> Result<Order, OrderError> {
    let state = STEPS.after(order.state, OrderAction::Cancel)?;
    if receipts.values().any(|receipt| !receipt.delivered.is_zero()) {
        return Err(OrderError::Delivered);
    }
    Ok(Order { state, ..order.clone() })
}

/// Closes an order: what has not come is no longer expected.
pub fn close(order: &Order, receipts: &Receipts) -> Result<Order, OrderError> {
    let state = STEPS.after(order.state, OrderAction::Close)?;
    if receipts.values().any(|receipt| !receipt.pending().is_zero()) {
        return Err(OrderError::Undecided);
    }
    Ok(Order { state, ..order.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::siret_history::{SiretEntry, SiretHistory, SiretStatus};
    use crate::ids::LotId;
    use crate::orders::delivery::{Receipt, ShareKey};
    use crate::orders::fixtures::{article, day, issued, net, order, share};
    use crate::orders::order::OrderLine;
    use crate::quantity::Quantity;

    fn period(from: &str, to: &str) -> Period {
        Period { from: day(from), to: day(to) }
    }

    fn against() -> Validation<'static> {
        Validation {
            contract: period("2026-09-01", "2030-08-31"),
            window: period("2026-09-01", "2026-09-30"),
            priced_at_close: false,
            not_entitled: &[],
            chorus: ChorusRequirements::default(),
            ceiling: net(12_000_000),
            committed: Net::ZERO,
        }
    }

    fn signature(on: &str) -> Signature {
        Signature { name: "J. Dubois".into(), quality: "Maire".into(), on: day(on) }
    }

    fn draft(quantity: u32) -> Order {
        order(vec![OrderLine {
            position: 1,
            article: article("1.87"),
            shares: vec![share(1, 1, quantity)],
        }])
    }

    fn confirmed() -> ConfirmedSiret {
        let on = day("2026-09-01");
        let entry = SiretEntry {
            siret: "21620041000019".parse().unwrap(),
            from: None,
            to: None,
            status: SiretStatus::Confirmed { by: "A. Martin".into(), on },
        };
        let siren = "216200410".parse().unwrap();
        SiretHistory::new(siren, vec![entry]).unwrap().confirmed_on(on).unwrap()
    }

    #[test]
    fn everything_that_stands_against_a_validation_is_told_at_once() {
        let stranger = [(OrganisationId(1), NotEntitled::LotNotSubscribed(LotId(1)))];
        let strict = Validation {
            priced_at_close: true,
            not_entitled: &stranger,
            chorus: ChorusRequirements { service_code: true, commitment_number: true },
            committed: net(11_999_999),
            ..against()
        };
        let errors = validate(&draft(30), signature("2026-09-30"), &strict).unwrap_err();
        let window = DayRefused::NotPricedYet { day: day("2026-09-30"), window: strict.window };
        let past =
            PastCeiling { ceiling: strict.ceiling, committed: strict.committed, added: net(5_610) };
        assert_eq!(
            errors,
            [
                OrderError::Day(window),
                OrderError::NotEntitled(OrganisationId(1), stranger[0].1.clone()),
                OrderError::OpenedPack(1),
                OrderError::NoCommitmentNumber,
                OrderError::NoServiceCode,
                OrderError::PastCeiling(past),
            ]
        );
        let empty = validate(&order(vec![]), signature("2026-09-10"), &against());
        assert_eq!(empty.unwrap_err(), [OrderError::Empty]);
    }

    #[test]
    fn rules_1_and_2_refuse_the_order_of_a_member_that_is_not_entitled() {
        let (bound_on, launched_on) = (day("2026-05-06"), day("2026-05-04"));
        for why in [
            NotEntitled::JoinedAfterLaunch { bound_on, launched_on },
            NotEntitled::LotNotSubscribed(LotId(1)),
        ] {
            let of = |member| [(OrganisationId(member), why.clone())];
            let found = |not_entitled: &[_]| {
                let against = Validation { not_entitled, ..against() };
                validate(&draft(25), signature("2026-09-10"), &against).map(|_| ())
            };
            let refused = vec![OrderError::NotEntitled(OrganisationId(1), why.clone())];
            assert_eq!(found(&of(1)), Err(refused));
            assert_eq!(found(&of(2)), Ok(()), "somebody else's fault is not this order's");
        }
    }

    #[test]
    fn rule_4_an_order_is_issued_while_its_contract_runs() {
        let (validated, room) = validate(&draft(250), signature("2026-09-10"), &against()).unwrap();
        assert_eq!(room.committed, net(46_750));
        let siret = confirmed();
        let parties = Parties { buyer: &siret, holder: &siret };
        let on = |text| {
            let number = OrderNumber::in_series("BC", 2026, 1).unwrap();
            issue(&validated, number, day(text), against().contract, 21, parties)
        };
        let order = on("2030-08-31").unwrap();
        assert!(order.printable().is_some());
        assert_eq!(order.issue.unwrap().deliver_by, day("2030-09-21"), "it may be delivered later");
        assert!(matches!(on("2030-09-01"), Err(OrderError::Day(_))));
        let number = OrderNumber::in_series("BC", 2026, 2).unwrap();
        let unsigned =
            issue(&draft(25), number, day("2026-09-14"), against().contract, 21, parties);
        assert!(matches!(unsigned, Err(OrderError::NotAllowed(_))));
    }

    #[test]
    fn an_order_is_cancelled_before_any_delivery_and_closed_after() {
        let key = ShareKey::of(1, &share(1, 1, 250));
        let receipt = |accepted| Receipt {
            delivered: Quantity::whole(25),
            accepted: Quantity::whole(accepted),
            ..Receipt::default()
        };
        let (none, waiting, done) = (
            Receipts::new(),
            Receipts::from([(key, receipt(0))]),
            Receipts::from([(key, receipt(25))]),
        );
        let cancelled = cancel(&issued(), &none).unwrap();
        assert_eq!(cancelled.state, OrderState::Cancelled);
        assert!(cancelled.issue.is_some(), "its number stays taken");
        assert_eq!(cancel(&issued(), &done), Err(OrderError::Delivered));
        assert_eq!(close(&issued(), &waiting), Err(OrderError::Undecided));
        assert_eq!(close(&issued(), &done).unwrap().state, OrderState::Closed);
        assert_eq!(close(&issued(), &none).unwrap().state, OrderState::Closed);
        assert!(matches!(close(&draft(25), &none), Err(OrderError::NotAllowed(_))));
    }
}
