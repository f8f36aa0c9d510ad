//! What a member owes: whom it pays, until when, and how its share was made.

mod invoice;
mod share;
mod upload;
mod words;

use axum::extract::State;
use axum::response::Response;
use domain::money::Cents;
use domain::platform::role::Right;
use minijinja::context;

use crate::store::invoices::member_invoices;
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::listing::{Cell, Column, ListQuery, Listing};
use crate::web::rights::ReadOwn;
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/factures", list)
        .get("/factures/depot", upload::form)
        .upload("/factures/depot", upload::send)
        .get("/factures/{id}", invoice::show)
        .get("/factures/{id}/paiement", invoice::payment)
        .post("/factures/{id}/paiement", invoice::pay)
}

async fn list(
    State(pages): State<Pages>,
    who: May<ReadOwn>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let today = pages.app.today();
    let slice = query.slice("");
    let (rows, total) = member_invoices(&pages.app.store, who.organisation, &slice).await?;
    let cells = rows.iter().map(|row| {
        let standing = words::standing(row, today);
        vec![
            Cell::link(words::name(row), format!("/factures/{}", row.id)),
            Cell::text(row.supplier.clone()),
            Cell::Date(row.issued_on),
            Cell::text_or_absent(row.order_number.clone()),
            row.payable_cents.map_or(Cell::Absent, |cents| Cell::Money(Cents(cents))),
            Cell::state(standing.word, standing.tone),
            Cell::date(row.due_on.filter(|_| row.state == "validated" && !row.credit)),
            Cell::text_or_absent(row.statement_number.clone()),
        ]
    });
    let listing = Listing {
        name: "factures",
        caption: "Ce que votre organisme doit, TTC. Un avoir vient en moins.".into(),
        columns: vec![
            Column::text("facture", "Facture"),
            Column::text("fournisseur", "Fournisseur"),
            Column::text("date", "Datée du"),
            Column::text("", "Commande"),
            Column::number("ttc", "Votre part TTC"),
            Column::text("etat", "À faire"),
            Column::text("payer", "À payer avant le"),
            Column::text("", "Relevé"),
        ],
        rows: cells.collect(),
        total,
        query,
        search: Some("Chercher une facture : numéro, fournisseur, commande"),
        filters: Vec::new(),
        empty:
            "Aucune facture pour l’instant. Votre part de chaque facture apparaît ici dès qu’elle \
                est contrôlée et validée, avec la date de paiement."
                .into(),
        noun: ("facture", "factures"),
    };
    let values = context! { may_upload => who.may(Right::UploadInvoices) };
    listing.respond(&pages, &who, "pages/invoices/list.html", values).await
}
