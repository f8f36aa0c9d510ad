//! Numbers, papers and refusals of issuing.

use domain::orders::state::OrderState;
use rstest::rstest;
use travee::store::orders::{OrderPaper, papers_of_window};
use travee::usecases::App;
use travee::usecases::check::check;
use travee::usecases::orders::{
    Issue, close_window, draft_orders, issue_order, issue_window, validate_orders,
};

use super::shop::{AFTER, DRAFTING, Deal, Shop, codes};
use crate::fixtures::{buyer, pdf_text, sha256};
use crate::harness::On;

/// Drafted, closed and validated: ready to be issued.
pub(crate) async fn validated(on: On, deal: &Deal) -> Shop {
    let shop = Shop::open(on, deal).await;
    ready(&shop).await;
    shop
}

pub(crate) async fn ready(shop: &Shop) {
    draft_orders(&shop.on(DRAFTING), &buyer(), shop.window).await.unwrap();
    let app = shop.on(AFTER);
    close_window(&app, &buyer(), shop.window).await.unwrap();
    let done = validate_orders(&app, &buyer(), &shop.approvals().await).await.unwrap();
    assert_eq!(done.refused, []);
}

pub(crate) async fn issue(app: &App, shop: &Shop) -> Issue {
    issue_window(app, &buyer(), shop.window, &|_, _| {}).await.unwrap()
}

/// Every paper of the window with its bytes, which are those that were registered.
pub(crate) async fn papers(app: &App, shop: &Shop) -> Vec<(OrderPaper, Vec<u8>)> {
    let mut papers = Vec::new();
    for paper in papers_of_window(&app.store, shop.window).await.unwrap() {
        let bytes = app.files.get(&paper.file_key).await.unwrap();
        assert_eq!(sha256(&bytes), paper.sha256, "{}", paper.number);
        papers.push((paper, bytes));
    }
    papers
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn each_member_order_is_numbered_dated_printed_and_kept(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = validated(on, &Deal::bindings()).await;
    let app = shop.on(AFTER);
    let done = issue(&app, &shop).await;
    assert_eq!((done.orders, done.papers, done.refused.len()), (3, 3, 0));
    let numbers: Vec<_> =
        shop.orders().await.iter().map(travee::store::orders::StoredOrder::name).collect();
    assert_eq!(numbers, ["BC-2026-0001", "BC-2026-0002", "BC-2026-0003"]);
    let arras = shop.order_of(2).await;
    let issue_of = arras.order.issue.clone().unwrap();
    assert_eq!(issue_of.deliver_by.to_string(), "2026-08-24", "21 days");
    let papers = papers(&app, &shop).await;
    assert_eq!(papers.len(), 3);
    let text = pdf_text(&papers[0].1);
    for part in
        ["BC-2026-0001", "2026-FCS-012-L3", "REL-001", "228,00", "Jeanne Dubois", "24/08/2026"]
    {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    let again = issue(&app, &shop).await;
    assert_eq!((again.orders, again.papers), (0, 0), "issued again, nothing happens");
    assert_eq!(check(&app).await.unwrap().breaches, []);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn model_c_numbers_one_order_and_gives_each_member_its_extract(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = validated(on, &Deal::boxes()).await;
    let app = shop.on(AFTER);
    let done = issue(&app, &shop).await;
    assert_eq!((done.orders, done.papers, done.refused.len()), (1, 4, 0));
    let papers = papers(&app, &shop).await;
    let numbers: Vec<&str> = papers.iter().map(|(paper, _)| paper.number.as_str()).collect();
    assert_eq!(
        numbers,
        ["BC-2026-0001", "BC-2026-0001/001", "BC-2026-0001/002", "BC-2026-0001/003"]
    );
    let words = pdf_text(&papers[0].1).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("pour le compte de 3 membres"), "{words}");
    let arras = papers
        .iter()
        .find(|(paper, _)| {
            paper.kind == "delivery_extract"
                && paper.organisation_id == Some(shop.world.bodies[2].0)
        })
        .unwrap();
    let text = pdf_text(&arras.1);
    assert!(text.contains("Annexe") && text.contains("Mairie") && text.contains("BOI-001"));
    assert!(!text.contains('€'), "an extract has no prices");
    assert_eq!(check(&app).await.unwrap().breaches, []);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_siret_that_nobody_confirmed_is_on_no_paper_and_the_other_orders_go_on(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = validated(on, &Deal::bindings()).await;
    let bapaume = shop.world.bodies[3];
    let doubt = format!(
        "UPDATE siret SET status = 'derived_not_verified', confirmed_by = NULL, confirmed_on = NULL \
         WHERE organisation_id = {bapaume}"
    );
    shop.fresh().execute(&doubt).await;
    let app = shop.on(AFTER);
    let done = issue(&app, &shop).await;
    assert_eq!((done.orders, done.refused.len()), (2, 1));
    assert!(done.refused[0].name.starts_with("Bapaume"), "{:?}", done.refused);
    assert_eq!(done.refused[0].reasons[0].code, "siret_non_confirme");
    let waiting = shop.order_of(3).await;
    assert_eq!(waiting.order.state, OrderState::Validated);
    let alone = issue_order(&app, &buyer(), waiting.id).await.unwrap_err();
    assert_eq!(codes(&alone), ["siret_non_confirme"]);
    assert_eq!(check(&app).await.unwrap().breaches, [], "no number was lost");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn in_model_c_every_member_without_a_confirmed_siret_is_named_and_nothing_is_issued(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = validated(on, &Deal::boxes()).await;
    let [arras, berck] = [shop.world.bodies[2], shop.world.bodies[4]];
    let doubt = format!(
        "UPDATE siret SET status = 'derived_not_verified', confirmed_by = NULL, confirmed_on = NULL \
         WHERE organisation_id IN ({arras}, {berck})"
    );
    shop.fresh().execute(&doubt).await;
    let app = shop.on(AFTER);
    let done = issue(&app, &shop).await;
    assert_eq!((done.orders, done.papers), (0, 0));
    let messages: Vec<&str> =
        done.refused[0].reasons.iter().map(|why| why.message.as_str()).collect();
    assert_eq!(messages.len(), 2);
    assert!(messages[0].starts_with("Arras : ") && messages[1].starts_with("Berck : "));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_cannot_be_printed_takes_no_number(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = validated(on, &Deal::bindings()).await;
    let arras = shop.world.bodies[2];
    shop.fresh()
        .execute(&format!("UPDATE site SET name = name || ' 中' WHERE organisation_id = {arras}"))
        .await;
    let app = shop.on(AFTER);
    let done = issue(&app, &shop).await;
    assert_eq!((done.orders, done.refused.len()), (2, 1));
    assert_eq!(done.refused[0].reasons[0].code, "document");
    assert!(done.refused[0].reasons[0].message.contains('中'));
    assert_eq!(check(&app).await.unwrap().breaches, []);
}
