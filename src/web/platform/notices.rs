//! What happened to the reader while away: on the start page.

use axum::extract::State;
use axum::response::Response;
use minijinja::{Value, context};
use serde::Deserialize;

use super::jobs::instant;
use crate::store::platform::notices as store;
use crate::usecases::platform::notices as usecase;
use crate::web::Pages;
use crate::web::agent::{Agent, SignedIn};
use crate::web::error::PageError;
use crate::web::form::Form;

/// How many the start page shows.
const SHOWN: u64 = 10;

/// For `parts/notices.html`: the reader's last notices, and the newest that is not read.
pub(in crate::web) async fn view(pages: &Pages, who: &Agent) -> Result<Value, PageError> {
    let Some(person) = who.person else { return Ok(context! { list => Vec::<Value>::new() }) };
    let notices = store::of(&pages.app.store, person, SHOWN).await?;
    let newest = notices.iter().filter(|one| one.read_at.is_none()).map(|one| one.id).max();
    let list = notices.iter().map(|one| {
        context! {
            title => one.title.as_str(),
            link => one.link.as_str(),
            at => instant(one.at),
            new => one.read_at.is_none(),
        }
    });
    Ok(context! { list => list.collect::<Vec<Value>>(), newest => newest })
}

#[derive(Debug, Deserialize)]
pub(super) struct Until {
    #[serde(default)]
    dernier: i64,
}

/// Marks those that were shown as read; what came since stays new.
pub(super) async fn read(
    State(pages): State<Pages>,
    who: SignedIn,
    Form(form): Form<Until>,
) -> Result<Response, PageError> {
    if let Some(person) = who.person {
        usecase::read_all(&pages.app, person, form.dernier).await?;
    }
    pages.done(&who, "/", "Les notifications sont marquées comme lues.").await
}
