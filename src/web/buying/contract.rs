//! One contract: its terms, its prices and their versions, penalties, orders, invoices, windows.

use axum::extract::{Query, State};
use axum::response::Response;
use domain::french;
use domain::ids::{ContractId, PriceScheduleId};
use domain::invoices::state::InvoiceState;
use domain::money::{Cents, Net};
use domain::orders::calendar::Period;
use domain::tenders::revision::RevisionClause;
use minijinja::{Value, context};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::Row;
use super::words::{delivered, facts, gauge, history, order_state, table};
use crate::store::orders::{self, OrderFilter};
use crate::store::tenders::{self, IndexRow, SchedulePrices, StoredContract};
use crate::store::{Slice, platform};
use crate::usecases::orders::{Penalties, penalties};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::listing::Cell;
use crate::web::rights::{Buy, Needed, ReadPurchases};
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new().get("/gestion/marches/{id}", show)
}

/// Rows of a list that stands on a page of something else.
pub(super) const GLANCE: u64 = 10;

pub(super) fn glance() -> Slice {
    Slice { limit: GLANCE, ..Slice::default() }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Shown {
    /// The price schedule to show; the last when none is asked for.
    bordereau: Option<i64>,
}

async fn show(
    State(pages): State<Pages>,
    who: May<ReadPurchases>,
    Row(id): Row<i64>,
    Query(shown): Query<Shown>,
) -> Result<Response, PageError> {
    let (on, today) = (&pages.app.store, pages.app.today());
    let id = ContractId(id);
    let contract = tenders::contract(on, id).await?;
    let schedules = tenders::schedules(on, id).await?;
    let indices = tenders::index_rows(on, id).await?;
    let late = penalties(on, id, today).await?;
    let filter = OrderFilter { contract: Some(id), ..OrderFilter::default() };
    let (orders, order_count) = orders::desk_orders(on, &filter, &glance()).await?;
    let (invoices, invoice_count) = tenders::contract_invoices(on, id, &glance()).await?;
    let texts = orders::article_texts(on, id).await?;
    let told = platform::history(on, ("contract", id.0)).await?;
    let schedule = shown
        .bordereau
        .map(PriceScheduleId)
        .and_then(|wanted| schedules.iter().find(|schedule| schedule.id == wanted))
        .or_else(|| in_force(&schedules, today));
    let order_rows = orders.iter().map(|row| {
        vec![
            Cell::link(
                row.number.clone().unwrap_or_else(|| "brouillon".into()),
                format!("/gestion/commandes/{}", row.id),
            ),
            Cell::text(&row.buyer),
            order_state(&row.state),
            Cell::Money(Cents(row.net_cents)),
            Cell::Money(Cents(row.gross_cents)),
            Cell::date(row.deliver_by),
            delivered(&row.state, row.sums.ordered_milli, row.sums.kept_milli),
        ]
    });
    let invoice_rows = invoices.iter().map(|row| {
        let state = InvoiceState::from_code(&row.state).map_or("inconnu", InvoiceState::french);
        vec![
            Cell::link(&row.number, format!("/comptabilite/factures/{}", row.id)),
            Cell::text(if row.credit { "avoir" } else { "facture" }),
            Cell::Date(row.issue_date),
            Cell::text_or_absent(row.order_number.clone()),
            Cell::Money(Cents(row.net_cents)),
            Cell::Money(Cents(row.gross_cents)),
            Cell::text(state),
            Cell::date(row.due_on),
        ]
    });
    let terms = contract.agreement.terms();
    let values = context! {
        id => id.0,
        number => terms.number.as_str(),
        title => contract.title.as_str(),
        gauge => gauge(contract.committed.cents(), terms.ceiling.cents()),
        facts => described(&contract),
        holder => terms.holder.0,
        may_buy => who.may(Buy::RIGHT),
        revisable => terms.revision.is_some(),
        windows => windows(&contract, today),
        versions => versions(id, &schedules, schedule, &indices),
        prices => schedule.map(|schedule| bpu(schedule, &texts)),
        penalties => late_table(&late),
        due => late.due.french(),
        is_due => late.due > Net::ZERO,
        orders => table(
            "Dernières commandes du marché",
            &[
                ("Commande", false), ("Acheteur", false), ("État", false), ("HT", true),
                ("TTC", true), ("À livrer avant le", false), ("Livraison", false),
            ],
            order_rows.collect(),
            "Aucune commande sur ce marché : préparez-en depuis une période de commande.",
        ),
        order_words => french::counted(order_count, "commande", "commandes"),
        invoices => table(
            "Dernières factures du marché",
            &[
                ("Facture", false), ("Nature", false), ("Date", false), ("Commande", false),
                ("HT", true), ("TTC", true), ("État", false), ("Échéance", false),
            ],
            invoice_rows.collect(),
            "Aucune facture sur ce marché.",
        ),
        invoice_words => french::counted(invoice_count, "facture", "factures"),
        history => history(&told),
    };
    pages.page(&who, "pages/buying/contract.html", values).await
}

/// The schedule of `today`, or the first one where the contract has not begun.
fn in_force(schedules: &[SchedulePrices], today: chrono::NaiveDate) -> Option<&SchedulePrices> {
    let begun = schedules.iter().rev().find(|schedule| schedule.from <= today);
    begun.or_else(|| schedules.first())
}

fn described(contract: &StoredContract) -> Value {
    let terms = contract.agreement.terms();
    let freight = terms.freight.map_or_else(
        || "compris dans les prix".to_owned(),
        |freight| {
            let franco = freight.franco.map(|from| format!(", gratuit dès {} HT", from.french()));
            format!("{} HT par commande{}", freight.flat.french(), franco.unwrap_or_default())
        },
    );
    let revision = terms.revision.as_ref();
    let mut list = vec![
        ("Titulaire", contract.holder_name.clone()),
        ("Lot", format!("{} – {}", terms.lot, contract.lot_title)),
        ("Modèle", terms.model.french().to_owned()),
        ("Consultation lancée le", french::date(contract.launched_on)),
        ("Notifié le", french::date(contract.notified_on)),
        ("Commandes possibles", days(contract.agreement.period())),
        ("Durée", format!("{} mois, reconductions comprises", terms.months)),
        ("Maximum", format!("{} HT", terms.ceiling.french())),
        (
            "Minimum",
            terms.floor.map_or_else(|| "aucun".into(), |floor| format!("{} HT", floor.french())),
        ),
        ("Délai de livraison", format!("{} jours après la commande", terms.delivery_days)),
        ("Port", freight),
        ("Prix par tranches", terms.tier_base.french().to_owned()),
        ("Révision", revision.map_or_else(|| "prix fermes".into(), RevisionClause::french)),
    ];
    if let Some(told) = contract.losers_told_on {
        list.push(("Candidats non retenus informés le", french::date(told)));
    }
    if let Some(mention) = &contract.vat_exemption {
        list.push(("TVA", mention.clone()));
    }
    facts(list)
}

fn days(period: Period) -> String {
    format!("du {} au {} inclus", french::date(period.from), french::date(period.to))
}

fn windows(contract: &StoredContract, today: chrono::NaiveDate) -> Value {
    let rows = contract.windows.iter().map(|window| {
        let state = if window.closed {
            Cell::state("close", "good")
        } else if window.days.holds(today) {
            Cell::state("ouverte", "open")
        } else if today < window.days.from {
            Cell::state("à venir", "draft")
        } else {
            Cell::state("à clore", "warn")
        };
        vec![
            Cell::link(
                format!("Besoins {}", window.year),
                format!("/gestion/fenetres/{}", window.id),
            ),
            Cell::Date(window.days.from),
            Cell::Date(window.days.to),
            state,
        ]
    });
    let columns = [("Période", false), ("Du", false), ("Au (inclus)", false), ("État", false)];
    let empty = "Aucune période de commande : ouvrez-en une quand un recensement est clos.";
    table("Périodes de commande", &columns, rows.collect(), empty)
}

fn versions(
    id: ContractId,
    schedules: &[SchedulePrices],
    shown: Option<&SchedulePrices>,
    indices: &[IndexRow],
) -> Value {
    let rows = schedules.iter().map(|schedule| {
        let used = indices.iter().filter(|index| index.schedule_id == schedule.id.0).map(|index| {
            let value = Decimal::new(index.value_e4, 4).normalize();
            let month = index.month.format("%m/%Y");
            format!("{} : {} ({month}, {})", index.name, french::decimal(value), index.source)
        });
        let used: Vec<String> = used.collect();
        let name = format!("Bordereau n° {}", schedule.rank);
        let is_shown = shown.is_some_and(|one| one.id == schedule.id);
        vec![
            Cell::link(name, format!("/gestion/marches/{id}?bordereau={}#prix", schedule.id)),
            Cell::Date(schedule.from),
            Cell::text_or_absent(schedule.coefficient.as_ref().map(|text| text.replace('.', ","))),
            Cell::text_or_absent(Some(used.join(" ; "))),
            if is_shown { Cell::state("affiché ci-dessous", "open") } else { Cell::Absent },
        ]
    });
    let columns = [
        ("Version", false),
        ("En vigueur depuis le", false),
        ("Coefficient", true),
        ("Indices et sources", false),
        ("", false),
    ];
    table("Versions du bordereau des prix", &columns, rows.collect(), "Aucun bordereau des prix.")
}

/// Every price of a schedule, tiers below their article.
fn bpu(
    schedule: &SchedulePrices,
    texts: &std::collections::HashMap<domain::ids::ArticleVersionId, orders::ArticleText>,
) -> Value {
    let mut rows = Vec::new();
    for sold in schedule.articles.values() {
        let text = texts.get(&sold.version);
        let label = text.map_or("", |text| text.label.as_str());
        let unit = text.map_or("", |text| text.unit_label.as_str());
        let mut row = |from: Cell, price: String| {
            rows.push(vec![
                Cell::text(sold.reference.to_string()),
                Cell::text(label),
                Cell::text(unit),
                from,
                Cell::text(price),
                Cell::text(sold.line.taxation.rate.french()),
            ]);
        };
        row(Cell::Absent, sold.line.price.french_bare());
        for tier in &sold.line.tiers {
            row(Cell::Quantity(tier.from), tier.price.french_bare());
        }
    }
    let caption = format!(
        "Bordereau n° {} en vigueur depuis le {}, prix unitaires HT en euros",
        schedule.rank,
        french::date(schedule.from)
    );
    let columns = [
        ("Article", false),
        ("Désignation", false),
        ("Unité", false),
        ("À partir de", true),
        ("Prix HT", true),
        ("TVA", true),
    ];
    table(&caption, &columns, rows, "Ce bordereau est vide.")
}

fn late_table(late: &Penalties) -> Value {
    let rows = late.orders.iter().map(|order| {
        let days = order.late.iter().map(|late| late.days).max().unwrap_or(0);
        vec![
            Cell::link(&order.number, format!("/gestion/commandes/{}", order.order)),
            Cell::Date(order.deliver_by),
            Cell::Count(i64::from(days)),
            Cell::Money(Cents(order.late.iter().map(|late| late.value.cents()).sum())),
            Cell::Money(Cents(order.penalty.cents())),
        ]
    });
    let columns = [
        ("Commande", false),
        ("À livrer avant le", false),
        ("Jours de retard", true),
        ("Marchandise en retard HT", true),
        ("Pénalité", true),
    ];
    let empty = "Aucun retard de livraison sur ce marché.";
    table("Retards et pénalités par commande", &columns, rows.collect(), empty)
}
