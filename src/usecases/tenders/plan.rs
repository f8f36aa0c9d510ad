//! What a consultation on a census would be: quantities, estimate, and what the law asks.
//!
//! Preview and launch are one computation: a buyer tries durations, ceilings and ways of packing
//! on the page, and [`super::launch_procedure`] keeps exactly the figures that were shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use domain::catalogue::LotCode;
use domain::dates::Dated;
use domain::group::convention::{CoordinationModel, PackingPolicy};
use domain::ids::{ArticleId, CampaignId, LotId};
use domain::money::Net;
use domain::quantity::Quantity;
use domain::tenders::adviser::{AdviceError, LotValue, Procedure, Publicity, Ruling};
use domain::tenders::contract::is_duration;
use domain::tenders::estimation::{LotEstimate, procedure_value};
use domain::tenders::thresholds::Threshold;

use super::launch::{adviser, too_large};
use crate::store::campaigns::{self, FrozenArticle, StoredCensus};
use crate::store::group::{self, NamedLot, StoredConvention};
use crate::store::tenders::{self as store, LotCounts, NeedTotal, NewLotRow};
use crate::store::{Access, StoreError, reference};
use crate::usecases::UseCaseError;

/// What a lot is tried with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// Renewals included.
    pub months: u32,
    /// `None` while no maximum is decided: the estimate counts.
    pub ceiling: Option<Net>,
    pub packing: PackingPolicy,
}

/// What the page was asked to try; a lot that is not named takes what the convention says and the
/// years of the census.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WhatIf {
    pub choices: BTreeMap<LotId, Choice>,
    /// The day the consultation is launched on: the law of that day is asked.
    pub launched_on: Option<NaiveDate>,
}

/// What one way of packing makes of a lot, over all years.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFigures {
    pub policy: PackingPolicy,
    pub net: Net,
    /// Ordered beyond the needs, at reference prices.
    pub surplus: Net,
    /// Needed and not ordered, at reference prices.
    pub unserved: Net,
}

/// One article of a lot, over all years.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticlePlan {
    pub article: ArticleId,
    pub terms: Arc<FrozenArticle>,
    pub needed: Quantity,
    /// By the way of packing that is tried.
    pub ordered: Quantity,
    pub packs: Option<u64>,
    pub net: Net,
    /// Each year of the census: needed, ordered; a year nobody asked for is zero.
    pub by_year: Vec<(Quantity, Quantity)>,
    /// What each way of packing would order.
    pub by_policy: Vec<(PackingPolicy, Quantity)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotPlan {
    pub lot: LotId,
    pub code: LotCode,
    pub title: String,
    pub model: CoordinationModel,
    pub choice: Choice,
    pub counts: LotCounts,
    pub by_year: Vec<Net>,
    /// The needs over the whole duration.
    pub estimate: Net,
    /// What counts for the law: the estimate, or a ceiling above it.
    pub value: Net,
    /// Ways of packing that the model allows.
    pub policies: Vec<PolicyFigures>,
    pub articles: Vec<ArticlePlan>,
}

/// An answer of the law, its sentence and the day since which its row holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice<T> {
    pub answer: T,
    pub text: String,
    pub source: String,
    pub since: NaiveDate,
}

/// What the law asks of the whole need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advices {
    pub procedure: Advice<Procedure>,
    pub publicity: Advice<Publicity>,
    pub buyer_profile: Advice<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub census: StoredCensus,
    pub convention: StoredConvention,
    pub launched_on: NaiveDate,
    pub lots: Vec<LotPlan>,
    pub value: Net,
    /// Or why the table has no answer for that day.
    pub advices: Result<Advices, AdviceError>,
    /// The lots that are small enough, and whether they may leave the formal procedure together;
    /// `None` where the procedure is not formal or no lot is small.
    pub small_lots: Option<(Vec<LotCode>, Advice<bool>)>,
}

/// Ways of packing that a model allows: only a coordinator that pays may pool.
pub fn allowed(model: CoordinationModel) -> Vec<PackingPolicy> {
    let fits = |policy: &PackingPolicy| match policy {
        PackingPolicy::Site => true,
        PackingPolicy::Pooled | PackingPolicy::Tolerance => model.coordinator_pays(),
    };
    PackingPolicy::ALL.iter().copied().filter(fits).collect()
}

/// What a consultation on census `campaign` would be, tried with `what_if`.
///
/// # Errors
///
/// Refused for a way of packing that the lot's model does not allow, and a duration that no
/// agreement may have.
pub async fn plan(
    on: &impl Access,
    campaign: CampaignId,
    what_if: &WhatIf,
    today: NaiveDate,
) -> Result<Plan, UseCaseError> {
    let census = campaigns::census(on, campaign).await?;
    let convention = group::convention(on, census.convention).await?.ok_or_else(|| {
        StoreError::NotFound { what: "convention", id: census.convention.to_string() }
    })?;
    let needs = store::need_totals(on, campaign).await?;
    let counts = store::lot_counts(on, campaign).await?;
    let articles = campaigns::frozen_articles(on, campaign).await?;
    let rows = reference::thresholds(on).await?;
    let years: Vec<i32> = census.census.year_numbers().collect();
    let mut lots = Vec::new();
    let mut estimates = Vec::new();
    for named in convention.lots.iter().filter(|named| census.census.lots.contains(&named.id)) {
        let choice = what_if.choices.get(&named.id).copied().unwrap_or(Choice {
            months: u32::try_from(years.len() * 12).unwrap_or(u32::MAX),
            ceiling: None,
            packing: named.terms.packing(),
        });
        check(named, choice)?;
        let (row, estimate) = consolidated(named, choice, &years, &needs)?;
        lots.push(lot_plan(named, choice, &row, &estimate, (&years, &needs, &counts, &articles))?);
        estimates.push(estimate);
    }
    let value = procedure_value(&estimates).map_err(too_large)?;
    let launched_on = what_if.launched_on.unwrap_or(today);
    let advices = advices(&rows, value, launched_on);
    let small_lots = match &advices {
        Ok(advices) if advices.procedure.answer == Procedure::Formal => {
            small(&rows, &lots, launched_on)
        }
        Ok(_) | Err(_) => None,
    };
    Ok(Plan { census, convention, launched_on, lots, value, advices, small_lots })
}

fn check(named: &NamedLot, choice: Choice) -> Result<(), UseCaseError> {
    if !allowed(named.terms.model()).contains(&choice.packing) {
        let message = format!(
            "Lot {} : le regroupement des conditionnements n’est possible que si le coordonnateur \
             commande et paie (modèle C).",
            named.number
        );
        return Err(UseCaseError::refused("conditionnement", message));
    }
    if !is_duration(choice.months) {
        let message = format!("Lot {} : une durée de 1 mois au moins est attendue.", named.number);
        return Err(UseCaseError::refused("duree", message));
    }
    Ok(())
}

/// What the law of `day` asks of a need of `value`.
pub(super) fn advices(
    rows: &[Dated<Threshold>],
    value: Net,
    day: NaiveDate,
) -> Result<Advices, AdviceError> {
    let adviser = adviser(rows);
    Ok(Advices {
        procedure: advice(adviser.procedure(value, day)?),
        publicity: advice(adviser.publicity(value, day)?),
        buyer_profile: advice(adviser.buyer_profile(value, day)?),
    })
}

fn advice<T>(ruling: Ruling<'_, T>) -> Advice<T> {
    Advice {
        answer: ruling.answer,
        text: ruling.text,
        source: ruling.row.source.clone(),
        since: ruling.row.from,
    }
}

/// The largest set of small lots: the cheapest first, as long as together they stay within the
/// share (R2123-1).
fn small(
    rows: &[Dated<Threshold>],
    lots: &[LotPlan],
    day: NaiveDate,
) -> Option<(Vec<LotCode>, Advice<bool>)> {
    let adviser = adviser(rows);
    let values: Vec<LotValue> =
        lots.iter().map(|lot| LotValue { lot: lot.code.clone(), value: lot.value }).collect();
    let mut sorted: Vec<&LotPlan> = lots.iter().filter(|lot| lot.value > Net::ZERO).collect();
    sorted.sort_by_key(|lot| lot.value);
    let mut chosen: Vec<LotCode> = Vec::new();
    let mut found = None;
    for lot in sorted {
        chosen.push(lot.code.clone());
        let ruling = adviser.small_lots(&values, &chosen, day).ok()?;
        if !ruling.answer {
            // The first refusal is told when no lot at all may leave.
            if found.is_none() {
                found = Some((Vec::new(), advice(ruling)));
            }
            break;
        }
        found = Some((chosen.clone(), advice(ruling)));
    }
    found
}

/// A lot's articles with whole packs as `choice` rounds them, and what it is worth.
pub(super) fn consolidated(
    named: &NamedLot,
    choice: Choice,
    years: &[i32],
    needs: &[NeedTotal],
) -> Result<(NewLotRow, LotEstimate), UseCaseError> {
    let code: LotCode = named.number.parse().map_err(UseCaseError::failed("reading a lot"))?;
    let mut by_year = vec![Net::ZERO; years.len()];
    let mut articles = Vec::new();
    for total in needs.iter().filter(|total| total.lot == code) {
        let (ordered, packs) = total.asks.packed(choice.packing, total.pack).map_err(too_large)?;
        let net = total.reference_price.times(ordered).map_err(too_large)?;
        if let Some(sum) = years.iter().position(|year| *year == total.year) {
            by_year[sum] = by_year[sum].plus(net).map_err(too_large)?;
        }
        articles.push(store::LotArticle {
            version: total.version,
            year: total.year,
            members: total.members,
            sites: total.sites,
            needed: total.asks.needed,
            ordered,
            packs,
            net,
        });
    }
    let estimate =
        LotEstimate { lot: code, by_year, months: choice.months, ceiling: choice.ceiling };
    let row = NewLotRow {
        lot: named.id,
        months: choice.months,
        estimate: estimate.estimate().map_err(too_large)?,
        ceiling: choice.ceiling.unwrap_or_default(),
        articles,
    };
    Ok((row, estimate))
}

type Rest<'a> = (
    &'a [i32],
    &'a [NeedTotal],
    &'a BTreeMap<LotCode, LotCounts>,
    &'a BTreeMap<ArticleId, Arc<FrozenArticle>>,
);

fn lot_plan(
    named: &NamedLot,
    choice: Choice,
    row: &NewLotRow,
    estimate: &LotEstimate,
    (years, needs, counts, frozen): Rest<'_>,
) -> Result<LotPlan, UseCaseError> {
    let of_the_lot: Vec<&NeedTotal> =
        needs.iter().filter(|total| total.lot == estimate.lot).collect();
    let policies = allowed(named.terms.model());
    let figures = policies.iter().map(|policy| policy_figures(*policy, &of_the_lot));
    let mut articles: Vec<ArticlePlan> = Vec::new();
    // One row of the lot stands beside each total, in the same order.
    for (total, kept) in of_the_lot.iter().zip(&row.articles) {
        if articles.last().is_none_or(|last| last.article != total.article) {
            let terms = frozen.get(&total.article).ok_or_else(|| StoreError::NotFound {
                what: "article",
                id: total.article.to_string(),
            })?;
            articles.push(ArticlePlan {
                article: total.article,
                terms: terms.clone(),
                needed: Quantity::ZERO,
                ordered: Quantity::ZERO,
                packs: total.pack.map(|_| 0),
                net: Net::ZERO,
                by_year: vec![(Quantity::ZERO, Quantity::ZERO); years.len()],
                by_policy: policies.iter().map(|policy| (*policy, Quantity::ZERO)).collect(),
            });
        }
        let Some(plan) = articles.last_mut() else { continue };
        plan.needed = plan.needed.plus(kept.needed).map_err(too_large)?;
        plan.ordered = plan.ordered.plus(kept.ordered).map_err(too_large)?;
        plan.packs = plan.packs.zip(kept.packs).map(|(all, more)| all.saturating_add(more));
        plan.net = plan.net.plus(kept.net).map_err(too_large)?;
        if let Some(year) = years.iter().position(|year| *year == total.year) {
            plan.by_year[year] = (kept.needed, kept.ordered);
        }
        for (policy, sum) in &mut plan.by_policy {
            let (ordered, _) = total.asks.packed(*policy, total.pack).map_err(too_large)?;
            *sum = sum.plus(ordered).map_err(too_large)?;
        }
    }
    Ok(LotPlan {
        lot: named.id,
        code: estimate.lot.clone(),
        title: named.title.clone(),
        model: named.terms.model(),
        choice,
        counts: counts.get(&estimate.lot).copied().unwrap_or_default(),
        by_year: estimate.by_year.clone(),
        estimate: row.estimate,
        value: estimate.value().map_err(too_large)?,
        policies: figures.collect::<Result<_, _>>()?,
        articles,
    })
}

fn policy_figures(
    policy: PackingPolicy,
    totals: &[&NeedTotal],
) -> Result<PolicyFigures, UseCaseError> {
    let mut figures =
        PolicyFigures { policy, net: Net::ZERO, surplus: Net::ZERO, unserved: Net::ZERO };
    for total in totals {
        let (ordered, _) = total.asks.packed(policy, total.pack).map_err(too_large)?;
        let needed = total.asks.needed;
        let worth = |quantity| total.reference_price.times(quantity).map_err(too_large);
        figures.net = figures.net.plus(worth(ordered)?).map_err(too_large)?;
        if let Ok(more) = ordered.minus(needed) {
            figures.surplus = figures.surplus.plus(worth(more)?).map_err(too_large)?;
        } else if let Ok(less) = needed.minus(ordered) {
            figures.unserved = figures.unserved.plus(worth(less)?).map_err(too_large)?;
        }
    }
    Ok(figures)
}
