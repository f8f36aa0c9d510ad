//! Pages to read, on one machine: censuses, lots, members, their papers, contracts.
//!
//! Server-rendered, without scripts. There are no accounts yet, so the service
//! listens on the loopback address only.

mod error;
mod pages;
mod view;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use minijinja::Environment;

use crate::usecases::App;

const CSS: &str = include_str!("../../assets/css/travee.css");

const TEMPLATES: [(&str, &str); 8] = [
    ("layout.html", include_str!("../../templates/layout.html")),
    ("parts/papers.html", include_str!("../../templates/parts/papers.html")),
    ("pages/home.html", include_str!("../../templates/pages/home.html")),
    ("pages/campaign.html", include_str!("../../templates/pages/campaign.html")),
    ("pages/lot.html", include_str!("../../templates/pages/lot.html")),
    ("pages/members.html", include_str!("../../templates/pages/members.html")),
    ("pages/member.html", include_str!("../../templates/pages/member.html")),
    ("pages/message.html", include_str!("../../templates/pages/message.html")),
];

/// What every page needs. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Pages {
    app: App,
    templates: Arc<Environment<'static>>,
}

/// The routes of the read-only service.
///
/// # Errors
///
/// A template that does not compile.
pub fn router(app: App) -> Result<Router, minijinja::Error> {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    for (name, source) in TEMPLATES {
        templates.add_template(name, source)?;
    }
    let pages = Pages { app, templates: Arc::new(templates) };
    Ok(Router::new()
        .route("/", get(pages::home))
        .route("/recensements/{id}", get(pages::campaign))
        .route("/lots/{id}", get(pages::lot))
        .route("/membres", get(pages::members))
        .route("/membres/{id}", get(pages::member))
        .route("/documents/{id}", get(pages::paper))
        .route("/style.css", get(style))
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(pages::ready))
        .fallback(error::not_found)
        .layer(axum::middleware::map_response(guarded))
        .with_state(pages))
}

/// Serves until `stop` resolves. The listener is already bound.
pub async fn serve(
    listener: tokio::net::TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(stop)
        .await
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], CSS)
}

/// Nothing of another host, no script, no frame.
async fn guarded(mut response: Response) -> Response {
    const HEADERS: [(HeaderName, &str); 4] = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
             base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
