//! The demonstration's mailbox: every e-mail it wrote, with its links, and the codes of those who
//! need one; and all parts of the pages together. Anywhere else these addresses do not exist.

use axum::extract::State;
use axum::response::Response;
use domain::ids::MailId;
use domain::platform::mail::MailState;
use minijinja::{Value, context};

use super::Pages;
use super::agent::Visitor;
use super::error::PageError;
use super::listing::ListQuery;
use super::platform::{instant, kind_words, tone};
use super::routes::{Routes, Row};
use crate::store::platform::mail as store;
use crate::usecases::platform::second_factor::demo_codes;

/// How many e-mails the page lists.
const SHOWN: u64 = 100;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/demo/courriels", list)
        .get("/demo/courriels/{id}", show)
        .get("/demo/composants", parts)
}

/// Newest first, with the codes of the moment; `?q=` finds one reader's.
async fn list(
    State(pages): State<Pages>,
    visitor: Visitor,
    query: ListQuery,
) -> Result<Response, PageError> {
    let codes = demo_codes(&pages.app).await?.ok_or(PageError::NotFound)?;
    let mut slice = query.slice("-date");
    slice.limit = SHOWN;
    slice.offset = 0;
    let (rows, total) = store::list(&pages.app.store, None, &slice).await?;
    let mails = rows.iter().map(|row| {
        context! {
            id => row.id,
            subject => row.subject.as_str(),
            kind => kind_words(row),
            to => row.to_address.as_str(),
            name => row.to_name.as_str(),
            at => instant(row.queued_at),
            state => row.state().map_or("inconnu", MailState::french),
            tone => row.state().map_or("quiet", tone),
        }
    });
    let codes = codes.iter().map(|code| {
        context! {
            name => code.name.as_str(),
            email => code.email.as_str(),
            code => code.code.as_str(),
            seconds => code.seconds_left,
        }
    });
    let values = context! {
        mails => mails.collect::<Vec<Value>>(),
        codes => codes.collect::<Vec<Value>>(),
        search => query.search.as_str(),
        more => total > SHOWN,
    };
    pages.public(&visitor, "pages/demo/mails.html", values)
}

async fn show(
    State(pages): State<Pages>,
    visitor: Visitor,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    demo_codes(&pages.app).await?.ok_or(PageError::NotFound)?;
    let letter = store::letter(&pages.app.store, MailId(id)).await?;
    let base = pages.app.site.base_url.as_str();
    let paragraphs = letter.text.split("\n\n").map(|part| {
        let lines = part.lines().map(|line| {
            // A link of ours is a link here too, to the address that the reader used.
            let path = line.strip_prefix(base).filter(|path| path.starts_with('/'));
            context! { text => line, path => path }
        });
        Value::from(lines.collect::<Vec<Value>>())
    });
    let mail = context! {
        subject => letter.row.subject.as_str(),
        to => letter.row.to_address.as_str(),
        name => letter.row.to_name.as_str(),
        at => instant(letter.row.queued_at),
        attached => letter.row.attached_name.as_deref(),
        paragraphs => paragraphs.collect::<Vec<Value>>(),
    };
    pages.public(&visitor, "pages/demo/mail.html", context! { mail => mail })
}

/// Every macro of `templates/parts`, in every state, for whoever writes a page.
async fn parts(State(pages): State<Pages>, visitor: Visitor) -> Result<Response, PageError> {
    demo_codes(&pages.app).await?.ok_or(PageError::NotFound)?;
    pages.public(&visitor, "pages/demo/parts.html", context! {})
}
