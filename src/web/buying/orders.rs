//! All orders of all members.

use axum::extract::State;
use axum::response::Response;
use domain::ids::{ContractId, OrganisationId};
use domain::money::Cents;
use domain::orders::state::OrderState;
use minijinja::{Value, context};

use super::window::states_filter;
use super::words::{delivered, order_name, order_state, quantity};
use crate::store::orders::{DeskOrder, OrderFilter, desk_orders};
use crate::store::{group, tenders};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::listing::{Cell, Column, Filter, ListQuery, Listing};
use crate::web::rights::ReadPurchases;
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new().get("/gestion/commandes", list)
}

async fn list(
    State(pages): State<Pages>,
    who: May<ReadPurchases>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let (on, today) = (&pages.app.store, pages.app.today());
    let number = |key: &str| query.filter(key).and_then(|text| text.parse::<i64>().ok());
    let filter = OrderFilter {
        state: query.filter("etat").and_then(OrderState::from_code),
        contract: number("marche").map(ContractId),
        epci: number("epci").map(OrganisationId),
        late_on: (query.filter("livraison") == Some("retard")).then_some(today),
        ..OrderFilter::default()
    };
    let (rows, total) = desk_orders(on, &filter, &query.slice("-emise")).await?;
    let contracts = tenders::contract_numbers(on).await?;
    let epcis = group::epcis(on).await?;
    let listing = Listing {
        name: "commandes",
        caption: "Commandes de tous les membres".into(),
        columns: vec![
            Column::text("numero", "Commande"),
            Column::text("acheteur", "Acheteur"),
            Column::text("epci", "EPCI"),
            Column::text("marche", "Marché"),
            Column::text("", "Lot"),
            Column::text("etat", "État"),
            Column::number("ht", "HT"),
            Column::number("ttc", "TTC"),
            Column::text("emise", "Émise le"),
            Column::text("livrer", "À livrer avant le"),
            Column::text("", "Livraison"),
            Column::number("", "Unités à vérifier"),
        ],
        rows: rows.iter().map(row).collect(),
        total,
        query,
        search: Some("Numéro ou acheteur"),
        filters: vec![
            states_filter(),
            Filter {
                key: "marche",
                label: "Marché",
                options: contracts
                    .into_iter()
                    .map(|(id, number)| (id.to_string(), number))
                    .collect(),
            },
            Filter {
                key: "epci",
                label: "EPCI",
                options: epcis.into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
            },
            Filter {
                key: "livraison",
                label: "Livraison",
                options: vec![("retard".into(), "en retard".into())],
            },
        ],
        empty:
            "Aucune commande : elles naissent d’une période de commande, ouverte depuis un marché."
                .into(),
        noun: ("commande", "commandes"),
    };
    let values = context! {
        title => "Commandes",
        lead => "Toutes les commandes, de tous les membres et de tous les marchés.",
        bars => Vec::<Value>::new(),
        actions => Vec::<Value>::new(),
    };
    listing.respond(&pages, &who, "pages/buying/list.html", values).await
}

fn row(row: &DeskOrder) -> Vec<Cell> {
    let name = order_name(row.number.clone(), row.id);
    vec![
        Cell::link(name, format!("/gestion/commandes/{}", row.id)),
        Cell::text(&row.buyer),
        Cell::text_or_absent(row.epci.clone()),
        Cell::text(&row.contract),
        Cell::text(&row.lot),
        order_state(&row.state),
        Cell::Money(Cents(row.net_cents)),
        Cell::Money(Cents(row.gross_cents)),
        Cell::date(row.issued_on),
        Cell::date(row.deliver_by),
        delivered(&row.state, row.sums.ordered_milli, row.sums.kept_milli),
        quantity(row.sums.pending_milli),
    ]
}
