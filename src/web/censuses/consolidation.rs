//! What all members need, lot by lot, and what a consultation on it would be.

use axum::extract::{Query, State};
use axum::response::Response;
use domain::campaigns::census::CensusState;
use domain::french;
use domain::ids::ArticleId;
use domain::money::Net;
use domain::tenders::contract::LONGEST_MONTHS;
use minijinja::{Value, context};

use super::show::Desk;
use super::what_if;
use crate::usecases::tenders::{
    Advice, ArticlePlan, LotPlan, NewProcedure, NewTenderLot, Plan, WhatIf, allowed,
    launch_procedure, plan,
};
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields, new_key};
use crate::web::rights::{Buy, ReadMembers};
use crate::web::routes::Row;

fn article_view(desk: &Desk, article: &ArticlePlan) -> Value {
    let surplus = article.ordered.minus(article.needed).ok();
    context! {
        reference => article.terms.reference.as_str(),
        label => article.terms.terms.label.as_str(),
        unit => article.terms.terms.unit_label.as_str(),
        pack => article.terms.terms.pack.map(domain::catalogue::PackSize::units),
        needed => article.needed.french(),
        ordered => article.ordered.french(),
        surplus => surplus.map_or_else(|| "–".to_owned(), domain::quantity::Quantity::french),
        packs => article.packs.map(|packs| french::thousands(&packs.to_string())),
        price => article.terms.terms.reference_price.french(),
        net => article.net.french(),
        href => format!("{}/consolidation/{}", desk.home(), article.article),
    }
}

fn lot_view(desk: &Desk, lot: &LotPlan, fields: &Fields) -> Value {
    let id = lot.lot;
    let policies = lot.policies.iter().map(|figures| {
        context! {
            code => figures.policy.code(),
            words => figures.policy.french(),
            net => figures.net.french(),
            surplus => figures.surplus.french(),
            unserved => figures.unserved.french(),
            chosen => figures.policy == lot.choice.packing,
        }
    });
    let options = allowed(lot.model).into_iter().map(|policy| {
        context! { code => policy.code(), words => policy.french() }
    });
    context! {
        id => id.0,
        code => lot.code.as_str(),
        title => lot.title.as_str(),
        model => lot.model.french(),
        coordinator_pays => lot.model.coordinator_pays(),
        members => french::counted(lot.counts.members, "membre", "membres"),
        sites => french::counted(lot.counts.sites, "point de livraison", "points de livraison"),
        months => lot.choice.months,
        max_typed => fields.text(&format!("max-{id}")),
        packing => lot.choice.packing.code(),
        packing_words => lot.choice.packing.french(),
        options => options.collect::<Vec<_>>(),
        by_year => lot.by_year.iter().map(|net| net.french()).collect::<Vec<_>>(),
        estimate => lot.estimate.french(),
        value => lot.value.french(),
        ceiling_counts => lot.value > lot.estimate,
        policies => policies.collect::<Vec<_>>(),
        articles => lot.articles.iter().map(|one| article_view(desk, one)).collect::<Vec<_>>(),
    }
}

fn advice_view<T>(question: &str, answer: &str, advice: &Advice<T>) -> Value {
    context! {
        question => question,
        answer => answer,
        text => french::unbroken(&advice.text),
        source => advice.source.as_str(),
        since => french::date(advice.since),
    }
}

/// What the law asks, each with its text and the day its row holds from.
fn advices_view(plan: &Plan) -> Value {
    let Ok(found) = &plan.advices else { return Value::from(Vec::<Value>::new()) };
    let profile = if found.buyer_profile.answer { "obligatoire" } else { "non imposé" };
    let mut all = vec![
        advice_view("Procédure", found.procedure.answer.french(), &found.procedure),
        advice_view("Publicité", found.publicity.answer.french(), &found.publicity),
        advice_view("Documents sur le profil d’acheteur", profile, &found.buyer_profile),
    ];
    if let Some((lots, advice)) = &plan.small_lots {
        let codes: Vec<&str> = lots.iter().map(domain::catalogue::LotCode::as_str).collect();
        let answer = if codes.is_empty() {
            "aucun lot ne peut quitter la procédure formalisée".to_owned()
        } else {
            format!("procédure adaptée possible pour le lot {}", codes.join(", le lot "))
        };
        all.push(advice_view("Petits lots (R2123-1)", &answer, advice));
    }
    Value::from(all)
}

fn plan_view(desk: &Desk, plan: &Plan, fields: &Fields) -> Value {
    let in_force = plan.convention.convention.in_force_on(plan.launched_on);
    context! {
        lots => plan.lots.iter().map(|lot| lot_view(desk, lot, fields)).collect::<Vec<_>>(),
        value => plan.value.french(),
        value_cents => plan.value.cents(),
        launched_on => plan.launched_on.to_string(),
        launched_words => french::date(plan.launched_on),
        advices => advices_view(plan),
        no_advice => plan.advices.as_ref().err().map(
            domain::tenders::adviser::AdviceError::for_the_reader,
        ),
        years => desk.census.census.year_numbers().collect::<Vec<_>>(),
        in_force => in_force,
    }
}

/// What the address asks to try, and the plan it gives; what is wrong is said and left out.
async fn tried(
    pages: &Pages,
    desk: &Desk,
    fields: &Fields,
    errors: &mut Errors,
) -> Result<Plan, PageError> {
    let what_if = what_if::read(desk, fields, errors);
    let today = pages.app.today();
    match plan(&pages.app.store, desk.census.id, &what_if, today).await {
        Ok(found) => Ok(found),
        Err(error) => {
            let refused = Errors::refused(error)?;
            if errors.is_empty() {
                *errors = refused;
            }
            Ok(plan(&pages.app.store, desk.census.id, &WhatIf::default(), today).await?)
        }
    }
}

pub(super) async fn show(
    State(pages): State<Pages>,
    who: May<ReadMembers>,
    Row(id): Row<i64>,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    let desk = Desk::of(&pages, id).await?;
    let fields = Fields(asked);
    let mut errors = Errors::none();
    let plan = tried(&pages, &desk, &fields, &mut errors).await?;
    let moving = match desk.census.census.state {
        CensusState::Draft | CensusState::Open => true,
        CensusState::Closed | CensusState::Settled | CensusState::Cancelled => false,
    };
    let values = context! {
        census => desk.head(&pages, &who),
        plan => plan_view(&desk, &plan, &fields),
        moving => moving,
        errors => errors.view(),
    };
    pages.page(&who, "pages/censuses/consolidation.html", values).await
}

pub(super) async fn article(
    State(pages): State<Pages>,
    who: May<ReadMembers>,
    Row((id, article)): Row<(i64, i64)>,
) -> Result<Response, PageError> {
    let desk = Desk::of(&pages, id).await?;
    let on = &pages.app.store;
    let today = pages.app.today();
    let plan = plan(on, desk.census.id, &WhatIf::default(), today).await?;
    let article = ArticleId(article);
    let found = plan
        .lots
        .iter()
        .find_map(|lot| Some((lot, lot.articles.iter().find(|one| one.article == article)?)));
    let (lot, found) = found.ok_or(PageError::NotFound)?;
    let asks = crate::store::campaigns::asks_of(on, desk.census.id, article).await?;
    let years: Vec<i32> = desk.census.census.year_numbers().collect();
    let by_year = years.iter().zip(&found.by_year).map(|(year, (needed, ordered))| {
        context! { year => year, needed => needed.french(), ordered => ordered.french() }
    });
    let by_policy = found.by_policy.iter().map(|(policy, ordered)| {
        let surplus = ordered.minus(found.needed).ok();
        context! {
            words => policy.french(),
            ordered => ordered.french(),
            surplus => surplus.map_or_else(|| "–".to_owned(), domain::quantity::Quantity::french),
        }
    });
    let asks = asks.into_iter().map(|ask| {
        context! {
            name => ask.name,
            site => ask.site,
            quantity => ask.quantity.french(),
            href => format!("{}/membres/{}", desk.home(), ask.member),
        }
    });
    let values = context! {
        census => desk.head(&pages, &who),
        article => article_view(&desk, found),
        specification => found.terms.terms.specification.as_str(),
        standards => found.terms.terms.standards.as_str(),
        lot => format!("{} {}", lot.code, lot.title),
        by_year => by_year.collect::<Vec<_>>(),
        by_policy => by_policy.collect::<Vec<_>>(),
        asks => asks.collect::<Vec<_>>(),
    };
    pages.page(&who, "pages/censuses/article.html", values).await
}

// --- the consultation

async fn launch_page(
    pages: &Pages,
    who: &Agent,
    desk: &Desk,
    plan: &Plan,
    (fields, errors, key): (&Fields, &Errors, &str),
) -> Result<Response, PageError> {
    let ready = match desk.census.census.state {
        CensusState::Closed | CensusState::Settled => true,
        CensusState::Draft | CensusState::Open | CensusState::Cancelled => false,
    };
    let values = context! {
        census => desk.head(pages, who),
        plan => plan_view(desk, plan, fields),
        reference => fields.text("reference"),
        title => fields.text("objet"),
        ready => ready,
        long_reason => fields.text("motif_duree"),
        key => key,
        errors => errors.view(),
    };
    let template = "pages/censuses/launch.html";
    if errors.is_empty() {
        pages.page(who, template, values).await
    } else {
        pages.again(who, template, values).await
    }
}

pub(super) async fn launching(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    let desk = Desk::of(&pages, id).await?;
    let fields = Fields(asked);
    let mut errors = Errors::none();
    let plan = tried(&pages, &desk, &fields, &mut errors).await?;
    let key = new_key()?;
    launch_page(&pages, &who, &desk, &plan, (&fields, &errors, &key)).await
}

pub(super) async fn launch(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    fields: Fields,
) -> Result<Response, PageError> {
    let desk = Desk::of(&pages, id).await?;
    let key = fields.text("cle").to_owned();
    let mut errors = Errors::none();
    let plan = tried(&pages, &desk, &fields, &mut errors).await?;
    for (field, message) in [
        ("reference", "Donnez une référence, par exemple « 2027-ARC »."),
        ("objet", "Indiquez l’objet de la consultation."),
    ] {
        if fields.text(field).is_empty() {
            errors.add(field, message);
        }
    }
    let longest = plan.lots.iter().map(|lot| lot.choice.months).max().unwrap_or_default();
    if longest > LONGEST_MONTHS && fields.text("motif_duree").is_empty() {
        let message = format!(
            "Un lot dure {longest} mois : dites pourquoi il dépasse {LONGEST_MONTHS} mois (L2125-1)."
        );
        errors.add("motif_duree", message);
    }
    for lot in plan.lots.iter().filter(|lot| lot.choice.ceiling.is_none()) {
        let field = format!("max-{}", lot.lot);
        if fields.text(&field).is_empty() {
            let message = format!(
                "Lot {} : indiquez le montant maximum HT que la consultation annonce (R2162-4).",
                lot.code
            );
            errors.add(&field, message);
        }
    }
    // What was read is what is done: figures that moved meanwhile are read again first.
    if errors.is_empty() && fields.text("vu") != plan.value.cents().to_string() {
        errors.add(
            "",
            format!(
                "La valeur du besoin est maintenant de {} HT. Relisez les chiffres ci-dessous, puis \
                 lancez la consultation.",
                plan.value
            ),
        );
    }
    if errors.is_empty() {
        let new = NewProcedure {
            campaign: desk.census.id,
            reference: fields.text("reference").to_owned(),
            title: fields.text("objet").to_owned(),
            launched_on: plan.launched_on,
            long_duration_reason: Some(fields.text("motif_duree").to_owned()),
            lots: plan
                .lots
                .iter()
                .map(|lot| NewTenderLot {
                    lot: lot.lot,
                    months: lot.choice.months,
                    ceiling: lot.choice.ceiling.unwrap_or(Net::ZERO),
                })
                .collect(),
        };
        match launch_procedure(&pages.app, &who.actor(), &new, &key).await {
            Ok(launched) => {
                let said = format!(
                    "La consultation {} est lancée pour {} HT ({}). Prochaine étape : publier, puis \
                     enregistrer les offres.",
                    launched.head.reference, launched.head.value, launched.head.kind
                );
                return pages
                    .done(&who, &format!("/gestion/procedures/{}", launched.id), said)
                    .await;
            }
            Err(error) => errors = Errors::refused(error)?,
        }
    }
    launch_page(&pages, &who, &desk, &plan, (&fields, &errors, &key)).await
}
