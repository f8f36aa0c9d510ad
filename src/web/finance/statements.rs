//! Members' statements of an invoice: issued in bulk, listed, taken one by one or as a ZIP.

use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::ids::InvoiceId;
use domain::money::Cents;
use domain::platform::role::Right;
use minijinja::context;

use super::words::title;
use super::{Row, download, load};
use crate::store::invoices::{self as store, Statement};
use crate::usecases::UseCaseError;
use crate::usecases::invoices::{self as desk, statement_file_name, statements_zip};
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
        empty: "Les relevés reçoivent leur numéro quand une seconde personne valide la répartition."
            .into(),
        noun: ("relevé", "relevés"),
    };
    let missing = numbered - issued;
    let values = context! {
        title => title(&invoice),
        id => id,
        issued => issued,
        missing => missing,
        to_issue => missing > 0 && who.may(Right::KeepInvoices),
        words => format!(
            "{} {} sur {} {}",
            french::count(issued),
            french::plural(issued, "émis", "émis"),
            french::count(numbered),
            french::plural(numbered, "relevé", "relevés")
        ),
        percent => if numbered == 0 { 0 } else { issued * 100 / numbered },
        missing_words => format!(
            "{} {}",
            french::count(missing),
            french::plural(missing, "relevé à émettre", "relevés à émettre")
        ),
    };
    listing.respond(&pages, &who, "pages/finance/statements.html", values).await
}

fn row(one: &Statement) -> Vec<Cell> {
    vec![
        match one.paper_id {
            Some(paper) => Cell::link(one.number.as_str(), format!("/comptabilite/releves/{paper}")),
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
    let said = render(&pages, &who, invoice.id).await?;
    pages.done(&who, &format!("/comptabilite/factures/{id}/releves"), said).await
}

/// Issues what is not issued yet; what a person is told. The one place that says when: at once.
async fn render(pages: &Pages, who: &Agent, id: InvoiceId) -> Result<String, UseCaseError> {
    let app = &pages.app;
    let Some(shared) = store::allocation_of(&app.store, id).await? else {
        return Err(UseCaseError::refused(
            "facture_non_repartie",
            "Ce document n’est pas encore réparti : aucun relevé n’est à émettre.",
        ));
    };
    let made = desk::issue_statements(app, &who.actor(), shared.id, |_| ()).await?;
    Ok(if made == 0 {
        "Tous les relevés étaient déjà émis : rien n’a été ajouté.".into()
    } else {
        format!(
            "{} {}. Chaque membre les trouve dans ses documents.",
            french::count(made),
            french::plural(made, "relevé est émis", "relevés sont émis")
        )
    })
}

pub(super) async fn bundle(
    State(pages): State<Pages>,
    _who: May<ReadPurchases>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let invoice = load(&pages, id).await?;
    let bytes = statements_zip(&pages.app, invoice.id).await?;
    let number = desk::statement::file_name_part(&invoice.number);
    download("application/zip", &format!("releves_{number}.zip"), bytes)
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
