//! Dated prices, and the windows in which they are ordered at.

use chrono::NaiveDate;
use domain::orders::calendar::Period;
use domain::quantity::Quantity;
use domain::tenders::revision::{IndexTerm, RevisionClause, RevisionTerms};
use domain::tenders::tiers::Tier;
use rstest::rstest;
use travee::store::tenders::{self as store, IndexUsed};
use travee::usecases::tenders::{
    BidPrice, NewContract, NewWindow, Revision, award, open_window, record_bid, revise_prices,
};

use super::world::{World, boxes_bid, price, reference, terms};
use crate::fixtures::{buyer, day};
use crate::harness::On;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn rules_13_to_15_a_revision_is_a_new_dated_schedule_and_the_old_one_stays(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::usual(on).await;
    let procedure = world.launched([120_000, 1, 1]).await;
    let mut bid = boxes_bid(procedure.lots[0].id, world.bodies[1], &["2.10", "1.87"]);
    let tier = |from, text| Tier { from: Quantity::whole(from), price: price(text) };
    let tiers = vec![tier(500, "1.95"), tier(1000, "1.80")];
    bid.prices.insert(reference("BOI-001"), BidPrice { price: price("2.10"), tiers });
    let bid = record_bid(&world.app, &buyer(), &bid).await.unwrap().id;
    let index = IndexTerm {
        index: "CPF 17.21".into(),
        weight: "0.85".parse().unwrap(),
        initial_value: "110.0".parse().unwrap(),
    };
    let clause = RevisionTerms::usual("0.15".parse().unwrap(), vec![index]);
    let revision = RevisionClause::new(clause).ok();
    let new = NewContract { revision, ..terms(bid) };
    let id = award(&world.app, &buyer(), &new, "a").await.unwrap();

    let revise = async |from: &str, published: &[IndexUsed]| {
        revise_prices(&world.app, &buyer(), id, day(from), published).await
    };
    let missed = revise("2027-09-14", &[]).await.unwrap();
    let Revision::Unrevised { missing, warning } = missed else { panic!("no value, no price") };
    assert_eq!(missing, ["CPF 17.21"]);
    assert!(warning.contains("14/09/2026"), "{warning}");
    let published = |name: &str| IndexUsed {
        name: name.into(),
        month: day("2027-06-01"),
        value: "115.2".parse().unwrap(),
        source: "INSEE, base 2021".into(),
    };
    let values = [published("CPF 17.21"), published("not in the clause")];
    let made = revise("2027-09-14", &values).await.unwrap();
    let Revision::Schedule(second) = made else { panic!("every value is published") };
    let schedules = store::schedules(&world.app.store, id).await.unwrap();
    let [initial, revised] = schedules.as_slice() else { panic!("two schedules") };
    assert_eq!((revised.id, revised.rank, revised.from), (second, 2, day("2027-09-14")));
    assert_eq!(revised.coefficient.as_deref(), Some("1.041"), "0.15 + 0.85 × 115.2 / 110, up");
    assert!(revised.note.contains("CPF 17.21 : 115,2 (06/2027)"), "{}", revised.note);
    assert!(!revised.note.contains("not in the clause"));
    let boxes = |schedule: &store::SchedulePrices| {
        let line = schedule.schedule().lines[&reference("BOI-001")].clone();
        let tiers: Vec<_> = line.tiers.iter().map(|tier| tier.price.machine()).collect();
        (line.price.machine(), tiers, line.price_for(Quantity::whole(999)).machine())
    };
    assert_eq!(boxes(initial), ("2.1".into(), vec!["1.95".into(), "1.8".into()], "1.95".into()));
    assert_eq!(boxes(revised), ("2.19".into(), vec!["2.03".into(), "1.87".into()], "2.03".into()));
    let on_day = async |text| {
        store::schedule_in_force(&world.app.store, id, day(text)).await.unwrap().unwrap()
    };
    assert_eq!(&on_day("2027-09-13").await, initial, "an order of the day before keeps its price");
    assert_eq!(&on_day("2027-09-14").await, revised);
    for (from, reason) in [("2027-09-14", "déjà en vigueur"), ("2030-09-14", "durée du marché")]
    {
        let refused = revise(from, &values).await.unwrap_err().in_french();
        assert!(refused.contains(reason), "{refused}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn firm_prices_are_not_revised(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::usual(on).await;
    let (id, _) = world.contract(|_| ()).await;
    let refused = revise_prices(&world.app, &buyer(), id, day("2027-09-14"), &[]).await;
    assert!(refused.unwrap_err().in_french().contains("prix fermes"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_window_lies_within_its_contract_apart_from_the_others_and_on_a_year_asked_for(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::usual(on).await;
    let (contract, _) = world.contract(|_| ()).await;
    let window = |from: &str, to: &str, year| NewWindow {
        contract,
        campaign: world.campaign,
        year,
        days: Period { from: day(from), to: day(to) },
    };
    let open = async |new: NewWindow, key| open_window(&world.app, &buyer(), &new, key).await;
    let first = window("2027-01-10", "2027-02-10", 2027);
    let twice = tokio::join!(open(first, "k"), open(first, "k"));
    assert_eq!(twice.0.unwrap(), twice.1.unwrap(), "a double click opens one");
    for (new, reason) in [
        (window("2027-02-10", "2027-03-01", 2027), "court déjà"),
        (window("2030-09-01", "2030-09-14", 2030), "durée du marché"),
        (window("2028-01-10", "2028-01-09", 2028), "durée du marché"),
        (window("2028-01-10", "2028-02-10", 2031), "ne porte pas sur 2031"),
    ] {
        let refused = open(new, "other").await.unwrap_err().in_french();
        assert!(refused.contains(reason), "{reason} in {refused}");
    }
    open(window("2028-01-10", "2028-02-10", 2028), "second").await.unwrap();
    let stored = store::contract(&world.app.store, contract).await.unwrap();
    let days: Vec<NaiveDate> = stored.windows.iter().map(|window| window.days.from).collect();
    assert_eq!(days, [day("2027-01-10"), day("2028-01-10")]);
    assert!(stored.windows.iter().all(|window| !window.closed));
    assert!(stored.agreement.window_on(day("2027-02-10")).is_some());
}
