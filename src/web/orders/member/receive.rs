//! Receiving a delivery at the door, most often on a telephone: what came, a photo, and whether
//! it is accepted.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use domain::french;
use domain::ids::{OrderId, SiteId};
use domain::orders::delivery::{Decision, DeliveredLine, DeliveryNote};
use domain::orders::state::OrderState;
use domain::quantity::Quantity;
use minijinja::{Value, context};

use super::order::Seen;
use super::received::{Place, decision, field, places, read_lines};
use crate::usecases::UseCaseError;
use crate::usecases::orders::{Reception, decide_deliveries, receive_delivery};
use crate::usecases::platform::attachments::NewFile;
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields};
use crate::web::listing::ListQuery;
use crate::web::rights::ReceiveDeliveries;
use crate::web::routes::Row;
use crate::web::upload::{JPEG, PNG, Upload, WEBP};

const NOTE: &str = "bon";
const DAY: &str = "livre-le";
/// Of what comes now, and of what came before: both forms may stand on one page.
const REASON: &str = "reserve";
const EARLIER_REASON: &str = "reserve-anterieure";
const PHOTO: &str = "photo";

/// What can be said of a line at once. A lower price is decided by who pays.
const CHOICES: [(&str, &str); 5] = [
    ("accepted", "J’accepte"),
    ("accepted_with_reserves", "J’accepte avec une réserve"),
    (REDUCED, "J’accepte à prix réduit (réfaction)"),
    ("rejected", "Je refuse"),
    ("later", "Je décide plus tard"),
];
const REDUCED: &str = "price_reduction";

fn choices(own: bool) -> Vec<Value> {
    CHOICES
        .iter()
        .filter(|(code, _)| own || *code != REDUCED)
        .map(|(code, words)| context! { code => *code, words => *words })
        .collect()
}

/// The delivery points of the member in this order, by name.
fn points(seen: &Seen) -> Vec<SiteId> {
    let shares = seen.stored.order.lines.iter().flat_map(|line| &line.shares);
    let mine = shares.filter(|share| share.member == seen.member).map(|share| share.site);
    let mut points: Vec<SiteId> = mine.collect::<BTreeSet<_>>().into_iter().collect();
    points.sort_by_key(|site| seen.site_name(*site).to_owned());
    points
}

/// The delivery point asked for, else the first with something to do.
fn chosen(seen: &Seen, asked: Option<&str>) -> Option<SiteId> {
    let points = points(seen);
    let asked = asked.and_then(|text| text.parse::<i64>().ok()).map(SiteId);
    if let Some(asked) = asked {
        return points.contains(&asked).then_some(asked);
    }
    let busy = |site: &SiteId| {
        places(seen, *site).iter().any(|place| !place.left.is_zero() || !place.pending.is_zero())
    };
    points.iter().copied().find(busy).or_else(|| points.first().copied())
}

/// What was typed before, else `otherwise`.
fn typed_or(typed: &Fields, name: &str, otherwise: String) -> String {
    let found = typed.0.iter().find(|(key, _)| key == name);
    found.map_or(otherwise, |(_, value)| value.trim().to_owned())
}

fn view(seen: &Seen, site: SiteId, typed: &Fields, today: NaiveDate) -> Value {
    let all = places(seen, site);
    let row = |place: &Place<'_>, prefix: &str, quantity: Quantity| {
        let article = seen.article(place.line);
        let name = field(prefix, place);
        let verdict = format!("{name}-decision");
        let reduction = format!("{name}-refaction");
        context! {
            value => typed_or(typed, &name, quantity.french()),
            decision => typed_or(typed, &verdict, "accepted".into()),
            name => name,
            decision_name => verdict,
            reduction => typed.text(&reduction),
            reduction_name => reduction,
            reducible => seen.own(),
            reference => article.map_or("–", |article| article.reference.as_str()),
            label => article.map_or("–", |article| article.label.as_str()),
            unit => article.map_or("", |article| article.unit_label.as_str()),
            ordered => seen.worded(place.line, place.share.quantity),
            left => place.left.french(),
            pending => place.pending.french(),
        }
    };
    let awaited = all.iter().filter(|place| !place.left.is_zero());
    let undecided = all.iter().filter(|place| !place.pending.is_zero());
    let point = seen.sites.get(&site);
    context! {
        site => site.0,
        site_name => seen.site_name(site),
        site_address => point.map(|point| point.address.to_string()),
        points => points(seen).into_iter().map(|other| context! {
            id => other.0,
            name => seen.site_name(other),
            current => other == site,
        }).collect::<Vec<_>>(),
        awaited => awaited.map(|place| row(place, "q", place.left)).collect::<Vec<_>>(),
        undecided => undecided.map(|place| row(place, "d", place.pending)).collect::<Vec<_>>(),
        choices => choices(seen.own()),
        note => typed.text(NOTE),
        day => typed_or(typed, DAY, french::date(today)),
        reason => typed.text(REASON),
        earlier_reason => typed.text(EARLIER_REASON),
    }
}

async fn render(
    pages: &Pages,
    who: &Agent,
    seen: &Seen,
    site: SiteId,
    (typed, errors): (&Fields, &Errors),
    status: StatusCode,
) -> Result<Response, PageError> {
    let today = pages.app.today();
    let values = context! {
        order => seen.head(today),
        open => seen.stored.order.state == OrderState::Issued,
        reception => view(seen, site, typed, today),
        errors => errors.view(),
    };
    let page = pages.page(who, "pages/orders/receive.html", values).await?;
    Ok((status, page).into_response())
}

pub(super) async fn form(
    State(pages): State<Pages>,
    who: May<ReceiveDeliveries>,
    Row(order): Row<i64>,
    query: ListQuery,
) -> Result<Response, PageError> {
    let seen = Seen::read(&pages.app.store, who.organisation, OrderId(order)).await?;
    let site = chosen(&seen, query.filter("lieu")).ok_or(PageError::NotFound)?;
    let nothing = (&Fields::default(), &Errors::none());
    render(&pages, &who, &seen, site, nothing, StatusCode::OK).await
}

pub(super) async fn save(
    State(pages): State<Pages>,
    who: May<ReceiveDeliveries>,
    Row(order): Row<i64>,
    upload: Upload,
) -> Result<Response, PageError> {
    let seen = Seen::read(&pages.app.store, who.organisation, OrderId(order)).await?;
    let typed = upload.fields;
    let site = chosen(&seen, Some(typed.text("lieu"))).ok_or(PageError::NotFound)?;
    let today = pages.app.today();
    let mut errors = Errors::none();
    if typed.text(NOTE).is_empty() {
        errors.add(
            NOTE,
            "Saisissez le numéro du bon de livraison : il est sur le papier du livreur.",
        );
    }
    let day = french::read_date(typed.text(DAY));
    if day.is_none() {
        errors.add(DAY, "Saisissez la date de livraison, par exemple 22/11/2026.");
    }
    let mut photos: Vec<NewFile> = Vec::new();
    for file in upload.files {
        match file.accept(&[JPEG, PNG, WEBP]) {
            Some(photo) => photos.push(photo),
            None => errors.add(PHOTO, "Ajoutez une photo (JPEG, PNG ou WebP), 10 Mo au plus."),
        }
    }
    let lines = read_lines(&seen, site, ("q", REASON), &typed, &mut errors);
    if lines.is_empty() && errors.is_empty() {
        errors.add("", "Saisissez au moins une quantité livrée.");
    }
    let again = StatusCode::UNPROCESSABLE_ENTITY;
    let (Some(delivered_on), true) = (day, errors.is_empty()) else {
        return render(&pages, &who, &seen, site, (&typed, &errors), again).await;
    };
    let reason = typed.text(REASON);
    let decisions: Vec<Decision> =
        lines.iter().filter_map(|line| decision(line, &who, reason, today)).collect();
    let decided = decisions.len();
    let note = DeliveryNote {
        reference: typed.text(NOTE).to_owned(),
        delivered_on,
        member: seen.member,
        site,
        lines: lines
            .iter()
            .map(|line| DeliveredLine {
                position: line.place.key.position,
                delivered: line.quantity,
                turned_back: Quantity::ZERO,
            })
            .collect(),
    };
    let received = note.lines.len();
    let reception = Reception { order: OrderId(order), note, decisions };
    let done = receive_delivery(&pages.app, &who.actor(), who.viewer(), &reception, photos).await;
    match done {
        Ok(()) => {
            let lines = format!(
                "{} {} {}",
                french::count(received),
                french::plural(received, "article", "articles"),
                french::plural(received, "réceptionné", "réceptionnés")
            );
            let next = if decided < received {
                "Il reste à accepter ou à refuser ce que vous avez laissé pour plus tard."
            } else {
                "Le CdG62 et le titulaire en voient la trace ; la facture suivra."
            };
            let said = format!("Livraison enregistrée : {lines}. {next}");
            pages.done(&who, &format!("/commandes/{order}"), &said).await
        }
        Err(error) => refused(&pages, &who, &seen, site, error, &typed).await,
    }
}

async fn refused(
    pages: &Pages,
    who: &Agent,
    seen: &Seen,
    site: SiteId,
    error: UseCaseError,
    typed: &Fields,
) -> Result<Response, PageError> {
    let errors = Errors::refused(error)?;
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    render(pages, who, seen, site, (typed, &errors), status).await
}

/// Decides on what was received before and left open.
pub(super) async fn decide(
    State(pages): State<Pages>,
    who: May<ReceiveDeliveries>,
    Row(order): Row<i64>,
    typed: Fields,
) -> Result<Response, PageError> {
    let seen = Seen::read(&pages.app.store, who.organisation, OrderId(order)).await?;
    let site = chosen(&seen, Some(typed.text("lieu"))).ok_or(PageError::NotFound)?;
    let today = pages.app.today();
    let mut errors = Errors::none();
    let lines = read_lines(&seen, site, ("d", EARLIER_REASON), &typed, &mut errors);
    let reason = typed.text(EARLIER_REASON);
    let decisions: Vec<(OrderId, Decision)> = lines
        .iter()
        .filter_map(|line| decision(line, &who, reason, today))
        .map(|made| (OrderId(order), made))
        .collect();
    if decisions.is_empty() && errors.is_empty() {
        errors.add("", "Choisissez « J’accepte » ou « Je refuse » pour au moins un article.");
    }
    if !errors.is_empty() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return render(&pages, &who, &seen, site, (&typed, &errors), status).await;
    }
    let count = decisions.len();
    match decide_deliveries(&pages.app, &who.actor(), who.viewer(), &decisions).await {
        Ok(()) => {
            let said = format!(
                "Décision enregistrée pour {} {}.",
                french::count(count),
                french::plural(count, "article", "articles")
            );
            pages.done(&who, &format!("/commandes/{order}"), &said).await
        }
        Err(error) => refused(&pages, &who, &seen, site, error, &typed).await,
    }
}
