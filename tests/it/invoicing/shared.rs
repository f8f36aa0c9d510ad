//! Model C: the coordinator's invoice is shared, recharged, stated and credited.

use std::collections::BTreeSet;

use domain::ids::{InvoiceId, OrganisationId};
use domain::invoices::state::InvoiceState as S;
use domain::quantity::Quantity;
use rstest::rstest;
use travee::store::invoices as store;
use travee::usecases::group::confirm_sirets;
use travee::usecases::invoices::{
    Concerned, Received, allocate, dispute, issue_statements, late_interest, pay, receive_invoice,
    reject, reopen, resume, suspend, validate,
};
use travee::usecases::{Actor, App, UseCaseError};

use super::bill::Bill;
use super::world::{Line, World, line};
use crate::fixtures::{BAPAUME, app_on, buyer, convention, day, organisations};
use crate::harness::{Fresh, On};

pub(crate) const CDG: &str = "28629990400016";
pub(crate) const HOLDER: &str = "00062010400018";
pub(crate) const ORDER: &str = "BC-2026-0001";

pub(crate) fn second() -> Actor {
    Actor("directeur@cdg62.example".into())
}

/// The coordinator, its holder and three communes, with one order for them.
pub(crate) struct Group {
    pub(crate) fresh: Fresh,
    pub(crate) app: App,
    pub(crate) world: World,
    pub(crate) coordinator: OrganisationId,
    pub(crate) holder: OrganisationId,
    /// Arras, Bapaume, Berck.
    pub(crate) members: [OrganisationId; 3],
}

pub(crate) async fn group(on: On) -> Group {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-09-01");
    let ids = organisations(&app).await;
    let convention = convention(&app, ids[0]).await;
    let world = World::new(&fresh, convention).await;
    let members = [ids[2], ids[3], ids[4]];
    Group { fresh, app, world, coordinator: ids[0], holder: ids[1], members }
}

impl Group {
    pub(crate) async fn order(&mut self, number: &str, lines: &[Line]) {
        let (holder, coordinator) = (self.holder, self.coordinator);
        self.world.order(number, ("2026-ARCH-L1", "1", holder), coordinator, lines).await;
    }

    /// 327 boxes at 1.87 for three members (domain dossier, §5), of which the second accepted
    /// `accepted` of its 40.
    pub(crate) async fn boxes(&mut self, accepted: u32) {
        let [arras, bapaume, berck] = self.members;
        let shares = [(arras, 250, 250, 250), (bapaume, 40, 40, accepted), (berck, 37, 37, 37)];
        self.order(ORDER, &[line("BOI-001", 18_700, &shares)]).await;
    }

    pub(crate) async fn receive(&self, bill: &Bill<'_>) -> Received {
        let none = BTreeSet::new();
        receive_invoice(&self.app, &buyer(), bill.xml(), day("2026-09-01"), &none, bill.number)
            .await
            .unwrap()
    }

    /// Each member's booked cents of `column` over all its shares.
    pub(crate) async fn owed(&self, column: &str) -> [i64; 3] {
        let mut owed = [0; 3];
        for (member, cents) in self.members.iter().zip(&mut owed) {
            *cents = self
                .world
                .number(&format!(
                    "SELECT CAST(COALESCE(SUM({column}), 0) AS BIGINT) FROM allocation_member \
                     WHERE organisation_id = {member}"
                ))
                .await;
        }
        owed
    }
}

pub(crate) fn bill<'a>(
    number: &'a str,
    corrects: Option<&'a str>,
    lines: &'a [(&'a str, &'a str, &'a str, i64)],
    freight: i64,
) -> Bill<'a> {
    Bill { number, order: ORDER, corrects, supplier: HOLDER, buyer: CDG, lines, freight }
}

pub(crate) const BOXES: [(&str, &str, &str, i64); 1] = [("BOI-001", "327", "1.87", 61_149)];

pub(crate) fn codes(error: UseCaseError) -> Vec<String> {
    match error {
        UseCaseError::Refused(reasons) => reasons.into_iter().map(|one| one.code).collect(),
        UseCaseError::Store(_) | UseCaseError::Failed { .. } => panic!("not a refusal: {error}"),
    }
}

pub(crate) async fn state(app: &App, id: InvoiceId) -> S {
    let viewer = travee::store::Viewer::Coordinator;
    store::invoice(&app.store, viewer, id).await.unwrap().unwrap().state
}

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
