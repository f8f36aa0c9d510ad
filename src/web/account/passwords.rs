//! Choosing a password: forgotten or never had, by a sent link.

use axum::extract::{Path, State};
use axum::response::Response;
use minijinja::context;
use serde::Deserialize;

use super::sign_in::{NOT_AN_ADDRESS, sent};
use super::{gone, trouble, wrong};
use crate::usecases::platform::entering::EntryError;
use crate::usecases::platform::passwords;
use crate::web::Pages;
use crate::web::agent::Visitor;
use crate::web::error::PageError;
use crate::web::form::{Errors, Form};
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/mot-de-passe-oublie", ask)
        .post("/mot-de-passe-oublie", send)
        .get("/mot-de-passe/{token}", look)
        .post("/mot-de-passe/{token}", choose)
}

#[derive(Debug, Deserialize)]
struct Address {
    #[serde(default)]
    adresse: String,
}

#[derive(Debug, Deserialize)]
struct NewPassword {
    #[serde(default)]
    mot_de_passe: String,
}

const FORGOTTEN: &str = "pages/account/forgotten.html";
const CHOOSE: &str = "pages/account/choose_password.html";

fn form(
    pages: &Pages,
    visitor: &Visitor,
    template: &str,
    address: &str,
    errors: &Errors,
) -> Result<Response, PageError> {
    pages.public(visitor, template, context! { adresse => address, errors => errors.view() })
}

async fn ask(State(pages): State<Pages>, visitor: Visitor) -> Result<Response, PageError> {
    form(&pages, &visitor, FORGOTTEN, "", &Errors::none())
}

async fn send(
    State(pages): State<Pages>,
    visitor: Visitor,
    Form(typed): Form<Address>,
) -> Result<Response, PageError> {
    match passwords::ask_reset(&pages.app, &typed.adresse, &visitor.visit.place).await {
        Ok(()) => sent(&pages, &visitor, typed.adresse.trim(), "30 minutes"),
        Err(EntryError::NotAnAddress) => {
            let mut errors = Errors::none();
            errors.add("adresse", NOT_AN_ADDRESS);
            Ok(wrong(form(&pages, &visitor, FORGOTTEN, &typed.adresse, &errors)?))
        }
        Err(error) => Err(trouble(&pages, error)),
    }
}

async fn look(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, PageError> {
    match passwords::look(&pages.app, &token).await {
        Ok(()) => form(&pages, &visitor, CHOOSE, "", &Errors::none()),
        Err(EntryError::Gone) => gone(&pages, &visitor, "/mot-de-passe-oublie"),
        Err(error) => Err(trouble(&pages, error)),
    }
}

async fn choose(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(token): Path<String>,
    Form(typed): Form<NewPassword>,
) -> Result<Response, PageError> {
    let place = &visitor.visit.place;
    match passwords::choose(&pages.app, &token, &typed.mot_de_passe, place).await {
        Ok(()) => {
            let values = context! {
                title => "Votre mot de passe est choisi",
                message => "Vos appareils ont été déconnectés. Connectez-vous avec votre nouveau mot de passe.",
                action => "Me connecter",
                href => "/connexion/mot-de-passe",
            };
            pages.public(&visitor, "pages/account/done.html", values)
        }
        Err(EntryError::Gone) => gone(&pages, &visitor, "/mot-de-passe-oublie"),
        Err(EntryError::Password(fault)) => {
            let mut errors = Errors::none();
            errors.add("mot_de_passe", fault.for_the_reader());
            Ok(wrong(form(&pages, &visitor, CHOOSE, "", &errors)?))
        }
        Err(error) => Err(trouble(&pages, error)),
    }
}
