//! The award of a lot: the bid that wins and the terms of its agreement, then the contract.

use axum::extract::{Query, State};
use axum::response::Response;
use chrono::NaiveDate;
use domain::french;
use domain::ids::BidId;
use domain::money::{Cents, Net};
use domain::tenders::adviser::Procedure;
use domain::tenders::bids::Bid;
use domain::tenders::tiers::TierBase;
use minijinja::context;

use super::{clause, tiers};
use crate::store::group;
use crate::store::tenders::{self as store, StoredBid, StoredLot, StoredProcedure};
use crate::usecases::tenders::{
    LosersTold, NewContract, NewFreight, award as award_lot, duties, ranking,
};
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
    /// How many others bid for the lot.
    rivals: usize,
}

impl Candidate {
    async fn of(pages: &Pages, id: i64) -> Result<Self, PageError> {
        let on = &pages.app.store;
        let id = BidId(id);
        let lot = store::tender_lot(on, store::lot_of_bid(on, id).await?).await?;
        let procedure = store::procedure(on, lot.procedure).await?;
        let bids = store::bids(on, lot.id).await?;
        let rivals = bids.len().saturating_sub(1);
        let bid = bids.into_iter().find(|bid| bid.id == id).ok_or(PageError::NotFound)?;
        let body = group::organisation(on, bid.bid.candidate).await?;
        let name = body.ok_or(PageError::NotFound)?.organisation.name;
        let standing = ranking(on, lot.id, 100).await?.ranked;
        let rank = standing.iter().position(|one| one.candidate == bid.bid.candidate);
        Ok(Self { bid, lot, procedure, name, rank: rank.map(|index| index + 1), rivals })
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

/// When those who lost were told; left empty where nobody lost.
fn losers_told(fields: &Fields, errors: &mut Errors) -> Option<LosersTold> {
    if fields.text("perdants").is_empty() {
        return None;
    }
    let on = day(fields, "perdants", errors)?;
    Some(LosersTold { on, electronic: fields.text("perdants_envoi") != "papier" })
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
    let losers_told = losers_told(fields, errors);
    let mut of_clause = Errors::none();
    let revision = clause::read(fields, &mut of_clause);
    errors.append(of_clause);
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
        losers_told,
        notified_on: notified_on?,
        starts_on: starts_on?,
        months: months?,
        long_duration_reason: maybe("motif_duree"),
        ceiling: ceiling?,
        floor,
        delivery_days: delivery_days?,
        freight: flat.map(|flat| NewFreight { flat, franco }),
        tier_base,
        revision,
        vat_exemption: maybe("exoneration"),
    })
}

/// Which articles have prices by tiers, and what is counted for them.
fn tier_line(bid: &Bid, base: Option<TierBase>) -> Option<String> {
    const SHOWN: usize = 3;
    let tiered: Vec<_> = bid.prices.iter().filter(|(_, line)| !line.tiers.is_empty()).collect();
    let shown = tiered.iter().take(SHOWN);
    let shown: Vec<String> = shown
        .map(|(reference, line)| format!("{reference} : {}", tiers::words(&line.tiers)))
        .collect();
    let count = tiered.len();
    (count > 0).then(|| {
        format!(
            "{} {} par tranches, {} ({}{}).",
            french::count(count),
            french::plural(count, "article a un prix", "articles ont un prix"),
            base.unwrap_or(TierBase::Order).french(),
            shown.join(" ; "),
            if count > SHOWN { "…" } else { "" }
        )
    })
}

async fn page(
    pages: &Pages,
    who: &Agent,
    candidate: &Candidate,
    (fields, errors, key): (&Fields, &Errors, &str),
) -> Result<Response, PageError> {
    let mut clause_errors = Errors::none();
    let typed_clause = clause::read(fields, &mut clause_errors);
    let lot = &candidate.lot;
    let today = pages.app.today().to_string();
    let or = |field: &str, usual: String| match fields.text(field) {
        "" => usual,
        typed => typed.to_owned(),
    };
    let announced = candidate.procedure.head.long_duration_reason.clone();
    let bases = TierBase::ALL.iter().map(|base| {
        context! { code => base.code(), words => base.french() }
    });
    let bid = &candidate.bid.bid;
    let mut lines = vec![
        format!("Le lot {} ({}) est attribué à {}.", lot.code, lot.title, candidate.name),
        format!(
            "Son offre : {} HT sur les quantités du lot{}.",
            candidate.bid.net,
            candidate.rank.map_or_else(String::new, |rank| format!(", rang {rank} au prix"))
        ),
        format!("{} prix entrent en vigueur au premier jour du marché.", bid.prices.len()),
        "Le marché est créé : aucune autre offre de ce lot ne peut plus gagner.".to_owned(),
    ];
    if clause_errors.is_empty() {
        let price = bid.prices.values().next().map(|line| line.price);
        lines.extend(clause::meaning(typed_clause.as_ref(), price));
    }
    let base = or("paliers", TierBase::Order.code().into());
    lines.extend(tier_line(bid, TierBase::from_code(&base)));
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
        base => base,
        clause => clause::view(fields),
        told => fields.text("perdants"),
        sent => or("perdants_envoi", "electronique".into()),
        sendings => [("electronique", "Par voie électronique"), ("papier", "Sur papier")]
            .map(|(code, words)| context! { code => code, words => words })
            .to_vec(),
        waits => candidate.procedure.head.kind == Procedure::Formal && candidate.rivals > 0,
        exemption => fields.text("exoneration"),
        reason => fields.text("motif"),
        long_reason => or("motif_duree", announced.unwrap_or_default()),
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
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    let candidate = Candidate::of(&pages, id).await?;
    let fields = Fields(asked);
    let mut errors = Errors::none();
    clause::read(&fields, &mut errors);
    let key = new_key()?;
    page(&pages, &who, &candidate, (&fields, &errors, &key)).await
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
