//! For whom one acts: chosen at the head of every page, or asked by a link that is about another
//! organisation than the one acted for.

use axum::extract::{Query, State};
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect, Response};
use domain::ids::OrganisationId;
use minijinja::context;
use serde::Deserialize;

use super::mine::person;
use super::{encoded, local};
use crate::store::platform::grants;
use crate::usecases::platform::accounts;
use crate::usecases::platform::news::ABOUT;
use crate::web::Pages;
use crate::web::agent::{Agent, SignedIn};
use crate::web::error::PageError;
use crate::web::form::Form;
use crate::web::resume::pairs;
use crate::web::routes::Routes;

const PATH: &str = "/compte/organisme";

pub(super) fn routes() -> Routes {
    Routes::new().get(PATH, ask).post(PATH, act)
}

/// Where a link that says whom it is about leads: to the page itself for whoever acts for that
/// one, or for nobody it knows; else to the question. Opening a link changes nothing.
pub(crate) fn elsewhere(uri: &Uri, agent: &Agent) -> Option<String> {
    let (_, wanted) = pairs(uri).find(|(name, _)| *name == ABOUT)?;
    let rest: Vec<String> = pairs(uri)
        .filter(|(name, _)| *name != ABOUT)
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let path = local(uri.path()).unwrap_or("/");
    let page = if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) };
    let other = agent.others.iter().find(|(id, _)| id.to_string() == wanted);
    Some(match other {
        Some((id, _)) => format!("{PATH}?organisme={id}&suite={}", encoded(&page)),
        None => page,
    })
}

#[derive(Debug, Deserialize)]
struct Wanted {
    /// The number of an organisation; empty for whoever comes without a link.
    #[serde(default)]
    organisme: String,
    #[serde(default)]
    suite: String,
}

impl Wanted {
    fn organisation(&self) -> Result<OrganisationId, PageError> {
        self.organisme.parse().map(OrganisationId).map_err(|_| PageError::NotFound)
    }

    fn next(&self) -> &str {
        local(&self.suite).unwrap_or("/")
    }
}

async fn ask(
    State(pages): State<Pages>,
    who: SignedIn,
    Query(wanted): Query<Wanted>,
) -> Result<Response, PageError> {
    if wanted.organisme.is_empty() || wanted.organisation()? == who.organisation {
        return Ok(Redirect::to(wanted.next()).into_response());
    }
    let organisation = wanted.organisation()?;
    let other = who.others.iter().find(|(id, _)| *id == organisation);
    let (_, name) = other.ok_or(PageError::NotFound)?;
    let values = context! { id => organisation.0, name => name, next => wanted.next() };
    pages.page(&who, "pages/account/acting.html", values).await
}

async fn act(
    State(pages): State<Pages>,
    who: SignedIn,
    Form(wanted): Form<Wanted>,
) -> Result<Response, PageError> {
    let organisation = wanted.organisation()?;
    accounts::act_for(&pages.app, person(&who)?, who.session, organisation).await?;
    let name = grants::organisation(&pages.app.store, organisation).await?.0;
    let said = format!("Vous agissez maintenant pour « {name} ».");
    pages.done(&who, wanted.next(), said).await
}
