//! Connections: how many at once, how long a request may take to arrive, and how they end.
//!
//! A connection that says nothing costs its place, so that a few hundred of them would keep
//! everybody out: whoever does not send the head of a request in time is hung up on. What comes
//! after the head has the time of a whole answer.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt;

/// What one node bears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Connections at once; more wait to be taken.
    pub connections: usize,
    /// For the head of a request, from its first byte or from the end of the answer before.
    pub head: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { connections: 2048, head: Duration::from_secs(30) }
    }
}

/// Serves until `stop` resolves; answers that were begun are finished. The listener is already
/// bound.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    bounds: Bounds,
    stop: impl Future<Output = ()> + Send,
) {
    let places = Arc::new(Semaphore::new(bounds.connections));
    let (stopping, told) = watch::channel(false);
    let mut stop = pin!(stop);
    loop {
        let next = async {
            let place = places.clone().acquire_owned().await;
            (place, accepted(&listener).await)
        };
        let (place, (stream, peer)) = tokio::select! {
            next = next => next,
            () = &mut stop => break,
        };
        // The semaphore is never closed.
        let Ok(place) = place else { break };
        tokio::spawn(connection((stream, peer), router.clone(), bounds, told.clone(), place));
    }
    drop((listener, told));
    stopping.send(true).ok();
    stopping.closed().await;
}

/// Whoever called has hung up again.
const GONE: [ErrorKind; 3] =
    [ErrorKind::ConnectionAborted, ErrorKind::ConnectionReset, ErrorKind::ConnectionRefused];

/// The next connection; a listener that is out of breath gets a moment.
async fn accepted(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(connection) => return connection,
            Err(error) if GONE.contains(&error.kind()) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be taken");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn connection(
    (stream, peer): (TcpStream, SocketAddr),
    router: Router,
    bounds: Bounds,
    mut told: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        answered(router.clone(), request)
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head)
        .serve_connection(TokioIo::new(stream), service);
    let mut served = pin!(served);
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        // Also when the sender is gone: nothing serves any more.
        _ = told.changed() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

async fn answered(router: Router, request: hyper::Request<Body>) -> Result<Response, Infallible> {
    router.oneshot(request).await
}
