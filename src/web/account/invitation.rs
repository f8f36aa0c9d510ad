//! `/invitation/{token}`: joining an organisation.

use axum::extract::{Path, State};
use axum::response::Response;
use minijinja::context;

use super::{entered, gone, trouble};
use crate::usecases::platform::entering::EntryError;
use crate::usecases::platform::teams;
use crate::web::Pages;
use crate::web::agent::Visitor;
use crate::web::error::PageError;
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new().get("/invitation/{token}", look).post("/invitation/{token}", accept)
}

async fn look(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, PageError> {
    match teams::look(&pages.app, &token).await {
        Ok((name, organisation)) => {
            let values = context! { name => name, organisation => organisation };
            pages.public(&visitor, "pages/account/invitation.html", values)
        }
        Err(EntryError::Gone) => gone(&pages, &visitor, "/connexion"),
        Err(error) => Err(trouble(&pages, error)),
    }
}

async fn accept(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, PageError> {
    match teams::accept(&pages.app, &token, &visitor.visit.place).await {
        Ok(who) => entered(&pages, &visitor, &who, "/").await,
        Err(EntryError::Gone) => gone(&pages, &visitor, "/connexion"),
        Err(error) => Err(trouble(&pages, error)),
    }
}
