//! An order window: opened from settled needs, drafted, followed, closed.

use axum::extract::State;
use axum::response::Response;
use domain::campaigns::census::CensusState;
use domain::french;
use domain::ids::{CampaignId, ContractId, OrderWindowId, OrganisationId};
use domain::money::{Cents, Net};
use domain::orders::calendar::Period;
use domain::orders::state::OrderState;
use minijinja::{Value, context};

use super::words::{delivered, history, order_state, quantity, table};
use super::{Row, day};
use crate::store::orders::{
    self, DeskOrder, EpciFigures, OrderFilter, StateFigures, Window, desk_orders,
};
use crate::store::{campaigns, platform, tenders};
use crate::usecases::orders::{close_window, reprice_window};
use crate::usecases::tenders::{NewWindow, open_window};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields, new_key};
use crate::web::listing::{Cell, Column, Filter, ListQuery, Listing};
use crate::web::rights::{Buy, Needed, ReadPurchases};
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/gestion/marches/{id}/fenetres/nouvelle", ask)
        .post("/gestion/marches/{id}/fenetres", open)
        .get("/gestion/fenetres/{id}", show)
        .post("/gestion/fenetres/{id}/recalcul", reprice)
        .get("/gestion/fenetres/{id}/cloture", ask_close)
        .post("/gestion/fenetres/{id}/cloture", close)
}

async fn ask(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let values = form(&pages, ContractId(id), &Fields::default(), &Errors::none()).await?;
    pages.page(&who, "pages/buying/window_new.html", values).await
}

async fn form(
    pages: &Pages,
    id: ContractId,
    fields: &Fields,
    errors: &Errors,
) -> Result<Value, PageError> {
    let on = &pages.app.store;
    let contract = tenders::contract(on, id).await?;
    let mut options = Vec::new();
    for stored in campaigns::censuses(on, contract.convention).await? {
        let settled = matches!(stored.census.state, CensusState::Closed | CensusState::Settled);
        if !settled || !stored.census.lots.contains(&contract.lot) {
            continue;
        }
        for year in stored.census.year_numbers() {
            options.push(context! {
                code => format!("{}:{year}", stored.id),
                words => format!("{}, besoins {year}", stored.census.name),
            });
        }
    }
    let key = match fields.text("cle") {
        "" => new_key()?,
        known => known.to_owned(),
    };
    let period = contract.agreement.period();
    Ok(context! {
        id => id.0,
        number => contract.agreement.terms().number.as_str(),
        from => french::date(period.from),
        to => french::date(period.to),
        options => options,
        needs => fields.text("besoins"),
        opens => fields.text("du"),
        closes => fields.text("au"),
        key => key,
        errors => errors.view(),
    })
}

async fn open(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    fields: Fields,
) -> Result<Response, PageError> {
    let mut errors = Errors::none();
    let from = day(fields.text("du"), "du", &mut errors);
    let to = day(fields.text("au"), "au", &mut errors);
    let needs = fields.text("besoins").split_once(':');
    let needs = needs.and_then(|(campaign, year)| {
        Some((CampaignId(campaign.parse().ok()?), year.parse().ok()?))
    });
    if needs.is_none() {
        errors.add(
            "besoins",
            "Choisissez les besoins à commander : un recensement clos et une année.",
        );
    }
    if let (Some(from), Some(to), Some((campaign, year))) = (from, to, needs) {
        let new = NewWindow { contract: ContractId(id), campaign, year, days: Period { from, to } };
        match open_window(&pages.app, &who.actor(), &new, fields.text("cle")).await {
            Ok(window) => {
                let message = "La période de commande est ouverte. Préparez maintenant les \
                               brouillons depuis les besoins.";
                return pages.done(&who, &format!("/gestion/fenetres/{window}"), message).await;
            }
            Err(error) => errors = Errors::refused(error)?,
        }
    }
    let values = form(&pages, ContractId(id), &fields, &errors).await?;
    pages.again(&who, "pages/buying/window_new.html", values).await
}

async fn show(
    State(pages): State<Pages>,
    who: May<ReadPurchases>,
    Row(id): Row<i64>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let (on, today) = (&pages.app.store, pages.app.today());
    let window = orders::window(on, OrderWindowId(id)).await?;
    let states = orders::window_states(on, window.id()).await?;
    let epcis = orders::window_by_epci(on, window.id()).await?;
    let packs = orders::packs_of_window(on, window.id()).await?;
    let told = platform::history(on, ("order_window", id)).await?;
    let chosen: Option<i64> = query.filter("epci").and_then(|text| text.parse().ok());
    let filter = OrderFilter {
        window: Some(window.id()),
        state: query.filter("etat").and_then(OrderState::from_code),
        epci: chosen.map(OrganisationId),
        ..OrderFilter::default()
    };
    let (rows, total) = desk_orders(on, &filter, &query.slice("acheteur")).await?;
    let listing = Listing {
        name: "periode-de-commande",
        caption: "Commandes de la période : qui a validé, qui n’a pas validé".into(),
        columns: columns(),
        rows: rows.iter().map(row).collect(),
        total,
        query,
        search: Some("Acheteur ou numéro de commande"),
        filters: vec![states_filter(), epci_filter(&epcis)],
        empty: "Aucun brouillon : préparez-les depuis les besoins du recensement.".into(),
        noun: ("commande", "commandes"),
    };
    let values = context! {
        id => id,
        may_buy => who.may(Buy::RIGHT),
        figures => figures(&states),
        epcis => epci_table(id, &epcis),
        packs => super::packs::rows(id, &packs, who.may(Buy::RIGHT)),
        pack_job => super::packs::underway(&pages, id).await?,
        history => history(&told),
        ..head(&window, today)
    };
    listing.respond(&pages, &who, "pages/buying/window.html", values).await
}

/// What every page of a window says first.
pub(super) fn head(window: &Window, today: chrono::NaiveDate) -> Value {
    let (contract, days) = (&window.contract, window.window.days);
    let terms = contract.agreement.terms();
    let state = if window.window.closed {
        "close"
    } else if today < days.from {
        "à venir"
    } else if days.holds(today) {
        "ouverte"
    } else {
        "à clore"
    };
    context! {
        contract_id => contract.id.0,
        contract => terms.number.as_str(),
        lot => format!("lot {} – {}", terms.lot, contract.lot_title),
        holder => contract.holder_name.as_str(),
        year => window.window.year,
        from => french::date(days.from),
        to => french::date(days.to),
        state => state,
        closed => window.window.closed,
        closable => !window.window.closed && today > days.to,
        model_c => window.model().coordinator_pays(),
        priced_at_close => window.priced_at_close(),
        gauge => super::words::gauge(contract.committed.cents(), terms.ceiling.cents()),
    }
}

fn columns() -> Vec<Column> {
    vec![
        Column::text("acheteur", "Acheteur"),
        Column::text("epci", "EPCI"),
        Column::text("", "Téléphone"),
        Column::text("etat", "État"),
        Column::text("", "Signé par"),
        Column::text("numero", "Numéro"),
        Column::number("ht", "HT"),
        Column::number("ttc", "TTC"),
        Column::number("", "Unités commandées"),
        Column::text("", "Livraison"),
    ]
}

fn row(row: &DeskOrder) -> Vec<Cell> {
    vec![
        Cell::link(&row.buyer, format!("/gestion/commandes/{}", row.id)),
        Cell::text_or_absent(row.epci.clone()),
        Cell::text_or_absent(row.phone.clone()),
        order_state(&row.state),
        Cell::text_or_absent(row.signed_by.clone()),
        Cell::text_or_absent(row.number.clone()),
        Cell::Money(Cents(row.net_cents)),
        Cell::Money(Cents(row.gross_cents)),
        quantity(row.sums.ordered_milli),
        delivered(&row.state, row.sums.ordered_milli, row.sums.kept_milli),
    ]
}

pub(super) fn states_filter() -> Filter {
    let options = OrderState::ALL.iter();
    Filter {
        key: "etat",
        label: "État",
        options: options.map(|state| (state.code().into(), state.french().into())).collect(),
    }
}

fn epci_filter(epcis: &[EpciFigures]) -> Filter {
    let options = epcis
        .iter()
        .filter_map(|row| Some((row.epci_id?.to_string(), row.epci.clone()?)))
        .collect();
    Filter { key: "epci", label: "EPCI", options }
}

/// Key numbers: how many orders at each state, and their amounts.
fn figures(states: &[StateFigures]) -> Value {
    let of = |state: OrderState| states.iter().find(|row| row.state == state.code());
    let one = |state: OrderState, words: &str, several: &str| {
        let (orders, net) = of(state).map_or((0, 0), |row| (row.orders, row.net_cents));
        context! {
            value => french::count(orders),
            words => format!(
                "{}, {} HT",
                french::plural(orders, words, several),
                Net::from_cents(net).french()
            ),
        }
    };
    Value::from(vec![
        one(OrderState::Draft, "brouillon à valider", "brouillons à valider"),
        one(OrderState::Validated, "commande à émettre", "commandes à émettre"),
        one(OrderState::Issued, "commande émise", "commandes émises"),
        one(OrderState::Closed, "commande soldée", "commandes soldées"),
    ])
}

fn epci_table(id: i64, epcis: &[EpciFigures]) -> Value {
    let rows = epcis.iter().map(|row| {
        let name = row.epci.clone().unwrap_or_else(|| "Hors EPCI".into());
        let validated = row.orders - row.drafts;
        vec![
            match row.epci_id {
                Some(epci) => {
                    Cell::link(name, format!("/gestion/fenetres/{id}?epci={epci}&etat=draft"))
                }
                None => Cell::text(name),
            },
            Cell::Count(validated),
            Cell::Count(row.drafts),
            Cell::text(format!("{} %", validated * 100 / row.orders.max(1))),
            Cell::Money(Cents(row.net_cents)),
        ]
    });
    let columns = [
        ("EPCI", false),
        ("Validées", true),
        ("À valider", true),
        ("Part validée", true),
        ("Commandes HT", true),
    ];
    table(
        "Commandes validées et à valider",
        &columns,
        rows.collect(),
        "Aucune commande dans cette période.",
    )
}

async fn reprice(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let priced = reprice_window(&pages.app, &who.actor(), OrderWindowId(id)).await?;
    let priced = i64::try_from(priced).unwrap_or(i64::MAX);
    let message = format!(
        "{} aux prix en vigueur.",
        french::counted(priced, "brouillon est recalculé", "brouillons sont recalculés")
    );
    pages.done(&who, &format!("/gestion/fenetres/{id}"), message).await
}

async fn ask_close(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let on = &pages.app.store;
    let window = orders::window(on, OrderWindowId(id)).await?;
    let states = orders::window_states(on, window.id()).await?;
    let drafts = states.iter().find(|row| row.state == OrderState::Draft.code());
    let (drafts, net) = drafts.map_or((0, 0), |row| (row.orders, row.net_cents));
    let mut lines = vec![format!(
        "{} pour {} HT.",
        french::counted(drafts, "brouillon n’est pas validé", "brouillons ne sont pas validés"),
        Net::from_cents(net).french()
    )];
    lines.push(if window.priced_at_close() {
        "Les prix de ces brouillons se fixent à la clôture : ils peuvent ensuite être validés, plus modifiés.".into()
    } else {
        "Les membres ne peuvent plus modifier leurs brouillons.".into()
    });
    lines.push("Aucun nouveau brouillon ne sera préparé dans cette période.".into());
    let values = context! {
        id => id,
        lines => lines,
        ..head(&window, pages.app.today())
    };
    pages.page(&who, "pages/buying/window_close.html", values).await
}

async fn close(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let priced = close_window(&pages.app, &who.actor(), OrderWindowId(id)).await?;
    let priced = i64::try_from(priced).unwrap_or(i64::MAX);
    let message = format!(
        "La période de commande est close. {} aux prix du marché.",
        french::counted(priced, "brouillon est calculé", "brouillons sont calculés")
    );
    pages.done(&who, &format!("/gestion/fenetres/{id}"), message).await
}
