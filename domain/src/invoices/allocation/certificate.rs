//! Why a member bears this cent of a line, so that a treasurer can redo it with a calculator.
//!
//! A line is shared by accepted quantities: amount × accepted ÷ all accepted is cut down to whole
//! cents, and the cents left over go one each to the largest remainders. Where a sum of the
//! member (its base, tax or total) would then leave its own bounds, controlled rounding hands a
//! cent on: the certificate says so instead of hiding it.

use super::{Allocation, LineShare};
use crate::invoices::einvoice::EInvoice;
use crate::siret::Siret;

/// A member's share of one line, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution {
    /// Where the line stands in the invoice.
    pub index: usize,
    /// The line's amount in cents, in its size.
    pub amount: i64,
    /// What the member accepted and what all did, in thousandths.
    pub weight: i64,
    pub total_weight: i64,
    /// Whole cents of amount × weight ÷ total weight.
    pub floor: i64,
    /// What is cut off, over `total_weight`.
    pub remainder: i64,
    /// The place by remainder among all members of the line, from 1.
    pub rank: usize,
    pub members: usize,
    /// How many cents the largest remainders get.
    pub left_over: i64,
    /// The cent that the rank gives: 0 or 1.
    pub by_rank: i64,
    /// The cent that the member bears in the end, above its floor.
    pub retained: i64,
    /// Its share as printed.
    pub share: LineShare,
}

impl Attribution {
    /// Whether controlled rounding handed a cent on.
    pub fn moved(&self) -> bool {
        self.by_rank != self.retained
    }
}

/// The shares of a member, line by line; empty where it bears no line.
pub fn attributions(
    invoice: &EInvoice,
    allocation: &Allocation,
    member: &Siret,
) -> Vec<Attribution> {
    let Some(mine) = allocation.members.iter().find(|one| one.siret == *member) else {
        return Vec::new();
    };
    mine.lines
        .iter()
        .filter_map(|share| {
            let line = invoice.lines.get(share.index)?;
            attribution(line.net.cents().abs(), allocation, member, share)
        })
        .collect()
}

/// `None` where nothing is to be divided.
fn attribution(
    amount: i64,
    allocation: &Allocation,
    member: &Siret,
    share: &LineShare,
) -> Option<Attribution> {
    let mut total = 0_i128;
    let mut rows: Vec<(i128, &Siret)> = Vec::new();
    for one in &allocation.members {
        let lines = one.lines.iter().filter(|line| line.index == share.index);
        for line in lines {
            let weight = i128::from(line.quantity.thousandths());
            total += weight;
            if weight != 0 {
                rows.push((weight, &one.siret));
            }
        }
    }
    if total == 0 {
        return None;
    }
    let cut =
        |weight: i128| (i128::from(amount) * weight / total, i128::from(amount) * weight % total);
    let left_over =
        i128::from(amount) - rows.iter().map(|(weight, _)| cut(*weight).0).sum::<i128>();
    // The largest remainder, then the larger weight, then the smaller SIRET.
    rows.sort_by(|(a, one), (b, other)| (cut(*b).1, b).cmp(&(cut(*a).1, a)).then(one.cmp(other)));
    let rank = rows.iter().position(|(_, siret)| *siret == member)?;
    let weight = i128::from(share.quantity.thousandths());
    let (floor, remainder) = cut(weight);
    let by_rank = i64::from(i128::try_from(rank).ok()? < left_over && remainder != 0);
    let floor = i64::try_from(floor).ok()?;
    Some(Attribution {
        index: share.index,
        amount,
        weight: i64::try_from(weight).ok()?,
        total_weight: i64::try_from(total).ok()?,
        floor,
        remainder: i64::try_from(remainder).ok()?,
        rank: rank + 1,
        members: rows.len(),
        left_over: i64::try_from(left_over).ok()?,
        by_rank,
        retained: share.net.amount.0.abs() - floor,
        share: *share,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::{Accepted, AllocationKey, allocate};
    use super::*;
    use crate::invoices::einvoice::testing;
    use crate::quantity::Quantity;

    const MEMBERS: [&str; 3] = ["21620041000019", "21620080800014", "21620108700014"];

    fn accepted(line: &str, quantities: [u32; 3]) -> Vec<Accepted> {
        MEMBERS
            .iter()
            .zip(quantities)
            .map(|(siret, quantity)| Accepted {
                line: line.into(),
                siret: siret.parse().unwrap(),
                site: String::new(),
                name: (*siret).into(),
                quantity: Quantity::whole(quantity),
            })
            .collect()
    }

    #[test]
    fn a_cent_is_explained_by_its_fraction_its_rank_and_what_was_left_over() {
        let invoice = testing::invoice(&[testing::line("10000", "20")]);
        let id = invoice.lines[0].id.clone();
        let rows = accepted(&id, [1, 1, 1]);
        let shared = allocate(&invoice, &rows, AllocationKey::Net, &BTreeSet::new()).unwrap();
        let mut retained = 0;
        for (rank, siret) in MEMBERS.iter().enumerate() {
            let siret: Siret = siret.parse().unwrap();
            let found = attributions(&invoice, &shared, &siret);
            let [one] = &found[..] else { panic!("{found:?}") };
            assert_eq!((one.floor, one.remainder, one.total_weight), (3_333, 1_000, 3_000));
            assert_eq!((one.rank, one.members, one.left_over), (rank + 1, 3, 1));
            assert_eq!(one.floor + one.retained, one.share.net.amount.0);
            retained += one.retained;
        }
        assert_eq!(retained, 1, "the cent left over is borne once");
    }

    #[test]
    fn cents_of_every_line_are_those_left_over_whoever_bears_them() {
        let lines: Vec<_> = ["1001", "997", "5"].map(|net| testing::line(net, "20")).to_vec();
        let mut invoice = testing::invoice(&lines);
        for (at, line) in invoice.lines.iter_mut().enumerate() {
            line.id = (at + 1).to_string();
        }
        let rows: Vec<Accepted> = ["1", "2", "3"]
            .iter()
            .zip([[3, 5, 9], [7, 1, 4], [1, 1, 0]])
            .flat_map(|(line, quantities)| accepted(line, quantities))
            .collect();
        let shared = allocate(&invoice, &rows, AllocationKey::Net, &BTreeSet::new()).unwrap();
        let all: Vec<Attribution> = MEMBERS
            .iter()
            .flat_map(|siret| attributions(&invoice, &shared, &siret.parse().unwrap()))
            .collect();
        for index in 0..3 {
            let of_line: Vec<_> = all.iter().filter(|one| one.index == index).collect();
            let borne: i64 = of_line.iter().map(|one| one.retained).sum();
            assert_eq!(borne, of_line[0].left_over, "line {index}");
            let by_rank: i64 = of_line.iter().map(|one| one.by_rank).sum();
            assert_eq!(by_rank, of_line[0].left_over, "line {index}");
        }
    }
}
