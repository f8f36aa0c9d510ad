//! What every answer forbids: scripts and frames of others, guessing of types, keeping of pages.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Pages;
use super::agent::cookie_name;

/// For a page.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
    img-src 'self' blob:; connect-src 'self'; object-src 'none'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";

/// For a file: should a browser show it all the same, it is nobody's page and runs nothing.
const FILE_POLICY: &str = "default-src 'none'; object-src 'none'; base-uri 'none'; sandbox; \
    frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

pub(super) async fn guarded(State(pages): State<Pages>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let is_file = headers.contains_key(header::CONTENT_DISPOSITION);
    let policy = if is_file { FILE_POLICY } else { POLICY };
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if pages.secure() {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    // A page holds what only its reader may see; assets say otherwise themselves.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// A request that changes something, bears a session, and says neither where it comes from nor
/// what kind it is, comes from no browser that we know: refused (docs/decisions/0014). The rest
/// is `tower_http::csrf`.
pub(super) async fn told_where_from(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let headers = request.headers();
    let says = headers.contains_key("sec-fetch-site") || headers.contains_key(header::ORIGIN);
    let signed_in = headers.get_all(header::COOKIE).iter().any(|value| {
        let text = value.to_str().unwrap_or_default();
        [true, false].iter().any(|secure| text.contains(&format!("{}=", cookie_name(*secure))))
    });
    if !reads && signed_in && !says {
        // Not its path: that may be a link of an e-mail.
        tracing::warn!("refused: a form that says not where it comes from");
        return StatusCode::FORBIDDEN.into_response();
    }
    next.run(request).await
}
