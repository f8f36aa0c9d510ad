//! The censuses of a member: what is due first.

use axum::extract::State;
use axum::response::Response;
use domain::campaigns::census::{CensusState, Phase};
use domain::french;
use minijinja::{Value, context};

use crate::store::campaigns::{ListedCensus, censuses_of_member};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::rights::ReadOwn;

pub(super) async fn show(
    State(pages): State<Pages>,
    who: May<ReadOwn>,
) -> Result<Response, PageError> {
    let found = censuses_of_member(&pages.app.store, who.organisation).await?;
    let today = pages.app.today();
    let (open, past): (Vec<_>, Vec<_>) = found.iter().partition(|listed| {
        matches!(listed.census.census.phase(today), Phase::NotYet | Phase::TakesAnswers)
    });
    let tasks: Vec<Value> = open.iter().map(|listed| task(listed, today)).collect();
    let past: Vec<Value> = past.iter().map(|listed| row(listed, today)).collect();
    pages.page(&who, "pages/census/list.html", context! { tasks => tasks, past => past }).await
}

fn task(listed: &ListedCensus, today: chrono::NaiveDate) -> Value {
    let census = &listed.census.census;
    let (detail, until) = match census.phase(today) {
        Phase::NotYet => {
            ("Pas encore ouvert.".to_owned(), format!("Ouvre le {}", french::date(census.opens_on)))
        }
        Phase::TakesAnswers | Phase::Over | Phase::Sealed => {
            (words(listed, today), format!("Avant le {} inclus", french::date(census.closes_on)))
        }
    };
    let due = census.phase(today) == Phase::TakesAnswers && listed.answered == 0;
    let soon = (census.closes_on - today).num_days() <= 3;
    context! {
        title => census.name.as_str(),
        detail => detail,
        until => until,
        late => due && soon,
        blocked => Option::<&str>::None,
        href => format!("/campagnes/{}", listed.census.id),
    }
}

fn row(listed: &ListedCensus, today: chrono::NaiveDate) -> Value {
    let census = &listed.census.census;
    context! {
        title => census.name.as_str(),
        href => format!("/campagnes/{}", listed.census.id),
        closed_on => french::date(census.closes_on),
        state => census.state.french(),
        answer => words(listed, today),
    }
}

/// What the member said so far.
fn words(listed: &ListedCensus, today: chrono::NaiveDate) -> String {
    let census = &listed.census.census;
    if census.state == CensusState::Cancelled {
        return "Ce recensement a été annulé.".into();
    }
    match (listed.answered, listed.drafts, listed.last_answer, census.phase(today)) {
        (1.., _, Some(at), _) => {
            format!("Réponse envoyée le {}.", french::date(domain::dates::paris_day(at)))
        }
        (_, 1.., _, Phase::TakesAnswers) => "Réponse commencée, pas encore envoyée.".into(),
        (_, _, _, Phase::TakesAnswers | Phase::NotYet) => "À répondre, environ 3 minutes.".into(),
        (_, _, _, Phase::Over | Phase::Sealed) => "Sans réponse de votre part.".into(),
    }
}
