//! The start page: what is to be done next, and until when.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use minijinja::context;

use super::Pages;
use super::agent::SignedIn;
use super::error::PageError;
use super::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new().get("/", show).get("/healthz", async || "ok").get("/readyz", ready)
}

async fn show(State(pages): State<Pages>, who: SignedIn) -> Result<Response, PageError> {
    pages.page(&who, "pages/home.html", context! {}).await
}

async fn ready(State(pages): State<Pages>) -> Response {
    match pages.app.store.require_current().await {
        Ok(()) => "ok".into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
