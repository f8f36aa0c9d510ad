//! The invoice as rows to share, in an order of their own.
//!
//! Rows are ordered by what they say, never by where they stand in the file, so that the
//! same invoice with its lines in another order gives the same shares.

use std::collections::BTreeSet;

use crate::invoices::einvoice::{DocumentAmount, EInvoice};
use crate::vat::{VatCategory, VatRate};

use super::Refusal;
use super::shares::{AllocationKey, AppliedKey};
use super::weights::Weights;

/// One VAT category and rate of the breakdown.
pub(super) struct Rate {
    /// Where it stands in the invoice's breakdown.
    pub(super) index: usize,
    pub(super) category: VatCategory,
    pub(super) percent: VatRate,
    /// As printed.
    pub(super) base: i64,
    pub(super) tax: i64,
    /// The printed base less what its lines, charges and allowances sum to.
    pub(super) difference: i64,
    /// The absolute amounts of its lines, freight lines left out.
    pub(super) weight: i64,
}

/// A line shared by accepted quantities.
pub(super) struct Line {
    pub(super) index: usize,
    pub(super) rate: usize,
    pub(super) net: i64,
    /// The members that weigh something, ascending, and their weights in lowest terms.
    pub(super) weights: Vec<(usize, u64)>,
    pub(super) total: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ItemKind {
    Freight,
    Charge,
    Allowance,
}

/// A charge, an allowance or a freight line.
pub(super) struct Item {
    pub(super) kind: ItemKind,
    /// Where it stands among the invoice's lines, charges or allowances.
    pub(super) index: usize,
    pub(super) rate: usize,
    /// As printed.
    pub(super) amount: i64,
    pub(super) key: AppliedKey,
}

impl Item {
    /// What it adds to the base.
    pub(super) fn signed(&self) -> i64 {
        match self.kind {
            ItemKind::Allowance => -self.amount,
            ItemKind::Charge | ItemKind::Freight => self.amount,
        }
    }
}

pub(super) struct Plan {
    pub(super) rates: Vec<Rate>,
    pub(super) lines: Vec<Line>,
    pub(super) items: Vec<Item>,
    /// The absolute amounts of all lines, freight lines left out.
    pub(super) weight: i64,
    /// The accepted quantities of all members, in thousandths.
    pub(super) quantity: i64,
    /// The delivery points served.
    pub(super) points: i64,
    /// By what a row is shared that no base weighs: `net` of all lines, else the quantity.
    pub(super) last_resort: AppliedKey,
    pub(super) vat: i64,
    pub(super) gross: i64,
    pub(super) prepaid: i64,
    pub(super) rounding: i64,
}

impl Plan {
    /// The invoice must have passed [`super::printed::refusals`].
    pub(super) fn of(
        invoice: &EInvoice,
        weights: &mut Weights,
        key: AllocationKey,
        freight_lines: &BTreeSet<String>,
    ) -> Result<Self, Refusal> {
        let rates = rates_of(invoice);
        let place = |category: VatCategory, of: VatRate| {
            rates
                .binary_search_by_key(&(category, of), |rate| (rate.category, rate.percent))
                .map_err(|_| Refusal::missing_rate(category, of))
        };
        let mut lines = Vec::new();
        let mut items = Vec::new();
        // The keys are decided once all rows are there.
        let key_to_come = AppliedKey::Equal;
        for (index, line) in invoice.lines.iter().enumerate() {
            let rate = place(line.category, line.rate)?;
            let net = line.net.cents();
            if freight_lines.contains(&line.id) {
                let kind = ItemKind::Freight;
                items.push(Item { kind, index, rate, amount: net, key: key_to_come });
            } else {
                let own = std::mem::take(&mut weights.lines[index]);
                lines.push(Line::of(index, rate, net, own, weights.line_totals[index]));
            }
        }
        for (kind, amounts) in
            [(ItemKind::Charge, &invoice.charges), (ItemKind::Allowance, &invoice.allowances)]
        {
            for (index, one) in amounts.iter().enumerate() {
                let (rate, amount) = (place(one.category, one.rate)?, one.amount.cents());
                items.push(Item { kind, index, rate, amount, key: key_to_come });
            }
        }
        let sum =
            |all: &[u64]| i64::try_from(all.iter().sum::<u64>()).map_err(|_| Refusal::OutOfRange);
        let (quantity, points) = (sum(&weights.quantities)?, sum(&weights.points)?);
        if points == 0 {
            return Err(Refusal::NothingToWeigh);
        }
        let weight = lines.iter().map(|line| line.net.abs()).sum();
        let mut plan = Self {
            rates,
            lines,
            items,
            weight,
            quantity,
            points,
            last_resort: if weight == 0 { AppliedKey::Quantity } else { AppliedKey::NetOfAll },
            vat: invoice.totals.vat.cents(),
            gross: invoice.totals.gross.cents(),
            prepaid: invoice.totals.prepaid.0,
            rounding: invoice.totals.rounding.0,
        };
        plan.fill(key);
        plan.order(invoice);
        Ok(plan)
    }

    /// What depends on all rows together: differences, weights and the keys that they decide.
    fn fill(&mut self, key: AllocationKey) {
        for line in &self.lines {
            let rate = &mut self.rates[line.rate];
            rate.difference -= line.net;
            rate.weight += line.net.abs();
        }
        for item in &self.items {
            self.rates[item.rate].difference -= item.signed();
        }
        for item in &mut self.items {
            item.key = match key {
                AllocationKey::Net if self.rates[item.rate].weight != 0 => AppliedKey::NetOfRate,
                AllocationKey::Net => self.last_resort,
                AllocationKey::Quantity => AppliedKey::Quantity,
                AllocationKey::Equal => AppliedKey::Equal,
            };
        }
    }

    fn order(&mut self, invoice: &EInvoice) {
        self.lines.sort_by(|a, b| invoice.lines[a.index].id.cmp(&invoice.lines[b.index].id));
        let said = |item: &Item| {
            let text = match item.kind {
                ItemKind::Freight => (invoice.lines[item.index].id.as_str(), ""),
                ItemKind::Charge => reason(&invoice.charges[item.index]),
                ItemKind::Allowance => reason(&invoice.allowances[item.index]),
            };
            // The size first: an invoice and its mirror image are ordered alike.
            (item.kind, item.rate, item.amount.abs(), text, item.amount < 0)
        };
        // Two that say the same are the same: which comes first changes nothing.
        self.items.sort_by(|a, b| said(a).cmp(&said(b)));
    }

    /// What takes the base differences out of the net again (BT-109 is that of the lines).
    pub(super) fn net_difference(&self) -> i64 {
        -self.rates.iter().map(|rate| rate.difference).sum::<i64>()
    }
}

impl Line {
    fn of(index: usize, rate: usize, net: i64, mut weights: Vec<(usize, u64)>, total: u64) -> Self {
        let common = weights.iter().fold(total, |common, &(_, weight)| {
            if weight.is_multiple_of(common) { common } else { num_integer::gcd(common, weight) }
        });
        // Lowest terms: the exact numerators stay short.
        for (_, weight) in &mut weights {
            *weight /= common;
        }
        Self { index, rate, net, weights, total: total / common }
    }
}

fn reason(amount: &DocumentAmount) -> (&str, &str) {
    (
        amount.reason.as_deref().unwrap_or_default(),
        amount.reason_code.as_deref().unwrap_or_default(),
    )
}

fn rates_of(invoice: &EInvoice) -> Vec<Rate> {
    let mut rates: Vec<Rate> = (invoice.vat.iter().enumerate())
        .map(|(index, one)| Rate {
            index,
            category: one.category,
            percent: one.rate,
            base: one.base.cents(),
            tax: one.tax.cents(),
            difference: one.base.cents(),
            weight: 0,
        })
        .collect();
    rates.sort_by_key(|rate| (rate.category, rate.percent));
    rates
}
