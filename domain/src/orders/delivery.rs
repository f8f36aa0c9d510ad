//! Deliveries and what became of them, share by share.
//!
//! A delivery note says what came to one delivery point. Each quantity is then
//! accepted, accepted with reserves, accepted at a reduced price (réfaction) or
//! rejected (CCAG-FCS, verifications); what nobody has decided on is pending. An
//! invoice is matched with accepted quantities only.
//!
//! More than ordered is never taken in silently: the note is refused and every
//! excess named, until the excess is turned back at the door or the order is
//! amended. What was rejected may be delivered again.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::coded::coded_enum;
use crate::ids::{OrganisationId, SiteId};
use crate::money::Net;
use crate::orders::delivery_error::DeliveryError;
use crate::orders::order::{Order, Share};
use crate::orders::state::OrderState;
use crate::quantity::Quantity;

/// One share of one line: what a member wants of it at one delivery point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShareKey {
    pub position: u32,
    pub member: OrganisationId,
    pub site: SiteId,
}

impl ShareKey {
    pub fn of(position: u32, share: &Share) -> Self {
        Self { position, member: share.member, site: share.site }
    }
}

/// What has come of one share so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Receipt {
    pub delivered: Quantity,
    /// With or without reserves, reduced in price or not.
    pub accepted: Quantity,
    pub rejected: Quantity,
    /// The sum of the price reductions on what was accepted.
    pub reduction: Net,
}

impl Receipt {
    /// Delivered, and nobody has decided yet.
    pub fn pending(&self) -> Quantity {
        let decided = self.delivered.minus(self.accepted);
        decided.and_then(|rest| rest.minus(self.rejected)).unwrap_or(Quantity::ZERO)
    }

    /// Delivered and not rejected: what fills the order.
    pub fn kept(&self) -> Quantity {
        self.delivered.minus(self.rejected).unwrap_or(Quantity::ZERO)
    }
}

/// A share of which nothing came has no entry.
pub type Receipts = BTreeMap<ShareKey, Receipt>;

/// A supplier's delivery note (bon de livraison) at one delivery point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryNote {
    /// The supplier's own number.
    pub reference: String,
    pub delivered_on: NaiveDate,
    pub member: OrganisationId,
    pub site: SiteId,
    pub lines: Vec<DeliveredLine>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveredLine {
    pub position: u32,
    pub delivered: Quantity,
    /// Of these, what the driver took back at once: rejected.
    pub turned_back: Quantity,
}

/// Takes a delivery note in on `today` and gives back the receipts it changes, as they
/// are afterwards.
///
/// # Errors
///
/// Everything that is wrong with the note; nothing is received.
pub fn receive(
    order: &Order,
    receipts: &Receipts,
    note: &DeliveryNote,
    today: NaiveDate,
) -> Result<Receipts, Vec<DeliveryError>> {
    let mut errors = Vec::new();
    let issued_on = order.issue.as_ref().map(|issue| issue.on);
    match (order.state, issued_on) {
        (OrderState::Issued, Some(issued_on)) if note.delivered_on < issued_on => {
            errors.push(DeliveryError::BeforeTheOrder(issued_on));
        }
        (OrderState::Issued, Some(_)) => {}
        _ => errors.push(DeliveryError::NotIssued(order.state)),
    }
    if note.delivered_on > today {
        errors.push(DeliveryError::InTheFuture(note.delivered_on));
    }
    if note.reference.trim().is_empty() {
        errors.push(DeliveryError::NoReference);
    }
    if note.lines.is_empty() {
        errors.push(DeliveryError::NoLine);
    }
    let mut changed = Receipts::new();
    for line in &note.lines {
        let key = ShareKey { position: line.position, member: note.member, site: note.site };
        match received(order, receipts, &key, line) {
            Ok(receipt) => {
                if changed.insert(key, receipt).is_some() {
                    errors.push(DeliveryError::LineTwice(line.position));
                }
            }
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(changed) } else { Err(errors) }
}

fn received(
    order: &Order,
    receipts: &Receipts,
    key: &ShareKey,
    line: &DeliveredLine,
) -> Result<Receipt, DeliveryError> {
    let ordered = order.line(key.position).ok_or(DeliveryError::NotOrdered(*key))?;
    let share = ordered.share(key.member, key.site).ok_or(DeliveryError::NotOrdered(*key))?;
    let before = receipts.get(key).copied().unwrap_or_default();
    let whole = |quantity| {
        let unit = ordered.article.unit;
        unit.accept(quantity).map_err(|error| DeliveryError::Quantity(key.position, error))
    };
    if line.delivered.is_zero() || line.turned_back > line.delivered {
        return Err(DeliveryError::NoQuantity(key.position));
    }
    let add = |sum: Quantity, more| {
        sum.plus(whole(more)?).map_err(|error| DeliveryError::Quantity(key.position, error))
    };
    let after = Receipt {
        delivered: add(before.delivered, line.delivered)?,
        rejected: add(before.rejected, line.turned_back)?,
        ..before
    };
    match after.kept().minus(share.quantity) {
        Ok(excess) if !excess.is_zero() => {
            Err(DeliveryError::MoreThanOrdered { key: *key, ordered: share.quantity, excess })
        }
        // Negative: something is still to come.
        Ok(_) | Err(_) => Ok(after),
    }
}

coded_enum! {
    /// What the verification of a delivered quantity decided (CCAG-FCS).
    pub enum Verdict {
        Accepted => ("accepted", "admission"),
        WithReserves => ("accepted_with_reserves", "admission avec réserves"),
        /// Kept, at a lower price.
        Reduced => ("price_reduction", "réfaction"),
        Rejected => ("rejected", "rejet"),
    }
}

/// A decision on a delivered quantity of one share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub key: ShareKey,
    pub verdict: Verdict,
    pub quantity: Quantity,
    /// Before VAT; zero but for a price reduction.
    pub reduction: Net,
    /// Compulsory for anything but plain acceptance.
    pub reason: String,
    pub by: String,
    pub on: NaiveDate,
}

/// Applies `decision` and gives back the receipt of its share as it is afterwards.
///
/// # Errors
///
/// [`DeliveryError::MoreThanPending`] when less is waiting for a decision, and when the
/// reduction is out of proportion or the reason is missing.
pub fn decide(
    order: &Order,
    receipts: &Receipts,
    decision: &Decision,
) -> Result<Receipt, DeliveryError> {
    let key = decision.key;
    let line = order.line(key.position).ok_or(DeliveryError::NotOrdered(key))?;
    let before = receipts.get(&key).copied().unwrap_or_default();
    if decision.quantity.is_zero() {
        return Err(DeliveryError::NoQuantity(key.position));
    }
    if decision.quantity > before.pending() {
        return Err(DeliveryError::MoreThanPending { key, pending: before.pending() });
    }
    if decision.verdict != Verdict::Accepted && decision.reason.trim().is_empty() {
        return Err(DeliveryError::NoReason);
    }
    let worth = line.article.price.times(decision.quantity)?;
    let proportionate = match decision.verdict {
        Verdict::Reduced => Net::ZERO < decision.reduction && decision.reduction <= worth,
        Verdict::Accepted | Verdict::WithReserves | Verdict::Rejected => {
            decision.reduction == Net::ZERO
        }
    };
    if !proportionate {
        return Err(DeliveryError::Reduction { worth });
    }
    let failed = |error| DeliveryError::Quantity(key.position, error);
    line.article.unit.accept(decision.quantity).map_err(failed)?;
    match decision.verdict {
        Verdict::Accepted | Verdict::WithReserves | Verdict::Reduced => Ok(Receipt {
            accepted: before.accepted.plus(decision.quantity).map_err(failed)?,
            reduction: before.reduction.plus(decision.reduction)?,
            ..before
        }),
        Verdict::Rejected => Ok(Receipt {
            rejected: before.rejected.plus(decision.quantity).map_err(failed)?,
            ..before
        }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::orders::fixtures::{day, issued, net};

    fn key() -> ShareKey {
        ShareKey { position: 1, member: OrganisationId(1), site: SiteId(1) }
    }

    fn note(delivered: u32, turned_back: u32) -> DeliveryNote {
        DeliveryNote {
            reference: "BL-88".into(),
            delivered_on: day("2026-09-28"),
            member: OrganisationId(1),
            site: SiteId(1),
            lines: vec![DeliveredLine {
                position: 1,
                delivered: Quantity::whole(delivered),
                turned_back: Quantity::whole(turned_back),
            }],
        }
    }

    fn decision(verdict: Verdict, quantity: u32) -> Decision {
        Decision {
            key: key(),
            verdict,
            quantity: Quantity::whole(quantity),
            reduction: Net::ZERO,
            reason: "cartons humides".into(),
            by: "L. Petit".into(),
            on: day("2026-09-29"),
        }
    }

    #[test]
    fn rule_18_what_is_accepted_is_what_was_ordered_less_what_was_rejected() {
        // Ordered 250, ten damaged: 240 accepted; an invoice of 250 will be 10 too many.
        let (order, today) = (issued(), day("2026-09-30"));
        let mut receipts = receive(&order, &Receipts::new(), &note(250, 0), today).unwrap();
        for decided in [decision(Verdict::Accepted, 240), decision(Verdict::Rejected, 10)] {
            let receipt = decide(&order, &receipts, &decided).unwrap();
            receipts.insert(decided.key, receipt);
        }
        let receipt = receipts[&key()];
        assert_eq!(receipt.accepted, Quantity::whole(240));
        assert!(receipt.pending().is_zero());
        // The ten come again, one too many.
        assert_eq!(
            receive(&order, &receipts, &note(11, 0), today),
            Err(vec![DeliveryError::MoreThanOrdered {
                key: key(),
                ordered: Quantity::whole(250),
                excess: Quantity::whole(1),
            }])
        );
        assert!(receive(&order, &receipts, &note(10, 0), today).is_ok());
    }

    #[test]
    fn an_excess_is_named_and_passes_only_when_it_is_turned_back() {
        let (order, today) = (issued(), day("2026-09-30"));
        let refused = receive(&order, &Receipts::new(), &note(275, 0), today).unwrap_err();
        assert!(matches!(
            refused[..],
            [DeliveryError::MoreThanOrdered { excess, .. }] if excess == Quantity::whole(25)
        ));
        let receipts = receive(&order, &Receipts::new(), &note(275, 25), today).unwrap();
        assert_eq!(receipts[&key()].kept(), Quantity::whole(250));
        assert_eq!(receipts[&key()].pending(), Quantity::whole(250));
    }

    #[test]
    fn everything_wrong_with_a_note_is_told_at_once() {
        let mut order = issued();
        order.state = OrderState::Validated;
        let bad = DeliveryNote {
            reference: String::new(),
            delivered_on: day("2026-10-01"),
            site: SiteId(9),
            ..note(1, 0)
        };
        let errors = receive(&order, &Receipts::new(), &bad, day("2026-09-30")).unwrap_err();
        assert_eq!(
            errors,
            [
                DeliveryError::NotIssued(OrderState::Validated),
                DeliveryError::InTheFuture(day("2026-10-01")),
                DeliveryError::NoReference,
                DeliveryError::NotOrdered(ShareKey { site: SiteId(9), ..key() }),
            ]
        );
        let early = DeliveryNote { delivered_on: day("2026-09-13"), ..note(1, 0) };
        assert_eq!(
            receive(&issued(), &Receipts::new(), &early, day("2026-09-30")),
            Err(vec![DeliveryError::BeforeTheOrder(day("2026-09-14"))])
        );
        let mut twice = note(10, 0);
        twice.lines.push(twice.lines[0]);
        assert_eq!(
            receive(&issued(), &Receipts::new(), &twice, day("2026-09-30")),
            Err(vec![DeliveryError::LineTwice(1)])
        );
    }

    #[test]
    fn a_price_reduction_is_bounded_by_what_it_is_taken_from_and_says_why() {
        let order = issued();
        let receipts = receive(&order, &Receipts::new(), &note(250, 0), day("2026-09-30")).unwrap();
        let reduced = |cents, reason: &str| {
            let decided = Decision {
                reduction: net(cents),
                reason: reason.into(),
                ..decision(Verdict::Reduced, 10)
            };
            decide(&order, &receipts, &decided).map(|receipt| receipt.reduction.cents())
        };
        let out_of_proportion = Err(DeliveryError::Reduction { worth: net(1_870) });
        assert_eq!(reduced(1_870, "rayures"), Ok(1_870));
        assert_eq!(reduced(1_871, "rayures"), out_of_proportion);
        assert_eq!(reduced(0, "rayures"), out_of_proportion);
        assert_eq!(reduced(100, ""), Err(DeliveryError::NoReason));
        let stray = Decision { reduction: net(1), ..decision(Verdict::Accepted, 10) };
        assert_eq!(
            decide(&order, &receipts, &stray),
            Err(DeliveryError::Reduction { worth: net(1_870) })
        );
    }

    proptest! {
        #[test]
        fn whatever_comes_and_is_decided_nobody_accepts_more_than_was_ordered(
            events in prop::collection::vec((0..4_usize, 0..300_u32, 0..50_u32), 1..40),
        ) {
            let (order, today) = (issued(), day("2026-09-30"));
            let mut receipts = Receipts::new();
            for (kind, quantity, back) in events {
                let changed = match kind {
                    0 | 1 => receive(&order, &receipts, &note(quantity, back), today).ok(),
                    2 => decide(&order, &receipts, &decision(Verdict::Accepted, quantity))
                        .ok().map(|receipt| Receipts::from([(key(), receipt)])),
                    _ => decide(&order, &receipts, &decision(Verdict::Rejected, quantity))
                        .ok().map(|receipt| Receipts::from([(key(), receipt)])),
                };
                receipts.extend(changed.unwrap_or_default());
                let receipt = receipts.get(&key()).copied().unwrap_or_default();
                prop_assert!(receipt.accepted <= Quantity::whole(250));
                prop_assert!(receipt.kept() <= Quantity::whole(250));
                let parts = [receipt.accepted, receipt.rejected, receipt.pending()];
                prop_assert_eq!(Quantity::sum(parts).unwrap(), receipt.delivered);
            }
        }
    }
}
