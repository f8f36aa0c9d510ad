//! The catalogue by family, searched; taken away as CSV or XLSX.

use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::platform::role::Right;
use minijinja::context;

use crate::store::catalogue::{self as store, ArticleFilter, ArticleLine};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::listing::{Cell, Column, Filter, ListQuery, Listing};
use crate::web::rights::ReadPurchases;

/// « 20 % », « 5,5 % ».
pub(super) fn rate(line: domain::vat::VatRate) -> String {
    let percent = rust_decimal::Decimal::new(line.basis_points(), 2).normalize();
    format!("{} %", french::decimal(percent))
}

fn row(line: ArticleLine, today: chrono::NaiveDate) -> Vec<Cell> {
    let state = match line.retired_on {
        Some(day) if day <= today => Cell::state("retiré", "quiet"),
        Some(day) => Cell::state(format!("retiré le {}", french::date(day)), "warn"),
        None => Cell::state("proposé", "good"),
    };
    let family = if line.sub_family.is_empty() {
        line.family
    } else {
        format!("{}, {}", line.family, line.sub_family)
    };
    vec![
        Cell::link(line.reference, format!("/gestion/catalogue/{}", line.id)),
        Cell::text(line.label),
        Cell::text(family),
        Cell::text(line.lot),
        Cell::text(line.unit_label),
        line.pack.map_or(Cell::Absent, Cell::Quantity),
        Cell::text(line.price.french_bare()),
        Cell::text(rate(line.vat_rate)),
        Cell::Date(line.since),
        Cell::Count(line.versions),
        state,
    ]
}

pub(super) async fn list(
    State(pages): State<Pages>,
    who: May<ReadPurchases>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let on = &pages.app.store;
    let today = pages.app.today();
    let filter = ArticleFilter {
        family: query.filter("famille").map(str::to_owned),
        lot: query.filter("lot").map(str::to_owned),
        retired: query.filter("retires") == Some("oui"),
    };
    let slice = query.slice("famille");
    let (lines, total) = store::article_list(on, today, &filter, &slice).await?;
    let families = store::families(on).await?;
    let listing = Listing {
        name: "catalogue",
        caption: format!("Catalogue au {}, prix de référence HT", french::date(today)),
        columns: vec![
            Column::text("reference", "Référence"),
            Column::text("article", "Article"),
            Column::text("famille", "Famille"),
            Column::text("lot", "Lot"),
            Column::text("", "Unité"),
            Column::number("", "Conditionnement"),
            Column::number("prix", "Prix HT (€)"),
            Column::number("", "TVA"),
            Column::text("depuis", "Depuis le"),
            Column::number("", "Versions"),
            Column::text("", "État"),
        ],
        rows: lines.into_iter().map(|line| row(line, today)).collect(),
        total,
        query,
        search: Some("Chercher un article"),
        filters: vec![
            Filter {
                key: "famille",
                label: "Famille",
                options: families.into_iter().map(|name| (name.clone(), name)).collect(),
            },
            Filter {
                key: "retires",
                label: "Retirés",
                options: vec![("oui".into(), "avec les articles retirés".into())],
            },
        ],
        empty: "Le catalogue est vide : importez-le depuis un fichier CSV.".into(),
        noun: ("article", "articles"),
    };
    let values = context! { may_buy => who.may(Right::Buy) };
    listing.respond(&pages, &who, "pages/catalogue/list.html", values).await
}
