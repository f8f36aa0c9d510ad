//! Papers of all members, downloaded as they were issued.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::ids::OrderWindowId;
use domain::platform::role::Right;

use super::Row;
use super::words::paper_kind;
use crate::store::{group, orders, overview};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::listing::{Cell, Column, ListQuery, Listing};
use crate::web::rights::{ReadMembers, ReadPurchases};
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/gestion/documents/{id}", download)
        .get("/gestion/fenetres/{id}/documents", of_window)
}

/// Orders and amounts are not the archivists': they read needs and deliveries.
fn needs_purchases(kind: &str) -> bool {
    !matches!(kind, "needs_receipt" | "delivery_extract")
}

async fn download(
    State(pages): State<Pages>,
    who: May<ReadMembers>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let paper = overview::paper(&pages.app.store, id).await?.ok_or(PageError::NotFound)?;
    if needs_purchases(&paper.kind) && !who.may(Right::ReadPurchases) {
        return Err(PageError::Forbidden);
    }
    let bytes = pages.app.files.get(&paper.file_key).await?;
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' };
    let name: String = format!("{}_{}.pdf", paper.kind, paper.number).chars().map(plain).collect();
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, bytes).into_response())
}

async fn of_window(
    State(pages): State<Pages>,
    who: May<ReadPurchases>,
    Row(id): Row<i64>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let on = &pages.app.store;
    let window = orders::window(on, OrderWindowId(id)).await?;
    let (rows, total) = group::papers_of_window(on, window.id(), &query.slice("")).await?;
    let cells = rows.iter().map(|row| {
        vec![
            Cell::link(&row.number, format!("/gestion/documents/{}", row.id)),
            Cell::text(paper_kind(&row.kind)),
            Cell::text(&row.title),
            Cell::Date(row.issued_on),
            Cell::Count(row.pages),
            Cell::Count((row.bytes + 512) / 1024),
        ]
    });
    let listing = Listing {
        name: "documents-de-commande",
        caption: "Documents des commandes de la période".into(),
        columns: vec![
            Column::text("", "Document"),
            Column::text("", "Nature"),
            Column::text("", "Titre"),
            Column::text("", "Émis le"),
            Column::number("", "Pages"),
            Column::number("", "Taille (ko)"),
        ],
        rows: cells.collect(),
        total,
        query,
        search: None,
        filters: Vec::new(),
        empty: "Aucun document : ils sont préparés à l’émission des commandes.".into(),
        noun: ("document", "documents"),
    };
    let values =
        minijinja::context! { id => id, ..super::window::head(&window, pages.app.today()) };
    listing.respond(&pages, &who, "pages/buying/window_papers.html", values).await
}
