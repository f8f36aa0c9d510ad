//! What another basis or another key would change, member by member, before anything is booked.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use domain::group::convention::FreightKey;
use domain::invoices::basis::Basis;
use domain::invoices::state::InvoiceState;
use domain::money::Cents;
use domain::siret::Siret;
use minijinja::context;

use super::words::{self, title};
use super::{Row, load};
use crate::store::invoices::StoredInvoice;
use crate::usecases::UseCaseError;
use crate::usecases::invoices::{self as desk, Terms};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::listing::{Cell, Column, ListQuery, Listing};
use crate::web::rights::ReadPurchases;

/// One way to share, and what each member would pay by it.
struct Way {
    words: &'static str,
    /// Gross cents by member; why not, where it cannot be shared so.
    shares: Result<BTreeMap<Siret, i64>, Vec<String>>,
}

pub(super) async fn show(
    State(pages): State<Pages>,
    who: May<ReadPurchases>,
    Row(id): Row<i64>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let invoice = load(&pages, id).await?;
    if invoice.state != InvoiceState::Matched {
        return Err(UseCaseError::refused(
            "comparaison_avant_repartition",
            format!(
                "{} est à l’étape « {} » : seules les parts d’un document à répartir se comparent.",
                title(&invoice),
                invoice.state.french()
            ),
        )
        .into());
    }
    let by_key = query.filter("par") == Some("cle");
    let mut names = BTreeMap::new();
    let mut ways = Vec::new();
    for (words, terms) in alternatives(by_key) {
        ways.push(Way { words, shares: shares(&pages, &invoice, terms, &mut names).await? });
    }
    // The convention's own key may be any of the three: the reference is what would be booked.
    let reference = shares(&pages, &invoice, Terms::OF_THE_CONVENTION, &mut names).await?;
    let reference = reference.unwrap_or_default();
    let refused: Vec<String> = ways
        .iter()
        .filter_map(|way| {
            let reasons = way.shares.as_ref().err()?;
            Some(format!("Selon les {} : {}", way.words, reasons.join(" ")))
        })
        .collect();
    let listing = listing(&invoice, &ways, &reference, &names, query);
    let totals = ways.iter().map(|way| {
        let sum = way.shares.as_ref().map(|shares| shares.values().sum::<i64>());
        context! { words => way.words, total => sum.ok().map(words::euros) }
    });
    let values = context! {
        title => title(&invoice),
        id => id,
        by_key => by_key,
        refused => refused,
        totals => totals.collect::<Vec<_>>(),
    };
    let about = &invoice.number;
    listing.respond_about(about, &pages, &who, "pages/finance/side_by_side.html", values).await
}

fn alternatives(by_key: bool) -> Vec<(&'static str, Terms)> {
    if by_key {
        let terms = |key| Terms { key: Some(key), ..Terms::OF_THE_CONVENTION };
        FreightKey::ALL.iter().map(|key| (key.french(), terms(*key))).collect()
    } else {
        let terms = |basis| Terms { basis, ..Terms::OF_THE_CONVENTION };
        Basis::ALL.iter().map(|basis| (basis.french(), terms(*basis))).collect()
    }
}

/// What each member would pay of the document asked for.
async fn shares(
    pages: &Pages,
    invoice: &StoredInvoice,
    terms: Terms,
    names: &mut BTreeMap<Siret, String>,
) -> Result<Result<BTreeMap<Siret, i64>, Vec<String>>, PageError> {
    let preview = match desk::preview(&pages.app, invoice.id, &[], terms).await {
        Ok(preview) => preview,
        Err(UseCaseError::Refused(reasons)) => {
            return Ok(Err(reasons.into_iter().map(|one| one.message).collect()));
        }
        Err(error) => return Err(error.into()),
    };
    let mut found = BTreeMap::new();
    for document in preview.documents.iter().filter(|one| one.stored.id == invoice.id) {
        for member in &document.allocation.members {
            names.insert(member.siret.clone(), member.name.clone());
            found.insert(member.siret.clone(), member.gross.cents());
        }
    }
    Ok(Ok(found))
}

fn listing(
    invoice: &StoredInvoice,
    ways: &[Way],
    reference: &BTreeMap<Siret, i64>,
    names: &BTreeMap<Siret, String>,
    query: ListQuery,
) -> Listing {
    let mut columns = vec![Column::text("membre", "Membre"), Column::text("", "SIRET")];
    for way in ways {
        columns.push(Column::number("", format!("TTC, {}", way.words)));
        columns.push(Column::number("", "Différence avec la convention"));
    }
    let slice = query.slice("membre");
    let search = slice.search.to_lowercase();
    let mut members: Vec<(&Siret, &String)> =
        names.iter().filter(|(_, name)| name.to_lowercase().contains(&search)).collect();
    members.sort_by(|a, b| a.1.cmp(b.1).then(a.0.cmp(b.0)));
    if slice.descending {
        members.reverse();
    }
    let total = members.len() as u64;
    let offset = usize::try_from(slice.offset).unwrap_or(usize::MAX);
    let limit = usize::try_from(slice.limit).unwrap_or(usize::MAX);
    let rows = members.into_iter().skip(offset).take(limit).map(|(siret, name)| {
        let mut cells = vec![Cell::text(name.as_str()), Cell::text(siret.spaced())];
        let booked = reference.get(siret).copied().unwrap_or(0);
        for way in ways {
            match &way.shares {
                Ok(shares) => {
                    let cents = shares.get(siret).copied().unwrap_or(0);
                    cells.push(Cell::Money(Cents(cents)));
                    cells.push(Cell::Money(Cents(cents - booked)));
                }
                Err(_) => cells.extend([Cell::Absent, Cell::Absent]),
            }
        }
        cells
    });
    Listing {
        name: "comparaison",
        caption: format!("Ce que chaque membre paierait, {}", title(invoice)),
        columns,
        rows: rows.collect(),
        total,
        query,
        search: Some("Membre"),
        filters: Vec::new(),
        empty: "Aucune de ces façons de répartir n’est possible.".into(),
        noun: ("membre", "membres"),
    }
}
