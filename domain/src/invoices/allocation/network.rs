//! The repair: every sum of every member within a cent of its exact fraction.
//!
//! A member's amounts nest, so each is an arc that carries a whole number of cents between
//! two bounds, the floor and the ceiling of its exact fraction:
//!
//! ```text
//! row ──cell──▶ base of a rate ─▶ net ─┐
//! row ──cell──▶ tax ─────────▶ all VAT ┴▶ gross ─▶ payable ─▶ (all members)
//! ```
//!
//! First come swaps: within one row a cent goes from a member above a bound to one below,
//! level by level, which mends nearly everything in a pass over the cells. What is left is
//! mended one cent at a time along the shortest path of arcs that may give or take a cent;
//! since a flow within all bounds exists (the exact one), such a path does too. No step
//! breaks what holds, so the end is reached; and every choice follows the order of rows, of
//! cells (first come those whose turn for a cent it is) and of members.

mod search;

use search::Search;

use super::Refusal;

/// Which of a member's sums a row or sum belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sum {
    Base(usize),
    Net,
    Vat,
    Gross,
    Payable,
}

/// How deep a member's sums nest.
const LEVELS: usize = 4;

struct Row {
    sum: usize,
    start: usize,
    end: usize,
    /// Cells are ordered for a cent added to the row's size: whether that adds to the sum.
    adds: bool,
}

pub(super) struct Network {
    rates: usize,
    /// Sums of one member.
    sums: usize,
    members: usize,
    rows: Vec<Row>,
    /// Cells, row by row.
    member: Vec<u32>,
    row: Vec<u32>,
    /// What the cell adds to its sum at least.
    low: Vec<i64>,
    /// Whether it adds a cent more.
    up: Vec<bool>,
    /// Whether it may be either.
    free: Vec<bool>,
    /// Of each sum of each member.
    value: Vec<i64>,
    floor: Vec<i64>,
    ceiling: Vec<i64>,
    /// The free cells of each sum of each member: `by_sum[starts[s]..starts[s + 1]]`.
    by_sum: Vec<u32>,
    starts: Vec<usize>,
}

/// One cell as a row puts it into the network.
#[derive(Debug, Clone, Copy)]
pub(super) struct NetworkCell {
    pub(super) member: usize,
    pub(super) low: i64,
    pub(super) up: bool,
    pub(super) free: bool,
}

impl Network {
    pub(super) fn new(rates: usize, members: usize) -> Self {
        let sums = rates + 4;
        Self {
            rates,
            sums,
            members,
            rows: Vec::new(),
            member: Vec::new(),
            row: Vec::new(),
            low: Vec::new(),
            up: Vec::new(),
            free: Vec::new(),
            value: vec![0; sums * members],
            floor: vec![0; sums * members],
            ceiling: vec![0; sums * members],
            by_sum: Vec::new(),
            starts: Vec::new(),
        }
    }

    fn place(&self, sum: Sum) -> usize {
        match sum {
            Sum::Base(rate) => rate,
            Sum::Net => self.rates,
            Sum::Vat => self.rates + 1,
            Sum::Gross => self.rates + 2,
            Sum::Payable => self.rates + 3,
        }
    }

    /// The sum that a sum is part of; `None` above payable.
    fn above(&self, sum: usize) -> Option<usize> {
        let gross = self.rates + 2;
        match sum {
            _ if sum < self.rates => Some(self.rates),
            _ if sum < gross => Some(gross),
            _ if sum == gross => Some(gross + 1),
            _ => None,
        }
    }

    /// Adds a row; answers its number.
    pub(super) fn push(
        &mut self,
        sum: Sum,
        adds: bool,
        cells: impl Iterator<Item = NetworkCell>,
    ) -> usize {
        let (start, number) = (self.member.len(), self.rows.len());
        for cell in cells {
            self.member.push(short(cell.member));
            self.row.push(short(number));
            self.low.push(cell.low);
            self.up.push(cell.up);
            self.free.push(cell.free);
        }
        self.rows.push(Row { sum: self.place(sum), start, end: self.member.len(), adds });
        number
    }

    pub(super) fn bound(&mut self, member: usize, sum: Sum, floor: i64, ceiling: i64) {
        let place = member * self.sums + self.place(sum);
        self.floor[place] = floor;
        self.ceiling[place] = ceiling;
    }

    /// What each cell of a row adds to its sum, with its member.
    pub(super) fn cells(&self, row: usize) -> impl Iterator<Item = (usize, i64)> {
        let Row { start, end, .. } = self.rows[row];
        (start..end).map(|cell| (self.member[cell] as usize, self.cell(cell)))
    }

    pub(super) fn value(&self, member: usize, sum: Sum) -> i64 {
        self.value[member * self.sums + self.place(sum)]
    }

    fn cell(&self, cell: usize) -> i64 {
        self.low[cell] + i64::from(self.up[cell])
    }

    /// Brings every sum within its bounds.
    pub(super) fn round(&mut self) -> Result<(), Refusal> {
        self.add_up();
        for level in 1..=LEVELS {
            self.swap_at(level, true);
            self.swap_at(level, false);
        }
        if (0..self.value.len()).all(|sum| self.holds(sum)) {
            return Ok(());
        }
        self.index();
        self.mend()
    }

    fn holds(&self, sum: usize) -> bool {
        (self.floor[sum]..=self.ceiling[sum]).contains(&self.value[sum])
    }

    /// Bases are on the first level, net and VAT on the second, then gross, then payable.
    fn level(&self, sum: usize) -> usize {
        match sum {
            _ if sum < self.rates => 1,
            _ if sum < self.rates + 2 => 2,
            _ => sum - self.rates + 1,
        }
    }

    fn add_up(&mut self) {
        for row in 0..self.rows.len() {
            let Row { sum, start, end, .. } = self.rows[row];
            for cell in start..end {
                let mut place = Some(sum);
                while let Some(sum) = place {
                    self.value[self.member[cell] as usize * self.sums + sum] += self.cell(cell);
                    place = self.above(sum);
                }
            }
        }
    }

    /// The sums above a row, up to a level.
    fn chain(&self, row: usize, level: usize) -> Vec<usize> {
        std::iter::successors(Some(self.rows[row].sum), |&sum| self.above(sum))
            .take_while(|&sum| self.level(sum) <= level)
            .collect()
    }

    /// One pass over all rows. A cent goes from a member with a sum above its ceiling to one
    /// that can take it (`from_above`), or to a member with a sum below its floor from one
    /// that can give it; of those, to who is first in the row's order, from who is last.
    fn swap_at(&mut self, level: usize, from_above: bool) {
        let mut wrong: Vec<bool> =
            (0..self.members).map(|member| self.is_wrong(member, level, from_above)).collect();
        let mut left = wrong.iter().filter(|&&wrong| wrong).count();
        let (mut wrongs, mut others) = (Vec::new(), Vec::new());
        for row in 0..self.rows.len() {
            let chain = self.chain(row, level);
            if left == 0 || chain.is_empty() {
                continue;
            }
            let Row { start, end, adds, .. } = self.rows[row];
            // Takers come in the row's order, givers against it.
            let in_turn = |place: usize, takers: bool| {
                if takers == adds { start + place } else { end - 1 - place }
            };
            wrongs.clear();
            for cell in (0..end - start).map(|place| in_turn(place, !from_above)) {
                if wrong[self.member[cell] as usize]
                    && self.can(cell, &chain, from_above)
                    && self.must(cell, &chain, from_above)
                {
                    wrongs.push(cell);
                }
            }
            others.clear();
            if !wrongs.is_empty() {
                let cells = (0..end - start).map(|place| in_turn(place, from_above));
                let able = cells.filter(|&cell| self.can(cell, &chain, !from_above));
                others.extend(able.take(wrongs.len()));
            }
            for (&cell, &other) in wrongs.iter().zip(&others) {
                self.set(cell, !from_above);
                self.set(other, from_above);
                let member = self.member[cell] as usize;
                if !self.is_wrong(member, level, from_above) {
                    wrong[member] = false;
                    left -= 1;
                }
            }
        }
    }

    /// Whether a member has a sum up to `level` above its ceiling, or below its floor.
    fn is_wrong(&self, member: usize, level: usize, above: bool) -> bool {
        (0..self.sums).filter(|&sum| self.level(sum) <= level).any(|sum| {
            let sum = member * self.sums + sum;
            if above {
                self.value[sum] > self.ceiling[sum]
            } else {
                self.value[sum] < self.floor[sum]
            }
        })
    }

    /// Whether a cell can give a cent (or take one) and no sum of the chain is worse for it.
    fn can(&self, cell: usize, chain: &[usize], gives: bool) -> bool {
        let base = self.member[cell] as usize * self.sums;
        self.free[cell]
            && self.up[cell] == gives
            && chain.iter().map(|sum| base + sum).all(|sum| {
                if gives {
                    self.value[sum] > self.floor[sum]
                } else {
                    self.value[sum] < self.ceiling[sum]
                }
            })
    }

    /// Whether a sum of the chain is better for it.
    fn must(&self, cell: usize, chain: &[usize], gives: bool) -> bool {
        let base = self.member[cell] as usize * self.sums;
        chain.iter().map(|sum| base + sum).any(|sum| {
            if gives {
                self.value[sum] > self.ceiling[sum]
            } else {
                self.value[sum] < self.floor[sum]
            }
        })
    }

    /// Sets a cell, and with it all sums above.
    fn set(&mut self, cell: usize, up: bool) {
        let by = i64::from(up) - i64::from(self.up[cell]);
        self.up[cell] = up;
        let mut place = Some(self.rows[self.row[cell] as usize].sum);
        while let Some(sum) = place {
            self.value[self.member[cell] as usize * self.sums + sum] += by;
            place = self.above(sum);
        }
    }

    fn sum_of(&self, cell: usize) -> usize {
        self.member[cell] as usize * self.sums + self.rows[self.row[cell] as usize].sum
    }

    /// Finds the free cells of each sum.
    fn index(&mut self) {
        let mut starts = vec![0; self.sums * self.members + 1];
        let free: Vec<usize> = (0..self.member.len()).filter(|&cell| self.free[cell]).collect();
        for &cell in &free {
            starts[self.sum_of(cell) + 1] += 1;
        }
        for place in 1..starts.len() {
            starts[place] += starts[place - 1];
        }
        let mut next = starts.clone();
        self.by_sum = vec![0; free.len()];
        for cell in free {
            let place = &mut next[self.sum_of(cell)];
            self.by_sum[*place] = short(cell);
            *place += 1;
        }
        self.starts = starts;
    }

    /// Mends what swaps left, from the bases up, each sum in the order of members.
    fn mend(&mut self) -> Result<(), Refusal> {
        let mut search = Search::new(self);
        for sum in 0..self.sums {
            for member in 0..self.members {
                let place = member * self.sums + sum;
                let above = self.above(sum).map_or(search.sink, |above| member * self.sums + above);
                while self.value[place] > self.ceiling[place] {
                    search.run(self, place, above)?;
                    self.value[place] -= 1;
                }
                while self.value[place] < self.floor[place] {
                    search.run(self, above, place)?;
                    self.value[place] += 1;
                }
            }
        }
        Ok(())
    }
}

/// Numbers of members, rows and cells: an e-invoice of 10 MB has fewer than 2³² of each.
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
