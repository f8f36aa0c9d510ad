//! The six rules of an allocation, checked from the text of the rules with fractions of their
//! own. Slow on purpose: it shares no formula with what it checks.

use std::collections::{BTreeMap, BTreeSet};

use travee_domain::invoices::allocation::{
    Accepted, Allocation, AllocationKey, KeyedShare, MemberShare, Share,
};
use travee_domain::invoices::einvoice::EInvoice;
use travee_domain::vat::{VatCategory, VatRate};

use crate::rational::{Q, sum};

type Of = BTreeMap<String, Q>;
type Rate = (VatCategory, VatRate);

struct Check<'a> {
    breaches: Vec<String>,
    members: &'a [MemberShare],
}

/// Everything that is wrong.
pub(crate) fn breaches(
    invoice: &EInvoice,
    accepted: &[Accepted],
    key: AllocationKey,
    freight: &BTreeSet<String>,
    found: &Allocation,
) -> Vec<String> {
    let mut check = Check { breaches: Vec::new(), members: &found.members };
    let weigh = |line: &str| {
        let mut of: Of = Of::new();
        for one in accepted.iter().filter(|one| one.line == line && !freight.contains(line)) {
            let weight = of.entry(one.siret.to_string()).or_insert_with(|| Q::int(0));
            *weight = weight.plus(&Q::of(one.quantity.decimal()));
        }
        of
    };
    let sirets: BTreeSet<String> = accepted.iter().map(|one| one.siret.to_string()).collect();
    let listed: Vec<&str> = found.members.iter().map(|member| member.siret.as_str()).collect();
    check.expect(listed.iter().copied().eq(&sirets), || format!("members are {listed:?}"));

    // Lines by the accepted quantities.
    let mut items: Vec<(Rate, Of)> = Vec::new();
    let mut own: BTreeMap<Rate, Of> = BTreeMap::new();
    let mut every = Of::new();
    for (index, line) in invoice.lines.iter().enumerate() {
        if freight.contains(&line.id) {
            continue;
        }
        let exact = share(line.net.cents(), &weigh(&line.id));
        check.row(&format!("line {}", line.id), line.net.cents(), &exact, |member| {
            member.lines.iter().find(|one| one.index == index).map(|one| one.net)
        });
        add(own.entry((line.category, line.rate)).or_default(), &exact, Q::abs);
        add(&mut every, &exact, Q::abs);
        items.push(((line.category, line.rate), exact));
    }

    // Charges, allowances and freight lines by their key.
    let served: BTreeSet<(String, &str)> = (accepted.iter())
        .filter(|one| !one.quantity.is_zero() && !freight.contains(&one.line))
        .map(|one| (one.siret.to_string(), one.site.as_str()))
        .collect();
    let mut points = Of::new();
    for (siret, _) in served {
        add(&mut points, &Of::from([(siret, Q::int(1))]), Q::clone);
    }
    let mut quantities = Of::new();
    for line in &invoice.lines {
        add(&mut quantities, &weigh(&line.id), Q::clone);
    }
    let last_resort = if nothing(&every) { &quantities } else { &every };
    let by_key = |rate: Rate| match key {
        AllocationKey::Net => {
            own.get(&rate).filter(|own| !nothing(own)).unwrap_or(last_resort).clone()
        }
        AllocationKey::Quantity => quantities.clone(),
        AllocationKey::Equal => points.clone(),
    };
    let mut keyed = |kind: &str,
                     index: usize,
                     rate: Rate,
                     cents: i64,
                     list: &dyn Fn(&MemberShare) -> Vec<KeyedShare>| {
        let exact = share(cents, &by_key(rate));
        check.row(&format!("{kind} {index}"), cents, &exact, |member| {
            list(member).iter().find(|one| one.index == index).map(|one| one.net)
        });
        let signed = if kind == "allowance" { exact.map(|q| Q::int(0).minus(q)) } else { exact };
        items.push((rate, signed));
    };
    for (index, line) in invoice.lines.iter().enumerate() {
        if freight.contains(&line.id) {
            let rate = (line.category, line.rate);
            keyed("freight", index, rate, line.net.cents(), &|one| one.freight_lines.clone());
        }
    }
    for (index, one) in invoice.charges.iter().enumerate() {
        let rate = (one.category, one.rate);
        keyed("charge", index, rate, one.amount.cents(), &|one| one.charges.clone());
    }
    for (index, one) in invoice.allowances.iter().enumerate() {
        let rate = (one.category, one.rate);
        keyed("allowance", index, rate, one.amount.cents(), &|one| one.allowances.clone());
    }

    // Bases and taxes.
    let (mut nets, mut taxes) = (Of::new(), Of::new());
    for (index, vat) in invoice.vat.iter().enumerate() {
        let rate = (vat.category, vat.rate);
        let mut base = Of::new();
        for (_, item) in items.iter().filter(|(of, _)| *of == rate) {
            add(&mut base, item, Q::clone);
        }
        add(&mut nets, &base, Q::clone);
        let off = vat.base.cents() - whole(&sum(base.values()));
        if off != 0 {
            let sizes = base.map(Q::abs);
            let exact = share(off, if nothing(&sizes) { last_resort } else { &sizes });
            let difference = (found.proof.base_differences.iter())
                .position(|one| one.index == index)
                .unwrap_or(usize::MAX);
            check.row(&format!("difference {index}"), off, &exact, |member| {
                let list = &member.base_differences;
                list.iter().find(|one| one.index == difference).map(|one| one.net)
            });
            add(&mut base, &exact, Q::clone);
        }
        let tax = if vat.base.cents() == 0 {
            let mut tax = base.map(|q| q.times(&Q::of(vat.rate.decimal())).over(&Q::int(100)));
            let sizes = base.map(Q::abs);
            let rest = share(vat.tax.cents(), if nothing(&sizes) { last_resort } else { &sizes });
            add(&mut tax, &rest, Q::clone);
            tax
        } else {
            let ratio = Q::new(vat.tax.cents(), vat.base.cents());
            base.map(|q| q.times(&ratio))
        };
        let of = |member: &MemberShare| member.vat.iter().find(|one| one.index == index).copied();
        check.row(&format!("base {index}"), vat.base.cents(), &base, |m| of(m).map(|one| one.base));
        check.row(&format!("tax {index}"), vat.tax.cents(), &tax, |m| of(m).map(|one| one.tax));
        add(&mut taxes, &tax, Q::clone);
    }

    // Sums over the invoice.
    let t = &invoice.totals;
    let mut gross = nets.clone();
    add(&mut gross, &taxes, Q::clone);
    let by_gross = |cents: i64| {
        if t.gross.cents() == 0 {
            let sizes = gross.map(Q::abs);
            share(cents, if nothing(&sizes) { last_resort } else { &sizes })
        } else {
            gross.map(|q| q.times(&Q::new(cents, t.gross.cents())))
        }
    };
    let (prepaid, rounding) = (by_gross(t.prepaid.0), by_gross(t.rounding.0));
    let mut payable = gross.clone();
    add(&mut payable, &prepaid, |q| Q::int(0).minus(q));
    add(&mut payable, &rounding, Q::clone);
    check.row("prepaid", t.prepaid.0, &prepaid, |member| Some(member.prepaid));
    check.row("rounding", t.rounding.0, &rounding, |member| Some(member.rounding));
    check.sums("net", t.net.cents(), &nets, |member| member.net.cents());
    check.sums("vat", t.vat.cents(), &taxes, |member| member.vat_total.cents());
    check.sums("gross", t.gross.cents(), &gross, |member| member.gross.cents());
    check.sums("payable", t.payable.0, &payable, |member| member.payable.0);
    check.nesting(invoice);
    let proof = &found.proof;
    check.expect(
        proof.lines_exact && proof.charges_exact && proof.vat_exact && proof.gross_exact,
        || format!("the proof says {proof:?}"),
    );
    check.breaches
}

impl Check<'_> {
    fn expect(&mut self, holds: bool, message: impl FnOnce() -> String) {
        if !holds {
            self.breaches.push(message());
        }
    }

    /// Rules 1 to 5 of one row: its sum, each share's distance, and the printed fraction.
    fn row(
        &mut self,
        name: &str,
        cents: i64,
        exact: &Of,
        of: impl Fn(&MemberShare) -> Option<Share>,
    ) {
        let mut total = 0;
        for member in self.members {
            let found = of(member).unwrap_or_default();
            let exact = exact.get(member.siret.as_str()).cloned().unwrap_or_else(|| Q::int(0));
            total += found.amount.0;
            let close = exact.rounds_to(found.amount.0);
            let cut = exact.times(&Q::int(10_000)).cut();
            let printed = Q::of(found.exact).times(&Q::int(1_000_000)).cut() == cut;
            if !close || !printed {
                self.breaches
                    .push(format!("{name} of {}: {:?} for {exact:?}", member.siret, found));
            }
        }
        self.expect(total == cents, || format!("{name} sums to {total}, not {cents}"));
    }

    fn sums(&mut self, name: &str, cents: i64, exact: &Of, of: impl Fn(&MemberShare) -> i64) {
        let mut total = 0;
        for member in self.members {
            let found = of(member);
            let exact = exact.get(member.siret.as_str()).cloned().unwrap_or_else(|| Q::int(0));
            total += found;
            if !exact.rounds_to(found) {
                self.breaches.push(format!("{name} of {}: {found} for {exact:?}", member.siret));
            }
        }
        self.expect(total == cents, || format!("{name} sums to {total}, not {cents}"));
    }

    /// Every sum of a member is the sum of what stands above it.
    fn nesting(&mut self, invoice: &EInvoice) {
        for m in self.members {
            let mut rows: BTreeMap<Rate, i64> = BTreeMap::new();
            let mut put = |rate: Rate, cents: i64| *rows.entry(rate).or_default() += cents;
            for one in &m.lines {
                let line = &invoice.lines[one.index];
                put((line.category, line.rate), one.net.amount.0);
            }
            for one in &m.freight_lines {
                let line = &invoice.lines[one.index];
                put((line.category, line.rate), one.net.amount.0);
            }
            for (list, all, sign) in
                [(&m.charges, &invoice.charges, 1), (&m.allowances, &invoice.allowances, -1)]
            {
                for one in list {
                    let of = &all[one.index];
                    put((of.category, of.rate), sign * one.net.amount.0);
                }
            }
            let items: i64 = rows.values().sum();
            let off: i64 = m.base_differences.iter().map(|one| one.net.amount.0).sum();
            let bases: i64 = m.vat.iter().map(|one| one.base.amount.0).sum();
            let taxes: i64 = m.vat.iter().map(|one| one.tax.amount.0).sum();
            let per_rate = m.base_differences.is_empty()
                && m.vat.iter().any(|one| {
                    rows.get(&(one.category, one.rate)).copied().unwrap_or(0) != one.base.amount.0
                });
            self.expect(!per_rate, || format!("{}: a base is not its rows", m.siret));
            for (name, parts, whole) in [
                ("bases", items + off, bases),
                ("net", bases + m.net_difference.amount.0, m.net.cents()),
                ("vat", taxes, m.vat_total.cents()),
                ("gross", m.net.cents() + m.vat_total.cents(), m.gross.cents()),
                (
                    "payable",
                    m.gross.cents() - m.prepaid.amount.0 + m.rounding.amount.0,
                    m.payable.0,
                ),
            ] {
                self.expect(parts == whole, || {
                    format!("{}: {name} is {whole}, its parts {parts}", m.siret)
                });
            }
        }
    }
}

trait MapValues {
    fn map(&self, f: impl Fn(&Q) -> Q) -> Of;
}

impl MapValues for Of {
    fn map(&self, f: impl Fn(&Q) -> Q) -> Of {
        self.iter().map(|(siret, q)| (siret.clone(), f(q))).collect()
    }
}

fn share(cents: i64, weights: &Of) -> Of {
    let total = sum(weights.values());
    weights.map(|weight| weight.times(&Q::int(cents)).over(&total))
}

fn add(into: &mut Of, more: &Of, f: impl Fn(&Q) -> Q) {
    for (siret, q) in more {
        let of = into.entry(siret.clone()).or_insert_with(|| Q::int(0));
        *of = of.plus(&f(q));
    }
}

fn nothing(of: &Of) -> bool {
    of.values().all(Q::is_zero)
}

fn whole(q: &Q) -> i64 {
    i64::try_from(q.cut()).unwrap()
}
