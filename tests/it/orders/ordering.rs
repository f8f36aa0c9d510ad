//! Drafts, prices, validation and the ceiling.

use domain::group::membership::NotEntitled;
use domain::ids::OrganisationId;
use domain::orders::state::OrderState;
use domain::orders::totals::totals;
use domain::quantity::Quantity;
use domain::tenders::tiers::TierBase;
use rstest::rstest;
use travee::store::orders::one;
use travee::store::tenders::contract;
use travee::store::{Store, Viewer};
use travee::usecases::App;
use travee::usecases::check::check;
use travee::usecases::orders::{
    References, close_window, draft_orders, reprice_window, validate_order, validate_orders,
};

use super::shop::{AFTER, DRAFTING, Deal, Shop, WITHIN, approval, codes, net, price};
use crate::fixtures::{buyer, day};
use crate::harness::On;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn rule_12_each_member_gets_a_draft_of_whole_packs_at_the_contract_price(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = Shop::open(on, &Deal::bindings()).await;
    let drafted = draft_orders(&shop.on(DRAFTING), &buyer(), shop.window).await.unwrap();
    assert_eq!((drafted.orders, drafted.known, drafted.not_entitled.len()), (3, 0, 0));
    let arras = shop.order_of(2).await;
    assert_eq!(arras.order.state, OrderState::Draft);
    assert_eq!(arras.totals.net, net(6 * 3_800));
    assert_eq!(shop.order_of(4).await.order.lines[0].article.price, price("58"));
    assert!(shop.order_of(4).await.order.lines[0].article.amendable, "a binder measures");
    for stored in shop.orders().await {
        let computed = totals(&stored.order).unwrap();
        let kept = &stored.totals;
        assert_eq!(
            (kept.lines, kept.freight, kept.net, kept.vat, kept.gross),
            (computed.lines, computed.freight, computed.net, computed.vat, computed.gross)
        );
    }
    let again = draft_orders(&shop.on(DRAFTING), &buyer(), shop.window).await.unwrap();
    assert_eq!((again.orders, again.known), (0, 3), "made again, nothing is added");
    assert_eq!(check(&shop.on(DRAFTING)).await.unwrap().breaches, []);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn model_c_makes_one_order_of_the_coordinator_with_a_share_for_each_delivery_point(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = Shop::open(on, &Deal::boxes()).await;
    draft_orders(&shop.on(DRAFTING), &buyer(), shop.window).await.unwrap();
    let orders = shop.orders().await;
    let [stored] = orders.as_slice() else { panic!("one order") };
    assert_eq!(stored.order.buyer, shop.world.bodies[0]);
    // 130/37/40 in packs of 25: 150, 50, 50.
    let boxes: Vec<_> = stored.order.lines[0].shares.iter().map(|share| share.quantity).collect();
    assert_eq!(boxes, [Quantity::whole(150), Quantity::whole(50), Quantity::whole(50)]);
    // 20 and 25 in packs of 10.
    assert_eq!(stored.order.lines[1].quantity().unwrap(), Quantity::whole(50));
    assert_eq!(stored.totals.lines, net(250 * 187 + 50 * 350));
    assert_eq!(stored.totals.freight, net(4_500), "below the franco");
    assert_eq!(stored.order.members().len(), 3);
    let bapaume = Viewer::Member(shop.world.bodies[3]);
    let seen = one(&shop.world.app.store, bapaume, stored.id).await.unwrap();
    assert_eq!(seen.order.lines.len(), 1, "a member sees its own shares of the common order");
    assert_eq!(seen.order.lines[0].quantity().unwrap(), Quantity::whole(50));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn rules_1_and_2_leave_out_and_name_who_is_not_entitled(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = Shop::open(on, &Deal::bindings()).await;
    let [late, other] = [shop.world.bodies[3], shop.world.bodies[4]];
    // Bapaume signed the day after the launch; Berck did not subscribe the lot.
    let signed =
        format!("UPDATE membership SET signed_on = '2026-06-02' WHERE organisation_id = {late}");
    shop.fresh().execute(&signed).await;
    let lot = shop.lot;
    let narrowed = format!(
        "DELETE FROM membership_lot WHERE lot_id = {lot} AND membership_id = \
         (SELECT id FROM membership WHERE organisation_id = {other})"
    );
    shop.fresh().execute(&narrowed).await;
    let drafted = draft_orders(&shop.on(DRAFTING), &buyer(), shop.window).await.unwrap();
    assert_eq!(drafted.orders, 1);
    let expected: Vec<(OrganisationId, NotEntitled)> = vec![
        (
            late,
            NotEntitled::JoinedAfterLaunch {
                bound_on: day("2026-06-02"),
                launched_on: day("2026-06-01"),
            },
        ),
        (other, NotEntitled::LotNotSubscribed(lot)),
    ];
    assert_eq!(drafted.not_entitled, expected);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn rule_13_the_declared_base_chooses_the_tier_when_the_window_closes(
    #[values(On::Sqlite, On::Postgres)] on: On,
    #[values(TierBase::Order, TierBase::Consolidated)] base: TierBase,
) {
    // Arras orders 6 and Bapaume 4: ten in all.
    let deal = Deal {
        tier_base: base,
        prices: vec![("REL-001", "38.00", vec![(10, "36.50")]), ("REL-041", "58.00", vec![])],
        ..Deal::bindings()
    };
    let shop = Shop::open(on, &deal).await;
    draft_orders(&shop.on(DRAFTING), &buyer(), shop.window).await.unwrap();
    let early = close_window(&shop.on("2026-07-31"), &buyer(), shop.window).await;
    assert_eq!(codes(&early.unwrap_err()), ["fenetre_ouverte"]);
    let order = shop.order_of(2).await.id;
    let within =
        validate_order(&shop.on(WITHIN), &buyer(), Viewer::Coordinator, &approval(order)).await;
    if base == TierBase::Consolidated {
        assert_eq!(codes(&within.unwrap_err()), ["date"]);
    } else {
        assert!(within.is_ok());
    }
    let priced = close_window(&shop.on(AFTER), &buyer(), shop.window).await.unwrap();
    assert_eq!(close_window(&shop.on(AFTER), &buyer(), shop.window).await.unwrap(), 0);
    let (drafts, expected) = if base == TierBase::Consolidated { (3, "36.5") } else { (2, "38") };
    assert_eq!(priced, drafts, "what is validated is never priced again");
    assert_eq!(shop.order_of(2).await.order.lines[0].article.price, price(expected));
    assert_eq!(check(&shop.on(AFTER)).await.unwrap().breaches, []);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn rule_14_a_revision_touches_no_validated_order_and_a_draft_must_be_read_again(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = Shop::open(on, &Deal::bindings()).await;
    draft_orders(&shop.on(DRAFTING), &buyer(), shop.window).await.unwrap();
    let (arras, bapaume) = (shop.order_of(2).await.id, shop.order_of(3).await.id);
    let sign = |app: App, order| async move {
        validate_order(&app, &buyer(), Viewer::Coordinator, &approval(order)).await
    };
    sign(shop.on("2026-07-04"), arras).await.unwrap();
    shop.price("2026-07-05", &[("REL-001", "39.90", vec![]), ("REL-041", "60", vec![])]).await;
    let stale = sign(shop.on(WITHIN), bapaume).await;
    assert_eq!(codes(&stale.unwrap_err()), ["prix_revises"]);
    assert_eq!(reprice_window(&shop.on(WITHIN), &buyer(), shop.window).await.unwrap(), 2);
    sign(shop.on(WITHIN), bapaume).await.unwrap();
    assert_eq!(shop.order_of(2).await.order.lines[0].article.price, price("38"));
    assert_eq!(shop.order_of(3).await.order.lines[0].article.price, price("39.90"));
    assert_eq!(check(&shop.on(WITHIN)).await.unwrap().breaches, []);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn everything_that_stands_against_a_validation_is_told_and_the_others_go_on(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = Shop::open(on, &Deal { ceiling: 40_000, ..Deal::bindings() }).await;
    draft_orders(&shop.on(DRAFTING), &buyer(), shop.window).await.unwrap();
    let [arras, bapaume] = [shop.world.bodies[2], shop.world.bodies[3]];
    // Chorus wants a number of Arras; nobody of Bapaume holds a power of this mandate.
    let sql = format!("UPDATE organisation SET chorus_commitment_number = TRUE WHERE id = {arras}");
    shop.fresh().execute(&sql).await;
    let sql = format!(
        "UPDATE delegation SET valid_from = '2024-01-01' WHERE contact_id IN \
         (SELECT id FROM contact WHERE organisation_id = {bapaume})"
    );
    shop.fresh().execute(&sql).await;
    let app = shop.on(WITHIN);
    let done = validate_orders(&app, &buyer(), &shop.approvals().await).await.unwrap();
    let refused: Vec<_> = done
        .refused
        .iter()
        .map(|order| order.reasons.iter().map(|why| why.code.as_str()).collect::<Vec<_>>())
        .collect();
    assert_eq!(refused, [["engagement"], ["delegation"]]);
    assert!(done.refused[1].reasons[0].message.contains("22/03/2026"), "the mandate ended");
    assert_eq!(done.room.unwrap().committed, net(3 * 5_800));
    // 400.00 − 174.00 leaves 226.00, and Arras asks 228.00.
    let mut again = approval(shop.order_of(2).await.id);
    again.references =
        References { commitment_number: Some("E-77".into()), ..References::default() };
    let past = validate_order(&app, &buyer(), Viewer::Member(arras), &again).await.unwrap_err();
    assert_eq!(codes(&past), ["maximum_depasse"]);
    let told = past.in_french().replace(['\u{a0}', '\u{202f}'], " ");
    assert!(told.contains("il reste 226,00 € HT sur 400,00 €"), "{told}");
    let stranger = validate_order(&app, &buyer(), Viewer::Member(bapaume), &again).await;
    assert!(stranger.unwrap_err().in_french().contains("n’existe pas"));
    let after = validate_order(&shop.on("2030-06-15"), &buyer(), Viewer::Coordinator, &again).await;
    assert!(codes(&after.unwrap_err()).contains(&"date".to_owned()), "rule 4");
    assert_eq!(contract(&app.store, shop.contract).await.unwrap().committed, net(17_400));
    assert_eq!(check(&app).await.unwrap().breaches, []);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn rule_3_of_two_members_who_order_the_last_amount_at_once_exactly_one_wins(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    // Arras orders 228.00 and Bapaume 152.00; 230.00 are left.
    let shop = Shop::open(on, &Deal { ceiling: 500_000, ..Deal::bindings() }).await;
    draft_orders(&shop.on(DRAFTING), &buyer(), shop.window).await.unwrap();
    let (arras, bapaume) = (shop.order_of(2).await.id, shop.order_of(3).await.id);
    let one = shop.on(WITHIN);
    let other = App { store: Store::connect(&shop.fresh().url).await.unwrap(), ..one.clone() };
    let raw = shop.fresh().raw().await;
    let mut wins = [0, 0];
    for round in 0..100 {
        sea_orm::ConnectionTrait::execute_unprepared(
            &raw,
            "UPDATE purchase_order SET state = 'draft', committed_cents = 0; \
             UPDATE contract SET committed_cents = 477000;",
        )
        .await
        .unwrap();
        let sign = |app: App, order| {
            tokio::spawn(async move {
                validate_order(&app, &buyer(), Viewer::Coordinator, &approval(order)).await
            })
        };
        let (first, second) = tokio::join!(sign(one.clone(), arras), sign(other.clone(), bapaume));
        let outcomes = [first.unwrap(), second.unwrap()];
        let won: Vec<usize> = (0..2).filter(|index| outcomes[*index].is_ok()).collect();
        assert_eq!(won.len(), 1, "round {round}: {outcomes:?}");
        wins[won[0]] += 1;
        let lost = outcomes[1 - won[0]].as_ref().unwrap_err();
        assert_eq!(codes(lost), ["maximum_depasse"], "round {round}");
        let committed = contract(&one.store, shop.contract).await.unwrap().committed;
        assert_eq!(committed, net(477_000 + [22_800, 15_200][won[0]]), "round {round}");
    }
    assert_eq!(wins[0] + wins[1], 100);
}
