//! A member's delivery points: list, add, mend, retire.

use axum::extract::{Path, State};
use axum::response::Response;
use domain::group::site::DeliveryPoint;
use domain::ids::SiteId;
use domain::platform::role::Right;
use minijinja::{Value, context};

use super::Pages;
use super::agent::{Agent, May};
use super::error::PageError;
use super::form::{Errors, Fields, new_key};
use super::rights::{ManageSites, ReadOwn};
use super::routes::Routes;
use crate::store::group;
use crate::usecases::group::sites::{self, Described};
use crate::usecases::{Refusal, UseCaseError};

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/lieux", list)
        .get("/lieux/nouveau", new)
        .post("/lieux/nouveau", add)
        .get("/lieux/{id}", edit)
        .post("/lieux/{id}", mend)
        .get("/lieux/{id}/retrait", to_retire)
        .post("/lieux/{id}/retrait", retire)
}

/// What a form says of a delivery point.
pub(super) fn described(fields: &Fields) -> Described {
    let text = |name: &str| fields.text(name).to_owned();
    Described {
        name: text("nom"),
        street: text("rue"),
        postcode: text("code_postal"),
        town: text("ville"),
        hours: text("horaires"),
        constraints: text("acces"),
    }
}

pub(super) fn described_view(site: &Described) -> Value {
    context! {
        name => site.name.as_str(),
        street => site.street.as_str(),
        postcode => site.postcode.as_str(),
        town => site.town.as_str(),
        hours => site.hours.as_str(),
        constraints => site.constraints.as_str(),
    }
}

/// The refusals of a delivery point beside their fields.
pub(super) fn errors_of(reasons: Vec<Refusal>) -> Errors {
    const FIELDS: [&str; 6] = ["nom", "rue", "code_postal", "ville", "horaires", "acces"];
    let mut errors = Errors::none();
    for reason in reasons {
        let field = FIELDS.into_iter().find(|field| *field == reason.code).unwrap_or_default();
        errors.add(field, reason.message);
    }
    errors
}

fn row(id: SiteId, point: &DeliveryPoint) -> Value {
    context! {
        id => id.0,
        name => point.name.as_str(),
        address => point.address.to_string(),
        hours => point.access.hours.as_str(),
        constraints => point.access.constraints.as_str(),
    }
}

async fn list(State(pages): State<Pages>, who: May<ReadOwn>) -> Result<Response, PageError> {
    let found = group::sites(&pages.app.store, Some(who.organisation)).await?;
    let (retired, used): (Vec<_>, Vec<_>) = found.iter().partition(|(_, point)| point.retired);
    let page = context! {
        sites => used.into_iter().map(|(id, point)| row(*id, point)).collect::<Vec<_>>(),
        retired => retired.into_iter().map(|(id, point)| row(*id, point)).collect::<Vec<_>>(),
        manages => who.may(Right::ManageSites),
    };
    pages.page(&who, "pages/sites/list.html", page).await
}

async fn new(State(pages): State<Pages>, who: May<ManageSites>) -> Result<Response, PageError> {
    let key = new_key()?;
    let page = form_view(None, &Described::default(), &Errors::none(), &key);
    pages.page(&who, "pages/sites/form.html", page).await
}

fn form_view(id: Option<SiteId>, site: &Described, errors: &Errors, key: &str) -> Value {
    context! {
        id => id.map(|id| id.0),
        site => described_view(site),
        errors => errors.view(),
        key => key,
    }
}

async fn add(
    State(pages): State<Pages>,
    who: May<ManageSites>,
    fields: Fields,
) -> Result<Response, PageError> {
    let typed = described(&fields);
    let key = fields.text("cle");
    let added = sites::add(&pages.app, &who.actor(), who.organisation, &typed, key).await;
    let said = format!("Le lieu « {} » est ajouté.", typed.name);
    told(&pages, &who, added.map(|_| ()), form_errors(None, &typed, key), said).await
}

/// The form again, should the use case refuse.
fn form_errors<'a>(
    id: Option<SiteId>,
    typed: &'a Described,
    key: &'a str,
) -> impl Fn(&Errors) -> Value + 'a {
    move |errors| form_view(id, typed, errors, key)
}

async fn told(
    pages: &Pages,
    who: &Agent,
    outcome: Result<(), UseCaseError>,
    again: impl Fn(&Errors) -> Value,
    said: String,
) -> Result<Response, PageError> {
    match outcome {
        Ok(()) => pages.done(who, "/lieux", said).await,
        Err(UseCaseError::Refused(reasons)) => {
            pages.again(who, "pages/sites/form.html", again(&errors_of(reasons))).await
        }
        Err(error @ (UseCaseError::Store(_) | UseCaseError::Failed { .. })) => Err(error.into()),
    }
}

/// The delivery point of a path, if it is the member's and in use.
async fn point(pages: &Pages, who: &Agent, id: &str) -> Result<(SiteId, DeliveryPoint), PageError> {
    let id = SiteId(id.parse().map_err(|_| PageError::NotFound)?);
    let found = group::sites(&pages.app.store, Some(who.organisation)).await?.remove(&id);
    Ok((id, found.filter(|point| !point.retired).ok_or(PageError::NotFound)?))
}

async fn edit(
    State(pages): State<Pages>,
    who: May<ManageSites>,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let (id, site) = point(&pages, &who, &id).await?;
    let page = form_view(Some(id), &Described::of(&site), &Errors::none(), "");
    pages.page(&who, "pages/sites/form.html", page).await
}

async fn mend(
    State(pages): State<Pages>,
    who: May<ManageSites>,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, PageError> {
    let (id, _) = point(&pages, &who, &id).await?;
    let typed = described(&fields);
    let mended = sites::mend(&pages.app, &who.actor(), who.organisation, id, &typed).await;
    let said = format!("Le lieu « {} » est corrigé.", typed.name);
    told(&pages, &who, mended, form_errors(Some(id), &typed, ""), said).await
}

async fn to_retire(
    State(pages): State<Pages>,
    who: May<ManageSites>,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let (id, site) = point(&pages, &who, &id).await?;
    let page = context! { site => row(id, &site), errors => Errors::none().view() };
    pages.page(&who, "pages/sites/retire.html", page).await
}

async fn retire(
    State(pages): State<Pages>,
    who: May<ManageSites>,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let (id, site) = point(&pages, &who, &id).await?;
    match sites::retire(&pages.app, &who.actor(), who.organisation, id).await {
        Ok(()) => {
            let said = format!("Le lieu « {} » est retiré.", site.name);
            pages.done(&who, "/lieux", said).await
        }
        Err(UseCaseError::Refused(reasons)) => {
            let page = context! { site => row(id, &site), errors => errors_of(reasons).view() };
            pages.again(&who, "pages/sites/retire.html", page).await
        }
        Err(error @ (UseCaseError::Store(_) | UseCaseError::Failed { .. })) => Err(error.into()),
    }
}
