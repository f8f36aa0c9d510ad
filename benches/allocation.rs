//! Allocation of 200 lines × 900 members under all six rules, beside the plain largest
//! remainder of the same table in the same run.
//!
//! Three tables: quantities as they come, packs of fifty (fractions tie, sums are whole, so
//! that the rational arithmetic has most to do), and printed bases that differ from their
//! lines (nothing is left to fixed point). Each figure is the fastest of several interleaved
//! rounds. The target: at most 150 ms, and at most 75 times the plain largest remainder.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints and may stop")]

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use domain::invoices::allocation::{Accepted, AllocationKey, allocate};
use domain::invoices::einvoice::{
    DocumentAmount, EInvoice, InvoiceKind, InvoiceLine, Party, Totals, VatBreakdown,
};
use domain::money::{Cents, Gross, Net, Vat};
use domain::price::UnitPrice;
use domain::quantity::Quantity;
use domain::siret::Siret;
use domain::vat::{VatCategory, VatRate};
use rust_decimal::Decimal;

const LINES: usize = 200;
const MEMBERS: usize = 900;
const ROUNDS: usize = 15;
const RATES: [(VatCategory, i64); 4] =
    [(VatCategory::S, 2000), (VatCategory::S, 1000), (VatCategory::S, 550), (VatCategory::E, 0)];

/// The cents of each line, and the thousandths that each member accepted of it.
struct Table {
    name: &'static str,
    amounts: Vec<i64>,
    weights: Vec<Vec<i64>>,
    base_off: i64,
}

fn main() {
    let mut noise = noise(20_261_122);
    let amounts: Vec<i64> = (0..LINES).map(|_| 1 + noise(2_000_000)).collect();
    let loose = weights(|| noise(300));
    let mut noise = self::noise(7);
    let packs = weights(|| 50 * (1 + noise(4)));
    let tables = [
        Table { name: "any quantities", amounts: amounts.clone(), weights: loose, base_off: 0 },
        Table {
            name: "packs of fifty",
            amounts: amounts.clone(),
            weights: packs.clone(),
            base_off: 0,
        },
        Table { name: "bases that differ", amounts, weights: packs, base_off: 1 },
    ];
    for table in &tables {
        measure(table);
    }
}

/// Whole units for each line and member, in thousandths.
fn weights(mut weight: impl FnMut() -> i64) -> Vec<Vec<i64>> {
    (0..LINES).map(|_| (0..MEMBERS).map(|_| 1_000 * weight()).collect()).collect()
}

fn measure(table: &Table) {
    let (invoice, accepted) = (invoice(table), accepted(table));
    let none = BTreeSet::new();
    let (mut ours, mut plain) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let shared = allocate(black_box(&invoice), &accepted, AllocationKey::Net, &none).unwrap();
        ours = ours.min(start.elapsed());
        assert!(shared.proof.vat_exact && shared.proof.gross_exact);
        let start = Instant::now();
        for (&amount, weights) in table.amounts.iter().zip(&table.weights) {
            black_box(largest_remainder(black_box(amount), weights));
        }
        plain = plain.min(start.elapsed());
    }
    let ratio = ours.as_micros() / plain.as_micros().max(1);
    println!(
        "allocation, {LINES} lines × {MEMBERS} members, {}: {:?}, plain largest remainder {:?}, ratio {ratio}",
        table.name, ours, plain
    );
}

/// The textbook rule for one row: cut down, then a cent each to the largest cuts.
fn largest_remainder(amount: i64, weights: &[i64]) -> Vec<i64> {
    let total: i128 = weights.iter().map(|&weight| i128::from(weight)).sum();
    let exact = |weight: i64| i128::from(amount) * i128::from(weight);
    let mut shares: Vec<i64> =
        (weights.iter()).map(|&weight| i64::try_from(exact(weight) / total).unwrap()).collect();
    let left_over = usize::try_from(amount - shares.iter().sum::<i64>()).unwrap();
    let mut order: Vec<(i128, i64, usize)> = (weights.iter().enumerate())
        .map(|(member, &weight)| (-(exact(weight) % total), -weight, member))
        .collect();
    if left_over > 0 {
        order.select_nth_unstable(left_over - 1);
    }
    order[..left_over].iter().for_each(|&(_, _, member)| shares[member] += 1);
    shares
}

fn invoice(table: &Table) -> EInvoice {
    let rate = |place: usize| {
        let (category, basis_points) = RATES[place % RATES.len()];
        (category, VatRate::from_basis_points(basis_points).unwrap())
    };
    let charges = [45_007, 12_003, 999, 31_415];
    let mut bases = [0_i64; RATES.len()];
    let mut lines = Vec::new();
    for (index, &amount) in table.amounts.iter().enumerate() {
        bases[index % RATES.len()] += amount;
        let (category, rate) = rate(index);
        lines.push(InvoiceLine {
            id: (index + 1).to_string(),
            reference: None,
            label: String::new(),
            quantity: Decimal::ONE,
            unit: "H87".into(),
            unit_price: UnitPrice::invoiced(Decimal::new(amount, 2)).unwrap(),
            base_quantity: Decimal::ONE,
            allowances: Net::ZERO,
            charges: Net::ZERO,
            net: Net::from_cents(amount),
            category,
            rate,
            order_line: None,
        });
    }
    let document = |place: usize, cents: i64| {
        let (category, rate) = rate(place);
        let (reason, reason_code) = (None, None);
        DocumentAmount { amount: Net::from_cents(cents), reason, reason_code, category, rate }
    };
    let freight: Vec<DocumentAmount> =
        charges.iter().enumerate().map(|(place, &cents)| document(place, cents)).collect();
    let allowances = vec![document(0, 77_777)];
    let goods: i64 = table.amounts.iter().sum();
    let net = goods + charges.iter().sum::<i64>() - 77_777;
    bases.iter_mut().zip(charges).for_each(|(base, charge)| *base += charge);
    bases[0] -= 77_777;
    let vat: Vec<VatBreakdown> = (bases.iter().enumerate())
        .map(|(place, &base)| {
            let (category, rate) = rate(place);
            let base = Net::from_cents(base + table.base_off);
            VatBreakdown { category, rate, base, tax: rate.on(base).unwrap(), exemption: None }
        })
        .collect();
    let tax: i64 = vat.iter().map(|one| one.tax.cents()).sum();
    EInvoice {
        number: "F-1".into(),
        issue_date: NaiveDate::from_ymd_opt(2026, 11, 22).unwrap(),
        kind: InvoiceKind::Invoice(380),
        currency: "EUR".into(),
        due_date: None,
        payment_terms: None,
        seller: Party::default(),
        buyer: Party::default(),
        buyer_reference: None,
        contract_reference: None,
        order_reference: None,
        delivered_on: None,
        preceding: Vec::new(),
        lines,
        allowances,
        charges: freight,
        vat,
        totals: Totals {
            lines: Net::from_cents(goods),
            allowances: Net::from_cents(77_777),
            charges: Net::from_cents(charges.iter().sum()),
            net: Net::from_cents(net),
            vat: Vat::from_cents(tax),
            gross: Gross::from_cents(net + tax),
            prepaid: Cents(1_000_003),
            rounding: Cents(-4),
            payable: Cents(net + tax - 1_000_003 - 4),
        },
    }
}

fn accepted(table: &Table) -> Vec<Accepted> {
    let sirets: Vec<Siret> = (1..=MEMBERS).map(siret).collect();
    let mut accepted = Vec::with_capacity(LINES * MEMBERS);
    for (line, weights) in table.weights.iter().enumerate() {
        for (siret, &weight) in sirets.iter().zip(weights) {
            accepted.push(Accepted {
                line: (line + 1).to_string(),
                siret: siret.clone(),
                site: String::new(),
                name: "Commune".into(),
                quantity: Quantity::from_thousandths(weight).unwrap(),
            });
        }
    }
    accepted
}

/// A SIRET with a good key.
fn siret(number: usize) -> Siret {
    (0..10).find_map(|key| format!("2162{number:09}{key}").parse().ok()).unwrap()
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
