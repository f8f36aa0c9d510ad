//! The buyer's pages of drafts and of signatures on paper, through the real router.

use axum::http::StatusCode;
use domain::orders::state::OrderState;
use domain::platform::role::Role;
use rstest::rstest;
use travee::store::tenders::contract;
use travee::usecases::orders::{draft_orders, preview_drafts};

use super::shop::{DRAFTING, Deal, Shop, WITHIN};
use crate::client::Client;
use crate::fixtures::buyer;
use crate::harness::On;

const REFUSED: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

async fn client(shop: &Shop, day: &str, role: Role) -> Client {
    Client::with(&shop.on(day), shop.fresh(), shop.world.bodies[0], &[role]).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn preparing_drafts_does_what_its_preview_said(#[values(On::Sqlite, On::Postgres)] on: On) {
    for deal in [Deal::bindings(), Deal::boxes()] {
        let shop = Shop::open(on, &deal).await;
        // Bapaume left: it has needs and may not order.
        let bapaume = shop.world.bodies[3];
        let left = format!(
            "UPDATE membership SET state = 'withdrawn', left_on = '2026-06-20' \
             WHERE organisation_id = {bapaume}"
        );
        if deal.lot == "3" {
            shop.fresh().execute(&left).await;
        }
        let app = shop.on(DRAFTING);
        let seen = preview_drafts(&app, shop.window).await.unwrap();
        assert!(shop.orders().await.is_empty(), "a preview writes nothing");
        let path = format!("/gestion/fenetres/{}/brouillons", shop.window);
        let desk = client(&shop, DRAFTING, Role::Buyer).await;
        let page = desk.get(&path).await.text();
        for words in ["Ce qui va se passer", "Un brouillon n’engage rien"] {
            assert!(page.contains(words), "{words} in {page}");
        }
        if deal.lot == "3" {
            let (refused, why) = &seen.drafted.not_entitled[0];
            assert_eq!((*refused, seen.drafted.not_entitled.len()), (bapaume, 1));
            assert!(page.contains("Bapaume") && page.contains(&why.for_the_reader()), "{page}");
            assert!(page.contains("Préparer les 2 brouillons"), "{page}");
        }
        let done = desk.post(&path, &[]).await;
        assert!(done.status.is_success() || done.status.is_redirection(), "{}", done.text());
        let orders = shop.orders().await;
        assert_eq!(orders.len(), seen.drafted.orders);
        let net: i64 = orders.iter().map(|stored| stored.totals.net.cents()).sum();
        let gross: i64 = orders.iter().map(|stored| stored.totals.gross.cents()).sum();
        assert_eq!((seen.net.cents(), seen.gross.cents()), (net, gross));
        let stored = contract(&app.store, shop.contract).await.unwrap();
        let ceiling = stored.agreement.terms().ceiling;
        assert_eq!(seen.left, ceiling.minus(stored.committed).unwrap());

        let again = preview_drafts(&app, shop.window).await.unwrap();
        assert_eq!((again.orders.len(), again.drafted.known), (0, orders.len()));
        assert_eq!(again.unsigned.cents(), net);
        desk.get(&path).await.shows(&["Aucun brouillon à préparer"]);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_window_says_why_nothing_is_prepared(#[values(On::Sqlite, On::Postgres)] on: On) {
    let shop = super::validated(on, &Deal::bindings()).await;
    let desk = client(&shop, super::AFTER, Role::Buyer).await;
    let path = format!("/gestion/fenetres/{}/brouillons", shop.window);
    let page = desk.get(&path).await.shows(&["La période de commande est close"]);
    assert!(!page.text().contains("<button>Préparer"), "{}", page.text());
}

/// What a page's hidden field holds.
fn hidden(page: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    page.split(&mark).nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_buyer_records_what_a_mayor_without_account_signed_on_paper(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = Shop::open(on, &Deal::bindings()).await;
    draft_orders(&shop.on(DRAFTING), &buyer(), shop.window).await.unwrap();
    let desk = client(&shop, WITHIN, Role::Buyer).await;
    let id = shop.order_of(2).await.id;
    let home = format!("/gestion/commandes/{id}");
    let path = format!("{home}/signature-papier");
    desk.get(&home).await.shows(&["Enregistrer une signature sur papier"]);
    let page = desk.get(&path).await.shows(&[
        "La commande engage Arras pour 228,00 € HT, 273,60 € TTC",
        "Jeanne Dubois (Maire)",
        "Valider la commande de 273,60 € TTC",
    ]);
    let version = hidden(&page.text(), "version");
    let scan: (&str, &str, &[u8]) = ("scan", "commande signée.pdf", b"%PDF-1.4\n%%EOF\n");
    let typed = |name: &'static str| {
        vec![
            ("version", version.as_str()),
            ("signataire", name),
            ("qualite", "Maire"),
            ("signe-le", "08/07/2026"),
            ("engagement", "2026-ENG-9"),
        ]
    };
    let unsigned = desk.upload(&path, &typed(""), &[scan]).await;
    assert_eq!(unsigned.status, REFUSED);
    assert!(unsigned.text().contains("Saisissez le nom de la personne"), "{}", unsigned.text());
    let without = desk.upload(&path, &typed("Jeanne Dubois"), &[]).await;
    assert_eq!(without.status, REFUSED);
    let text = without.text();
    assert!(text.contains("Ajoutez la commande signée"), "{text}");
    assert!(text.contains("value=\"Jeanne Dubois\"") && text.contains("2026-ENG-9"), "{text}");
    let no_scan: (&str, &str, &[u8]) = ("scan", "virus.exe", b"MZ\x90");
    let refused = desk.upload(&path, &typed("Jeanne Dubois"), &[no_scan]).await;
    assert!(refused.text().contains("Envoyez un PDF"), "{}", refused.text());
    let stranger = desk.upload(&path, &typed("Paul Inconnu"), &[scan]).await;
    assert_eq!(stranger.status, REFUSED);
    assert!(stranger.text().contains("n’a pas de pouvoir de signature"), "{}", stranger.text());
    assert_eq!(shop.order_of(2).await.order.state, OrderState::Draft);

    desk.upload(&path, &typed("Jeanne Dubois"), &[scan]).await.leads_to(&home);
    let stored = shop.order_of(2).await;
    assert_eq!(stored.order.state, OrderState::Validated);
    assert_eq!(stored.order.commitment_number.as_deref(), Some("2026-ENG-9"));
    let page = desk.get(&home).await.shows(&[
        "par Jeanne Dubois, Maire",
        "Commande signée sur papier : commande signée.pdf",
        "signé sur papier par Jeanne Dubois",
    ]);
    let text = page.text();
    let piece = text.split("href=\"/gestion/pieces/").nth(1).unwrap().split('"').next().unwrap();
    let piece = format!("/gestion/pieces/{piece}");
    let file = desk.get(&piece).await;
    assert_eq!(file.bytes, b"%PDF-1.4\n%%EOF\n");
    assert!(file.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    let archivist = client(&shop, WITHIN, Role::Archivist).await;
    assert_eq!(archivist.get(&piece).await.status, StatusCode::FORBIDDEN, "it tells amounts");
    desk.get(&path).await.shows(&["elle n’attend pas de signature"]);

    // Its member finds the scan too, another member does not.
    let (app, arras) = (shop.on(WITHIN), shop.world.bodies[2]);
    let own = Client::with(&app, shop.fresh(), arras, &[Role::MemberReader]).await;
    own.get(&format!("/commandes/{id}")).await.shows(&["Commande signée sur papier"]);
}
