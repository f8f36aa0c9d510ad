//! Delivery notes, what is decided on them, and what lateness costs.

use domain::ids::{OrderId, SiteId};
use domain::money::Net;
use domain::orders::delivery::{Decision, DeliveredLine, DeliveryNote, ShareKey, Verdict};
use domain::orders::progress::{Progress, delivered};
use domain::quantity::Quantity;
use rstest::rstest;
use travee::store::Viewer;
use travee::store::orders::StoredOrder;
use travee::store::tenders::contract;
use travee::usecases::check::check;
use travee::usecases::orders::{
    cancel_order, close_order, decide_deliveries, penalties, record_deliveries,
};

use super::issuing::{issue, validated};
use super::shop::{AFTER, Deal, Shop, codes, net};
use crate::fixtures::{buyer, day};
use crate::harness::On;

const LATE: &str = "2026-09-05";

fn note(
    stored: &StoredOrder,
    reference: &str,
    on: &str,
    units: u32,
    back: u32,
) -> (OrderId, DeliveryNote) {
    let share = stored.order.lines[0].shares[0];
    let note = DeliveryNote {
        reference: reference.into(),
        delivered_on: day(on),
        member: share.member,
        site: share.site,
        lines: vec![DeliveredLine {
            position: 1,
            delivered: Quantity::whole(units),
            turned_back: Quantity::whole(back),
        }],
    };
    (stored.id, note)
}

fn decision(stored: &StoredOrder, verdict: Verdict, units: u32, cents: i64) -> (OrderId, Decision) {
    let decision = Decision {
        key: ShareKey::of(1, &stored.order.lines[0].shares[0]),
        verdict,
        quantity: Quantity::whole(units),
        reduction: net(cents),
        reason: "dos rayé".into(),
        by: "L. Petit".into(),
        on: day(LATE),
    };
    (stored.id, decision)
}

async fn issued(on: On, deal: &Deal) -> Shop {
    let shop = validated(on, deal).await;
    issue(&shop.on(AFTER), &shop).await;
    shop
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_is_counted_share_by_share_and_decided_on(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = issued(on, &Deal::bindings()).await;
    let app = shop.on(LATE);
    let all = Viewer::Coordinator;
    let (arras, bapaume) = (shop.order_of(2).await, shop.order_of(3).await);
    // Seven came for six: one is turned back at the door. Half of Bapaume's came.
    let notes =
        [note(&arras, "BL-1", "2026-08-20", 7, 1), note(&bapaume, "BL-1", "2026-08-20", 2, 0)];
    record_deliveries(&app, &buyer(), all, &notes).await.unwrap();
    let wrong =
        [note(&arras, "BL-1", "2026-08-21", 1, 0), note(&bapaume, "BL-2", "2026-08-21", 3, 0)];
    let refused = record_deliveries(&app, &buyer(), all, &wrong).await.unwrap_err();
    assert_eq!(codes(&refused), ["bon_en_double", "trop_livre"], "all is told, nothing taken in");
    assert!(refused.in_french().contains("BC-2026-0002"), "{}", refused.in_french());
    let decided = [
        decision(&arras, Verdict::Accepted, 3, 0),
        decision(&arras, Verdict::Reduced, 2, 500),
        decision(&arras, Verdict::Rejected, 1, 0),
    ];
    let member = Viewer::Member(shop.world.bodies[2]);
    decide_deliveries(&app, &buyer(), member, &decided).await.unwrap();
    let too_many = [decision(&bapaume, Verdict::WithReserves, 3, 0)];
    let refused = decide_deliveries(&app, &buyer(), all, &too_many).await.unwrap_err();
    assert_eq!(codes(&refused), ["decision"]);
    let stranger = decide_deliveries(&app, &buyer(), member, &too_many).await.unwrap_err();
    assert!(stranger.in_french().contains("n’existe pas"));
    let after = shop.order_of(2).await;
    let receipt = after.receipts.values().next().unwrap();
    let quantities = [receipt.delivered, receipt.accepted, receipt.rejected, receipt.pending()];
    assert_eq!(quantities.map(Quantity::thousandths), [7_000, 5_000, 2_000, 0]);
    assert_eq!(receipt.reduction, net(500));
    assert_eq!(delivered(&after.order, &after.receipts), Progress::Partial);
    // What was rejected comes again.
    record_deliveries(&app, &buyer(), all, &[note(&arras, "BL-3", LATE, 1, 0)]).await.unwrap();
    let after = shop.order_of(2).await;
    assert_eq!(delivered(&after.order, &after.receipts), Progress::Complete);
    assert_eq!(check(&app).await.unwrap().breaches, []);
    // Nothing delivered is cancelled; what waits for a decision is not closed.
    let cancel = cancel_order(&app, &buyer(), all, arras.id, "erreur").await.unwrap_err();
    assert_eq!(codes(&cancel), ["livre"]);
    let close = close_order(&app, &buyer(), arras.id).await.unwrap_err();
    assert_eq!(codes(&close), ["decision_attendue"]);
    let last = [decision(&arras, Verdict::Accepted, 1, 0)];
    decide_deliveries(&app, &buyer(), all, &last).await.unwrap();
    let rest = close_order(&app, &buyer(), arras.id).await.unwrap();
    assert_eq!(rest, net(500), "all but the price reduction is owed");
    assert_eq!(check(&app).await.unwrap().breaches, []);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn two_notes_for_the_last_goods_at_once_are_taken_in_once(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = issued(on, &Deal::bindings()).await;
    let app = shop.on(LATE);
    let arras = shop.order_of(2).await;
    let take = |reference: &'static str| {
        let (app, note) = (app.clone(), note(&arras, reference, LATE, 6, 0));
        tokio::spawn(async move {
            record_deliveries(&app, &buyer(), Viewer::Coordinator, &[note]).await
        })
    };
    let (one, other) = tokio::join!(take("BL-1"), take("BL-2"));
    let outcomes = [one.unwrap(), other.unwrap()];
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert_eq!(check(&app).await.unwrap().breaches, []);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn rule_23_lateness_is_computed_by_order_and_due_above_the_exemption(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    // Arras: 3 200.00 of bindings, last day 24/08/2026, here on 05/09/2026: 12 days late.
    let deal = Deal {
        prices: vec![("REL-001", "533.3334", vec![]), ("REL-041", "58", vec![])],
        ..Deal::bindings()
    };
    let shop = issued(on, &deal).await;
    let app = shop.on(LATE);
    let arras = shop.order_of(2).await;
    assert_eq!(arras.totals.net, net(320_000));
    let notes = [note(&arras, "BL-1", LATE, 6, 0)];
    record_deliveries(&app, &buyer(), Viewer::Coordinator, &notes).await.unwrap();
    let found = penalties(&app.store, shop.contract, day(LATE)).await.unwrap();
    let by_order: Vec<(String, i64)> =
        found.orders.iter().map(|order| (order.number.clone(), order.penalty.cents())).collect();
    // The others are still expected: 2 133.33 and 174.00, twelve days late too.
    let expected = [("BC-2026-0001", 3_840), ("BC-2026-0002", 2_560), ("BC-2026-0003", 209)];
    assert_eq!(by_order, expected.map(|(number, cents)| (number.to_owned(), cents)));
    assert_eq!(found.due, Net::ZERO, "66.09 in all: not above 1 000.00");
    let in_time = penalties(&app.store, shop.contract, day("2026-08-24")).await.unwrap();
    assert_eq!(in_time.orders.len(), 1, "on its last day nothing is overdue yet");
    shop.fresh()
        .execute("UPDATE ccag_figure SET value = '66.08' WHERE code = 'penalty_exemption'")
        .await;
    let found = penalties(&app.store, shop.contract, day(LATE)).await.unwrap();
    assert_eq!(found.due, net(6_609), "all of them, not what is above");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_note_for_a_delivery_point_that_ordered_nothing_is_refused(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = issued(on, &Deal::bindings()).await;
    let app = shop.on(LATE);
    let arras = shop.order_of(2).await;
    let (order, mut stray) = note(&arras, "BL-9", LATE, 1, 0);
    stray.site = SiteId(stray.site.0 + 1);
    let refused = record_deliveries(&app, &buyer(), Viewer::Coordinator, &[(order, stray)]).await;
    assert_eq!(codes(&refused.unwrap_err()), ["ligne"]);
    let committed = contract(&app.store, shop.contract).await.unwrap().committed;
    assert_eq!(committed, net(10 * 3_800 + 3 * 5_800), "deliveries commit nothing");
}
