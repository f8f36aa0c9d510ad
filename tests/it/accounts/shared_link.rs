//! A census's shared link: that census, that member, and nothing else.

use axum::http::StatusCode;
use rstest::rstest;
use travee::usecases::App;
use travee::usecases::platform::census_links;

use super::keeping;
use crate::campaigns::{World, on_day};
use crate::client::Client;
use crate::harness::On;

async fn link(world: &World, campaign: domain::ids::CampaignId) -> String {
    let tx = world.app.store.begin_write().await.unwrap();
    let arras = world.bodies[2];
    let token = census_links::make(&world.app, &tx, arras, campaign, "mairie@arras.example").await;
    tx.commit().await.unwrap();
    format!("/r/{}", token.unwrap())
}

async fn status(app: &App, path: &str) -> StatusCode {
    Client::new(app).get(path).await.status
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_link_of_a_census_opens_it_again_and_again_until_its_closing_day(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let campaign = world.open().await;
    let link = link(&world, campaign).await;
    let march = on_day(&world.app, "2026-03-02");
    let browser = Client::new(&march);
    let next = format!("/campagnes/{campaign}");
    for _ in 0..3 {
        browser.get(&link).await.shows(&["Arras", "31/05/2026", "Ouvrir le recensement"]);
        browser.post(&link, &[]).await.leads_to(&next);
    }
    assert_eq!(status(&on_day(&world.app, "2026-05-31"), &link).await, StatusCode::OK);
    assert_eq!(status(&on_day(&world.app, "2026-06-01"), &link).await, StatusCode::GONE);
    assert_eq!(status(&march, "/r/0000").await, StatusCode::GONE);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_link_of_a_census_opens_no_account_and_no_team(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let campaign = world.open().await;
    let link = link(&world, campaign).await;
    let march = on_day(&world.app, "2026-03-02");
    let browser = Client::new(&march);
    let answer = browser.post(&link, &[]).await;
    let guest = keeping(&browser, &answer);
    for path in ["/", "/compte", "/equipe", "/equipe/invitation", "/compte/double-authentification"]
    {
        assert_eq!(guest.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let invited = guest
        .post(
            "/equipe/invitation",
            &[("nom", "A B"), ("adresse", "a@b.example"), ("role", "member_reader")],
        )
        .await;
    assert_eq!(invited.status, StatusCode::FORBIDDEN);
    guest.post("/deconnexion", &[]).await.leads_to("/connexion");
}
