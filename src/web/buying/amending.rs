//! An amendment of an issued order: quantities, what they change in figures, then the paper.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use domain::ids::{OrganisationId, SiteId};
use domain::money::Net;
use domain::orders::delivery::ShareKey;
use domain::orders::order::Share;
use domain::quantity::Quantity;
use minijinja::{Value, context};

use super::Row;
use super::order::{head, read};
use crate::store::orders::{self, StoredOrder};
use crate::store::{group, tenders};
use crate::usecases::orders::{AmendedLine, amend_order, preview_amend};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields};
use crate::web::rights::Buy;
use crate::web::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/gestion/commandes/{id}/avenant", ask_amend)
        .post("/gestion/commandes/{id}/avenant/apercu", see_amend)
        .post("/gestion/commandes/{id}/avenant", amend)
}

/// The field of a share's quantity: `q-2-14-31`.
fn field(key: &ShareKey) -> String {
    format!("q-{}-{}-{}", key.position, key.member, key.site)
}

async fn amending(
    pages: &Pages,
    id: i64,
    fields: &Fields,
    errors: &Errors,
) -> Result<Value, PageError> {
    let on = &pages.app.store;
    let (stored, window, buyer) = read(pages, id).await?;
    let texts = orders::article_texts(on, window.contract.id).await?;
    let members: Vec<OrganisationId> = stored.order.members().into_iter().collect();
    let bodies = group::organisations_among(on, &members).await?;
    let sites = group::sites(on, None).await?;
    let mut lines = Vec::new();
    for line in stored.order.lines.iter().filter(|line| line.article.amendable) {
        let text = texts.get(&line.article.version);
        let shares = line.shares.iter().map(|share| {
            let name = field(&ShareKey::of(line.position, share));
            let typed = fields.text(&name).to_owned();
            let body = bodies.get(&share.member).map_or("", |body| body.name.as_str());
            let site = sites.get(&share.site).map_or("", |site| site.name.as_str());
            context! {
                label => format!("{body}, {site}"),
                value => if typed.is_empty() { share.quantity.french() } else { typed },
                now => share.quantity.french(),
                name => name,
            }
        });
        lines.push(context! {
            position => line.position,
            label => text.map_or_else(String::new, |text| format!("{} {}", text.reference, text.label)),
            unit => text.map_or("", |text| text.unit_label.as_str()),
            price => line.article.price.french(),
            shares => shares.collect::<Vec<_>>(),
        });
    }
    Ok(context! {
        lines => lines,
        reason => fields.text("motif"),
        errors => errors.view(),
        ..head(&stored, &window, &buyer)
    })
}

async fn ask_amend(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let values = amending(&pages, id, &Fields::default(), &Errors::none()).await?;
    pages.page(&who, "pages/buying/order_amend.html", values).await
}

/// The lines that were changed, whole.
async fn amended(
    pages: &Pages,
    stored: &StoredOrder,
    fields: &Fields,
) -> Result<Result<Vec<AmendedLine>, Errors>, PageError> {
    let prices = tenders::schedule(&pages.app.store, stored.schedule).await?;
    let mut errors = Errors::none();
    if fields.text("motif").is_empty() {
        errors.add(
            "motif",
            "Indiquez le motif de la modification, par exemple : volumes plus épais que prévu.",
        );
    }
    let mut lines = Vec::new();
    for line in stored.order.lines.iter().filter(|line| line.article.amendable) {
        let article = prices.articles.iter().find(|(_, sold)| sold.version == line.article.version);
        let Some((article, _)) = article else { continue };
        let mut typed: BTreeMap<(OrganisationId, SiteId), Quantity> = BTreeMap::new();
        for share in &line.shares {
            let name = field(&ShareKey::of(line.position, share));
            let quantity = match fields.text(&name) {
                "" => share.quantity,
                text => Quantity::parse(text).unwrap_or_else(|_| {
                    errors.add(&name, "Saisissez une quantité, par exemple 12.");
                    share.quantity
                }),
            };
            typed.insert((share.member, share.site), quantity);
        }
        let shares: Vec<Share> = line
            .shares
            .iter()
            .map(|share| {
                let quantity = typed.get(&(share.member, share.site)).copied();
                Share { quantity: quantity.unwrap_or(share.quantity), ..*share }
            })
            .collect();
        if shares != line.shares {
            lines.push(AmendedLine { position: line.position, article: *article, shares });
        }
    }
    if lines.is_empty() && errors.is_empty() {
        errors.add("", "Aucune quantité n’a changé : modifiez-en une.");
    }
    Ok(if errors.is_empty() { Ok(lines) } else { Err(errors) })
}

async fn see_amend(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    fields: Fields,
) -> Result<Response, PageError> {
    let (stored, window, buyer) = read(&pages, id).await?;
    let again = async |errors: Errors| {
        let values = amending(&pages, id, &fields, &errors).await?;
        pages.again(&who, "pages/buying/order_amend.html", values).await
    };
    let lines = match amended(&pages, &stored, &fields).await? {
        Ok(lines) => lines,
        Err(errors) => return again(errors).await,
    };
    let reason = fields.text("motif");
    let seen = preview_amend(&pages.app, &who.actor(), stored.id, reason, &lines).await;
    let seen = match seen {
        Ok(seen) => seen,
        Err(error) => return again(Errors::refused(error)?).await,
    };
    let gap = seen.after.minus(seen.before).unwrap_or(Net::ZERO);
    let words = vec![
        format!(
            "L’avenant n° {} porte la commande de {} HT à {} HT, soit {} HT.",
            seen.number,
            seen.before.french(),
            seen.after.french(),
            gap.french()
        ),
        format!("Il restera {} HT sur le marché.", seen.room.left.french()),
        "La commande émise reste telle quelle ; l’avenant est un document à part, à transmettre au titulaire.".into(),
    ];
    let hidden = fields.0.iter().map(|(name, value)| {
        context! { name => name.as_str(), value => value.as_str() }
    });
    let values = context! {
        words => words,
        number => seen.number,
        hidden => hidden.collect::<Vec<_>>(),
        ..head(&stored, &window, &buyer)
    };
    pages.page(&who, "pages/buying/order_amend_preview.html", values).await
}

async fn amend(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    fields: Fields,
) -> Result<Response, PageError> {
    let (stored, _, _) = read(&pages, id).await?;
    let lines = match amended(&pages, &stored, &fields).await? {
        Ok(lines) => lines,
        Err(errors) => {
            let values = amending(&pages, id, &fields, &errors).await?;
            return pages.again(&who, "pages/buying/order_amend.html", values).await;
        }
    };
    let reason = fields.text("motif");
    let number = amend_order(&pages.app, &who.actor(), stored.id, reason, &lines).await?;
    let message = format!("L’avenant n° {number} est enregistré. Transmettez-le au titulaire.");
    pages.done(&who, &format!("/gestion/commandes/{id}"), message).await
}
