//! The shell of the pages: who may come in, what every answer forbids, what errors say.

use axum::http::StatusCode;
use domain::platform::role::Role;
use rstest::rstest;

use crate::client::Client;
use crate::fixtures::{app_on, organisations};
use crate::harness::On;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_signed_in_is_asked_to_and_comes_back(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    let stranger = Client::new(&app);
    stranger.get("/").await.leads_to("/connexion?suite=/");
    for (path, words) in [("/healthz", "ok"), ("/readyz", "ok")] {
        stranger.get(path).await.shows(&[words]);
    }
    let missing = stranger.get("/nulle-part").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(missing.text().contains("Page introuvable"));
    let policy = missing.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert!(!missing.text().contains("<script") && !missing.text().contains("style="));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_role_opens_its_pages_and_its_end_closes_them(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    let ids = organisations(&app).await;
    let reader = Client::with(&app, &fresh, ids[2], &[Role::MemberReader]).await;
    reader.get("/").await.shows(&["Arras", "Camille Dupont"]);
    fresh.execute("UPDATE role_grant SET to_day = '2026-03-01'").await;
    reader.get("/").await.leads_to("/connexion?suite=/");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_says_not_where_it_comes_from_changes_nothing() {
    let fresh = On::Sqlite.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    let ids = organisations(&app).await;
    let reader = Client::with(&app, &fresh, ids[2], &[Role::MemberReader]).await;
    for headers in
        [&[][..], &[("sec-fetch-site", "cross-site")], &[("origin", "https://mal.example")]]
    {
        let answer = reader.post_from("/nulle-part", headers).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{headers:?}");
    }
    let ours = reader.post_from("/nulle-part", &[("origin", "http://travee.test")]).await;
    assert_eq!(ours.status, StatusCode::NOT_FOUND);
}
