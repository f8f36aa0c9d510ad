//! The pages of bids and awards, through the real router.

use axum::http::StatusCode;
use domain::platform::role::Role;
use rstest::rstest;
use travee::store::tenders as store;

use super::world::{World, reference};
use crate::client::Client;
use crate::harness::On;

const REFUSED: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

async fn client(world: &World) -> Client {
    Client::with(&world.app, &world.fresh, world.bodies[0], &[Role::Buyer]).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn tiers_are_typed_with_a_bid_and_shown_again(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::usual(on).await;
    let lot = world.launched([120_000, 60_000, 60_000]).await.lots[0].id;
    let buyer = client(&world).await;
    let (page, supplier) = (format!("/gestion/procedures/lots/{lot}"), world.bodies[1].to_string());
    let form = format!("{page}/offre");
    let offer = |tiers: &'static str| {
        vec![
            ("candidat", supplier.clone()),
            ("recue", "2026-07-10".to_owned()),
            ("p-BOI-001", "0,89".to_owned()),
            ("paliers-BOI-001", tiers.to_owned()),
            ("p-BOI-012", "1,87".to_owned()),
            ("paliers-BOI-012", String::new()),
        ]
    };
    let send = async |tiers: &'static str| {
        let offer = offer(tiers);
        let fields: Vec<_> = offer.iter().map(|(name, value)| (*name, value.as_str())).collect();
        buyer.post(&form, &fields).await
    };
    for (tiers, wrong) in [
        ("cinq cents", "« cinq cents » ne se lit pas"),
        ("500 : 0,95", "doit être plus bas"),
        ("500 : 0,80 ; 400 : 0,70", "doit venir après"),
    ] {
        let refused = send(tiers).await;
        assert_eq!(refused.status, REFUSED);
        let text = refused.text();
        assert!(text.contains(wrong) && text.contains(&format!("value=\"{tiers}\"")), "{text}");
    }
    send("100000 : 0,80 ; 200000 : 0,75").await.leads_to(&page);
    let bid = &store::bids(&world.app.store, lot).await.unwrap()[0];
    let tiers = &bid.bid.prices[&reference("BOI-001")].tiers;
    assert_eq!(tiers.len(), 2);
    assert_eq!(tiers[1].price.machine(), "0.75");
    buyer
        .get(&format!("{form}?candidat={supplier}"))
        .await
        .shows(&["100 000 : 0,80 ; 200 000 : 0,75"]);
    buyer
        .get(&format!("/gestion/procedures/offres/{}/attribution", bid.id))
        .await
        .shows(&["1 article a un prix par tranches, par bon de commande", "0,80 € HT dès 100 000"]);
    // What is emptied is gone.
    send("").await.leads_to(&page);
    let bid = &store::bids(&world.app.store, lot).await.unwrap()[0];
    assert!(bid.bid.prices[&reference("BOI-001")].tiers.is_empty());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_clause_is_typed_read_again_and_awarded(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::usual(on).await;
    let lot = world.launched([120_000, 60_000, 60_000]).await.lots[0].id;
    let bid = world.boxes_bid(lot, world.bodies[1], &["0.89", "1.87"]).await;
    let buyer = client(&world).await;
    let path = format!("/gestion/procedures/offres/{bid}/attribution");
    buyer.get(&path).await.shows(&["Les prix sont fermes", "Clause de révision"]);
    let asked = "prix=revisables&fixe=0%2C15&indice-0=CPF&poids-0=0%2C85&valeur-0=112%2C4\
                 &mois_base=2026-06&periodicite=12&decimales=3&arrondi=up&numero=2026-X";
    buyer.get(&format!("{path}?{asked}")).await.shows(&[
        "0,15 + 0,85 × CPF / 112,4 (valeurs de 06/2026)",
        "si chaque indice monte de 5 %, le coefficient est de 1,043",
        "un prix de 0,89 € HT devient 0,93 € HT",
        "value=\"2026-X\"",
    ]);
    let unequal = buyer.get(&format!("{path}?{}", asked.replace("0%2C15", "0%2C10"))).await;
    assert_eq!(unequal.status, REFUSED);
    assert!(unequal.text().contains("font 0,95 en tout"), "{}", unequal.text());

    let mut terms = vec![
        ("cle", "a"),
        ("decision", "2026-08-20"),
        ("numero", "2026-FCS-012-L1"),
        ("objet", "Boîtes d’archives"),
        ("notification", "2026-09-10"),
        ("debut", "2026-09-14"),
        ("mois", "48"),
        ("maximum", "120 000"),
        ("delai", "21"),
        ("prix", "revisables"),
        ("fixe", "0,15"),
        ("indice-0", "CPF"),
        ("poids-0", ""),
        ("valeur-0", "112,4"),
        ("periodicite", "12"),
        ("decimales", "3"),
        ("butoir", "3"),
    ];
    let refused = buyer.post(&path, &terms).await;
    assert_eq!(refused.status, REFUSED);
    assert!(refused.text().contains("par exemple 0,85"), "{}", refused.text());
    terms[12] = ("poids-0", "0,85");
    buyer.post(&path, &terms).await.leads_to(&format!("/gestion/procedures/lots/{lot}"));
    let on = &world.app.store;
    let (contract, _) = store::contract_numbers(on).await.unwrap()[0];
    let contract = store::contract(on, contract).await.unwrap();
    let clause = contract.agreement.terms().revision.as_ref().unwrap().terms();
    assert_eq!((clause.every_months, clause.terms.len()), (Some(12), 1));
    buyer.get(&format!("/gestion/marches/{}", contract.id)).await.shows(&[
        "0,15 + 0,85 × CPF / 112,4",
        "hausse limitée à 3 % du prix initial",
        "révision tous les 12 mois au plus",
    ]);
    let early =
        [("du", "2027-09-13"), ("valeur-0", "118"), ("mois-0", "2027-06"), ("source-0", "INSEE")];
    let refused =
        buyer.post(&format!("/gestion/marches/{}/revision/apercu", contract.id), &early).await;
    assert_eq!(refused.status, REFUSED);
    assert!(refused.text().contains("à partir du 14/09/2027 au plus tôt"), "{}", refused.text());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_award_page_asks_when_those_who_lost_were_told(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::usual(on).await;
    let lot = world.launched([120_000, 60_000, 60_000]).await.lots[0].id;
    let rival = world.rival().await;
    world.boxes_bid(lot, rival, &["0.97", "1.90"]).await;
    let bid = world.boxes_bid(lot, world.bodies[1], &["0.89", "1.87"]).await;
    let buyer = client(&world).await;
    let path = format!("/gestion/procedures/offres/{bid}/attribution");
    buyer.get(&path).await.shows(&["Candidats non retenus informés le", "R2182-1"]);
    let terms = |told: &'static str| {
        [
            ("cle", "a"),
            ("decision", "2026-08-20"),
            ("perdants", told),
            ("perdants_envoi", "papier"),
            ("numero", "2026-FCS-012-L1"),
            ("objet", "Boîtes d’archives"),
            ("notification", "2026-09-10"),
            ("debut", "2026-09-14"),
            ("mois", "48"),
            ("maximum", "120 000"),
            ("delai", "21"),
        ]
    };
    let early = buyer.post(&path, &terms("2026-08-26")).await;
    assert_eq!(early.status, REFUSED);
    let text = early.text();
    assert!(text.contains("16 jours après") && text.contains("value=\"2026-08-26\""), "{text}");
    let done = buyer.post(&path, &terms("2026-08-25")).await;
    done.leads_to(&format!("/gestion/procedures/lots/{lot}"));
}
