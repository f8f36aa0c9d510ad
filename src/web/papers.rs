//! A member's papers: listed by year and kind, taken one by one or all of a year at once.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::french;
use domain::ids::PaperId;
use futures_util::stream;
use minijinja::{Value, context};

use super::Pages;
use super::agent::May;
use super::error::PageError;
use super::listing::{Cell, Column, Filter, ListQuery, Listing};
use super::rights::ReadOwn;
use super::routes::{Routes, Row};
use crate::store::chain;
use crate::store::papers::{PaperFilter, member_paper, member_papers, paper_years};
use crate::usecases::bundle::{Bundle, paper_file_name, paper_kind, papers_of_year};

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/documents", list)
        .get("/documents/{id}", download)
        .get("/documents/annee/{year}", year)
}

/// The kinds that a member gets.
const KINDS: [&str; 4] =
    ["purchase_order", "delivery_extract", "allocation_statement", "needs_receipt"];

fn size(bytes: u64) -> String {
    let kilobytes = bytes.div_ceil(1024).max(1);
    if kilobytes < 1024 {
        format!("{kilobytes} ko")
    } else {
        let tenths = (kilobytes * 10).div_ceil(1024);
        format!("{},{} Mo", tenths / 10, tenths % 10)
    }
}

async fn list(
    State(pages): State<Pages>,
    who: May<ReadOwn>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let on = &pages.app.store;
    let filter = PaperFilter {
        year: query.filter("annee").and_then(|year| year.parse().ok()),
        kind: query.filter("sorte").map(str::to_owned),
    };
    let years = paper_years(on, who.organisation).await?;
    let slice = query.slice("");
    let (rows, total) = member_papers(on, who.organisation, &filter, &slice).await?;
    let cells = rows.iter().map(|row| {
        vec![
            Cell::link(
                format!("{} {}", paper_kind(&row.kind), row.number),
                format!("/documents/{}", row.id),
            ),
            Cell::text_or_absent(Some(row.about.clone())),
            Cell::Date(row.issued_on),
            Cell::Count(row.pages),
            Cell::text(size(u64::try_from(row.bytes).unwrap_or_default())),
        ]
    });
    let bundles: Vec<Value> = years
        .iter()
        .map(|year| {
            let count = usize::try_from(year.papers).unwrap_or(usize::MAX);
            context! {
                year => year.year,
                detail => format!(
                    "{} {}, {}",
                    french::count(count),
                    french::plural(count, "document", "documents"),
                    size(year.bytes)
                ),
            }
        })
        .collect();
    let option = |code: &str, words: &str| (code.to_owned(), words.to_owned());
    let listing = Listing {
        name: "documents",
        caption: "Vos documents, en PDF. Un document émis ne change jamais.".into(),
        columns: vec![
            Column::text("document", "Document"),
            Column::text("", "Objet"),
            Column::text("date", "Émis le"),
            Column::number("", "Pages"),
            Column::number("taille", "Taille"),
        ],
        rows: cells.collect(),
        total,
        query,
        search: Some("Chercher un document : numéro, facture, objet"),
        filters: vec![
            Filter {
                key: "annee",
                label: "Année",
                options: years
                    .iter()
                    .map(|year| option(&year.year.to_string(), &year.year.to_string()))
                    .collect(),
            },
            Filter {
                key: "sorte",
                label: "Sorte",
                options: KINDS.iter().map(|kind| option(kind, paper_kind(kind))).collect(),
            },
        ],
        empty:
            "Aucun document pour l’instant. Le récépissé de vos besoins, vos bons de commande et \
                vos relevés seront ici."
                .into(),
        noun: ("document", "documents"),
    };
    listing.respond(&pages, &who, "pages/papers/list.html", context! { years => bundles }).await
}

fn attachment(name: &str) -> (header::HeaderName, String) {
    (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))
}

/// The bytes as they were issued, under a name that says what they are.
async fn download(
    State(pages): State<Pages>,
    who: May<ReadOwn>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let paper = member_paper(&pages.app.store, who.organisation, PaperId(id)).await?;
    let bytes = pages.app.files.get(&paper.file_key).await?;
    let kind = (header::CONTENT_TYPE, "application/pdf".to_owned());
    Ok(([kind, attachment(&paper_file_name(&paper))], bytes).into_response())
}

/// All papers of a year as a ZIP that is sent while it is made.
async fn year(
    State(pages): State<Pages>,
    who: May<ReadOwn>,
    Row(year): Row<i32>,
) -> Result<Response, PageError> {
    let bundle = papers_of_year(&pages.app, who.organisation, year).await?;
    let pieces = stream::unfold(bundle, next);
    let kind = (header::CONTENT_TYPE, "application/zip".to_owned());
    let name = attachment(&format!("documents-{year}.zip"));
    Ok(([kind, name], Body::from_stream(pieces)).into_response())
}

async fn next(mut bundle: Bundle) -> Option<(Result<Bytes, std::io::Error>, Bundle)> {
    let piece = bundle.next().await?.map(Bytes::from).map_err(|error| {
        // The head is gone already: cut short, the archive cannot be opened as if it were whole.
        tracing::error!(error = chain(&error), "archive of papers failed");
        std::io::Error::other("a paper could not be read")
    });
    Some((piece, bundle))
}
