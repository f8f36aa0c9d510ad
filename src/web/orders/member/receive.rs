//! Receiving a delivery at the door, most often on a telephone: what came, a photo, and whether
//! it is accepted.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use domain::french;
use domain::ids::{OrderId, SiteId};
use domain::money::{Cents, Net};
use domain::orders::delivery::{Decision, DeliveredLine, DeliveryNote, ShareKey, Verdict};
use domain::orders::order::{OrderLine, Share};
use domain::orders::state::OrderState;
use domain::quantity::Quantity;
use minijinja::{Value, context};

use super::order::Seen;
use crate::usecases::UseCaseError;
use crate::usecases::orders::{Reception, decide_deliveries, receive_delivery};
use crate::usecases::platform::attachments::NewFile;
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields, read_date};
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

/// A line of the order at one delivery point.
struct Place<'a> {
    line: &'a OrderLine,
    share: &'a Share,
    key: ShareKey,
    left: Quantity,
    pending: Quantity,
}

fn places(seen: &Seen, site: SiteId) -> Vec<Place<'_>> {
    let mut places = Vec::new();
    for line in &seen.stored.order.lines {
        for share in &line.shares {
            if share.member != seen.member || share.site != site {
                continue;
            }
            let key = ShareKey::of(line.position, share);
            let got = seen.stored.receipts.get(&key).copied().unwrap_or_default();
            places.push(Place {
                line,
                share,
                key,
                left: share.quantity.minus(got.kept()).unwrap_or(Quantity::ZERO),
                pending: got.pending(),
            });
        }
    }
    places
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

fn field(prefix: &str, place: &Place<'_>) -> String {
    format!("{prefix}-{}", place.key.position)
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

/// One line as it was typed.
struct Typed<'a> {
    place: Place<'a>,
    quantity: Quantity,
    verdict: Option<Verdict>,
    reduction: Net,
}

/// The amount to be taken off, where the line is accepted at a lower price.
fn read_reduction(
    name: &str,
    verdict: Option<Verdict>,
    typed: &Fields,
    errors: &mut Errors,
) -> Net {
    let field = format!("{name}-refaction");
    match (verdict, typed.text(&field)) {
        (Some(Verdict::Reduced), text) => {
            let found = french::parse_decimal(text).ok();
            match found.and_then(|value| Cents::exactly(value).ok()) {
                Some(cents) if cents > Cents::ZERO => Net(cents),
                Some(_) | None => {
                    errors.add(&field, "Saisissez le montant HT à déduire, par exemple 12,50.");
                    Net::ZERO
                }
            }
        }
        (Some(_) | None, "") => Net::ZERO,
        (Some(_) | None, _) => {
            let message = "Un montant à déduire est saisi : choisissez « J’accepte à prix réduit », \
                           ou effacez-le.";
            errors.add(&field, message);
            Net::ZERO
        }
    }
}

/// Reads the quantities and decisions of the fields that begin with `prefix`; `reason` is where
/// their reserve is typed.
fn read_lines<'a>(
    seen: &'a Seen,
    site: SiteId,
    (prefix, reason): (&str, &str),
    typed: &Fields,
    errors: &mut Errors,
) -> Vec<Typed<'a>> {
    let mut read = Vec::new();
    for place in places(seen, site) {
        let name = field(prefix, &place);
        let text = typed.text(&name);
        if text.is_empty() {
            continue;
        }
        let unit = place.line.article.unit;
        let quantity = Quantity::parse(text).and_then(|quantity| unit.accept(quantity));
        let Ok(quantity) = quantity else {
            let message = format!(
                "« {text} » n’est pas une quantité livrée. Saisissez un nombre, par exemple {}.",
                place.left.french()
            );
            errors.add(&name, message);
            continue;
        };
        if quantity.is_zero() {
            continue;
        }
        let verdict = Verdict::from_code(typed.text(&format!("{name}-decision")));
        let reduction = read_reduction(&name, verdict, typed, errors);
        read.push(Typed { place, quantity, verdict, reduction });
    }
    let reserved = |line: &Typed<'_>| {
        matches!(line.verdict, Some(Verdict::WithReserves | Verdict::Rejected | Verdict::Reduced))
    };
    if read.iter().any(reserved) && typed.text(reason).is_empty() {
        errors.add(
            reason,
            "Écrivez votre réserve, ou pourquoi vous refusez ou demandez un prix réduit : le \
             titulaire la lira.",
        );
    }
    read
}

/// What was decided of a line; `None` while it is left for later.
fn decision(line: &Typed<'_>, who: &Agent, reason: &str, on: NaiveDate) -> Option<Decision> {
    let verdict = line.verdict?;
    Some(Decision {
        key: line.place.key,
        verdict,
        quantity: line.quantity,
        reduction: line.reduction,
        reason: if verdict == Verdict::Accepted { String::new() } else { reason.to_owned() },
        by: if who.name.is_empty() { who.email.clone() } else { who.name.clone() },
        on,
    })
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
    let day = read_date(typed.text(DAY));
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
