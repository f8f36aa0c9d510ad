//! The pages of members, buyers and finance staff: server-rendered, forms and links.
//!
//! A request's road: the layers here (errors told, headers, cross-site requests refused, sizes and
//! times limited, what was typed kept) → a route of an area → an extractor that proves the right ([`agent`]) → one use
//! case or reads of the store → a template, or a redirect that says what was done.

mod account;
mod agent;
mod assets;
mod buying;
mod catalogue;
mod census;
mod censuses;
mod demo;
mod error;
mod finance;
mod form;
mod headers;
mod help;
mod home;
mod invoices;
mod listing;
mod membership;
mod orders;
mod page;
mod papers;
mod pieces;
mod platform;
mod powers;
mod procedures;
mod resume;
mod rights;
mod routes;
mod search;
mod serving;
mod sites;
mod todo;
mod upload;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use domain::french;
use minijinja::Environment;
use rust_embed::RustEmbed;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::{CompressionLayer, CompressionLevel};
use tower_http::csrf::CsrfLayer;
use tower_http::timeout::TimeoutLayer;

use crate::usecases::App;

pub use routes::Route;
use routes::Routes;
pub use serving::{Bounds, serve};

/// No form without a file is larger.
const LARGEST_FORM: usize = 2 * 1024 * 1024;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_mins(1);

#[derive(RustEmbed)]
#[folder = "templates/"]
#[include = "layout.html"]
#[include = "parts/*.html"]
#[include = "pages/**/*.html"]
struct Templates;

/// What every page needs. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Pages {
    pub(crate) app: App,
    templates: Arc<Environment<'static>>,
    /// The proxies whose word on the reader's address is taken.
    proxies: Arc<BTreeSet<IpAddr>>,
}

impl Pages {
    /// Whether readers come over TLS, so that cookies may be bound to it.
    pub(crate) fn secure(&self) -> bool {
        self.app.site.base_url.starts_with("https://")
    }
}

fn all() -> Routes {
    Routes::new()
        .merge(assets::routes())
        .merge(home::routes())
        .merge(help::routes())
        .merge(platform::routes())
        .merge(search::routes())
        .merge(orders::routes())
        .merge(invoices::routes())
        .merge(papers::routes())
        .merge(censuses::routes())
        .merge(procedures::routes())
        .merge(catalogue::routes())
        .merge(account::routes())
        .merge(census::routes())
        .merge(powers::routes())
        .merge(sites::routes())
        .merge(membership::routes())
        .merge(buying::routes())
        .merge(finance::routes())
}

/// Every route of the service, those of the demonstration among them.
pub fn route_list() -> Vec<Route> {
    all().merge(demo::routes()).list
}

/// Puts the no-break spaces of French typography, but in a template's own signs.
fn typeset(source: &str) -> String {
    french::unbroken(source).replace("\u{a0}%}", " %}").replace("\u{a0}!=", " !=")
}

/// The templates, compiled once a process: a test opens hundreds of routers.
fn templates() -> Result<Arc<Environment<'static>>, minijinja::Error> {
    static COMPILED: OnceLock<Arc<Environment<'static>>> = OnceLock::new();
    if let Some(compiled) = COMPILED.get() {
        return Ok(Arc::clone(compiled));
    }
    let mut templates = Environment::new();
    templates.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    templates.add_filter("of", |name: &str| french::of(name));
    templates.add_filter("unbroken", |words: &str| french::unbroken(words));
    templates.add_function("asset", |name: &str| assets::address(name));
    for name in Templates::iter() {
        let Some(file) = Templates::get(&name) else { continue };
        let source = typeset(&String::from_utf8_lossy(&file.data));
        templates.add_template_owned(Cow::into_owned(name), source)?;
    }
    Ok(Arc::clone(COMPILED.get_or_init(|| Arc::new(templates))))
}

/// The service. `proxies` are those whose `X-Forwarded-For` is believed.
///
/// # Errors
///
/// A template that does not compile.
pub fn router(app: App, proxies: BTreeSet<IpAddr>) -> Result<Router, minijinja::Error> {
    patient_router(app, proxies, PATIENCE)
}

/// The service, with another patience for an answer and for the request that it answers.
///
/// # Errors
///
/// A template that does not compile.
pub fn patient_router(
    app: App,
    proxies: BTreeSet<IpAddr>,
    patience: Duration,
) -> Result<Router, minijinja::Error> {
    let routes = if app.site.demo { all().merge(demo::routes()) } else { all() };
    let pages = Pages { app, templates: templates()?, proxies: Arc::new(proxies) };
    Ok(routes
        .router
        .fallback(async || StatusCode::NOT_FOUND)
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(from_fn_with_state(pages.clone(), resume::kept))
        .layer(from_fn(headers::told_where_from))
        .layer(CsrfLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, patience))
        .layer(CatchPanicLayer::new())
        .layer(from_fn_with_state(pages.clone(), error::told))
        .layer(from_fn_with_state(pages.clone(), headers::guarded))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .with_state(pages))
}
