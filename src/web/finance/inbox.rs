//! The inbox: every supplier's file, where it stands, what the checks said.

use axum::extract::State;
use axum::response::Response;
use chrono::{Datelike, Days};
use domain::french;
use domain::invoices::state::InvoiceState;
use domain::platform::role::Right;
use minijinja::{Value, context};

use super::words::state_cell;
use crate::store::invoices::{self as store, Arrived, DeskCounts, InboxFilter};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::listing::{Cell, Column, Filter, ListQuery, Listing};
use crate::web::rights::ReadPurchases;

pub(super) async fn show(
    State(pages): State<Pages>,
    who: May<ReadPurchases>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let app = &pages.app;
    let filter = InboxFilter {
        state: query.filter("etat").and_then(InvoiceState::from_code),
        credit: query.filter("nature").map(|kind| kind == "avoir"),
        year: query.filter("annee").and_then(|year| year.parse().ok()),
        ..InboxFilter::default()
    };
    let (rows, total) = store::inbox(&app.store, &filter, &query.slice("-recue")).await?;
    let today = app.today();
    let counts = store::desk_counts(&app.store, today, today + Days::new(7)).await?;
    let listing = Listing {
        name: "factures_recues",
        caption: "Factures et avoirs reçus".into(),
        columns: vec![
            Column::text("numero", "Facture"),
            Column::text("fournisseur", "Fournisseur"),
            Column::text("", "Nature"),
            Column::text("date", "Date"),
            Column::text("recue", "Reçue le"),
            Column::number("montant", "Montant TTC"),
            Column::text("etat", "État"),
            Column::text("", "Ce que disent les contrôles"),
            Column::text("echeance", "À payer avant le"),
            Column::text("payeur", "Payeur"),
            Column::text("", "Commande"),
        ],
        rows: rows.iter().map(row).collect(),
        total,
        query,
        search: Some("Numéro, fournisseur, commande ou payeur"),
        filters: filters(today.year()),
        empty: "Aucune facture n’est encore arrivée. Déposez les fichiers XML ou PDF Factur-X que \
                les fournisseurs ont envoyés."
            .into(),
        noun: ("facture ou avoir", "factures et avoirs"),
    };
    let values = context! {
        may_keep => who.may(Right::KeepInvoices),
        figures => figures(counts),
    };
    listing.respond(&pages, &who, "pages/finance/inbox.html", values).await
}

fn filters(year: i32) -> Vec<Filter> {
    let states = InvoiceState::ALL.iter().map(|state| (state.code().into(), state.french().into()));
    let years = (year - 4..=year).rev().map(|year| (year.to_string(), year.to_string()));
    let kinds = [("facture", "factures"), ("avoir", "avoirs")];
    vec![
        Filter { key: "etat", label: "État", options: states.collect() },
        Filter {
            key: "nature",
            label: "Nature",
            options: kinds.map(|(code, words)| (code.into(), words.into())).to_vec(),
        },
        Filter { key: "annee", label: "Année", options: years.collect() },
    ]
}

fn row(one: &Arrived) -> Vec<Cell> {
    vec![
        Cell::link(one.number.as_str(), format!("/comptabilite/factures/{}", one.id)),
        Cell::text(one.supplier.as_str()),
        Cell::text(if one.credit { "avoir" } else { "facture" }),
        Cell::Date(one.issued_on),
        Cell::Date(one.received_on),
        Cell::Money(one.gross.0),
        state_cell(one.state),
        Cell::text(checks(one)),
        Cell::date(one.due_on),
        Cell::text_or_absent(one.buyer.clone()),
        Cell::text_or_absent(one.order_number.clone()),
    ]
}

/// What the checks said, in one line: the first finding, and how many more there are.
fn checks(one: &Arrived) -> String {
    let Some(first) = &one.first_finding else { return "Rien à signaler".into() };
    let more = usize::try_from(one.blocking + one.warnings - 1).unwrap_or(0);
    let mut words = String::new();
    if one.blocking > 0 {
        words.push_str("Bloquant : ");
    }
    // One line of a list; the invoice's page has all of it.
    let cut: String = first.chars().take(110).collect();
    words.push_str(&cut);
    if cut.len() < first.len() {
        words.push('…');
    }
    if more > 0 {
        let others = french::plural(more, "autre point", "autres points");
        words.push_str(&format!(" (et {more} {others})"));
    }
    words
}

/// What waits, as figures that lead to their list.
fn figures(counts: DeskCounts) -> Vec<Value> {
    let figure = |value: i64, words: &str, href: &str| {
        context! { value => value, words => words, href => href }
    };
    vec![
        figure(counts.to_share, "à répartir", "?etat=matched"),
        figure(counts.to_validate, "à valider par une seconde personne", "?etat=allocated"),
        figure(counts.in_dispute, "en litige", "?etat=disputed"),
        figure(counts.late, "en retard de paiement", "/comptabilite/echeances?quand=retard"),
        figure(counts.due_soon, "à payer sous 7 jours", "/comptabilite/echeances?quand=7"),
    ]
}
