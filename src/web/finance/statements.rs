//! Members' statements of an invoice: issued in bulk, listed, taken one by one or as a ZIP.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::ids::InvoiceId;
use domain::invoices::state::InvoiceState;
use domain::money::Cents;
use domain::platform::job::{JobKind, JobState};
use domain::platform::role::Right;
use futures_util::stream;
use minijinja::{Value, context};

use super::words::title;
use super::{Row, download, load};
use crate::store::chain;
use crate::store::invoices::{self as store, Statement, StoredInvoice};
use crate::store::platform::jobs::last_of;
use crate::usecases::UseCaseError;
use crate::usecases::invoices::{self as desk, statement_file_name, statements_zip};
use crate::usecases::platform::jobs::{self, Work};
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::listing::{Cell, Column, ListQuery, Listing};
use crate::web::rights::{KeepInvoices, ReadPurchases};

pub(super) async fn show(
    State(pages): State<Pages>,
    who: May<ReadPurchases>,
    Row(id): Row<i64>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let invoice = load(&pages, id).await?;
    let mut all = store::statements(&pages.app.store, InvoiceId(id)).await?;
    let issued = all.iter().filter(|one| one.paper_id.is_some()).count();
    let numbered = all.len();
    let slice = query.slice("numero");
    let search = slice.search.to_lowercase();
    all.retain(|one| {
        one.name.to_lowercase().contains(&search) || one.number.to_lowercase().contains(&search)
    });
    match slice.sort.as_str() {
        "membre" => all.sort_by(|a, b| a.name.cmp(&b.name)),
        "montant" => all.sort_by_key(|one| one.gross_cents),
        _ => {}
    }
    if slice.descending {
        all.reverse();
    }
    let total = all.len() as u64;
    let offset = usize::try_from(slice.offset).unwrap_or(usize::MAX);
    let limit = usize::try_from(slice.limit).unwrap_or(usize::MAX);
    let listing = Listing {
        name: "releves",
        caption: format!("Relevés de répartition, {}", title(&invoice)),
        columns: vec![
            Column::text("numero", "Relevé"),
            Column::text("membre", "Membre"),
            Column::text("", "SIRET"),
            Column::number("montant", "Part TTC"),
            Column::number("", "À payer TTC"),
            Column::text("", "Émis le"),
            Column::number("", "Pages"),
        ],
        rows: all.iter().skip(offset).take(limit).map(row).collect(),
        total,
        query,
        search: Some("Membre ou numéro"),
        filters: Vec::new(),
        empty:
            "Les relevés reçoivent leur numéro quand une seconde personne valide la répartition."
                .into(),
        noun: ("relevé", "relevés"),
    };
    let missing = numbered - issued;
    let job = last_job(&pages, &invoice).await?;
    let running =
        job.as_ref().is_some_and(|job| job.get_attr("running").is_ok_and(|it| it.is_true()));
    let values = context! {
        title => title(&invoice),
        id => id,
        issued => issued,
        missing => missing,
        to_issue => missing > 0 && !running && who.may(Right::KeepInvoices),
        job => job,
        words => format!(
            "{} {} sur {} {}",
            french::count(issued),
            french::plural(issued, "émis", "émis"),
            french::count(numbered),
            french::plural(numbered, "relevé", "relevés")
        ),
        percent => (issued * 100).checked_div(numbered).unwrap_or(0),
        missing_words => format!(
            "{} {}",
            french::count(missing),
            french::plural(missing, "relevé à émettre", "relevés à émettre")
        ),
    };
    let about = &invoice.number;
    listing.respond_about(about, &pages, &who, "pages/finance/statements.html", values).await
}

fn row(one: &Statement) -> Vec<Cell> {
    vec![
        match one.paper_id {
            Some(paper) => {
                Cell::link(one.number.as_str(), format!("/comptabilite/releves/{paper}"))
            }
            None => Cell::text(one.number.as_str()),
        },
        Cell::text(one.name.as_str()),
        Cell::text(one.siret.as_str()),
        Cell::Money(Cents(one.gross_cents)),
        Cell::Money(Cents(one.payable_cents)),
        Cell::date(one.issued_on),
        one.pages.map_or(Cell::Absent, Cell::Count),
    ]
}

pub(super) async fn issue(
    State(pages): State<Pages>,
    who: May<KeepInvoices>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let invoice = load(&pages, id).await?;
    ask(&pages, &who, &invoice).await?;
    let said = "Les relevés sont en préparation. Cette page dit où ils en sont ; vous pouvez la \
                quitter, le travail continue.";
    pages.done(&who, &back(invoice.id), said).await
}

fn back(id: InvoiceId) -> String {
    format!("/comptabilite/factures/{id}/releves")
}

/// Asks for what is not issued yet; a double click asks once.
async fn ask(pages: &Pages, who: &Agent, invoice: &StoredInvoice) -> Result<(), UseCaseError> {
    let app = &pages.app;
    let shared = store::allocation_of(&app.store, invoice.id).await?;
    let validated = matches!(invoice.state, InvoiceState::Validated | InvoiceState::Paid);
    let Some(shared) = shared.filter(|_| validated) else {
        return Err(UseCaseError::refused(
            "repartition_non_validee",
            "La répartition de ce document n’est pas validée : une seconde personne doit la \
             valider avant l’émission des relevés.",
        ));
    };
    let work = Work::IssueStatements { allocation: shared.id, back: back(invoice.id) };
    jobs::start(app, &who.actor(), &shared.id.to_string(), &work).await?;
    Ok(())
}

/// Where the last job for this document is; `None` where there was none, or all is well.
async fn last_job(pages: &Pages, invoice: &StoredInvoice) -> Result<Option<Value>, PageError> {
    let on = &pages.app.store;
    let Some(shared) = store::allocation_of(on, invoice.id).await? else { return Ok(None) };
    let key = shared.id.to_string();
    let Some(job) = last_of(on, JobKind::IssueStatements, &key).await? else { return Ok(None) };
    Ok(match job.state {
        JobState::Waiting | JobState::Running => Some(context! {
            tone => "",
            running => true,
            words => "Les relevés sont en préparation. Rechargez cette page pour voir où ils en sont.",
        }),
        JobState::Dead => Some(context! {
            tone => "bad",
            running => false,
            words => format!(
                "La préparation s’est arrêtée : {} Corrigez, puis émettez de nouveau : ce qui est \
                 déjà émis ne le sera pas deux fois.",
                job.last_error.unwrap_or_default()
            ),
        }),
        JobState::Cancelled => Some(context! {
            tone => "warn",
            running => false,
            words => "La préparation a été annulée. Ce qui était émis le reste.",
        }),
        JobState::Done => None,
    })
}

pub(super) async fn bundle(
    State(pages): State<Pages>,
    _who: May<ReadPurchases>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let invoice = load(&pages, id).await?;
    let bundle = statements_zip(&pages.app, invoice.id).await?;
    let number = desk::statement::file_name_part(&invoice.number);
    let pieces = stream::try_unfold(bundle, async |mut bundle| {
        let piece = bundle.next().await.inspect_err(|error| {
            // The answer has begun: the reader sees a file that breaks off, the log sees why.
            tracing::error!(error = chain(error), "a bundle of statements broke off");
        })?;
        Ok::<_, UseCaseError>(piece.map(|piece| (piece, bundle)))
    });
    download("application/zip", &format!("releves_{number}.zip"), Body::from_stream(pieces))
}

pub(super) async fn one(
    State(pages): State<Pages>,
    _who: May<ReadPurchases>,
    Row(paper): Row<i64>,
) -> Result<Response, PageError> {
    let statement = store::statement_of_paper(&pages.app.store, paper).await?;
    let key = statement.file_key.as_deref().ok_or(PageError::NotFound)?;
    let bytes = pages.app.files.get(key).await?;
    download("application/pdf", &statement_file_name(&statement), bytes)
}
