//! The numbers of the dossier, by the name of their rule.

use std::collections::BTreeSet;

use travee_domain::invoices::allocation::{Accepted, Allocation, AllocationKey, Refusal, allocate};
use travee_domain::invoices::einvoice::{EInvoice, InvoiceKind};

use crate::build::{Draft, accepted};
use crate::check::breaches;

const NONE: BTreeSet<String> = BTreeSet::new();

/// Shares, and checks the six rules on the way.
fn share(invoice: &EInvoice, by: &[Accepted], key: AllocationKey) -> Allocation {
    let allocation = allocate(invoice, by, key, &NONE).unwrap();
    assert_eq!(breaches(invoice, by, key, &NONE, &allocation), Vec::<String>::new());
    allocation
}

/// 327 boxes at 1.87 €, freight of 45.00 €, three members.
fn boxes() -> (EInvoice, Vec<Accepted>) {
    let mut invoice =
        Draft { lines: vec![(0, 61_149)], charges: vec![(0, 4_500)], ..Draft::default() }.invoice();
    invoice.lines[0].quantity = 327.into();
    (invoice, by_members(&[250, 40, 37]))
}

fn by_members(quantities: &[i64]) -> Vec<Accepted> {
    (quantities.iter().enumerate())
        .map(|(member, quantity)| accepted(1, member + 1, "", quantity * 1_000))
        .collect()
}

fn charges(allocation: &Allocation) -> Vec<i64> {
    allocation.members.iter().map(|member| member.charges[0].net.amount.0).collect()
}

fn nets(allocation: &Allocation) -> Vec<i64> {
    allocation.members.iter().map(|member| member.net.cents()).collect()
}

#[test]
fn the_worked_example_of_the_dossier_comes_out_to_the_cent() {
    let (invoice, by) = boxes();
    let shared = share(&invoice, &by, AllocationKey::Net);
    let lines: Vec<i64> =
        shared.members.iter().map(|member| member.lines[0].net.amount.0).collect();
    let taxes: Vec<i64> = shared.members.iter().map(|member| member.vat_total.cents()).collect();
    let gross: Vec<i64> = shared.members.iter().map(|member| member.gross.cents()).collect();
    assert_eq!(invoice.totals.vat.cents(), 13_130);
    assert_eq!(lines, [46_750, 7_480, 6_919]);
    assert_eq!(charges(&shared), [3_440, 551, 509]);
    assert_eq!(nets(&shared), [50_190, 8_031, 7_428]);
    assert_eq!(taxes, [10_038, 1_606, 1_486]);
    assert_eq!(gross, [60_228, 9_637, 8_914]);
    assert!(shared.proof.quantity_differences.is_empty());
    let freight = shared.members[1].charges[0].net;
    assert_eq!(freight.exact.to_string(), "5.504587");
    assert_eq!(freight.cent().0, 1);
}

#[test]
fn rule_19_three_equal_members_share_a_hundred_euros_by_siret() {
    let invoice = Draft { lines: vec![(2, 10_000)], ..Draft::default() }.invoice();
    let mut by = by_members(&[1, 1, 1]);
    assert_eq!(nets(&share(&invoice, &by, AllocationKey::Net)), [3_334, 3_333, 3_333]);
    by.reverse();
    assert_eq!(nets(&share(&invoice, &by, AllocationKey::Net)), [3_334, 3_333, 3_333]);
}

#[test]
fn rule_20_the_freight_key_decides_who_pays_the_freight() {
    let (invoice, mut by) = boxes();
    for (key, expected) in [
        (AllocationKey::Net, [3_440, 551, 509]),
        (AllocationKey::Quantity, [3_440, 551, 509]),
        (AllocationKey::Equal, [1_500, 1_500, 1_500]),
    ] {
        assert_eq!(charges(&share(&invoice, &by, key)), expected, "{key:?}");
    }
    // A second delivery point of the second member counts as one more.
    by[1].quantity = "39".parse().map(travee_domain::quantity::Quantity::whole).unwrap();
    by.push(accepted(1, 2, "Annexe", 1_000));
    assert_eq!(charges(&share(&invoice, &by, AllocationKey::Equal)), [1_125, 2_250, 1_125]);
}

#[test]
fn rule_20_a_freight_line_is_shared_like_a_charge() {
    let invoice = Draft { lines: vec![(0, 61_149), (0, 4_500)], ..Draft::default() }.invoice();
    let freight = BTreeSet::from(["2".to_owned()]);
    // What somebody accepted of freight weighs nothing.
    let mut by = by_members(&[250, 40, 37]);
    by.push(accepted(2, 3, "", 1_000));
    for (key, expected) in
        [(AllocationKey::Net, [3_440, 551, 509]), (AllocationKey::Equal, [1_500; 3])]
    {
        let shared = allocate(&invoice, &by, key, &freight).unwrap();
        assert_eq!(breaches(&invoice, &by, key, &freight, &shared), Vec::<String>::new());
        let of: Vec<i64> =
            shared.members.iter().map(|member| member.freight_lines[0].net.amount.0).collect();
        assert_eq!(of, expected, "{key:?}");
    }
}

#[test]
fn rule_21_a_full_credit_note_mirrors_its_invoice() {
    let (invoice, by) = boxes();
    let shared = share(&invoice, &by, AllocationKey::Net);
    let mirror = shared.negated();
    for (one, other) in shared.members.iter().zip(&mirror.members) {
        assert_eq!(one.net.plus(other.net).unwrap().cents(), 0);
        assert_eq!(one.gross.plus(other.gross).unwrap().cents(), 0);
        assert_eq!(one.payable.0 + other.payable.0, 0);
        assert_eq!(one.vat[0].tax.amount.0 + other.vat[0].tax.amount.0, 0);
        assert_eq!(one.charges[0].net.exact, -other.charges[0].net.exact);
    }
    assert_eq!(mirror.negated(), shared);
}

#[test]
fn rule_21_a_partial_credit_goes_to_the_member_concerned() {
    let mut credit = Draft { lines: vec![(0, 1_870)], ..Draft::default() }.invoice();
    credit.kind = InvoiceKind::CreditNote(381);
    let damaged = [accepted(1, 2, "", 10_000)];
    assert_eq!(nets(&share(&credit, &damaged, AllocationKey::Net)), [1_870]);
    let pro_rata = by_members(&[250, 40, 37]);
    assert_eq!(nets(&share(&credit, &pro_rata, AllocationKey::Net)), [1_430, 229, 211]);
}

#[test]
fn a_charge_at_a_rate_that_no_line_has_weighs_all_lines() {
    let invoice =
        Draft { lines: vec![(0, 3_000), (0, 1_000)], charges: vec![(1, 100)], ..Draft::default() }
            .invoice();
    let by = [accepted(1, 1, "", 1_000), accepted(2, 2, "", 5_000)];
    assert_eq!(charges(&share(&invoice, &by, AllocationKey::Net)), [75, 25]);
}

#[test]
fn a_charge_on_lines_that_amount_to_nothing_goes_by_quantity() {
    let invoice =
        Draft { lines: vec![(0, 0)], charges: vec![(0, 100)], ..Draft::default() }.invoice();
    let by = by_members(&[3, 1]);
    assert_eq!(charges(&share(&invoice, &by, AllocationKey::Net)), [75, 25]);
}

#[test]
fn the_tax_of_a_rate_whose_base_is_zero_follows_each_members_own_base() {
    let invoice = Draft { lines: vec![(0, 72_081), (0, -72_081)], ..Draft::default() }.invoice();
    let by = [accepted(1, 1, "", 1_000), accepted(2, 2, "", 1_000)];
    let shared = share(&invoice, &by, AllocationKey::Net);
    assert_eq!(nets(&shared), [72_081, -72_081]);
    let taxes: Vec<i64> = shared.members.iter().map(|member| member.vat_total.cents()).collect();
    assert!(taxes == [14_416, -14_416] || taxes == [14_417, -14_417], "{taxes:?}");
}

#[test]
fn a_printed_base_that_differs_from_its_lines_is_shared_as_a_row_of_its_own() {
    let draft =
        Draft { lines: vec![(0, 10_000), (0, 333)], base_off: [(0, 2)].into(), ..Draft::default() };
    let by = [accepted(1, 1, "", 1_000), accepted(1, 2, "", 2_000), accepted(2, 1, "", 1_000)];
    let shared = share(&draft.invoice(), &by, AllocationKey::Net);
    let difference = &shared.proof.base_differences[0];
    assert_eq!((difference.printed.cents(), difference.computed.cents()), (10_335, 10_333));
    let bases: i64 = shared.members.iter().map(|member| member.vat[0].base.amount.0).sum();
    assert_eq!(bases, 10_335);
    assert_eq!(nets(&shared).iter().sum::<i64>(), 10_333, "the net stays that of the lines");
}

#[test]
fn quantities_other_than_the_invoiced_ones_are_named() {
    let (invoice, mut by) = boxes();
    by.pop();
    let shared = share(&invoice, &by, AllocationKey::Net);
    let named = shared.proof.quantity_differences[0];
    assert_eq!(
        (named.index, named.invoiced, named.accepted.machine()),
        (0, 327.into(), "290".into())
    );
}

#[test]
fn what_cannot_be_shared_is_refused_with_every_reason() {
    let draft = Draft { lines: vec![(0, 1_000), (0, 500)], ..Draft::default() };
    let mut invoice = draft.invoice();
    invoice.totals.gross = travee_domain::money::Gross::from_cents(1);
    let by = [accepted(9, 1, "", 1_000), accepted(1, 1, "", 0)];
    let freight = BTreeSet::from(["7".to_owned()]);
    let line = |line: &str| line.to_owned();
    assert_eq!(
        allocate(&invoice, &by, AllocationKey::Net, &freight).unwrap_err(),
        [
            Refusal::UnknownFreightLine { line: line("7") },
            Refusal::UnknownLine { row: 0, line: line("9") },
            Refusal::NothingAccepted { line: line("1") },
            Refusal::NothingAccepted { line: line("2") },
            Refusal::Totals { rule: "BR-CO-15" },
            Refusal::Totals { rule: "BR-CO-16" },
        ]
    );
    let all = BTreeSet::from(["1".to_owned(), "2".to_owned()]);
    assert_eq!(
        allocate(&draft.invoice(), &[], AllocationKey::Net, &all).unwrap_err(),
        [Refusal::NothingToWeigh]
    );
}
