//! One article: its versions, a new one from a day, its retirement.

use axum::extract::State;
use axum::response::Response;
use domain::catalogue::{ArticleTerms, CatalogueEntry, PackSize};
use domain::french;
use domain::ids::ArticleId;
use domain::platform::role::Right;
use domain::price::UnitPrice;
use minijinja::{Value, context};

use super::list::rate;
use crate::store::catalogue::{self as store, StoredArticle};
use crate::usecases::catalogue::{import_catalogue, retire_articles};
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields};
use crate::web::rights::{Buy, ReadPurchases};
use crate::web::routes::Row;

fn terms_view(terms: &ArticleTerms) -> Value {
    context! {
        label => terms.label.as_str(),
        unit => terms.unit_label.as_str(),
        pack => terms.pack.map(PackSize::units),
        price => terms.reference_price.french(),
        vat => rate(terms.vat_rate),
        cpv => terms.cpv.to_string(),
        specification => terms.specification.as_str(),
        standards => terms.standards.as_str(),
    }
}

pub(super) async fn show(
    State(pages): State<Pages>,
    who: May<ReadPurchases>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let on = &pages.app.store;
    let id = ArticleId(id);
    let stored = store::article(on, id).await?;
    let frozen = store::frozen_by(on, id).await?;
    let today = pages.app.today();
    let current = stored.in_force_on(today).map(|(version, _)| version);
    let versions = stored.article.versions().iter().zip(&stored.versions).rev();
    let versions = versions.map(|(version, number)| {
        let censuses: Vec<&str> = frozen
            .iter()
            .filter(|(of, _)| *of == number.0)
            .map(|(_, name)| name.as_str())
            .collect();
        context! {
            from => french::date(version.from),
            terms => terms_view(&version.terms),
            current => Some(*number) == current,
            ahead => version.from > today,
            censuses => censuses.join(", "),
        }
    });
    let retired = stored.article.retired_from();
    let values = context! {
        id => id.0,
        reference => stored.article.reference.as_str(),
        lot => stored.article.lot.as_str(),
        family => stored.article.family.as_str(),
        sub_family => stored.article.sub_family.as_str(),
        label => stored.article.versions().last().map(|version| version.terms.label.clone()),
        versions => versions.collect::<Vec<_>>(),
        retired => retired.map(french::date),
        may_buy => who.may(Right::Buy),
        today => today.to_string(),
    };
    pages.page(&who, "pages/catalogue/article.html", values).await
}

async fn page(
    pages: &Pages,
    who: &Agent,
    stored: &StoredArticle,
    (fields, errors): (&Fields, &Errors),
) -> Result<Response, PageError> {
    let last = stored.article.versions().last().ok_or(PageError::NotFound)?;
    let terms = &last.terms;
    let or = |field: &str, usual: String| {
        let typed = fields.0.iter().any(|(name, _)| name == field);
        if typed { fields.text(field).to_owned() } else { usual }
    };
    let values = context! {
        id => stored.id.0,
        reference => stored.article.reference.as_str(),
        since => french::date(last.from),
        from => or("des", pages.app.today().to_string()),
        label => or("libelle", terms.label.clone()),
        price => or("prix", terms.reference_price.french_bare()),
        pack => or("conditionnement", terms.pack.map(|pack| pack.units().to_string()).unwrap_or_default()),
        counted => terms.pack.is_some(),
        specification => or("specification", terms.specification.clone()),
        standards => or("normes", terms.standards.clone()),
        errors => errors.view(),
    };
    let template = "pages/catalogue/version.html";
    if errors.is_empty() {
        pages.page(who, template, values).await
    } else {
        pages.again(who, template, values).await
    }
}

pub(super) async fn form(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let stored = store::article(&pages.app.store, ArticleId(id)).await?;
    page(&pages, &who, &stored, (&Fields::default(), &Errors::none())).await
}

/// The article with the terms that were typed; its lot, family, unit and rate stay.
fn entry(stored: &StoredArticle, fields: &Fields, errors: &mut Errors) -> Option<CatalogueEntry> {
    let last = stored.article.versions().last()?;
    let price = french::parse_decimal(fields.text("prix")).ok();
    let price = price.and_then(|value| UnitPrice::scheduled(value).ok());
    if price.is_none() {
        errors.add("prix", "Saisissez un prix HT de quatre décimales au plus, par exemple 0,89.");
    }
    let pack = match last.terms.pack {
        None => Some(None),
        Some(_) => fields
            .text("conditionnement")
            .parse()
            .ok()
            .and_then(|units| PackSize::new(units).ok())
            .map(Some),
    };
    if pack.is_none() {
        errors.add("conditionnement", "Saisissez un nombre entier d’unités, par exemple 50.");
    }
    let label = fields.text("libelle").to_owned();
    if label.is_empty() {
        errors.add("libelle", "Donnez un libellé à l’article.");
    }
    Some(CatalogueEntry {
        reference: stored.article.reference.clone(),
        lot: stored.article.lot.clone(),
        family: stored.article.family.clone(),
        sub_family: stored.article.sub_family.clone(),
        terms: ArticleTerms {
            label,
            pack: pack?,
            reference_price: price?,
            specification: fields.text("specification").to_owned(),
            standards: fields.text("normes").to_owned(),
            ..last.terms.clone()
        },
    })
}

pub(super) async fn revise(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    fields: Fields,
) -> Result<Response, PageError> {
    let stored = store::article(&pages.app.store, ArticleId(id)).await?;
    let mut errors = Errors::none();
    let from = fields.text("des").parse().ok();
    if from.is_none() {
        errors.add("des", "Indiquez une date, par exemple 01/01/2027.");
    }
    let entry = entry(&stored, &fields, &mut errors);
    if let (true, Some(entry), Some(from)) = (errors.is_empty(), entry, from) {
        match import_catalogue(&pages.app, &who.actor(), &[entry], from).await {
            Ok(done) => {
                let said = if done.revised == 0 {
                    "Rien ne change : ces conditions sont déjà les dernières.".to_owned()
                } else {
                    format!(
                        "Nouvelle version à partir du {}. Les recensements ouverts gardent celle \
                         qu’ils ont figée.",
                        french::date(from)
                    )
                };
                return pages.done(&who, &format!("/gestion/catalogue/{id}"), said).await;
            }
            Err(error) => errors = Errors::refused(error)?,
        }
    }
    page(&pages, &who, &stored, (&fields, &errors)).await
}

pub(super) async fn retire(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    fields: Fields,
) -> Result<Response, PageError> {
    let stored = store::article(&pages.app.store, ArticleId(id)).await?;
    let day = fields.text("jour").parse().unwrap_or_else(|_| pages.app.today());
    let one = [stored.article.reference.clone()].into();
    retire_articles(&pages.app, &who.actor(), &one, day).await?;
    let said = format!(
        "L’article {} ne peut plus être demandé à partir du {}. Les documents passés le gardent.",
        stored.article.reference,
        french::date(day)
    );
    pages.done(&who, &format!("/gestion/catalogue/{id}"), said).await
}
