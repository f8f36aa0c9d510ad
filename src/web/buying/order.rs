//! One order: lines, shares, papers, history, and what may be done of it.

use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::ids::OrderId;
use domain::money::Cents;
use domain::orders::state::{OrderAction, OrderState, STEPS};
use minijinja::{Value, context};

use super::Row;
use super::words::{facts, history, order_name, order_state, papers, quantity, table};
use crate::store::orders::{self, DeliveryFilter, DeskShare, StoredOrder, Window};
use crate::store::{Viewer, group, platform};
use crate::usecases::UseCaseError;
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::listing::{Cell, Column, ListQuery, Listing};
use crate::web::rights::{Buy, Needed, ReadPurchases};
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new().get("/gestion/commandes/{id}", show).get("/gestion/commandes/{id}/parts", shares)
}

fn name(stored: &StoredOrder) -> String {
    order_name(stored.order.issue.as_ref().map(|issue| issue.number.to_string()), stored.id.0)
}

/// What every page of an order says first.
pub(super) fn head(stored: &StoredOrder, window: &Window, buyer: &str) -> Value {
    let terms = window.contract.agreement.terms();
    context! {
        id => stored.id.0,
        name => name(stored),
        buyer => buyer,
        buyer_id => stored.order.buyer.0,
        contract_id => window.contract.id.0,
        contract => terms.number.as_str(),
        window_id => window.id().0,
        year => window.window.year,
        holder => window.contract.holder_name.as_str(),
        net => stored.totals.net.french(),
        vat => stored.totals.vat.french(),
        gross => stored.totals.gross.french(),
    }
}

pub(super) async fn read(
    pages: &Pages,
    id: i64,
) -> Result<(StoredOrder, Window, String), PageError> {
    let on = &pages.app.store;
    let stored = orders::one(on, Viewer::Coordinator, OrderId(id)).await?;
    let window = orders::window(on, stored.order.window).await?;
    let buyers = group::organisations_among(on, &[stored.order.buyer]).await?;
    let buyer = buyers.into_values().next().map(|body| body.name).unwrap_or_default();
    Ok((stored, window, buyer))
}

async fn show(
    State(pages): State<Pages>,
    who: May<ReadPurchases>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let on = &pages.app.store;
    let (stored, window, buyer) = read(&pages, id).await?;
    let texts = orders::article_texts(on, window.contract.id).await?;
    let (parts, part_count) =
        orders::desk_shares(on, DeliveryFilter::Of(stored.id), None, &super::contract::glance())
            .await?;
    let (files, file_count) =
        group::papers_of_order(on, stored.id, &super::contract::glance()).await?;
    let told = platform::history(on, ("order", id)).await?;
    let mut lines = Vec::with_capacity(stored.order.lines.len());
    for line in &stored.order.lines {
        let text = texts.get(&line.article.version);
        let sum = line.quantity().map_err(UseCaseError::failed("adding up a line"))?;
        let net = line.net().map_err(UseCaseError::failed("pricing a line"))?;
        lines.push(vec![
            Cell::Count(i64::from(line.position)),
            Cell::text(text.map_or("", |text| text.reference.as_str())),
            Cell::text(text.map_or("", |text| text.label.as_str())),
            Cell::Quantity(sum),
            Cell::text(text.map_or("", |text| text.unit_label.as_str())),
            Cell::text(line.article.price.french_bare()),
            Cell::text(line.article.taxation.rate.french()),
            Cell::Money(Cents(net.cents())),
        ]);
    }
    let model_c = window.model().coordinator_pays();
    let values = context! {
        state => order_state(stored.order.state.code()).french(),
        facts => described(&stored, &window),
        steps => who.may(Buy::RIGHT).then(|| steps(&stored, model_c)),
        lines => table(
            "Lignes de la commande, montants HT",
            &[
                ("Ligne", false), ("Article", false), ("Désignation", false), ("Quantité", true),
                ("Unité", false), ("Prix unitaire HT", true), ("TVA", true), ("Montant HT", true),
            ],
            lines,
            "Cette commande n’a pas de ligne.",
        ),
        freight => stored.totals.freight.french(),
        shares => table(
            "Parts par membre et lieu de livraison",
            &share_columns(),
            parts.iter().map(share).collect(),
            "Aucune part.",
        ),
        share_words => french::counted(part_count, "part", "parts"),
        papers => papers(&files),
        added => super::order_paper::added(&pages, stored.id).await?,
        paper_words => french::counted(file_count, "document", "documents"),
        history => history(&told),
        ..head(&stored, &window, &buyer)
    };
    pages.page(&who, "pages/buying/order.html", values).await
}

fn described(stored: &StoredOrder, window: &Window) -> Value {
    let order = &stored.order;
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".into());
    let mut list = vec![
        ("Modèle", window.model().french().to_owned()),
        (
            "Signée",
            or_dash(order.validated.as_ref().map(|signature| {
                let day = french::date(signature.on);
                format!("par {}, {}, le {day}", signature.name, signature.quality)
            })),
        ),
        ("Numéro d’engagement", or_dash(order.commitment_number.clone())),
        ("Code service", or_dash(order.service_code.clone())),
        ("Imputation", or_dash(stored.budget_account.clone())),
        ("Compte sous le maximum pour", format!("{} HT", stored.committed.french())),
    ];
    if let Some(issue) = &order.issue {
        list.push(("Émise le", french::date(issue.on)));
        list.push(("À livrer avant le", french::date(issue.deliver_by)));
    }
    if let Some(reason) = &stored.cancel_reason {
        list.push(("Motif d’annulation", reason.clone()));
    }
    facts(list)
}

/// What may be done of it now: where, and what it is called.
fn steps(stored: &StoredOrder, model_c: bool) -> Value {
    let state = stored.order.state;
    let may = |action: OrderAction| STEPS.after(state, action).is_ok();
    let mut list: Vec<(&str, &str)> = Vec::new();
    if may(OrderAction::Validate) && model_c {
        list.push(("signature", "Signer la commande"));
    }
    if may(OrderAction::Validate) && !model_c {
        list.push(("signature-papier", "Enregistrer une signature sur papier"));
    }
    if may(OrderAction::Issue) {
        list.push(("emission", "Émettre la commande"));
    }
    if state == OrderState::Issued {
        list.push(("avenant", "Modifier par avenant"));
    }
    if may(OrderAction::Close) {
        list.push(("solde", "Solder la commande"));
    }
    if may(OrderAction::Cancel) {
        list.push(("annulation", "Annuler la commande"));
    }
    let one = |(path, label): (&str, &str)| {
        context! { href => format!("/gestion/commandes/{}/{path}", stored.id), label => label }
    };
    Value::from(list.into_iter().map(one).collect::<Vec<_>>())
}

fn share_columns() -> [(&'static str, bool); 7] {
    [
        ("Membre", false),
        ("Lieu de livraison", false),
        ("Article", false),
        ("Commandé", true),
        ("Livré", true),
        ("Accepté", true),
        ("Refusé", true),
    ]
}

fn share(row: &DeskShare) -> Vec<Cell> {
    vec![
        Cell::link(&row.member, format!("/gestion/membres/{}", row.member_id)),
        Cell::text(&row.site),
        Cell::text(format!("{} {}", row.article, row.label)),
        quantity(row.quantity_milli),
        quantity(row.delivered_milli),
        quantity(row.accepted_milli),
        quantity(row.rejected_milli),
    ]
}

async fn shares(
    State(pages): State<Pages>,
    who: May<ReadPurchases>,
    Row(id): Row<i64>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let (stored, window, buyer) = read(&pages, id).await?;
    let slice = query.slice("membre");
    let on = &pages.app.store;
    let (rows, total) =
        orders::desk_shares(on, DeliveryFilter::Of(stored.id), None, &slice).await?;
    let keys = ["membre", "site", "article", "", "", "", ""];
    let columns = keys.into_iter().zip(share_columns()).map(|(key, (label, number))| {
        if number { Column::number(key, label) } else { Column::text(key, label) }
    });
    let listing = Listing {
        name: "parts-de-commande",
        caption: format!("Parts de la commande {}", name(&stored)),
        columns: columns.collect(),
        rows: rows.iter().map(share).collect(),
        total,
        query,
        search: Some("Membre ou article"),
        filters: Vec::new(),
        empty: "Aucune part.".into(),
        noun: ("part", "parts"),
    };
    let values = head(&stored, &window, &buyer);
    listing.respond(&pages, &who, "pages/buying/order_shares.html", values).await
}
