//! The journal, read by the buyer; verified and taken away by the administrator.

use axum::extract::State;
use axum::response::Response;
use domain::dates::paris_time;
use domain::french;
use domain::platform::journal::{ChainHead, JournalEntry};
use minijinja::context;

use super::journal_words::{action, subject};
use crate::store::platform::{JournalFilter, Told, journal_after, journal_page, journal_subjects};
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::listing::{Cell, Column, Filter, ListQuery, Listing};
use crate::web::rights::{Administer, Buy};
use crate::web::routes::Routes;

/// Entries read at once when the chain is verified.
const AT_ONCE: u64 = 2_000;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/gestion/journal", read)
        .get("/administration/journal", administer)
        .post("/administration/journal/verification", verify)
}

async fn list(
    pages: &Pages,
    who: &Agent,
    query: ListQuery,
    (title, lead, chain): (&str, &str, bool),
) -> Result<Response, PageError> {
    let on = &pages.app.store;
    let filter = JournalFilter {
        subject: query.filter("objet").map(str::to_owned),
        subject_id: query.filter("numero").and_then(|text| text.parse().ok()),
        from: query.filter("du").and_then(|text| text.parse().ok()),
        to: query.filter("au").and_then(|text| text.parse().ok()),
    };
    let (rows, total) = journal_page(on, &filter, &query.slice("-quand")).await?;
    let subjects = journal_subjects(on).await?;
    let mut columns = vec![
        Column::number("quand", "N°"),
        Column::text("", "Quand"),
        Column::text("qui", "Qui"),
        Column::text("quoi", "Quoi"),
        Column::text("", "Objet"),
        Column::text("", "Détail"),
    ];
    if chain {
        columns.push(Column::text("", "Empreinte"));
    }
    let shown = (
        query.filter("du").unwrap_or_default().to_owned(),
        query.filter("au").unwrap_or_default().to_owned(),
    );
    let listing = Listing {
        name: "journal",
        caption: "Journal, le plus récent d’abord".into(),
        columns,
        rows: rows.iter().map(|told| row(told, chain)).collect(),
        total,
        query,
        search: Some("Personne, action ou détail"),
        filters: vec![Filter {
            key: "objet",
            label: "Objet",
            options: subjects.into_iter().map(|code| (code.clone(), subject(&code))).collect(),
        }],
        empty: "Le journal est vide.".into(),
        noun: ("entrée", "entrées"),
    };
    let values =
        context! { title => title, lead => lead, chain => chain, from => shown.0, to => shown.1 };
    listing.respond(pages, who, "pages/buying/journal.html", values).await
}

fn row(told: &Told, chain: bool) -> Vec<Cell> {
    let name = format!("{} {}", subject(&told.subject), told.subject_id);
    let href = match told.subject.as_str() {
        "order" => Some(format!("/gestion/commandes/{}", told.subject_id)),
        "order_window" => Some(format!("/gestion/fenetres/{}", told.subject_id)),
        "contract" => Some(format!("/gestion/marches/{}", told.subject_id)),
        "organisation" => Some(format!("/gestion/membres/{}", told.subject_id)),
        "convention" => Some(format!("/gestion/conventions/{}", told.subject_id)),
        _ => None,
    };
    let mut cells = vec![
        Cell::Count(told.id),
        Cell::text(paris_time(told.at).format("%d/%m/%Y %H:%M:%S").to_string()),
        Cell::text(&told.actor),
        Cell::text(action(&told.action)),
        href.map_or_else(|| Cell::text(name.clone()), |href| Cell::link(name.clone(), href)),
        Cell::text_or_absent(Some(told.details.clone())),
    ];
    if chain {
        cells.push(Cell::text(&told.hash));
    }
    cells
}

async fn read(
    State(pages): State<Pages>,
    who: May<Buy>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let lead = "Qui a fait quoi, et quand. Rien ne s’efface du journal.";
    list(&pages, &who, query, ("Journal", lead, false)).await
}

async fn administer(
    State(pages): State<Pages>,
    who: May<Administer>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let lead = "Chaque entrée porte l’empreinte de toutes celles d’avant : une entrée changée ou \
                retirée se voit à la vérification.";
    list(&pages, &who, query, ("Journal et vérification", lead, true)).await
}

/// Walks the whole chain; the entry at which it breaks, or how many hold.
async fn walk(pages: &Pages) -> Result<(i64, Option<String>), PageError> {
    let mut head = ChainHead::START;
    loop {
        let page: Vec<(JournalEntry, _)> =
            journal_after(&pages.app.store, head.sequence, AT_ONCE).await?;
        if page.is_empty() {
            return Ok((head.sequence, None));
        }
        for (entry, hash) in page {
            match head.next(&entry, hash) {
                Ok(next) => head = next,
                Err(broken) => return Ok((entry.sequence, Some(broken.to_string()))),
            }
        }
    }
}

async fn verify(State(pages): State<Pages>, who: May<Administer>) -> Result<Response, PageError> {
    let (sequence, broken) = walk(&pages).await?;
    let number = french::thousands(&sequence.to_string());
    let values = context! { holds => broken.is_none(), number => number };
    pages.page(&who, "pages/buying/journal_verified.html", values).await
}
