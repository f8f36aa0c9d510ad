//! A member's pages of what it owes, through the real router.

use axum::http::StatusCode;
use domain::ids::{InvoiceId, OrganisationId};
use domain::platform::role::Role;
use rstest::rstest;
use travee::usecases::group::confirm_sirets;
use travee::usecases::invoices::{allocate, issue_statements, validate};

use super::bill::Bill;
use super::group::{BOXES, Group, HOLDER, ORDER, bill, group, second};
use super::world::line;
use crate::client::Client;
use crate::fixtures::{ARRAS, BAPAUME, buyer, pdf_text};
use crate::harness::On;

const REFUSED: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

async fn somebody(group: &Group, organisation: OrganisationId, role: Role) -> Client {
    Client::with(&group.app, &group.fresh, organisation, &[role]).await
}

/// The worked invoice of model C, shared, validated and stated.
async fn stated(on: On) -> (Group, InvoiceId) {
    let mut group = group(on).await;
    group.boxes(40).await;
    let id = group.receive(&bill("F-1", None, &BOXES, 4_500)).await.invoice.unwrap();
    let made = allocate(&group.app, &buyer(), id, &[]).await.unwrap();
    validate(&group.app, &second(), id).await.unwrap();
    confirm_sirets(&group.app, &buyer(), &group.members).await.unwrap();
    issue_statements(&group.app, &buyer(), made[0], |_| ()).await.unwrap();
    (group, id)
}

/// An order that Arras placed and pays itself, wholly accepted.
async fn own_order(on: On) -> Group {
    let mut group = group(on).await;
    let arras = group.members[0];
    let lines = [line("REL-001", 380_000, &[(arras, 6, 6, 6)])];
    group.world.order(ORDER, ("2026-ARCH-L3", "3", group.holder), arras, &lines).await;
    group
}

const BINDINGS: [(&str, &str, &str, i64); 1] = [("REL-001", "6", "38.00", 22_800)];

fn addressed<'a>(number: &'a str, buyer: &'a str) -> Bill<'a> {
    Bill { buyer, supplier: HOLDER, ..bill(number, None, &BINDINGS, 0) }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_share_is_shown_to_the_cent_with_its_working_and_nobody_elses(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let (group, id) = stated(on).await;
    let reader = somebody(&group, group.members[1], Role::MemberReader).await;
    reader.get("/factures").await.shows(&["Facture F-1", "96,37 €", "ne payez pas encore"]);
    let page = reader.get(&format!("/factures/{id}")).await.shows(&[
        "Ne payez pas avant l’avis des sommes à payer du CdG62",
        "80,31 €",
        "16,06 €",
        "96,37 €",
        "partagée entre 3 membres",
        "Comment chaque centime a été attribué",
        "327",
        "RF-2026-0002",
    ]);
    let text = page.text();
    for other in ["602,28", "89,14", "Arras", "Berck", ARRAS] {
        assert!(!text.contains(other), "{other} is another member's: {text}");
    }
    let link = text.split("/documents/").nth(1).map(|rest| rest.split('"').next().unwrap());
    let links: Vec<&str> = text
        .split("href=\"/documents/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(link.is_some() && links.len() == 1, "its own statement: {links:?}");
    let paper = reader.get(&format!("/documents/{}", links[0])).await;
    let printed = pdf_text(&paper.bytes);
    for figure in ["96,37", "80,31", "16,06", "F-1"] {
        assert!(printed.contains(figure), "{figure} in {printed}");
    }
    let code = text.split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let squeezed: String = printed.split_whitespace().collect();
    assert!(squeezed.contains(&code[..16]), "the page and the paper have one fingerprint");
    let neighbour = somebody(&group, group.members[2], Role::MemberReader).await;
    let answer = neighbour.get(&format!("/documents/{}", links[0])).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let finance = somebody(&group, group.members[1], Role::MemberFinance).await;
    let pay = finance.get(&format!("/factures/{id}/paiement")).await;
    assert_eq!(pay.status, StatusCode::NOT_FOUND, "the coordinator pays the holder");
    let pay = [("paye-le", "01/09/2026")];
    let paid = finance.post(&format!("/factures/{id}/paiement"), &pay).await;
    assert_eq!(paid.status, StatusCode::NOT_FOUND);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_share_that_nobody_validated_is_not_there_yet(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let mut group = group(on).await;
    group.boxes(40).await;
    let id = group.receive(&bill("F-1", None, &BOXES, 4_500)).await.invoice.unwrap();
    allocate(&group.app, &buyer(), id, &[]).await.unwrap();
    let reader = somebody(&group, group.members[1], Role::MemberReader).await;
    reader.get("/factures").await.shows(&["Aucune facture pour l’instant"]);
    assert_eq!(reader.get(&format!("/factures/{id}")).await.status, StatusCode::NOT_FOUND);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_member_brings_in_its_own_invoice_and_marks_it_paid(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let group = own_order(on).await;
    let finance = somebody(&group, group.members[0], Role::MemberFinance).await;
    let page = finance.get("/factures/depot").await;
    let text = page.text();
    let key = text.split("name=\"cle\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let fields = [("cle", key), ("recue-le", "01/09/2026")];
    let xml = addressed("F-9", ARRAS).xml();
    let file: (&str, &str, &[u8]) = ("facture", "F-9.xml", &xml);

    let nothing = finance.upload("/factures/depot", &fields, &[]).await;
    assert_eq!(nothing.status, REFUSED);
    assert!(nothing.text().contains("Choisissez le fichier"), "{}", nothing.text());
    let photo: (&str, &str, &[u8]) = ("facture", "F-9.xml", b"\xff\xd8\xff\xe0");
    let photo = finance.upload("/factures/depot", &fields, &[photo]).await;
    assert!(photo.text().contains("n’est pas une facture électronique"), "{}", photo.text());

    let sent = finance.upload("/factures/depot", &fields, &[file]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    let link = sent.location().to_owned();
    finance.upload("/factures/depot", &fields, &[file]).await.leads_to(&link);
    assert_eq!(group.world.number("SELECT COUNT(*) FROM invoice").await, 1, "sent twice, once in");
    finance.get(&link).await.shows(&["Ne la payez pas encore", "273,60 €"]);
    let id = InvoiceId(link.rsplit('/').next().unwrap().parse().unwrap());
    let pay = format!("/factures/{id}/paiement");
    let early = finance.post(&pay, &[("paye-le", "01/09/2026")]).await;
    assert_eq!(early.status, REFUSED, "not validated yet: {}", early.text());

    allocate(&group.app, &buyer(), id, &[]).await.unwrap();
    validate(&group.app, &second(), id).await.unwrap();
    finance
        .get("/")
        .await
        .shows(&["Payer 273,60 € TTC à Cartonnages de la Lys (fictif)", "avant le 01/10/2026"]);
    finance
        .get(&link)
        .await
        .shows(&["À payer au titulaire avant le 01/10/2026", "ne concerne que vous"]);
    let reader = somebody(&group, group.members[0], Role::MemberReader).await;
    assert_eq!(reader.post(&pay, &[("paye-le", "01/09/2026")]).await.status, StatusCode::FORBIDDEN);
    let future = finance.post(&pay, &[("paye-le", "02/09/2026")]).await;
    assert_eq!(future.status, REFUSED, "{}", future.text());
    assert!(future.text().contains("value=\"02/09/2026\""), "what was typed is not lost");
    finance.post(&pay, &[("paye-le", "01/09/2026")]).await.leads_to(&link);
    finance.get(&link).await.shows(&["Vous l’avez payée le 01/09/2026"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_of_another_members_order_is_refused_and_nothing_of_it_is_said(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let group = own_order(on).await;
    let neighbour = somebody(&group, group.members[1], Role::MemberFinance).await;
    let fields = [("cle", "k-1"), ("recue-le", "01/09/2026")];
    let others = addressed("F-9", BAPAUME).xml();
    let sent = neighbour.upload("/factures/depot", &fields, &[("facture", "f.xml", &others)]).await;
    assert_eq!(sent.status, REFUSED);
    let text = sent.text();
    assert!(text.contains("que votre organisme ne paie pas"), "{text}");
    assert!(!text.contains("Arras"), "{text}");
    assert_eq!(group.world.number("SELECT COUNT(*) FROM invoice").await, 0);

    let finance = somebody(&group, group.members[0], Role::MemberFinance).await;
    let cheap = [("REL-001", "6", "39.00", 23_400)];
    let dear = Bill { buyer: ARRAS, ..bill("F-10", None, &cheap, 0) }.xml();
    let sent = finance.upload("/factures/depot", &fields, &[("facture", "f.xml", &dear)]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "disputed: {}", sent.text());
    let link = sent.location().to_owned();
    finance.get(&link).await.shows(&[
        "en litige",
        "Ne la payez pas",
        "Ce que le contrôle a trouvé",
    ]);
    let answer = neighbour.get(&link).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}
