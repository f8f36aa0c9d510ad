//! `/connexion/code`: the second factor, or a recovery code.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use minijinja::context;
use serde::Deserialize;

use super::{Suite, keep, local, trouble, wrong};
use crate::usecases::platform::entering::EntryError;
use crate::usecases::platform::second_factor;
use crate::web::Pages;
use crate::web::agent::{HalfSignedIn, Visitor};
use crate::web::error::PageError;
use crate::web::form::{Errors, Form};
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new().get("/connexion/code", ask).post("/connexion/code", give)
}

#[derive(Debug, Deserialize)]
struct Typed {
    #[serde(default)]
    code: String,
    #[serde(default)]
    suite: String,
}

/// Without the shell of somebody who is in: nothing else is open yet.
fn form(
    pages: &Pages,
    half: &HalfSignedIn,
    suite: &str,
    errors: &Errors,
) -> Result<Response, PageError> {
    let visitor = Visitor { visit: half.0.visit.clone(), agent: None };
    let values = context! { suite => suite, errors => errors.view() };
    pages.public(&visitor, "pages/account/code.html", values)
}

async fn ask(
    State(pages): State<Pages>,
    half: HalfSignedIn,
    Query(suite): Query<Suite>,
) -> Result<Response, PageError> {
    if half.0.second_factor || !half.0.enrolled {
        return Ok(Redirect::to(suite.back()).into_response());
    }
    form(&pages, &half, suite.back(), &Errors::none())
}

async fn give(
    State(pages): State<Pages>,
    half: HalfSignedIn,
    Form(typed): Form<Typed>,
) -> Result<Response, PageError> {
    let back = local(&typed.suite).unwrap_or("/");
    let Some(person) = half.0.person else { return Err(PageError::Forbidden) };
    let place = &half.0.visit.place;
    let tried =
        second_factor::confirm(&pages.app, person, half.0.session, &typed.code, place).await;
    match tried {
        Ok(token) => keep(&pages, &token, Redirect::to(back).into_response()),
        Err(EntryError::Wrong) => {
            let mut errors = Errors::none();
            errors.add(
                "code",
                "Ce code ne convient pas. Chaque code sert une seule fois : attendez le suivant dans votre application, puis saisissez ses 6 chiffres.",
            );
            Ok(wrong(form(&pages, &half, back, &errors)?))
        }
        Err(error) => Err(trouble(&pages, error)),
    }
}
