//! Drafts that members change, orders that are amended, cancelled or closed.

use domain::ids::SiteId;
use domain::orders::order::Share;
use domain::orders::state::OrderState;
use domain::quantity::Quantity;
use rstest::rstest;
use travee::store::Viewer;
use travee::store::group::sites;
use travee::store::tenders::contract;
use travee::usecases::check::check;
use travee::usecases::orders::{
    AmendedLine, Change, adjust_draft, amend_order, cancel_order, close_order, draft_orders,
    issue_order, validate_order,
};

use super::issuing::{issue, papers, validated};
use super::shop::{AFTER, DRAFTING, Deal, Shop, WITHIN, approval, codes, net};
use crate::fixtures::{buyer, pdf_text};
use crate::harness::On;

async fn site_of(shop: &Shop, body: usize) -> SiteId {
    let of = Some(shop.world.bodies[body]);
    *sites(&shop.world.app.store, of).await.unwrap().keys().next().unwrap()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_member_changes_its_own_draft_while_the_window_is_open(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = Shop::open(on, &Deal::bindings()).await;
    draft_orders(&shop.on(DRAFTING), &buyer(), shop.window).await.unwrap();
    let stored = shop.order_of(3).await;
    let me = shop.world.bodies[3];
    let change = |article, site, units| Change {
        article,
        member: me,
        site,
        quantity: Quantity::whole(units),
    };
    let (bound, thick) = (shop.world.article("REL-001").await, shop.world.article("REL-041").await);
    let boxes = shop.world.article("BOI-001").await;
    let (mine, other) = (site_of(&shop, 3).await, site_of(&shop, 2).await);
    let app = shop.on(WITHIN);
    let viewer = Viewer::Member(me);
    let changes = [change(bound, mine, 9), change(thick, mine, 1)];
    let draft = adjust_draft(&app, &buyer(), viewer, stored.id, &changes).await.unwrap();
    assert_eq!(draft.lines.len(), 2);
    let after = shop.order_of(3).await;
    assert_eq!(after.totals.net, net(9 * 3_800 + 5_800));
    assert_eq!(after.order, draft);
    let wrong = [change(boxes, mine, 25), change(bound, other, 1)];
    let refused = adjust_draft(&app, &buyer(), viewer, stored.id, &wrong).await.unwrap_err();
    assert_eq!(codes(&refused), ["article_hors_marche", "point_de_livraison"]);
    let stranger = Viewer::Member(shop.world.bodies[2]);
    let refused = adjust_draft(&app, &buyer(), stranger, stored.id, &changes).await.unwrap_err();
    assert!(refused.in_french().contains("n’existe pas"));
    let late = adjust_draft(&shop.on(AFTER), &buyer(), viewer, stored.id, &changes).await;
    assert_eq!(codes(&late.unwrap_err()), ["brouillon", "brouillon"]);
    let gone = [change(bound, mine, 0), change(thick, mine, 0)];
    adjust_draft(&app, &buyer(), viewer, stored.id, &gone).await.unwrap();
    let empty = validate_order(&app, &buyer(), viewer, &approval(stored.id)).await;
    assert_eq!(codes(&empty.unwrap_err()), ["vide"]);
    assert_eq!(check(&app).await.unwrap().breaches, []);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn rule_12_a_change_must_be_whole_packs_again(#[values(On::Sqlite, On::Postgres)] on: On) {
    let shop = Shop::open(on, &Deal::boxes()).await;
    draft_orders(&shop.on(DRAFTING), &buyer(), shop.window).await.unwrap();
    let order = shop.orders().await.remove(0).id;
    let article = shop.world.article("BOI-001").await;
    let (member, site) = (shop.world.bodies[4], site_of(&shop, 4).await);
    let change = |units| [Change { article, member, site, quantity: Quantity::whole(units) }];
    let app = shop.on(WITHIN);
    let all = Viewer::Coordinator;
    let opened = adjust_draft(&app, &buyer(), all, order, &change(30)).await.unwrap_err();
    assert_eq!(codes(&opened), ["brouillon"]);
    let draft = adjust_draft(&app, &buyer(), all, order, &change(75)).await.unwrap();
    assert_eq!(draft.lines[0].quantity().unwrap(), Quantity::whole(325));
    let mine = Viewer::Member(member);
    let refused = adjust_draft(&app, &buyer(), mine, order, &change(25)).await.unwrap_err();
    assert_eq!(codes(&refused), ["other_member"], "the coordinator's order is not the member's");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_order_keeps_its_number_and_gives_its_amount_back(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = validated(on, &Deal::bindings()).await;
    let app = shop.on(AFTER);
    issue(&app, &shop).await;
    let bapaume = shop.order_of(3).await;
    let whole = contract(&app.store, shop.contract).await.unwrap().committed;
    let all = Viewer::Coordinator;
    let silent = cancel_order(&app, &buyer(), all, bapaume.id, " ").await.unwrap_err();
    assert_eq!(codes(&silent), ["motif"]);
    let member = Viewer::Member(shop.world.bodies[3]);
    let refused = cancel_order(&app, &buyer(), member, bapaume.id, "erreur").await.unwrap_err();
    assert_eq!(codes(&refused), ["coordonnateur"]);
    cancel_order(&app, &buyer(), all, bapaume.id, "commande en double").await.unwrap();
    let after = shop.order_of(3).await;
    assert_eq!((after.order.state, after.name()), (OrderState::Cancelled, bapaume.name()));
    assert_eq!(after.cancel_reason.as_deref(), Some("commande en double"));
    let left = contract(&app.store, shop.contract).await.unwrap().committed;
    assert_eq!(left, whole.minus(bapaume.totals.net).unwrap());
    let again = cancel_order(&app, &buyer(), all, bapaume.id, "encore").await.unwrap_err();
    assert_eq!(codes(&again), ["etape"]);
    assert_eq!(check(&app).await.unwrap().breaches, [], "and its series has no gap");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn closing_an_order_gives_back_what_was_not_delivered(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = validated(on, &Deal::bindings()).await;
    let app = shop.on(AFTER);
    let waiting = shop.order_of(3).await.id;
    let early = close_order(&app, &buyer(), waiting).await.unwrap_err();
    assert_eq!(codes(&early), ["etape"]);
    issue_order(&app, &buyer(), waiting).await.unwrap();
    let rest = close_order(&app, &buyer(), waiting).await.unwrap();
    assert_eq!(rest, net(4 * 3_800), "nothing came: all of it");
    assert_eq!(shop.order_of(3).await.order.state, OrderState::Closed);
    assert_eq!(check(&app).await.unwrap().breaches, []);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_amendment_is_numbered_counted_under_the_ceiling_and_printed(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = validated(on, &Deal { ceiling: 62_000, ..Deal::bindings() }).await;
    let app = shop.on(AFTER);
    issue(&app, &shop).await;
    // Berck ordered three volumes at 58.00: one is twice as thick as announced.
    let berck = shop.order_of(4).await;
    let article = shop.world.article("REL-041").await;
    let (member, site) = (shop.world.bodies[4], site_of(&shop, 4).await);
    let lines = |units| {
        let shares = vec![Share { member, site, quantity: Quantity::whole(units) }];
        [AmendedLine { position: 1, article, shares }]
    };
    let none = amend_order(&app, &buyer(), berck.id, "", &lines(4)).await.unwrap_err();
    assert_eq!(codes(&none), ["avenant"]);
    let past = amend_order(&app, &buyer(), berck.id, "plus épais", &lines(5)).await.unwrap_err();
    assert_eq!(codes(&past), ["maximum_depasse"]);
    let number = amend_order(&app, &buyer(), berck.id, "plus épais", &lines(4)).await;
    assert_eq!(number.unwrap(), 1);
    let after = shop.order_of(4).await;
    assert_eq!(after.totals.net, net(4 * 5_800));
    assert_eq!(after.order.issue, berck.order.issue, "number and date stay");
    let committed = contract(&app.store, shop.contract).await.unwrap().committed;
    assert_eq!(committed, net(10 * 3_800 + 4 * 5_800));
    let made = papers(&app, &shop).await;
    let paper = made.iter().find(|(paper, _)| paper.number.ends_with("/A1")).unwrap();
    let text = pdf_text(&paper.1);
    assert!(text.contains("Avenant n° 1") && text.contains("plus épais"), "{text}");
    assert!(text.contains("232,00"));
    assert!(
        made.iter().any(|(paper, _)| paper.number == berck.name()),
        "the order stays as issued"
    );
    assert_eq!(check(&app).await.unwrap().breaches, []);
    let arras = shop.order_of(2).await.id;
    let plain = shop.world.article("REL-001").await;
    let shares = vec![Share {
        member: shop.world.bodies[2],
        site: site_of(&shop, 2).await,
        quantity: Quantity::whole(7),
    }];
    let line = [AmendedLine { position: 1, article: plain, shares }];
    let refused = amend_order(&app, &buyer(), arras, "autre", &line).await.unwrap_err();
    assert!(refused.in_french().contains("n’admet pas de modification"));
}
