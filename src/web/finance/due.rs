//! What is to be paid until when, and what being late costs.

use axum::extract::State;
use axum::response::Response;
use chrono::{Days, NaiveDate};
use domain::french;
use domain::platform::role::Right;
use minijinja::context;

use super::words::state_cell;
use crate::store::invoices::InboxFilter;
use crate::usecases::invoices::{Due, Late, due_invoices};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::listing::{Cell, Column, Filter, ListQuery, Listing};
use crate::web::rights::ReadPurchases;

pub(super) async fn show(
    State(pages): State<Pages>,
    who: May<ReadPurchases>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let today = pages.app.today();
    let filter = filter(&query, today);
    let slice = query.slice("echeance");
    let (rows, total) = due_invoices(&pages.app, &filter, &slice).await?;
    let option = |code: &str, words: &str| (code.to_owned(), words.to_owned());
    let listing = Listing {
        name: "echeances",
        caption: caption(&query, today),
        columns: vec![
            Column::text("numero", "Facture"),
            Column::text("fournisseur", "Fournisseur"),
            Column::text("payeur", "Payeur"),
            Column::number("montant", "À payer TTC"),
            Column::text("echeance", "Échéance"),
            Column::text("", "Délai"),
            Column::text("etat", "État"),
            Column::number("", "Intérêts moratoires"),
            Column::number("", "Indemnité"),
            Column::text("", "Taux et source"),
        ],
        rows: rows.iter().map(|due| row(due, today)).collect(),
        total,
        query,
        search: Some("Numéro, fournisseur, commande ou payeur"),
        filters: vec![
            Filter {
                key: "quand",
                label: "Échéance",
                options: vec![
                    option("retard", "dépassée"),
                    option("7", "dans les 7 jours"),
                    option("30", "dans les 30 jours"),
                    option("suspendue", "délai suspendu"),
                    option("payees", "payée en retard"),
                ],
            },
            Filter {
                key: "payeur",
                label: "Payeur",
                options: vec![option("cdg", "le CdG62"), option("membres", "les membres")],
            },
        ],
        empty: "Aucune facture n’attend d’être payée.".into(),
        noun: ("facture à payer", "factures à payer"),
    };
    let values = context! { may_keep => who.may(Right::KeepInvoices) };
    listing.respond(&pages, &who, "pages/finance/due.html", values).await
}

fn caption(query: &ListQuery, today: NaiveDate) -> String {
    match query.filter("quand") {
        Some("payees") => "Factures payées en retard : ce qui est dû en plus".into(),
        Some(_) | None => format!("Factures à payer, au {}", french::date(today)),
    }
}

fn filter(query: &ListQuery, today: NaiveDate) -> InboxFilter {
    let mut filter = InboxFilter { unpaid: true, ..InboxFilter::default() };
    match query.filter("quand") {
        Some("retard") => filter.due_to = today.pred_opt(),
        Some("suspendue") => filter.suspended = true,
        Some("payees") => (filter.unpaid, filter.paid_late) = (false, true),
        Some(days) => {
            if let Ok(days @ 1..=366) = days.parse::<u64>() {
                filter.due_from = Some(today);
                filter.due_to = Some(today + Days::new(days));
            }
        }
        None => {}
    }
    filter.by_coordinator = query.filter("payeur").map(|payer| payer == "cdg");
    filter
}

fn row(due: &Due, today: NaiveDate) -> Vec<Cell> {
    let one = &due.invoice;
    let mut cells = vec![
        Cell::link(one.number.as_str(), format!("/comptabilite/factures/{}", one.id)),
        Cell::text(one.supplier.as_str()),
        Cell::text_or_absent(one.buyer.clone()),
        Cell::Money(one.payable),
        Cell::date(one.due_on),
        delay(one.due_on, one.paid_on.unwrap_or(today)),
        state_cell(one.state),
    ];
    match &due.late {
        Late::No => cells.extend([Cell::Absent, Cell::Absent, Cell::Absent]),
        Late::Costs(cost) => cells.extend([
            Cell::Money(cost.interest.0),
            Cell::Money(cost.recovery_costs.0),
            Cell::text(format!(
                "{} % l’an, {}",
                french::decimal(cost.rate.normalize()),
                cost.source
            )),
        ]),
        Late::NoRate(day) => cells.extend([
            Cell::text("inconnus"),
            Cell::Absent,
            Cell::text(format!(
                "Le taux de la Banque centrale européenne au {} n’est pas enregistré : demandez à l’administrateur de l’ajouter",
                french::date(*day)
            )),
        ]),
    }
    cells
}

/// « dans 5 jours », « 12 jours de retard ».
fn delay(due_on: Option<NaiveDate>, today: NaiveDate) -> Cell {
    let Some(due_on) = due_on else { return Cell::state("suspendu", "warn") };
    let days = (due_on - today).num_days();
    let count = french::counted(days.unsigned_abs(), "jour", "jours");
    match days {
        0 => Cell::state("aujourd’hui", "warn"),
        ..0 => Cell::state(format!("{count} de retard"), "bad"),
        1..=7 => Cell::state(format!("dans {count}"), "warn"),
        8.. => Cell::text(format!("dans {count}")),
    }
}
