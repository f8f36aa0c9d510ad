//! `/r/{token}`: a census's shared link. It opens that census only, as often as it is clicked.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::french;
use minijinja::context;

use super::{gone, keep, trouble};
use crate::usecases::platform::census_links;
use crate::usecases::platform::entering::EntryError;
use crate::web::Pages;
use crate::web::agent::Visitor;
use crate::web::error::PageError;
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new().get("/r/{token}", look).post("/r/{token}", enter)
}

async fn look(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, PageError> {
    match census_links::look(&pages.app, &token).await {
        Ok(opening) => {
            let values = context! {
                organisation => opening.organisation_name,
                census => opening.campaign_name,
                until => french::date(opening.closes_on),
            };
            pages.public(&visitor, "pages/account/census_link.html", values)
        }
        Err(EntryError::Gone) => gone(&pages, &visitor, "/connexion"),
        Err(error) => Err(trouble(&pages, error)),
    }
}

async fn enter(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, PageError> {
    match census_links::enter(&pages.app, &token, &visitor.visit.place).await {
        Ok((session, opening)) => {
            let next = format!("/campagnes/{}", opening.campaign);
            keep(&pages, &session, Redirect::to(&next).into_response())
        }
        Err(EntryError::Gone) => gone(&pages, &visitor, "/connexion"),
        Err(error) => Err(trouble(&pages, error)),
    }
}
