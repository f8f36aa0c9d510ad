//! Screen 5: it is sent. The receipt, what comes next and when, how to change it; and who signs.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use domain::campaigns::census::Phase;
use domain::french;
use domain::group::contact::Signature;
use domain::platform::role::Right;
use minijinja::{Value, context};

use super::check::{CHANGED, point_view, quality_of, totals_view};
use super::{Writer, address, census_of, census_view, may_write, open};
use crate::store::StoreError;
use crate::store::campaigns::receipt_of;
use crate::usecases::UseCaseError;
use crate::usecases::campaigns::review::Review;
use crate::usecases::campaigns::{provisional_receipt, send};
use crate::web::Pages;
use crate::web::agent::{Answerer, May};
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields};
use crate::web::rights::SignNeeds;
use crate::web::upload::{JPEG, PDF, PNG, Upload};

pub(super) async fn show(
    State(pages): State<Pages>,
    who: Answerer,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let review = open(&pages, &who, &id).await?;
    if !review.is_answered() {
        return Ok(Redirect::to(&address(&review)).into_response());
    }
    let signed = review.points.iter().find_map(|point| point.stored.sheet.signature.as_ref());
    let signed = signed.filter(|_| review.is_signed()).map(|signature| {
        context! {
            name => signature.name.as_str(),
            quality => signature.quality.as_str(),
            on => french::date(signature.on),
        }
    });
    let page = context! {
        census => census_view(&review),
        organisation => who.organisation_name.as_str(),
        points => review.points.iter().map(|point| point_view(&review, point)).collect::<Vec<_>>(),
        totals => totals_view(&review),
        nothing => !review.has_needs(),
        sent => review.is_sent(),
        signed => signed,
        may_sign => who.may(Right::SignNeeds),
        may_upload => may_upload(&who),
        writes => may_write(&who, &review),
        over => review.phase != Phase::TakesAnswers,
    };
    pages.page(&who, "pages/census/done.html", page).await
}

/// A person of the member records what the mayor signed on paper; a shared link does not.
fn may_upload(who: &Answerer) -> bool {
    who.person.is_some() && who.may(Right::WriteNeeds)
}

/// The numbered receipt once the census is closed; before, the provisional one, made now.
pub(super) async fn receipt(
    State(pages): State<Pages>,
    who: Answerer,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let campaign = census_of(&who, &id)?;
    let issued = receipt_of(&pages.app.store, who.organisation, campaign).await?;
    let (name, bytes) = match issued {
        Some((number, file_key)) => {
            (format!("recepisse-{number}.pdf"), pages.app.files.get(&file_key).await?)
        }
        None => {
            let paper = provisional_receipt(&pages.app, who.organisation, campaign).await?;
            (format!("recepisse-provisoire-recensement-{campaign}.pdf"), paper.bytes)
        }
    };
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, bytes).into_response())
}

fn nothing_to_sign(review: &Review) -> Option<Response> {
    let done = !review.is_sent() || review.is_signed() || review.phase == Phase::Sealed;
    done.then(|| {
        let here = address(review);
        let to = if review.is_answered() { format!("{here}/merci") } else { here };
        Redirect::to(&to).into_response()
    })
}

/// What the page of signing shows and what was typed on it.
#[derive(Debug, Clone, Default)]
struct TypedHere {
    name: String,
    quality: String,
    on: String,
}

fn view(who: &Answerer, review: &Review, typed: &TypedHere, errors: &Errors) -> Value {
    context! {
        census => census_view(review),
        organisation => who.organisation_name.as_str(),
        points => review.points.iter().map(|point| point_view(review, point)).collect::<Vec<_>>(),
        totals => totals_view(review),
        nothing => !review.has_needs(),
        signs => who.may(Right::SignNeeds),
        me => who.name.as_str(),
        name => typed.name.as_str(),
        quality => typed.quality.as_str(),
        on => typed.on.as_str(),
        seen => review.seen(),
        errors => errors.view(),
    }
}

pub(super) async fn to_sign(
    State(pages): State<Pages>,
    who: Writer,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    if who.person.is_none() {
        return Err(PageError::Forbidden);
    }
    let review = open(&pages, &who, &id).await?;
    if let Some(elsewhere) = nothing_to_sign(&review) {
        return Ok(elsewhere);
    }
    let typed = TypedHere {
        quality: quality_of(&pages, &who).await?,
        on: french::date(pages.app.today()),
        ..TypedHere::default()
    };
    let page = view(&who, &review, &typed, &Errors::none());
    pages.page(&who, "pages/census/sign.html", page).await
}

/// « Valider les besoins », by the signatory.
pub(super) async fn sign(
    State(pages): State<Pages>,
    signatory: May<SignNeeds>,
    who: Answerer,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, PageError> {
    let campaign = census_of(&who, &id)?;
    let typed = TypedHere { quality: fields.text("fonction").to_owned(), ..TypedHere::default() };
    let mut errors = Errors::none();
    if typed.quality.is_empty() {
        errors.add("fonction", "Indiquez votre fonction, par exemple « Maire ».");
        return again(&pages, &who, &id, &typed, errors, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let signature = Signature {
        name: signatory.name.clone(),
        quality: typed.quality.clone(),
        on: pages.app.today(),
    };
    let seen = fields.text("vu");
    let actor = who.actor();
    let signed =
        send::sign(&pages.app, &actor, who.organisation, campaign, (seen, None), &signature);
    let signed = signed.await;
    told(&pages, &who, &id, &typed, signed).await
}

/// The mayor without an account signed on paper: the scan, and who signed.
pub(super) async fn sign_on_paper(
    State(pages): State<Pages>,
    who: Writer,
    Path(id): Path<String>,
    upload: Upload,
) -> Result<Response, PageError> {
    if who.person.is_none() {
        return Err(PageError::Forbidden);
    }
    let campaign = census_of(&who, &id)?;
    let fields = &upload.fields;
    let typed = TypedHere {
        name: fields.text("signataire").to_owned(),
        quality: fields.text("qualite").to_owned(),
        on: fields.text("date").to_owned(),
    };
    let seen = fields.text("vu").to_owned();
    let mut errors = Errors::none();
    if typed.name.is_empty() {
        errors.add("signataire", "Indiquez le nom de la personne qui a signé.");
    }
    if typed.quality.is_empty() {
        errors.add("qualite", "Indiquez sa fonction, par exemple « Maire ».");
    }
    let today = pages.app.today();
    let on = NaiveDate::parse_from_str(&typed.on, "%d/%m/%Y").ok().filter(|day| *day <= today);
    if on.is_none() {
        errors.add(
            "date",
            format!("Indiquez le jour de la signature, par exemple {}.", french::date(today)),
        );
    }
    let sent = upload.files.into_iter().find(|file| file.field == "scan");
    let scan = sent.and_then(|file| file.accept(&[PDF, JPEG, PNG]));
    if scan.is_none() {
        errors.add("scan", "Ajoutez le document signé : un PDF ou une photo JPEG ou PNG.");
    }
    let (Some(on), Some(scan), true) = (on, scan, errors.is_empty()) else {
        return again(&pages, &who, &id, &typed, errors, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let signature = Signature { name: typed.name.clone(), quality: typed.quality.clone(), on };
    let actor = who.actor();
    let signed =
        send::sign(&pages.app, &actor, who.organisation, campaign, (&seen, Some(scan)), &signature);
    let signed = signed.await;
    told(&pages, &who, &id, &typed, signed).await
}

async fn told(
    pages: &Pages,
    who: &Answerer,
    id: &str,
    typed: &TypedHere,
    signed: Result<(), UseCaseError>,
) -> Result<Response, PageError> {
    let mut errors = Errors::none();
    let status = match signed {
        Ok(()) => {
            let next = format!("/campagnes/{}/merci", census_of(who, id)?);
            return pages.done(who, &next, "La signature est enregistrée.").await;
        }
        Err(UseCaseError::Refused(reasons)) => {
            for reason in reasons {
                errors.add("", reason.message);
            }
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Err(UseCaseError::Store(StoreError::Overtaken { .. })) => {
            errors.add("", CHANGED);
            StatusCode::CONFLICT
        }
        Err(error) => return Err(error.into()),
    };
    again(pages, who, id, typed, errors, status).await
}

async fn again(
    pages: &Pages,
    who: &Answerer,
    id: &str,
    typed: &TypedHere,
    errors: Errors,
    status: StatusCode,
) -> Result<Response, PageError> {
    let review = open(pages, who, id).await?;
    if let Some(elsewhere) = nothing_to_sign(&review) {
        return Ok(elsewhere);
    }
    let page = view(who, &review, typed, &errors);
    let page = pages.page(who, "pages/census/sign.html", page).await?;
    Ok((status, page).into_response())
}
