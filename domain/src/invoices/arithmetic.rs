//! Whether an invoice adds up (EN 16931, rules 16 and 17).
//!
//! The printed figures are compared with each other, never replaced. The sums
//! are exact to the cent; the tax of a rate may be off by less than one euro,
//! because suppliers round per line or per rate and the standard's own test
//! admits both; the base of a rate likewise, in UBL only. That a line is its
//! quantity times its price is tested by no rule of the standard, so a line that
//! is not is worth a look and no more.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::einvoice::{DocumentAmount, EInvoice, InvoiceLine};
use crate::money::{AmountError, Cents, Net};
use crate::vat::{VatCategory, VatRate};

/// The two syntaxes of EN 16931, whose official tests differ in tolerance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Syntax {
    Ubl,
    Cii,
}

/// What a breach is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// BG-22.
    Totals,
    /// BG-23, of one category and rate.
    Breakdown(VatCategory, VatRate),
}

/// A rule that the printed figures do not meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// As EN 16931 names it: `BR-CO-16`.
    pub rule: String,
    /// The business term that is wrong: `BT-115`.
    pub field: &'static str,
    pub place: Place,
    /// Euros, as printed; `None` where the invoice says nothing.
    pub stated: Option<Decimal>,
    /// Euros, from the figures it depends on.
    pub expected: Decimal,
}

/// A figure that the standard tolerates and a person should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Oddity {
    /// The line at `index` is not quantity × price / base quantity − allowances + charges;
    /// `expected` is `None` where that product is out of range.
    Line { index: usize, stated: Net, expected: Option<Net> },
    /// The tax of a rate is off by more than a cent for each of its lines.
    Tax { category: VatCategory, rate: VatRate, stated: Decimal, expected: Decimal },
}

type Group = (VatCategory, VatRate);

/// Every rule that the invoice breaks, in the order of the standard; empty when it adds up.
pub fn breaches(invoice: &EInvoice, syntax: Syntax) -> Vec<Breach> {
    let mut found = totals(invoice);
    found.extend(breakdown(invoice, syntax));
    found
}

fn totals(invoice: &EInvoice) -> Vec<Breach> {
    let printed = &invoice.totals;
    let [lines, allowances, charges, net, gross] =
        [printed.lines.0, printed.allowances.0, printed.charges.0, printed.net.0, printed.gross.0]
            .map(Cents::to_decimal);
    let [vat, prepaid, rounding, payable] =
        [printed.vat.0, printed.prepaid, printed.rounding, printed.payable].map(Cents::to_decimal);
    let amounts = |all: &[DocumentAmount]| -> Decimal {
        all.iter().map(|one| one.amount.0.to_decimal()).sum()
    };
    let of_lines: Decimal = invoice.lines.iter().map(|line| line.net.0.to_decimal()).sum();
    let of_taxes: Decimal = invoice.vat.iter().map(|one| one.tax.0.to_decimal()).sum();
    [
        ("BR-CO-10", "BT-106", lines, of_lines),
        ("BR-CO-11", "BT-107", allowances, amounts(&invoice.allowances)),
        ("BR-CO-12", "BT-108", charges, amounts(&invoice.charges)),
        ("BR-CO-13", "BT-109", net, lines - allowances + charges),
        ("BR-CO-14", "BT-110", vat, of_taxes),
        ("BR-CO-15", "BT-112", gross, net + vat),
        ("BR-CO-16", "BT-115", payable, gross - prepaid + rounding),
    ]
    .into_iter()
    .filter(|(_, _, stated, expected)| stated != expected)
    .map(|(rule, field, stated, expected)| Breach {
        rule: rule.to_owned(),
        field,
        place: Place::Totals,
        stated: Some(stated),
        expected,
    })
    .collect()
}

fn breakdown(invoice: &EInvoice, syntax: Syntax) -> Vec<Breach> {
    let bases = bases(invoice);
    let mut found = Vec::new();
    for printed in &invoice.vat {
        let group = grouped(printed.category, printed.rate);
        let base = printed.base.0.to_decimal();
        let tax = printed.tax.0.to_decimal();
        let mut breach = |rule: String, field, stated, expected| {
            let place = Place::Breakdown(printed.category, printed.rate);
            found.push(Breach { rule, field, place, stated: Some(stated), expected });
        };
        let family = family(printed.category);
        let expected_base = bases.get(&group).map_or(Decimal::ZERO, |base| base.sum);
        let gap = (base - expected_base).abs();
        let met = match syntax {
            Syntax::Ubl => gap < Decimal::ONE,
            Syntax::Cii => gap.is_zero(),
        };
        if !met {
            breach(format!("{family}-08"), "BT-116", base, expected_base);
        }
        let exact_tax = base * printed.rate.decimal() / Decimal::ONE_HUNDRED;
        let expected_tax = crate::rounding::half_up(exact_tax, 2);
        let gap = (tax - expected_tax).abs();
        let met = match syntax {
            Syntax::Ubl => gap < Decimal::ONE,
            Syntax::Cii => gap <= Decimal::ONE,
        };
        if !met {
            breach("BR-CO-17".to_owned(), "BT-117", tax, expected_tax);
        }
        // Stricter than the line above for CII, and for a category that bears no tax.
        let met = if is_taxed(printed.category) { gap < Decimal::ONE } else { tax.is_zero() };
        if !met {
            breach(format!("{family}-09"), "BT-117", tax, expected_tax);
        }
    }
    let printed: BTreeSet<Group> =
        invoice.vat.iter().map(|one| grouped(one.category, one.rate)).collect();
    found.extend(bases.iter().filter(|(group, _)| !printed.contains(group)).map(
        |((category, rate), base)| Breach {
            rule: format!("{}-01", family(*category)),
            field: "BT-116",
            place: Place::Breakdown(*category, *rate),
            stated: None,
            expected: base.sum,
        },
    ));
    found
}

#[derive(Debug, Default)]
struct Base {
    sum: Decimal,
    lines: u32,
}

/// What lines, allowances and charges say each breakdown's base is.
fn bases(invoice: &EInvoice) -> BTreeMap<Group, Base> {
    let mut bases: BTreeMap<Group, Base> = BTreeMap::new();
    for line in &invoice.lines {
        let base = bases.entry(grouped(line.category, line.rate)).or_default();
        base.sum += line.net.0.to_decimal();
        base.lines += 1;
    }
    for charge in &invoice.charges {
        bases.entry(grouped(charge.category, charge.rate)).or_default().sum +=
            charge.amount.0.to_decimal();
    }
    for allowance in &invoice.allowances {
        bases.entry(grouped(allowance.category, allowance.rate)).or_default().sum -=
            allowance.amount.0.to_decimal();
    }
    bases
}

/// Taxed categories are broken down by rate, the others have one breakdown each.
fn grouped(category: VatCategory, rate: VatRate) -> Group {
    (category, if is_taxed(category) { rate } else { VatRate::ZERO })
}

fn is_taxed(category: VatCategory) -> bool {
    match category {
        VatCategory::S | VatCategory::L | VatCategory::M => true,
        VatCategory::Z
        | VatCategory::E
        | VatCategory::AE
        | VatCategory::K
        | VatCategory::G
        | VatCategory::O => false,
    }
}

/// The prefix of a category's rules (EN 16931-1, 6.4.3).
fn family(category: VatCategory) -> &'static str {
    match category {
        VatCategory::S => "BR-S",
        VatCategory::Z => "BR-Z",
        VatCategory::E => "BR-E",
        VatCategory::AE => "BR-AE",
        VatCategory::K => "BR-IC",
        VatCategory::G => "BR-G",
        VatCategory::O => "BR-O",
        VatCategory::L => "BR-AF",
        VatCategory::M => "BR-AG",
    }
}

/// What a line should be: quantity × price / base quantity, rounded half-up once, less its
/// allowances and more its charges.
///
/// # Errors
///
/// `OutOfRange` where the product does not fit or the base quantity is zero.
pub fn line_amount(line: &InvoiceLine) -> Result<Net, AmountError> {
    let product = line
        .quantity
        .checked_mul(line.unit_price.decimal())
        .and_then(|product| product.checked_div(line.base_quantity))
        .ok_or(AmountError::OutOfRange)?;
    Cents::rounded(product).map(Net)?.minus(line.allowances)?.plus(line.charges)
}

/// What the standard tolerates and a person should look at.
pub fn oddities(invoice: &EInvoice) -> Vec<Oddity> {
    let lines = invoice.lines.iter().enumerate().filter_map(|(index, line)| {
        let expected = line_amount(line).ok();
        (expected != Some(line.net)).then_some(Oddity::Line { index, stated: line.net, expected })
    });
    let bases = bases(invoice);
    let taxes = invoice.vat.iter().filter_map(|printed| {
        let tax = printed.tax.0.to_decimal();
        let expected = printed.rate.on(printed.base).ok()?.0.to_decimal();
        let lines = bases.get(&grouped(printed.category, printed.rate)).map_or(1, |b| b.lines);
        let gap = (tax - expected).abs();
        // From one euro on it is a breach, not an oddity.
        (gap > Decimal::new(lines.max(1).into(), 2) && gap < Decimal::ONE).then_some(Oddity::Tax {
            category: printed.category,
            rate: printed.rate,
            stated: tax,
            expected,
        })
    });
    lines.chain(taxes).collect()
}

#[cfg(test)]
mod tests {
    use super::super::einvoice::testing::{invoice, line};
    use super::*;

    fn rules(invoice: &EInvoice, syntax: Syntax) -> Vec<String> {
        breaches(invoice, syntax).into_iter().map(|breach| breach.rule).collect()
    }

    #[test]
    fn rule_16_three_lines_of_10_03_at_20_percent_bear_6_02_of_vat_and_rates_stay_apart() {
        let three = invoice(&[line("1003", "20"), line("1003", "20"), line("1003", "20")]);
        assert_eq!(three.totals.vat.cents(), 602);
        assert_eq!(rules(&three, Syntax::Cii), Vec::<String>::new());
        let two_rates = invoice(&[line("10000", "20"), line("10000", "5.5")]);
        assert_eq!(two_rates.vat.len(), 2);
        assert_eq!(two_rates.totals.vat.cents(), 2550);
        assert_eq!(rules(&two_rates, Syntax::Ubl), Vec::<String>::new());
    }

    #[test]
    fn rule_17_lines_of_100_and_50_do_not_sum_to_150_01() {
        let mut wrong = invoice(&[line("10000", "20"), line("5000", "20")]);
        wrong.totals.lines = Net::from_cents(15_001);
        assert_eq!(rules(&wrong, Syntax::Ubl), ["BR-CO-10", "BR-CO-13"]);
    }

    type Spoil = fn(&mut EInvoice);

    #[test]
    fn rule_17_every_total_is_exact_to_the_cent() {
        let good = invoice(&[line("10000", "20")]);
        let cases: [(Spoil, &[&str]); 7] = [
            (|i| i.totals.allowances.0.0 += 1, &["BR-CO-11", "BR-CO-13"]),
            (|i| i.totals.charges.0.0 += 1, &["BR-CO-12", "BR-CO-13"]),
            (|i| i.totals.net.0.0 -= 1, &["BR-CO-13", "BR-CO-15"]),
            (|i| i.totals.vat.0.0 += 1, &["BR-CO-14", "BR-CO-15"]),
            (|i| i.totals.gross.0.0 += 1, &["BR-CO-15", "BR-CO-16"]),
            (|i| i.totals.payable.0 += 1, &["BR-CO-16"]),
            (|i| i.totals.rounding.0 += 1, &["BR-CO-16"]),
        ];
        for (spoil, expected) in cases {
            let mut wrong = good.clone();
            spoil(&mut wrong);
            assert_eq!(rules(&wrong, Syntax::Ubl), expected);
        }
    }

    #[test]
    fn rule_17_the_tax_of_a_rate_may_be_off_by_less_than_a_euro() {
        for (cents_off, syntax, expected) in [
            (99, Syntax::Ubl, &[][..]),
            (-99, Syntax::Cii, &[]),
            (100, Syntax::Ubl, &["BR-CO-17", "BR-S-09"]),
            // The official CII test of BR-CO-17 admits the euro itself; BR-S-09 does not.
            (100, Syntax::Cii, &["BR-S-09"]),
            (101, Syntax::Cii, &["BR-CO-17", "BR-S-09"]),
        ] {
            let mut off = invoice(&[line("10000", "20")]);
            off.vat[0].tax.0.0 += cents_off;
            off.totals.vat.0.0 += cents_off;
            off.totals.gross.0.0 += cents_off;
            off.totals.payable.0 += cents_off;
            assert_eq!(rules(&off, syntax), expected, "{cents_off} in {syntax:?}");
        }
    }

    #[test]
    fn the_base_of_a_rate_may_be_off_in_ubl_only() {
        for (cents_off, syntax, expected) in [
            (99, Syntax::Ubl, &[][..]),
            (100, Syntax::Ubl, &["BR-S-08"]),
            (1, Syntax::Cii, &["BR-S-08"]),
        ] {
            let mut off = invoice(&[line("10000", "20")]);
            off.vat[0].base.0.0 += cents_off;
            assert_eq!(rules(&off, syntax), expected, "{cents_off} in {syntax:?}");
        }
    }

    #[test]
    fn a_rate_that_no_breakdown_names_and_a_tax_without_a_rate_are_breaches() {
        let mut unnamed = invoice(&[line("10000", "20"), line("0", "5.5")]);
        unnamed.vat.retain(|one| one.rate.machine() == "20.00");
        assert_eq!(rules(&unnamed, Syntax::Ubl), ["BR-S-01"]);
        let mut exempt = invoice(&[line("10000", "0")]);
        exempt.lines[0].category = VatCategory::E;
        exempt.vat[0].category = VatCategory::E;
        assert_eq!(rules(&exempt, Syntax::Ubl), Vec::<String>::new());
        exempt.vat[0].tax.0.0 = 1;
        assert!(rules(&exempt, Syntax::Ubl).contains(&"BR-E-09".to_owned()));
    }

    #[test]
    fn a_line_is_its_quantity_times_its_price_to_the_cent() {
        for (quantity, price, base, net, odd) in [
            ("37.5", "41.335", "1", 155_006, false),
            ("3", "0.335", "1", 101, false),
            ("3", "0.335", "1", 100, true),
            ("1000", "89", "100", 89_000, false),
            ("-3", "0.335", "1", -101, false),
            ("1", "1", "0", 100, true),
        ] {
            let mut odd_line = line(&net.to_string(), "20");
            odd_line.quantity = quantity.parse().unwrap();
            odd_line.unit_price =
                crate::price::UnitPrice::invoiced(price.parse().unwrap()).unwrap();
            odd_line.base_quantity = base.parse().unwrap();
            let found = oddities(&invoice(&[odd_line]));
            assert_eq!(!found.is_empty(), odd, "{quantity} × {price} / {base} = {net}");
        }
        let mut with_allowance = line("9000", "20");
        with_allowance.unit_price = crate::price::UnitPrice::invoiced(Decimal::from(100)).unwrap();
        with_allowance.allowances = Net::from_cents(1500);
        with_allowance.charges = Net::from_cents(500);
        assert_eq!(line_amount(&with_allowance), Ok(Net::from_cents(9000)));
    }

    #[test]
    fn a_tax_off_by_more_than_a_cent_a_line_is_odd() {
        let mut off = invoice(&[line("10000", "20"), line("10000", "20")]);
        off.vat[0].tax.0.0 += 2;
        assert!(oddities(&off).is_empty());
        off.vat[0].tax.0.0 += 1;
        assert!(matches!(oddities(&off)[..], [Oddity::Tax { .. }]));
    }
}
