//! Forms as they were typed, and what is wrong with them.

use std::collections::BTreeMap;

use axum::extract::{FromRequest, Request};
use domain::french;
use domain::siret::Siret;
use minijinja::{Value, context};
use serde::de::DeserializeOwned;
use validator::Validate;

use super::Pages;
use super::error::PageError;
use crate::usecases::UseCaseError;
use crate::usecases::platform::secret;

/// A form read into `T`; what no page of ours sends is a bad request.
#[derive(Debug, Clone)]
pub(crate) struct Form<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Pages> for Form<T> {
    type Rejection = PageError;

    async fn from_request(request: Request, pages: &Pages) -> Result<Self, PageError> {
        match axum::Form::<T>::from_request(request, pages).await {
            Ok(axum::Form(form)) => Ok(Self(form)),
            Err(rejection) if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE => {
                Err(PageError::TooLarge)
            }
            Err(rejection) => Err(PageError::BadRequest(rejection.to_string())),
        }
    }
}

/// A form whose fields are not known beforehand: a quantity for each article. Its fields in the
/// order they stood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fields(pub(crate) Vec<(String, String)>);

impl FromRequest<Pages> for Fields {
    type Rejection = PageError;

    async fn from_request(request: Request, pages: &Pages) -> Result<Self, PageError> {
        let Form(fields) = Form::<Vec<(String, String)>>::from_request(request, pages).await?;
        Ok(Self(fields))
    }
}

impl Fields {
    /// What was typed in the field `name`, trimmed; nothing typed is an empty text.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    /// Every value of a field that may stand several times: ticked boxes.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.trim())
    }
}

/// What is wrong with a form: by field, in the order found; `""` is the form as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Errors(Vec<(String, String)>);

impl Errors {
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// What the `validator` derive finds, with its French messages.
    pub(crate) fn of(form: &impl Validate) -> Self {
        let mut errors = Self::none();
        if let Err(found) = form.validate() {
            let by_field: BTreeMap<_, _> = found.field_errors().into_iter().collect();
            for (field, faults) in by_field {
                for fault in faults {
                    let words = fault.message.as_ref().map_or_else(
                        || "Cette réponse ne convient pas.".to_owned(),
                        ToString::to_string,
                    );
                    errors.add(field.as_ref(), words);
                }
            }
        }
        errors
    }

    pub(crate) fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push((field.to_owned(), french::unbroken(&message.into())));
    }

    /// Adds what is wrong with another part of the form.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The refusals of a use case as errors of the whole form; any other error goes on.
    pub(crate) fn refused(error: UseCaseError) -> Result<Self, UseCaseError> {
        match error {
            UseCaseError::Refused(reasons) => {
                let mut errors = Self::none();
                for reason in reasons {
                    errors.add("", reason.message);
                }
                Ok(errors)
            }
            UseCaseError::Store(_) | UseCaseError::Failed { .. } => Err(error),
        }
    }

    /// What is wrong, in the order found.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, message)| message.as_str())
    }

    /// For the macros `error_summary` and `field`.
    pub(crate) fn view(&self) -> Value {
        let list: Vec<Value> = self
            .0
            .iter()
            .map(|(field, message)| context! { field => field.as_str(), message => message.as_str() })
            .collect();
        let mut of: BTreeMap<&str, &str> = BTreeMap::new();
        for (field, message) in &self.0 {
            of.entry(field).or_insert(message);
        }
        context! { list => list, of => Value::from_iter(of) }
    }
}

/// Reads a SIRET, however it is spaced; what is none is an error of its field.
pub(crate) fn read_siret(text: &str, field: &str, errors: &mut Errors) -> Option<Siret> {
    let typed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let siret = typed.parse().ok();
    if siret.is_none() {
        errors.add(field, "Saisissez un SIRET de 14 chiffres dont la clé est juste.");
    }
    siret
}

/// A key that makes a double click create one thing.
pub(crate) fn new_key() -> Result<String, PageError> {
    Ok(secret::token()?.chars().take(32).collect())
}
