//! Screen 2: where to deliver. Known points with their access, to confirm, mend or complete.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::campaigns::census::Phase;
use domain::ids::SiteId;
use minijinja::{Value, context};

use super::{
    Writer, address, census_of, census_view, needs_address, number, open, site_view, steps,
};
use crate::usecases::UseCaseError;
use crate::usecases::campaigns::review::Review;
use crate::usecases::group::sites::{self, Described};
use crate::web::Pages;
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields, new_key};
use crate::web::sites::{described, described_view, errors_of};

pub(super) async fn show(
    State(pages): State<Pages>,
    who: Writer,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let review = open(&pages, &who, &id).await?;
    if let Some(elsewhere) = elsewhere(&review) {
        return Ok(elsewhere);
    }
    let page = view(&review, &Described::default(), &Errors::none(), &new_key()?);
    pages.page(&who, "pages/census/deliver.html", page).await
}

/// There is nothing to type while the census takes no answer or the answer is sent.
pub(super) fn elsewhere(review: &Review) -> Option<Response> {
    let closed = review.phase != Phase::TakesAnswers
        || review.is_sent()
        || review.member.subscribed.is_empty();
    closed.then(|| Redirect::to(&address(review)).into_response())
}

fn view(review: &Review, typed: &Described, errors: &Errors, key: &str) -> Value {
    let next = review.points.first().map(|point| needs_address(review, point.id));
    context! {
        census => census_view(review),
        steps => steps(review, 0),
        points => review.points.iter().map(site_view).collect::<Vec<_>>(),
        next => next,
        site => described_view(typed),
        errors => errors.view(),
        key => key,
    }
}

pub(super) async fn add(
    State(pages): State<Pages>,
    who: Writer,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, PageError> {
    let campaign = census_of(&who, &id)?;
    let typed = described(&fields);
    let key = fields.text("cle");
    match sites::add(&pages.app, &who.actor(), who.organisation, &typed, key).await {
        Ok(_) => {
            let words = format!("Le lieu « {} » est ajouté.", typed.name.trim());
            pages.done(&who, &format!("/campagnes/{campaign}/livraison"), words).await
        }
        Err(UseCaseError::Refused(reasons)) => {
            let review = open(&pages, &who, &id).await?;
            let page = view(&review, &typed, &errors_of(reasons), key);
            pages.again(&who, "pages/census/deliver.html", page).await
        }
        Err(error) => Err(error.into()),
    }
}

fn edit_view(review: &Review, site: SiteId, typed: &Described, errors: &Errors) -> Value {
    context! {
        census => census_view(review),
        steps => steps(review, 0),
        id => site.0,
        site => described_view(typed),
        errors => errors.view(),
    }
}

pub(super) async fn edit(
    State(pages): State<Pages>,
    who: Writer,
    Path((id, site)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let review = open(&pages, &who, &id).await?;
    let site = SiteId(number(&site)?);
    let point = review.point(site).ok_or(PageError::NotFound)?;
    let page = edit_view(&review, site, &Described::of(&point.site), &Errors::none());
    pages.page(&who, "pages/census/deliver_edit.html", page).await
}

pub(super) async fn mend(
    State(pages): State<Pages>,
    who: Writer,
    Path((id, site)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    let campaign = census_of(&who, &id)?;
    let site = SiteId(number(&site)?);
    let typed = described(&fields);
    match sites::mend(&pages.app, &who.actor(), who.organisation, site, &typed).await {
        Ok(()) => {
            let words = format!("Le lieu « {} » est corrigé.", typed.name.trim());
            pages.done(&who, &format!("/campagnes/{campaign}/livraison"), words).await
        }
        Err(UseCaseError::Refused(reasons)) => {
            let review = open(&pages, &who, &id).await?;
            let page = edit_view(&review, site, &typed, &errors_of(reasons));
            pages.again(&who, "pages/census/deliver_edit.html", page).await
        }
        Err(error) => Err(error.into()),
    }
}
