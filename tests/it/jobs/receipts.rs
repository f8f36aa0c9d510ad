//! Receipts of a census: asked for with its closing, or by the buyer for what is missing.

use domain::ids::CampaignId;
use domain::platform::role::Role;
use rstest::rstest;
use travee::store::campaigns::{receipts_issued, with_receipt};
use travee::usecases::UseCaseError;
use travee::usecases::campaigns::start_receipts;

use super::running::run;
use crate::campaigns::{World, on_day};
use crate::client::Client;
use crate::fixtures::buyer;
use crate::harness::On;
use crate::orders::answer_sheet;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn closing_a_census_issues_the_receipts_of_who_answered_and_the_buyer_what_is_missing(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let campaign = world.open().await;
    let needs = world.needs(&[("BOI-001", ["50", "50"])]).await;
    let spring = on_day(&world.app, "2026-04-01");
    for body in [3, 4] {
        let sheets = world.sheets(campaign, body).await;
        answer_sheet(&spring, sheets[0], needs.clone()).await;
    }
    let app = on_day(&world.app, "2026-06-01");
    let refused = start_receipts(&app, &buyer(), campaign).await.unwrap_err();
    assert!(matches!(refused, UseCaseError::Refused(_)), "it takes answers: {refused:?}");
    let client = Client::with(&app, &world.fresh, world.bodies[0], &[Role::Buyer]).await;
    let home = format!("/gestion/recensements/{campaign}");
    let next = format!("{home}/consolidation");
    client.post(&format!("{home}/cloture"), &[]).await.leads_to(&next);
    client
        .get(&home)
        .await
        .shows(&["0 récépissé émis sur 2 membres qui ont répondu", "Les récépissés se préparent"]);
    assert!(run(&app, "a").await);
    let page = client.get(&home).await;
    let page = page.shows(&["2 récépissés émis sur 2 membres qui ont répondu"]).text();
    assert!(!page.contains("récépissé manquant") && !page.contains("se préparent"), "{page}");
    // One is missing: its transaction never happened.
    lose(&world, campaign).await;
    client.get(&home).await.shows(&["Émettre 1 récépissé manquant"]);
    let ask = format!("{home}/recepisses");
    for _ in 0..2 {
        client.post(&ask, &[]).await.leads_to(&home);
    }
    assert!(run(&app, "a").await);
    assert!(!run(&app, "a").await, "a double click asks once");
    assert_eq!(receipts_issued(&app.store, campaign).await.unwrap(), 2);
    assert_eq!(with_receipt(&app.store, campaign).await.unwrap().len(), 2);
}

async fn lose(world: &World, campaign: CampaignId) {
    world
        .fresh
        .execute(&format!(
            "DELETE FROM paper WHERE kind = 'needs_receipt' AND campaign_id = {campaign} \
             AND organisation_id = {}",
            world.bodies[4]
        ))
        .await;
}
