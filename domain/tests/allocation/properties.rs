//! What is true of every allocation.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use travee_domain::invoices::allocation::{
    Accepted, Allocation, AllocationKey, MemberShare, Share, allocate,
};
use travee_domain::invoices::einvoice::EInvoice;

use crate::build::{Draft, accepted, siret};
use crate::check::breaches;

/// An invoice, what was accepted of it, the key and the freight lines.
#[derive(Debug, Clone)]
struct Case {
    draft: Draft,
    by: Vec<Accepted>,
    key: AllocationKey,
    freight: BTreeSet<String>,
}

impl Case {
    fn share(&self) -> Allocation {
        allocate(&self.draft.invoice(), &self.by, self.key, &self.freight).unwrap()
    }
}

fn cents() -> impl Strategy<Value = i64> {
    prop_oneof![4 => 1..400_i64, 2 => Just(1_i64), 3 => 1..2_000_000_i64, 1 => -5_000..5_000_i64, 1 => Just(0_i64)]
}

/// Few different weights give many ties and whole fractions, many give none. Where two members
/// share each line in halves, sums are whole and a cent finds its way only over several rows.
fn weights() -> impl Strategy<Value = Vec<Vec<i64>>> {
    let some = || {
        prop_oneof![
            3 => (0..6_i64).prop_map(|packs| packs * 1_000),
            1 => 0..1_000_000_i64,
            1 => Just(7_000_i64),
        ]
    };
    let dense = (1..9_usize).prop_flat_map(move |members| {
        prop::collection::vec(prop::collection::vec(some(), members), 1..9)
    });
    let sparse = (1..9_usize).prop_flat_map(move |members| {
        let weight = prop_oneof![2 => Just(0_i64), 1 => some()];
        prop::collection::vec(prop::collection::vec(weight, members), 1..13)
    });
    let halves = (2..9_usize).prop_flat_map(|members| {
        let pair = (0..members, 1..members).prop_map(move |(one, step)| {
            let mut line = vec![0; members];
            line[one] = 1_000;
            line[(one + step) % members] = 1_000;
            line
        });
        prop::collection::vec(pair, 1..13)
    });
    prop_oneof![dense, sparse, halves]
}

fn amounts(most: usize) -> impl Strategy<Value = Vec<(usize, i64)>> {
    prop::collection::vec((0..3_usize, cents()), 0..most)
}

fn offs() -> impl Strategy<Value = BTreeMap<usize, i64>> {
    prop_oneof![
        3 => Just(BTreeMap::new()),
        1 => prop::collection::btree_map(0..3_usize, -3..4_i64, 0..3),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    let key = prop_oneof![
        Just(AllocationKey::Net),
        Just(AllocationKey::Quantity),
        Just(AllocationKey::Equal)
    ];
    let paid = || prop_oneof![2 => Just(0_i64), 1 => -900..90_000_i64];
    (
        weights(),
        prop::collection::vec((0..3_usize, cents()), 13),
        amounts(3),
        amounts(3),
        (offs(), offs(), paid(), paid()),
        key,
        prop_oneof![3 => Just(0_usize), 1 => 1..3_usize],
    )
        .prop_map(
            |(
                weights,
                lines,
                charges,
                allowances,
                (base_off, tax_off, prepaid, rounding),
                key,
                freight,
            )| {
                let goods = weights.len();
                let mut by = Vec::new();
                for (line, of) in weights.iter().enumerate() {
                    let nothing = of.iter().all(|&weight| weight == 0);
                    for (member, &weight) in of.iter().enumerate() {
                        let weight = if nothing { 1_000 } else { weight };
                        let site = if (line + member) % 3 == 0 { "annexe" } else { "" };
                        by.push(accepted(line + 1, member + 1, site, weight));
                    }
                }
                let count = (goods + freight).min(lines.len());
                let freight = (goods..count).map(|line| (line + 1).to_string()).collect();
                let lines = lines[..count].to_vec();
                let draft =
                    Draft { lines, charges, allowances, base_off, tax_off, prepaid, rounding };
                Case { draft, by, key, freight }
            },
        )
}

/// Everything a member bears, by what rows say rather than by where they stand.
fn content(invoice: &EInvoice, member: &MemberShare) -> Vec<(String, Share)> {
    let mut rows = vec![("prepaid".into(), member.prepaid), ("rounding".into(), member.rounding)];
    for one in &member.lines {
        rows.push((invoice.lines[one.index].id.clone(), one.net));
    }
    for one in &member.vat {
        let name = format!("{:?} {}", one.category, one.rate);
        rows.push((format!("base {name}"), one.base));
        rows.push((format!("tax {name}"), one.tax));
    }
    for (list, all) in
        [(&member.charges, &invoice.charges), (&member.allowances, &invoice.allowances)]
    {
        for one in list {
            let of = &all[one.index];
            rows.push((format!("{:?} {}", of.amount, of.rate), one.net));
        }
    }
    rows.sort_by(|a, b| (&a.0, a.1.amount).cmp(&(&b.0, b.1.amount)));
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_allocation_obeys_the_six_rules(case in case()) {
        let shared = case.share();
        let invoice = case.draft.invoice();
        let found = breaches(&invoice, &case.by, case.key, &case.freight, &shared);
        prop_assert_eq!(found, Vec::<String>::new());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_order_of_members_and_lines_changes_nothing(
        case in case(),
        order in Just((0..200_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let place = |index: usize| order[index % order.len()];
        let invoice = case.draft.invoice();
        let mut mixed = invoice.clone();
        mixed.lines.sort_by_key(|line| place(line.id.parse().unwrap()));
        mixed.charges.reverse();
        mixed.allowances.reverse();
        mixed.vat.reverse();
        let mut by: Vec<(usize, Accepted)> = case.by.iter().cloned().enumerate().collect();
        by.sort_by_key(|(index, _)| place(*index));
        let by: Vec<Accepted> = by.into_iter().map(|(_, one)| one).collect();
        let other = allocate(&mixed, &by, case.key, &case.freight).unwrap();
        for (one, other) in case.share().members.iter().zip(&other.members) {
            prop_assert_eq!(&one.siret, &other.siret);
            prop_assert_eq!(content(&invoice, one), content(&mixed, other));
            prop_assert_eq!((one.net, one.gross, one.payable), (other.net, other.gross, other.payable));
        }
    }

    #[test]
    fn a_member_that_accepted_nothing_changes_nothing_and_pays_nothing(case in case()) {
        let mut more = case.clone();
        more.by.push(accepted(1, 5_000, "annexe", 0));
        let mut shared = more.share();
        let idle = shared.members.pop().unwrap();
        prop_assert_eq!(&idle.siret, &siret(5_000));
        prop_assert!(idle.lines.is_empty() && idle.charges.is_empty() && idle.vat.is_empty());
        prop_assert_eq!((idle.gross.cents(), idle.payable.0), (0, 0));
        prop_assert_eq!(shared, case.share());
    }

    #[test]
    fn an_invoice_below_zero_is_shared_as_its_mirror_image(case in case()) {
        let turned = |all: &[(usize, i64)]| all.iter().map(|&(rate, cents)| (rate, -cents)).collect();
        let draft = &case.draft;
        let negated = |all: &BTreeMap<usize, i64>| all.iter().map(|(&rate, &off)| (rate, -off)).collect();
        let mirror = Draft {
            lines: turned(&draft.lines),
            charges: turned(&draft.charges),
            allowances: turned(&draft.allowances),
            base_off: negated(&draft.base_off),
            tax_off: negated(&draft.tax_off),
            prepaid: -draft.prepaid,
            rounding: -draft.rounding,
        };
        let other = Case { draft: mirror, ..case.clone() }.share();
        prop_assert_eq!(other.negated(), case.share());
    }

    #[test]
    fn a_line_split_over_two_deliveries_is_one(case in case()) {
        let mut split = case.clone();
        let half = split.by[0].clone();
        let thousandths = half.quantity.thousandths();
        split.by[0] = accepted(1, 1, &half.site, thousandths / 3);
        split.by.push(accepted(1, 1, &half.site, thousandths - thousandths / 3));
        prop_assert_eq!(split.share(), case.share());
    }

    #[test]
    fn one_member_bears_the_invoice_as_printed(case in case()) {
        let mut alone = case;
        for one in &mut alone.by {
            one.siret = siret(1);
        }
        let invoice = alone.draft.invoice();
        let only = &alone.share().members[0];
        let t = &invoice.totals;
        prop_assert_eq!((only.net, only.vat_total, only.gross), (t.net, t.vat, t.gross));
        prop_assert_eq!(only.payable, t.payable);
    }

    /// Each line is one cent between two members, so that whoever shares an even number of
    /// lines must pay exactly half of them: most cents change hands more than once.
    #[test]
    fn a_cent_finds_its_way_over_many_rows(
        pairs in prop::collection::vec((1..9_usize, 1..9_usize, 0..3_usize), 8..40),
    ) {
        let mut draft = Draft::default();
        let mut by = Vec::new();
        for (one, other, rate) in pairs.into_iter().filter(|(one, other, _)| one != other) {
            draft.lines.push((rate, 1));
            by.push(accepted(draft.lines.len(), one, "", 1_000));
            by.push(accepted(draft.lines.len(), other, "", 1_000));
        }
        let case = Case { draft, by, key: AllocationKey::Net, freight: BTreeSet::new() };
        let found = breaches(
            &case.draft.invoice(), &case.by, case.key, &case.freight, &case.share(),
        );
        prop_assert_eq!(found, Vec::<String>::new());
    }

    /// Without tax and with one line there is nothing to repair.
    #[test]
    fn one_line_without_tax_is_the_plain_largest_remainder(
        cents in -2_000_000..2_000_000_i64,
        weights in prop::collection::vec(1..50_i64, 1..40),
    ) {
        let draft = Draft { lines: vec![(2, cents)], ..Draft::default() };
        let by: Vec<Accepted> = (weights.iter().enumerate())
            .map(|(member, &weight)| accepted(1, member, "", weight * 1_000))
            .collect();
        let case = Case { draft, by, key: AllocationKey::Net, freight: BTreeSet::new() };
        let found: Vec<i64> = case.share().members.iter().map(|one| one.net.cents()).collect();

        let total: i64 = weights.iter().sum();
        let size = cents.abs();
        let mut shares: Vec<i64> = weights.iter().map(|weight| size * weight / total).collect();
        let mut order: Vec<usize> = (0..weights.len()).collect();
        order.sort_by_key(|&member| {
            (-(size * weights[member] % total), -weights[member], member)
        });
        let left_over = usize::try_from(size - shares.iter().sum::<i64>()).unwrap();
        order[..left_over].iter().for_each(|&member| shares[member] += 1);
        let expected: Vec<i64> = shares.iter().map(|share| share * cents.signum()).collect();
        prop_assert_eq!(found, expected);
    }
}

/// Numbers that look random and are the same every time.
fn noise(seed: u64) -> impl FnMut(u64) -> i64 {
    let mut state = seed;
    move |below| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((state >> 33) % below).unwrap()
    }
}

/// 900 members with `lines` lines at three rates, charges, allowances, prepaid and rounding.
/// Where `packs`, weights are few and totals round, so that fractions tie and are whole.
fn large(lines: usize, packs: bool, seed: u64) -> Case {
    let mut noise = noise(seed);
    let mut case = Case {
        draft: Draft {
            charges: vec![(0, 45_003), (1, 1_999)],
            allowances: vec![(0, 12_345)],
            prepaid: 100_001,
            rounding: -3,
            ..Draft::default()
        },
        by: Vec::new(),
        key: AllocationKey::Net,
        freight: BTreeSet::new(),
    };
    for line in 0..lines {
        case.draft.lines.push((line % 3, noise(900_000) + 1));
        for (member, place) in (1..=900_usize).zip(1_i64..) {
            let weight = if packs { 50 * (1 + place % 4) } else { noise(400) };
            if weight > 0 {
                case.by.push(accepted(line + 1, member, "", weight * 1_000));
            }
        }
    }
    case
}

#[test]
fn nine_hundred_members_obey_the_six_rules_too() {
    for (lines, packs, seed) in [(5, false, 1), (12, true, 2)] {
        let case = large(lines, packs, seed);
        let invoice = case.draft.invoice();
        let shared = case.share();
        let found = breaches(&invoice, &case.by, case.key, &case.freight, &shared);
        assert_eq!(found, Vec::<String>::new(), "{lines} lines");
    }
}
