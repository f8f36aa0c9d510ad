//! The two arithmetics of exact fractions: fixed point that knows its error, and rationals.
//!
//! The formulas of an allocation are written once, over [`Number`]. [`Fast`] answers almost
//! every question in a few instructions and says when it cannot; [`Exact`] then answers.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, Zero};

/// A number of cents.
pub(super) trait Number: Clone + Sized {
    /// What a whole number needs to become one of these.
    type Unit;
    fn whole(value: i64, unit: &Self::Unit) -> Self;
    fn plus(&self, other: &Self) -> Self;
    fn minus(&self, other: &Self) -> Self;
    fn abs(&self) -> Self;
    /// `self` × `by` ÷ `over`; `over` is not zero.
    fn times(&self, by: i64, over: i64) -> Self;
    /// `amount` × `self` ÷ `total`; `total` is not zero.
    fn share(&self, amount: i64, total: &Self, unit: &Self::Unit) -> Self;
    /// The sizes of `all` summed, where their plain sum is `sum`; `None` where that is in doubt.
    fn total<'a>(
        all: impl Iterator<Item = &'a Self> + Clone,
        sum: i64,
        unit: &Self::Unit,
    ) -> Option<Total<Self>>
    where
        Self: 'a;
}

/// The sizes of one figure summed over all members.
#[derive(Debug, Clone)]
pub(super) enum Total<V> {
    Zero,
    /// The figure has one sign: its sum is what is printed.
    Whole(i64),
    Mixed(V),
}

/// The floor of a number, and whether the number is that floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Floor {
    pub(super) value: i64,
    pub(super) whole: bool,
}

impl Floor {
    pub(super) fn ceiling(self) -> i64 {
        self.value + i64::from(!self.whole)
    }
}

/// A fixed-point number: the truth lies within `error` of `middle`, both in 2⁻⁶⁴.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fast {
    pub(super) middle: i128,
    pub(super) error: u128,
}

impl Fast {
    pub(super) const ZERO: Self = Self { middle: 0, error: 0 };
    /// Says nothing: only the exact number can.
    pub(super) const UNKNOWN: Self = Self { middle: 0, error: u128::MAX };
    /// Magnitudes and errors beyond are given up, so that sums of a few stay within 128 bits.
    const MOST: u128 = 1 << 124;

    pub(super) fn of(middle: u128, error: u128) -> Self {
        i128::try_from(middle).map_or(Self::UNKNOWN, |middle| Self::checked(middle, error))
    }

    fn checked(middle: i128, error: u128) -> Self {
        if middle.unsigned_abs() < Self::MOST && error < Self::MOST {
            Self { middle, error }
        } else {
            Self::UNKNOWN
        }
    }

    fn is_known(self) -> bool {
        self.error != u128::MAX
    }

    /// The floor of `self` × `by`, where the error leaves no doubt about it.
    pub(super) fn floor_times(self, by: i64) -> Option<Floor> {
        if !self.is_known() {
            return None;
        }
        let middle = self.middle.checked_mul(i128::from(by))?;
        let error = i128::try_from(self.error).ok()?.checked_mul(i128::from(by))?;
        if error == 0 {
            let value = i64::try_from(middle >> 64).ok()?;
            return Some(Floor { value, whole: i128::from(value) << 64 == middle });
        }
        // One step lower: the truth may be the lower end itself, and then be whole.
        let lower = middle.checked_sub(error)?.checked_sub(1)? >> 64;
        let upper = middle.checked_add(error)? >> 64;
        if lower != upper {
            return None;
        }
        Some(Floor { value: i64::try_from(lower).ok()?, whole: false })
    }
}

/// `a` × `by` ÷ `over`, cut, and whether anything was cut off; `None` beyond 128 bits.
fn multiply_divide(a: u128, by: u64, over: u64) -> Option<(u128, bool)> {
    let (by, over) = (u128::from(by), u128::from(over));
    let mask = u128::from(u64::MAX);
    let low = (a & mask) * by;
    let high = (a >> 64) * by + (low >> 64);
    let (top, rest) = (high / over, high % over);
    if top > mask {
        return None;
    }
    let rest = (rest << 64) | (low & mask);
    Some(((top << 64) | (rest / over), !rest.is_multiple_of(over)))
}

impl Number for Fast {
    type Unit = ();

    fn whole(value: i64, (): &()) -> Self {
        Self::checked(i128::from(value) << 64, 0)
    }

    fn plus(&self, other: &Self) -> Self {
        if self.is_known() && other.is_known() {
            Self::checked(self.middle + other.middle, self.error + other.error)
        } else {
            Self::UNKNOWN
        }
    }

    fn minus(&self, other: &Self) -> Self {
        self.plus(&Self { middle: -other.middle, error: other.error })
    }

    fn abs(&self) -> Self {
        Self { middle: self.middle.abs(), error: self.error }
    }

    fn times(&self, by: i64, over: i64) -> Self {
        if !self.is_known() {
            return Self::UNKNOWN;
        }
        let negative = (self.middle < 0) ^ (by < 0) ^ (over < 0);
        if by == 0 {
            return Self::ZERO;
        }
        let (by, over) = (by.unsigned_abs(), over.unsigned_abs());
        let size = multiply_divide(self.middle.unsigned_abs(), by, over);
        let error = multiply_divide(self.error, by, over);
        let (Some((size, cut)), Some((error, _))) = (size, error) else { return Self::UNKNOWN };
        let Ok(size) = i128::try_from(size) else { return Self::UNKNOWN };
        // Both divisions cut less than one step off.
        let error = if self.error == 0 && !cut { 0 } else { error.saturating_add(2) };
        Self::checked(if negative { -size } else { size }, error)
    }

    fn share(&self, _amount: i64, _total: &Self, (): &()) -> Self {
        Self::UNKNOWN
    }

    /// Known only where no two have opposite signs, nor could.
    fn total<'a>(
        all: impl Iterator<Item = &'a Self> + Clone,
        sum: i64,
        (): &(),
    ) -> Option<Total<Self>> {
        let reaches = |one: &Self| i128::try_from(one.error).unwrap_or(i128::MAX);
        let above = all.clone().all(|one| one.middle >= reaches(one));
        let below = all.clone().all(|one| -one.middle >= reaches(one));
        match sum {
            0 => (above && below).then_some(Total::Zero),
            _ => (above || below).then_some(Total::Whole(sum.abs())),
        }
    }
}

/// The fraction `numerator` ÷ (`denominator` × unit). The unit is common to all numbers of
/// one allocation and large; the denominators are small, so that sums stay cheap.
#[derive(Debug, Clone)]
pub(super) struct Exact {
    pub(super) numerator: BigInt,
    /// Positive.
    pub(super) denominator: BigInt,
}

impl Exact {
    pub(super) fn of_units(numerator: BigInt) -> Self {
        Self { numerator, denominator: BigInt::from(1) }
    }

    /// The floor of `self` × `by`; `None` beyond 64 bits.
    pub(super) fn floor_times(&self, by: i64, unit: &BigInt) -> Option<Floor> {
        let (value, rest) = (&self.numerator * by).div_mod_floor(&(&self.denominator * unit));
        Some(Floor { value: i64::try_from(value).ok()?, whole: rest.is_zero() })
    }

    fn over_common(&self, other: &Self) -> (BigInt, BigInt, BigInt) {
        if self.denominator == other.denominator {
            return (self.numerator.clone(), other.numerator.clone(), self.denominator.clone());
        }
        let common = self.denominator.lcm(&other.denominator);
        let own = &self.numerator * (&common / &self.denominator);
        let theirs = &other.numerator * (&common / &other.denominator);
        (own, theirs, common)
    }
}

impl Number for Exact {
    type Unit = BigInt;

    fn whole(value: i64, unit: &BigInt) -> Self {
        Self::of_units(unit * value)
    }

    fn plus(&self, other: &Self) -> Self {
        let (own, theirs, denominator) = self.over_common(other);
        Self { numerator: own + theirs, denominator }
    }

    fn minus(&self, other: &Self) -> Self {
        let (own, theirs, denominator) = self.over_common(other);
        Self { numerator: own - theirs, denominator }
    }

    fn abs(&self) -> Self {
        Self { numerator: self.numerator.abs(), denominator: self.denominator.clone() }
    }

    fn times(&self, by: i64, over: i64) -> Self {
        let common = by.gcd(&over).max(1);
        let (by, over) = if over < 0 { (-by, -over) } else { (by, over) };
        Self {
            numerator: &self.numerator * (by / common),
            denominator: &self.denominator * (over / common),
        }
    }

    fn share(&self, amount: i64, total: &Self, unit: &BigInt) -> Self {
        // The units of the two cancel: n/du ÷ N/Du = nD/Nd, which wants one unit again.
        let whole = &self.numerator * &total.denominator * amount * unit;
        let denominator = &total.numerator * &self.denominator;
        if denominator.is_negative() {
            Self { numerator: -whole, denominator: -denominator }
        } else {
            Self { numerator: whole, denominator }
        }
    }

    fn total<'a>(
        all: impl Iterator<Item = &'a Self> + Clone,
        sum: i64,
        unit: &BigInt,
    ) -> Option<Total<Self>> {
        let all = all.fold(Self::whole(0, unit), |all, one| all.plus(&one.abs()));
        Some(if all.numerator.is_zero() {
            Total::Zero
        } else if all.minus(&Self::whole(sum.abs(), unit)).numerator.is_zero() {
            Total::Whole(sum.abs())
        } else {
            Total::Mixed(all)
        })
    }
}
