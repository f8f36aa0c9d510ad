//! Whose accepted goods an invoice line, or a credit note's line, is about.
//!
//! A line is shared by accepted quantities, and several invoices may come for one order: each
//! takes what the ones before it left. Usually an invoice covers all that is left; one that
//! covers less takes its part of everybody's rest in proportion (whole units where the unit is
//! counted, largest remainder, ties to the larger rest, then to the first), so that the last
//! invoice of the order leaves everybody with exactly what they accepted.
//!
//! A credit note concerns those whose goods were refused or never came, not everybody
//! (rule 21). Where the deliveries do not say whose they were, a person must.

use crate::quantity::Quantity;

/// What one member has at one delivery point of one order line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    pub ordered: Quantity,
    pub delivered: Quantity,
    pub accepted: Quantity,
    /// Earlier invoices, without their credit notes.
    pub invoiced: Quantity,
    /// Earlier credit notes.
    pub credited: Quantity,
}

impl Holding {
    /// What is accepted and not paid for yet.
    pub fn open(self) -> Quantity {
        let paid_for = rest(self.invoiced, self.credited);
        rest(self.accepted, paid_for)
    }

    /// What was delivered and refused, and not credited yet.
    fn refused(self) -> Quantity {
        rest(rest(self.delivered, self.accepted), self.credited)
    }

    /// What was ordered and is not kept, and not credited yet.
    fn missing(self) -> Quantity {
        rest(rest(self.ordered, self.accepted), self.credited)
    }

    /// What was invoiced beyond what is accepted.
    fn overpaid(self) -> Quantity {
        rest(rest(self.invoiced, self.credited), self.accepted)
    }
}

/// `a − b`, or nothing where `b` is larger.
fn rest(a: Quantity, b: Quantity) -> Quantity {
    a.minus(b).unwrap_or(Quantity::ZERO)
}

/// Why a quantity cannot be attributed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AttributionError {
    #[error("{invoiced} are invoiced and {open} are accepted and not paid for")]
    MoreThanAccepted { invoiced: Quantity, open: Quantity },
    /// Nothing says whose goods a credit note is about.
    #[error("nobody knows whom {credited} credited units concern")]
    Unknown { credited: Quantity },
    #[error("a quantity is out of range")]
    OutOfRange,
}

/// The parts of `invoiced` that fall on each of `open`, in their order. `whole` where the unit
/// is counted.
pub fn attribute(
    invoiced: Quantity,
    open: &[Quantity],
    whole: bool,
) -> Result<Vec<Quantity>, AttributionError> {
    let total = Quantity::sum(open.iter().copied()).map_err(|_| AttributionError::OutOfRange)?;
    if invoiced > total {
        return Err(AttributionError::MoreThanAccepted { invoiced, open: total });
    }
    if invoiced == total {
        return Ok(open.to_vec());
    }
    let all_whole = whole && invoiced.is_whole() && open.iter().all(|one| one.is_whole());
    let step: i128 = if all_whole { 1000 } else { 1 };
    let units = |quantity: Quantity| i128::from(quantity.thousandths()) / step;
    let (wanted, weight) = (units(invoiced), units(total));
    let mut parts: Vec<i128> = open.iter().map(|one| wanted * units(*one) / weight).collect();
    let given: i128 = parts.iter().sum();
    let mut order: Vec<usize> = (0..open.len()).collect();
    order.sort_by_key(|&at| {
        let fraction = wanted * units(open[at]) % weight;
        (std::cmp::Reverse(fraction), std::cmp::Reverse(open[at]), at)
    });
    for at in order.into_iter().take(usize::try_from(wanted - given).unwrap_or(0)) {
        parts[at] += 1;
    }
    parts
        .into_iter()
        .map(|part| {
            let milli = i64::try_from(part * step).map_err(|_| AttributionError::OutOfRange)?;
            Quantity::from_thousandths(milli).map_err(|_| AttributionError::OutOfRange)
        })
        .collect()
}

/// Whom `credited` units of a line concern, in the order of `holdings`: those who paid for more
/// than they accepted, else those whose goods were refused, else those whose goods never came;
/// each group where it makes up the whole, or is one alone.
pub fn concerned(
    credited: Quantity,
    holdings: &[Holding],
) -> Result<Vec<Quantity>, AttributionError> {
    let groups: [fn(Holding) -> Quantity; 3] =
        [Holding::overpaid, Holding::refused, Holding::missing];
    let groups: Vec<Vec<Quantity>> =
        groups.iter().map(|group| holdings.iter().copied().map(group).collect()).collect();
    for group in &groups {
        if Quantity::sum(group.iter().copied()) == Ok(credited) {
            return Ok(group.clone());
        }
    }
    // A member alone on the line, or alone in a group, is the one.
    let everybody: Vec<Quantity> =
        holdings.iter().map(|one| rest(one.invoiced, one.credited)).collect();
    for group in groups.iter().chain([&everybody]) {
        let mut some = group.iter().enumerate().filter(|(_, quantity)| !quantity.is_zero());
        if let (Some((at, most)), None) = (some.next(), some.next())
            && *most >= credited
        {
            let mut parts = vec![Quantity::ZERO; holdings.len()];
            parts[at] = credited;
            return Ok(parts);
        }
    }
    Err(AttributionError::Unknown { credited })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn q(count: u32) -> Quantity {
        Quantity::whole(count)
    }

    fn all(counts: &[u32]) -> Vec<Quantity> {
        counts.iter().copied().map(q).collect()
    }

    fn holding(ordered: u32, delivered: u32, accepted: u32) -> Holding {
        Holding {
            ordered: q(ordered),
            delivered: q(delivered),
            accepted: q(accepted),
            invoiced: Quantity::ZERO,
            credited: Quantity::ZERO,
        }
    }

    #[test]
    fn an_invoice_of_all_that_is_left_is_shared_by_what_each_has_left() {
        assert_eq!(attribute(q(327), &all(&[250, 40, 37]), true), Ok(all(&[250, 40, 37])));
    }

    #[test]
    fn an_invoice_of_less_takes_its_part_of_everybodys_rest() {
        assert_eq!(attribute(q(100), &all(&[250, 40, 37]), true), Ok(all(&[77, 12, 11])));
        assert_eq!(attribute(q(1), &all(&[5, 5]), true), Ok(all(&[1, 0])));
        let metres =
            attribute("0.5".parse().map(Quantity::new).unwrap().unwrap(), &all(&[1, 1]), false);
        assert_eq!(metres.unwrap()[0].machine(), "0.25");
    }

    #[test]
    fn rule_18_more_than_is_accepted_is_refused() {
        let refused = attribute(q(250), &all(&[240]), true);
        let expected = AttributionError::MoreThanAccepted { invoiced: q(250), open: q(240) };
        assert_eq!(refused, Err(expected));
    }

    #[test]
    fn rule_21_ten_damaged_boxes_concern_their_member_alone() {
        let holdings = [holding(250, 250, 250), holding(40, 40, 30), holding(37, 37, 37)];
        assert_eq!(concerned(q(10), &holdings), Ok(all(&[0, 10, 0])));
        assert_eq!(concerned(q(4), &holdings), Ok(all(&[0, 4, 0])), "a part of the ten");
    }

    #[test]
    fn goods_that_never_came_concern_those_who_wait_for_them() {
        let holdings = [holding(250, 200, 200), holding(40, 20, 20)];
        assert_eq!(concerned(q(70), &holdings), Ok(all(&[50, 20])));
        assert_eq!(
            concerned(q(30), &holdings),
            Err(AttributionError::Unknown { credited: q(30) }),
            "nobody knows whose thirty"
        );
    }

    #[test]
    fn a_member_alone_on_its_order_is_the_one_concerned() {
        let paid = Holding { invoiced: q(100), ..holding(100, 100, 100) };
        assert_eq!(concerned(q(25), &[paid]), Ok(all(&[25])));
    }

    #[test]
    fn what_was_credited_once_is_not_credited_again() {
        let done = Holding { invoiced: q(40), credited: q(10), ..holding(40, 40, 30) };
        let other = Holding { invoiced: q(60), ..holding(60, 60, 50) };
        assert_eq!(concerned(q(10), &[done, other]), Ok(all(&[0, 10])));
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_invoice_and_never_pass_what_is_left(
            open in prop::collection::vec(0..5_000_i64, 1..20),
            part in 0..1_000_i64,
        ) {
            let open: Vec<Quantity> =
                open.into_iter().map(|one| Quantity::from_thousandths(one * 10).unwrap()).collect();
            let total = Quantity::sum(open.iter().copied()).unwrap();
            let invoiced = Quantity::from_thousandths(total.thousandths() * part / 1_000).unwrap();
            let parts = attribute(invoiced, &open, false).unwrap();
            prop_assert_eq!(Quantity::sum(parts.iter().copied()).unwrap(), invoiced);
            for (part, open) in parts.iter().zip(&open) {
                prop_assert!(part <= open);
            }
        }

        #[test]
        fn two_invoices_of_one_order_leave_everybody_with_what_they_accepted(
            open in prop::collection::vec(0..5_000_u32, 1..20),
            part in 0..100_u32,
        ) {
            let open = all(&open);
            let total = Quantity::sum(open.iter().copied()).unwrap();
            let first = Quantity::whole(u32::try_from(total.thousandths() / 1_000).unwrap() * part / 100);
            let one = attribute(first, &open, true).unwrap();
            let left: Vec<_> = open.iter().zip(&one).map(|(open, one)| open.minus(*one).unwrap()).collect();
            let two = attribute(total.minus(first).unwrap(), &left, true).unwrap();
            for ((one, two), open) in one.iter().zip(two).zip(open) {
                prop_assert_eq!(one.plus(two).unwrap(), open);
                prop_assert!(one.is_whole());
            }
        }
    }
}
