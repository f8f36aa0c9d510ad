//! A delivery is received at the door.

use axum::http::StatusCode;
use domain::platform::role::Role;
use domain::quantity::Quantity;
use rstest::rstest;

use super::super::issuing::{issue, validated};
use super::super::shop::{AFTER, Deal};
use super::{LATE, REFUSED, field, hidden, somebody};
use crate::harness::On;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_received_at_the_door_with_a_photo_a_reserve_and_a_decision(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = validated(on, &Deal::bindings()).await;
    issue(&shop.on(AFTER), &shop).await;
    let secretary = somebody(&shop, LATE, 2, Role::MemberContact).await;
    let id = shop.order_of(2).await.id;
    let list = secretary.get("/livraisons").await.shows(&["Réceptionner", "en retard"]);
    assert!(list.text().contains(&format!("/livraisons/{id}/reception")));
    secretary.get("/").await.shows(&["Réceptionner la livraison : Reliures"]);
    let path = format!("/livraisons/{id}/reception");
    let form = secretary.get(&path).await.shows(&["Quantité livrée", "capture=\"environment\""]);
    let (site, name) = (hidden(&form.text(), "lieu"), field(&form.text(), "q-"));
    let decision = format!("{name}-decision");
    let photo: (&str, &str, &[u8]) = ("photo", "bon.jpg", b"\xff\xd8\xff\xe0 picture");
    let base = [("lieu", site.as_str()), ("bon", "BL-77"), ("livre-le", "20/08/2026")];

    let mut without = base.to_vec();
    without.extend([(name.as_str(), "5"), (decision.as_str(), "accepted_with_reserves")]);
    let unsaid = secretary.upload(&path, &without, &[]).await;
    assert_eq!(unsaid.status, REFUSED);
    assert!(
        unsaid.text().contains("Écrivez votre réserve") && unsaid.text().contains("value=\"5\"")
    );

    let mut too_much = base.to_vec();
    too_much.extend([(name.as_str(), "9"), (decision.as_str(), "accepted")]);
    let too_much = secretary.upload(&path, &too_much, &[photo]).await;
    assert_eq!(too_much.status, REFUSED, "{}", too_much.text());
    let photos = travee::store::platform::attachments::of(
        &shop.world.app.store,
        travee::store::Viewer::Coordinator,
        ("order", id.0),
    );
    assert!(photos.await.unwrap().is_empty(), "a refused delivery leaves no photo");

    let mut five = without.clone();
    five.push(("reserve", "dos rayé"));
    secretary.upload(&path, &five, &[photo]).await.leads_to(&format!("/commandes/{id}"));
    let page = secretary.get(&format!("/commandes/{id}")).await;
    page.shows(&[
        "BL-77",
        "20/08/2026",
        "accepté avec réserves",
        "« dos rayé »",
        "Photo de la livraison",
    ]);
    let stored = shop.order_of(2).await;
    let got = stored.receipts.values().next().unwrap();
    assert_eq!((got.delivered, got.accepted), (Quantity::whole(5), Quantity::whole(5)));

    let twice = secretary.upload(&path, &five, &[]).await;
    assert_eq!(twice.status, REFUSED);
    assert!(twice.text().contains("déjà enregistré"), "{}", twice.text());

    let last = [base[0], ("bon", "BL-78"), base[2], (&name, "1"), (&decision, "later")];
    secretary.upload(&path, &last, &[]).await.leads_to(&format!("/commandes/{id}"));
    let form = secretary.get(&path).await.shows(&["Déjà livré, à accepter ou à refuser"]);
    let name = field(&form.text(), "d-");
    let decision = format!("{name}-decision");
    let refuse = [
        ("lieu", site.as_str()),
        (&name, "1"),
        (&decision, "rejected"),
        ("reserve-anterieure", "déchiré"),
    ];
    secretary
        .post(&format!("/livraisons/{id}/decisions"), &refuse)
        .await
        .leads_to(&format!("/commandes/{id}"));
    let stored = shop.order_of(2).await;
    let got = stored.receipts.values().next().unwrap();
    assert_eq!((got.accepted, got.rejected), (Quantity::whole(5), Quantity::whole(1)));

    let neighbour = somebody(&shop, LATE, 3, Role::MemberContact).await;
    assert_eq!(neighbour.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(neighbour.upload(&path, &last, &[]).await.status, StatusCode::NOT_FOUND);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn who_pays_accepts_at_a_lower_price_and_who_does_not_leaves_it_to_who_pays(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = validated(on, &Deal::bindings()).await;
    issue(&shop.on(AFTER), &shop).await;
    let secretary = somebody(&shop, LATE, 2, Role::MemberContact).await;
    let id = shop.order_of(2).await.id;
    let path = format!("/livraisons/{id}/reception");
    let form = secretary.get(&path).await.shows(&["J’accepte à prix réduit", "Montant à déduire"]);
    let (site, name) = (hidden(&form.text(), "lieu"), field(&form.text(), "q-"));
    let (decision, amount) = (format!("{name}-decision"), format!("{name}-refaction"));
    let typed = |verdict: &'static str, cents: &'static str| {
        vec![
            ("lieu", site.as_str()),
            ("bon", "BL-77"),
            ("livre-le", "20/08/2026"),
            (name.as_str(), "6"),
            (decision.as_str(), verdict),
            (amount.as_str(), cents),
            ("reserve", "dos rayés"),
        ]
    };
    for (verdict, cents, wrong) in [
        ("price_reduction", "", "Saisissez le montant HT à déduire"),
        ("price_reduction", "300", "entre 0,01 € et 228,00 € HT"),
        ("accepted", "20", "choisissez « J’accepte à prix réduit »"),
    ] {
        let refused = secretary.upload(&path, &typed(verdict, cents), &[]).await;
        assert_eq!(refused.status, REFUSED);
        assert!(refused.text().contains(wrong), "{wrong} in {}", refused.text());
        assert!(refused.text().contains(&format!("name=\"{amount}\" value=\"{cents}\"")));
    }
    let good = typed("price_reduction", "20,00");
    secretary.upload(&path, &good, &[]).await.leads_to(&format!("/commandes/{id}"));
    secretary.get(&format!("/commandes/{id}")).await.shows(&[
        "accepté avec réduction de prix",
        "20,00 € HT de moins",
        "« dos rayés »",
    ]);
    let got = *shop.order_of(2).await.receipts.values().next().unwrap();
    assert_eq!((got.accepted, got.reduction.cents()), (Quantity::whole(6), 2_000));

    // The CdG62 pays for the boxes: a member does not see their prices.
    let shop = validated(on, &Deal::boxes()).await;
    issue(&shop.on(AFTER), &shop).await;
    let secretary = somebody(&shop, LATE, 3, Role::MemberContact).await;
    let id = shop.orders().await[0].id;
    let path = format!("/livraisons/{id}/reception");
    let form = secretary.get(&path).await.text();
    assert!(!form.contains("prix réduit (") && !form.contains("Montant à déduire"), "{form}");
    let (site, name) = (hidden(&form, "lieu"), field(&form, "q-"));
    let (decision, amount) = (format!("{name}-decision"), format!("{name}-refaction"));
    let awaited = hidden(&form, &name);
    let forced = [
        ("lieu", site.as_str()),
        ("bon", "BL-1"),
        ("livre-le", "20/08/2026"),
        (&name, &awaited),
        (&decision, "price_reduction"),
        (&amount, "1"),
        ("reserve", "coins pliés"),
    ];
    let refused = secretary.upload(&path, &forced, &[]).await;
    assert_eq!(refused.status, REFUSED);
    assert!(refused.text().contains("lui seul décide d’une réfaction"), "{}", refused.text());
}
