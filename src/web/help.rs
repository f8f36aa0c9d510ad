//! Help for everybody, and two sentences for each page: what it is for, what to do on it.

use axum::extract::State;
use axum::response::Response;
use minijinja::{Value, context};

use super::Pages;
use super::agent::Visitor;
use super::error::PageError;
use super::routes::Routes;
use crate::usecases::letterhead;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/aide", async |State(pages): State<Pages>, visitor: Visitor| {
            show(&pages, &visitor, "pages/help/help.html").await
        })
        .get("/accessibilite", async |State(pages): State<Pages>, visitor: Visitor| {
            show(&pages, &visitor, "pages/help/accessibility.html").await
        })
        .get("/confidentialite", async |State(pages): State<Pages>, visitor: Visitor| {
            show(&pages, &visitor, "pages/help/privacy.html").await
        })
        .get("/plan-du-site", async |State(pages): State<Pages>, visitor: Visitor| {
            show(&pages, &visitor, "pages/help/map.html").await
        })
        .get("/mentions-legales", legal)
}

async fn show(pages: &Pages, visitor: &Visitor, template: &str) -> Result<Response, PageError> {
    let contact = letterhead::contact(&pages.app).await?;
    pages.public(visitor, template, context! { contact => contact })
}

async fn legal(State(pages): State<Pages>, visitor: Visitor) -> Result<Response, PageError> {
    let contact = letterhead::contact(&pages.app).await?;
    let editor = match letterhead::coordinator(&pages.app).await? {
        Some(head) => context! {
            name => head.name,
            siret => head.siret.map(|siret| siret.spaced()),
            address => head.address,
        },
        None => context! {
            name => "Centre de gestion de la fonction publique territoriale du Pas-de-Calais",
            siret => None::<String>,
            address => Vec::<Value>::new(),
        },
    };
    let values = context! { contact => contact, editor => editor };
    pages.public(&visitor, "pages/help/legal.html", values)
}

/// By route, as the router knows it.
const HELP: [(&str, &str); 1] =
    [("/", "Cette page dit ce qui vous attend et jusqu’à quand. Commencez par la première ligne.")];

/// What helps on the page of this route.
pub(super) fn of(route: &str) -> Option<&'static str> {
    HELP.iter().find(|(path, _)| *path == route).map(|(_, words)| *words)
}
