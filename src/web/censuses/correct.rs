//! A census that nobody sees yet, corrected.

use axum::extract::State;
use axum::response::Response;
use domain::campaigns::census::CensusState;
use minijinja::context;

use super::create::{Typed, shown};
use super::show::Desk;
use crate::usecases::campaigns::correct_census;
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields};
use crate::web::rights::Buy;
use crate::web::routes::Row;

/// Before the fields that carry the census as it was read.
const READ: &str = "lu_";

async fn page(
    pages: &Pages,
    who: &Agent,
    desk: &Desk,
    (typed, read, errors): (&Typed, &Typed, &Errors),
) -> Result<Response, PageError> {
    let carried = context! {
        name => read.name.as_str(),
        opens_on => read.opens_on.as_str(),
        closes_on => read.closes_on.as_str(),
        first_year => read.first_year.as_str(),
        years => read.years.as_str(),
        lots => read.lots.iter().map(|lot| lot.0).collect::<Vec<_>>(),
    };
    let values = context! {
        census => desk.head(pages, who),
        draft => desk.census.census.state == CensusState::Draft,
        read => carried,
        ..shown(typed, &desk.convention, errors)
    };
    let template = "pages/censuses/correct.html";
    if errors.is_empty() {
        pages.page(who, template, values).await
    } else {
        pages.again(who, template, values).await
    }
}

pub(super) async fn form(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let desk = Desk::of(&pages, id).await?;
    let known = Typed::from(&desk.census.census);
    page(&pages, &who, &desk, (&known, &known, &Errors::none())).await
}

pub(super) async fn correct(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    fields: Fields,
) -> Result<Response, PageError> {
    let desk = Desk::of(&pages, id).await?;
    let typed = Typed::of(&fields);
    let read = Typed::under(READ, &fields);
    let before = read.carried().ok_or_else(|| PageError::BadRequest("what was read".into()))?;
    let mut errors = Errors::none();
    if let Some(census) = typed.census(&mut errors, pages.app.today()) {
        let (app, campaign) = (&pages.app, desk.census.id);
        match correct_census(app, &who.actor(), campaign, &before, &census).await {
            Ok(()) => {
                let said = format!(
                    "Le recensement « {} » est corrigé. Personne ne le voit avant que vous \
                     l’ouvriez.",
                    census.name
                );
                return pages.done(&who, &desk.home(), said).await;
            }
            Err(error) => errors = Errors::refused(error)?,
        }
    }
    page(&pages, &who, &desk, (&typed, &read, &errors)).await
}
