//! What a member sees of its orders, and what it does not.

use axum::http::StatusCode;
use domain::orders::state::OrderState;
use domain::platform::role::Role;
use rstest::rstest;

use super::super::issuing::{issue, validated};
use super::super::shop::{AFTER, Deal, WITHIN};
use super::{LATE, drafted, mayor, somebody};
use crate::client::Client;
use crate::harness::On;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn of_the_coordinators_order_a_member_sees_its_quantities_and_no_amount(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = validated(on, &Deal::boxes()).await;
    issue(&shop.on(AFTER), &shop).await;
    let id = shop.orders().await[0].id;
    let secretary = somebody(&shop, AFTER, 3, Role::MemberContact).await;
    let list =
        secretary.get("/commandes").await.shows(&["Commande BC-2026-0001", "Boîtes d’archives"]);
    let page =
        secretary.get(&format!("/commandes/{id}")).await.shows(&["BOI-001", "payée par le CdG62"]);
    for text in [list.text(), page.text()] {
        let body = text.split("<main").nth(1).unwrap().to_owned();
        assert!(!body.contains('€'), "an amount of all members: {body}");
        assert!(!body.contains("BOI-002"), "an article of others: {body}");
        assert!(!body.contains("Arras"), "another member: {body}");
    }
    let text = page_documents(&secretary, id.0).await;
    assert!(text.contains("Extrait de livraison"), "{text}");
    assert!(!text.contains("Bon de commande "), "the order itself is the coordinator's");
    for path in ["quantites", "validation"] {
        let answer = secretary.get(&format!("/commandes/{id}/{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_another_members_is_not_there(#[values(On::Sqlite, On::Postgres)] on: On) {
    let shop = drafted(on, &Deal::bindings()).await;
    let others = shop.order_of(3).await.id;
    let mayor = mayor(&shop, WITHIN).await;
    for path in ["", "/quantites", "/validation"] {
        let answer = mayor.get(&format!("/commandes/{others}{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["quantites", "validation"] {
        let answer = mayor.post(&format!("/commandes/{others}/{path}"), &[("version", "0")]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    let list = mayor.get("/commandes?format=csv").await;
    assert_eq!(list.text().lines().count(), 2, "its own order and the headers");
    assert_eq!(shop.order_of(3).await.order.state, OrderState::Draft);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn all_papers_of_a_year_come_as_one_archive_with_their_list(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    use std::io::Read;
    let shop = validated(on, &Deal::bindings()).await;
    issue(&shop.on(AFTER), &shop).await;
    let reader = somebody(&shop, LATE, 2, Role::MemberReader).await;
    let list = reader.get("/documents").await;
    let list = list.shows(&["Bon de commande BC-2026-0001", "Tous les documents de 2026"]);
    let text = list.text();
    let mut link = text.split("href=\"/documents/").filter_map(|rest| rest.split('"').next());
    let id = link.find(|id| id.chars().all(|c| c.is_ascii_digit())).unwrap();
    let one = reader.get(&format!("/documents/{id}")).await;
    assert_eq!(one.headers["content-type"], "application/pdf");
    let name = one.headers["content-disposition"].to_str().unwrap();
    assert!(name.contains("2026-08-03_bon-de-commande_BC-2026-0001.pdf"), "{name}");

    let all = reader.get("/documents/annee/2026").await;
    assert_eq!(all.status, StatusCode::OK);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(all.bytes)).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    let mut papers = 0;
    for name in &names {
        let mut bytes = Vec::new();
        archive.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
        if name == "liste-des-documents.csv" {
            let list = String::from_utf8(bytes).unwrap();
            assert_eq!(list.lines().count(), names.len(), "a line each, and the headers");
            assert!(list.contains("BC-2026-0001"), "{list}");
        } else if name.contains("BC-2026-0001.pdf") {
            assert_eq!(bytes, one.bytes);
            papers += 1;
        } else {
            assert!(bytes.starts_with(b"%PDF"), "{name}");
        }
    }
    assert_eq!(papers, 1, "{names:?}");

    let neighbour = somebody(&shop, LATE, 3, Role::MemberReader).await;
    assert_eq!(neighbour.get(&format!("/documents/{id}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(neighbour.get("/documents/annee/2025").await.status, StatusCode::NOT_FOUND);
}

async fn page_documents(client: &Client, order: i64) -> String {
    let page = client.get(&format!("/commandes/{order}")).await.text();
    page.split("id=\"documents\"").nth(1).unwrap().split("<h2").next().unwrap().to_owned()
}
