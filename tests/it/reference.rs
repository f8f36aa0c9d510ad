//! The reference rows and the demonstration's data are what the domain can use.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use domain::catalogue::budget::{AccountRule, BudgetSection, suggestions};
use domain::cpv::CpvList;
use domain::dates::Dated;
use domain::money::{Cents, Gross, Net};
use domain::tenders::adviser::{Adviser, Procedure};
use domain::tenders::thresholds::{PurchaseScope, Threshold, ThresholdKind};
use domain::vat::{VatCategory, VatRate};
use rstest::rstest;
use rust_decimal::Decimal;
use travee::exchange::members::{Body, MemberRow};
use travee::exchange::{catalogue, members};

type Row = BTreeMap<String, String>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn rows(file: &str) -> Vec<Row> {
    let path = root().join("migrations/src/reference").join(file);
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn dated<T>(row: &Row, value: T) -> Dated<T> {
    let to = Some(row["to"].as_str()).filter(|to| !to.is_empty()).map(day);
    Dated { from: day(&row["from"]), to, value, source: row["source"].clone() }
}

fn thresholds() -> Vec<Dated<Threshold>> {
    rows("thresholds.csv")
        .iter()
        .map(|row| {
            let kind = ThresholdKind::from_code(&row["kind"]).expect("a known kind");
            let scope = PurchaseScope::from_code(&row["scope"]).expect("a known scope");
            dated(row, Threshold { kind, scope, value: row["value"].parse().unwrap() })
        })
        .collect()
}

fn accounts() -> Vec<Dated<AccountRule>> {
    let amount = |text: &str| text.parse().ok().map(|cents: Cents| Gross(cents));
    rows("budget_accounts.csv")
        .iter()
        .map(|row| {
            let rule = AccountRule {
                family: row["family"].clone(),
                sub_family: Some(row["sub_family"].clone()).filter(|name| !name.is_empty()),
                section: BudgetSection::from_code(&row["section"]).expect("a known section"),
                account: row["account"].clone(),
                label: row["label"].clone(),
                unit_from: amount(&row["unit_from"]),
                unit_below: amount(&row["unit_below"]),
            };
            dated(row, rule)
        })
        .collect()
}

fn cpv() -> Vec<(String, String)> {
    rows("cpv.csv").iter().map(|row| (row["code"].clone(), row["label"].clone())).collect()
}

#[rstest]
#[case::thresholds("thresholds.csv", &["kind", "scope"])]
#[case::vat_rates("vat_rates.csv", &["category", "rate"])]
#[case::interest_rates("interest_rates.csv", &[])]
#[case::payment_delays("payment_delays.csv", &[])]
#[case::ccag_figures("ccag_figures.csv", &["code"])]
#[case::budget_accounts("budget_accounts.csv", &["family", "sub_family", "account"])]
fn a_day_has_at_most_one_row_of_a_key_and_every_row_its_source(
    #[case] file: &str,
    #[case] key: &[&str],
) {
    let rows: Vec<(Vec<String>, Dated<()>)> = rows(file)
        .iter()
        .map(|row| (key.iter().map(|column| row[*column].clone()).collect(), dated(row, ())))
        .collect();
    assert!(!rows.is_empty());
    for (index, (key, row)) in rows.iter().enumerate() {
        assert!(row.source.len() > 10, "{file}: {key:?} has no source");
        assert!(row.to.is_none_or(|to| row.from <= to), "{file}: {key:?} ends before it begins");
        for (other_key, other) in &rows[..index] {
            let apart = other.to.is_some_and(|to| to < row.from)
                || row.to.is_some_and(|to| to < other.from);
            assert!(key != other_key || apart, "{file}: {key:?} holds twice from {}", row.from);
        }
    }
}

#[test]
fn figures_of_the_law_are_figures() {
    for row in rows("vat_rates.csv") {
        assert!(VatCategory::from_code(&row["category"]).is_some(), "{row:?}");
        assert!(VatRate::percent(row["rate"].parse().unwrap()).is_ok(), "{row:?}");
    }
    for (file, column) in [
        ("interest_rates.csv", "refinancing_rate"),
        ("payment_delays.csv", "days"),
        ("ccag_figures.csv", "value"),
    ] {
        for row in rows(file) {
            assert!(row[column].parse::<Decimal>().unwrap() > Decimal::ZERO, "{row:?}");
        }
    }
    let unverified = day("2026-07-01");
    assert!(rows("interest_rates.csv").iter().all(|row| !dated(row, ()).holds_on(unverified)));
}

#[test]
fn rule_07_and_rule_09_hold_with_the_rows_shipped() {
    let rows = thresholds();
    let adviser = Adviser { rows: &rows, scope: PurchaseScope::Local };
    let procedure = |euros: i64, on: &str| {
        adviser.procedure(Net::from_cents(euros * 100), day(on)).unwrap().answer
    };
    for (euros, on, expected) in [
        (39_999, "2020-01-01", Procedure::Dispensed),
        (214_000, "2021-12-31", Procedure::Formal),
        (214_999, "2022-01-01", Procedure::Adapted),
        (220_999, "2024-01-01", Procedure::Adapted),
        (218_000, "2025-12-31", Procedure::Adapted),
        (218_000, "2026-01-01", Procedure::Formal),
        (50_000, "2026-03-31", Procedure::Adapted),
        (50_000, "2026-04-01", Procedure::Dispensed),
    ] {
        assert_eq!(procedure(euros, on), expected, "{euros} on {on}");
    }
    let due = adviser.essential_data_due(Net::from_cents(30_400_000), day("2026-09-14")).unwrap();
    assert_eq!(due.answer, Some(day("2026-11-14")));
    assert!(adviser.procedure(Net::ZERO, day("2028-01-01")).is_err(), "2028 is not known yet");
}

#[test]
fn every_threshold_kind_has_a_row_for_local_authorities_today() {
    let rows = thresholds();
    let adviser = Adviser { rows: &rows, scope: PurchaseScope::Local };
    for kind in ThresholdKind::ALL {
        assert!(adviser.row(*kind, day("2026-11-22")).is_ok(), "{kind:?}");
    }
}

#[test]
fn the_cpv_list_is_whole_and_has_no_code_twice() {
    let list = cpv();
    let codes: BTreeSet<&str> = list.iter().map(|(code, _)| code.as_str()).collect();
    assert_eq!((list.len(), codes.len()), (9454, 9454));
    assert!(list.iter().all(|(_, label)| !label.trim().is_empty()));
    let list = CpvList::new(list.iter().map(|(code, label)| (code.as_str(), label.as_str())));
    assert_eq!(list.len(), 9454, "every code has the form of one");
    let shelves = list.find("39131100").unwrap();
    assert_eq!(
        (shelves.as_str(), list.label(&shelves)),
        ("39131100-0", Some("Rayonnages d'archives"))
    );
}

#[test]
fn the_catalogue_is_read_with_its_codes_rates_and_accounts() {
    let codes = cpv();
    let list = CpvList::new(codes.iter().map(|(code, label)| (code.as_str(), label.as_str())));
    let bytes = std::fs::read(root().join("data/catalogue.csv")).unwrap();
    let read = catalogue::read(&bytes, Some(&list));
    assert_eq!(read.refused, []);
    assert_eq!(read.rows.len(), 68);
    let rates: BTreeSet<String> = rows("vat_rates.csv").iter().map(|r| r["rate"].clone()).collect();
    let accounts = accounts();
    for (line, article) in &read.rows {
        assert!(rates.contains(&article.terms.vat_rate.machine()), "line {line}");
        assert_eq!(
            article.terms.pack.is_none(),
            article.terms.unit.takes_decimals(),
            "line {line}"
        );
        let net =
            article.terms.reference_price.times(domain::quantity::Quantity::whole(1)).unwrap();
        let gross = net.with(article.terms.vat_rate.on(net).unwrap()).unwrap();
        let found =
            suggestions(&accounts, &article.family, &article.sub_family, gross, day("2026-11-22"));
        assert!(!found.is_empty(), "no account for line {line}");
        let bound = article.family != "rayonnages" && article.sub_family != "restauration";
        let operating = |row: &&Dated<AccountRule>| row.value.section == BudgetSection::Operating;
        assert!(!bound || found.iter().all(operating), "boxes and bindings are consumed");
    }
}

#[test]
fn the_members_are_887_communes_and_19_epci_and_belong_together() {
    let read = |file: &str| -> Vec<MemberRow> {
        let read = members::read(&std::fs::read(root().join("data").join(file)).unwrap());
        assert_eq!(read.refused, []);
        read.rows.into_iter().map(|(_, member)| member).collect()
    };
    let (communes, groups) = (read("members_communes_62.csv"), read("members_epci_62.csv"));
    assert_eq!((communes.len(), groups.len()), (887, 19));
    assert_eq!(communes.iter().map(|member| member.population).sum::<u32>(), 1_460_184);
    let known: BTreeMap<_, _> = groups.iter().map(|group| (&group.siren, &group.body)).collect();
    let mut outside = BTreeSet::new();
    for commune in &communes {
        let Body::Commune { insee, epci: Some(epci), .. } = &commune.body else {
            panic!("{} has no EPCI", commune.name)
        };
        match known.get(epci) {
            Some(Body::Epci { communes, .. }) => assert!(communes.contains(insee), "{insee}"),
            Some(Body::Commune { .. }) => panic!("{epci} is a commune"),
            None => {
                outside.insert(epci.as_str());
            }
        }
    }
    assert_eq!(outside, BTreeSet::from(["245900758"]), "CC Flandre Lys, in the Nord");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_rows_of_the_files_come_back_from_both_databases(
    #[values(crate::harness::On::Sqlite, crate::harness::On::Postgres)] on: crate::harness::On,
) {
    use travee::store::reference as store;
    let fresh = on.fresh().await;
    assert_eq!(store::thresholds(&fresh.store).await.unwrap(), thresholds());
    assert_eq!(*store::budget_accounts(&fresh.store).await.unwrap(), accounts());
    assert_eq!(store::cpv_list(&fresh.store).await.unwrap().len(), 9_454);
    let delays = store::payment_delays(&fresh.store).await.unwrap();
    assert_eq!(delays[0].value, 30);
    let rates = store::interest_rates(&fresh.store).await.unwrap();
    assert_eq!((rates[0].value.refinancing_rate + rates[0].value.margin).to_string(), "10.15");
    let figures = store::ccag_figures(&fresh.store).await.unwrap();
    let terms = store::penalty_terms(&figures, day("2026-09-01")).unwrap();
    assert_eq!((terms.divisor, terms.cap_percent), (1000, 10));
    assert_eq!(terms.exemption, Net::from_cents(100_000));
    assert_eq!(store::penalty_terms(&figures, day("2021-03-31")), None, "before the CCAG of 2021");
}
