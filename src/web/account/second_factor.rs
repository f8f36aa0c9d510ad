//! `/compte/double-authentification`: setting the second factor up, replacing it, giving it up.
//!
//! Open to whoever is half in: a role of the CdG62 asks for it before anything else.

use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use minijinja::context;
use serde::Deserialize;

use super::mine::{is_stale, person, stale};
use super::{Suite, keep, local, trouble, wrong};
use crate::usecases::platform::entering::EntryError;
use crate::usecases::platform::second_factor;
use crate::web::Pages;
use crate::web::agent::{HalfSignedIn, SignedIn, Visitor};
use crate::web::error::PageError;
use crate::web::form::{Errors, Form};
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/compte/double-authentification", ask)
        .post("/compte/double-authentification", enrol)
        .get("/compte/double-authentification/image", picture)
        .post("/compte/double-authentification/retrait", give_up)
        .post("/compte/codes-de-secours", renew)
}

const PAGE: &str = "/compte/double-authentification";

/// Whoever has a second factor and has not given it sets up no other.
fn whole(half: HalfSignedIn) -> Result<SignedIn, PageError> {
    if half.0.enrolled && !half.0.second_factor {
        return Err(PageError::SecondFactor { enrolled: true, back: PAGE.into() });
    }
    Ok(SignedIn(half.0))
}

async fn form(
    pages: &Pages,
    who: &SignedIn,
    suite: &str,
    errors: &Errors,
) -> Result<Response, PageError> {
    let offer = second_factor::offer(&pages.app, person(who)?, who.session).await?;
    let needed = who.roles.iter().any(|role| role.needs_second_factor());
    let values = context! {
        secret => offer.secret,
        enrolled => who.enrolled,
        needed => needed,
        suite => suite,
        errors => errors.view(),
    };
    let template = "pages/account/second_factor.html";
    if who.second_factor || !needed {
        pages.page(who, template, values).await
    } else {
        // Nothing else is open yet: a page without its ways out.
        let visitor = Visitor { visit: who.visit.clone(), agent: None };
        pages.public(&visitor, template, values)
    }
}

async fn ask(
    State(pages): State<Pages>,
    half: HalfSignedIn,
    Query(suite): Query<Suite>,
) -> Result<Response, PageError> {
    let who = whole(half)?;
    if is_stale(&pages, &who).await? {
        return stale(&pages, &who, PAGE).await;
    }
    form(&pages, &who, suite.back(), &Errors::none()).await
}

async fn picture(State(pages): State<Pages>, half: HalfSignedIn) -> Result<Response, PageError> {
    let who = whole(half)?;
    let offer = second_factor::offer(&pages.app, person(&who)?, who.session).await?;
    let image = second_factor::picture(&offer)?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], image).into_response())
}

#[derive(Debug, Deserialize)]
struct Typed {
    #[serde(default)]
    code: String,
    #[serde(default)]
    suite: String,
}

async fn enrol(
    State(pages): State<Pages>,
    half: HalfSignedIn,
    Form(typed): Form<Typed>,
) -> Result<Response, PageError> {
    let who = whole(half)?;
    let back = local(&typed.suite).unwrap_or("/");
    let (id, place) = (person(&who)?, &who.visit.place);
    match second_factor::enrol(&pages.app, id, who.session, &typed.code, place).await {
        Ok((token, codes)) => {
            let page = codes_page(&pages, &who, &codes, back).await?;
            keep(&pages, &token, page)
        }
        Err(EntryError::Wrong) => {
            let mut errors = Errors::none();
            errors.add(
                "code",
                "Ce code ne convient pas. Vérifiez l’heure de votre téléphone, puis saisissez les 6 chiffres affichés maintenant pour Travée.",
            );
            Ok(wrong(form(&pages, &who, back, &errors).await?))
        }
        Err(EntryError::Stale) => stale(&pages, &who, PAGE).await,
        Err(error) => Err(trouble(&pages, error)),
    }
}

/// The recovery codes, shown this once: on paper they are safe from a lost telephone.
async fn codes_page(
    pages: &Pages,
    who: &SignedIn,
    codes: &[String],
    next: &str,
) -> Result<Response, PageError> {
    let values = context! { codes => codes.to_vec(), next => next, email => &who.email };
    pages.page(who, "pages/account/recovery_codes.html", values).await
}

async fn renew(State(pages): State<Pages>, who: SignedIn) -> Result<Response, PageError> {
    match second_factor::renew_codes(&pages.app, person(&who)?, who.session).await {
        Ok(codes) => codes_page(&pages, &who, &codes, "/compte").await,
        Err(EntryError::Stale) => stale(&pages, &who, "/compte").await,
        Err(EntryError::Wrong) => Ok(Redirect::to(PAGE).into_response()),
        Err(error) => Err(trouble(&pages, error)),
    }
}

async fn give_up(State(pages): State<Pages>, who: SignedIn) -> Result<Response, PageError> {
    match second_factor::give_up(&pages.app, person(&who)?, who.session).await {
        Ok(()) => {
            let message = "La double authentification est retirée.";
            pages.done(&who, "/compte", message).await
        }
        Err(EntryError::Stale) => stale(&pages, &who, "/compte").await,
        Err(error) => Err(trouble(&pages, error)),
    }
}
