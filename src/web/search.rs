//! One field over everything that its reader may see.

use axum::extract::State;
use axum::response::Response;
use domain::platform::role::Right;
use minijinja::{Value, context};

use super::Pages;
use super::agent::SignedIn;
use super::error::PageError;
use super::listing::ListQuery;
use super::routes::Routes;
use crate::store::Viewer;
use crate::store::search::{self, Found};

pub(super) fn routes() -> Routes {
    Routes::new().get("/recherche", show)
}

/// The shortest text that is searched for: less finds everything.
const SHORTEST: usize = 2;

async fn show(
    State(pages): State<Pages>,
    who: SignedIn,
    query: ListQuery,
) -> Result<Response, PageError> {
    let text = query.search.as_str();
    let asked = text.chars().count() >= SHORTEST;
    let groups = if asked { groups(&pages, &who, text).await? } else { Vec::new() };
    let values = context! { query => text, asked => asked, groups => groups };
    pages.page(&who, "pages/search.html", values).await
}

async fn groups(pages: &Pages, who: &SignedIn, text: &str) -> Result<Vec<Value>, PageError> {
    let store = &pages.app.store;
    let of = match who.viewer() {
        Viewer::Coordinator => None,
        Viewer::Member(id) => Some(id),
    };
    let purchases = who.may(Right::ReadPurchases);
    let mut groups = Vec::new();
    if who.may(Right::ReadMembers) {
        let found = search::members(store, text).await?;
        groups.extend(group("Membres", Some("/gestion/membres"), found));
    }
    if purchases || who.may(Right::ReadOwn) {
        let found = search::articles(store, text).await?;
        groups.extend(group("Articles", purchases.then_some("/gestion/catalogue"), found));
        let (orders, invoices, papers) = if purchases {
            ("/gestion/commandes", "/comptabilite/factures", "/gestion/documents")
        } else {
            ("/commandes", "/factures", "/documents")
        };
        groups.extend(group("Commandes", Some(orders), search::orders(store, of, text).await?));
        groups.extend(group("Factures", Some(invoices), search::invoices(store, of, text).await?));
        groups.extend(group("Documents", Some(papers), search::papers(store, of, text).await?));
    }
    Ok(groups)
}

/// A group that found something; `under` is where its rows have their pages.
fn group(title: &str, under: Option<&str>, found: Vec<Found>) -> Option<Value> {
    if found.is_empty() {
        return None;
    }
    let rows = found.into_iter().map(|one| {
        context! {
            href => under.map(|under| format!("{under}/{}", one.id)),
            title => one.title,
            detail => one.detail,
        }
    });
    Some(context! { title => title, rows => rows.collect::<Vec<_>>() })
}
