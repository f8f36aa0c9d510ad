//! Each row alone: the largest remainder.
//!
//! Shares are cut down to whole cents, and the cents left over go to the members whose cut
//! was the largest, then to the larger weight, then to the smaller SIRET. A negative amount
//! is shared by its size and negated.

use super::Refusal;
use super::number::{Fast, Floor};
use super::oracle::Oracle;
use super::plan::Line;

/// One member's cell of a row, in the size of the row's amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) member: usize,
    /// Whole cents that the member bears in any case; negative where the exact fraction has
    /// the other sign.
    pub(super) floor: i64,
    /// Whether a cent more is a choice.
    pub(super) free: bool,
    /// What was cut off, in cents over the line's total weight; zero in rows by a key.
    pub(super) remainder: u64,
}

/// The cells of a row, those that come first for a cent first, and how many cents are left
/// over for them.
pub(super) struct Row {
    pub(super) cells: Vec<Cell>,
    pub(super) left_over: usize,
}

/// Divides by a line's total weight without dividing: a reciprocal in 2⁻⁶⁴ is exact to one unit.
pub(super) struct Divider {
    amount: u64,
    total: u64,
    ratio: u128,
}

impl Divider {
    /// `amount` is below 2⁶², so that the ratio fits.
    pub(super) fn new(amount: u64, total: u64) -> Self {
        Self { amount, total, ratio: (u128::from(amount) << 64) / u128::from(total) }
    }

    /// Quotient and remainder of amount × `weight` ÷ total, for a weight within the total, and
    /// the same in fixed point.
    pub(super) fn divide(&self, weight: u64) -> (u64, u64, Fast) {
        let product = self.ratio * u128::from(weight);
        let mut quotient = high(product);
        // Below twice the total, so that the low 64 bits are all of it.
        let mut remainder =
            self.amount.wrapping_mul(weight).wrapping_sub(quotient.wrapping_mul(self.total));
        if remainder >= self.total {
            quotient += 1;
            remainder -= self.total;
        }
        let fast = if remainder == 0 {
            Fast::of(u128::from(quotient) << 64, 0)
        } else {
            Fast::of(product, u128::from(weight))
        };
        (quotient, remainder, fast)
    }
}

fn high(product: u128) -> u64 {
    (product >> 64) as u64
}

/// A line by accepted quantities; `each` is given every member's share in fixed point.
pub(super) fn line_row(line: &Line, mut each: impl FnMut(usize, Fast)) -> Row {
    let amount = line.net.unsigned_abs();
    let divider = Divider::new(amount, line.total);
    let mut left_over = amount;
    let mut cells = Vec::with_capacity(line.weights.len());
    for &(member, weight) in &line.weights {
        let (quotient, remainder, fast) = divider.divide(weight);
        left_over -= quotient;
        each(member, fast);
        let floor = i64::try_from(quotient).unwrap_or(i64::MAX);
        cells.push(Cell { member, floor, free: remainder != 0, remainder });
    }
    // At equal remainders the larger weight is the one with the larger quotient.
    cells.sort_unstable_by(|a, b| {
        (b.remainder, b.floor).cmp(&(a.remainder, a.floor)).then(a.member.cmp(&b.member))
    });
    Row { cells, left_over: usize::try_from(left_over).unwrap_or(usize::MAX) }
}

/// A row whose exact fractions are a figure of each member and sum to `amount`.
pub(super) fn figure_row(
    oracle: &Oracle<'_>,
    members: usize,
    figure: usize,
    amount: i64,
    turned: bool,
) -> Result<Row, Refusal> {
    let mut left_over = amount.abs();
    let mut cells = Vec::with_capacity(members);
    let mut floors = Vec::with_capacity(members);
    for member in 0..members {
        let found = oracle.floor(member, figure, 1)?;
        floors.push(found.value);
        let Floor { value, whole } = if turned { opposite(found) } else { found };
        if value != 0 || !whole {
            left_over -= value;
            cells.push(Cell { member, floor: value, free: !whole, remainder: 0 });
        }
    }
    cells.sort_by(|a, b| {
        let fractions = if a.free && b.free {
            let [a, b] = [a.member, b.member].map(|member| (member, floors[member]));
            // Of −x, the smaller fraction of x leaves the larger one.
            let (a, b) = if turned { (b, a) } else { (a, b) };
            oracle.compare_fractions(figure, b, a)
        } else {
            b.free.cmp(&a.free)
        };
        fractions.then(b.floor.cmp(&a.floor)).then(a.member.cmp(&b.member))
    });
    Ok(Row { cells, left_over: usize::try_from(left_over).map_err(|_| Refusal::NotRounded)? })
}

fn opposite(floor: Floor) -> Floor {
    Floor { value: -floor.ceiling(), whole: floor.whole }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_reciprocal_divides_exactly(
            amount in 0..1_u64 << 47,
            total in 1..1_u64 << 62,
            part in 0..=u64::MAX,
        ) {
            let weight = part % (total + 1);
            let (quotient, remainder, fast) = Divider::new(amount, total).divide(weight);
            let product = u128::from(amount) * u128::from(weight);
            prop_assert_eq!(u128::from(quotient), product / u128::from(total));
            prop_assert_eq!(u128::from(remainder), product % u128::from(total));
            let truth = (u128::from(quotient) << 64)
                + (u128::from(remainder) << 64) / u128::from(total);
            prop_assert!(fast.middle.unsigned_abs().abs_diff(truth) <= fast.error);
        }
    }
}
