//! Why a page cannot be shown: English for the log, French for the reader.
//!
//! An error answers with a [`Trouble`] in the response's extensions; a layer around all routes
//! makes the page of it, so that no handler has to.

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use domain::french;
use minijinja::context;

use super::Pages;
use super::account::encoded;
use super::resume::Interrupted;
use crate::store::{StoreError, chain};
use crate::usecases::UseCaseError;

#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    #[error("no such page")]
    NotFound,
    /// Not signed in: to be asked, then sent back.
    #[error("not signed in")]
    SignIn { back: String },
    /// The second factor is to be given, or set up first.
    #[error("no second factor")]
    SecondFactor { enrolled: bool, back: String },
    /// The page is to be opened under another address of ours.
    #[error("elsewhere: {to}")]
    Elsewhere { to: String },
    /// A form is sent again by somebody who does not act for whom it was filled in for.
    #[error("filled in for another organisation")]
    OtherOrganisation,
    #[error("not allowed")]
    Forbidden,
    /// A form or an address that no page of ours sends.
    #[error("bad request: {0}")]
    BadRequest(String),
    #[error("the body is too large")]
    TooLarge,
    /// Asked too often; `in_minutes` until it may be asked again.
    #[error("too many attempts")]
    TooMany { in_minutes: i64 },
    #[error("use case failed")]
    UseCase(#[from] UseCaseError),
    #[error("store failed")]
    Store(#[from] StoreError),
    #[error("template failed")]
    Template(#[from] minijinja::Error),
    #[error("could not make a file: {0}")]
    Export(String),
}

/// What the page of an error says.
#[derive(Debug, Clone)]
struct Trouble {
    status: StatusCode,
    title: &'static str,
    reasons: Vec<String>,
}

impl Trouble {
    fn new(status: StatusCode, title: &'static str, reason: impl Into<String>) -> Self {
        Self { status, title, reasons: vec![reason.into()] }
    }

    fn missing() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "Page introuvable",
            "Cette page n’existe pas ou n’existe plus. Vérifiez l’adresse.",
        )
    }

    fn of_store(error: &StoreError) -> Self {
        match error {
            StoreError::NotFound { .. } => Self::missing(),
            StoreError::Overtaken { .. } => {
                Self::new(StatusCode::CONFLICT, "Quelqu’un vous a devancé", error.in_french())
            }
            StoreError::Database { .. }
            | StoreError::Unreachable(_)
            | StoreError::NewerSchema(_)
            | StoreError::OlderSchema(_)
            | StoreError::Corrupt { .. }
            | StoreError::File { .. }
            | StoreError::Refused(_) => Self::failed(error.in_french()),
        }
    }

    fn failed(reason: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "La page n’a pas pu être affichée", reason)
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let trouble = match &self {
            Self::SignIn { back } => return sent_to("/connexion", back, Interrupted::SignedOut),
            Self::SecondFactor { enrolled, back } => {
                let page =
                    if *enrolled { "/connexion/code" } else { "/compte/double-authentification" };
                return sent_to(page, back, Interrupted::NoCode { enrolled: *enrolled });
            }
            Self::Elsewhere { to } => return Redirect::to(to).into_response(),
            Self::OtherOrganisation => {
                let trouble = Trouble::new(
                    StatusCode::CONFLICT,
                    "Vous agissez pour un autre organisme",
                    "Ce formulaire a été rempli pour un autre organisme que le vôtre. Rien n’a été modifié.",
                );
                let mut response = trouble.status.into_response();
                response.extensions_mut().insert(trouble);
                response.extensions_mut().insert(Interrupted::OtherOrganisation);
                return response;
            }
            Self::NotFound => Trouble::missing(),
            Self::Forbidden => Trouble::new(
                StatusCode::FORBIDDEN,
                "Cette page ne vous est pas ouverte",
                "Votre rôle ne permet pas de faire cela. Demandez à une personne de votre organisme ou au CdG62 de vous donner le rôle nécessaire.",
            ),
            Self::BadRequest(reason) => {
                tracing::info!(reason, "bad request");
                Trouble::new(
                    StatusCode::BAD_REQUEST,
                    "La demande est incomplète",
                    "Travée n’a pas compris ce qui a été envoyé. Rien n’a été modifié ; revenez à la page précédente et recommencez.",
                )
            }
            Self::TooLarge => Trouble::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "Le fichier est trop lourd",
                "Rien n’a été enregistré. Un fichier ne peut pas dépasser 10 Mo : réduisez-le ou envoyez-le en plusieurs fois.",
            ),
            Self::TooMany { in_minutes } => Trouble::new(
                StatusCode::TOO_MANY_REQUESTS,
                "Trop de tentatives",
                format!(
                    "Pour protéger les comptes, Travée fait une pause. Recommencez dans {in_minutes} minute{}.",
                    if *in_minutes > 1 { "s" } else { "" }
                ),
            ),
            Self::UseCase(UseCaseError::Refused(reasons)) => Trouble {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                title: "Rien n’a été modifié",
                reasons: reasons.iter().map(|reason| reason.message.clone()).collect(),
            },
            Self::UseCase(UseCaseError::Store(error)) | Self::Store(error) => {
                Trouble::of_store(error)
            }
            Self::UseCase(error @ UseCaseError::Failed { .. }) => {
                Trouble::failed(error.in_french())
            }
            Self::Template(_) | Self::Export(_) => {
                Trouble::failed("Cette page n’a pas pu être préparée. Réessayez dans un instant.")
            }
        };
        if trouble.status.is_server_error() {
            tracing::error!(error = chain(&self), "page failed");
        }
        let mut response = trouble.status.into_response();
        response.extensions_mut().insert(trouble);
        response
    }
}

/// To a page that lets somebody in, and back to `back` from there; a form that came with it may be
/// given back instead ([`super::resume`]).
fn sent_to(page: &str, back: &str, why: Interrupted) -> Response {
    let mut response = Redirect::to(&format!("{page}?suite={}", encoded(back))).into_response();
    response.extensions_mut().insert(why);
    response
}

/// Makes the page of an error.
pub(super) async fn told(State(pages): State<Pages>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let status = response.status();
    let trouble = response.extensions_mut().remove::<Trouble>().or_else(|| bare(status));
    let Some(trouble) = trouble else { return response };
    let reasons: Vec<String> =
        trouble.reasons.iter().map(|reason| french::unbroken(reason)).collect();
    let page = pages.render(
        "pages/message.html",
        context! { title => trouble.title, reasons => &reasons, shell => pages.bare_shell() },
    );
    let mut told = match page {
        Ok(page) => (trouble.status, page).into_response(),
        Err(_) => (trouble.status, reasons.join("\n")).into_response(),
    };
    // Cookies that were set on the way stay set.
    for value in response.headers().get_all(header::SET_COOKIE) {
        told.headers_mut().append(header::SET_COOKIE, value.clone());
    }
    told
}

/// What axum itself refuses has no words of ours yet.
fn bare(status: StatusCode) -> Option<Trouble> {
    match status {
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Some(Trouble::missing()),
        StatusCode::PAYLOAD_TOO_LARGE => Some(Trouble::new(
            status,
            "L’envoi est trop lourd",
            "Rien n’a été enregistré. Envoyez moins de fichiers à la fois, de 10 Mo chacun au plus.",
        )),
        StatusCode::REQUEST_TIMEOUT => Some(Trouble::new(
            status,
            "La réponse tarde trop",
            "Travée n’a pas répondu à temps. Réessayez dans un instant.",
        )),
        _ => None,
    }
}
