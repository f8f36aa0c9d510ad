//! The routes as a list that can be read again: a test walks it, role by role.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::routing::{get, post};

use super::Pages;
use super::upload::LARGEST_UPLOAD;

/// A page, or something to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    pub method: &'static str,
    /// With its parameters in braces: `/commandes/{id}`.
    pub path: &'static str,
}

/// Routes and their list, which cannot differ.
#[derive(Default)]
pub(crate) struct Routes {
    pub(super) router: Router<Pages>,
    pub(super) list: Vec<Route>,
}

impl Routes {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn get<H, T>(mut self, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Pages>,
        T: 'static,
    {
        self.router = self.router.route(path, get(handler));
        self.list.push(Route { method: "GET", path });
        self
    }

    pub(crate) fn post<H, T>(mut self, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Pages>,
        T: 'static,
    {
        self.router = self.router.route(path, post(handler));
        self.list.push(Route { method: "POST", path });
        self
    }

    /// A form with files: its body may be larger than any other.
    pub(crate) fn upload<H, T>(mut self, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Pages>,
        T: 'static,
    {
        let handler = post(handler).layer(DefaultBodyLimit::max(LARGEST_UPLOAD));
        self.router = self.router.route(path, handler);
        self.list.push(Route { method: "POST", path });
        self
    }

    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.list.extend(other.list);
        self
    }
}

/// The row that a path names; what is no number is no page.
pub(crate) struct Row<T>(pub(crate) T);

impl<T: serde::de::DeserializeOwned + Send> axum::extract::FromRequestParts<Pages> for Row<T> {
    type Rejection = super::error::PageError;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        pages: &Pages,
    ) -> Result<Self, Self::Rejection> {
        match axum::extract::Path::<T>::from_request_parts(parts, pages).await {
            Ok(axum::extract::Path(row)) => Ok(Self(row)),
            Err(_) => Err(super::error::PageError::NotFound),
        }
    }
}
