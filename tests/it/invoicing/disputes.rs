//! Disputes: several credit notes for one, closed by a person, whom a credit note concerns, and
//! freight beside the order's.

use axum::http::StatusCode;
use domain::ids::InvoiceId;
use domain::invoices::state::InvoiceState as S;
use domain::platform::role::Role;
use rstest::rstest;
use travee::usecases::UseCaseError;
use travee::usecases::invoices::{Said, allocate, allocate_by, reopen, validate};

use super::desk::clerk;
use super::group::{BOXES, Group, bill, codes, group, second, state};
use super::world::World;
use crate::client::Client;
use crate::fixtures::{BAPAUME, buyer};
use crate::harness::On;
use crate::house::found;

const DEAR: [(&str, &str, &str, i64); 1] = [("BOI-001", "327", "1.90", 62_130)];

async fn credit(group: &Group, number: &str, lines: &[(&str, &str, &str, i64)]) -> InvoiceId {
    let received = group.receive(&bill(number, Some("F-1"), lines, 0)).await;
    assert_eq!(received.state, S::Matched, "{number}: {:?}", received.findings);
    received.invoice.unwrap()
}

async fn closed(group: &Group, id: InvoiceId, why: &str) -> Result<usize, UseCaseError> {
    let said = Said { closing: Some(why), ..Said::default() };
    Ok(allocate_by(&group.app, &buyer(), id, &said).await?.len())
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_dispute_stays_open_until_its_credit_notes_together_cover_it(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(30).await;
    let app = group.app.clone();
    let invoice = group.receive(&bill("F-1", None, &BOXES, 0)).await.invoice.unwrap();
    let page = format!("/comptabilite/factures/{invoice}");
    let one = clerk(&group, "une").await;
    one.get(&page).await.shows(&["18,70 €</b> HT contestés", "Aucun avoir n’est encore arrivé"]);
    let first = credit(&group, "A-1", &[("BOI-001", "4", "1.87", 748)]).await;
    one.get(&page).await.shows(&["7,48 €</b> HT d’avoirs reçus (1)", "11,22 €</b> HT sans avoir"]);
    for id in [first, invoice] {
        let early = allocate(&app, &buyer(), id, &[]).await.unwrap_err();
        assert_eq!(codes(early), ["quantite_superieure_aux_receptions"]);
    }
    assert_eq!(state(&app, invoice).await, S::Disputed);

    let last = credit(&group, "A-2", &[("BOI-001", "6", "1.87", 1_122)]).await;
    one.get(&page).await.shows(&["0,00 €</b> HT sans avoir", "Voir la répartition du litige"]);
    let sharing = format!("{page}/repartition");
    one.get(&sharing).await.shows(&["3 documents", "Avoir A-1", "Avoir A-2", "611,49 €"]);
    one.get(&format!("{sharing}?document={last}")).await.shows(&["11,22 €", "Bapaume"]);
    one.post(&sharing, &[]).await.leads_to(&page);
    for id in [invoice, first, last] {
        assert_eq!(state(&app, id).await, S::Allocated);
    }
    // 250, 40 and 37 boxes charged, ten of them given back to the second member, in two parts.
    assert_eq!(group.owed("net_cents").await, [46_750, 7_480 - 1_870, 6_919]);
    let told = "SELECT details FROM journal WHERE action = 'invoice.resume'";
    assert_eq!(found(&group.fresh, told).await.as_deref(), Some("avoirs A-1, A-2"));
    for id in [invoice, first, last] {
        validate(&app, &second(), id).await.unwrap();
    }
    assert_eq!(World::breaches(&app).await, []);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_settlement_is_undone_document_by_document_and_the_dispute_is_back(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(30).await;
    let app = group.app.clone();
    let invoice = group.receive(&bill("F-1", None, &BOXES, 0)).await.invoice.unwrap();
    let first = credit(&group, "A-1", &[("BOI-001", "4", "1.87", 748)]).await;
    let last = credit(&group, "A-2", &[("BOI-001", "6", "1.87", 1_122)]).await;
    assert_eq!(allocate(&app, &buyer(), first, &[]).await.unwrap().len(), 3);
    let blocked = reopen(&app, &buyer(), invoice, "erreur").await.unwrap_err();
    assert_eq!(codes(blocked), ["avoir_reparti"]);
    assert_eq!(reopen(&app, &buyer(), last, "erreur").await.unwrap(), S::Matched);
    assert_eq!(reopen(&app, &buyer(), first, "erreur").await.unwrap(), S::Matched);
    assert_eq!(reopen(&app, &buyer(), invoice, "erreur").await.unwrap(), S::Disputed);
    assert_eq!(group.owed("gross_cents").await, [0, 0, 0]);
    assert_eq!(World::breaches(&app).await, []);
    assert_eq!(allocate(&app, &buyer(), last, &[]).await.unwrap().len(), 3, "and once more");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_person_closes_what_a_dispute_leaves_with_a_reason_that_the_journal_keeps(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(40).await;
    let app = group.app.clone();
    let invoice = group.receive(&bill("F-1", None, &DEAR, 0)).await.invoice.unwrap();
    let little = credit(&group, "A-1", &[("BOI-001", "327", "0.02", 654)]).await;
    let mute = closed(&group, little, " ").await.unwrap_err();
    assert_eq!(codes(mute), ["litige_sans_motif"]);

    let one = clerk(&group, "une").await;
    let page = format!("/comptabilite/factures/{invoice}");
    one.get(&format!("{page}/repartition")).await.shows(&["Avoirs déduits", "precisions"]);
    let say = format!("{page}/precisions");
    one.get(&say).await.shows(&["614,76 €", "611,49 €", "3,27 €", "Motif pour clore le litige"]);
    let silent = one.post(&format!("{say}/apercu"), &[("motif", "")]).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(silent.text().contains("closez le litige avec un motif"), "{}", silent.text());
    let why = [("motif", "Écart inférieur au coût d’un avoir")];
    one.post(&format!("{say}/apercu"), &why).await.shows(&[
        "3,27 € HT au-dessus de la commande sont admis",
        "2 documents sont répartis",
        "égal au document",
        "Avoirs déduits, à payer par membre",
    ]);
    assert_eq!(state(&app, invoice).await, S::Disputed, "a preview changes nothing");
    one.post(&say, &why).await.leads_to(&page);
    assert_eq!(group.owed("net_cents").await.iter().sum::<i64>(), 62_130 - 654);
    assert_eq!(
        (state(&app, invoice).await, state(&app, little).await),
        (S::Allocated, S::Allocated)
    );
    one.get(&page).await.shows(&[
        "Litige clos avec un motif",
        "avoir A-1 ; reste admis 3,27 € HT ; Écart inférieur au coût d’un avoir",
    ]);
    assert_eq!(World::breaches(&app).await, []);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_accepted_is_closed_by_no_reason(#[values(On::Sqlite, On::Postgres)] on: On) {
    let mut group = group(on).await;
    group.boxes(30).await;
    let invoice = group.receive(&bill("F-1", None, &BOXES, 0)).await.invoice.unwrap();
    let refused = closed(&group, invoice, "tant pis").await.unwrap_err();
    assert_eq!(codes(refused), ["quantite_superieure_aux_receptions"]);
    assert_eq!(state(&group.app, invoice).await, S::Disputed);
    assert_eq!(group.owed("gross_cents").await, [0, 0, 0]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_dispute_without_a_credit_note_is_closed_for_its_price_alone(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(40).await;
    let invoice = group.receive(&bill("F-1", None, &DEAR, 0)).await.invoice.unwrap();
    let alone = allocate(&group.app, &buyer(), invoice, &[]).await.unwrap_err();
    assert_eq!(codes(alone), ["avoir_insuffisant"]);
    assert_eq!(closed(&group, invoice, "Hausse admise par avenant").await.unwrap(), 1);
    assert_eq!(group.owed("net_cents").await.iter().sum::<i64>(), 62_130);
    assert_eq!(World::breaches(&group.app).await, []);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn whom_a_credit_note_concerns_is_named_in_a_form_seen_in_figures_then_booked(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(40).await;
    let app = group.app.clone();
    let invoice = group.receive(&bill("F-1", None, &BOXES, 0)).await.invoice.unwrap();
    allocate(&app, &buyer(), invoice, &[]).await.unwrap();
    let credit = credit(&group, "A-1", &[("BOI-001", "10", "1.87", 1_870)]).await;
    let one = clerk(&group, "une").await;
    let page = format!("/comptabilite/factures/{credit}");
    let say = format!("{page}/precisions");
    one.get(&format!("{page}/repartition")).await.shows(&["désignez-les", "precisions"]);
    let reader = Client::with(&app, &group.fresh, group.coordinator, &[Role::Buyer]).await;
    let text = reader.get(&format!("{page}/repartition")).await.shows(&["désignez-les"]).text();
    assert!(!text.contains("precisions"), "whoever only reads is offered no form");
    one.get(&say).await.shows(&["10 à rendre en tout", "Arras", "Bapaume", "Berck", "250"]);

    let member = format!("q-{credit}-0-{BAPAUME}");
    for (typed, told) in [
        ("neuf", "Saisissez une quantité, par exemple 10."),
        ("9", "désignez 10 en tout, vous en avez désigné 9"),
        ("", "désignez 10 en tout, vous en avez désigné 0"),
    ] {
        for path in [&format!("{say}/apercu"), &say] {
            let again = one.post(path, &[(&member, typed)]).await;
            assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
            assert!(again.text().contains(told), "{typed}: {}", again.text());
            let kept = format!("value=\"{typed}\"");
            assert!(again.text().contains(&kept), "what was typed stays: {}", again.text());
        }
    }
    let whole = [(member.as_str(), "10")];
    let seen = one.post(&format!("{say}/apercu"), &whole).await;
    seen.shows(&["18,70 €", "22,44 €", "Bapaume", "égal au document", "Ce qui va se passer"]);
    assert_eq!(state(&app, credit).await, S::Matched, "a preview books nothing");
    one.post(&say, &whole).await.leads_to(&page);
    assert_eq!(group.owed("net_cents").await, [46_750, 5_610, 6_919]);
    let late = one.post(&say, &whole).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY, "sent twice, booked once");
    assert_eq!(group.owed("net_cents").await, [46_750, 5_610, 6_919]);
    assert_eq!(World::breaches(&app).await, []);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn two_credit_notes_of_one_dispute_may_each_ask_whom_they_concern(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    let [arras, bapaume, berck] = group.members;
    let shares = [(arras, 250, 250, 240), (bapaume, 40, 40, 30), (berck, 37, 37, 37)];
    group.order(super::group::ORDER, &[super::world::line("BOI-001", 18_700, &shares)]).await;
    let invoice = group.receive(&bill("F-1", None, &BOXES, 0)).await.invoice.unwrap();
    let first = credit(&group, "A-1", &[("BOI-001", "12", "1.87", 2_244)]).await;
    let last = credit(&group, "A-2", &[("BOI-001", "8", "1.87", 1_496)]).await;
    let one = clerk(&group, "une").await;
    let say = format!("/comptabilite/factures/{invoice}/precisions");
    one.get(&say).await.shows(&["Avoir A-1", "12 à rendre", "Avoir A-2", "8 à rendre"]);
    let named = |credit: InvoiceId, at: usize, siret: &str| format!("q-{credit}-{at}-{siret}");
    let fields = [
        (named(first, 0, crate::fixtures::ARRAS), "10"),
        (named(first, 0, BAPAUME), "2"),
        (named(last, 1, BAPAUME), "8"),
    ];
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    one.post(&format!("{say}/apercu"), &fields).await.shows(&["3 documents sont répartis"]);
    one.post(&say, &fields).await.leads_to(&format!("/comptabilite/factures/{invoice}"));
    assert_eq!(group.owed("net_cents").await, [240 * 187, 30 * 187, 37 * 187]);
    assert_eq!(World::breaches(&group.app).await, []);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn freight_is_compared_with_the_orders_in_words_and_figures(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(40).await;
    let one = clerk(&group, "une").await;
    let part = [("BOI-001", "100", "1.87", 18_700)];
    let first = group.receive(&bill("F-1", None, &part, 4_500)).await.invoice.unwrap();
    let page = format!("/comptabilite/factures/{first}");
    one.get(&page).await.shows(&[
        "45,00 € HT de port facturés pour 0,00 € HT à la commande : 45,00 € HT de trop",
        "Port, lignes et frais ensemble",
    ]);
    group
        .fresh
        .execute(
            "UPDATE purchase_order SET freight_cents = 4500, net_cents = net_cents + 4500, \
             gross_cents = gross_cents + 4500",
        )
        .await;
    let agrees = "45,00 € HT de port facturés pour 45,00 € HT à la commande.";
    one.get(&page).await.shows(&[agrees, "Conforme"]);
    let again = group.receive(&bill("F-2", None, &part, 2_000)).await.invoice.unwrap();
    one.get(&format!("/comptabilite/factures/{again}")).await.shows(&[
        "20,00 € HT de port facturés pour 45,00 € HT à la commande, 45,00 € HT l’étant déjà par \
         ailleurs : 20,00 € HT de trop",
    ]);
}
