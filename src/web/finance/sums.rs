//! A sharing in sums: of each member, of all, as printed; and what was verified of it.

use domain::french;
use domain::invoices::allocation::MemberShare;
use domain::invoices::einvoice::EInvoice;
use minijinja::{Value, context};

use super::words::euros;
use crate::usecases::invoices::SharedDocument;

pub(super) fn has_charges(shown: &SharedDocument) -> bool {
    shown.allocation.members.iter().any(|one| beside_lines(one) != 0)
}

/// What a member bears beside its lines: charges, allowances, documented differences.
pub(super) fn beside_lines(member: &MemberShare) -> i64 {
    let lines: i64 = member.lines.iter().map(|one| one.net.amount.0).sum();
    let freight: i64 = member.freight_lines.iter().map(|one| one.net.amount.0).sum();
    member.net.cents() - lines - freight
}

/// A member's share of the line at `index`, freight lines among them.
pub(super) fn of_line(member: &MemberShare, index: usize) -> Option<i64> {
    let line = member.lines.iter().find(|one| one.index == index).map(|one| one.net.amount.0);
    line.or_else(|| {
        member.freight_lines.iter().find(|one| one.index == index).map(|one| one.net.amount.0)
    })
}

/// The sums of all members, and the printed amounts below them.
pub(super) fn foot(shown: &SharedDocument) -> Vec<Value> {
    let (members, invoice) = (&shown.allocation.members, &shown.invoice);
    let sum = |of: &dyn Fn(&MemberShare) -> i64| members.iter().map(of).sum::<i64>();
    let lines = invoice.lines.len();
    let mut sums: Vec<i64> =
        (0..lines).map(|index| sum(&|one| of_line(one, index).unwrap_or(0))).collect();
    let mut printed: Vec<i64> = invoice.lines.iter().map(|line| line.net.cents()).collect();
    if has_charges(shown) {
        sums.push(sum(&beside_lines));
        printed.push(charges_of(invoice));
    }
    let totals = &invoice.totals;
    sums.extend([
        sum(&|one| one.net.cents()),
        sum(&|one| one.vat_total.cents()),
        sum(&|one| one.gross.cents()),
        sum(&|one| one.payable.0),
    ]);
    printed.extend([
        totals.net.cents(),
        totals.vat.cents(),
        totals.gross.cents(),
        totals.payable.0,
    ]);
    let equal = sums == printed;
    let row = |label: &str, cells: Vec<i64>| {
        context! { label => label, cells => cells.into_iter().map(euros).collect::<Vec<_>>() }
    };
    let said = if equal { "égal au centime" } else { "écart" };
    vec![row("Total des membres", sums), row(&format!("Imprimé sur le document : {said}"), printed)]
}

fn charges_of(invoice: &EInvoice) -> i64 {
    invoice.totals.net.cents() - invoice.totals.lines.cents()
}

/// What was checked on the shares themselves, in words.
pub(super) fn proof(shown: &SharedDocument) -> Vec<Value> {
    let proof = &shown.allocation.proof;
    let said = |words: &str, holds: bool| context! { words => words, holds => holds };
    let mut checks = vec![
        said("Chaque ligne est répartie en entier", proof.lines_exact),
        said("Frais et remises sont répartis en entier", proof.charges_exact),
        said("Chaque taux de TVA est réparti en entier", proof.vat_exact),
        said("Les totaux TTC et à payer sont ceux du document", proof.gross_exact),
    ];
    let gap = french::decimal(proof.largest_gap);
    checks.push(said(
        &format!("Aucune part ne s’écarte de sa valeur exacte de plus de {gap} centime"),
        proof.largest_gap < rust_decimal::Decimal::ONE,
    ));
    checks
}
