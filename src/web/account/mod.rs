//! Coming in, one's own account, and the people of an organisation.
//!
//! Pages before the sign-in answer alike whether or not there is an account. What a link of an
//! e-mail does, it does on a button: opening it changes nothing.

mod acting;
mod census_link;
mod code;
mod invitation;
mod mine;
mod passwords;
mod people;
mod second_factor;
mod sign_in;
mod team;
mod view;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use minijinja::context;
use serde::Deserialize;

use super::Pages;
use super::agent::{Visitor, cookie_name};
use super::error::PageError;
use super::routes::Routes;
pub(super) use acting::elsewhere;
pub(super) use view::encoded;

use crate::usecases::platform::entering::{Entered, EntryError, Next};
use crate::usecases::platform::sessions;

pub(super) fn routes() -> Routes {
    sign_in::routes()
        .merge(code::routes())
        .merge(passwords::routes())
        .merge(invitation::routes())
        .merge(census_link::routes())
        .merge(mine::routes())
        .merge(acting::routes())
        .merge(second_factor::routes())
        .merge(team::routes())
        .merge(people::routes())
}

/// The page to come back to, as the address carries it.
#[derive(Debug, Clone, Default, Deserialize)]
struct Suite {
    #[serde(default)]
    suite: String,
}

impl Suite {
    /// A page of ours, never another site's.
    fn back(&self) -> &str {
        local(&self.suite).unwrap_or("/")
    }
}

/// `path` if it leads to a page of ours. Browsers read `//host` and `/\host` as another site, and
/// drop control characters.
pub(super) fn local(path: &str) -> Option<&str> {
    let rest = path.strip_prefix('/')?;
    let foreign = rest.starts_with(['/', '\\']) || path.chars().any(char::is_control);
    (!foreign).then_some(path)
}

/// How long a browser keeps the cookie: the server decides sooner.
const KEPT: i64 = 30 * 24 * 3600;

/// Gives the browser its session's token.
fn keep(pages: &Pages, token: &str, mut response: Response) -> Result<Response, PageError> {
    set_cookie(pages, token, KEPT, &mut response)?;
    Ok(response)
}

/// Takes the token from the browser.
fn forget(pages: &Pages, mut response: Response) -> Result<Response, PageError> {
    set_cookie(pages, "", 0, &mut response)?;
    Ok(response)
}

/// Takes the token from the browser, and what pages kept on the machine: others may use it.
fn forget_all(pages: &Pages, response: Response) -> Result<Response, PageError> {
    let mut response = forget(pages, response)?;
    let everything = HeaderValue::from_static("\"cache\", \"storage\"");
    response.headers_mut().insert(HeaderName::from_static("clear-site-data"), everything);
    Ok(response)
}

fn set_cookie(
    pages: &Pages,
    token: &str,
    seconds: i64,
    response: &mut Response,
) -> Result<(), PageError> {
    let name = cookie_name(pages.secure());
    let secure = if pages.secure() { "; Secure" } else { "" };
    let cookie =
        format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    let value =
        HeaderValue::from_str(&cookie).map_err(|error| PageError::BadRequest(error.to_string()))?;
    response.headers_mut().insert(header::SET_COOKIE, value);
    Ok(())
}

/// Somebody is in: the cookie, and the second factor or the page asked for. Whatever session the
/// browser had before is over.
async fn entered(
    pages: &Pages,
    visitor: &Visitor,
    entered: &Entered,
    back: &str,
) -> Result<Response, PageError> {
    if let Some(before) = &visitor.agent {
        sessions::close(&pages.app, before.session).await?;
    }
    let next = match entered.next {
        Next::Code => format!("/connexion/code?suite={}", encoded(back)),
        Next::Enrol => format!("/compte/double-authentification?suite={}", encoded(back)),
        Next::Page => back.to_owned(),
    };
    keep(pages, &entered.token, Redirect::to(&next).into_response())
}

/// The page of a link that no longer opens anything: 410.
fn gone(pages: &Pages, visitor: &Visitor, again: &str) -> Result<Response, PageError> {
    let page = pages.public(visitor, "pages/account/gone.html", context! { again => again })?;
    Ok((StatusCode::GONE, page).into_response())
}

/// What a page cannot put beside a field.
pub(in crate::web) fn trouble(pages: &Pages, error: EntryError) -> PageError {
    match error {
        EntryError::TooMany(until) => {
            let left = until - pages.app.wall.now();
            PageError::TooMany { in_minutes: (left.num_seconds() + 59).div_euclid(60).max(1) }
        }
        EntryError::UseCase(error) => PageError::UseCase(error),
        EntryError::Wrong
        | EntryError::Gone
        | EntryError::NotAnAddress
        | EntryError::Password(_)
        | EntryError::Stale => PageError::BadRequest(error.to_string()),
    }
}

/// A page with status 422: the form as it was typed, and what is wrong with it.
fn wrong(page: Response) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn one_comes_back_to_a_page_of_ours_and_to_no_other_site() {
        for ours in ["/", "/commandes/7?page=2", "/campagnes/3/besoins"] {
            assert_eq!(local(ours), Some(ours));
        }
        for other in
            ["", "https://x.example", "//x.example", "/\\x.example", "x", "/\t/x.example", "/\n"]
        {
            assert_eq!(local(other), None, "{other:?}");
        }
    }
}
