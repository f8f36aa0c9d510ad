//! A member's orders: what it is to relire, to validate and to receive.

mod adjust;
mod deliveries;
mod order;
mod receive;
mod received;
mod sign;
mod words;

use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::ids::OrderId;
use domain::money::Cents;
use domain::platform::role::Right;
use minijinja::{Value, context};

use self::order::Seen;
use crate::store::orders::{self as store, Wanted};
use crate::store::papers;
use crate::store::platform::attachments;
use crate::usecases::bundle::paper_kind;
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::listing::{Cell, Column, ListQuery, Listing};
use crate::web::pieces;
use crate::web::rights::ReadOwn;
use crate::web::routes::{Routes, Row};

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/commandes", list)
        .get("/commandes/{id}", show)
        .get("/commandes/{id}/quantites", adjust::form)
        .post("/commandes/{id}/quantites", adjust::save)
        .get("/commandes/{id}/validation", sign::form)
        .post("/commandes/{id}/validation", sign::sign)
        .upload("/commandes/{id}/signature-papier", sign::sign_on_paper)
        .post("/commandes/{id}/references", sign::refer)
        .get("/livraisons", deliveries::list)
        .get("/livraisons/{order}/reception", receive::form)
        .upload("/livraisons/{order}/reception", receive::save)
        .post("/livraisons/{order}/decisions", receive::decide)
        .get("/livraisons/pieces/{id}", deliveries::attachment)
}

async fn list(
    State(pages): State<Pages>,
    who: May<ReadOwn>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let today = pages.app.today();
    let slice = query.slice("");
    let (rows, total) =
        store::member_orders(&pages.app.store, who.organisation, Wanted::All, &slice).await?;
    let cells = rows.iter().map(|row| {
        let money =
            |cents: Option<i64>| cents.map_or(Cell::Absent, |cents| Cell::Money(Cents(cents)));
        let standing = words::standing(row, today);
        let until = match (row.state.as_str(), row.own) {
            ("draft", true) if row.window_open => Some(row.closes_on),
            _ => None,
        };
        vec![
            Cell::link(
                words::name(row.number.as_deref(), row.own),
                format!("/commandes/{}", row.id),
            ),
            Cell::text(row.lot.clone()),
            Cell::state(standing.word, words::tone(row, today)),
            Cell::date(until),
            money(row.net_cents),
            money(row.gross_cents),
            Cell::date(row.issued_on),
            Cell::date(row.deliver_by),
            Cell::text(row.contract.clone()),
        ]
    });
    let listing = Listing {
        name: "commandes",
        caption:
            "Vos commandes. Les montants des commandes groupées ne vous sont pas demandés : le \
                  CdG62 les paie, puis vous facture votre part."
                .into(),
        columns: vec![
            Column::text("commande", "Commande"),
            Column::text("marche", "Pour"),
            Column::text("etat", "État"),
            Column::text("", "À relire avant le"),
            Column::number("ht", "Montant HT"),
            Column::number("ttc", "Montant TTC"),
            Column::text("emise", "Envoyée le"),
            Column::text("livrer", "À livrer avant le"),
            Column::text("", "Marché"),
        ],
        rows: cells.collect(),
        total,
        query,
        search: Some("Chercher une commande : numéro ou article"),
        filters: Vec::new(),
        empty: "Aucune commande pour l’instant. Après le recensement, le CdG62 prépare ici un \
                brouillon d’après vos besoins et vous prévient."
            .into(),
        noun: ("commande", "commandes"),
    };
    listing.respond(&pages, &who, "pages/orders/list.html", context! {}).await
}

fn paper(row: &papers::MemberPaper) -> Value {
    context! {
        name => format!("{} {}", paper_kind(&row.kind), row.number),
        detail => format!(
            "PDF, {} ko, du {}",
            french::thousands(&row.bytes.div_euclid(1024).max(1).to_string()),
            french::date(row.issued_on)
        ),
        href => format!("/documents/{}", row.id),
    }
}

async fn show(
    State(pages): State<Pages>,
    who: May<ReadOwn>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let on = &pages.app.store;
    let today = pages.app.today();
    let seen = Seen::read(on, who.organisation, OrderId(id)).await?;
    let papers = papers::papers_of_order(on, who.organisation, seen.stored.id).await?;
    let delivered = store::deliveries_of(on, who.organisation, seen.stored.id).await?;
    let decided = store::decisions_of(on, who.organisation, seen.stored.id).await?;
    let added = attachments::of(on, who.viewer(), ("order", id)).await?;
    let history = if seen.own() { store::history(on, seen.stored.id).await? } else { Vec::new() };
    let row = seen.row();
    let unsigned = seen.own() && seen.is_draft();
    let references = seen.own() && seen.stored.order.issue.is_none();
    let open = seen.stored.order.issue.is_some()
        && (row.kept_milli < row.ordered_milli || row.undecided_milli > 0)
        && row.state == "issued";
    let values = context! {
        order => seen.head(today),
        lines => seen.lines()?,
        figures => seen.figures()?,
        several_sites => seen.stored.order.lines.iter().any(|line| line.shares.len() > 1),
        adjustable => who.may(Right::AdjustOrders) && seen.changes(today),
        validatable => who.may(Right::ValidateOrders) && unsigned,
        bringable => who.may(Right::AdjustOrders) && unsigned,
        referable => who.may(Right::KeepAccounts) && references,
        receivable => who.may(Right::ReceiveDeliveries) && open,
        papers => papers.iter().map(paper).collect::<Vec<_>>(),
        deliveries => delivered.iter().map(deliveries::delivered).collect::<Vec<_>>(),
        decisions => decided.iter().map(deliveries::decided).collect::<Vec<_>>(),
        added => added.iter().map(|file| pieces::row(file, "/livraisons/pieces")).collect::<Vec<_>>(),
        history => history.iter().map(|told| context! {
            at => french::date(told.at.date_naive()),
            who => told.actor.as_str(),
            what => words::step(&told.action),
            why => told.details.as_str(),
        }).collect::<Vec<_>>(),
    };
    pages.page(&who, "pages/orders/show.html", values).await
}
