//! What was typed outlives the session: a form that arrives too late is given back, to be sent
//! again after signing in.
//!
//! The page carries the fields, never passwords, codes or files, and sends them to the very path
//! they came for. It is made only of a form that the browser says came from a page of ours, or
//! another site could lay words into somebody's hands. Sent again, a form acts for the
//! organisation it was filled in for, whatever the new session acts for.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::ids::OrganisationId;
use futures_util::stream::{self, Stream};
use minijinja::{Value, context};

use super::Pages;
use super::account::{encoded, local};
use super::agent;
use super::error::PageError;
use super::upload::LARGEST_UPLOAD;

/// More text than anybody types into a form, in bytes.
const LARGEST_KEPT: usize = 256 * 1024;

/// Never given back: whoever holds the page would read them.
pub(super) const SECRETS: [&str; 3] = ["mot_de_passe", "mot_de_passe_actuel", "code"];

/// In the query of a form that is sent again: the organisation it was filled in for.
const FOR: &str = "reprise";

/// Why a form was not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interrupted {
    SignedOut,
    NoCode { enrolled: bool },
    OtherOrganisation,
}

/// The organisation that a form sent again was filled in for.
pub(super) fn filled_in_for(uri: &Uri) -> Option<OrganisationId> {
    let (_, id) = pairs(uri).find(|(name, _)| *name == FOR)?;
    id.parse().ok().map(OrganisationId)
}

pub(super) fn pairs(uri: &Uri) -> impl Iterator<Item = (&str, &str)> {
    uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='))
}

/// Where the form goes again: the path and query it came for, and whom it was filled in for.
fn again(uri: &Uri, organisation: OrganisationId) -> Option<String> {
    let mut address = format!("{}?", local(uri.path())?);
    for (name, value) in pairs(uri).filter(|(name, _)| *name != FOR) {
        address.push_str(&format!("{name}={value}&"));
    }
    Some(format!("{address}{FOR}={organisation}"))
}

/// Whether the browser says that the form stood on a page of ours.
fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://"));
    origin.is_some_and(|(_, host)| Some(host) == text(header::HOST))
}

type Shared = Arc<Mutex<BodyDataStream>>;

/// The body, piece by piece; what nobody took is there for whoever asks next.
fn lent(body: &Shared) -> impl Stream<Item = Result<Bytes, axum::Error>> + Send + use<> {
    let body = body.clone();
    stream::poll_fn(move |context| {
        let mut body = body.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *body).poll_next(context)
    })
}

pub(super) async fn kept(State(pages): State<Pages>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !is_ours(request.headers()) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let body: Shared = Arc::new(Mutex::new(body.into_data_stream()));
    let asked = Request::from_parts(parts.clone(), Body::from_stream(lent(&body)));
    let mut response = next.run(asked).await;
    let Some(why) = response.extensions_mut().remove::<Interrupted>() else { return response };
    match given_back(&pages, parts, Body::from_stream(lent(&body)), why).await {
        Ok(Some(page)) => page,
        Ok(None) => response,
        Err(error) => error.into_response(),
    }
}

/// The fields of a form, and whether files came with it.
struct Typed {
    fields: Vec<(String, String)>,
    with_files: bool,
    multipart: bool,
}

/// The page that holds the form; `None` when nothing can be given back.
async fn given_back(
    pages: &Pages,
    parts: Parts,
    body: Body,
    why: Interrupted,
) -> Result<Option<Response>, PageError> {
    let ended = agent::ended(&parts, pages).await?;
    let organisation = match (agent::filled_in_for(&parts), &ended) {
        (Some(organisation), _) => organisation,
        (None, Some(ended)) => ended.organisation,
        (None, None) => agent::UNKNOWN,
    };
    let Some(action) = again(&parts.uri, organisation) else { return Ok(None) };
    let Some(typed) = typed(parts, body).await else { return Ok(None) };
    let is_secret = |name: &str| SECRETS.contains(&name);
    if typed.fields.is_empty() || typed.fields.iter().any(|(name, _)| is_secret(name)) {
        return Ok(None);
    }
    let link = ended.as_ref().is_some_and(|ended| ended.link);
    let (title, sign_in, status) = match why {
        Interrupted::SignedOut if link => {
            ("Votre session a expiré", None, StatusCode::UNAUTHORIZED)
        }
        Interrupted::SignedOut => {
            ("Votre session a expiré", Some("/connexion"), StatusCode::UNAUTHORIZED)
        }
        Interrupted::NoCode { enrolled: true } => {
            ("Un code vous est demandé", Some("/connexion/code"), StatusCode::UNAUTHORIZED)
        }
        Interrupted::NoCode { enrolled: false } => {
            let page = "/compte/double-authentification";
            ("Un code vous est demandé", Some(page), StatusCode::UNAUTHORIZED)
        }
        Interrupted::OtherOrganisation => {
            ("Vous agissez pour un autre organisme", None, StatusCode::CONFLICT)
        }
    };
    let fields = typed.fields.iter().map(|(name, value)| context! { name => name, value => value });
    let values = context! {
        title => title,
        organisation => ended
            .as_ref()
            .filter(|ended| ended.organisation == organisation)
            .map(|ended| ended.name.as_str()),
        sign_in => sign_in.map(|page| format!("{page}?suite={}", encoded("/connexion/reprise"))),
        other => why == Interrupted::OtherOrganisation,
        code => matches!(why, Interrupted::NoCode { .. }),
        with_files => typed.with_files,
        multipart => typed.multipart,
        action => action,
        fields => fields.collect::<Vec<Value>>(),
        shell => pages.bare_shell(),
    };
    let page = pages.render("pages/resume.html", values)?;
    Ok(Some((status, page).into_response()))
}

/// What was typed; `None` when it is no form or too much.
async fn typed(parts: Parts, body: Body) -> Option<Typed> {
    let kind = parts.headers.get(header::CONTENT_TYPE)?.to_str().ok()?.to_owned();
    let mut request = Request::from_parts(parts, body);
    if !kind.starts_with("multipart/form-data") {
        DefaultBodyLimit::max(LARGEST_KEPT).apply(&mut request);
        let form = axum::Form::<Vec<(String, String)>>::from_request(request, &()).await.ok()?;
        return Some(Typed { fields: form.0, with_files: false, multipart: false });
    }
    DefaultBodyLimit::max(LARGEST_UPLOAD).apply(&mut request);
    let mut parts = Multipart::from_request(request, &()).await.ok()?;
    let mut typed = Typed { fields: Vec::new(), with_files: false, multipart: true };
    let mut left = LARGEST_KEPT;
    while let Some(mut part) = parts.next_field().await.ok()? {
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.file_name().is_some();
        let mut value = Vec::new();
        while let Some(piece) = part.chunk().await.ok()? {
            typed.with_files |= is_file && !piece.is_empty();
            if !is_file {
                left = left.checked_sub(piece.len())?;
                value.extend_from_slice(&piece);
            }
        }
        if !is_file {
            typed.fields.push((name, String::from_utf8(value).ok()?));
        }
    }
    Some(typed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_goes_again_where_it_went_and_says_for_whom() {
        let organisation = OrganisationId(7);
        for (came_for, goes_to) in [
            ("/lieux/nouveau", Some("/lieux/nouveau?reprise=7")),
            ("/lieux/3?page=2", Some("/lieux/3?page=2&reprise=7")),
            ("/lieux/3?reprise=9&page=2", Some("/lieux/3?page=2&reprise=7")),
            ("//mal.example/lieux", None),
        ] {
            let uri: Uri = came_for.parse().unwrap();
            assert_eq!(again(&uri, organisation).as_deref(), goes_to, "{came_for}");
        }
        assert_eq!(filled_in_for(&"/lieux?reprise=7".parse().unwrap()), Some(organisation));
        assert_eq!(filled_in_for(&"/lieux?page=7".parse().unwrap()), None);
    }

    #[test]
    fn a_form_of_another_site_is_not_ours() {
        for (name, value, ours) in [
            ("sec-fetch-site", "same-origin", true),
            ("sec-fetch-site", "same-site", false),
            ("sec-fetch-site", "none", false),
            ("origin", "https://achats.example", true),
            ("origin", "https://mal.example", false),
            ("origin", "null", false),
            ("accept", "text/html", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "achats.example".parse().unwrap());
            headers.insert(name, value.parse().unwrap());
            assert_eq!(is_ours(&headers), ours, "{name}: {value}");
        }
    }

    #[test]
    fn every_field_for_a_password_or_a_code_is_a_secret() {
        fn templates(folder: &std::path::Path, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    templates(&path, found);
                } else {
                    found.push(std::fs::read_to_string(path).unwrap());
                }
            }
        }
        let mut found = Vec::new();
        templates(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"), &mut found);
        let mut seen = 0;
        for line in found.iter().flat_map(|text| text.lines()) {
            for secret in ["type=\"password\"", "one-time-code"] {
                if line.contains(secret) && line.contains("parts.field(") {
                    let (_, rest) = line.split_once("parts.field(\"").unwrap();
                    let name = rest.split('"').next().unwrap();
                    assert!(SECRETS.contains(&name), "{name}");
                    seen += 1;
                }
            }
        }
        assert!(seen >= 5, "{seen}");
    }
}
