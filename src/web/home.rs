//! The start page: what is to be done next, and until when.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use minijinja::context;

use super::Pages;
use super::agent::SignedIn;
use super::error::PageError;
use super::routes::Routes;
use crate::store::{Viewer, todo};

pub(super) fn routes() -> Routes {
    Routes::new().get("/", show).get("/healthz", async || "ok").get("/readyz", ready)
}

async fn show(State(pages): State<Pages>, who: SignedIn) -> Result<Response, PageError> {
    let today = pages.app.today();
    let todos = match who.viewer() {
        Viewer::Member(member) => {
            todo::member(&pages.app.store, member, &who.rights, today).await?
        }
        Viewer::Coordinator => {
            let mut todos = todo::buyer(&pages.app.store, &who.rights, today).await?;
            todos.extend(todo::purchases(&pages.app.store, &who.rights, today).await?);
            todos.extend(todo::finance(&pages.app.store, &who.rights, today).await?);
            todos.extend(todo::administrator(&pages.app.store, &who.rights, today).await?);
            todos.extend(todo::addresses(&pages.app.store, &who.rights).await?);
            todo::by_date(&mut todos);
            todos
        }
    };
    let notices = super::platform::notices(&pages, &who).await?;
    let todos = super::todo::view(&todos, today);
    let values = context! { todos => todos, notices => notices };
    pages.page(&who, "pages/home.html", values).await
}

async fn ready(State(pages): State<Pages>) -> Response {
    match pages.app.store.require_current().await {
        Ok(()) => "ok".into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
