//! The finance pages through the router: from a supplier's file to a member's download.

use axum::http::StatusCode;
use domain::platform::role::Role;
use rstest::rstest;
use tokio::sync::watch;
use travee::usecases::group::confirm_sirets;
use travee::usecases::invoices::{allocate, validate};

use super::group::{BOXES, Group, bill, group, second};
use crate::client::{Client, person};
use crate::fixtures::{app_on, buyer};
use crate::harness::On;
use crate::house::found;

pub(crate) async fn clerk(group: &Group, name: &str) -> Client {
    let roles = &[Role::CoordinatorFinance];
    let email = format!("{name}@cdg62.example");
    Client::of(&group.app, person(&group.fresh, &email, group.coordinator, roles).await).await
}

async fn id_of(group: &Group, number: &str) -> i64 {
    let query = format!("SELECT CAST(id AS TEXT) FROM invoice WHERE number = '{number}'");
    found(&group.fresh, &query).await.unwrap().parse().unwrap()
}

const KEY: [(&str, &str); 2] = [("cle", "une-cle"), ("port", "")];

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_suppliers_file_becomes_what_each_member_downloads(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(40).await;
    let (one, other) = (clerk(&group, "une").await, clerk(&group, "autre").await);
    let file = bill("F-1", None, &BOXES, 4_500).xml();
    let files = [("fichiers", "F-1.xml", &file[..])];
    one.upload("/comptabilite/depot", &KEY, &files).await.shows(&[
        "1 fichier sur 1 entre dans les factures à traiter",
        "Elle correspond à sa commande",
    ]);
    one.get("/comptabilite").await.shows(&["F-1", "787,79 €", "Rien à signaler", "rapprochée"]);
    let id = id_of(&group, "F-1").await;
    let page = format!("/comptabilite/factures/{id}");
    one.get(&page).await.shows(&["Répartir la facture", "327", "Conforme", "BC-2026-0001"]);
    let original = one.get(&format!("{page}/original")).await;
    assert_eq!(original.bytes, file, "the file as the supplier sent it");

    // What is seen before is what is booked.
    let sharing = format!("{page}/repartition");
    let seen = ["602,28 €", "96,37 €", "89,14 €", "787,79 €", "égal au centime"];
    one.get(&sharing).await.shows(&seen).shows(&["Rien n’est encore enregistré"]);
    one.post(&sharing, &[]).await.leads_to(&page);
    one.get(&page).await.shows(&["entre 3 membres", "Valider la répartition"]);
    one.get(&sharing).await.shows(&seen).shows(&["Ces parts sont enregistrées"]);
    let cents = one.get(&format!("{sharing}?membre=21620041000019")).await;
    cents.shows(&[
        "Comment ces centimes ont été attribués : Arras",
        "250",
        "327",
        "plus forts restes",
    ]);

    // Four eyes.
    let step = format!("{page}/etapes/valider");
    one.get(&step).await.shows(&["une autre personne doit valider", "3 parts entre 3 membres"]);
    let own = one.post(&step, &[]).await;
    assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(own.text().contains("une autre personne doit la valider"), "{}", own.text());
    other.get(&step).await.shows(&["3 créances seront à titrer, pour 787,79 €"]);
    other.post(&step, &[]).await.leads_to(&page);
    other.get(&page).await.shows(&["3 relevés ont reçu leur numéro", "3 créances sont prêtes"]);

    confirm_sirets(&group.app, &buyer(), &group.members).await.unwrap();
    let statements = format!("{page}/releves");
    other.get(&statements).await.shows(&["3 relevés à émettre", "RF-2026-0001"]);
    other.post(&statements, &[]).await.leads_to(&statements);
    other.post(&statements, &[]).await.leads_to(&statements);
    other.get(&statements).await.shows(&["en préparation"]);
    let (_stop, stopped) = watch::channel(false);
    assert!(travee::jobs::run_one(&group.app, "essai", &stopped).await.unwrap());
    assert!(!travee::jobs::run_one(&group.app, "essai", &stopped).await.unwrap(), "asked once");
    other.get(&statements).await.shows(&["3 émis sur 3 relevés", "releves.zip"]);
    let zip = other.get(&format!("{statements}.zip")).await;
    assert!(zip.bytes.starts_with(b"PK\x03\x04"));
    for number in ["RF-2026-0001", "RF-2026-0002", "RF-2026-0003"] {
        let name = number.as_bytes();
        assert!(zip.bytes.windows(name.len()).any(|part| part == name), "{number} in the file");
    }

    let member = group.members[0];
    let query = format!("SELECT CAST(id AS TEXT) FROM paper WHERE organisation_id = {member}");
    let paper = found(&group.fresh, &query).await.unwrap();
    let kept = group.app.files.get("releves/RF-2026-0001.pdf").await.unwrap();
    let ours = other.get(&format!("/comptabilite/releves/{paper}")).await;
    let secretary = Client::with(&group.app, &group.fresh, member, &[Role::MemberFinance]).await;
    let theirs = secretary.get(&format!("/documents/{paper}")).await;
    assert_eq!(theirs.status, StatusCode::OK);
    assert!(ours.bytes == kept && theirs.bytes == kept, "the very bytes of the paper");
    let stranger = Client::with(&group.app, &group.fresh, group.members[1], &[Role::MemberFinance]);
    let refused = stranger.await.get(&format!("/documents/{paper}")).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let nosy = secretary.get(&page).await;
    assert_eq!(nosy.status, StatusCode::FORBIDDEN, "the finance pages are the CdG62’s");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_file_changes_nothing_and_the_same_file_twice_is_said(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(40).await;
    let one = clerk(&group, "une").await;
    one.upload("/comptabilite/depot", &KEY, &[])
        .await
        .text()
        .contains("Choisissez au moins un fichier")
        .then_some(())
        .unwrap();
    let file = bill("F-1", None, &BOXES, 4_500).xml();
    let files = [
        ("fichiers", "vide.xml", &b"<rien/>"[..]),
        ("fichiers", "bonne.xml", &file[..]),
        ("fichiers", "copie.xml", &file[..]),
        ("fichiers", "scan.pdf", &b"%PDF-1.4\n%%EOF\n"[..]),
    ];
    let answer = one.upload("/comptabilite/depot", &KEY, &files).await;
    answer.shows(&[
        "1 fichier sur 4 entre dans les factures à traiter",
        "vide.xml",
        "Ce fichier n’est pas entré dans les factures. Rien n’a été modifié",
        "Ce fichier est déjà là : c’est la facture F-1. Rien n’a été ajouté.",
        "scan.pdf",
        "Bloquant",
    ]);
    assert_eq!(group.world.number("SELECT COUNT(*) FROM invoice").await, 1);
    let again = [("cle", "autre-cle"), ("port", "")];
    let answer = one.upload("/comptabilite/depot", &again, &files[1..2]).await;
    answer.shows(&["0 fichier sur 1 entre dans les factures", "déjà là"]);
    assert_eq!(group.world.number("SELECT COUNT(*) FROM invoice").await, 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn another_key_than_the_conventions_needs_a_reason_that_the_journal_keeps(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(40).await;
    let one = clerk(&group, "une").await;
    let received = group.receive(&bill("F-1", None, &BOXES, 4_500)).await;
    let id = received.invoice.unwrap();
    let sharing = format!("/comptabilite/factures/{id}/repartition");
    let side = one.get(&format!("{sharing}/comparaison?par=cle")).await;
    // 45 € between three delivery points: 15 € each, before 20 % of VAT.
    side.shows(&["à parts égales par point de livraison", "579,00 €", "602,28 €"]);
    let equal = one.get(&format!("{sharing}?cle=equal")).await;
    equal.shows(&["579,00 €", "égal au centime", "Pourquoi une autre clé"]);
    let mute = one.post(&sharing, &[("cle", "equal"), ("motif", " ")]).await;
    assert_eq!(mute.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(mute.text().contains("dites pourquoi"), "{}", mute.text());
    assert_eq!(group.world.number("SELECT COUNT(*) FROM allocation").await, 0);
    let why = [("cle", "equal"), ("motif", "Un seul camion pour trois mairies")];
    one.post(&sharing, &why).await.leads_to(&format!("/comptabilite/factures/{id}"));
    assert_eq!(group.owed("gross_cents").await, [57_900, 10_776, 10_103]);
    let kept = "SELECT COUNT(*) FROM journal WHERE action = 'invoice.allocate' \
                AND details LIKE '%Un seul camion%'";
    assert_eq!(group.world.number(kept).await, 1);
    one.get(&sharing).await.shows(&["579,00 €", "enregistrées"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_another_basis_would_change_is_shown_and_never_booked(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(20).await;
    let one = clerk(&group, "une").await;
    let few = [("BOI-001", "307", "1.87", 57_409)];
    let id = group.receive(&bill("F-1", None, &few, 0)).await.invoice.unwrap();
    let sharing = format!("/comptabilite/factures/{id}/repartition");
    let side = one.get(&format!("{sharing}/comparaison")).await;
    side.shows(&["quantités admises", "quantités commandées", "Arras", "Différence"]);
    let ordered = one.get(&format!("{sharing}?base=ordered")).await.shows(&["Simulation"]);
    assert!(!ordered.text().contains("Enregistrer la répartition"), "a simulation is not booked");
    one.post(&sharing, &[]).await.leads_to(&format!("/comptabilite/factures/{id}"));
    assert_eq!(group.owed("net_cents").await[1], 20 * 187, "by what was accepted");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn claims_leave_once_and_their_file_can_be_taken_again(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(40).await;
    let one = clerk(&group, "une").await;
    one.get("/comptabilite/titres").await.shows(&["Aucune créance n’attend"]);
    let id = group.receive(&bill("F-1", None, &BOXES, 4_500)).await.invoice.unwrap();
    allocate(&group.app, &buyer(), id, &[]).await.unwrap();
    validate(&group.app, &second(), id).await.unwrap();
    one.get("/comptabilite/titres").await.shows(&["3 créances à titrer, 787,79 €", "RC-2026-0001"]);
    let first = one.post("/comptabilite/titres", &[("cle", "a")]).await;
    let batch = first.location().to_owned();
    one.post("/comptabilite/titres", &[("cle", "a")]).await.leads_to(&batch);
    one.get("/comptabilite/titres").await.shows(&["Aucune créance n’attend", "Export n°"]);
    let none = one.post("/comptabilite/titres", &[("cle", "b")]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    one.get(&batch).await.shows(&["3 créances, 787,79 €", "c’est toujours le même"]);
    let csv = one.get(&format!("{batch}?format=csv")).await.text();
    assert_eq!(one.get(&format!("{batch}?format=csv")).await.text(), csv);
    for words in ["21620080800014", "96,37", "F-1", "BC-2026-0001", "RF-2026-0002", "606", "M57"] {
        assert!(csv.contains(words), "{words} in {csv}");
    }
    assert_eq!(csv.lines().count(), 4);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_late_invoice_says_what_it_costs_and_a_paid_one_no_longer(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(40).await;
    let id = group.receive(&bill("F-1", None, &BOXES, 4_500)).await.invoice.unwrap();
    allocate(&group.app, &buyer(), id, &[]).await.unwrap();
    validate(&group.app, &second(), id).await.unwrap();
    group.app = app_on(&group.fresh, "2026-09-28");
    let early = clerk(&group, "tôt").await;
    early.get("/").await.shows(&["Payer 1 facture sous 7 jours", "avant le 01/10/2026"]);
    group.app = app_on(&group.fresh, "2026-10-21");
    let one = clerk(&group, "une").await;
    one.get("/").await.shows(&["Payer 1 facture en retard", "en retard depuis le 01/10/2026"]);
    let page = format!("/comptabilite/factures/{id}");
    let step = format!("{page}/etapes/payer");
    // The bank's rate of that half-year is in no row: nobody guesses it.
    let unknown = ["F-1", "20 jours de retard", "inconnus", "01/07/2026"];
    one.get("/comptabilite/echeances?quand=retard").await.shows(&unknown);
    one.get(&page).await.shows(&["01/10/2026", "au 01/07/2026 n’est pas enregistré"]);
    let refused = one.post(&step, &[("date", "2026-10-21")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("ne peuvent pas être calculés"), "{}", refused.text());
    group
        .fresh
        .execute(
            "INSERT INTO interest_rate (refinancing_rate, margin, flat_recovery, valid_from, valid_to, source) \
             VALUES ('2.15', '8.00', '40.00', '2026-07-01', '2026-12-31', 'BCE, essai')",
        )
        .await;
    // 787,79 × 10,15 % × 20 ÷ 365.
    let known = ["20 jours de retard", "4,38 €", "40,00 €", "10,15 % l’an, BCE, essai"];
    one.get("/comptabilite/echeances?quand=retard").await.shows(&known);
    one.get("/comptabilite/echeances?quand=7").await.shows(&["Rien ne correspond"]);
    one.get(&page).await.shows(&[
        "À ce jour, 20 jours après l’échéance du 01/10/2026",
        "4,38 € d’intérêts moratoires au taux de 10,15 % l’an",
        "40,00 € d’indemnité forfaitaire, soit 44,38 € en plus",
        "BCE, essai",
    ]);
    one.get(&step).await.shows(&["20 jours de retard", "4,38 €", "BCE, essai"]);
    let future = one.post(&step, &[("date", "2026-12-01")]).await;
    assert_eq!(future.status, StatusCode::UNPROCESSABLE_ENTITY);
    one.post(&step, &[("date", "2026-10-21")]).await.leads_to(&page);
    // What was due the day it was paid does not grow any more.
    group.app = app_on(&group.fresh, "2026-11-30");
    let one = clerk(&group, "autre").await;
    one.get(&page).await.shows(&[
        "payée",
        "Payée 20 jours après l’échéance du 01/10/2026",
        "soit 44,38 € en plus",
    ]);
    one.get("/comptabilite/echeances?quand=payees").await.shows(&known).shows(&["F-1"]);
    one.get("/comptabilite/echeances").await.shows(&["Aucune facture n’attend d’être payée"]);
    let year = one.get("/comptabilite/annees/2026").await;
    year.shows(&["656,49 €", "787,79 €", "2026-ARCH-L1", "Arras", "Montant HT par compte"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_step_asks_for_its_reason_and_a_stale_page_is_told(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(40).await;
    let one = clerk(&group, "une").await;
    let id = group.receive(&bill("F-1", None, &BOXES, 4_500)).await.invoice.unwrap();
    let page = format!("/comptabilite/factures/{id}");
    let step = format!("{page}/etapes/contester");
    let mute = one.post(&step, &[("motif", "")]).await;
    assert_eq!(mute.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(mute.text().contains("Dites pourquoi"), "{}", mute.text());
    one.post(&step, &[("motif", "Deux boîtes écrasées")]).await.leads_to(&page);
    one.get(&page).await.shows(&["en litige", "Deux boîtes écrasées", "Reprendre le contrôle"]);
    let stale = one.get(&step).await;
    assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(stale.text().contains("Quelqu’un a peut-être agi entre-temps"));
    let resume = format!("{page}/etapes/reprendre");
    one.post(&resume, &[("date", "2026-09-01")]).await.leads_to(&page);
    one.get(&page).await.shows(&["rapprochée", "Passez à la répartition"]);
    let unknown = one.get(&format!("{page}/etapes/detruire")).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}
