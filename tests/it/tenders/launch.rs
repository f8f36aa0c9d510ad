//! From a closed census to a procedure with its lots.

use std::collections::BTreeMap;

use domain::catalogue::{ArticleRef, PackSize};
use domain::group::convention::PackingPolicy;
use domain::ids::LotId;
use domain::money::Net;
use domain::platform::journal::{ChainHead, verify};
use domain::price::UnitPrice;
use domain::quantity::Quantity;
use domain::tenders::adviser::Procedure;
use domain::tenders::consolidation::{DeliveryPoint, LotArticle, Need, consolidate};
use domain::vat::VatRate;
use rstest::rstest;
use sea_orm::ConnectionTrait;
use sha2::{Digest, Sha256};
use travee::store::platform::journal_after;
use travee::store::tenders::{self as store};
use travee::usecases::tenders::{NewTenderLot, issue_lot_sheets, launch_procedure, small_lots};

use super::world::{ARTICLES, LAUNCH, Line, World, reference, site_owner};
use crate::fixtures::{ARRAS, BAPAUME, BERCK, buyer, pdf_text};
use crate::harness::On;

/// Whole numbers below a bound, the same for a seed.
fn noise(seed: u64) -> impl FnMut(u64) -> i64 {
    let mut state = seed;
    move |below| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((state >> 33) % below).unwrap()
    }
}

fn lot_article(index: usize) -> LotArticle {
    let (name, lot, unit, pack, rate, stored) = ARTICLES[index];
    LotArticle {
        reference: reference(name),
        lot: lot.parse().unwrap(),
        unit,
        pack: pack.map(|size| PackSize::new(size).unwrap()),
        vat_rate: VatRate::from_basis_points(rate).unwrap(),
        unit_price: UnitPrice::from_ten_thousandths(stored).unwrap(),
    }
}

fn need((site, article, year, quantity, tolerance): Line) -> Need {
    let siret = [ARRAS, BAPAUME, BERCK][site_owner(site) - 2].parse().unwrap();
    Need {
        point: DeliveryPoint { siret, site: site.to_string() },
        reference: reference(ARTICLES[article].0),
        year,
        quantity: Quantity::from_thousandths(quantity).unwrap(),
        tolerance: Quantity::from_thousandths(tolerance).unwrap(),
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_database_adds_needs_up_as_the_domain_does(
    #[values(On::Sqlite, On::Postgres)] on: On,
    #[values(1, 2, 3)] seed: u64,
) {
    let world = World::with(on, 3).await;
    let mut noise = noise(seed);
    let mut lines: Vec<Line> = Vec::new();
    for site in 1..=6 {
        for (article, (_, _, unit, ..)) in ARTICLES.iter().enumerate() {
            for year in 2027..2030 {
                if noise(4) > 0 {
                    let fine = if unit.takes_decimals() { 1 } else { 1_000 };
                    let quantity = noise(400_000 / u64::try_from(fine).unwrap()) * fine;
                    lines.push((site, article, year, quantity, noise(9) * fine));
                }
            }
        }
    }
    let answers = [
        ("submitted", "needs"),
        ("locked", "needs"),
        ("reopened", "needs"),
        ("draft", "needs"),
        ("locked", "needs"),
        ("locked", "nothing"),
    ];
    for (site, (state, answer)) in (1..).zip(answers) {
        world.sheet(site, state, answer, &lines).await;
    }
    let procedure = world.launched([1, 1, 1]).await;

    let counts = |line: &&Line| ![4, 6].contains(&line.0) && line.3 > 0;
    let catalogue: BTreeMap<ArticleRef, LotArticle> = (0..ARTICLES.len())
        .map(|index| (reference(ARTICLES[index].0), lot_article(index)))
        .collect();
    let policies = [PackingPolicy::Pooled, PackingPolicy::Site, PackingPolicy::Tolerance];
    for (lot, policy) in procedure.lots.iter().zip(policies) {
        let stored = store::lot_articles(&world.app.store, lot.id).await.unwrap();
        let mut estimate = Net::ZERO;
        let mut rows = 0;
        for year in 2027..2030 {
            let of_year = lines.iter().filter(counts).filter(|line| line.2 == year);
            let needs: Vec<Need> = of_year.map(|line| need(*line)).collect();
            let expected = consolidate(policy, &catalogue, &needs).unwrap();
            for total in expected.articles.iter().filter(|one| one.article.lot == lot.code) {
                let row = stored
                    .iter()
                    .find(|row| row.reference == total.article.reference && row.needs.year == year);
                let row = &row.expect("each article and year has its row").needs;
                let found = (row.members, row.sites, row.needed, row.ordered, row.packs, row.net);
                let members = i64::try_from(total.members).unwrap();
                let sites = i64::try_from(total.shares.len()).unwrap();
                let (needed, ordered) = (total.needed, total.ordered);
                assert_eq!(found, (members, sites, needed, ordered, total.packs, total.net));
                estimate = estimate.plus(total.net).unwrap();
                rows += 1;
            }
        }
        assert_eq!(stored.len(), rows, "and nothing else is stored");
        // Three years of needs over four years of contract.
        let over = Net::from_cents((estimate.cents() * 4 * 2 + 3) / 6);
        assert_eq!(lot.estimate, over, "lot {}", lot.code);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_procedure_is_launched_on_a_closed_census_and_settles_it(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::usual(on).await;
    world.fresh.execute("UPDATE campaign SET state = 'open'").await;
    let mut new = world.procedure([1, 1, 1], "2025-12-31");
    new.lots.push(NewTenderLot { lot: LotId(999), months: 0, ceiling: Net::ZERO });
    let refused = launch_procedure(&world.app, &buyer(), &new, "a").await.unwrap_err().in_french();
    for reason in ["est ouvert", "en vigueur le 31/12/2025", "pas couvert", "0 mois", "maximum"] {
        assert!(refused.contains(reason), "{reason} in {refused}");
    }
    world.fresh.execute("UPDATE campaign SET state = 'closed'").await;
    let launched = world.launched([1, 1, 1]).await;
    let census = travee::store::campaigns::census(&world.app.store, world.campaign).await.unwrap();
    assert_eq!(census.census.state.code(), "settled");
    let journal = journal_after(&world.app.store, 0, 1_000).await.unwrap();
    verify(ChainHead::START, journal.iter().map(|(entry, hash)| (entry, *hash))).unwrap();
    let last: Vec<&str> = journal.iter().rev().take(2).map(|(e, _)| e.action.as_str()).collect();
    assert_eq!(last, ["campaign.settle", "procedure.launch"]);
    let new = world.procedure([1, 1, 1], LAUNCH);
    let again = launch_procedure(&world.app, &buyer(), &new, "b").await;
    assert!(again.unwrap_err().in_french().contains("déjà prise"));
    assert_eq!(store::procedures(&world.app.store).await.unwrap(), [launched]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_launches_once(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::usual(on).await;
    let new = world.procedure([1, 1, 1], LAUNCH);
    let click = || async {
        let (app, new) = (world.app.clone(), new.clone());
        tokio::spawn(async move { launch_procedure(&app, &buyer(), &new, "key").await.unwrap() })
            .await
            .unwrap()
    };
    let clicks = tokio::join!(click(), click(), click(), click());
    assert_eq!(clicks.0, clicks.1);
    assert_eq!(clicks.2, clicks.3);
    assert_eq!(store::procedures(&world.app.store).await.unwrap().len(), 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn rule_05_the_need_is_that_of_all_lots_over_the_whole_duration_or_their_maximum(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::usual(on).await;
    let launched = world.launched([100, 100_000, 100]).await;
    let of = |lot: usize| launched.lots[lot].estimate.machine();
    // Pooled: 74 boxes are 100 a year. By site: 14 shelves. By tolerance: 24 bindings.
    assert_eq!((of(0), of(1), of(2)), ("356.00".into(), "8120.04".into(), "4560.00".into()));
    assert_eq!(launched.head.value.machine(), "104916.00", "356 + the maximum of lot 2 + 4 560");
}

#[rstest]
#[case::below_dispense(50_000, "2026-06-01", Procedure::Dispensed, "R2122-8")]
#[case::before_april(50_000, "2026-03-31", Procedure::Adapted, "JORF")]
#[case::formal(250_000, "2026-06-01", Procedure::Formal, "JORF")]
#[tokio::test(flavor = "multi_thread")]
async fn rule_07_the_procedure_follows_the_value_and_the_day_and_its_row_is_kept(
    #[values(On::Sqlite, On::Postgres)] on: On,
    #[case] ceiling: i64,
    #[case] launched_on: &str,
    #[case] expected: Procedure,
    #[case] text: &str,
) {
    let world = World::with(on, 1).await;
    let mut new = world.procedure([ceiling, 1, 1], launched_on);
    new.lots.truncate(1);
    let launched = launch_procedure(&world.app, &buyer(), &new, "a").await.unwrap();
    assert_eq!(launched.head.kind, expected, "{}", launched.head.advice);
    assert!(launched.head.advice.contains("Règle au "), "{}", launched.head.advice);
    assert!(launched.head.advice.contains(text), "{}", launched.head.advice);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_day_without_a_known_threshold_is_said_rather_than_guessed(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::with(on, 1).await;
    let new = world.procedure([1, 1, 1], "2028-01-01");
    let refused = launch_procedure(&world.app, &buyer(), &new, "a").await.unwrap_err();
    assert!(refused.in_french().contains("01/01/2028"), "{}", refused.in_french());
    assert!(store::procedures(&world.app.store).await.unwrap().is_empty());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn rule_06_small_lots_leave_the_formal_procedure_only_within_a_fifth_of_it(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::with(on, 1).await;
    let launched = world.launched([240_000, 30_000, 40_000]).await;
    let asked = async |codes: &[&str]| {
        let codes: Vec<_> = codes.iter().map(|code| code.parse().unwrap()).collect();
        small_lots(&world.app, launched.id, &codes).await
    };
    assert!(asked(&["2"]).await.unwrap().allowed, "30 000 of 310 000");
    let both = asked(&["2", "3"]).await.unwrap();
    assert!(!both.allowed, "70 000 pass 62 000: {}", both.text);
    assert!(!asked(&["1"]).await.unwrap().allowed, "240 000 is no small lot");
    assert!(asked(&["9"]).await.is_err());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn each_lot_has_one_sheet_whose_file_is_the_one_registered(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::usual(on).await;
    let procedure = world.launched([120_000, 60_000, 60_000]).await;
    assert_eq!(issue_lot_sheets(&world.app, &buyer(), procedure.id).await.unwrap(), 3);
    assert_eq!(issue_lot_sheets(&world.app, &buyer(), procedure.id).await.unwrap(), 0);
    let raw = world.fresh.raw().await;
    let text = "SELECT number, file_key, sha256, bytes, pages FROM paper ORDER BY number";
    let rows = raw
        .query_all_raw(sea_orm::Statement::from_string(raw.get_database_backend(), text))
        .await
        .unwrap();
    let numbers: Vec<String> = rows.iter().map(|row| row.try_get("", "number").unwrap()).collect();
    assert_eq!(numbers, ["2026-ARC-L1", "2026-ARC-L2", "2026-ARC-L3"]);
    for row in rows {
        let key: String = row.try_get("", "file_key").unwrap();
        let bytes = world.app.files.get(&key).await.unwrap();
        let hash: String = row.try_get("", "sha256").unwrap();
        assert_eq!(format!("{:x}", Sha256::digest(&bytes)), hash);
        assert_eq!(row.try_get::<i64>("", "bytes").unwrap(), i64::try_from(bytes.len()).unwrap());
        assert!(row.try_get::<i64>("", "pages").unwrap() >= 1);
        if key.ends_with("L1.pdf") {
            let text = pdf_text(&bytes);
            let one = ["BOI-001", "2 membres", "62000 Arras", "ensemble du lot"];
            assert!(one.iter().all(|words| text.contains(words)), "{text}");
            assert!(text.contains("400"), "100 boxes in each of four years: {text}");
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn more_than_four_years_are_justified_when_the_consultation_is_launched(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::usual(on).await;
    let mut new = world.procedure([1, 1, 1], LAUNCH);
    new.lots[0].months = 60;
    for reason in [None, Some("  ".to_owned())] {
        new.long_duration_reason = reason;
        let refused = launch_procedure(&world.app, &buyer(), &new, "a").await.unwrap_err();
        assert!(refused.in_french().contains("L2125-1"), "{}", refused.in_french());
    }
    new.long_duration_reason = Some(" amortissement d’un outil ".into());
    let launched = launch_procedure(&world.app, &buyer(), &new, "a").await.unwrap();
    let kept = launched.head.long_duration_reason.as_deref();
    assert_eq!(kept, Some("amortissement d’un outil"));
}
