//! The way of one cent through the network, where no swap within a row mends a sum.
//!
//! Breadth first, so the fewest hands; and in the order of rows, cells and members, so the
//! same hands however the files were ordered.

use std::collections::VecDeque;

use super::super::Refusal;
use super::{Network, Row, short};

/// A breadth-first search for a way to pass one cent on.
///
/// Nodes are the sums of all members, the rows, and the sink where all payables end.
pub(super) struct Search {
    pub(super) sink: usize,
    /// The node and cell that a node was reached from, in the run that reached it.
    reached: Vec<u32>,
    from: Vec<(u32, u32)>,
    run: u32,
    queue: VecDeque<usize>,
}

/// In place of a cell, where a node was reached along a sum.
const NO_CELL: u32 = u32::MAX;

impl Search {
    pub(super) fn new(network: &Network) -> Self {
        let sink = network.sums * network.members + network.rows.len();
        Self {
            sink,
            reached: vec![0; sink + 1],
            from: vec![(0, NO_CELL); sink + 1],
            run: 0,
            queue: VecDeque::new(),
        }
    }

    /// Passes a cent that `start` has too many on to `goal`, by arcs that stay within their
    /// bounds, or come nearer to them.
    ///
    /// The arc between `start` and `goal` cannot be taken: it is out of its bounds the other way.
    pub(super) fn run(
        &mut self,
        network: &mut Network,
        start: usize,
        goal: usize,
    ) -> Result<(), Refusal> {
        self.run += 1;
        self.queue.clear();
        self.visit(start, start, NO_CELL);
        while let Some(node) = self.queue.pop_front() {
            self.spread(network, node);
            if self.reached[goal] == self.run {
                self.pass(network, start, goal);
                return Ok(());
            }
        }
        Err(Refusal::NotRounded)
    }

    fn visit(&mut self, node: usize, from: usize, cell: u32) {
        if self.reached[node] != self.run {
            self.reached[node] = self.run;
            self.from[node] = (short(from), cell);
            self.queue.push_back(node);
        }
    }

    fn spread(&mut self, network: &Network, node: usize) {
        let rows = network.sums * network.members;
        let can_give = |sum: usize| network.value[sum] > network.floor[sum];
        if node == self.sink {
            for payable in (0..network.members).map(|member| (member + 1) * network.sums - 1) {
                if can_give(payable) {
                    self.visit(payable, node, NO_CELL);
                }
            }
        } else if node >= rows {
            let Row { sum, start, end, adds, .. } = network.rows[node - rows];
            let mut take = |cell: usize| {
                if network.free[cell] && !network.up[cell] {
                    let to = network.member[cell] as usize * network.sums + sum;
                    self.visit(to, node, short(cell));
                }
            };
            if adds {
                (start..end).for_each(&mut take);
            } else {
                (start..end).rev().for_each(&mut take);
            }
        } else {
            let (member, sum) = (node / network.sums, node % network.sums);
            let base = member * network.sums;
            for part in (0..sum).filter(|&part| network.above(part) == Some(sum)) {
                if can_give(base + part) {
                    self.visit(base + part, node, NO_CELL);
                }
            }
            for &cell in &network.by_sum[network.starts[node]..network.starts[node + 1]] {
                if network.up[cell as usize] {
                    self.visit(rows + network.row[cell as usize] as usize, node, cell);
                }
            }
            if network.value[node] < network.ceiling[node] {
                let above = network.above(sum).map_or(self.sink, |above| base + above);
                self.visit(above, node, NO_CELL);
            }
        }
    }

    /// Moves the cent along the way found.
    fn pass(&self, network: &mut Network, start: usize, goal: usize) {
        let mut node = goal;
        while node != start {
            let (from, cell) = self.from[node];
            let from = from as usize;
            if cell != NO_CELL {
                let cell = cell as usize;
                network.up[cell] = !network.up[cell];
            } else if node != self.sink && (from == self.sink || from > node) {
                // Down from a sum to its part: sums stand behind their parts.
                network.value[node] -= 1;
            } else {
                network.value[from] += 1;
            }
            node = from;
        }
    }
}
