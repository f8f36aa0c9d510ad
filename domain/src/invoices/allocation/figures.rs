//! The exact fraction of everything that a member bears, by the formulas of the convention.
//!
//! With B the printed base of a rate, T its tax, G the total with VAT:
//! a line is amount × accepted ÷ all accepted; a charge, amount × weight ÷ all weights of its
//! key; a base, its lines, charges and allowances, and where the printed base differs from
//! their sum, that difference by their absolute value; a tax, T × base ÷ B (rate × base where
//! B is zero); prepaid and rounding amounts, by gross ÷ G (by its absolute value where G is
//! zero). Where the absolute values themselves are all zero, `net` of all lines weighs, or
//! the quantity where no line has an amount.

use super::number::{Number, Total};
use super::plan::{Plan, Rate};
use super::shares::AppliedKey;

/// Where each figure of a member stands in its list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    rates: usize,
    items: usize,
}

impl Layout {
    pub(super) fn of(plan: &Plan) -> Self {
        Self { rates: plan.rates.len(), items: plan.items.len() }
    }
    /// The absolute amounts of the member's lines of a rate.
    pub(super) fn weight(self, rate: usize) -> usize {
        debug_assert!(rate < self.rates);
        rate
    }
    /// Of all rates.
    pub(super) fn weight_of_all(self) -> usize {
        self.rates
    }
    /// In the sign of what is printed.
    pub(super) fn item(self, item: usize) -> usize {
        self.rates + 1 + item
    }
    /// A base without its difference.
    pub(super) fn rows(self, rate: usize) -> usize {
        self.rates + 1 + self.items + rate
    }
    pub(super) fn difference(self, rate: usize) -> usize {
        self.rows(rate) + self.rates
    }
    pub(super) fn base(self, rate: usize) -> usize {
        self.difference(rate) + self.rates
    }
    pub(super) fn tax(self, rate: usize) -> usize {
        self.base(rate) + self.rates
    }
    pub(super) fn net_difference(self) -> usize {
        self.tax(0) + self.rates
    }
    pub(super) fn net(self) -> usize {
        self.net_difference() + 1
    }
    pub(super) fn vat(self) -> usize {
        self.net_difference() + 2
    }
    pub(super) fn gross(self) -> usize {
        self.net_difference() + 3
    }
    pub(super) fn prepaid(self) -> usize {
        self.net_difference() + 4
    }
    pub(super) fn rounding(self) -> usize {
        self.net_difference() + 5
    }
    pub(super) fn payable(self) -> usize {
        self.net_difference() + 6
    }
    pub(super) fn len(self) -> usize {
        self.net_difference() + 7
    }
}

/// What a member's figures are computed from.
pub(super) struct Parts<V> {
    /// Its shares of the lines of each rate: those above zero, and those below, as positives.
    pub(super) positive: Vec<V>,
    pub(super) negative: Vec<V>,
    /// In thousandths.
    pub(super) quantity: i64,
    /// Delivery points served.
    pub(super) points: i64,
}

/// The totals that only an invoice whose printed bases differ, or whose sums are zero, needs;
/// the others are left zero.
#[derive(Clone)]
pub(super) struct Totals<V> {
    rows: Vec<Total<V>>,
    bases: Vec<Total<V>>,
    gross: Total<V>,
}

impl<V> Totals<V> {
    /// Where no row needs any.
    pub(super) fn none(plan: &Plan) -> Self {
        let zeros = || plan.rates.iter().map(|_| Total::Zero).collect();
        Self { rows: zeros(), bases: zeros(), gross: Total::Zero }
    }

    /// The same for another arithmetic; `None` where a total is not whole.
    pub(super) fn whole<W>(&self) -> Option<Totals<W>> {
        let of = |total: &Total<V>| match total {
            Total::Zero => Some(Total::Zero),
            Total::Whole(total) => Some(Total::Whole(*total)),
            Total::Mixed(_) => None,
        };
        Some(Totals {
            rows: self.rows.iter().map(of).collect::<Option<_>>()?,
            bases: self.bases.iter().map(of).collect::<Option<_>>()?,
            gross: of(&self.gross)?,
        })
    }
}

struct Maker<'a, V: Number> {
    plan: &'a Plan,
    layout: Layout,
    unit: &'a V::Unit,
}

/// All figures of one member, once the totals are known.
pub(super) fn figures<V: Number>(
    plan: &Plan,
    parts: &Parts<V>,
    totals: &Totals<V>,
    unit: &V::Unit,
) -> Vec<V> {
    let maker = Maker { plan, layout: Layout::of(plan), unit };
    let mut figures = Vec::with_capacity(maker.layout.len());
    maker.rows(parts, &mut figures);
    maker.bases(parts, totals, &mut figures);
    maker.gross(parts, totals, &mut figures);
    maker.payable(parts, totals, &mut figures);
    figures
}

/// All figures of all members, and the totals found on the way; `None` where one is in doubt.
pub(super) fn all_figures<V: Number>(
    plan: &Plan,
    parts: &[Parts<V>],
    unit: &V::Unit,
) -> Option<(Vec<Vec<V>>, Totals<V>)> {
    let maker = Maker { plan, layout: Layout::of(plan), unit };
    let layout = maker.layout;
    let mut totals = Totals::none(plan);
    let mut all: Vec<Vec<V>> = parts.iter().map(|_| Vec::with_capacity(layout.len())).collect();
    let total = |all: &[Vec<V>], figure: usize, sum: i64| {
        V::total(all.iter().map(|figures| &figures[figure]), sum, unit)
    };
    for (parts, figures) in parts.iter().zip(&mut all) {
        maker.rows(parts, figures);
    }
    for (place, rate) in plan.rates.iter().enumerate() {
        if rate.difference != 0 {
            totals.rows[place] = total(&all, layout.rows(place), rate.base - rate.difference)?;
        }
    }
    for (parts, figures) in parts.iter().zip(&mut all) {
        maker.bases(parts, &totals, figures);
    }
    for (place, rate) in plan.rates.iter().enumerate() {
        if rate.base == 0 && rate.tax != 0 {
            totals.bases[place] = total(&all, layout.base(place), rate.base)?;
        }
    }
    for (parts, figures) in parts.iter().zip(&mut all) {
        maker.gross(parts, &totals, figures);
    }
    if plan.gross == 0 && (plan.prepaid != 0 || plan.rounding != 0) {
        totals.gross = total(&all, layout.gross(), plan.gross)?;
    }
    for (parts, figures) in parts.iter().zip(&mut all) {
        maker.payable(parts, &totals, figures);
    }
    Some((all, totals))
}

impl<V: Number> Maker<'_, V> {
    fn zero(&self) -> V {
        V::whole(0, self.unit)
    }

    /// Weights, items, and what the rows of each rate sum to.
    fn rows(&self, parts: &Parts<V>, figures: &mut Vec<V>) {
        for (positive, negative) in parts.positive.iter().zip(&parts.negative) {
            figures.push(positive.plus(negative));
        }
        let all = figures.iter().fold(self.zero(), |all, of_rate| all.plus(of_rate));
        figures.push(all);
        let mut rows: Vec<V> = (parts.positive.iter().zip(&parts.negative))
            .map(|(positive, negative)| positive.minus(negative))
            .collect();
        for item in &self.plan.items {
            let share = self.by_key(item.key, item.rate, item.amount, parts, figures);
            let row = &mut rows[item.rate];
            *row = if item.signed() == item.amount { row.plus(&share) } else { row.minus(&share) };
            figures.push(share);
        }
        figures.append(&mut rows);
    }

    fn bases(&self, parts: &Parts<V>, totals: &Totals<V>, figures: &mut Vec<V>) {
        for (place, rate) in self.plan.rates.iter().enumerate() {
            let by = figures[self.layout.rows(place)].abs();
            let share = self.by_size(&by, rate.difference, &totals.rows[place], parts, figures);
            figures.push(share);
        }
        for place in 0..self.plan.rates.len() {
            let (rows, difference) = (self.layout.rows(place), self.layout.difference(place));
            figures.push(figures[rows].plus(&figures[difference]));
        }
    }

    fn gross(&self, parts: &Parts<V>, totals: &Totals<V>, figures: &mut Vec<V>) {
        let layout = self.layout;
        for (place, rate) in self.plan.rates.iter().enumerate() {
            let base = figures[layout.base(place)].clone();
            let tax = if rate.base == 0 {
                let rest =
                    self.by_size(&base.abs(), rate.tax, &totals.bases[place], parts, figures);
                base.times(basis_points(rate), 10_000).plus(&rest)
            } else {
                base.times(rate.tax, rate.base)
            };
            figures.push(tax);
        }
        let sum = |figures: &[V], figure: &dyn Fn(usize) -> usize| {
            (0..self.plan.rates.len())
                .fold(self.zero(), |sum, place| sum.plus(&figures[figure(place)]))
        };
        figures.push(self.zero().minus(&sum(figures, &|place| layout.difference(place))));
        let bases = sum(figures, &|place| layout.base(place));
        figures.push(bases.plus(&figures[layout.net_difference()]));
        let vat = sum(figures, &|place| layout.tax(place));
        figures.push(vat);
        figures.push(figures[layout.net()].plus(&figures[layout.vat()]));
    }

    fn payable(&self, parts: &Parts<V>, totals: &Totals<V>, figures: &mut Vec<V>) {
        let gross = figures[self.layout.gross()].clone();
        for amount in [self.plan.prepaid, self.plan.rounding] {
            let share = if self.plan.gross == 0 {
                self.by_size(&gross.abs(), amount, &totals.gross, parts, figures)
            } else {
                gross.times(amount, self.plan.gross)
            };
            figures.push(share);
        }
        let (prepaid, rounding) = (self.layout.prepaid(), self.layout.rounding());
        figures.push(gross.minus(&figures[prepaid]).plus(&figures[rounding]));
    }

    fn by_key(
        &self,
        key: AppliedKey,
        rate: usize,
        amount: i64,
        parts: &Parts<V>,
        figures: &[V],
    ) -> V {
        let plan = self.plan;
        let whole = |value: i64| V::whole(value, self.unit);
        match key {
            AppliedKey::NetOfRate => {
                figures[self.layout.weight(rate)].times(amount, plan.rates[rate].weight)
            }
            AppliedKey::NetOfAll => figures[self.layout.weight_of_all()].times(amount, plan.weight),
            AppliedKey::Quantity => whole(parts.quantity).times(amount, plan.quantity),
            AppliedKey::Equal => whole(parts.points).times(amount, plan.points),
        }
    }

    fn by_size(
        &self,
        size: &V,
        amount: i64,
        total: &Total<V>,
        parts: &Parts<V>,
        figures: &[V],
    ) -> V {
        if amount == 0 {
            return self.zero();
        }
        match total {
            Total::Whole(total) => size.times(amount, *total),
            Total::Mixed(total) => size.share(amount, total, self.unit),
            Total::Zero => self.by_key(self.plan.last_resort, 0, amount, parts, figures),
        }
    }
}

fn basis_points(rate: &Rate) -> i64 {
    rate.percent.basis_points()
}
