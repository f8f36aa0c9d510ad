//! The revision clause of an award as it is typed, and what it says.

use chrono::NaiveDate;
use domain::french;
use domain::price::UnitPrice;
use domain::tenders::revision::{
    CapReference, CoefficientRounding, IndexTerm, RevisionCap, RevisionClause, RevisionTerms,
};
use minijinja::{Value, context};
use rust_decimal::Decimal;

use crate::web::form::{Errors, Fields};

/// The indices that a form has room for: contracts of archives name one or two.
const ROOM: usize = 3;

const PRICING: &str = "prix";
const REVISED: &str = "revisables";

/// Whether the form says that prices are revised.
fn revised(fields: &Fields) -> bool {
    fields.text(PRICING) == REVISED
}

fn number(fields: &Fields, field: &str, example: &str, errors: &mut Errors) -> Option<Decimal> {
    let found = french::parse_decimal(fields.text(field)).ok();
    if found.is_none() {
        errors.add(field, format!("Saisissez un nombre, par exemple {example}."));
    }
    found
}

/// The rows of the formula; one left empty is none.
fn indices(fields: &Fields, errors: &mut Errors) -> Vec<IndexTerm> {
    let mut terms = Vec::new();
    for place in 0..ROOM {
        let named = |name: &str| format!("{name}-{place}");
        let (index, weight, value) = (named("indice"), named("poids"), named("valeur"));
        if [&index, &weight, &value].iter().all(|field| fields.text(field).is_empty()) {
            continue;
        }
        if fields.text(&index).is_empty() {
            errors.add(&index, "Nommez l’indice tel qu’il est publié, par exemple « CPF 17.21 ».");
        }
        let weight = number(fields, &weight, "0,85", errors);
        let initial_value = number(fields, &value, "112,4", errors);
        if let (Some(weight), Some(initial_value)) = (weight, initial_value) {
            let index = fields.text(&index).to_owned();
            terms.push(IndexTerm { index, weight, initial_value });
        }
    }
    if terms.is_empty() && errors.is_empty() {
        errors.add("indice-0", "Nommez au moins un indice, ou choisissez des prix fermes.");
    }
    terms
}

/// The clause that was typed; `None` for firm prices, or with `errors` that say what is wrong.
pub(super) fn read(fields: &Fields, errors: &mut Errors) -> Option<RevisionClause> {
    if !revised(fields) {
        return None;
    }
    let fixed = number(fields, "fixe", "0,15", errors);
    let terms = indices(fields, errors);
    let mut base_month = None;
    if !fields.text("mois_base").is_empty() {
        base_month = format!("{}-01", fields.text("mois_base")).parse::<NaiveDate>().ok();
        if base_month.is_none() {
            errors.add("mois_base", "Indiquez un mois, par exemple 2026-06.");
        }
    }
    let mut every_months = None;
    if !fields.text("periodicite").is_empty() {
        every_months = fields.text("periodicite").parse().ok();
        if every_months.is_none() {
            errors.add("periodicite", "Saisissez un nombre de mois, par exemple 12.");
        }
    }
    let decimals = fields.text("decimales").parse().ok();
    if decimals.is_none() {
        errors.add("decimales", "Saisissez un nombre de décimales, par exemple 3.");
    }
    let mut cap = None;
    if !fields.text("butoir").is_empty() {
        cap = number(fields, "butoir", "3", errors).map(|percent| RevisionCap {
            percent,
            reference: CapReference::from_code(fields.text("butoir_base"))
                .unwrap_or(CapReference::InitialPrice),
        });
    }
    let (Some(fixed), Some(coefficient_decimals), true) = (fixed, decimals, errors.is_empty())
    else {
        return None;
    };
    let rounding =
        CoefficientRounding::from_code(fields.text("arrondi")).unwrap_or(CoefficientRounding::Up);
    let typed = RevisionTerms {
        coefficient_decimals,
        rounding,
        cap,
        base_month,
        every_months,
        ..RevisionTerms::usual(fixed, terms)
    };
    match RevisionClause::new(typed) {
        Ok(clause) => Some(clause),
        Err(error) => {
            errors.add("fixe", error.for_the_reader());
            None
        }
    }
}

/// What the clause means, and what it would make of a price of the bid.
pub(super) fn meaning(clause: Option<&RevisionClause>, price: Option<UnitPrice>) -> Vec<String> {
    let Some(clause) = clause else {
        return vec!["Les prix sont fermes pendant tout le marché.".into()];
    };
    let mut lines = vec![format!("Prix révisés : prix initial × ({}).", clause.french())];
    lines.extend(price.and_then(|price| clause.example(price).ok()));
    lines
}

/// The fields as they were typed, else the usual clause.
pub(super) fn view(fields: &Fields) -> Value {
    let or = |field: &str, usual: &str| match fields.text(field) {
        "" => usual.to_owned(),
        typed => typed.to_owned(),
    };
    let rows = (0..ROOM).map(|place| {
        let typed = |name: &str| fields.text(&format!("{name}-{place}")).to_owned();
        context! {
            place => place,
            index => typed("indice"),
            weight => typed("poids"),
            initial => typed("valeur"),
        }
    });
    let option = |code: &str, words: &str| context! { code => code, words => words };
    context! {
        pricing => or(PRICING, "fermes"),
        pricings => [option("fermes", "Fermes"), option(REVISED, "Révisables par une formule")].to_vec(),
        open => revised(fields),
        fixed => fields.text("fixe"),
        rows => rows.collect::<Vec<_>>(),
        month => fields.text("mois_base"),
        period => fields.text("periodicite"),
        decimals => or("decimales", "3"),
        rounding => or("arrondi", CoefficientRounding::Up.code()),
        roundings => CoefficientRounding::ALL
            .iter()
            .map(|one| option(one.code(), one.french()))
            .collect::<Vec<_>>(),
        cap => fields.text("butoir"),
        cap_base => or("butoir_base", CapReference::InitialPrice.code()),
        cap_bases => CapReference::ALL
            .iter()
            .map(|one| option(one.code(), one.french()))
            .collect::<Vec<_>>(),
    }
}
