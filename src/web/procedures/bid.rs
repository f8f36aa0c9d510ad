//! A bid as it came in: one price an article; an empty price is to be regularised.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::response::Response;
use domain::catalogue::ArticleRef;
use domain::french;
use domain::group::organisation::OrganisationKind;
use domain::ids::{OrganisationId, TenderLotId};
use domain::price::UnitPrice;
use minijinja::{Value, context};

use super::tiers;
use crate::store::tenders::{self as store, StoredBid, StoredLot, ToPrice};
use crate::store::{campaigns, group};
use crate::usecases::tenders::{BidPrice, NewBid, record_bid};
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields};
use crate::web::rights::Buy;
use crate::web::routes::Row;

/// A lot, what must be priced, and what was offered.
struct Lot {
    lot: StoredLot,
    articles: BTreeMap<ArticleRef, ToPrice>,
    labels: BTreeMap<ArticleRef, (String, String)>,
    bids: Vec<StoredBid>,
}

impl Lot {
    async fn of(pages: &Pages, id: i64) -> Result<Self, PageError> {
        let on = &pages.app.store;
        let id = TenderLotId(id);
        let lot = store::tender_lot(on, id).await?;
        let campaign = store::procedure(on, lot.procedure).await?.head.campaign;
        let labels = campaigns::frozen(on, campaign)
            .await?
            .iter()
            .map(|article| {
                let terms = &article.terms;
                (article.reference.clone(), (terms.label.clone(), terms.unit_label.clone()))
            })
            .collect();
        let articles = store::articles_to_price(on, id).await?;
        Ok(Self { lot, articles, labels, bids: store::bids(on, id).await? })
    }

    fn known(&self, supplier: Option<OrganisationId>) -> Option<&StoredBid> {
        self.bids.iter().find(|bid| Some(bid.bid.candidate) == supplier)
    }
}

fn candidate(fields: &Fields) -> Option<OrganisationId> {
    fields.text("candidat").parse().ok().map(OrganisationId)
}

async fn page(
    pages: &Pages,
    who: &Agent,
    lot: &Lot,
    (fields, errors): (&Fields, &Errors),
) -> Result<Response, PageError> {
    let chosen = candidate(fields);
    let known = lot.known(chosen);
    let suppliers = group::organisations(&pages.app.store, &[OrganisationKind::Supplier]).await?;
    let options = suppliers.into_iter().map(|listed| {
        context! { code => listed.id.to_string(), words => listed.organisation.name }
    });
    let rows: Vec<Value> = lot
        .articles
        .iter()
        .map(|(reference, item)| {
            let field = format!("p-{reference}");
            let kept = known.and_then(|bid| bid.bid.prices.get(reference));
            let value = match fields.text(&field) {
                "" => kept.map(|line| line.price.french_bare()).unwrap_or_default(),
                typed => typed.to_owned(),
            };
            let (label, unit) = lot.labels.get(reference).cloned().unwrap_or_default();
            let tiers_field = format!("paliers-{reference}");
            let tiers_value = match typed(fields, &tiers_field) {
                Some(text) => text.to_owned(),
                None => kept.map(|line| tiers::typed(&line.tiers)).unwrap_or_default(),
            };
            context! {
                field => field,
                tiers_field => tiers_field,
                tiers_value => tiers_value,
                reference => reference.as_str(),
                label => label,
                unit => unit,
                quantity => item.quantity.french(),
                value => value,
            }
        })
        .collect();
    let received = match fields.text("recue") {
        "" => known.map_or(pages.app.today(), |bid| bid.received_on).to_string(),
        typed => typed.to_owned(),
    };
    let values = context! {
        id => lot.lot.id.0,
        code => lot.lot.code.as_str(),
        title => lot.lot.title.as_str(),
        options => options.collect::<Vec<_>>(),
        candidate => fields.text("candidat"),
        received => received,
        rows => rows,
        replaces => known.is_some(),
        errors => errors.view(),
    };
    let template = "pages/procedures/bid.html";
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
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    let lot = Lot::of(&pages, id).await?;
    page(&pages, &who, &lot, (&Fields(asked), &Errors::none())).await
}

/// What was typed in a field that stood in the form, even nothing.
fn typed<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim())
}

fn price(text: &str) -> Option<UnitPrice> {
    UnitPrice::scheduled(french::parse_decimal(text).ok()?).ok()
}

pub(super) async fn record(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    fields: Fields,
) -> Result<Response, PageError> {
    let lot = Lot::of(&pages, id).await?;
    let mut errors = Errors::none();
    let supplier = candidate(&fields);
    if supplier.is_none() {
        errors.add("candidat", "Choisissez le candidat.");
    }
    let received_on = fields.text("recue").parse().ok();
    if received_on.is_none() {
        errors.add("recue", "Indiquez une date, par exemple 15/01/2027.");
    }
    let mut prices = BTreeMap::new();
    for reference in lot.articles.keys() {
        let field = format!("p-{reference}");
        let text = fields.text(&field);
        if text.is_empty() {
            continue;
        }
        match price(text) {
            Some(price) => {
                let field = format!("paliers-{reference}");
                let read = tiers::read(fields.text(&field));
                let checked = read.and_then(|read| tiers::checked(price, read));
                match checked {
                    Ok(tiers) => {
                        prices.insert(reference.clone(), BidPrice { price, tiers });
                    }
                    Err(why) => errors.add(&field, format!("{reference} : {why}")),
                }
            }
            None => errors.add(
                &field,
                format!("{reference} : saisissez un prix HT de quatre décimales au plus, par exemple 0,89."),
            ),
        }
    }
    if prices.is_empty() && errors.is_empty() {
        errors.add("", "Saisissez au moins un prix.");
    }
    if let (true, Some(supplier), Some(received_on)) = (errors.is_empty(), supplier, received_on) {
        let new = NewBid { lot: lot.lot.id, supplier, received_on, prices };
        match record_bid(&pages.app, &who.actor(), &new).await {
            Ok(recorded) => {
                let total = recorded.total;
                let missing = total.missing.len() + total.free.len();
                let said = if total.is_complete() {
                    format!("L’offre est enregistrée : {} HT sur les quantités du lot.", total.net)
                } else {
                    format!(
                        "L’offre est enregistrée mais n’est pas classée : {} {} sans prix. Demandez \
                         au candidat de la compléter.",
                        french::count(missing),
                        french::plural(missing, "article", "articles")
                    )
                };
                return pages
                    .done(&who, &format!("/gestion/procedures/lots/{}", lot.lot.id), said)
                    .await;
            }
            Err(error) => errors = Errors::refused(error)?,
        }
    }
    page(&pages, &who, &lot, (&fields, &errors)).await
}
