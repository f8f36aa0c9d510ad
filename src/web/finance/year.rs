//! Figures of a year: by contract, by suggested account, by member.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::Datelike;
use domain::money::Cents;
use minijinja::{Value, context};

use super::Row;
use super::words::{euros, figure};
use crate::store::invoices::{self as store, YearRow, YearTotal};
use crate::usecases::invoices::{YearAccount, year_by_account};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::listing::{Cell, Column, ListQuery, Listing};
use crate::web::rights::ReadPurchases;

pub(super) async fn current(
    State(pages): State<Pages>,
    _who: May<ReadPurchases>,
) -> Result<Response, PageError> {
    let year = pages.app.today().year();
    Ok(Redirect::to(&format!("/comptabilite/annees/{year}")).into_response())
}

pub(super) async fn show(
    State(pages): State<Pages>,
    who: May<ReadPurchases>,
    Row(year): Row<i32>,
    query: ListQuery,
) -> Result<Response, PageError> {
    if !(2000..=2100).contains(&year) {
        return Err(PageError::NotFound);
    }
    let on = &pages.app.store;
    let total = store::year_total(on, year).await?;
    let contracts = store::year_by_contract(on, year).await?;
    let accounts = year_by_account(&pages.app, year).await?;
    let shown = query.filter("tableau").unwrap_or("membres").to_owned();
    let listing = match shown.as_str() {
        "marches" => by_contract(year, &contracts, query),
        "comptes" => by_account(year, &accounts, query),
        _ => {
            let (members, count) = store::year_by_member(on, year, &query.slice("-ttc")).await?;
            by_member(year, &members, count, query)
        }
    };
    let nets = contracts.iter().map(|row| (row.name.clone(), row.net_cents));
    let by_account = accounts.iter().map(|row| {
        let name = row.account.as_deref().map(|account| format!("{account} {}", row.label));
        (name.unwrap_or_else(|| row.label.clone()), row.net.cents())
    });
    let values = context! {
        year => year,
        current => pages.app.today().year(),
        table => shown,
        figures => figures(total),
        any => total.invoices + total.credits > 0,
        contracts => bars(nets),
        accounts => bars(by_account),
    };
    let about = year.to_string();
    listing.respond_about(&about, &pages, &who, "pages/finance/year.html", values).await
}

fn figures(total: YearTotal) -> Vec<Value> {
    vec![
        figure(total.invoices.to_string(), "factures validées"),
        figure(total.credits.to_string(), "avoirs déduits"),
        figure(total.members.to_string(), "membres"),
        figure(euros(total.net_cents), "HT"),
        figure(euros(total.gross_cents), "TTC"),
    ]
}

/// Bars as long as their part of the longest.
fn bars(rows: impl Iterator<Item = (String, i64)>) -> Vec<Value> {
    let rows: Vec<(String, i64)> = rows.collect();
    let most = rows.iter().map(|(_, cents)| *cents).max().unwrap_or(0).max(1);
    rows.into_iter()
        .map(|(label, cents)| {
            let part = i128::from(cents.max(0)) * 100 / i128::from(most);
            context! { label => label, value => euros(cents), part => i64::try_from(part).unwrap_or(0) }
        })
        .collect()
}

fn money(cents: i64) -> Cell {
    Cell::Money(Cents(cents))
}

/// The sums of one member or contract.
fn sums(row: &YearRow) -> Vec<Cell> {
    vec![
        Cell::text(row.name.as_str()),
        Cell::text(row.detail.as_str()),
        Cell::Count(row.invoices),
        money(row.net_cents),
        money(row.vat_cents),
        money(row.gross_cents),
    ]
}

/// A table of a year: its name as a file, by what it adds up, what that is called.
fn table(
    year: i32,
    (name, caption, noun): (&'static str, &str, (&'static str, &'static str)),
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    query: ListQuery,
) -> Listing {
    Listing {
        name,
        caption: caption.to_owned(),
        columns,
        total: rows.len() as u64,
        rows,
        query,
        search: None,
        filters: Vec::new(),
        empty: format!("Aucune facture de {year} n’est encore validée."),
        noun,
    }
}

fn by_member(year: i32, rows: &[YearRow], total: u64, query: ListQuery) -> Listing {
    let caption = format!("Montants validés en {year}, par membre, avoirs déduits");
    let columns = vec![
        Column::text("membre", "Membre"),
        Column::text("", "SIRET"),
        Column::number("factures", "Factures"),
        Column::number("ht", "HT"),
        Column::number("tva", "TVA"),
        Column::number("ttc", "TTC"),
    ];
    let what = ("annee_par_membre", caption.as_str(), ("membre", "membres"));
    let rows = rows.iter().map(sums).collect();
    Listing { total, search: Some("Membre"), ..table(year, what, columns, rows, query) }
}

fn by_contract(year: i32, rows: &[YearRow], query: ListQuery) -> Listing {
    let caption = format!("Montants validés en {year}, par marché, avoirs déduits");
    let columns = vec![
        Column::text("", "Marché"),
        Column::text("", "Objet"),
        Column::number("", "Factures"),
        Column::number("", "HT"),
        Column::number("", "TVA"),
        Column::number("", "TTC"),
    ];
    let what = ("annee_par_marche", caption.as_str(), ("marché", "marchés"));
    table(year, what, columns, rows.iter().map(sums).collect(), query)
}

fn by_account(year: i32, rows: &[YearAccount], query: ListQuery) -> Listing {
    let caption = format!("Montants HT validés en {year}, par compte suggéré, avoirs déduits");
    let columns = vec![
        Column::text("", "Compte M57"),
        Column::text("", "Libellé"),
        Column::number("", "HT"),
        Column::text("", "Source"),
    ];
    let cells = |row: &YearAccount| {
        vec![
            Cell::text_or_absent(row.account.clone()),
            Cell::text(row.label.as_str()),
            Cell::Money(row.net.0),
            Cell::text_or_absent(Some(row.source.clone())),
        ]
    };
    let what = ("annee_par_compte", caption.as_str(), ("compte", "comptes"));
    table(year, what, columns, rows.iter().map(cells).collect(), query)
}
