//! What one node bears: slow clients, many clients, large bodies.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use domain::platform::role::Role;
use futures_util::{StreamExt, stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tower::ServiceExt;
use travee::usecases::App;
use travee::web::{Bounds, patient_router, router, serve};

use crate::client::Client;
use crate::fixtures::{app_on, organisations};
use crate::harness::On;

/// Longer than anything here takes, so that a test that hangs fails.
const LONG: Duration = Duration::from_secs(30);
const GREETING: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: travee.test\r\n\r\n";

async fn served(app: &App, bounds: Bounds) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let router = router(app.clone(), BTreeSet::new()).unwrap();
    let running = tokio::spawn(serve(listener, router, bounds, async {
        stopped.await.ok();
    }));
    (address, stop, running)
}

/// The first bytes of an answer.
async fn answer(stream: &mut TcpStream) -> String {
    let mut bytes = [0; 12];
    timeout(LONG, stream.read_exact(&mut bytes)).await.expect("an answer").unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_never_finishes_asking_is_hung_up_on() {
    let fresh = On::Sqlite.fresh().await;
    let bounds = Bounds { head: Duration::from_millis(200), ..Bounds::default() };
    let (address, _stop, _running) = served(&app_on(&fresh, "2026-03-01"), bounds).await;
    for begun in [&b""[..], b"GET / HTTP/1.1\r\nHost: travee.test\r\nX-Slow: "] {
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(begun).await.unwrap();
        let mut rest = Vec::new();
        timeout(LONG, slow.read_to_end(&mut rest)).await.expect("hung up").unwrap();
        assert!(!rest.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&rest));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_too_many_waits_until_another_ends() {
    let fresh = On::Sqlite.fresh().await;
    let bounds = Bounds { connections: 1, ..Bounds::default() };
    let (address, _stop, _running) = served(&app_on(&fresh, "2026-03-01"), bounds).await;
    let mut first = TcpStream::connect(address).await.unwrap();
    first.write_all(GREETING).await.unwrap();
    assert_eq!(answer(&mut first).await, "HTTP/1.1 200");
    let mut second = TcpStream::connect(address).await.unwrap();
    second.write_all(GREETING).await.unwrap();
    let mut byte = [0; 1];
    let waits = timeout(Duration::from_millis(200), second.read(&mut byte)).await;
    assert!(waits.is_err(), "answered beyond the bound");
    drop(first);
    assert_eq!(answer(&mut second).await, "HTTP/1.1 200");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stops_hangs_up_on_whoever_asks_nothing_and_ends() {
    let fresh = On::Sqlite.fresh().await;
    let (address, stop, running) = served(&app_on(&fresh, "2026-03-01"), Bounds::default()).await;
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(GREETING).await.unwrap();
    assert_eq!(answer(&mut idle).await, "HTTP/1.1 200");
    stop.send(()).unwrap();
    timeout(LONG, running).await.expect("it ends").unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_never_ends_is_answered_all_the_same() {
    let fresh = On::Sqlite.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    let router = patient_router(app, BTreeSet::new(), Duration::from_millis(200)).unwrap();
    let begun = stream::once(async { Ok::<_, Infallible>(Bytes::from("adresse=")) });
    let body = Body::from_stream(begun.chain(stream::pending()));
    let request = Request::post("/connexion")
        .header(header::HOST, "travee.test")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 40_000))))
        .body(body)
        .unwrap();
    let answer = timeout(LONG, router.oneshot(request)).await.expect("an answer").unwrap();
    assert_eq!(answer.status(), StatusCode::REQUEST_TIMEOUT);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_and_files_beyond_their_bound_are_refused_in_words() {
    let fresh = On::Sqlite.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    let ids = organisations(&app).await;
    let reader = Client::with(&app, &fresh, ids[2], &[Role::MemberContact]).await;
    let form = "x".repeat(2 * 1024 * 1024 + 1);
    let file = vec![b'x'; 10 * 1024 * 1024 + 1];
    let large = reader.post("/lieux/nouveau", &[("nom", &form)]).await;
    let file: (&str, &str, &[u8]) = ("photo", "bon.jpg", &file);
    let heavy = reader.upload("/livraisons/7/reception", &[], &[file]).await;
    let small: (&str, &str, &[u8]) = ("photo", "bon.jpg", b"\xff\xd8\xff");
    let many = reader.upload("/livraisons/7/reception", &[], &[small; 51]).await;
    for (what, answer) in [("form", large), ("file", heavy), ("files", many)] {
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{what}");
        assert!(answer.text().contains("Rien n’a été enregistré"), "{what}: {}", answer.text());
    }
}

/// Attempts from behind a proxy are counted by whom the proxy names, and a stranger who names
/// somebody else is not believed.
#[tokio::test(flavor = "multi_thread")]
async fn a_forwarded_address_is_believed_from_a_trusted_proxy_alone() {
    let fresh = On::Sqlite.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    let proxy: IpAddr = "127.0.0.1".parse().unwrap();
    for (proxies, forwarded, seen) in [
        (BTreeSet::from([proxy]), "203.0.113.9", "203.0.113.9"),
        (BTreeSet::from([proxy]), "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (BTreeSet::from([proxy]), "203.0.113.9, 127.0.0.1", "203.0.113.9"),
        (BTreeSet::from([proxy]), "no address", "127.0.0.1"),
        (BTreeSet::new(), "203.0.113.9", "127.0.0.1"),
    ] {
        let router = router(app.clone(), proxies.clone()).unwrap();
        fresh.execute("DELETE FROM attempt").await;
        let request = Request::post("/connexion")
            .header(header::HOST, "travee.test")
            .header("sec-fetch-site", "same-origin")
            .header("x-forwarded-for", forwarded)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 40_000))))
            .body(Body::from("adresse=nadia%40arras.example"))
            .unwrap();
        assert_eq!(router.oneshot(request).await.unwrap().status(), StatusCode::OK);
        let db = fresh.raw().await;
        let counted = travee::usecases::platform::secret::hash(seen);
        let query = format!("SELECT 1 AS one FROM attempt WHERE key LIKE '%network%{counted}'");
        let statement = sea_orm::Statement::from_string(
            sea_orm::ConnectionTrait::get_database_backend(&db),
            query,
        );
        let found = sea_orm::ConnectionTrait::query_one_raw(&db, statement).await.unwrap();
        assert!(found.is_some(), "{proxies:?} {forwarded}");
        db.close().await.unwrap();
    }
}
