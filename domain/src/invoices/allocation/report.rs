//! From rounded shares to what is said of each member, and the proof made on it.

use rust_decimal::Decimal;

use crate::invoices::einvoice::EInvoice;
use crate::money::{Cents, Gross, Net, Vat};
use crate::quantity::Quantity;

use super::Refusal;
use super::controlled::{Controlled, Shared};
use super::network::Sum;
use super::oracle::Oracle;
use super::plan::{Item, ItemKind, Line, Plan};
use super::shares::{
    Allocation, AllocationKey, AppliedKey, BaseDifference, KeyedRow, KeyedShare, LineShare,
    MemberShare, Proof, QuantityDifference, Share, VatShare,
};
use super::weights::Weights;

/// Exact shares are cut after six decimals of a euro: four of a cent.
const PARTS_OF_A_CENT: i64 = 10_000;
const EURO_DECIMALS: u32 = 6;

pub(super) struct Report<'a> {
    invoice: &'a EInvoice,
    plan: &'a Plan,
    weights: &'a Weights,
    controlled: &'a Controlled<'a>,
    members: Vec<MemberShare>,
    /// In hundredths of a cent.
    largest_gap: i64,
}

impl<'a> Report<'a> {
    pub(super) fn of(
        invoice: &'a EInvoice,
        key: AllocationKey,
        plan: &'a Plan,
        weights: &'a Weights,
        controlled: &'a Controlled<'a>,
    ) -> Result<Allocation, Refusal> {
        let members = (weights.members.iter().enumerate())
            .map(|(member, (siret, name))| MemberShare {
                siret: siret.clone(),
                name: name.clone(),
                lines: Vec::new(),
                freight_lines: Vec::new(),
                charges: Vec::new(),
                allowances: Vec::new(),
                base_differences: Vec::new(),
                net_difference: Share::default(),
                vat: Vec::new(),
                net: Net::from_cents(controlled.sum(member, Sum::Net)),
                vat_total: Vat::from_cents(controlled.sum(member, Sum::Vat)),
                gross: Gross::from_cents(controlled.sum(member, Sum::Gross)),
                prepaid: Share::default(),
                rounding: Share::default(),
                payable: Cents(controlled.sum(member, Sum::Payable)),
            })
            .collect();
        let mut report = Self { invoice, plan, weights, controlled, members, largest_gap: 0 };
        report.lines();
        report.items()?;
        let base_differences = report.differences()?;
        report.vat()?;
        report.totals()?;
        let row = |kind: ItemKind| {
            let mut rows: Vec<KeyedRow> = (plan.items.iter())
                .filter(|item| item.kind == kind)
                .map(|item| report.keyed_row(item))
                .collect();
            rows.sort_by_key(|row| row.index);
            rows
        };
        let (freight_lines, charges, allowances) =
            (row(ItemKind::Freight), row(ItemKind::Charge), row(ItemKind::Allowance));
        let accepted = weights.line_totals.iter().map(|&total| quantity(total)).collect();
        let proof = report.proof(base_differences);
        Ok(Allocation {
            key,
            accepted,
            freight_lines,
            charges,
            allowances,
            members: report.members,
            proof,
        })
    }

    fn oracle(&self) -> &'a Oracle<'a> {
        &self.controlled.oracle
    }

    fn lines(&mut self) {
        let mut rows: Vec<(&Line, &Shared)> =
            self.plan.lines.iter().zip(&self.controlled.lines).collect();
        rows.sort_by_key(|(line, _)| line.index);
        let mut own = vec![0_u64; self.members.len()];
        let mut counts = vec![0; self.members.len()];
        for &(member, _) in self.plan.lines.iter().flat_map(|line| &line.weights) {
            counts[member] += 1;
        }
        for (member, count) in self.members.iter_mut().zip(counts) {
            member.lines.reserve_exact(count);
        }
        for (line, row) in rows {
            let scale = self.weights.line_totals[line.index] / line.total;
            for &(member, weight) in &line.weights {
                own[member] = weight;
            }
            let mut gap = 0;
            for ((member, cents), cell) in self.controlled.shares(row).zip(&row.cells) {
                let more = cents.abs() != cell.floor;
                gap = gap.max(if more { line.total - cell.remainder } else { cell.remainder });
                let parts = cell.floor * PARTS_OF_A_CENT + cut_off(cell.remainder, line.total);
                self.members[member].lines.push(LineShare {
                    index: line.index,
                    quantity: quantity(own[member] * scale),
                    net: share(cents, if line.net < 0 { -parts } else { parts }),
                });
            }
            let gap = u128::from(gap) * 100 / u128::from(line.total);
            self.largest_gap = self.largest_gap.max(i64::try_from(gap).unwrap_or(100));
        }
    }

    fn items(&mut self) -> Result<(), Refusal> {
        let mut rows: Vec<usize> = (0..self.plan.items.len()).collect();
        rows.sort_by_key(|&place| (self.plan.items[place].kind, self.plan.items[place].index));
        for place in rows {
            let item = &self.plan.items[place];
            let figure = self.oracle().layout.item(place);
            let cents = self.by_member(&self.controlled.items[place]);
            for (member, &cents) in cents.iter().enumerate() {
                let Some(weight) = self.weight(item, member)? else { continue };
                let net = self.share(member, figure, cents)?;
                let of = &mut self.members[member];
                let list = match item.kind {
                    ItemKind::Freight => &mut of.freight_lines,
                    ItemKind::Charge => &mut of.charges,
                    ItemKind::Allowance => &mut of.allowances,
                };
                list.push(KeyedShare { index: item.index, weight, net });
            }
        }
        Ok(())
    }

    /// What a member weighs by an item's key; `None` for nothing.
    fn weight(&self, item: &Item, member: usize) -> Result<Option<Decimal>, Refusal> {
        let layout = self.oracle().layout;
        let figure = match item.key {
            AppliedKey::NetOfRate => layout.weight(item.rate),
            AppliedKey::NetOfAll => layout.weight_of_all(),
            AppliedKey::Quantity => {
                let weight = self.weights.quantities[member];
                return Ok((weight != 0).then(|| quantity(weight).decimal()));
            }
            AppliedKey::Equal => {
                let points = self.weights.points[member];
                return Ok((points != 0).then(|| Decimal::from(points)));
            }
        };
        if self.is_zero(member, figure)? {
            return Ok(None);
        }
        self.cut(member, figure).map(Some)
    }

    fn is_zero(&self, member: usize, figure: usize) -> Result<bool, Refusal> {
        let found = self.oracle().floor(member, figure, 1)?;
        Ok(found.value == 0 && found.whole)
    }

    fn keyed_row(&self, item: &Item) -> KeyedRow {
        let total_weight = match item.key {
            AppliedKey::NetOfRate => Cents(self.plan.rates[item.rate].weight).to_decimal(),
            AppliedKey::NetOfAll => Cents(self.plan.weight).to_decimal(),
            AppliedKey::Quantity => {
                Decimal::new(self.plan.quantity, Quantity::DECIMALS).normalize()
            }
            AppliedKey::Equal => Decimal::from(self.plan.points),
        };
        KeyedRow { index: item.index, key: item.key, total_weight }
    }

    fn differences(&mut self) -> Result<Vec<BaseDifference>, Refusal> {
        let layout = self.oracle().layout;
        let mut rows: Vec<usize> = (0..self.plan.rates.len())
            .filter(|&place| self.plan.rates[place].difference != 0)
            .collect();
        rows.sort_by_key(|&place| self.plan.rates[place].index);
        let mut differences = Vec::new();
        for place in rows {
            let rate = &self.plan.rates[place];
            let cents = self.by_member(&self.controlled.differences[place]);
            let mut total_weight = Decimal::ZERO;
            for (member, &cents) in cents.iter().enumerate() {
                let weight = self.cut(member, layout.rows(place))?.abs();
                total_weight += weight;
                let figure = layout.difference(place);
                if self.is_zero(member, figure)? {
                    continue;
                }
                let net = self.share(member, figure, cents)?;
                let index = differences.len();
                self.members[member].base_differences.push(KeyedShare { index, weight, net });
            }
            differences.push(BaseDifference {
                index: rate.index,
                category: rate.category,
                rate: rate.percent,
                printed: Net::from_cents(rate.base),
                computed: Net::from_cents(rate.base - rate.difference),
                total_weight,
            });
        }
        if !differences.is_empty() {
            let cents = self.by_member(&self.controlled.net_difference);
            for (member, &cents) in cents.iter().enumerate() {
                self.members[member].net_difference =
                    self.share(member, layout.net_difference(), cents)?;
            }
        }
        Ok(differences)
    }

    fn vat(&mut self) -> Result<(), Refusal> {
        let layout = self.oracle().layout;
        let mut concerned = vec![false; self.members.len() * self.plan.rates.len()];
        let rates = self.plan.rates.len();
        for line in &self.plan.lines {
            for &(member, _) in &line.weights {
                concerned[member * rates + line.rate] = true;
            }
        }
        for item in &self.plan.items {
            for member in 0..self.members.len() {
                if self.weight(item, member)?.is_some() {
                    concerned[member * rates + item.rate] = true;
                }
            }
        }
        let mut places: Vec<usize> = (0..rates).collect();
        places.sort_by_key(|&place| self.plan.rates[place].index);
        for place in places {
            let rate = &self.plan.rates[place];
            let taxes = self.by_member(&self.controlled.taxes[place]);
            for (member, &tax) in taxes.iter().enumerate() {
                let (base, tax_figure) = (layout.base(place), layout.tax(place));
                if !concerned[member * rates + place]
                    && self.is_zero(member, base)?
                    && self.is_zero(member, tax_figure)?
                {
                    continue;
                }
                let cents = self.controlled.sum(member, Sum::Base(place));
                let vat = VatShare {
                    index: rate.index,
                    category: rate.category,
                    rate: rate.percent,
                    base: self.share(member, base, cents)?,
                    tax: self.share(member, tax_figure, tax)?,
                };
                self.members[member].vat.push(vat);
            }
        }
        Ok(())
    }

    fn totals(&mut self) -> Result<(), Refusal> {
        let layout = self.oracle().layout;
        let prepaid = self.by_member(&self.controlled.prepaid);
        let rounding = self.by_member(&self.controlled.rounding);
        for member in 0..self.members.len() {
            self.members[member].prepaid = self.share(member, layout.prepaid(), prepaid[member])?;
            self.members[member].rounding =
                self.share(member, layout.rounding(), rounding[member])?;
            for (sum, figure) in [
                (Sum::Net, layout.net()),
                (Sum::Vat, layout.vat()),
                (Sum::Gross, layout.gross()),
                (Sum::Payable, layout.payable()),
            ] {
                self.gap(member, figure, self.controlled.sum(member, sum))?;
            }
        }
        Ok(())
    }

    fn by_member(&self, row: &Shared) -> Vec<i64> {
        let mut cents = vec![0; self.members.len()];
        for (member, share) in self.controlled.shares(row) {
            cents[member] = share;
        }
        cents
    }

    fn share(&mut self, member: usize, figure: usize, cents: i64) -> Result<Share, Refusal> {
        self.gap(member, figure, cents)?;
        Ok(Share { amount: Cents(cents), exact: self.cut(member, figure)? })
    }

    /// Keeps the largest distance from the exact fraction.
    fn gap(&mut self, member: usize, figure: usize, cents: i64) -> Result<(), Refusal> {
        let exact = self.oracle().floor(member, figure, 100)?;
        let gap = (exact.value - cents * 100).max(cents * 100 - exact.ceiling());
        self.largest_gap = self.largest_gap.max(gap);
        Ok(())
    }

    fn cut(&self, member: usize, figure: usize) -> Result<Decimal, Refusal> {
        let exact = self.oracle().floor(member, figure, PARTS_OF_A_CENT)?;
        let towards_zero = if exact.value < 0 { exact.ceiling() } else { exact.value };
        Ok(Decimal::new(towards_zero, EURO_DECIMALS))
    }

    fn proof(&self, base_differences: Vec<BaseDifference>) -> Proof {
        let (invoice, members) = (self.invoice, &self.members);
        let t = &invoice.totals;
        let total = |of: &dyn Fn(&MemberShare) -> i64| members.iter().map(of).sum::<i64>();

        let mut lines = vec![0; invoice.lines.len()];
        let mut charges = vec![0; invoice.charges.len()];
        let mut allowances = vec![0; invoice.allowances.len()];
        let mut rates = vec![(0, 0); invoice.vat.len()];
        for member in members {
            member.lines.iter().for_each(|one| lines[one.index] += one.net.amount.0);
            member.freight_lines.iter().for_each(|one| lines[one.index] += one.net.amount.0);
            member.charges.iter().for_each(|one| charges[one.index] += one.net.amount.0);
            member.allowances.iter().for_each(|one| allowances[one.index] += one.net.amount.0);
            for one in &member.vat {
                rates[one.index].0 += one.base.amount.0;
                rates[one.index].1 += one.tax.amount.0;
            }
        }
        let printed = |amounts: &[crate::invoices::einvoice::DocumentAmount]| {
            amounts.iter().map(|one| one.amount.cents()).collect::<Vec<_>>()
        };
        Proof {
            lines_exact: lines.iter().eq(&invoice
                .lines
                .iter()
                .map(|line| line.net.cents())
                .collect::<Vec<_>>()),
            charges_exact: charges == printed(&invoice.charges)
                && allowances == printed(&invoice.allowances),
            vat_exact: rates
                .iter()
                .zip(&invoice.vat)
                .all(|(&shared, rate)| shared == (rate.base.cents(), rate.tax.cents())),
            gross_exact: total(&|one| one.gross.cents()) == t.gross.cents()
                && total(&|one| one.prepaid.amount.0) == t.prepaid.0
                && total(&|one| one.rounding.amount.0) == t.rounding.0
                && total(&|one| one.payable.0) == t.payable.0,
            largest_gap: Decimal::new(self.largest_gap, 2),
            quantity_differences: self.quantity_differences(),
            base_differences,
        }
    }

    fn quantity_differences(&self) -> Vec<QuantityDifference> {
        let mut lines: Vec<usize> = self.plan.lines.iter().map(|line| line.index).collect();
        lines.sort_unstable();
        (lines.into_iter())
            .map(|index| QuantityDifference {
                index,
                invoiced: self.invoice.lines[index].quantity,
                accepted: quantity(self.weights.line_totals[index]),
            })
            .filter(|line| line.accepted.decimal() != line.invoiced.abs())
            .collect()
    }
}

/// A remainder over its total, in parts of a cent.
fn cut_off(remainder: u64, total: u64) -> i64 {
    let parts = match remainder.checked_mul(PARTS_OF_A_CENT.unsigned_abs()) {
        Some(product) => u128::from(product / total),
        None => {
            u128::from(remainder) * u128::from(PARTS_OF_A_CENT.unsigned_abs()) / u128::from(total)
        }
    };
    // Below PARTS_OF_A_CENT, since a remainder is below its total.
    i64::try_from(parts).unwrap_or(PARTS_OF_A_CENT)
}

fn share(cents: i64, parts_of_a_cent: i64) -> Share {
    Share { amount: Cents(cents), exact: Decimal::new(parts_of_a_cent, EURO_DECIMALS) }
}

/// Thousandths, which [`Weights`] keeps within 62 bits.
fn quantity(thousandths: u64) -> Quantity {
    i64::try_from(thousandths)
        .ok()
        .and_then(|thousandths| Quantity::from_thousandths(thousandths).ok())
        .unwrap_or(Quantity::ZERO)
}
