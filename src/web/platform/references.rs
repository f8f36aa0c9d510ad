//! The dated rows behind thresholds, rates and delays, each with its source.

use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use domain::french;
use domain::money::Cents;
use domain::tenders::thresholds::{PurchaseScope, ThresholdKind};
use minijinja::context;
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::store::reference;
use crate::usecases::platform::reference::{NewRate, add_interest_rate};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::form::{Errors, Form};
use crate::web::listing::{Cell, Column, Filter, ListQuery, Listing};
use crate::web::rights::Administer;

const TABLES: [(&str, &str); 7] = [
    ("seuils", "Seuils de la commande publique"),
    ("tva", "Taux de TVA"),
    ("interets", "Intérêts moratoires"),
    ("delais", "Délais de paiement"),
    ("ccag", "CCAG-FCS"),
    ("mandats", "Mandats municipaux"),
    ("comptes", "Comptes M57"),
];

/// The tables to choose from; the first is the one shown without a choice.
fn tables() -> Vec<(String, String)> {
    let code = |at: usize, code: &str| if at == 0 { String::new() } else { code.to_owned() };
    let tables = TABLES.iter().enumerate();
    tables.map(|(at, (name, title))| (code(at, name), (*title).into())).collect()
}

/// The figures of the CCAG-FCS.
const CCAG: [(&str, &str); 5] = [
    ("penalty_divisor", "diviseur des pénalités de retard"),
    ("penalty_cap", "plafond des pénalités, en % de la commande HT"),
    ("penalty_exemption", "exonération des pénalités, en euros HT"),
    ("comment_delay", "délai d’observations du titulaire, en jours"),
    ("acceptance_delay", "délai de vérification, en jours"),
];

/// A row's codes as a person reads them.
fn in_words(what: &str) -> String {
    if let Some((kind, scope)) = what.split_once(" / ") {
        let kind = ThresholdKind::from_code(kind)
            .map_or_else(|| kind.to_owned(), |kind| kind.french().to_owned());
        let scope = PurchaseScope::from_code(scope)
            .map_or_else(|| scope.to_owned(), |scope| scope.french().to_owned());
        return format!("{kind}, {scope}");
    }
    let figure = CCAG.iter().find(|(code, _)| *code == what);
    figure.map_or(what, |(_, words)| *words).to_owned()
}

/// A row's value in its unit; `what` is the row's code.
fn value(table: &str, what: &str, stored: &str) -> Cell {
    let Ok(number) = stored.parse::<Decimal>() else {
        return Cell::text_or_absent(Some(stored.replace('.', ",")));
    };
    let figure = french::decimal(number.normalize());
    let kind = what.split_once(" / ").and_then(|(kind, _)| ThresholdKind::from_code(kind));
    let words = match (table, kind) {
        ("seuils", Some(ThresholdKind::SmallLotsPercent)) | ("tva", _) => format!("{figure} %"),
        ("seuils", Some(ThresholdKind::EssentialDataMonths)) => format!("{figure} mois"),
        ("seuils", Some(ThresholdKind::StandstillDays)) => format!("{figure} jours"),
        ("seuils", Some(ThresholdKind::TurnoverMultiple)) => format!("{figure} fois le besoin"),
        ("seuils", _) => return Cents::exactly(number).map_or(Cell::Text(figure), Cell::Money),
        // An account is a name made of digits.
        ("comptes", _) => stored.to_owned(),
        _ => figure,
    };
    Cell::text(french::unbroken(&words))
}

pub(super) async fn show(
    State(pages): State<Pages>,
    who: May<Administer>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let table = query.filter("table").unwrap_or(TABLES[0].0).to_owned();
    let title = TABLES.iter().find(|(code, _)| *code == table).map_or("", |(_, title)| *title);
    let found = reference::rows(&pages.app.store, &table, &query.slice("-du")).await?;
    let today = pages.app.today();
    let rows = found.into_iter().map(|row| {
        let over = row.valid_to.is_some_and(|to| to < today);
        let state = if over {
            Cell::state("passé", "quiet")
        } else if row.valid_from > today {
            Cell::state("à venir", "draft")
        } else {
            Cell::state("en vigueur", "good")
        };
        vec![
            Cell::text(in_words(&row.what)),
            value(&table, &row.what, &row.value),
            Cell::Date(row.valid_from),
            Cell::date(row.valid_to),
            state,
            Cell::text(row.source),
        ]
    });
    let rows: Vec<Vec<Cell>> = rows.collect();
    let total = rows.len() as u64;
    let listing = Listing {
        name: "references",
        caption: format!("{title}. Une ligne ne change pas : une nouvelle la remplace à sa date."),
        columns: vec![
            Column::text("quoi", "Référence"),
            Column::number("", "Valeur"),
            Column::text("du", "Du"),
            Column::text("au", "Au"),
            Column::text("", "État"),
            Column::text("source", "Source"),
        ],
        rows,
        total,
        query,
        search: Some("Chercher un mot"),
        filters: vec![Filter { key: "table", label: "Table", options: tables() }],
        empty: "Aucune ligne.".into(),
        noun: ("ligne", "lignes"),
    };
    let page = "pages/platform/references.html";
    listing.respond_about(&table, &pages, &who, page, context! {}).await
}

const RATE_PAGE: &str = "pages/platform/rate.html";

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct RateForm {
    du: String,
    taux: String,
    source: String,
}

impl RateForm {
    fn view(&self, errors: &Errors) -> minijinja::Value {
        context! {
            form => context! {
                du => self.du.as_str(),
                taux => self.taux.as_str(),
                source => self.source.as_str(),
            },
            errors => errors.view(),
        }
    }

    fn read(&self) -> Result<NewRate, Errors> {
        let mut errors = Errors::none();
        let from: Option<NaiveDate> = self.du.trim().parse().ok();
        if from.is_none() {
            errors.add("du", "Indiquez le premier jour du semestre, par exemple le 01/01/2027.");
        }
        let rate: Option<Decimal> = self.taux.trim().replace(',', ".").parse().ok();
        if rate.is_none() {
            errors.add("taux", "Indiquez le taux en pour cent, par exemple 2,15.");
        }
        if self.source.trim().is_empty() {
            errors.add("source", "Citez la source, par exemple « BCE, décision du 5 juin 2025 ».");
        }
        match (from, rate) {
            (Some(from), Some(refinancing_rate)) if errors.is_empty() => {
                Ok(NewRate { from, refinancing_rate, source: self.source.clone() })
            }
            _ => Err(errors),
        }
    }
}

pub(super) async fn ask_rate(
    State(pages): State<Pages>,
    who: May<Administer>,
) -> Result<Response, PageError> {
    pages.page(&who, RATE_PAGE, RateForm::default().view(&Errors::none())).await
}

pub(super) async fn add_rate(
    State(pages): State<Pages>,
    who: May<Administer>,
    Form(form): Form<RateForm>,
) -> Result<Response, PageError> {
    let new = match form.read() {
        Ok(new) => new,
        Err(errors) => return pages.again(&who, RATE_PAGE, form.view(&errors)).await,
    };
    match add_interest_rate(&pages.app, &who.actor(), &new).await {
        Ok(()) => {
            let message = "Le taux est ajouté. Les intérêts du semestre se calculent avec lui.";
            pages.done(&who, "/administration/references?table=interets", message).await
        }
        Err(error) => {
            let errors = Errors::refused(error)?;
            pages.again(&who, RATE_PAGE, form.view(&errors)).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_said_in_its_unit() {
        for (table, what, stored, said) in [
            ("seuils", "formal / local", "216000.00", "216 000,00 €"),
            ("seuils", "small_lots_percent / local", "20.00", "20 %"),
            ("seuils", "standstill_days / local", "11.00", "11 jours"),
            ("seuils", "turnover_multiple / local", "1.50", "1,5 fois le besoin"),
            ("tva", "Taux réduit", "5.50", "5,5 %"),
            ("interets", "taux directeur de la BCE", "2.15 + 8.00", "2,15 + 8,00"),
            ("ccag", "penalty_exemption", "1000.00", "1 000"),
            ("comptes", "boites : Fournitures administratives", "6064", "6064"),
            ("mandats", "mandat municipal", "", "–"),
        ] {
            let shown = value(table, what, stored).french().replace(['\u{a0}', '\u{202f}'], " ");
            assert_eq!(shown, said, "{what}");
        }
    }
}
