//! The contracts: holder, lot, dates, and how much of each ceiling is committed.

use axum::extract::State;
use axum::response::Response;
use domain::money::{Cents, Net};
use minijinja::{Value, context};

use super::words::{is_near, percent};
use crate::store::tenders::{ContractFilter, DeskContract, desk_contracts};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::listing::{Cell, Column, Filter, ListQuery, Listing};
use crate::web::rights::ReadPurchases;
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new().get("/gestion/marches", list)
}

async fn list(
    State(pages): State<Pages>,
    who: May<ReadPurchases>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let today = pages.app.today();
    let filter = match query.filter("etat") {
        Some("en_cours") => ContractFilter::Running(today),
        Some("proche") => ContractFilter::Near,
        Some("fini") => ContractFilter::Over(today),
        _ => ContractFilter::All,
    };
    let (rows, total) = desk_contracts(&pages.app.store, filter, &query.slice("numero")).await?;
    let bars: Vec<Value> = rows.iter().map(bar).collect();
    let listing = Listing {
        name: "marches",
        caption: "Marchés du groupement, montants HT".into(),
        columns: vec![
            Column::text("numero", "Marché"),
            Column::text("lot", "Lot"),
            Column::text("", "Objet"),
            Column::text("titulaire", "Titulaire"),
            Column::text("debut", "Début"),
            Column::text("fin", "Dernier jour de commande"),
            Column::number("engage", "Engagé HT"),
            Column::number("maximum", "Maximum HT"),
            Column::text("", "Part engagée"),
            Column::number("", "Commandes émises"),
        ],
        rows: rows.iter().map(row).collect(),
        total,
        query,
        search: Some("Numéro, objet ou titulaire"),
        filters: vec![Filter {
            key: "etat",
            label: "État",
            options: [
                ("en_cours", "commandes possibles aujourd’hui"),
                ("proche", "80 % du maximum ou plus"),
                ("fini", "durée écoulée"),
            ]
            .map(|(code, words)| (code.to_owned(), words.to_owned()))
            .to_vec(),
        }],
        empty: "Aucun marché : il en vient un de chaque lot attribué.".into(),
        noun: ("marché", "marchés"),
    };
    let values = context! {
        title => "Marchés",
        lead => "Titulaires, durées et maximums. Une alerte paraît dès que 80 % d’un maximum sont engagés.",
        bars => bars,
        bars_title => "Part du maximum engagée, par marché",
        bars_head => "Marché",
        bars_value => "Part du maximum HT",
        actions => Vec::<Value>::new(),
    };
    listing.respond(&pages, &who, "pages/buying/list.html", values).await
}

fn bar(row: &DeskContract) -> Value {
    let part = percent(row.committed_cents, row.ceiling_cents);
    let value = format!(
        "{part} % de {}{}",
        Net::from_cents(row.ceiling_cents).french(),
        if is_near(row.committed_cents, row.ceiling_cents) { ", à surveiller" } else { "" }
    );
    context! { label => row.number.as_str(), value => value, part => part.clamp(0, 100) }
}

fn row(row: &DeskContract) -> Vec<Cell> {
    let part = percent(row.committed_cents, row.ceiling_cents);
    let gauge = if is_near(row.committed_cents, row.ceiling_cents) {
        Cell::state(format!("{part} %, à surveiller"), "warn")
    } else {
        Cell::state(format!("{part} %"), "open")
    };
    vec![
        Cell::link(&row.number, format!("/gestion/marches/{}", row.id)),
        Cell::text(&row.lot),
        Cell::text(&row.title),
        Cell::text(&row.holder),
        Cell::Date(row.starts_on),
        Cell::Date(row.last_order_on),
        Cell::Money(Cents(row.committed_cents)),
        Cell::Money(Cents(row.ceiling_cents)),
        gauge,
        Cell::Count(row.orders),
    ]
}
