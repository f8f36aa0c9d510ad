//! From the rows of a plan to whole cents within all bounds.

use super::Refusal;
use super::figures::Parts;
use super::network::{Network, NetworkCell, Sum};
use super::number::{Fast, Number};
use super::oracle::Oracle;
use super::plan::Plan;
use super::remainder::{Cell, Row, figure_row, line_row};
use super::weights::Weights;

/// A row of the network, and how to read it back.
pub(super) struct Shared {
    number: usize,
    /// −1 where the row is taken off its sum.
    sign: i64,
    /// Whole cents and what was cut off, in the order of the network's cells.
    pub(super) cells: Vec<Cell>,
}

/// The rounded shares, as a network and the rows in it.
pub(super) struct Controlled<'a> {
    pub(super) oracle: Oracle<'a>,
    network: Network,
    /// An invoice below zero is shared as its mirror image and turned again.
    turn: i64,
    /// In the order of the plan.
    pub(super) lines: Vec<Shared>,
    pub(super) items: Vec<Shared>,
    /// Of each rate.
    pub(super) differences: Vec<Shared>,
    pub(super) net_difference: Shared,
    /// Of each rate.
    pub(super) taxes: Vec<Shared>,
    pub(super) prepaid: Shared,
    pub(super) rounding: Shared,
}

impl<'a> Controlled<'a> {
    pub(super) fn round(plan: &'a Plan, weights: &Weights) -> Result<Self, Refusal> {
        let members = weights.members.len();
        let mut parts: Vec<Parts<Fast>> = (0..members)
            .map(|member| Parts {
                positive: vec![Fast::ZERO; plan.rates.len()],
                negative: vec![Fast::ZERO; plan.rates.len()],
                quantity: i64::try_from(weights.quantities[member]).unwrap_or(i64::MAX),
                points: i64::try_from(weights.points[member]).unwrap_or(i64::MAX),
            })
            .collect();
        let rows: Vec<Row> = (plan.lines.iter())
            .map(|line| {
                line_row(line, |member, share| {
                    let parts = &mut parts[member];
                    let side = if line.net < 0 { &mut parts.negative } else { &mut parts.positive };
                    side[line.rate] = side[line.rate].plus(&share);
                })
            })
            .collect();

        let oracle = Oracle::new(plan, &parts)?;
        let layout = oracle.layout;
        let mut network = Network::new(plan.rates.len(), members);
        let turn = turn(plan);
        // Shares that cancel out have no sign of their own: they turn with the invoice.
        let side = |amount: i64| if amount == 0 { turn } else { positive_or_negative(amount) };
        let mut push = |sum: Sum, sign: i64, amount: i64, row: Row| {
            push(&mut network, sum, sign, turn * sign * side(amount), row)
        };
        let mut lines = Vec::with_capacity(rows.len());
        for (line, row) in plan.lines.iter().zip(rows) {
            lines.push(push(Sum::Base(line.rate), 1, line.net, row)?);
        }
        let by_figure =
            |figure, amount| figure_row(&oracle, members, figure, amount, side(amount) < 0);
        let mut items = Vec::new();
        for (place, item) in plan.items.iter().enumerate() {
            let sign = if item.signed() == item.amount { 1 } else { -1 };
            let row = by_figure(layout.item(place), item.amount)?;
            items.push(push(Sum::Base(item.rate), sign, item.amount, row)?);
        }
        let mut differences = Vec::new();
        for (place, rate) in plan.rates.iter().enumerate() {
            let row = by_figure(layout.difference(place), rate.difference)?;
            differences.push(push(Sum::Base(place), 1, rate.difference, row)?);
        }
        let amount = plan.net_difference();
        let row = by_figure(layout.net_difference(), amount)?;
        let net_difference = push(Sum::Net, 1, amount, row)?;
        let mut taxes = Vec::new();
        for (place, rate) in plan.rates.iter().enumerate() {
            let row = by_figure(layout.tax(place), rate.tax)?;
            taxes.push(push(Sum::Vat, 1, rate.tax, row)?);
        }
        let row = by_figure(layout.prepaid(), plan.prepaid)?;
        let prepaid = push(Sum::Payable, -1, plan.prepaid, row)?;
        let row = by_figure(layout.rounding(), plan.rounding)?;
        let rounding = push(Sum::Payable, 1, plan.rounding, row)?;

        for member in 0..members {
            let bases = (0..plan.rates.len()).map(|rate| (Sum::Base(rate), layout.base(rate)));
            for (sum, figure) in bases.chain([
                (Sum::Net, layout.net()),
                (Sum::Vat, layout.vat()),
                (Sum::Gross, layout.gross()),
                (Sum::Payable, layout.payable()),
            ]) {
                let floor = oracle.floor(member, figure, 1)?;
                let (low, high) = (turn * floor.value, turn * floor.ceiling());
                network.bound(member, sum, low.min(high), low.max(high));
            }
        }
        network.round()?;
        Ok(Self {
            oracle,
            network,
            turn,
            lines,
            items,
            differences,
            net_difference,
            taxes,
            prepaid,
            rounding,
        })
    }

    /// What a row's cells came to, as printed, with their members; in the order of its cells.
    pub(super) fn shares(&self, row: &Shared) -> impl Iterator<Item = (usize, i64)> {
        let turn = self.turn * row.sign;
        self.network.cells(row.number).map(move |(member, cents)| (member, turn * cents))
    }

    pub(super) fn sum(&self, member: usize, sum: Sum) -> i64 {
        self.turn * self.network.value(member, sum)
    }
}

/// The sign of the first thing printed that has one: an invoice and its mirror image are
/// shared as the same.
fn turn(plan: &Plan) -> i64 {
    let lines = plan.lines.iter().map(|line| line.net);
    let items = plan.items.iter().map(|item| item.amount);
    [plan.gross, plan.vat]
        .into_iter()
        .chain(lines)
        .chain(items)
        .find(|&amount| amount != 0)
        .map_or(1, positive_or_negative)
}

fn positive_or_negative(amount: i64) -> i64 {
    if amount < 0 { -1 } else { 1 }
}

/// Puts a row into the network with its largest remainder; `direction` says whether a cent on
/// the row's size adds one to the sum or takes one off.
fn push(
    network: &mut Network,
    sum: Sum,
    sign: i64,
    direction: i64,
    row: Row,
) -> Result<Shared, Refusal> {
    let Row { cells, left_over } = row;
    if left_over > cells.iter().filter(|cell| cell.free).count() {
        return Err(Refusal::NotRounded);
    }
    let number = network.push(
        sum,
        direction > 0,
        cells.iter().enumerate().map(|(rank, &Cell { member, floor, free, .. })| {
            let first = rank < left_over;
            if direction > 0 {
                NetworkCell { member, low: floor, up: first, free }
            } else {
                NetworkCell { member, low: -floor - i64::from(free), up: free && !first, free }
            }
        }),
    );
    Ok(Shared { number, sign, cells })
}
