//! What deserves a second look over all the answers.

use axum::extract::State;
use axum::response::Response;
use domain::campaigns::anomaly::AnomalyKind;
use domain::campaigns::census::CensusState;
use domain::french;
use minijinja::context;

use super::show::Desk;
use crate::store::campaigns::{self as store, Anomaly};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::listing::{Cell, Column, Filter, ListQuery, Listing};
use crate::web::rights::ReadMembers;
use crate::web::routes::Row;

fn row(home: &str, found: Anomaly) -> Vec<Cell> {
    let article = found.article.map(|(reference, label)| format!("{reference} {label}"));
    vec![
        Cell::link(found.name, format!("{home}/membres/{}", found.member)),
        Cell::text(found.kind.french()),
        Cell::text_or_absent(found.site),
        Cell::text_or_absent(article),
        found.year.map_or(Cell::Absent, |year| Cell::text(year.to_string())),
        found.quantity.map_or(Cell::Absent, Cell::Quantity),
        found.compared.map_or(Cell::Absent, Cell::Quantity),
    ]
}

pub(super) async fn list(
    State(pages): State<Pages>,
    who: May<ReadMembers>,
    Row(id): Row<i64>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let desk = Desk::of(&pages, id).await?;
    let (on, today) = (&pages.app.store, pages.app.today());
    let kind = query.filter("genre").and_then(AnomalyKind::from_code);
    let counts = store::anomaly_counts(on, &desk.census, today).await?;
    let found = store::anomalies(on, &desk.census, today, kind, &query.slice("")).await?;
    let total = counts
        .iter()
        .filter(|(of, _)| kind.is_none_or(|kind| kind == *of))
        .map(|(_, found)| found)
        .sum();
    let home = desk.home();
    let summary = counts.iter().filter(|(_, found)| *found > 0).map(|(kind, found)| {
        context! {
            words => kind.french(),
            advice => kind.advice(),
            count => french::thousands(&found.to_string()),
            href => format!("{home}/anomalies?genre={}", kind.code()),
        }
    });
    let summary: Vec<_> = summary.collect();
    let no_site =
        counts.iter().any(|(kind, found)| *kind == AnomalyKind::NoDeliveryPoint && *found > 0);
    let kinds = AnomalyKind::ALL.iter().map(|one| (one.code().to_owned(), one.french().to_owned()));
    let listing = Listing {
        name: "anomalies",
        caption: format!("À revoir dans « {} »", desk.census.census.name),
        columns: vec![
            Column::text("", "Membre"),
            Column::text("", "À revoir"),
            Column::text("", "Point de livraison"),
            Column::text("", "Article"),
            Column::text("", "Année"),
            Column::number("", "Demandé"),
            Column::number("", "An dernier ou arrondi"),
        ],
        rows: found.into_iter().map(|found| row(&home, found)).collect(),
        total,
        query,
        search: None,
        filters: vec![Filter { key: "genre", label: "À revoir", options: kinds.collect() }],
        empty: "Rien n’appelle un second regard pour l’instant.".into(),
        noun: ("point à revoir", "points à revoir"),
    };
    let values = context! {
        census => desk.head(&pages, &who),
        summary => summary,
        completes => no_site && desk.census.census.state == CensusState::Open,
    };
    listing.respond(&pages, &who, "pages/censuses/anomalies.html", values).await
}
