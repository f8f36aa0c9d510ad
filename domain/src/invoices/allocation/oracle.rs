//! Answers what an allocation asks of the exact fractions: a floor, which is larger.
//!
//! Fixed point answers first; where its error leaves a doubt, the member's fractions are
//! computed once as rationals and kept.

use std::cell::OnceCell;
use std::cmp::Ordering;

use num_bigint::BigInt;
use num_traits::ToPrimitive;

use super::Refusal;
use super::figures::{Layout, Parts, Totals, all_figures, figures};
use super::number::{Exact, Fast, Floor};
use super::plan::{Line, Plan};

pub(super) struct Oracle<'a> {
    plan: &'a Plan,
    pub(super) layout: Layout,
    /// Of each member; empty where fixed point could not tell the totals.
    fast: Vec<Vec<Fast>>,
    exact: Vec<OnceCell<Vec<Exact>>>,
    totals: Totals<Exact>,
    rational: OnceCell<Rational>,
    quantities: Vec<i64>,
    points: Vec<i64>,
}

/// What the rational arithmetic needs of the whole invoice.
struct Rational {
    /// The least common multiple of all weights' totals.
    unit: BigInt,
    /// For each line, its absolute amount in units for a weight of one.
    factors: Vec<BigInt>,
    /// For each member, the lines it weighs on, and its weights.
    lines: Vec<Vec<(usize, u64)>>,
}

impl<'a> Oracle<'a> {
    pub(super) fn new(plan: &'a Plan, members: &[Parts<Fast>]) -> Result<Self, Refusal> {
        let fast = all_figures(plan, members, &())
            .and_then(|(figures, totals)| Some((figures, totals.whole()?)));
        let known = fast.is_some();
        let (fast, totals) = fast.unwrap_or_else(|| (Vec::new(), Totals::none(plan)));
        let mut oracle = Self {
            plan,
            layout: Layout::of(plan),
            fast,
            exact: members.iter().map(|_| OnceCell::new()).collect(),
            totals,
            rational: OnceCell::new(),
            quantities: members.iter().map(|parts| parts.quantity).collect(),
            points: members.iter().map(|parts| parts.points).collect(),
        };
        if !known {
            let parts: Vec<_> =
                (0..members.len()).map(|member| oracle.exact_parts(member)).collect();
            let (figures, totals) =
                all_figures(plan, &parts, &oracle.rational().unit).ok_or(Refusal::NotRounded)?;
            oracle.exact = figures.into_iter().map(OnceCell::from).collect();
            oracle.totals = totals;
        }
        Ok(oracle)
    }

    /// The floor of `by` × a figure of `member`.
    pub(super) fn floor(&self, member: usize, figure: usize, by: i64) -> Result<Floor, Refusal> {
        let fast = self.fast.get(member).and_then(|figures| figures[figure].floor_times(by));
        fast.or_else(|| self.exact(member)[figure].floor_times(by, &self.rational().unit))
            .ok_or(Refusal::OutOfRange)
    }

    /// Compares what two members' figures have above their floors.
    pub(super) fn compare_fractions(
        &self,
        figure: usize,
        (a, a_floor): (usize, i64),
        (b, b_floor): (usize, i64),
    ) -> Ordering {
        if let Some((x, y)) = self.fast.get(a).zip(self.fast.get(b)) {
            let (x, y) = (x[figure], y[figure]);
            if let Some(error) = x.error.checked_add(y.error) {
                let fraction = |number: Fast, floor: i64| number.middle - (i128::from(floor) << 64);
                let (x, y) = (fraction(x, a_floor), fraction(y, b_floor));
                if error == 0 || x.abs_diff(y) > error {
                    return x.cmp(&y);
                }
            }
        }
        let unit = &self.rational().unit;
        let fraction = |member: usize, floor: i64| {
            let number = &self.exact(member)[figure];
            (&number.numerator - &number.denominator * unit * floor, &number.denominator)
        };
        let ((x, dx), (y, dy)) = (fraction(a, a_floor), fraction(b, b_floor));
        if dx == dy { x.cmp(&y) } else { (x * dy).cmp(&(y * dx)) }
    }

    fn exact(&self, member: usize) -> &[Exact] {
        self.exact[member].get_or_init(|| {
            figures(self.plan, &self.exact_parts(member), &self.totals, &self.rational().unit)
        })
    }

    fn exact_parts(&self, member: usize) -> Parts<Exact> {
        let rational = self.rational();
        let zeros = vec![BigInt::ZERO; self.plan.rates.len()];
        let (mut positive, mut negative) = (zeros.clone(), zeros);
        for &(line, weight) in &rational.lines[member] {
            let of = &self.plan.lines[line];
            let side = if of.net < 0 { &mut negative } else { &mut positive };
            side[of.rate] += &rational.factors[line] * weight;
        }
        let units = |all: Vec<BigInt>| all.into_iter().map(Exact::of_units).collect();
        Parts {
            positive: units(positive),
            negative: units(negative),
            quantity: self.quantities[member],
            points: self.points[member],
        }
    }

    fn rational(&self) -> &Rational {
        self.rational.get_or_init(|| {
            let mut unit = BigInt::from(1);
            for line in &self.plan.lines {
                // The gcd of a long number and a short one, by way of their short remainder.
                let rest = (&unit % line.total).to_u64().unwrap_or(0);
                unit *= line.total / num_integer::gcd(rest, line.total);
            }
            let factor = |line: &Line| &unit / line.total * line.net.unsigned_abs();
            let factors = self.plan.lines.iter().map(factor).collect();
            let mut lines = vec![Vec::new(); self.exact.len()];
            for (place, line) in self.plan.lines.iter().enumerate() {
                for &(member, weight) in &line.weights {
                    lines[member].push((place, weight));
                }
            }
            Rational { unit, factors, lines }
        })
    }
}
