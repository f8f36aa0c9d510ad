//! Screen 4: everything once more before it is sent: lines, totals, oddities, who answers and who
//! signs.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::campaigns::typed::one_year;
use domain::french;
use domain::group::contact::Signature;
use domain::platform::role::Right;
use minijinja::{Value, context};

use super::{
    Writer, address, census_of, census_view, deliver, needs_address, open, sheet, site_view, steps,
};
use crate::store::{StoreError, group};
use crate::usecases::UseCaseError;
use crate::usecases::campaigns::review::{Point, Review};
use crate::usecases::campaigns::send::{self, ReceiptTo, Sending, What};
use crate::usecases::platform::mail::Recipient;
use crate::web::Pages;
use crate::web::agent::Answerer;
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields};

/// What is said when the answer is no longer what was shown.
pub(super) const CHANGED: &str = "La réponse a changé depuis que cette page a été affichée : une autre personne ou une autre \
     fenêtre l’a modifiée. La voici à jour. Relisez-la, puis envoyez.";

/// What was typed on this page.
#[derive(Debug, Clone, Default)]
pub(super) struct TypedHere {
    by: String,
    quality: String,
    confirmed: bool,
}

impl TypedHere {
    fn of(fields: &Fields) -> Self {
        Self {
            by: fields.text("par").to_owned(),
            quality: fields.text("fonction").to_owned(),
            confirmed: fields.text("confirme") == "oui",
        }
    }
}

pub(super) async fn show(
    State(pages): State<Pages>,
    who: Writer,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let review = open(&pages, &who, &id).await?;
    if let Some(elsewhere) = elsewhere(&review) {
        return Ok(elsewhere);
    }
    let typed = TypedHere { quality: quality_of(&pages, &who).await?, ..TypedHere::default() };
    let page = view(&who, &review, &typed, &Errors::none());
    pages.page(&who, "pages/census/check.html", page).await
}

fn elsewhere(review: &Review) -> Option<Response> {
    if review.points.is_empty() && !review.member.subscribed.is_empty() {
        return Some(Redirect::to(&format!("{}/livraison", address(review))).into_response());
    }
    deliver::elsewhere(review)
}

/// « Maire »: as the contacts of the member say of this address, if they do.
pub(super) async fn quality_of(pages: &Pages, who: &Answerer) -> Result<String, PageError> {
    if !who.may(Right::SignNeeds) {
        return Ok(String::new());
    }
    let contacts = group::contacts(&pages.app.store, Some(who.organisation)).await?;
    let mine = contacts.into_values().find(|contact| {
        let address = contact.email.as_ref().map(|email| email.as_str().to_lowercase());
        address.is_some_and(|address| address == who.email.to_lowercase())
            && !contact.quality.is_empty()
    });
    Ok(mine.map(|contact| contact.quality).unwrap_or_default())
}

pub(super) fn point_view(review: &Review, point: &Point) -> Value {
    let faults: Vec<Value> = point
        .faults
        .iter()
        .map(|fault| {
            let named = review.member.articles.iter().find(|offered| {
                let id = offered.article.id;
                let one = |year: &i32| fault.field == one_year(id, *year);
                fault.field == domain::campaigns::typed::every_year(id)
                    || review.years().iter().any(one)
            });
            let named = named.map_or("", |offered| offered.article.terms.label.as_str());
            context! { field => fault.field.as_str(), name => named, message => fault.message.as_str() }
        })
        .collect();
    context! {
        site => site_view(point),
        href => needs_address(review, point.id),
        lines => sheet::lines(review, point),
        net => point.totals.all.net.french(),
        gross => point.totals.all.gross.french(),
        faults => faults,
        questions => sheet::questions(review, point),
        sent => point.is_sent(),
    }
}

/// The totals of all points, by year too.
pub(super) fn totals_view(review: &Review) -> Value {
    let years = review.years();
    let by_year: Vec<Value> = years
        .iter()
        .zip(&review.totals.by_year)
        .map(|(year, total)| {
            context! {
                year => year,
                net => total.net.french(),
                vat => total.vat.french(),
                gross => total.gross.french(),
            }
        })
        .collect();
    let all = review.totals.all;
    let lines: usize = review.points.iter().map(|point| point.lines.len()).sum();
    context! {
        by_year => if years.len() > 1 { by_year } else { Vec::new() },
        net => all.net.french(),
        vat => all.vat.french(),
        gross => all.gross.french(),
        articles => format!("{} {}", french::count(lines), french::plural(lines, "ligne", "lignes")),
    }
}

fn view(who: &Answerer, review: &Review, typed: &TypedHere, errors: &Errors) -> Value {
    let sites = review.points.len();
    context! {
        census => census_view(review),
        steps => steps(review, 2),
        organisation => who.organisation_name.as_str(),
        points => review.points.iter().map(|point| point_view(review, point)).collect::<Vec<_>>(),
        sites => format!("{sites} {}", french::plural(sites, "lieu", "lieux")),
        totals => totals_view(review),
        has_faults => review.has_faults(),
        has_needs => review.has_needs(),
        has_oddities => review.has_oddities(),
        signs => who.may(Right::SignNeeds),
        guest => who.person.is_none(),
        name => who.name.as_str(),
        by => typed.by.as_str(),
        quality => typed.quality.as_str(),
        confirmed => typed.confirmed,
        seen => review.seen(),
        errors => errors.view(),
    }
}

pub(super) async fn send(
    State(pages): State<Pages>,
    who: Writer,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, PageError> {
    let campaign = census_of(&who, &id)?;
    let typed = TypedHere::of(&fields);
    let signs = who.may(Right::SignNeeds) && fields.text("action") == "valider";
    let mut errors = Errors::none();
    if signs && typed.quality.is_empty() {
        errors.add("fonction", "Indiquez votre fonction, par exemple « Maire ».");
    }
    let by = if who.person.is_some() { who.name.clone() } else { typed.by.clone() };
    let signature = signs.then(|| Signature {
        name: who.name.clone(),
        quality: typed.quality.clone(),
        on: pages.app.today(),
    });
    let sending = Sending {
        what: What::Needs,
        typed_by: by,
        confirmed: typed.confirmed,
        seen: fields.text("vu").to_owned(),
        signature,
        receipt_to: receipt_to(&who),
    };
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    if errors.is_empty() {
        let sent = send::send(&pages.app, &who.actor(), who.organisation, campaign, &sending).await;
        match sent {
            Ok(_) => {
                let words = if signs {
                    "Vos besoins sont envoyés et validés."
                } else {
                    "Vos besoins sont envoyés."
                };
                return pages.done(&who, &format!("/campagnes/{campaign}/merci"), words).await;
            }
            Err(UseCaseError::Refused(reasons)) => {
                for reason in reasons {
                    errors.add(field_of(&reason.code), reason.message);
                }
            }
            Err(UseCaseError::Store(StoreError::Overtaken { .. })) => {
                errors.add("", CHANGED);
                status = StatusCode::CONFLICT;
            }
            Err(error) => return Err(error.into()),
        }
    }
    let review = open(&pages, &who, &id).await?;
    // A double click: the first one sent it.
    if review.is_sent() {
        return Ok(Redirect::to(&format!("{}/merci", address(&review))).into_response());
    }
    let page = view(&who, &review, &typed, &errors);
    let page = pages.page(&who, "pages/census/check.html", page).await?;
    Ok((status, page).into_response())
}

/// Who sent is told by e-mail that it arrived.
pub(super) fn receipt_to(who: &Answerer) -> Option<ReceiptTo> {
    let person = who.person?;
    Some(ReceiptTo {
        recipient: Recipient {
            address: who.email.clone(),
            name: who.name.clone(),
            person: Some(person),
            organisation: Some(who.organisation),
        },
        organisation_name: who.organisation_name.clone(),
    })
}

fn field_of(code: &str) -> &'static str {
    match code {
        "source_absente" => "par",
        "a_confirmer" => "confirme",
        _ => "",
    }
}
