//! The clock of payment, and what a late payment costs.

use domain::invoices::state::InvoiceState as S;
use rstest::rstest;
use travee::store::invoices as store;
use travee::usecases::invoices::{
    allocate, dispute, late_interest, pay, reopen, resume, suspend, validate,
};

use super::group::{BOXES, ORDER, bill, codes, group, second, state};
use super::world::line;
use crate::fixtures::{buyer, day};
use crate::harness::On;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_clock_of_payment_stops_once_and_nothing_is_paid_before_two_have_agreed(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(40).await;
    let app = group.app.clone();
    let id = group.receive(&bill("F-1", None, &BOXES, 0)).await.invoice.unwrap();
    suspend(&app, &buyer(), id, day("2026-09-10"), "pièce manquante").await.unwrap();
    let shared = allocate(&app, &buyer(), id, &[]).await.unwrap_err();
    assert_eq!(codes(shared), ["etape_interdite"]);
    assert_eq!(resume(&app, &buyer(), id, day("2026-09-17")).await.unwrap(), S::Matched);
    let stored = store::invoice(&app.store, travee::store::Viewer::Coordinator, id).await;
    assert_eq!(stored.unwrap().unwrap().due_on, Some(day("2026-10-08")), "seven days later");
    let twice = suspend(&app, &buyer(), id, day("2026-09-20"), "encore").await.unwrap_err();
    assert_eq!(codes(twice), ["deja_suspendue"]);
    allocate(&app, &buyer(), id, &[]).await.unwrap();
    let early = pay(&app, &second(), id, day("2026-09-30")).await.unwrap_err();
    assert_eq!(codes(early), ["etape_interdite"]);
    reopen(&app, &buyer(), id, "clé à revoir").await.unwrap();
    assert_eq!(group.world.number("SELECT COUNT(*) FROM allocation_cell").await, 0);
    dispute(&app, &buyer(), id, "prix à vérifier").await.unwrap();
    assert_eq!(resume(&app, &buyer(), id, day("2026-09-21")).await.unwrap(), S::Matched);
    allocate(&app, &buyer(), id, &[]).await.unwrap();
    validate(&app, &second(), id).await.unwrap();
    assert_eq!(pay(&app, &second(), id, day("2026-09-30")).await.unwrap(), None);
    assert_eq!(state(&app, id).await, S::Paid);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn rule_22_a_late_payment_costs_9_12_and_40_and_an_unknown_rate_is_an_error(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    let arras = group.members[0];
    // 1 640.25 with VAT.
    let lines = [line("BOI-001", 13_668_750, &[(arras, 1, 1, 1)])];
    group.order(ORDER, &lines).await;
    let app = group.app.clone();
    let billed = [("BOI-001", "1", "1366.875", 136_688)];
    let received = group.receive(&bill("F-1", None, &billed, 0)).await;
    let id = received.invoice.unwrap();
    allocate(&app, &buyer(), id, &[]).await.unwrap();
    validate(&app, &second(), id).await.unwrap();
    let unknown = pay(&app, &second(), id, day("2026-10-21")).await.unwrap_err();
    let text = unknown.in_french();
    assert!(text.contains("Banque centrale européenne au 01/07/2026"), "{text}");
    assert_eq!(state(&app, id).await, S::Validated, "nothing was changed");
    group
        .fresh
        .execute(
            "INSERT INTO interest_rate (refinancing_rate, margin, flat_recovery, valid_from, valid_to, source) \
             VALUES ('2.15', '8.00', '40.00', '2026-07-01', '2026-12-31', 'essai')",
        )
        .await;
    let late = late_interest(&app, id, day("2026-10-21")).await.unwrap().unwrap();
    assert_eq!((late.days, late.interest.cents(), late.recovery_costs.cents()), (20, 912, 4_000));
    assert_eq!(pay(&app, &second(), id, day("2026-10-21")).await.unwrap(), Some(late));
}
