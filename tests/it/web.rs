//! The shell of the pages: who may come in, what every answer forbids, what errors say.

use std::sync::Arc;

use axum::http::StatusCode;
use domain::platform::role::Role;
use rstest::rstest;
use travee::usecases::platform::sessions::{Holder, Place, open};
use travee::usecases::{App, Site};

use crate::client::{Client, person};
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

#[tokio::test(flavor = "multi_thread")]
async fn over_https_cookies_are_bound_to_it_and_browsers_keep_to_it() {
    let fresh = On::Sqlite.fresh().await;
    let plain = app_on(&fresh, "2026-03-01");
    let ids = organisations(&plain).await;
    let site = Site { base_url: "https://achats.example".into(), demo: false };
    let secure = App { site: Arc::new(site), ..plain.clone() };
    let role = Role::MemberReader;
    let marie = person(&fresh, "marie@arras.example", ids[2], &[role]).await;
    let holder = Holder::Person { id: marie, second_factor: false };
    for (app, name, over_tls) in [(&plain, "travee", false), (&secure, "__Host-travee", true)] {
        let token = open(app, holder, &Place::default()).await.unwrap();
        let inside = Client { cookie: Some(format!("{name}={token}")), ..Client::new(app) };
        inside.get("/compte").await.shows(&["marie@arras.example"]);
        let out = inside.post("/deconnexion", &[]).await;
        let cookie = out.headers["set-cookie"].to_str().unwrap();
        let bound = if over_tls { "; Secure" } else { "" };
        assert_eq!(cookie, format!("{name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{bound}"));
        let strict = out.headers.get("strict-transport-security");
        assert_eq!(strict.is_some(), over_tls, "{strict:?}");
        assert!(inside.get("/compte").await.location().starts_with("/connexion"));
    }
    // The cookie of one is none of the other's.
    let token = open(&secure, holder, &Place::default()).await.unwrap();
    let bare = Client { cookie: Some(format!("travee={token}")), ..Client::new(&secure) };
    assert!(bare.get("/compte").await.location().starts_with("/connexion"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_forbids_what_pages_do_not_need() {
    let fresh = On::Sqlite.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    let stranger = Client::new(&app);
    for path in ["/connexion", "/healthz", "/nulle-part", "/lieux"] {
        let answer = stranger.get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.headers[name], value, "{path}");
        }
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!answer.headers.contains_key("server"), "{path}");
    }
}
