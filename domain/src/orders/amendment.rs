//! A numbered amendment of an issued order.
//!
//! An issued order is never edited. Where the article allows it (a binder
//! measures another thickness, a register makes two volumes) a numbered
//! amendment with its reason puts whole lines in the place of others, before the
//! line is invoiced, and never below what has been delivered.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::money::{AmountError, Net};
use crate::orders::delivery::{Receipts, ShareKey};
use crate::orders::order::{Order, OrderLine};
use crate::orders::state::OrderState;
use crate::orders::totals::totals;

/// What changes, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// From 1, in each order without a gap.
    pub number: u32,
    pub on: NaiveDate,
    pub by: String,
    pub reason: String,
    /// Each takes the place of the line of its position, or follows the last one.
    pub lines: Vec<OrderLine>,
}

/// The order afterwards, and its net total before and after: the caller puts the
/// difference under the ceiling (`ceiling::fits`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amended {
    pub order: Order,
    pub before: Net,
    pub after: Net,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmendmentError {
    #[error("the order is {0:?}")]
    NotIssued(OrderState),
    #[error("the next amendment is number {0}")]
    Number(u32),
    #[error("the amendment is dated before the order")]
    BeforeTheOrder,
    #[error("the amendment has no reason")]
    NoReason,
    #[error("the amendment changes nothing")]
    NothingChanges,
    #[error("the article of line {0} allows no amendment")]
    NotAmendable(u32),
    #[error("line {0} has been invoiced")]
    Invoiced(u32),
    #[error("line {0} stands twice in the amendment, or does not follow the last line")]
    Position(u32),
    #[error("line {0} opens a pack, divides a unit or has no quantity")]
    Quantity(u32),
    #[error("line {0} has a share of somebody who is not in the order")]
    OtherMember(u32),
    #[error("{0:?} falls below what was delivered")]
    BelowDelivered(ShareKey),
    #[error("the amounts of the order cannot be computed")]
    Amount(#[source] AmountError),
}

impl AmendmentError {
    pub fn for_the_reader(&self) -> String {
        match self {
            Self::NotIssued(state) => format!(
                "Seule une commande émise se modifie par avenant ; celle-ci est à l’étape « {} ».",
                state.french()
            ),
            Self::Number(next) => format!(
                "La prochaine modification porte le numéro {next} : quelqu’un en a enregistré une \
                 entre-temps. Relisez la commande."
            ),
            Self::BeforeTheOrder => "La modification est datée d’avant la commande.".into(),
            Self::NoReason => "Indiquez le motif de la modification.".into(),
            Self::NothingChanges => "Cette modification ne change rien.".into(),
            Self::NotAmendable(position) => {
                format!("Ligne {position} : cet article n’admet pas de modification.")
            }
            Self::Invoiced(position) => {
                format!("Ligne {position} : déjà facturée, elle ne se modifie plus.")
            }
            Self::Position(position) => format!("Ligne {position} : numéro de ligne inattendu."),
            Self::Quantity(position) => format!(
                "Ligne {position} : indiquez un nombre entier de conditionnements ou d’unités."
            ),
            Self::OtherMember(position) => {
                format!("Ligne {position} : ce membre n’est pas dans la commande.")
            }
            Self::BelowDelivered(key) => {
                format!("Ligne {} : la quantité livrée est déjà supérieure.", key.position)
            }
            Self::Amount(_) => "Le montant est trop grand pour être calculé.".into(),
        }
    }
}

/// Applies `amendment` to an order that has had `earlier` of them; `invoiced` are the
/// positions that stand on an invoice.
///
/// # Errors
///
/// Everything that stands against it; the order is unchanged.
pub fn amend(
    order: &Order,
    amendment: &Amendment,
    earlier: u32,
    receipts: &Receipts,
    invoiced: &BTreeSet<u32>,
) -> Result<Amended, Vec<AmendmentError>> {
    let mut errors = Vec::new();
    match (order.state, &order.issue) {
        (OrderState::Issued, Some(issue)) if amendment.on < issue.on => {
            errors.push(AmendmentError::BeforeTheOrder);
        }
        (OrderState::Issued, Some(_)) => {}
        _ => errors.push(AmendmentError::NotIssued(order.state)),
    }
    let next = earlier.saturating_add(1);
    if amendment.number != next {
        errors.push(AmendmentError::Number(next));
    }
    if amendment.reason.trim().is_empty() {
        errors.push(AmendmentError::NoReason);
    }
    let members = order.members();
    let mut amended = order.clone();
    let mut touched = BTreeSet::new();
    for line in &amendment.lines {
        let position = line.position;
        let twice = !touched.insert(position);
        let at = amended.lines.iter().position(|known| known.position == position);
        let follows = amended.lines.last().is_some_and(|last| position == last.position + 1);
        if twice || (at.is_none() && !follows) {
            errors.push(AmendmentError::Position(position));
            continue;
        }
        let replaced = at.map(|at| &amended.lines[at]);
        if !line.article.amendable || replaced.is_some_and(|known| !known.article.amendable) {
            errors.push(AmendmentError::NotAmendable(position));
        }
        if invoiced.contains(&position) {
            errors.push(AmendmentError::Invoiced(position));
        }
        let sound = |quantity: crate::quantity::Quantity| {
            !quantity.is_zero() && line.article.takes(quantity)
        };
        if line.shares.is_empty() || !line.shares.iter().all(|share| sound(share.quantity)) {
            errors.push(AmendmentError::Quantity(position));
        }
        if line.shares.iter().any(|share| !members.contains(&share.member)) {
            errors.push(AmendmentError::OtherMember(position));
        }
        let of_line = receipts.iter().filter(|(key, _)| key.position == position);
        errors.extend(of_line.filter_map(|(key, receipt)| {
            let share = line.share(key.member, key.site).map(|share| share.quantity);
            let below = share.unwrap_or_default() < receipt.kept();
            below.then_some(AmendmentError::BelowDelivered(*key))
        }));
        match at {
            Some(at) => amended.lines[at] = line.clone(),
            None => amended.lines.push(line.clone()),
        }
    }
    if amended == *order && errors.is_empty() {
        errors.push(AmendmentError::NothingChanges);
    }
    let total = |order| totals(order).map(|totals| totals.net);
    match (total(order), total(&amended)) {
        (Ok(before), Ok(after)) if errors.is_empty() => {
            Ok(Amended { order: amended, before, after })
        }
        (Err(error), _) | (_, Err(error)) => {
            errors.push(AmendmentError::Amount(error));
            Err(errors)
        }
        (Ok(_), Ok(_)) => Err(errors),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::delivery::Receipt;
    use crate::orders::fixtures::{article, day, issued, net, price, share};
    use crate::orders::order::PricedArticle;
    use crate::quantity::Quantity;

    /// A binding: one by one, amendable.
    fn binding(price_text: &str) -> PricedArticle {
        PricedArticle { pack: None, amendable: true, price: price(price_text), ..article("1") }
    }

    fn line(position: u32, article: PricedArticle, quantity: u32) -> OrderLine {
        OrderLine { position, article, shares: vec![share(1, 1, quantity)] }
    }

    fn order() -> Order {
        Order { lines: vec![line(1, binding("58"), 6), line(2, article("1.87"), 25)], ..issued() }
    }

    fn amendment(lines: Vec<OrderLine>) -> Amendment {
        Amendment {
            number: 1,
            on: day("2026-10-01"),
            by: "C. Leroy".into(),
            reason: "dos de 8 cm et non de 5".into(),
            lines,
        }
    }

    fn try_it(amendment: &Amendment, receipts: &Receipts) -> Result<Amended, Vec<AmendmentError>> {
        amend(&order(), amendment, 0, receipts, &BTreeSet::new())
    }

    #[test]
    fn a_binder_that_measures_another_thickness_changes_the_line_and_the_total() {
        // Four of the six registers are thicker: two lines now.
        let change = amendment(vec![line(1, binding("58"), 2), line(3, binding("64"), 4)]);
        let amended = try_it(&change, &Receipts::new()).unwrap();
        assert_eq!((amended.before, amended.after), (net(39_475), net(41_875)));
        let positions: Vec<_> = amended.order.lines.iter().map(|line| line.position).collect();
        assert_eq!(positions, [1, 2, 3]);
        assert_eq!(amended.order.issue, order().issue, "number and date stay");
    }

    #[test]
    fn an_amendment_that_the_order_does_not_allow_is_refused() {
        let delivered = |quantity| {
            let delivered = Quantity::whole(quantity);
            let receipt = Receipt { delivered, ..Receipt::default() };
            Receipts::from([(ShareKey::of(1, &share(1, 1, 6)), receipt)])
        };
        let fewer = || amendment(vec![line(1, binding("58"), 4)]);
        assert!(try_it(&fewer(), &delivered(4)).is_ok());
        let stranger = OrderLine { shares: vec![share(9, 1, 4)], ..line(1, binding("58"), 4) };
        let key = ShareKey::of(1, &share(1, 1, 6));
        for (change, receipts, expected) in [
            (fewer(), delivered(5), AmendmentError::BelowDelivered(key)),
            (amendment(vec![]), delivered(0), AmendmentError::NothingChanges),
            (Amendment { number: 2, ..fewer() }, delivered(0), AmendmentError::Number(1)),
            (Amendment { reason: " ".into(), ..fewer() }, delivered(0), AmendmentError::NoReason),
            (
                Amendment { on: day("2026-09-13"), ..fewer() },
                delivered(0),
                AmendmentError::BeforeTheOrder,
            ),
            (
                amendment(vec![line(2, article("1.87"), 50)]),
                delivered(0),
                AmendmentError::NotAmendable(2),
            ),
            (amendment(vec![line(4, binding("58"), 1)]), delivered(0), AmendmentError::Position(4)),
            (amendment(vec![line(1, binding("58"), 0)]), delivered(0), AmendmentError::Quantity(1)),
            (amendment(vec![stranger]), delivered(0), AmendmentError::OtherMember(1)),
        ] {
            assert_eq!(try_it(&change, &receipts).unwrap_err(), [expected]);
        }
    }

    #[test]
    fn nothing_is_amended_after_its_invoice_or_after_the_order_is_closed() {
        let change = amendment(vec![line(1, binding("58"), 4)]);
        let none = Receipts::new();
        assert_eq!(
            amend(&order(), &change, 0, &none, &[1].into()),
            Err(vec![AmendmentError::Invoiced(1)])
        );
        assert!(amend(&order(), &change, 0, &none, &[2].into()).is_ok());
        let closed = Order { state: OrderState::Closed, ..order() };
        assert_eq!(
            amend(&closed, &change, 0, &none, &BTreeSet::new()),
            Err(vec![AmendmentError::NotIssued(OrderState::Closed)])
        );
    }
}
