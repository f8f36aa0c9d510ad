//! Rounding needs to whole packs.
//!
//! Suppliers deliver whole packs, members need what they need. Three policies say
//! who lives with the difference: each delivery point (`site`), the coordinator
//! (`pooled`), or the members who declared a tolerance (`tolerance`). Packs are
//! rounded for one article and one year at a time: what is left of this year's
//! pack is not next year's delivery.
//!
//! Under `tolerance` a surplus goes to the tolerances and a shortage is taken from
//! the needs, both by largest remainder; equal remainders go to the larger weight,
//! then to the delivery point that stands first.

use crate::catalogue::PackSize;
use crate::group::convention::PackingPolicy;
use crate::quantity::{Quantity, QuantityError};

/// What one delivery point asks for of one article in one year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    pub needed: Quantity,
    /// What it would take beyond its need, to fill a pack.
    pub tolerance: Quantity,
}

/// The order that comes out of the asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    pub needed: Quantity,
    pub ordered: Quantity,
    /// Whole packs ordered; `None` for what is measured.
    pub packs: Option<u64>,
    /// What each ask gets, in the order of the asks. They sum to `ordered`, except under
    /// `pooled`, where they are the needs and the coordinator keeps the rest.
    pub shares: Vec<Quantity>,
}

impl Packed {
    /// Ordered beyond the needs.
    pub fn surplus(&self) -> Quantity {
        self.ordered.minus(self.needed).unwrap_or_default()
    }

    /// Needed and not ordered, for want of a pack that the tolerances fill.
    pub fn unserved(&self) -> Quantity {
        self.needed.minus(self.ordered).unwrap_or_default()
    }
}

/// Packs `asks` of an article sold by `pack` (`None`: measured, there is nothing to round).
///
/// The asks are counted in whole units where there is a pack. They stand in ascending order
/// of SIRET and site: the last tie-break goes to the first.
///
/// # Errors
///
/// [`QuantityError::OutOfRange`] when a sum does not fit, [`QuantityError::NotWhole`] when a
/// counted ask is not whole.
pub fn pack(
    policy: PackingPolicy,
    pack: Option<PackSize>,
    asks: &[Ask],
) -> Result<Packed, QuantityError> {
    let needed = Quantity::sum(asks.iter().map(|ask| ask.needed))?;
    let shares = asks.iter().map(|ask| ask.needed).collect();
    let Some(size) = pack else {
        return Ok(Packed { needed, ordered: needed, packs: None, shares });
    };
    let whole = Whole::of(asks)?;
    let size = i128::from(size.units());
    let up = |units: i128| (units + size - 1).div_euclid(size) * size;
    let (ordered, shares) = match policy {
        PackingPolicy::Site => {
            let shares: Vec<i128> = whole.needs.iter().map(|units| up(*units)).collect();
            (shares.iter().sum(), shares)
        }
        PackingPolicy::Pooled => (up(whole.needed()), whole.needs),
        PackingPolicy::Tolerance => {
            let (need, above) = (whole.needed(), up(whole.needed()));
            let ordered = if need + whole.tolerances.iter().sum::<i128>() >= above {
                above
            } else {
                above - size
            };
            (ordered, whole.shared(ordered - need))
        }
    };
    Ok(Packed {
        needed,
        ordered: quantity(ordered)?,
        packs: u64::try_from(ordered / size).ok(),
        shares: shares.into_iter().map(quantity).collect::<Result<_, _>>()?,
    })
}

/// The asks of one article and year already added up, as a database does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddedUp {
    pub needed: Quantity,
    pub tolerance: Quantity,
    /// Each ask rounded up to whole packs, then added up.
    pub whole_packs: Quantity,
}

impl AddedUp {
    /// What is ordered, as [`pack`] finds it from the asks themselves, with the packs.
    ///
    /// # Errors
    ///
    /// Those of [`pack`].
    pub fn packed(
        self,
        policy: PackingPolicy,
        size: Option<PackSize>,
    ) -> Result<(Quantity, Option<u64>), QuantityError> {
        let ask = match policy {
            PackingPolicy::Site => Ask { needed: self.whole_packs, tolerance: Quantity::ZERO },
            PackingPolicy::Pooled | PackingPolicy::Tolerance => {
                Ask { needed: self.needed, tolerance: self.tolerance }
            }
        };
        pack(policy, size, &[ask]).map(|packed| (packed.ordered, packed.packs))
    }
}

/// The asks in whole units.
struct Whole {
    needs: Vec<i128>,
    tolerances: Vec<i128>,
}

impl Whole {
    fn of(asks: &[Ask]) -> Result<Self, QuantityError> {
        Ok(Self {
            needs: asks.iter().map(|ask| units(ask.needed)).collect::<Result<_, _>>()?,
            tolerances: asks.iter().map(|ask| units(ask.tolerance)).collect::<Result<_, _>>()?,
        })
    }

    fn needed(&self) -> i128 {
        self.needs.iter().sum()
    }

    /// The needs, with `change` units more (from the tolerances) or fewer (from the needs).
    fn shared(&self, change: i128) -> Vec<i128> {
        let weights = if change < 0 { &self.needs } else { &self.tolerances };
        let parts = largest_remainder(change.abs(), weights);
        let signed = |part: i128| if change < 0 { -part } else { part };
        self.needs.iter().zip(parts).map(|(need, part)| need + signed(part)).collect()
    }
}

fn units(quantity: Quantity) -> Result<i128, QuantityError> {
    if !quantity.is_whole() {
        return Err(QuantityError::NotWhole(quantity.machine(), "unité"));
    }
    Ok(i128::from(quantity.thousandths() / 1000))
}

fn quantity(units: i128) -> Result<Quantity, QuantityError> {
    let thousandths = units.checked_mul(1000).and_then(|whole| i64::try_from(whole).ok());
    Quantity::from_thousandths(thousandths.ok_or(QuantityError::OutOfRange)?)
}

/// Shares `total` whole units by `weights`: each exact part cut down, the units left over to
/// the largest cuts, then the larger weights, then the first. No part exceeds its weight
/// where `total` does not exceed their sum. All zero when the weights are.
fn largest_remainder(total: i128, weights: &[i128]) -> Vec<i128> {
    let sum: i128 = weights.iter().sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    // Quantities stay within i64 thousandths, so no product comes near the end of i128.
    let mut parts: Vec<i128> = weights.iter().map(|weight| total * weight / sum).collect();
    let mut ranked: Vec<usize> = (0..weights.len()).collect();
    ranked.sort_by_key(|index| {
        let weight = weights[*index];
        std::cmp::Reverse((total * weight % sum, weight, std::cmp::Reverse(*index)))
    });
    let left = total - parts.iter().sum::<i128>();
    for index in ranked.into_iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
        parts[index] += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asks(pairs: &[(u32, u32)]) -> Vec<Ask> {
        let ask = |&(needed, tolerance)| Ask {
            needed: Quantity::whole(needed),
            tolerance: Quantity::whole(tolerance),
        };
        pairs.iter().map(ask).collect()
    }

    fn packed(policy: PackingPolicy, size: u32, pairs: &[(u32, u32)]) -> Packed {
        pack(policy, Some(PackSize::new(size).unwrap()), &asks(pairs)).unwrap()
    }

    fn wholes(quantities: &[u32]) -> Vec<Quantity> {
        quantities.iter().map(|units| Quantity::whole(*units)).collect()
    }

    #[test]
    fn rule_12_packs_are_rounded_for_each_delivery_point() {
        let packed = packed(PackingPolicy::Site, 25, &[(130, 0), (40, 0), (37, 0)]);
        assert_eq!(packed.shares, wholes(&[150, 50, 50]));
        assert_eq!(packed.ordered, Quantity::whole(250), "and not 225, rounded for the group");
        assert_eq!(packed.packs, Some(10));
    }

    #[test]
    fn pooled_packs_leave_the_surplus_to_the_coordinator() {
        let packed = packed(PackingPolicy::Pooled, 25, &[(130, 0), (40, 0), (37, 0)]);
        assert_eq!(packed.shares, wholes(&[130, 40, 37]));
        assert_eq!(packed.ordered, Quantity::whole(225));
        assert_eq!(packed.packs, Some(9));
    }

    #[test]
    fn one_more_pack_is_opened_only_where_the_tolerances_fill_it() {
        for (pairs, ordered, shares) in [
            // 207 needed, packs of 25: 18 units to fill.
            ([(130, 10), (40, 5), (37, 3)], 225, [140, 45, 40]),
            ([(130, 10), (40, 5), (37, 2)], 200, [125, 39, 36]),
            ([(130, 20), (40, 20), (37, 20)], 225, [136, 46, 43]),
            // The pack divides the need: the tolerances are left alone.
            ([(130, 20), (40, 20), (30, 20)], 200, [130, 40, 30]),
            // Nothing fills the only pack: nothing is ordered.
            ([(10, 1), (5, 1), (5, 1)], 0, [0, 0, 0]),
        ] {
            let packed = packed(PackingPolicy::Tolerance, 25, &pairs);
            assert_eq!(packed.ordered, Quantity::whole(ordered), "{pairs:?}");
            assert_eq!(packed.shares, wholes(&shares), "{pairs:?}");
        }
    }

    #[test]
    fn equal_remainders_go_to_the_larger_weight_then_to_the_first() {
        assert_eq!(largest_remainder(2, &[1, 3, 4]), [0, 1, 1], "remainders 2, 6 and 0 of 8");
        assert_eq!(largest_remainder(2, &[1, 3]), [0, 2], "halves: the larger weight");
        assert_eq!(largest_remainder(1, &[2, 2, 2]), [1, 0, 0]);
        assert_eq!(largest_remainder(3, &[0, 0]), [0, 0]);
    }

    #[test]
    fn what_is_measured_is_not_packed() {
        let ask = Ask { needed: Quantity::parse("12,4").unwrap(), tolerance: Quantity::whole(5) };
        for policy in PackingPolicy::ALL {
            let packed = pack(*policy, None, &[ask, ask]).unwrap();
            assert_eq!(packed.ordered.machine(), "24.8");
            assert_eq!((packed.packs, packed.shares), (None, vec![ask.needed, ask.needed]));
        }
    }

    #[test]
    fn sums_beyond_the_range_are_an_error_and_half_a_box_too() {
        let most = Quantity::from_thousandths(i64::MAX / 1000 * 1000).unwrap();
        let ask = Ask { needed: most, tolerance: Quantity::ZERO };
        for policy in PackingPolicy::ALL {
            let size = PackSize::new(50).ok();
            assert_eq!(pack(*policy, size, &[ask, ask]), Err(QuantityError::OutOfRange));
            assert_eq!(pack(*policy, size, &[ask]).is_err(), *policy != PackingPolicy::Tolerance);
            let half = Ask { needed: Quantity::parse("0.5").unwrap(), ..ask };
            assert!(matches!(pack(*policy, size, &[half]), Err(QuantityError::NotWhole(..))));
        }
    }

    fn many() -> impl Strategy<Value = Vec<(u32, u32)>> {
        prop::collection::vec((0..2_000_u32, 0..40_u32), 1..40)
    }

    proptest! {
        #[test]
        fn whole_packs_come_out_and_shares_sum_to_them(pairs in many(), size in 1..60_u32) {
            for policy in PackingPolicy::ALL {
                let packed = packed(*policy, size, &pairs);
                let ordered = packed.ordered.thousandths() / 1000;
                prop_assert_eq!(ordered % i64::from(size), 0);
                prop_assert_eq!(packed.packs, u64::try_from(ordered / i64::from(size)).ok());
                let shared = Quantity::sum(packed.shares.iter().copied()).unwrap();
                let expected =
                    if *policy == PackingPolicy::Pooled { packed.needed } else { packed.ordered };
                prop_assert_eq!(shared, expected);
            }
        }

        #[test]
        fn asks_added_up_beforehand_order_the_same(pairs in many(), size in 1..60_u32) {
            let sum = |of: fn(&(u32, u32)) -> u32| Quantity::whole(pairs.iter().map(of).sum());
            let whole_packs = packed(PackingPolicy::Site, size, &pairs).ordered;
            let added_up = AddedUp {
                needed: sum(|pair| pair.0),
                tolerance: sum(|pair| pair.1),
                whole_packs,
            };
            for policy in PackingPolicy::ALL {
                let expected = packed(*policy, size, &pairs);
                let found = added_up.packed(*policy, PackSize::new(size).ok()).unwrap();
                prop_assert_eq!(found, (expected.ordered, expected.packs), "{:?}", policy);
            }
        }

        #[test]
        fn nobody_gets_more_than_need_and_tolerance(pairs in many(), size in 1..60_u32) {
            let packed = packed(PackingPolicy::Tolerance, size, &pairs);
            let short = packed.ordered < packed.needed;
            for ((needed, tolerance), share) in pairs.iter().zip(&packed.shares) {
                let (needed, most) = (Quantity::whole(*needed), Quantity::whole(needed + tolerance));
                let allowed = if short { Quantity::ZERO..=needed } else { needed..=most };
                prop_assert!(allowed.contains(share));
            }
        }

        #[test]
        fn packing_for_each_point_never_orders_less_than_packing_for_all(
            pairs in many(), size in 1..60_u32,
        ) {
            let ordered = |policy| packed(policy, size, &pairs).ordered;
            prop_assert!(ordered(PackingPolicy::Site) >= ordered(PackingPolicy::Pooled));
            prop_assert!(ordered(PackingPolicy::Pooled) >= ordered(PackingPolicy::Tolerance));
        }
    }
}
