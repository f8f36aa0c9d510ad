//! The quantities of a draft, changed by the member before it is validated.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::french;
use domain::group::convention::PackingPolicy;
use domain::ids::{ArticleId, OrderId, SiteId};
use domain::quantity::Quantity;
use minijinja::{Value, context};

use super::order::{Seen, worded};
use crate::store::StoreError;
use crate::store::tenders::{self, SchedulePrices, SoldArticle};
use crate::usecases::UseCaseError;
use crate::usecases::orders::{Adjustment, Change, adjust_draft_as_read};
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields};
use crate::web::rights::AdjustOrders;
use crate::web::routes::Row;

const REASON: &str = "motif";
const MORE_ARTICLE: &str = "ajout-article";
const MORE_SITE: &str = "ajout-lieu";
const MORE: &str = "ajout-quantite";

/// The draft and what its contract sells.
struct Sheet {
    seen: Seen,
    prices: Option<SchedulePrices>,
}

impl Sheet {
    async fn read(pages: &Pages, who: &May<AdjustOrders>, id: i64) -> Result<Self, PageError> {
        let seen = Seen::read(&pages.app.store, who.organisation, OrderId(id)).await?;
        if !seen.own() {
            return Err(StoreError::NotFound { what: "order", id: id.to_string() }.into());
        }
        let day = pages.app.today().max(seen.window.window.days.from);
        let contract = seen.window.contract.id;
        let prices = tenders::schedule_in_force(&pages.app.store, contract, day).await?;
        Ok(Self { seen, prices })
    }

    fn sold(&self) -> impl Iterator<Item = (ArticleId, &SoldArticle)> {
        self.prices.iter().flat_map(|prices| &prices.articles).map(|(id, sold)| (*id, sold))
    }

    fn pack(&self, sold: &SoldArticle) -> Option<u32> {
        let by_site = self.seen.window.contract.packing == PackingPolicy::Site;
        sold.pack
            .filter(|_| by_site)
            .map(domain::catalogue::PackSize::units)
            .filter(|units| *units > 1)
    }

    /// Every place of the draft: article, site and what it holds now.
    fn places(&self) -> Vec<(ArticleId, &SoldArticle, SiteId, Quantity)> {
        let mut places = Vec::new();
        for line in &self.seen.stored.order.lines {
            let sold = self.sold().find(|(_, sold)| sold.version == line.article.version);
            let Some((article, sold)) = sold else { continue };
            places.extend(
                line.shares.iter().map(|share| (article, sold, share.site, share.quantity)),
            );
        }
        places
    }

    /// What was typed as changes, or what is wrong with each field.
    fn changes(&self, typed: &Fields) -> Result<Vec<Change>, Errors> {
        let (mut changes, mut errors) = (Vec::new(), Errors::none());
        let member = self.seen.member;
        for (article, sold, site, now) in self.places() {
            let name = field(article, site);
            let Some(text) = sent(typed, &name) else { continue };
            match self.quantity(sold, text) {
                Ok(quantity) if quantity == now => {}
                Ok(quantity) => changes.push(Change { article, member, site, quantity }),
                Err(message) => errors.add(&name, message),
            }
        }
        let text = |name: &str| typed.text(name);
        if !text(MORE_ARTICLE).is_empty() {
            let sold = self.sold().find(|(id, _)| id.to_string() == text(MORE_ARTICLE));
            let site = self
                .seen
                .sites
                .iter()
                .find(|(id, point)| !point.retired && id.to_string() == text(MORE_SITE));
            if site.is_none() {
                errors.add(MORE_SITE, "Choisissez où livrer cet article.");
            }
            match (sold, self.added(sold.map(|(_, sold)| sold), text(MORE))) {
                (Some((article, _)), Ok(quantity)) => {
                    if let Some((site, _)) = site {
                        changes.push(Change { article, member, site: *site, quantity });
                    }
                }
                (_, Err(message)) => errors.add(MORE, message),
                (None, Ok(_)) => errors.add(MORE_ARTICLE, "Choisissez un article de la liste."),
            }
        }
        if errors.is_empty() { Ok(changes) } else { Err(errors) }
    }

    fn added(&self, sold: Option<&SoldArticle>, text: &str) -> Result<Quantity, String> {
        let Some(sold) = sold else { return Ok(Quantity::ZERO) };
        match self.quantity(sold, text) {
            Ok(quantity) if quantity.is_zero() => {
                Err("Saisissez la quantité de l’article ajouté, par exemple 10.".into())
            }
            read => read,
        }
    }

    /// Reads a quantity; an empty field is none. Says the two nearest ones where it opens a pack.
    fn quantity(&self, sold: &SoldArticle, text: &str) -> Result<Quantity, String> {
        if text.trim().is_empty() {
            return Ok(Quantity::ZERO);
        }
        let example = self.pack(sold).unwrap_or(10);
        let quantity = Quantity::parse(text).map_err(|_| {
            format!(
                "« {} » n’est pas une quantité. Saisissez un nombre, par exemple {example}.",
                text.trim()
            )
        })?;
        let quantity = sold
            .unit
            .accept(quantity)
            .map_err(|_| format!("Saisissez une quantité entière, par exemple {example}."))?;
        let Some(pack) = self.pack(sold) else { return Ok(quantity) };
        let units = quantity.thousandths() / 1000;
        let size = i64::from(pack);
        if units % size == 0 {
            return Ok(quantity);
        }
        let below = units - units % size;
        let above = french::thousands(&(below + size).to_string());
        Err(if below == 0 {
            format!("Cet article se livre par paquets de {pack} : saisissez {above}, ou 0.")
        } else {
            let below = french::thousands(&below.to_string());
            format!("Cet article se livre par paquets de {pack} : saisissez {below} ou {above}.")
        })
    }

    fn value(&self, typed: &Fields) -> Value {
        let seen = &self.seen;
        let rows: Vec<Value> = self
            .places()
            .into_iter()
            .map(|(article, sold, site, now)| {
                let name = field(article, site);
                let version = seen.articles.get(&sold.version);
                context! {
                    value => sent(typed, &name).map_or_else(|| now.french(), str::to_owned),
                    name => name,
                    reference => sold.reference.to_string(),
                    label => version.map_or("–", |text| text.label.as_str()),
                    unit => version.map_or("", |text| text.unit_label.as_str()),
                    now => version.map_or_else(|| now.french(), |text| worded(text, now)),
                    site => seen.site_name(site),
                    pack => self.pack(sold),
                    price => sold.line.price.french(),
                }
            })
            .collect();
        let more: Vec<Value> = self
            .sold()
            .map(|(id, sold)| {
                let label =
                    seen.articles.get(&sold.version).map_or("–", |text| text.label.as_str());
                let pack =
                    self.pack(sold).map_or_else(String::new, |pack| format!(", paquets de {pack}"));
                let price = sold.line.price.french();
                context! {
                    code => id.0.to_string(),
                    words => format!("{} – {label} ({price} HT{pack})", sold.reference),
                }
            })
            .collect();
        let sites: Vec<Value> = seen
            .sites
            .iter()
            .filter(|(_, point)| !point.retired)
            .map(|(id, point)| context! { code => id.0.to_string(), words => point.name.as_str() })
            .collect();
        let text = |name: &str| typed.text(name).to_owned();
        context! {
            rows => rows,
            more => more,
            sites => sites,
            reason => text(REASON),
            more_article => text(MORE_ARTICLE),
            more_site => text(MORE_SITE),
            more_quantity => text(MORE),
        }
    }
}

/// What came in the field `name`, when it came at all.
fn sent<'a>(typed: &'a Fields, name: &str) -> Option<&'a str> {
    typed.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim())
}

fn field(article: ArticleId, site: SiteId) -> String {
    format!("q-{article}-{site}")
}

async fn render(
    pages: &Pages,
    who: &Agent,
    sheet: &Sheet,
    typed: &Fields,
    errors: &Errors,
    status: StatusCode,
) -> Result<Response, PageError> {
    let today = pages.app.today();
    let values = context! {
        order => sheet.seen.head(today),
        open => sheet.seen.changes(today),
        sheet => sheet.value(typed),
        errors => errors.view(),
    };
    let page = pages.page(who, "pages/orders/adjust.html", values).await?;
    Ok((status, page).into_response())
}

pub(super) async fn form(
    State(pages): State<Pages>,
    who: May<AdjustOrders>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let sheet = Sheet::read(&pages, &who, id).await?;
    render(&pages, &who, &sheet, &Fields::default(), &Errors::none(), StatusCode::OK).await
}

const OVERTAKEN: &str = "Quelqu’un d’autre a modifié cette commande pendant votre saisie. Rien de \
                         ce que vous avez saisi n’est perdu : comparez avec les quantités \
                         enregistrées, puis enregistrez de nouveau.";

pub(super) async fn save(
    State(pages): State<Pages>,
    who: May<AdjustOrders>,
    Row(id): Row<i64>,
    typed: Fields,
) -> Result<Response, PageError> {
    let sheet = Sheet::read(&pages, &who, id).await?;
    let changes = match sheet.changes(&typed) {
        Ok(changes) => changes,
        Err(errors) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return render(&pages, &who, &sheet, &typed, &errors, status).await;
        }
    };
    let link = format!("/commandes/{id}");
    if changes.is_empty() {
        return pages.done(&who, &link, "Aucune quantité n’a changé.").await;
    }
    let asked = Adjustment {
        changes,
        version: typed.text("version").parse().ok(),
        reason: typed.text(REASON).to_owned(),
    };
    let done =
        adjust_draft_as_read(&pages.app, &who.actor(), who.viewer(), OrderId(id), &asked).await;
    let error = match done {
        Ok(_) => {
            let seen = Seen::read(&pages.app.store, who.organisation, OrderId(id)).await?;
            let said = format!(
                "Quantités enregistrées : la commande est maintenant de {} HT, {} TTC. Elle reste \
                 un brouillon tant que le signataire ne l’a pas validée.",
                seen.stored.totals.net.french(),
                seen.stored.totals.gross.french()
            );
            return pages.done(&who, &link, &said).await;
        }
        Err(error) => error,
    };
    if let UseCaseError::Store(StoreError::Overtaken { .. }) = error {
        let mut errors = Errors::none();
        errors.add("", OVERTAKEN);
        return render(&pages, &who, &sheet, &typed, &errors, StatusCode::CONFLICT).await;
    }
    let errors = Errors::refused(error)?;
    render(&pages, &who, &sheet, &typed, &errors, StatusCode::UNPROCESSABLE_ENTITY).await
}
