//! One function a page: read the store, word it, render it.

use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::french;
use domain::ids::OrganisationId;
use minijinja::{Value, context};
use serde::Deserialize;

use super::error::PageError;
use super::{Pages, view};
use crate::store::{group, overview};

/// Members on one page of the list.
const PER_PAGE: u64 = 50;

fn list(rows: impl IntoIterator<Item = Value>) -> Value {
    Value::from(rows.into_iter().collect::<Vec<_>>())
}

pub(super) async fn home(State(pages): State<Pages>) -> Response {
    pages.answer(show_home(&pages).await)
}

async fn show_home(pages: &Pages) -> Result<Response, PageError> {
    let store = &pages.app.store;
    let counts = overview::counts(store).await?.ok_or(PageError::NotFound)?;
    let campaigns = overview::campaigns(store).await?;
    let contracts = overview::contracts(store).await?;
    let page = pages.render(
        "pages/home.html",
        context! {
            counts => view::counts(counts),
            campaigns => list(campaigns.iter().map(view::campaign)),
            contracts => list(contracts.iter().map(view::contract)),
        },
    )?;
    Ok(page.into_response())
}

pub(super) async fn campaign(State(pages): State<Pages>, Path(id): Path<String>) -> Response {
    pages.answer(show_campaign(&pages, &id).await)
}

async fn show_campaign(pages: &Pages, id: &str) -> Result<Response, PageError> {
    let id = number(id)?;
    let store = &pages.app.store;
    let campaign = overview::campaign(store, id).await?.ok_or(PageError::NotFound)?;
    let lots = overview::lots_of(store, id).await?;
    let page = pages.render(
        "pages/campaign.html",
        context! {
            campaign => view::campaign(&campaign),
            lots => list(lots.iter().map(view::lot)),
        },
    )?;
    Ok(page.into_response())
}

pub(super) async fn lot(State(pages): State<Pages>, Path(id): Path<String>) -> Response {
    pages.answer(show_lot(&pages, &id).await)
}

async fn show_lot(pages: &Pages, id: &str) -> Result<Response, PageError> {
    let id = number(id)?;
    let store = &pages.app.store;
    let lot = overview::lot(store, id).await?.ok_or(PageError::NotFound)?;
    let articles = overview::lot_articles(store, id).await?;
    let papers = overview::lot_papers(store, id).await?;
    let page = pages.render(
        "pages/lot.html",
        context! {
            lot => view::lot(&lot),
            articles => list(articles.iter().map(view::lot_article)),
            papers => list(papers.iter().map(view::paper)),
        },
    )?;
    Ok(page.into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Search {
    q: String,
    page: Option<u64>,
}

pub(super) async fn members(State(pages): State<Pages>, Query(search): Query<Search>) -> Response {
    pages.answer(show_members(&pages, search).await)
}

async fn show_members(pages: &Pages, search: Search) -> Result<Response, PageError> {
    // A page so far that it cannot be counted is past the end like any other.
    let number = search.page.unwrap_or(1).clamp(1, 1_000_000);
    let offset = (number - 1) * PER_PAGE;
    let (rows, total) = overview::members(&pages.app.store, &search.q, PER_PAGE, offset).await?;
    let total = usize::try_from(total).unwrap_or_default();
    let shown = usize::try_from(offset).unwrap_or(usize::MAX).saturating_add(rows.len());
    let words = match total {
        0 => "Aucun membre ne correspond. Essayez une partie du nom.".into(),
        _ => format!("{} {}.", french::count(total), french::plural(total, "membre", "membres")),
    };
    let page = pages.render(
        "pages/members.html",
        context! {
            search => search.q.as_str(),
            total_words => words,
            members => list(rows.into_iter().map(view::member)),
            previous => (number > 1).then(|| number - 1),
            next => (shown < total).then(|| number + 1),
        },
    )?;
    Ok(page.into_response())
}

pub(super) async fn member(State(pages): State<Pages>, Path(id): Path<String>) -> Response {
    pages.answer(show_member(&pages, &id).await)
}

async fn show_member(pages: &Pages, id: &str) -> Result<Response, PageError> {
    let id = number(id)?;
    let store = &pages.app.store;
    let listed =
        group::organisation(store, OrganisationId(id)).await?.ok_or(PageError::NotFound)?;
    let sites = group::sites(store, Some(listed.id)).await?;
    let papers = overview::papers_of(store, id).await?;
    let body = listed.organisation;
    let siret = body.sirets.entries().last().map_or_else(
        || "inconnu".into(),
        |entry| match body.sirets.confirmed_on(pages.app.today()) {
            Ok(proof) => proof.siret().spaced(),
            Err(_) => format!("{} (à confirmer)", entry.siret.spaced()),
        },
    );
    let population =
        body.population.map_or_else(|| "–".into(), |number| french::thousands(&number.to_string()));
    let page = pages.render(
        "pages/member.html",
        context! {
            member => context! { name => body.name, siret => siret, population => population },
            sites => list(sites.values().map(|site| Value::from(format!("{}, {}", site.name, site.address)))),
            papers => list(papers.iter().map(view::paper)),
        },
    )?;
    Ok(page.into_response())
}

pub(super) async fn paper(State(pages): State<Pages>, Path(id): Path<String>) -> Response {
    pages.answer(download(&pages, &id).await)
}

/// The bytes as they were issued, under a name that says what they are.
async fn download(pages: &Pages, id: &str) -> Result<Response, PageError> {
    let id = number(id)?;
    let paper = overview::paper(&pages.app.store, id).await?.ok_or(PageError::NotFound)?;
    let bytes = pages.app.files.get(&paper.file_key).await?;
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' };
    let name: String = format!("{}_{}.pdf", paper.kind, paper.number).chars().map(plain).collect();
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, bytes).into_response())
}

pub(super) async fn ready(State(pages): State<Pages>) -> Response {
    match pages.app.store.require_current().await {
        Ok(()) => "ok".into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// The row a path names; what is no number is no page.
fn number(id: &str) -> Result<i64, PageError> {
    id.parse().map_err(|_| PageError::NotFound)
}
