//! What the page of a consultation shows is what launching keeps, and the law is that of its day.

use std::collections::BTreeMap;

use domain::group::convention::PackingPolicy;
use domain::tenders::adviser::Procedure;
use rstest::rstest;
use travee::usecases::UseCaseError;
use travee::usecases::tenders::{Choice, WhatIf, plan};

use super::world::{LAUNCH, World, euros_net};
use crate::fixtures::day;
use crate::harness::On;

fn choices(world: &World, ceilings: [i64; 3], packing: [PackingPolicy; 3]) -> WhatIf {
    let chosen = world.lots.iter().zip(ceilings).zip(packing);
    let chosen = chosen.map(|((lot, euros), packing)| {
        (*lot, Choice { months: 48, ceiling: Some(euros_net(euros)), packing })
    });
    WhatIf { choices: chosen.collect::<BTreeMap<_, _>>(), launched_on: Some(day(LAUNCH)) }
}

const BY_CONVENTION: [PackingPolicy; 3] =
    [PackingPolicy::Pooled, PackingPolicy::Site, PackingPolicy::Tolerance];

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn launching_keeps_the_figures_that_were_shown(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::usual(on).await;
    let ceilings = [1_000, 20_000, 40_000];
    let what_if = choices(&world, ceilings, BY_CONVENTION);
    let shown = plan(&world.app.store, world.campaign, &what_if, day(LAUNCH)).await.unwrap();
    let launched = world.launched(ceilings).await;
    assert_eq!(launched.head.value, shown.value);
    let advices = shown.advices.unwrap();
    assert_eq!(launched.head.kind, advices.procedure.answer);
    let texts = [advices.procedure.text, advices.publicity.text, advices.buyer_profile.text];
    assert_eq!(launched.head.advice, texts.join("\n"));
    for (kept, seen) in launched.lots.iter().zip(&shown.lots) {
        assert_eq!((kept.lot, kept.estimate, kept.months), (seen.lot, seen.estimate, 48));
        let rows = travee::store::tenders::lot_articles(&world.app.store, kept.id).await.unwrap();
        let net: i64 = rows.iter().map(|row| row.needs.net.cents()).sum();
        let by_article: i64 = seen.articles.iter().map(|article| article.net.cents()).sum();
        let by_year: i64 = seen.by_year.iter().map(|net| net.cents()).sum();
        assert_eq!((net, net), (by_article, by_year), "lot {}", kept.code);
        let policy = seen.policies.iter().find(|one| one.policy == seen.choice.packing).unwrap();
        assert_eq!(policy.net.cents(), net, "lot {}", kept.code);
        assert_eq!((seen.counts.members, seen.counts.sites), (2, 2), "lot {}", kept.code);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn only_a_lot_of_model_c_may_be_tried_pooled(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::usual(on).await;
    let mut packing = BY_CONVENTION;
    packing[1] = PackingPolicy::Pooled;
    let what_if = choices(&world, [1_000, 1_000, 1_000], packing);
    let refused = plan(&world.app.store, world.campaign, &what_if, day(LAUNCH)).await.unwrap_err();
    assert!(matches!(&refused, UseCaseError::Refused(why) if why[0].code == "conditionnement"));
    let shown =
        plan(&world.app.store, world.campaign, &WhatIf::default(), day(LAUNCH)).await.unwrap();
    let offered: Vec<usize> = shown.lots.iter().map(|lot| lot.policies.len()).collect();
    assert_eq!(offered, [3, 1, 3]);
    // 37 boxes at two points: 2 packs of 50 at each point, or 2 for all.
    let boxes = &shown.lots[0].articles[0].by_policy;
    let of = |policy| boxes.iter().find(|(of, _)| *of == policy).unwrap().1.machine();
    assert_eq!(of(PackingPolicy::Site), "400");
    assert_eq!(of(PackingPolicy::Pooled), "400");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_law_is_that_of_the_day_of_the_launch(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::usual(on).await;
    // 50 000 € HT in all: below the dispense of 60 000 € since April 2026, above 40 000 € before.
    let lots = [10_000, 20_000, 20_000];
    for (launched, answer, since, decree) in [
        ("2026-03-31", Procedure::Adapted, "2026-01-01", "2025/2150"),
        ("2026-04-01", Procedure::Dispensed, "2026-04-01", "2025-1386"),
    ] {
        let what_if =
            WhatIf { launched_on: Some(day(launched)), ..choices(&world, lots, BY_CONVENTION) };
        let shown = plan(&world.app.store, world.campaign, &what_if, day(LAUNCH)).await.unwrap();
        assert_eq!(shown.value, euros_net(50_000).max(shown.value), "{launched}");
        let procedure = shown.advices.unwrap().procedure;
        assert_eq!(procedure.answer, answer, "{launched} {}", procedure.text);
        assert_eq!(procedure.since, day(since), "{launched}");
        assert!(procedure.text.contains(decree), "{}", procedure.text);
        assert!(procedure.source.contains(decree), "{}", procedure.source);
    }
    // After the last row of 2027 the table says that it does not know.
    let what_if = WhatIf { launched_on: Some(day("2028-01-01")), ..WhatIf::default() };
    let shown = plan(&world.app.store, world.campaign, &what_if, day(LAUNCH)).await.unwrap();
    let unknown = shown.advices.unwrap_err().for_the_reader();
    assert!(unknown.contains("01/01/2028"), "{unknown}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_longer_contract_is_worth_more_in_proportion(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::usual(on).await;
    let value = async |months| {
        let chosen = world
            .lots
            .iter()
            .map(|lot| (*lot, Choice { months, ceiling: None, packing: PackingPolicy::Site }));
        let what_if = WhatIf { choices: chosen.collect(), launched_on: Some(day(LAUNCH)) };
        let shown = plan(&world.app.store, world.campaign, &what_if, day(LAUNCH)).await.unwrap();
        shown.value.cents()
    };
    let (four, two) = (value(48).await, value(24).await);
    assert!((four - 2 * two).abs() <= 3, "each lot rounds once: {four} {two}");
}
