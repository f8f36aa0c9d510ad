//! An invoice's shares, members by lines: as they would be booked, or as they are.

use std::cmp::Ordering;

use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::group::convention::FreightKey;
use domain::ids::InvoiceId;
use domain::invoices::allocation::MemberShare;
use domain::invoices::basis::Basis;
use domain::invoices::state::InvoiceState;
use domain::money::Cents;
use domain::platform::role::Right;
use minijinja::{Value, context};
use serde::Deserialize;

use super::sums::{beside_lines, foot, has_charges, of_line, proof};
use super::words::{self, the, title};
use super::{Row, load, member_cents};
use crate::store::Slice;
use crate::store::invoices::StoredInvoice;
use crate::usecases::UseCaseError;
use crate::usecases::invoices::{self as desk, OtherKey, Said, SharedDocument, Terms};
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::form::{Errors, Form};
use crate::web::listing::{Cell, Column, ListQuery, Listing};
use crate::web::rights::{KeepInvoices, ReadPurchases};

const PAGE: &str = "pages/finance/sharing.html";

/// What the address chooses: the key and basis of a preview.
pub(super) fn terms(query: &ListQuery) -> Terms {
    Terms {
        key: query.filter("cle").and_then(FreightKey::from_code),
        basis: query.filter("base").and_then(Basis::from_code).unwrap_or(Basis::Accepted),
        closing: false,
    }
}

pub(super) async fn show(
    State(pages): State<Pages>,
    who: May<ReadPurchases>,
    Row(id): Row<i64>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let invoice = load(&pages, id).await?;
    respond(&pages, &who, &invoice, query, "", &Errors::none()).await
}

/// The page, or the list as a file; with what a posting was refused for.
async fn respond(
    pages: &Pages,
    who: &Agent,
    invoice: &StoredInvoice,
    query: ListQuery,
    reason: &str,
    errors: &Errors,
) -> Result<Response, PageError> {
    let terms = terms(&query);
    let common = common(who, invoice, terms, reason, errors);
    let (documents, convention) = match shares(pages, invoice, terms).await {
        Ok(found) => found,
        Err(UseCaseError::Refused(reasons)) => {
            // A person can say whom a credit note concerns, or accept what a dispute leaves.
            let asks = ["concernes_a_designer", "avoir_insuffisant", "litige_ouvert"];
            let to_say = who.may(Right::KeepInvoices)
                && reasons.iter().any(|one| asks.contains(&one.code.as_str()));
            let reasons: Vec<String> = reasons.into_iter().map(|one| one.message).collect();
            let values = context! {
                refused => reasons,
                to_say => to_say,
                document => None::<Value>,
                ..common
            };
            return pages.page(who, PAGE, values).await;
        }
        Err(error) => return Err(error.into()),
    };
    let wanted = query.filter("document").and_then(|id| id.parse::<i64>().ok());
    let shown = documents
        .iter()
        .find(|one| Some(one.stored.id.0) == wanted)
        .or_else(|| documents.iter().find(|one| one.stored.id == invoice.id))
        .ok_or(PageError::NotFound)?;
    let member = query.filter("membre").map(str::to_owned);
    let listing = listing(shown, query);
    let values = context! {
        refused => Vec::<String>::new(),
        document => context! {
            name => title(&shown.stored),
            sha256 => shown.sha256.as_str(),
            key => shown.key.french(),
            key_code => shown.key.code(),
            convention_key => convention.map(FreightKey::french),
            other_key => convention.is_some_and(|key| key != shown.key),
            mirror => shown.mirror,
            posted => shown.posted.is_some(),
            members => french::count(shown.allocation.members.len()),
            proof => proof(shown),
            // A dispute is shared with all its credit notes.
            with => documents
                .iter()
                .filter(|one| one.stored.id != shown.stored.id)
                .map(|one| context! {
                    name => title(&one.stored),
                    href => format!("?document={}", one.stored.id),
                })
                .collect::<Vec<_>>(),
            together => documents.len(),
            back => (shown.stored.id != invoice.id).then_some("?"),
        },
        foot => foot(shown),
        cents => member.and_then(|siret| member_cents::view(shown, &siret)),
        ..common
    };
    if errors.is_empty() {
        let about = &shown.stored.number;
        listing.respond_about(about, pages, who, PAGE, values).await
    } else {
        pages.again(who, PAGE, context! { list => listing.view(), ..values }).await
    }
}

fn common(
    who: &Agent,
    invoice: &StoredInvoice,
    terms: Terms,
    reason: &str,
    errors: &Errors,
) -> Value {
    let option = |code: &str, words: &str| context! { code => code, words => words };
    context! {
        title => title(invoice),
        the => the(invoice),
        id => invoice.id.0,
        state => invoice.state.french(),
        tone => words::tone(invoice.state),
        to_book => who.may(Right::KeepInvoices)
            && matches!(invoice.state, InvoiceState::Matched | InvoiceState::Disputed)
            && terms.basis == Basis::Accepted,
        previewed => !invoice.state.is_shared(),
        to_compare => invoice.state == InvoiceState::Matched,
        basis => terms.basis.french(),
        basis_code => terms.basis.code(),
        simulated => terms.basis != Basis::Accepted,
        bases => Basis::ALL.iter().map(|one| option(one.code(), one.french())).collect::<Vec<_>>(),
        keys => FreightKey::ALL
            .iter()
            .map(|one| option(one.code(), one.french()))
            .collect::<Vec<_>>(),
        chosen_key => terms.key.map(FreightKey::code),
        reason => reason,
        errors => errors.view(),
    }
}

/// What is booked, else what would be; and the convention's key where nothing is booked yet.
async fn shares(
    pages: &Pages,
    invoice: &StoredInvoice,
    terms: Terms,
) -> Result<(Vec<SharedDocument>, Option<FreightKey>), UseCaseError> {
    if invoice.state.is_shared()
        && let Some(posted) = desk::posted(&pages.app, invoice.id).await?
    {
        return Ok((vec![posted], None));
    }
    match invoice.state {
        InvoiceState::Matched | InvoiceState::Disputed => {
            let preview = desk::preview(&pages.app, invoice.id, &[], terms).await?;
            Ok((preview.documents, Some(preview.convention_key)))
        }
        InvoiceState::Received
        | InvoiceState::Checked
        | InvoiceState::Allocated
        | InvoiceState::Validated
        | InvoiceState::Paid
        | InvoiceState::Suspended
        | InvoiceState::Rejected => Err(UseCaseError::refused(
            "rien_a_repartir",
            format!(
                "À l’étape « {} », {} {} n’est pas à répartir.",
                invoice.state.french(),
                the(invoice),
                invoice.number
            ),
        )),
    }
}

/// The columns of the lines have no key: a list is sorted by members and sums.
fn listing(shown: &SharedDocument, query: ListQuery) -> Listing {
    let invoice = &shown.invoice;
    let mut columns = vec![Column::text("membre", "Membre"), Column::text("siret", "SIRET")];
    columns.extend(invoice.lines.iter().map(|line| {
        let label: String = line.label.chars().take(24).collect();
        let cut = if label.len() < line.label.len() { "…" } else { "" };
        Column::number("", format!("Ligne {} HT : {label}{cut}", line.id))
    }));
    let charges = has_charges(shown);
    if charges {
        columns.push(Column::number("", "Frais et remises HT"));
    }
    columns.push(Column::number("ht", "Total HT"));
    columns.push(Column::number("tva", "TVA"));
    columns.push(Column::number("ttc", "Total TTC"));
    columns.push(Column::number("", "À payer TTC"));
    let terms = terms(&query);
    let slice = query.slice("siret");
    let members = ordered(&shown.allocation.members, &slice);
    let total = members.len() as u64;
    let offset = usize::try_from(slice.offset).unwrap_or(usize::MAX);
    let limit = usize::try_from(slice.limit).unwrap_or(usize::MAX);
    let rows = members.into_iter().skip(offset).take(limit);
    let rows = rows.map(|member| row(shown, member, charges, terms)).collect();
    Listing {
        name: "repartition",
        caption: format!("Parts de chaque membre, {}", title(&shown.stored)),
        columns,
        rows,
        total,
        query,
        search: Some("Membre ou SIRET"),
        filters: Vec::new(),
        empty: "Aucun membre n’a de part.".into(),
        noun: ("membre", "membres"),
    }
}

fn ordered<'a>(members: &'a [MemberShare], slice: &Slice) -> Vec<&'a MemberShare> {
    let search = slice.search.to_lowercase();
    let mut found: Vec<&MemberShare> = members
        .iter()
        .filter(|one| {
            one.name.to_lowercase().contains(&search) || one.siret.as_str().contains(&search)
        })
        .collect();
    let by = |a: &MemberShare, b: &MemberShare| match slice.sort.as_str() {
        "membre" => a.name.cmp(&b.name),
        "ht" => a.net.cents().cmp(&b.net.cents()),
        "tva" => a.vat_total.cents().cmp(&b.vat_total.cents()),
        "ttc" => a.gross.cents().cmp(&b.gross.cents()),
        _ => Ordering::Equal,
    };
    // The shares come by SIRET, and a stable sort keeps that among equals.
    found.sort_by(|a, b| if slice.descending { by(b, a) } else { by(a, b) });
    if slice.sort == "siret" && slice.descending {
        found.reverse();
    }
    found
}

fn row(shown: &SharedDocument, member: &MemberShare, charges: bool, terms: Terms) -> Vec<Cell> {
    let document = shown.stored.id;
    let mut cents = format!("?document={document}&membre={}", member.siret);
    if let Some(key) = terms.key {
        cents.push_str(&format!("&cle={}", key.code()));
    }
    if terms.basis != Basis::Accepted {
        cents.push_str(&format!("&base={}", terms.basis.code()));
    }
    cents.push_str("#centimes");
    let mut cells =
        vec![Cell::link(member.name.as_str(), cents), Cell::text(member.siret.spaced())];
    cells.extend((0..shown.invoice.lines.len()).map(|index| {
        of_line(member, index).map_or(Cell::Absent, |cents| Cell::Money(Cents(cents)))
    }));
    if charges {
        cells.push(Cell::Money(Cents(beside_lines(member))));
    }
    cells.push(Cell::Money(member.net.0));
    cells.push(Cell::Money(member.vat_total.0));
    cells.push(Cell::Money(member.gross.0));
    cells.push(Cell::Money(member.payable));
    cells
}

/// What is chosen when the shares are booked.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Chosen {
    cle: String,
    motif: String,
}

pub(super) async fn book(
    State(pages): State<Pages>,
    who: May<KeepInvoices>,
    Row(id): Row<i64>,
    Form(chosen): Form<Chosen>,
) -> Result<Response, PageError> {
    let invoice = load(&pages, id).await?;
    let other = FreightKey::from_code(&chosen.cle)
        .map(|key| OtherKey { key, reason: chosen.motif.clone() });
    let actor = who.actor();
    let said = Said { key: other.as_ref(), ..Said::default() };
    match desk::allocate_by(&pages.app, &actor, invoice.id, &said).await {
        Ok(made) => {
            let with = together(made.len());
            let members = members_of(&pages, invoice.id).await?;
            let said = format!(
                "{} : répartition faite{with}, entre {} {}. Une autre personne doit maintenant la \
                 valider.",
                title(&invoice),
                french::count(members),
                french::plural(members, "membre", "membres")
            );
            pages.done(&who, &format!("/comptabilite/factures/{id}"), said).await
        }
        Err(error) => {
            let refused = Errors::refused(error)?;
            let mut errors = Errors::none();
            for message in refused.messages() {
                errors.add(if other.is_some() { "motif" } else { "" }, message);
            }
            let query = ListQuery::with("cle", &chosen.cle);
            respond(&pages, &who, &invoice, query, &chosen.motif, &errors).await
        }
    }
}

/// How many documents were booked at once, where there are several.
pub(super) fn together(documents: usize) -> String {
    match documents {
        0 | 1 => String::new(),
        _ => format!(" avec tout le litige, {} documents", french::count(documents)),
    }
}

async fn members_of(pages: &Pages, id: InvoiceId) -> Result<usize, PageError> {
    let shared = crate::store::invoices::allocation_of(&pages.app.store, id).await?;
    Ok(shared.map_or(0, |shared| shared.members.len()))
}
