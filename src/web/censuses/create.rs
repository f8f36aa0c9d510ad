//! A new census, its terms copied from the last one.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{Datelike, NaiveDate};
use domain::campaigns::census::{Census, CensusState, MOST_YEARS};
use domain::ids::{ConventionId, LotId};
use minijinja::{Value, context};

use crate::store::campaigns::{self as store, StoredCensus};
use crate::store::group::{self, StoredConvention};
use crate::usecases::campaigns::create_census;
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields, new_key};
use crate::web::rights::Buy;

/// How long a census usually stays open, when there is none to copy.
const USUAL_DAYS: u64 = 42;

/// The convention censuses are held under: the newest.
async fn current(pages: &Pages) -> Result<Option<StoredConvention>, PageError> {
    let on = &pages.app.store;
    let Some(id) = group::convention_ids(on).await?.first().copied() else { return Ok(None) };
    Ok(group::convention(on, id).await?)
}

/// What the form holds.
pub(super) struct Typed {
    pub(super) name: String,
    pub(super) opens_on: String,
    pub(super) closes_on: String,
    pub(super) first_year: String,
    pub(super) years: String,
    pub(super) lots: BTreeSet<LotId>,
}

impl Typed {
    pub(super) fn of(fields: &Fields) -> Self {
        Self::under("", fields)
    }

    /// What stands in the fields whose names begin with `prefix`.
    pub(super) fn under(prefix: &str, fields: &Fields) -> Self {
        let text = |name: &str| fields.text(&format!("{prefix}{name}")).to_owned();
        let lot = format!("{prefix}lot");
        Self {
            name: text("nom"),
            opens_on: text("ouverture"),
            closes_on: text("cloture"),
            first_year: text("premiere_annee"),
            years: text("annees"),
            lots: fields.all(&lot).filter_map(|lot| lot.parse().ok().map(LotId)).collect(),
        }
    }

    pub(super) fn from(census: &Census) -> Self {
        Self {
            name: census.name.clone(),
            opens_on: census.opens_on.to_string(),
            closes_on: census.closes_on.to_string(),
            first_year: census.first_year.to_string(),
            years: census.years.to_string(),
            lots: census.lots.clone(),
        }
    }

    /// The census as a page carries it to know what was read; not judged.
    pub(super) fn carried(&self) -> Option<Census> {
        Some(Census {
            name: self.name.clone(),
            state: CensusState::Draft,
            opens_on: self.opens_on.parse().ok()?,
            closes_on: self.closes_on.parse().ok()?,
            first_year: self.first_year.parse().ok()?,
            years: self.years.parse().ok()?,
            lots: self.lots.clone(),
        })
    }

    /// The last census's terms, the years after its last one and as many days.
    fn proposed(last: Option<&StoredCensus>, group: &StoredConvention, today: NaiveDate) -> Self {
        let first = last.map_or(today.year() + 1, |last| {
            last.census.year_numbers().last().map_or(today.year() + 1, |year| year + 1)
        });
        let years = last.map_or(MOST_YEARS, |last| last.census.years);
        let days = last.map_or(USUAL_DAYS, |last| {
            let asked = (last.census.closes_on - last.census.opens_on).num_days();
            u64::try_from(asked).unwrap_or(USUAL_DAYS)
        });
        let end = i64::try_from(years).unwrap_or(1) + i64::from(first) - 1;
        let name =
            if years == 1 { format!("Besoins {first}") } else { format!("Besoins {first}-{end}") };
        let of_all = || group.lots.iter().map(|lot| lot.id).collect();
        Self {
            name,
            opens_on: today.to_string(),
            closes_on: (today + chrono::Days::new(days)).to_string(),
            first_year: first.to_string(),
            years: years.to_string(),
            lots: last.map_or_else(of_all, |last| last.census.lots.clone()),
        }
    }

    pub(super) fn census(&self, errors: &mut Errors, today: NaiveDate) -> Option<Census> {
        if self.name.is_empty() {
            errors.add("nom", "Donnez un nom au recensement, par exemple « Besoins 2027-2030 ».");
        }
        let mut day = |field: &str, text: &str| {
            let found = text.parse::<NaiveDate>().ok();
            if found.is_none() {
                errors.add(field, "Indiquez une date, par exemple 15/12/2026.");
            }
            found
        };
        let opens_on = day("ouverture", &self.opens_on);
        let closes_on = day("cloture", &self.closes_on);
        if let (Some(opens), Some(closes)) = (opens_on, closes_on) {
            if closes < opens {
                errors.add(
                    "cloture",
                    "Le dernier jour précède l’ouverture : corrigez l’un des deux.",
                );
            } else if closes < today {
                errors.add("cloture", "Ce jour est passé : personne ne pourrait répondre.");
            }
        }
        let first_year = self.first_year.parse::<i32>().ok().filter(|year| {
            let this = today.year();
            (this - 1..=this + 10).contains(year)
        });
        if first_year.is_none() {
            errors.add("premiere_annee", "Indiquez une année, par exemple 2027.");
        }
        let years = self.years.parse::<usize>().ok().filter(|n| (1..=MOST_YEARS).contains(n));
        if years.is_none() {
            errors.add("annees", format!("Indiquez un nombre d’années, de 1 à {MOST_YEARS}."));
        }
        if self.lots.is_empty() {
            errors.add("lot", "Choisissez au moins un lot.");
        }
        if !errors.is_empty() {
            return None;
        }
        Some(Census {
            name: self.name.clone(),
            state: CensusState::Draft,
            opens_on: opens_on?,
            closes_on: closes_on?,
            first_year: first_year?,
            years: years?,
            lots: self.lots.clone(),
        })
    }
}

/// The fields of the form.
pub(super) fn shown(typed: &Typed, group: &StoredConvention, errors: &Errors) -> Value {
    let lots = group.lots.iter().map(|lot| {
        context! {
            id => lot.id.0,
            words => format!("Lot {} : {}", lot.number, lot.title),
            model => lot.terms.model().french(),
            chosen => typed.lots.contains(&lot.id),
        }
    });
    context! {
        name => typed.name.as_str(),
        opens_on => typed.opens_on.as_str(),
        closes_on => typed.closes_on.as_str(),
        first_year => typed.first_year.as_str(),
        years => typed.years.as_str(),
        lots => lots.collect::<Vec<_>>(),
        convention => group.convention.terms().reference.as_str(),
        errors => errors.view(),
        most_years => MOST_YEARS,
    }
}

fn values(
    typed: &Typed,
    group: &StoredConvention,
    last: Option<&StoredCensus>,
    errors: &Errors,
    key: &str,
) -> Value {
    context! {
        last => last.map(|last| last.census.name.clone()),
        convention_id => group.id.0,
        key => key,
        ..shown(typed, group, errors)
    }
}

const TEMPLATE: &str = "pages/censuses/new.html";

pub(super) async fn form(State(pages): State<Pages>, who: May<Buy>) -> Result<Response, PageError> {
    let Some(group) = current(&pages).await? else {
        return pages.page(&who, "pages/censuses/no_convention.html", context! {}).await;
    };
    let last = store::censuses(&pages.app.store, group.id).await?.into_iter().next();
    let typed = Typed::proposed(last.as_ref(), &group, pages.app.today());
    let values = values(&typed, &group, last.as_ref(), &Errors::none(), &new_key()?);
    pages.page(&who, TEMPLATE, values).await
}

pub(super) async fn create(
    State(pages): State<Pages>,
    who: May<Buy>,
    fields: Fields,
) -> Result<Response, PageError> {
    let convention = fields.text("convention").parse().map(ConventionId);
    let convention = convention.map_err(|_| PageError::BadRequest("convention".into()))?;
    let group = group::convention(&pages.app.store, convention).await?;
    let group = group.ok_or(PageError::NotFound)?;
    let typed = Typed::of(&fields);
    let key = fields.text("cle").to_owned();
    let mut errors = Errors::none();
    if let Some(census) = typed.census(&mut errors, pages.app.today()) {
        match create_census(&pages.app, &who.actor(), convention, &census, &key).await {
            Ok(id) => {
                let said = format!(
                    "Le recensement « {} » est préparé. Personne ne le voit avant que vous \
                     l’ouvriez.",
                    census.name
                );
                return pages.done(&who, &format!("/gestion/recensements/{id}"), said).await;
            }
            Err(error) => errors = Errors::refused(error)?,
        }
    }
    let page = pages.page(&who, TEMPLATE, values(&typed, &group, None, &errors, &key)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}
