//! Fractions as one learns them at school: slow, reduced after every step, and shared with
//! nothing in the crate under test.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, Zero};
use rust_decimal::Decimal;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Q(BigInt, BigInt);

impl Q {
    pub(crate) fn new(numerator: impl Into<BigInt>, denominator: impl Into<BigInt>) -> Self {
        let (n, d): (BigInt, BigInt) = (numerator.into(), denominator.into());
        let gcd = n.gcd(&d) * d.signum();
        Self(n / &gcd, d / &gcd)
    }

    pub(crate) fn int(value: i64) -> Self {
        Self(value.into(), 1.into())
    }

    pub(crate) fn of(value: Decimal) -> Self {
        Self::new(value.mantissa(), BigInt::from(10).pow(value.scale()))
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self::new(&self.0 * &other.1 + &other.0 * &self.1, &self.1 * &other.1)
    }

    pub(crate) fn minus(&self, other: &Self) -> Self {
        self.plus(&other.times(&Self::int(-1)))
    }

    pub(crate) fn times(&self, other: &Self) -> Self {
        Self::new(&self.0 * &other.0, &self.1 * &other.1)
    }

    pub(crate) fn over(&self, other: &Self) -> Self {
        Self::new(&self.0 * &other.1, &self.1 * &other.0)
    }

    pub(crate) fn abs(&self) -> Self {
        Self(self.0.abs(), self.1.clone())
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    /// The whole part, towards zero.
    pub(crate) fn cut(&self) -> BigInt {
        &self.0 / &self.1
    }

    /// Whether `cents` is the floor or the ceiling, or the number itself if that is whole.
    pub(crate) fn rounds_to(&self, cents: i64) -> bool {
        self.minus(&Self::int(cents)).abs().cmp(&Self::int(1)) == Ordering::Less
            && (self.1 != BigInt::from(1) || self.0 == BigInt::from(cents))
    }

    pub(crate) fn cmp(&self, other: &Self) -> Ordering {
        (&self.0 * &other.1).cmp(&(&other.0 * &self.1))
    }
}

pub(crate) fn sum<'a>(all: impl IntoIterator<Item = &'a Q>) -> Q {
    all.into_iter().fold(Q::int(0), |sum, one| sum.plus(one))
}
