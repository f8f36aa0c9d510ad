//! An invoice that says more than the order or the deliveries, and the credit note that settles it.

use domain::invoices::state::InvoiceState as S;
use domain::quantity::Quantity;
use rstest::rstest;
use travee::usecases::invoices::{Concerned, allocate, reject, reopen};

use super::group::{BOXES, bill, codes, group, state};
use crate::fixtures::{BAPAUME, buyer};
use crate::harness::On;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn rules_18_and_21_a_dispute_and_its_credit_note_are_booked_together(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(30).await;
    let app = group.app.clone();
    let invoice = group.receive(&bill("F-1", None, &BOXES, 0)).await;
    assert_eq!(invoice.state, S::Disputed);
    assert_eq!(invoice.findings[0].code, "quantite_superieure_aux_receptions");
    assert!(invoice.findings[0].message.contains("18,70"), "{}", invoice.findings[0].message);
    let id = invoice.invoice.unwrap();
    let alone = allocate(&app, &buyer(), id, &[]).await.unwrap_err();
    assert!(!codes(alone).is_empty(), "nothing is shared before its credit note");
    assert_eq!(group.owed("gross_cents").await, [0, 0, 0]);

    let damaged = [("BOI-001", "10", "1.87", 1_870)];
    let credit = group.receive(&bill("A-1", Some("F-1"), &damaged, 0)).await;
    assert_eq!(credit.state, S::Matched, "{:?}", credit.findings);
    let made = allocate(&app, &buyer(), credit.invoice.unwrap(), &[]).await.unwrap();
    assert_eq!(made.len(), 2);
    assert_eq!(state(&app, id).await, S::Allocated);
    // 250, 40 and 37 boxes charged, ten of them given back to the second member alone.
    assert_eq!(group.owed("net_cents").await, [46_750, 7_480 - 1_870, 6_919]);
    let concerned =
        group.world.number("SELECT COUNT(*) FROM allocation_member WHERE net_cents < 0").await;
    assert_eq!(concerned, 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_credit_note_that_does_not_cover_the_dispute_books_nothing(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(30).await;
    let app = group.app.clone();
    let id = group.receive(&bill("F-1", None, &BOXES, 0)).await.invoice.unwrap();
    let too_little = [("BOI-001", "4", "1.87", 748)];
    let credit = group.receive(&bill("A-1", Some("F-1"), &too_little, 0)).await.invoice.unwrap();
    let refused = allocate(&app, &buyer(), credit, &[]).await.unwrap_err();
    assert_eq!(codes(refused), ["quantite_superieure_aux_receptions"]);
    assert_eq!((state(&app, id).await, state(&app, credit).await), (S::Disputed, S::Matched));
    assert_eq!(group.owed("gross_cents").await, [0, 0, 0]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_price_above_the_orders_is_settled_by_a_credit_note_of_the_difference(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(40).await;
    let app = group.app.clone();
    let dear = [("BOI-001", "327", "1.90", 62_130)];
    let invoice = group.receive(&bill("F-1", None, &dear, 0)).await;
    assert_eq!(invoice.state, S::Disputed);
    assert_eq!(invoice.findings[0].code, "prix_different_de_la_commande");
    let little = [("BOI-001", "327", "0.02", 654)];
    let credit = group.receive(&bill("A-1", Some("F-1"), &little, 0)).await.invoice.unwrap();
    let refused = allocate(&app, &buyer(), credit, &[]).await.unwrap_err();
    assert_eq!(codes(refused), ["avoir_insuffisant"]);
    reject(&app, &buyer(), credit, "avoir insuffisant").await.unwrap_err();
    // The rest comes with a second one: both are booked.
    let difference = [("BOI-001", "327", "0.01", 327)];
    let credit = group.receive(&bill("A-2", Some("F-1"), &difference, 0)).await.invoice.unwrap();
    allocate(&app, &buyer(), credit, &[]).await.unwrap();
    assert_eq!(group.owed("net_cents").await.iter().sum::<i64>(), 61_149);
    // The goods are still paid for: they cannot be invoiced again.
    let again = group.receive(&bill("F-2", None, &BOXES, 0)).await;
    assert_eq!(again.findings[0].code, "commande_deja_facturee");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_price_reduction_decided_at_the_delivery_lowers_what_may_be_invoiced(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(40).await;
    let app = group.app.clone();
    let bapaume = group.members[1];
    let reduced =
        format!("UPDATE order_share SET reduction_cents = 1000 WHERE organisation_id = {bapaume}");
    group.fresh.execute(&reduced).await;
    let invoice = group.receive(&bill("F-1", None, &BOXES, 0)).await;
    assert_eq!(invoice.state, S::Disputed);
    assert_eq!(invoice.findings[0].code, "refaction_non_deduite");
    assert!(invoice.findings[0].message.contains("10,00"), "{}", invoice.findings[0].message);

    let half = [("BOI-001", "1", "5.00", 500)];
    let first = group.receive(&bill("A-1", Some("F-1"), &half, 0)).await.invoice.unwrap();
    let refused = allocate(&app, &buyer(), first, &[]).await.unwrap_err();
    assert_eq!(codes(refused), ["avoir_insuffisant"]);
    let second = group.receive(&bill("A-2", Some("F-1"), &half, 0)).await.invoice.unwrap();
    let whom = [first, second].map(|credit| Concerned {
        credit,
        line: "1".into(),
        siret: BAPAUME.parse().unwrap(),
        quantity: Quantity::whole(1),
    });
    allocate(&app, &buyer(), second, &whom).await.unwrap();
    assert_eq!(state(&app, invoice.invoice.unwrap()).await, S::Allocated);
    assert_eq!(group.owed("net_cents").await, [46_750, 7_480 - 1_000, 6_919]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_deducts_the_price_reduction_matches(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(40).await;
    group.fresh.execute("UPDATE order_share SET reduction_cents = 500").await;
    let honest = [("BOI-001", "327", "1.87", 61_149 - 1_500)];
    let invoice = group.receive(&bill("F-1", None, &honest, 0)).await;
    assert_eq!(invoice.state, S::Matched, "{:?}", invoice.findings);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn whom_a_credit_note_concerns_is_asked_where_the_deliveries_do_not_say(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(40).await;
    let app = group.app.clone();
    let invoice = group.receive(&bill("F-1", None, &BOXES, 0)).await.invoice.unwrap();
    allocate(&app, &buyer(), invoice, &[]).await.unwrap();
    let broken = [("BOI-001", "10", "1.87", 1_870)];
    let credit = group.receive(&bill("A-1", Some("F-1"), &broken, 0)).await.invoice.unwrap();
    let refused = allocate(&app, &buyer(), credit, &[]).await.unwrap_err();
    assert_eq!(codes(refused), ["concernes_a_designer"]);
    let whom = |siret: &str, count| Concerned {
        credit,
        line: "1".into(),
        siret: siret.parse().unwrap(),
        quantity: Quantity::whole(count),
    };
    let few = allocate(&app, &buyer(), credit, &[whom(BAPAUME, 9)]).await.unwrap_err();
    assert_eq!(codes(few), ["concernes_incomplets"]);
    allocate(&app, &buyer(), credit, &[whom(BAPAUME, 10)]).await.unwrap();
    assert_eq!(group.owed("net_cents").await, [46_750, 5_610, 6_919]);
    let blocked = reopen(&app, &buyer(), invoice, "erreur").await.unwrap_err();
    assert_eq!(codes(blocked), ["avoir_reparti"]);
}
