//! From bids to contracts.

use domain::catalogue::PackSize;
use domain::group::convention::{CoordinationModel, PackingPolicy};
use domain::orders::order::Taxation;
use domain::quantity::Quantity;
use domain::tenders::revision::{IndexTerm, RevisionClause, RevisionTerms};
use domain::tenders::tiers::Tier;
use domain::vat::{VatCategory, VatRate};
use rstest::rstest;
use rust_decimal::Decimal;
use sea_orm::ConnectionTrait;
use travee::store::tenders::{self as store};
use travee::usecases::tenders::{
    BidPrice, LosersTold, NewContract, award, duties, ranking, record_bid,
};

use super::world::{LAUNCH, World, boxes_bid, euros_net, price, reference, terms};
use crate::fixtures::{buyer, day};
use crate::harness::On;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn rules_08_and_09_the_duties_of_a_contract_are_dated(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::usual(on).await;
    let (contract, _) = world.contract(|_| ()).await;
    let duties = duties(&world.app, contract).await.unwrap();
    assert!(!duties.legality_control.0, "120 000 < 216 000: {}", duties.legality_control.1);
    assert_eq!(duties.essential_data.0, Some(day("2026-11-10")), "two months after 10/09/2026");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_incomplete_bid_is_kept_but_neither_ranked_nor_awarded_until_it_is_completed(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::usual(on).await;
    let lot = world.launched([120_000, 1, 1]).await.lots[0].id;
    let (store, supplier) = (&world.app.store, world.bodies[1]);
    let rival = world.rival().await;
    world.boxes_bid(lot, rival, &["0.97", "1.90"]).await;
    let first = world.boxes_bid(lot, supplier, &["0.89"]).await;
    let standing = ranking(store, lot, 60).await.unwrap();
    assert_eq!((standing.ranked.len(), standing.ranked[0].candidate), (1, rival));
    assert_eq!(standing.to_regularise[0].missing, [reference("BOI-012")], "though nobody needs it");
    let refused = award(&world.app, &buyer(), &terms(first), "a").await.unwrap_err();
    assert!(refused.in_french().contains("régulariser"), "{}", refused.in_french());

    let completed = world.boxes_bid(lot, supplier, &["0.89", "1.87"]).await;
    assert_eq!(completed, first, "it replaces the first");
    let standing = ranking(store, lot, 60).await.unwrap();
    let scores: Vec<_> =
        standing.ranked.iter().map(|one| (one.candidate, one.price_score.to_string())).collect();
    assert_eq!(scores, [(supplier, "60.00".into()), (rival, "55.05".into())]);
    assert!(award(&world.app, &buyer(), &terms(first), "a").await.is_ok());
    let late = record_bid(&world.app, &buyer(), &boxes_bid(lot, rival, &["0.10", "0.10"])).await;
    assert!(late.unwrap_err().in_french().contains("déjà attribué"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_bid_is_refused_with_every_reason(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::usual(on).await;
    let lot = world.launched([1, 1, 1]).await.lots[0].id;
    let mut bid = boxes_bid(lot, world.bodies[2], &["0.89"]);
    bid.received_on = day("2026-05-31");
    let tiers = vec![Tier { from: Quantity::whole(500), price: price("0.95") }];
    bid.prices.insert(reference("RAY-001"), BidPrice { price: price("0.95"), tiers });
    let refused = record_bid(&world.app, &buyer(), &bid).await.unwrap_err().in_french();
    for reason in ["RAY-001 » n’est pas de ce lot", "descendre en prix", "fournisseur", "précède"]
    {
        assert!(refused.contains(reason), "{reason} in {refused}");
    }
    assert!(store::bids(&world.app.store, lot).await.unwrap().is_empty());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn another_bid_than_the_cheapest_wins_for_a_reason_that_is_kept(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::usual(on).await;
    let lot = world.launched([120_000, 1, 1]).await.lots[0].id;
    let rival = world.rival().await;
    world.boxes_bid(lot, rival, &["0.80", "1.80"]).await;
    let bid = world.boxes_bid(lot, world.bodies[1], &["0.89", "1.87"]).await;
    let refused = award(&world.app, &buyer(), &terms(bid), "a").await.unwrap_err();
    assert!(refused.in_french().contains("moins chère"));
    let reason = Some("valeur technique 38/40".to_owned());
    let new = NewContract { reason: reason.clone(), ..terms(bid) };
    let click = async || award(&world.app, &buyer(), &new, "key").await;
    let twice = tokio::join!(click(), click());
    assert_eq!(twice.0.unwrap(), twice.1.unwrap(), "a double click awards once");
    let bids = store::bids(&world.app.store, lot).await.unwrap();
    let won: Vec<_> = bids.iter().filter_map(|bid| bid.awarded.clone()).collect();
    assert_eq!((won.len(), &won[0].reason, won[0].on), (1, &reason, day("2026-08-20")));
    let other = award(&world.app, &buyer(), &new, "other").await.unwrap_err().in_french();
    assert!(other.contains("déjà attribué") && other.contains("déjà pris"), "{other}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_award_freezes_the_prices_of_its_bid(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::usual(on).await;
    let (id, _) = world.contract(|_| ()).await;
    world
        .fresh
        .execute(
            "INSERT INTO article_version SELECT 100 + id, article_id, '2026-10-01', label, unit, \
             unit_label, takes_decimals, pack_milli, cpv, rate_bp, specification, standards, 1 \
             FROM article_version",
        )
        .await;
    let on_day =
        async |text| store::schedule_in_force(&world.app.store, id, day(text)).await.unwrap();
    assert_eq!(on_day("2026-09-13").await, None, "before the contract");
    let prices = on_day("2026-12-01").await.unwrap();
    let sold: Vec<_> = prices
        .articles
        .values()
        .map(|sold| {
            let taxation = sold.line.taxation;
            let rate = taxation.rate.basis_points();
            (sold.reference.as_str(), sold.line.price.machine(), taxation.category, rate)
        })
        .collect();
    let expected = [
        ("BOI-001", "0.89".to_owned(), VatCategory::S, 2000),
        ("BOI-012", "1.87".to_owned(), VatCategory::S, 550),
    ];
    assert_eq!(sold, expected);
    let pack = prices.articles.values().next().and_then(|sold| sold.pack);
    assert_eq!((prices.rank, prices.coefficient, pack), (1, None, PackSize::new(50).ok()));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_contract_comes_back_whole_with_its_gauge(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::usual(on).await;
    let clause = RevisionClause::new(RevisionTerms::usual(
        "0.15".parse().unwrap(),
        vec![IndexTerm {
            index: "CPF 17.21".into(),
            weight: "0.85".parse().unwrap(),
            initial_value: Decimal::from(100),
        }],
    ))
    .unwrap();
    let (id, procedure) = world.contract(|new| new.revision = Some(clause.clone())).await;
    world.fresh.execute("UPDATE contract SET committed_cents = 11860000").await;
    let stored = store::contract(&world.app.store, id).await.unwrap();
    let terms = stored.agreement.terms();
    assert_eq!(terms.revision.as_ref(), Some(&clause));
    assert_eq!(terms.freight.unwrap().taxation.rate.machine(), "20.00");
    assert_eq!(terms.model, CoordinationModel::CoordinatorOrders);
    assert_eq!(stored.packing, PackingPolicy::Pooled);
    assert_eq!((stored.tender_lot, stored.lot), (procedure.lots[0].id, world.lots[0]));
    assert_eq!(stored.launched_on, day(LAUNCH));
    // Rule 4.
    assert_eq!(stored.agreement.period().to, day("2030-09-13"));
    // Rule 3.
    let room = stored.gauge().unwrap();
    assert_eq!((room.left, room.warn), (euros_net(1_400), true));
    let number = stored.agreement.terms().number.clone();
    assert_eq!(store::contract_numbers(&world.app.store).await.unwrap(), [(stored.id, number)]);
    let raw = world.fresh.raw().await;
    let above = raw.execute_unprepared("UPDATE contract SET committed_cents = 12000001").await;
    assert!(above.is_err(), "the database itself refuses to pass the ceiling");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn terms_beyond_the_consultation_or_the_law_are_refused_together(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::usual(on).await;
    let lot = world.launched([120_000, 1, 1]).await.lots[0].id;
    let bid = world.boxes_bid(lot, world.bodies[1], &["0.89", "1.87"]).await;
    let new = NewContract {
        number: "n° 1".into(),
        ceiling: euros_net(120_001),
        months: 49,
        notified_on: day("2026-09-15"),
        ..terms(bid)
    };
    let refused = award(&world.app, &buyer(), &new, "a").await.unwrap_err().in_french();
    for reason in [
        "lettres sans accents",
        "dépasse celui",
        "dépasse celle",
        "avant d’être notifié",
        "L2125-1",
    ] {
        assert!(refused.contains(reason), "{reason} in {refused}");
    }
    assert!(store::contract_numbers(&world.app.store).await.unwrap().is_empty());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_exempt_holder_charges_no_tax_and_says_why(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::usual(on).await;
    let mention = "TVA non applicable, article 293 B du CGI";
    let (id, _) = world.contract(|new| new.vat_exemption = Some(mention.into())).await;
    let exempt = Taxation { category: VatCategory::E, rate: VatRate::ZERO };
    let prices = store::schedule_in_force(&world.app.store, id, day("2026-09-14")).await.unwrap();
    assert!(prices.unwrap().articles.values().all(|sold| sold.line.taxation == exempt));
    let stored = store::contract(&world.app.store, id).await.unwrap();
    assert_eq!(stored.agreement.terms().freight.unwrap().taxation, exempt);
    assert_eq!(stored.vat_exemption.as_deref(), Some(mention));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_formal_contract_waits_for_those_who_lost_eleven_days_sixteen_on_paper(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::usual(on).await;
    let lot = world.launched([120_000, 60_000, 60_000]).await.lots[0].id;
    let rival = world.rival().await;
    world.boxes_bid(lot, rival, &["0.97", "1.90"]).await;
    let bid = world.boxes_bid(lot, world.bodies[1], &["0.89", "1.87"]).await;
    let told = |on: &str, electronic| Some(LosersTold { on: day(on), electronic });
    for (losers_told, reason) in [
        (None, "Indiquez quand les candidats non retenus"),
        (told("2026-08-19", true), "après la décision"),
        (told("2026-08-31", true), "11 jours après, à partir du 11/09/2026"),
        (told("2026-08-26", false), "16 jours après, à partir du 11/09/2026"),
    ] {
        let new = NewContract { losers_told, ..terms(bid) };
        let refused = award(&world.app, &buyer(), &new, "a").await.unwrap_err().in_french();
        assert!(refused.contains(reason), "{reason} in {refused}");
    }
    let losers_told = told("2026-08-30", true);
    let new = NewContract { losers_told, ..terms(bid) };
    let made = award(&world.app, &buyer(), &new, "a").await.unwrap();
    let stored = store::contract(&world.app.store, made).await.unwrap();
    assert_eq!(stored.losers_told_on, Some(day("2026-08-30")));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn who_bids_alone_keeps_nobody_waiting(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::usual(on).await;
    let (made, _) = world.contract(|new| new.losers_told = None).await;
    assert_eq!(store::contract(&world.app.store, made).await.unwrap().losers_told_on, None);
}
