//! Whether the printed invoice hangs together enough to be shared.

use std::collections::BTreeSet;

use crate::invoices::einvoice::EInvoice;
use crate::vat::{VatCategory, VatRate};

use super::Refusal;

/// All amounts of an invoice together, in cents: a thousand billion euros. Exact fractions
/// are cut after six decimals of a euro, and must then still fit 64 bits.
const MOST_CENTS: i64 = 100_000_000_000_000;

/// Every reason not to share `invoice`, whoever accepted what of it.
pub(super) fn refusals(invoice: &EInvoice) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    check_rates(invoice, &mut refusals);
    check_totals(invoice, &mut refusals);
    if !in_range(invoice) {
        refusals.push(Refusal::OutOfRange);
    }
    refusals
}

/// The breakdown names every rate of a row, once.
fn check_rates(invoice: &EInvoice, refusals: &mut Vec<Refusal>) {
    let mut named: BTreeSet<(VatCategory, VatRate)> = BTreeSet::new();
    for one in &invoice.vat {
        if !named.insert((one.category, one.rate)) {
            let (category, rate) = (one.category.code(), one.rate.machine());
            refusals.push(Refusal::RepeatedRate { category, rate });
        }
    }
    let lines = invoice.lines.iter().map(|line| (line.category, line.rate));
    let amounts = invoice.charges.iter().chain(&invoice.allowances);
    let used: BTreeSet<_> = lines.chain(amounts.map(|one| (one.category, one.rate))).collect();
    for &(category, rate) in used.difference(&named) {
        refusals.push(Refusal::missing_rate(category, rate));
    }
}

fn amounts(invoice: &EInvoice) -> impl Iterator<Item = i64> {
    let t = &invoice.totals;
    let totals =
        [t.gross.cents(), t.net.cents(), t.vat.cents(), t.prepaid.0, t.rounding.0, t.payable.0];
    (invoice.lines.iter().map(|line| line.net.cents()))
        .chain(invoice.charges.iter().chain(&invoice.allowances).map(|one| one.amount.cents()))
        .chain(invoice.vat.iter().flat_map(|rate| [rate.base.cents(), rate.tax.cents()]))
        .chain(totals)
}

fn in_range(invoice: &EInvoice) -> bool {
    let add = |sum: u64, cents: i64| sum.checked_add(cents.unsigned_abs());
    amounts(invoice).try_fold(0_u64, add).is_some_and(|sum| sum <= MOST_CENTS.unsigned_abs())
}

/// The sums that make the exact fractions of the members meet the printed totals. Bases may
/// differ from their lines; nothing else may.
fn check_totals(invoice: &EInvoice, refusals: &mut Vec<Refusal>) {
    let t = &invoice.totals;
    let sum = |all: &mut dyn Iterator<Item = i64>| all.map(i128::from).sum::<i128>();
    let [lines, allowances, charges, net, vat, gross, prepaid, rounding, payable] = [
        t.lines.cents(),
        t.allowances.cents(),
        t.charges.cents(),
        t.net.cents(),
        t.vat.cents(),
        t.gross.cents(),
        t.prepaid.0,
        t.rounding.0,
        t.payable.0,
    ]
    .map(i128::from);
    for (rule, holds) in [
        ("BR-CO-10", lines == sum(&mut invoice.lines.iter().map(|line| line.net.cents()))),
        (
            "BR-CO-11",
            allowances == sum(&mut invoice.allowances.iter().map(|one| one.amount.cents())),
        ),
        ("BR-CO-12", charges == sum(&mut invoice.charges.iter().map(|one| one.amount.cents()))),
        ("BR-CO-13", net == lines - allowances + charges),
        ("BR-CO-14", vat == sum(&mut invoice.vat.iter().map(|rate| rate.tax.cents()))),
        ("BR-CO-15", gross == net + vat),
        ("BR-CO-16", payable == gross - prepaid + rounding),
    ] {
        if !holds {
            refusals.push(Refusal::Totals { rule });
        }
    }
}
