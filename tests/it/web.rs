//! The read-only pages, asked over a real socket.

use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use travee::usecases::App;

use crate::fixtures::{app_on, convention, members, organisations};
use crate::harness::On;

/// The whole answer to `GET path`, head and body.
async fn get(app: &App, path: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let router = travee::web::router(app.clone()).unwrap();
    let served = tokio::spawn(travee::web::serve(listener, router, async move {
        stopped.await.ok();
    }));
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    stop.send(()).unwrap();
    served.await.unwrap().unwrap();
    answer
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_an_empty_installation_says_what_will_come(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    for (path, status, words) in [
        ("/", "200", "Aucun recensement pour l’instant"),
        ("/membres", "200", "Aucun membre ne correspond"),
        ("/membres?q=avion&page=3", "200", "Aucun membre ne correspond"),
        ("/recensements/1", "404", "Page introuvable"),
        ("/lots/1", "404", "Page introuvable"),
        ("/membres/abc", "404", "Page introuvable"),
        ("/membres/99999999999999999999", "404", "Page introuvable"),
        ("/documents/7", "404", "Page introuvable"),
        ("/nulle-part", "404", "Page introuvable"),
        ("/healthz", "200", "ok"),
        ("/readyz", "200", "ok"),
        ("/style.css", "200", "--ink"),
    ] {
        let answer = get(&app, path).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {answer}");
        assert!(answer.contains(words), "{path}: {answer}");
        assert!(answer.contains("content-security-policy: default-src 'none'"), "{path}");
        assert!(!answer.contains("<script"), "{path}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_member_is_found_by_a_part_of_its_name_whatever_the_case(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    let ids = organisations(&app).await;
    let group = convention(&app, ids[0]).await;
    members(&app, group, &ids[2..]).await;
    let found = get(&app, "/membres?q=ARR").await;
    assert!(found.contains("1 membre."), "{found}");
    assert!(found.contains(">Arras</a>") && !found.contains("Bapaume"), "{found}");
    let by_siret = get(&app, "/membres?q=21620080800014").await;
    assert!(by_siret.contains("Bapaume"), "{by_siret}");
    let one = get(&app, &format!("/membres/{}", ids[2])).await;
    assert!(one.contains("(à confirmer)"), "a SIRET that nobody confirmed says so: {one}");
    assert!(one.contains("Aucun document pour l’instant"), "{one}");
    let hostile = get(&app, "/membres?q=%3Cscript%3Ealert(1)%3C/script%3E%25").await;
    assert!(!hostile.contains("<script>"), "{hostile}");
}
