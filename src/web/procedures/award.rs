//! The award of a lot: the bid that wins and the terms of its agreement, then the contract.

use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use domain::french;
use domain::ids::BidId;
use domain::money::{Cents, Net};
use domain::tenders::tiers::TierBase;
use minijinja::context;

use crate::store::group;
use crate::store::tenders::{self as store, StoredBid, StoredLot, StoredProcedure};
use crate::usecases::tenders::{NewContract, NewFreight, award as award_lot, duties, ranking};
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields, new_key};
use crate::web::rights::Buy;
use crate::web::routes::Row;

struct Candidate {
    bid: StoredBid,
    lot: StoredLot,
    procedure: StoredProcedure,
    name: String,
    /// In the ranking, from 1; `None` when it is to be regularised.
    rank: Option<usize>,
}

impl Candidate {
    async fn of(pages: &Pages, id: i64) -> Result<Self, PageError> {
        let on = &pages.app.store;
        let id = BidId(id);
        let lot = store::tender_lot(on, store::lot_of_bid(on, id).await?).await?;
        let procedure = store::procedure(on, lot.procedure).await?;
        let bids = store::bids(on, lot.id).await?;
        let bid = bids.into_iter().find(|bid| bid.id == id).ok_or(PageError::NotFound)?;
        let body = group::organisation(on, bid.bid.candidate).await?;
        let name = body.ok_or(PageError::NotFound)?.organisation.name;
        let standing = ranking(on, lot.id, 100).await?.ranked;
        let rank = standing.iter().position(|one| one.candidate == bid.bid.candidate);
        Ok(Self { bid, lot, procedure, name, rank: rank.map(|index| index + 1) })
    }
}

/// An amount that may be left out.
fn amount(fields: &Fields, field: &str, errors: &mut Errors) -> Option<Net> {
    let text = fields.text(field);
    if text.is_empty() {
        return None;
    }
    let found = french::parse_decimal(text).ok().and_then(|value| Cents::exactly(value).ok());
    if found.is_none() {
        errors.add(field, "Saisissez un montant HT, par exemple 120 000.");
    }
    found.map(Net)
}

fn day(fields: &Fields, field: &str, errors: &mut Errors) -> Option<NaiveDate> {
    let found = fields.text(field).parse().ok();
    if found.is_none() {
        errors.add(field, "Indiquez une date, par exemple 15/01/2027.");
    }
    found
}

fn whole(fields: &Fields, field: &str, errors: &mut Errors) -> Option<u32> {
    let found = fields.text(field).parse().ok();
    if found.is_none() {
        errors.add(field, "Saisissez un nombre entier, par exemple 48.");
    }
    found
}

fn contract(fields: &Fields, bid: BidId, errors: &mut Errors) -> Option<NewContract> {
    let text = |field: &str| fields.text(field).to_owned();
    let maybe = |field: &str| Some(text(field)).filter(|words| !words.is_empty());
    for (field, words) in [
        ("numero", "Donnez un numéro au marché, par exemple « 2027-FCS-001-L1 »."),
        ("objet", "Indiquez l’objet du marché."),
    ] {
        if fields.text(field).is_empty() {
            errors.add(field, words);
        }
    }
    let decided_on = day(fields, "decision", errors);
    let notified_on = day(fields, "notification", errors);
    let starts_on = day(fields, "debut", errors);
    let months = whole(fields, "mois", errors);
    let delivery_days = whole(fields, "delai", errors);
    let ceiling = amount(fields, "maximum", errors);
    if ceiling.is_none() && fields.text("maximum").is_empty() {
        errors.add("maximum", "Indiquez le maximum HT du marché (R2162-4).");
    }
    let floor = amount(fields, "minimum", errors);
    let flat = amount(fields, "port", errors);
    let franco = amount(fields, "franco", errors);
    let tier_base = TierBase::from_code(fields.text("paliers")).unwrap_or(TierBase::Order);
    if !errors.is_empty() {
        return None;
    }
    Some(NewContract {
        bid,
        decided_on: decided_on?,
        reason: maybe("motif"),
        number: text("numero"),
        title: text("objet"),
        notified_on: notified_on?,
        starts_on: starts_on?,
        months: months?,
        long_duration_reason: maybe("motif_duree"),
        ceiling: ceiling?,
        floor,
        delivery_days: delivery_days?,
        freight: flat.map(|flat| NewFreight { flat, franco }),
        tier_base,
        revision: None,
        vat_exemption: maybe("exoneration"),
    })
}

async fn page(
    pages: &Pages,
    who: &Agent,
    candidate: &Candidate,
    (fields, errors, key): (&Fields, &Errors, &str),
) -> Result<Response, PageError> {
    let lot = &candidate.lot;
    let today = pages.app.today().to_string();
    let or = |field: &str, usual: String| match fields.text(field) {
        "" => usual,
        typed => typed.to_owned(),
    };
    let bases = TierBase::ALL.iter().map(|base| {
        context! { code => base.code(), words => base.french() }
    });
    let lines = [
        format!("Le lot {} ({}) est attribué à {}.", lot.code, lot.title, candidate.name),
        format!(
            "Son offre : {} HT sur les quantités du lot{}.",
            candidate.bid.net,
            candidate.rank.map_or_else(String::new, |rank| format!(", rang {rank} au prix"))
        ),
        format!(
            "{} prix entrent en vigueur au premier jour du marché.",
            candidate.bid.bid.prices.len()
        ),
        "Le marché est créé : aucune autre offre de ce lot ne peut plus gagner.".to_owned(),
    ];
    let lines: Vec<String> = lines.iter().map(|line| french::unbroken(line)).collect();
    let values = context! {
        bid => candidate.bid.id.0,
        name => candidate.name.as_str(),
        code => lot.code.as_str(),
        title => lot.title.as_str(),
        lot_href => format!("/gestion/procedures/lots/{}", lot.id),
        procedure => candidate.procedure.head.reference.as_str(),
        lines => lines,
        awarded => candidate.bid.awarded.is_some(),
        incomplete => candidate.rank.is_none(),
        cheapest => candidate.rank == Some(1),
        number => or("numero", format!("{}-L{}", candidate.procedure.head.reference, lot.code)),
        object => or("objet", lot.title.clone()),
        decided => or("decision", today.clone()),
        notified => or("notification", today.clone()),
        starts => or("debut", today),
        months => or("mois", lot.months.to_string()),
        ceiling => or("maximum", lot.ceiling.0.french_bare()),
        floor => fields.text("minimum"),
        days => or("delai", "21".into()),
        freight => fields.text("port"),
        franco => fields.text("franco"),
        bases => bases.collect::<Vec<_>>(),
        base => or("paliers", TierBase::Order.code().into()),
        exemption => fields.text("exoneration"),
        reason => fields.text("motif"),
        long_reason => fields.text("motif_duree"),
        key => key,
        errors => errors.view(),
    };
    let template = "pages/procedures/award.html";
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
    let candidate = Candidate::of(&pages, id).await?;
    let key = new_key()?;
    page(&pages, &who, &candidate, (&Fields::default(), &Errors::none(), &key)).await
}

pub(super) async fn award(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    fields: Fields,
) -> Result<Response, PageError> {
    let candidate = Candidate::of(&pages, id).await?;
    let key = fields.text("cle").to_owned();
    let mut errors = Errors::none();
    if let Some(new) = contract(&fields, candidate.bid.id, &mut errors) {
        match award_lot(&pages.app, &who.actor(), &new, &key).await {
            Ok(contract) => {
                let owed = duties(&pages.app, contract).await?;
                let due = owed.essential_data.0.map_or_else(String::new, |day| {
                    format!(
                        " Données essentielles (DECP) à publier au plus tard le {}.",
                        french::date(day)
                    )
                });
                let said = format!(
                    "Le lot {} est attribué à {} pour {} HT : marché {}.{due}",
                    candidate.lot.code, candidate.name, candidate.bid.net, new.number
                );
                let back = format!("/gestion/procedures/lots/{}", candidate.lot.id);
                return pages.done(&who, &back, said).await;
            }
            Err(error) => errors = Errors::refused(error)?,
        }
    }
    page(&pages, &who, &candidate, (&fields, &errors, &key)).await
}
