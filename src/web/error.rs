//! Why a page cannot be shown: English for the log, French for the reader.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use domain::french;
use minijinja::context;

use super::Pages;
use crate::store::{StoreError, chain};

#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    #[error("no such page")]
    NotFound,
    #[error("store failed")]
    Store(#[from] StoreError),
    #[error("template failed")]
    Template(#[from] minijinja::Error),
}

impl Pages {
    /// Renders a page, or says in French why it cannot.
    pub(crate) fn answer(&self, page: Result<Response, PageError>) -> Response {
        match page {
            Ok(response) => response,
            Err(PageError::NotFound | PageError::Store(StoreError::NotFound { .. })) => self
                .message(
                    StatusCode::NOT_FOUND,
                    "Page introuvable",
                    "Cette page n’existe pas ou n’existe plus. Vérifiez l’adresse.",
                ),
            Err(error) => {
                tracing::error!(error = chain(&error), "page failed");
                let message = match &error {
                    PageError::Store(error) => error.in_french(),
                    PageError::Template(_) | PageError::NotFound => {
                        "Cette page n’a pas pu être préparée. Réessayez dans un instant.".into()
                    }
                };
                self.message(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "La page n’a pas pu être affichée",
                    &message,
                )
            }
        }
    }

    fn message(&self, status: StatusCode, title: &str, message: &str) -> Response {
        let message = french::unbroken(message);
        match self
            .render("pages/message.html", context! { title => title, message => message.as_str() })
        {
            Ok(page) => (status, page).into_response(),
            Err(_) => (status, message).into_response(),
        }
    }

    pub(crate) fn render(
        &self,
        name: &str,
        values: minijinja::Value,
    ) -> Result<Html<String>, PageError> {
        Ok(Html(self.templates.get_template(name)?.render(values)?))
    }
}

pub(super) async fn not_found(State(pages): State<Pages>) -> Response {
    pages.answer(Err(PageError::NotFound))
}
