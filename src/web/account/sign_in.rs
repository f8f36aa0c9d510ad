//! `/connexion`: an address and a sent link, or a password; leaving again.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use minijinja::context;
use serde::Deserialize;

use super::view::encoded;
use super::{Suite, entered, forget, forget_all, gone, local, trouble, wrong};
use crate::usecases::platform::entering::EntryError;
use crate::usecases::platform::{sessions, sign_in};
use crate::web::Pages;
use crate::web::agent::{SignedIn, Visitor};
use crate::web::error::PageError;
use crate::web::form::{Errors, Form};
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/connexion", ask)
        .post("/connexion", send)
        .get("/connexion/lien/{token}", look)
        .post("/connexion/lien/{token}", come_in)
        .get("/connexion/mot-de-passe", ask_password)
        .post("/connexion/mot-de-passe", with_password)
        .get("/connexion/reprise", resumed)
        .post("/deconnexion", leave)
}

pub(super) const NOT_AN_ADDRESS: &str =
    "Saisissez une adresse de courriel complète, par exemple mairie@commune.fr.";

#[derive(Debug, Deserialize)]
struct Address {
    #[serde(default)]
    adresse: String,
    #[serde(default)]
    suite: String,
}

#[derive(Debug, Deserialize)]
struct Password {
    #[serde(default)]
    adresse: String,
    #[serde(default)]
    mot_de_passe: String,
    #[serde(default)]
    suite: String,
}

fn form(
    pages: &Pages,
    visitor: &Visitor,
    template: &str,
    (address, suite): (&str, &str),
    errors: &Errors,
) -> Result<Response, PageError> {
    let suite = local(suite).unwrap_or("/");
    let values = context! {
        adresse => address,
        suite => suite,
        suite_coded => encoded(suite),
        errors => errors.view(),
    };
    pages.public(visitor, template, values)
}

const ASK: &str = "pages/account/sign_in.html";
const ASK_PASSWORD: &str = "pages/account/sign_in_password.html";

async fn ask(
    State(pages): State<Pages>,
    visitor: Visitor,
    Query(suite): Query<Suite>,
    signed_in: Result<SignedIn, PageError>,
) -> Result<Response, PageError> {
    match signed_in {
        Ok(_) => Ok(Redirect::to(suite.back()).into_response()),
        Err(_) => form(&pages, &visitor, ASK, ("", suite.back()), &Errors::none()),
    }
}

async fn send(
    State(pages): State<Pages>,
    visitor: Visitor,
    Form(typed): Form<Address>,
) -> Result<Response, PageError> {
    let back = local(&typed.suite).filter(|back| *back != "/");
    let place = &visitor.visit.place;
    match sign_in::ask_link(&pages.app, &typed.adresse, back, place).await {
        Ok(()) => sent(&pages, &visitor, typed.adresse.trim(), "15 minutes"),
        Err(EntryError::NotAnAddress) => {
            let mut errors = Errors::none();
            errors.add("adresse", NOT_AN_ADDRESS);
            Ok(wrong(form(&pages, &visitor, ASK, (&typed.adresse, &typed.suite), &errors)?))
        }
        Err(error) => Err(trouble(&pages, error)),
    }
}

/// The same page whether or not a message was sent.
pub(super) fn sent(
    pages: &Pages,
    visitor: &Visitor,
    address: &str,
    holds: &str,
) -> Result<Response, PageError> {
    let values = context! { adresse => address, holds => holds };
    pages.public(visitor, "pages/account/sent.html", values)
}

async fn look(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(token): Path<String>,
    Query(suite): Query<Suite>,
) -> Result<Response, PageError> {
    match sign_in::look(&pages.app, &token).await {
        Ok(()) => {
            let values = context! { suite => suite.back() };
            pages.public(&visitor, "pages/account/link.html", values)
        }
        Err(EntryError::Gone) => gone(&pages, &visitor, "/connexion"),
        Err(error) => Err(trouble(&pages, error)),
    }
}

async fn come_in(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(token): Path<String>,
    Form(suite): Form<Suite>,
) -> Result<Response, PageError> {
    match sign_in::use_link(&pages.app, &token, &visitor.visit.place).await {
        Ok(who) => entered(&pages, &visitor, &who, suite.back()).await,
        Err(EntryError::Gone) => gone(&pages, &visitor, "/connexion"),
        Err(error) => Err(trouble(&pages, error)),
    }
}

async fn ask_password(
    State(pages): State<Pages>,
    visitor: Visitor,
    Query(suite): Query<Suite>,
) -> Result<Response, PageError> {
    form(&pages, &visitor, ASK_PASSWORD, ("", suite.back()), &Errors::none())
}

async fn with_password(
    State(pages): State<Pages>,
    visitor: Visitor,
    Form(typed): Form<Password>,
) -> Result<Response, PageError> {
    let place = &visitor.visit.place;
    let tried =
        sign_in::with_password(&pages.app, &typed.adresse, &typed.mot_de_passe, place).await;
    match tried {
        Ok(who) => entered(&pages, &visitor, &who, local(&typed.suite).unwrap_or("/")).await,
        Err(EntryError::Wrong) => {
            let mut errors = Errors::none();
            errors.add(
                "mot_de_passe",
                "L’adresse ou le mot de passe ne convient pas. Vérifiez les deux, ou demandez un lien de connexion.",
            );
            let known = (typed.adresse.as_str(), typed.suite.as_str());
            Ok(wrong(form(&pages, &visitor, ASK_PASSWORD, known, &errors)?))
        }
        Err(error) => Err(trouble(&pages, error)),
    }
}

/// Signed in, in a tab of its own: what was typed waits in another one.
async fn resumed(State(pages): State<Pages>, who: SignedIn) -> Result<Response, PageError> {
    pages.page(&who, "pages/account/resumed.html", context! {}).await
}

/// Leaves, and comes back to the page asked for after signing in again.
async fn leave(
    State(pages): State<Pages>,
    visitor: Visitor,
    Form(suite): Form<Suite>,
) -> Result<Response, PageError> {
    if let Some(agent) = &visitor.agent {
        sessions::close(&pages.app, agent.session).await?;
    }
    match local(&suite.suite) {
        Some(back) => {
            let next = format!("/connexion?suite={}", encoded(back));
            forget(&pages, Redirect::to(&next).into_response())
        }
        None => forget_all(&pages, Redirect::to("/connexion").into_response()),
    }
}
