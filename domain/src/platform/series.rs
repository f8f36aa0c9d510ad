//! Numbers in a series: from 1, each once, none left out.

use std::ops::RangeInclusive;

/// What is missing between 1 and the largest of `numbers`, in order; the numbers may come
/// in any order. A number that stands twice is not a gap: the database refuses it.
pub fn gaps(numbers: &[i64]) -> Vec<RangeInclusive<i64>> {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    let mut missing = Vec::new();
    let mut last = 0;
    for number in sorted {
        if number > last + 1 {
            missing.push(last + 1..=number - 1);
        }
        last = number.max(last);
    }
    missing
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_number_left_out_is_named() {
        for (numbers, expected) in [
            (vec![], vec![]),
            (vec![1, 2, 3], vec![]),
            (vec![3, 1, 2], vec![]),
            (vec![2], vec![1..=1]),
            (vec![1, 2, 6, 7, 9], vec![3..=5, 8..=8]),
        ] {
            assert_eq!(gaps(&numbers), expected, "{numbers:?}");
        }
    }

    proptest! {
        #[test]
        fn the_numbers_and_their_gaps_make_the_whole_series(
            numbers in prop::collection::btree_set(1..60_i64, 0..40),
        ) {
            let shuffled: Vec<_> = numbers.iter().rev().copied().collect();
            let missing: BTreeSet<_> = gaps(&shuffled).into_iter().flatten().collect();
            prop_assert!(missing.is_disjoint(&numbers));
            let whole: BTreeSet<_> = missing.union(&numbers).copied().collect();
            let last = numbers.last().copied().unwrap_or(0);
            prop_assert_eq!(whole, (1..=last).collect());
        }
    }
}
