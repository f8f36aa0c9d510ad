//! Members' people hear of windows, orders and shares, once each, in the transaction of the cause.

use domain::ids::{MailId, OrganisationId};
use domain::platform::mail::MailKind;
use domain::platform::role::Role;
use rstest::rstest;
use travee::store::Slice;
use travee::store::platform::{mail, notices};
use travee::usecases::App;
use travee::usecases::orders::{draft_orders, tell_openings};

use super::issuing::{issue, validated};
use super::shop::{AFTER, DRAFTING, Deal, Shop};
use crate::client::{Client, person};
use crate::fixtures::{buyer, day};
use crate::harness::On;
use crate::house::House;

/// The letters of a kind: to whom, subject and text, by address.
pub(crate) async fn letters(app: &App, kind: MailKind) -> Vec<(String, String, String)> {
    let slice = Slice { sort: "destinataire".into(), limit: 1_000, ..Slice::default() };
    let (rows, _) = mail::list(&app.store, None, &slice).await.unwrap();
    let mut found = Vec::new();
    for row in rows.into_iter().filter(|row| row.kind() == Some(kind)) {
        let text = mail::letter(&app.store, MailId(row.id)).await.unwrap().text;
        found.push((row.to_address, row.subject, text.replace(['\u{a0}', '\u{202f}'], " ")));
    }
    found
}

fn to(letters: &[(String, String, String)]) -> Vec<&str> {
    letters.iter().map(|(address, ..)| address.as_str()).collect()
}

const ZOE: &str = "zoe@mairies.example";

/// Zoé is référente of Arras and signs for Bapaume; Marc keeps the accounts of Arras, and Léa reads
/// them; nobody of Berck has an account.
async fn people(shop: &Shop) -> domain::ids::PersonId {
    let (arras, bapaume) = (shop.world.bodies[2], shop.world.bodies[3]);
    let zoe = person(shop.fresh(), ZOE, arras, &[Role::MemberContact]).await;
    also(shop, ZOE, bapaume).await;
    person(shop.fresh(), "marc@arras.example", arras, &[Role::MemberFinance]).await;
    person(shop.fresh(), "lea@arras.example", arras, &[Role::MemberReader]).await;
    person(shop.fresh(), "achats@cdg62.example", shop.world.bodies[0], &[Role::Buyer]).await;
    zoe
}

async fn also(shop: &Shop, email: &str, organisation: OrganisationId) {
    shop.fresh()
        .execute(&format!(
            "INSERT INTO role_grant (person_id, organisation_id, role, from_day, given_by) \
             SELECT id, {organisation}, 'signatory', '2026-01-01', 'essai' FROM person \
             WHERE email = '{email}'"
        ))
        .await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_issued_order_is_told_once_to_those_who_receive_sign_and_pay(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = validated(on, &Deal::bindings()).await;
    let zoe = people(&shop).await;
    let app = shop.on(AFTER);
    issue(&app, &shop).await;
    let told = letters(&app, MailKind::OrderIssued).await;
    assert_eq!(to(&told), ["marc@arras.example", ZOE]);
    let (_, subject, text) = &told[0];
    assert_eq!(subject, "Arras – commande BC-2026-0001 émise");
    assert!(text.contains("228,00 € HT") && text.contains("/commandes/1"), "{text}");
    // One letter for both of her communes.
    let (_, subject, text) = &told[1];
    assert_eq!(subject, "2 commandes émises");
    for words in ["Arras : commande", "Bapaume : commande", "24/08/2026", "Cartonnages de la Lys"] {
        assert!(text.contains(words), "{words} in {text}");
    }
    let heard = notices::of(&app.store, zoe, 10).await.unwrap();
    let titles: Vec<&str> = heard.iter().map(|notice| notice.title.as_str()).collect();
    assert!(titles.contains(&"Arras – commande BC-2026-0001 émise"), "{titles:?}");
    assert_eq!(titles.len(), 2);
    issue(&app, &shop).await;
    assert_eq!(letters(&app, MailKind::OrderIssued).await.len(), 2, "issued once, told once");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn of_the_order_for_all_each_member_hears_its_part_and_no_amount(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = validated(on, &Deal::boxes()).await;
    people(&shop).await;
    let app = shop.on(AFTER);
    issue(&app, &shop).await;
    let told = letters(&app, MailKind::OrderIssued).await;
    assert_eq!(to(&told), ["marc@arras.example", ZOE]);
    let (_, subject, text) = &told[1];
    assert_eq!(subject, "2 commandes émises");
    assert!(text.contains("BC-2026-0001/001") && text.contains("BC-2026-0001/002"), "{text}");
    assert!(!text.contains("HT"), "the coordinator pays: {text}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn drafts_of_an_open_window_are_told_at_once_to_those_who_adjust_and_sign(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = Shop::open(on, &Deal::bindings()).await;
    people(&shop).await;
    let app = shop.on(DRAFTING);
    draft_orders(&app, &buyer(), shop.window).await.unwrap();
    let told = letters(&app, MailKind::WindowOpened).await;
    assert_eq!(to(&told), [ZOE]);
    let (_, _, text) = &told[0];
    assert!(text.contains("- Arras") && text.contains("- Bapaume"), "{text}");
    assert!(text.contains("31/07/2026"), "{text}");
    assert_eq!(tell_openings(&app, &buyer(), day(DRAFTING)).await.unwrap(), 0, "told already");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn drafts_made_before_the_window_opens_are_told_on_its_first_day(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = Shop::open(on, &Deal::bindings()).await;
    people(&shop).await;
    let before = shop.on("2026-06-20");
    draft_orders(&before, &buyer(), shop.window).await.unwrap();
    let eve = shop.on("2026-06-30");
    assert_eq!(tell_openings(&eve, &buyer(), day("2026-06-30")).await.unwrap(), 0);
    assert_eq!(letters(&eve, MailKind::WindowOpened).await, []);
    // No node ran on the first day: the second makes up for it, once.
    let second = shop.on("2026-07-02");
    assert_eq!(tell_openings(&second, &buyer(), day("2026-07-02")).await.unwrap(), 1);
    assert_eq!(tell_openings(&second, &buyer(), day("2026-07-02")).await.unwrap(), 0);
    assert_eq!(to(&letters(&second, MailKind::WindowOpened).await), [ZOE]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_keeps_a_members_accounts_hears_of_its_share_with_its_statement(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let house = House::open(on).await;
    let told = letters(&house.app, MailKind::InvoiceShared).await;
    assert_eq!(to(&told), ["member_finance@exemple.fr"]);
    let (_, subject, text) = &told[0];
    assert!(subject.starts_with("Arras – votre part de la facture F-2026-118"), "{subject}");
    assert!(text.contains("€ TTC") && text.contains("/factures/"), "{text}");
    let finance = Client::of(&house.app, house.person(Role::MemberFinance)).await;
    finance.get("/").await.shows(&["Arras – part de la facture F-2026-118"]);
    let (_, path) = text.split_once("http://127.0.0.1:8062").unwrap();
    let page = finance.get(path.split_whitespace().next().unwrap()).await;
    finance.get(page.location()).await.shows(&["F-2026-118"]);
}
