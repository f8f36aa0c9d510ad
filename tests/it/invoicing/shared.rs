//! Model C: the coordinator's invoice is shared, recharged, stated and credited.

use std::collections::BTreeSet;

use domain::invoices::state::InvoiceState as S;
use rstest::rstest;
use travee::store::invoices as store;
use travee::usecases::App;
use travee::usecases::group::confirm_sirets;
use travee::usecases::invoices::{allocate, issue_statements, receive_invoice, validate};

use super::group::{BOXES, ORDER, bill, codes, group, second};
use super::world::{World, line};
use crate::fixtures::{buyer, day};
use crate::harness::On;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_worked_invoice_of_the_dossier_is_shared_recharged_and_stated(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(40).await;
    let received = group.receive(&bill("F-1", None, &BOXES, 4_500)).await;
    assert_eq!((received.state, received.findings), (S::Matched, vec![]));
    let id = received.invoice.unwrap();
    let app = &group.app;
    let made = allocate(app, &buyer(), id, &[]).await.unwrap();
    assert_eq!(group.owed("net_cents").await, [50_190, 8_031, 7_428]);
    assert_eq!(group.owed("vat_cents").await, [10_038, 1_606, 1_486]);
    assert_eq!(group.owed("gross_cents").await, [60_228, 9_637, 8_914]);

    let own = validate(app, &buyer(), id).await.unwrap_err();
    assert_eq!(codes(own), ["quatre_yeux"]);
    let early = issue_statements(app, &buyer(), made[0], |_| ()).await.unwrap_err();
    assert_eq!(codes(early), ["repartition_non_validee"]);
    let validated = validate(app, &second(), id).await.unwrap();
    assert_eq!((validated.statements, validated.recharges), (3, 3));
    let recharged = group
        .world
        .number("SELECT CAST(SUM(amount_cents) AS BIGINT) FROM recharge WHERE account LIKE '606%'")
        .await;
    assert_eq!(recharged, 78_779);

    let unconfirmed = issue_statements(app, &buyer(), made[0], |_| ()).await.unwrap_err();
    assert_eq!(codes(unconfirmed), ["siret_non_confirme"; 3]);
    confirm_sirets(app, &buyer(), &group.members).await.unwrap();
    assert_eq!(issue_statements(app, &buyer(), made[0], |_| ()).await.unwrap(), 3);
    assert_eq!(issue_statements(app, &buyer(), made[0], |_| ()).await.unwrap(), 0, "each once");
    let text = paper_text(app, "RF-2026-0002").await;
    for expected in ["96,37", "avis des sommes à payer", "F-1", "BC-2026-0001", "2026-ARCH-L1"] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
}

async fn paper_text(app: &App, number: &str) -> String {
    let bytes = app.files.get(&format!("releves/{number}.pdf")).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("releve.pdf");
    std::fs::write(&path, bytes).unwrap();
    let output =
        std::process::Command::new("pdftotext").arg("-layout").arg(&path).arg("-").output();
    String::from_utf8(output.unwrap().stdout).unwrap()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_credit_note_brings_every_member_back_to_nothing(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(40).await;
    let app = group.app.clone();
    let invoice = group.receive(&bill("F-1", None, &BOXES, 4_500)).await.invoice.unwrap();
    allocate(&app, &buyer(), invoice, &[]).await.unwrap();
    validate(&app, &second(), invoice).await.unwrap();
    let credit = group.receive(&bill("A-1", Some("F-1"), &BOXES, 4_500)).await;
    assert_eq!(credit.state, S::Matched);
    let credit = credit.invoice.unwrap();
    let made = allocate(&app, &buyer(), credit, &[]).await.unwrap();
    for column in ["net_cents", "vat_cents", "gross_cents", "payable_cents"] {
        assert_eq!(group.owed(column).await, [0, 0, 0], "{column}");
    }
    let cells = group
        .world
        .number(
            "SELECT COUNT(*) FROM (SELECT kind, position, organisation_id FROM allocation_cell \
             GROUP BY kind, position, organisation_id HAVING SUM(amount_cents) <> 0) x",
        )
        .await;
    assert_eq!(cells, 0, "every figure is mirrored, not only the sums");
    let again = group.receive(&bill("F-2", None, &BOXES, 4_500)).await;
    assert_eq!(again.state, S::Matched, "what was credited in full can be invoiced again");
    validate(&app, &second(), credit).await.unwrap();
    confirm_sirets(&app, &buyer(), &group.members).await.unwrap();
    assert_eq!(issue_statements(&app, &buyer(), made[0], |_| ()).await.unwrap(), 3);
    let text = paper_text(&app, "RF-2026-0005").await;
    assert!(text.contains("À déduire") && text.contains("96,37"), "{text}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn two_invoices_of_one_order_leave_everybody_with_what_they_accepted(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(40).await;
    let app = group.app.clone();
    let part = [("BOI-001", "100", "1.87", 18_700)];
    let rest = [("BOI-001", "227", "1.87", 42_449)];
    let one = group.receive(&bill("F-1", None, &part, 0)).await.invoice.unwrap();
    let two = group.receive(&bill("F-2", None, &rest, 0)).await;
    assert_eq!(two.state, S::Matched);
    let three = group.receive(&bill("F-3", None, &part, 0)).await;
    assert_eq!(three.findings[0].code, "commande_deja_facturee");
    allocate(&app, &buyer(), one, &[]).await.unwrap();
    allocate(&app, &buyer(), two.invoice.unwrap(), &[]).await.unwrap();
    let text = "SELECT CAST(SUM(quantity_milli) AS BIGINT) FROM allocation_weight WHERE organisation_id = ";
    for (member, milli) in group.members.iter().zip([250_000, 40_000, 37_000]) {
        assert_eq!(group.world.number(&format!("{text}{member}")).await, milli);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_freight_line_named_as_such_is_shared_like_a_charge(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(40).await;
    let app = group.app.clone();
    let with = |reference| [("BOI-001", "327", "1.87", 61_149), (reference, "1", "45.00", 4_500)];
    let unnamed = with("TRANSPORT");
    let disputed = group.receive(&bill("F-0", None, &unnamed, 0)).await;
    assert_eq!(disputed.state, S::Disputed);
    assert_eq!(disputed.findings[0].code, "ligne_hors_commande");
    let freight = BTreeSet::from(["2".to_owned()]);
    let again = bill("F-1", None, &unnamed, 0).xml();
    let named =
        receive_invoice(&app, &buyer(), again, day("2026-09-01"), &freight, "F-1").await.unwrap();
    assert_eq!(named.state, S::Matched, "{:?}", named.findings);
    allocate(&app, &buyer(), named.invoice.unwrap(), &[]).await.unwrap();
    // Rule 20: 45.00 over 467.50, 74.80 and 69.19.
    assert_eq!(group.owed("net_cents").await, [50_190, 8_031, 7_428]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_takes_an_invoice_in_once_and_another_key_finds_its_number_used(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(40).await;
    let first = group.receive(&bill("F-1", None, &BOXES, 0)).await;
    let second = group.receive(&bill("F-1", None, &BOXES, 0)).await;
    assert_eq!(first, second);
    let (app, none) = (&group.app, BTreeSet::new());
    let xml = bill("F-1", None, &BOXES, 0).xml();
    let third = receive_invoice(app, &buyer(), xml, day("2026-09-02"), &none, "k").await.unwrap();
    assert_eq!(third.state, S::Rejected);
    assert_eq!(third.findings[0].code, "numero_de_facture_deja_utilise_par_ce_fournisseur");
    assert_eq!(group.world.number("SELECT COUNT(*) FROM invoice").await, 2);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_sent_twice_at_once_is_taken_in_once(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(40).await;
    let tasks = (0..8).map(|at| {
        let (app, xml) = (group.app.clone(), bill("F-1", None, &BOXES, 0).xml());
        tokio::spawn(async move {
            let (key, none) = (format!("k{at}"), BTreeSet::new());
            receive_invoice(&app, &buyer(), xml, day("2026-09-01"), &none, &key).await.unwrap()
        })
    });
    let mut states = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        states.push(task.await.unwrap().state);
    }
    assert_eq!(states.iter().filter(|state| **state == S::Matched).count(), 1, "{states:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_member_never_sees_the_coordinators_invoice(#[values(On::Sqlite, On::Postgres)] on: On) {
    let mut group = group(on).await;
    group.boxes(40).await;
    let id = group.receive(&bill("F-1", None, &BOXES, 0)).await.invoice.unwrap();
    let on = &group.app.store;
    let member = travee::store::Viewer::Member(group.members[0]);
    assert_eq!(store::invoice(on, member, id).await.unwrap(), None);
    let page = store::Page { number: 1, size: 10 };
    assert!(store::invoices(on, member, None, page).await.unwrap().is_empty());
    let all = travee::store::Viewer::Coordinator;
    assert_eq!(store::invoices(on, all, None, page).await.unwrap().len(), 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_a_cent_away_from_the_exact_fraction_and_every_sum_is_the_invoices(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    let [arras, bapaume, berck] = group.members;
    let shares = [(arras, 7, 7, 7), (bapaume, 11, 11, 11), (berck, 13, 13, 13)];
    group.order(ORDER, &[line("BOI-001", 33_300, &shares)]).await;
    let lines = [("BOI-001", "31", "3.33", 10_323)];
    let printed = bill("F-1", None, &lines, 1_001);
    let id = group.receive(&printed).await.invoice.unwrap();
    allocate(&group.app, &buyer(), id, &[]).await.unwrap();
    // One rate, freight by the lines' amounts: everything is in proportion to 7, 11 and 13.
    for (column, total) in [
        ("net_cents", printed.net()),
        ("vat_cents", printed.vat()),
        ("gross_cents", printed.gross()),
        ("payable_cents", printed.gross()),
    ] {
        let owed = group.owed(column).await;
        assert_eq!(owed.iter().sum::<i64>(), total, "{column}");
        for (cents, weight) in owed.iter().zip([7, 11, 13]) {
            assert!((cents * 31 - total * weight).abs() < 31, "{column}: {cents} for {weight}");
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn check_names_a_cent_that_moved_a_state_that_lies_and_a_recharge_that_differs(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(40).await;
    let app = group.app.clone();
    let id = group.receive(&bill("F-1", None, &BOXES, 4_500)).await.invoice.unwrap();
    allocate(&app, &buyer(), id, &[]).await.unwrap();
    validate(&app, &second(), id).await.unwrap();
    let rules = async || -> BTreeSet<&'static str> {
        World::breaches(&app).await.into_iter().map(|one| one.rule).collect()
    };
    assert_eq!(rules().await, BTreeSet::new());
    let cell = "UPDATE allocation_cell SET amount_cents = amount_cents + 1 WHERE kind = ";
    for (breach, mend, expected) in [
        (
            format!("{cell}'line'"),
            "UPDATE allocation_cell SET amount_cents = amount_cents - 1 WHERE kind = 'line'",
            vec!["allocation_lines", "allocation_members"],
        ),
        (
            format!("{cell}'charge'"),
            "UPDATE allocation_cell SET amount_cents = amount_cents - 1 WHERE kind = 'charge'",
            vec!["allocation_charges", "allocation_members"],
        ),
        (
            format!("{cell}'tax'"),
            "UPDATE allocation_cell SET amount_cents = amount_cents - 1 WHERE kind = 'tax'",
            vec!["allocation_members", "allocation_vat"],
        ),
        (
            "UPDATE allocation_member SET rounding_cents = 1, payable_cents = payable_cents + 1"
                .into(),
            "UPDATE allocation_member SET rounding_cents = 0, payable_cents = payable_cents - 1",
            vec!["allocation_totals", "recharges"],
        ),
        (
            "UPDATE recharge SET amount_cents = amount_cents - 1".into(),
            "UPDATE recharge SET amount_cents = amount_cents + 1",
            vec!["recharges"],
        ),
        (
            "UPDATE order_share SET accepted_milli = accepted_milli - 1000".into(),
            "UPDATE order_share SET accepted_milli = accepted_milli + 1000",
            vec!["charged_quantities"],
        ),
        (
            "UPDATE invoice SET state = 'disputed'".into(),
            "UPDATE invoice SET state = 'validated'",
            vec!["allocation_numbers", "allocation_states", "allowed_steps"],
        ),
    ] {
        group.fresh.execute(&breach).await;
        assert_eq!(rules().await, expected.into_iter().collect(), "{breach}");
        group.fresh.execute(mend).await;
    }
    assert_eq!(rules().await, BTreeSet::new());
}
