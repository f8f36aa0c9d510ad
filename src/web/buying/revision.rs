//! Revising prices: index values with their sources, every price before and after, then applied.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use domain::french;
use domain::ids::ContractId;
use minijinja::{Value, context};

use super::Row;
use super::day;
use super::words::table;
use crate::store::tenders::{self, IndexUsed, StoredContract};
use crate::usecases::tenders::{
    PriceChange, Revision, RevisionPreview, preview_revision, revise_prices,
};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields};
use crate::web::listing::Cell;
use crate::web::rights::Buy;
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/gestion/marches/{id}/revision", ask)
        .post("/gestion/marches/{id}/revision/apercu", preview)
        .post("/gestion/marches/{id}/revision", apply)
}

async fn ask(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let contract = tenders::contract(&pages.app.store, ContractId(id)).await?;
    let values = form(&contract, &Fields::default(), &Errors::none());
    pages.page(&who, "pages/buying/revision.html", values).await
}

/// The form as it was typed.
fn form(contract: &StoredContract, fields: &Fields, errors: &Errors) -> Value {
    let terms = contract.agreement.terms();
    let asked = terms.revision.iter().flat_map(|clause| &clause.terms().terms);
    let indices = asked.enumerate().map(|(place, term)| {
        context! {
            place => place,
            name => term.index.as_str(),
            initial => french::decimal(term.initial_value.normalize()),
            weight => french::decimal(term.weight.normalize()),
            value => fields.text(&format!("valeur-{place}")),
            month => fields.text(&format!("mois-{place}")),
            source => fields.text(&format!("source-{place}")),
        }
    });
    context! {
        id => contract.id.0,
        number => terms.number.as_str(),
        firm => terms.revision.is_none(),
        indices => indices.collect::<Vec<_>>(),
        from => fields.text("du"),
        errors => errors.view(),
    }
}

/// What was typed: the day, and the index values that were published.
fn read(contract: &StoredContract, fields: &Fields) -> Result<(NaiveDate, Vec<IndexUsed>), Errors> {
    let mut errors = Errors::none();
    let from = day(fields.text("du"), "du", &mut errors);
    let mut used = Vec::new();
    let terms = contract.agreement.terms();
    let asked = terms.revision.iter().flat_map(|clause| &clause.terms().terms);
    for (place, term) in asked.enumerate() {
        let field = |name: &str| format!("{name}-{place}");
        let typed = fields.text(&field("valeur"));
        // An index that is not published is left empty: the prices go on.
        if typed.is_empty() {
            continue;
        }
        let value = french::parse_decimal(typed);
        if value.is_err() {
            errors.add(&field("valeur"), "Saisissez la valeur publiée, par exemple 112,3.");
        }
        let month = format!("{}-01", fields.text(&field("mois"))).parse::<NaiveDate>();
        if month.is_err() {
            errors.add(&field("mois"), "Indiquez le mois de l’indice, par exemple 2027-06.");
        }
        let source = fields.text(&field("source"));
        if source.is_empty() {
            errors
                .add(&field("source"), "Dites où cette valeur est publiée : elle sera vérifiable.");
        }
        if let (Ok(value), Ok(month)) = (value, month) {
            used.push(IndexUsed {
                name: term.index.clone(),
                month,
                value,
                source: source.to_owned(),
            });
        }
    }
    match from {
        Some(from) if errors.is_empty() => Ok((from, used)),
        _ => Err(errors),
    }
}

async fn preview(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    fields: Fields,
) -> Result<Response, PageError> {
    let contract = tenders::contract(&pages.app.store, ContractId(id)).await?;
    let again = async |errors: Errors| {
        let values = form(&contract, &fields, &errors);
        pages.again(&who, "pages/buying/revision.html", values).await
    };
    let (from, used) = match read(&contract, &fields) {
        Ok(read) => read,
        Err(errors) => return again(errors).await,
    };
    let seen = match preview_revision(&pages.app, contract.id, from, &used).await {
        Ok(seen) => seen,
        Err(error) => return again(Errors::refused(error)?).await,
    };
    let (coefficient, changes, missing) = match seen {
        RevisionPreview::Prices { coefficient, changes } => {
            (Some(french::decimal(coefficient)), changes, Vec::new())
        }
        RevisionPreview::Unrevised { missing } => (None, Vec::new(), missing),
    };
    let hidden: BTreeMap<&str, &str> =
        fields.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let hidden = hidden.into_iter().map(|(name, value)| context! { name => name, value => value });
    let used = used.iter().map(|index| {
        vec![
            Cell::text(&index.name),
            Cell::text(index.month.format("%m/%Y").to_string()),
            Cell::text(french::decimal(index.value.normalize())),
            Cell::text(&index.source),
        ]
    });
    let values = context! {
        id => id,
        number => contract.agreement.terms().number.as_str(),
        from => french::date(from),
        coefficient => coefficient,
        missing => missing.join(", "),
        used => table(
            "Valeurs d’indices utilisées",
            &[("Indice", false), ("Mois", false), ("Valeur", true), ("Source", false)],
            used.collect(),
            "Aucune valeur d’indice.",
        ),
        count => changes.len(),
        changes => table(
            "Chaque prix avant et après, HT en euros",
            &[
                ("Article", false), ("À partir de", true), ("Prix initial", true),
                ("Avant", true), ("Après", true), ("Écart", true),
            ],
            changes.iter().map(change).collect(),
            "Aucun prix.",
        ),
        hidden => hidden.collect::<Vec<_>>(),
    };
    pages.page(&who, "pages/buying/revision_preview.html", values).await
}

fn change(change: &PriceChange) -> Vec<Cell> {
    let (before, after) = (change.before.decimal(), change.after.decimal());
    let gap = after - before;
    let sign = if gap > rust_decimal::Decimal::ZERO { "+" } else { "" };
    vec![
        Cell::text(change.reference.to_string()),
        change.from.map_or(Cell::Absent, Cell::Quantity),
        Cell::text(change.initial.french_bare()),
        Cell::text(change.before.french_bare()),
        Cell::text(change.after.french_bare()),
        Cell::text(format!("{sign}{}", french::decimal(gap.normalize()))),
    ]
}

async fn apply(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    fields: Fields,
) -> Result<Response, PageError> {
    let contract = tenders::contract(&pages.app.store, ContractId(id)).await?;
    let read = read(&contract, &fields);
    let (from, used) = match read {
        Ok(read) => read,
        Err(errors) => {
            let values = form(&contract, &fields, &errors);
            return pages.again(&who, "pages/buying/revision.html", values).await;
        }
    };
    let done = revise_prices(&pages.app, &who.actor(), contract.id, from, &used).await?;
    let message = match done {
        Revision::Schedule(_) => format!(
            "Les prix sont révisés à partir du {}. Les commandes déjà émises gardent leurs prix ; \
             recalculez les brouillons des périodes ouvertes.",
            french::date(from)
        ),
        Revision::Unrevised { warning, .. } => warning,
    };
    pages.done(&who, &format!("/gestion/marches/{id}"), message).await
}
