//! Revising the prices of a contract: a new dated schedule beside the old ones.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use domain::catalogue::ArticleRef;
use domain::french;
use domain::ids::{ContractId, PriceScheduleId};
use domain::price::UnitPrice;
use domain::quantity::Quantity;
use domain::tenders::revision::{Revised, RevisionError};
use rust_decimal::Decimal;

use crate::store::tenders::{self as store, IndexUsed, SchedulePrices};
use crate::store::{Access, platform};
use crate::usecases::{Actor, App, UseCaseError};

/// What came of a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revision {
    /// New prices, in force from the day asked for.
    Schedule(PriceScheduleId),
    /// The previous prices go on, since an index has no published value (rule 15).
    Unrevised { missing: Vec<String>, warning: String },
}

/// Revises the prices of `contract` from `from` on, by the index values published for it. The
/// schedule in force before stays as it is: orders keep the prices of their day (rule 14).
///
/// # Errors
///
/// Refused for firm prices, for a day outside the contract or not after the last schedule's
/// first day, and for index values that give no price.
pub async fn revise_prices(
    app: &App,
    actor: &Actor,
    contract: ContractId,
    from: NaiveDate,
    published: &[IndexUsed],
) -> Result<Revision, UseCaseError> {
    let tx = app.store.begin_write().await?;
    store::lock_contract(&tx, contract).await?;
    let Computed { schedules, revised } = computed(&tx, contract, from, published).await?;
    let (Some(initial), Some(last)) = (schedules.first(), schedules.last()) else {
        return Err(no_schedule());
    };
    let revision = match revised {
        Revised::Unrevised { missing } => {
            let warning = format!(
                "Aucune valeur publiée pour {} : les prix en vigueur depuis le {} continuent.",
                missing.join(", "),
                french::date(last.from)
            );
            let entry = app.entry(
                actor,
                "contract.revision_missed",
                "contract",
                contract.0,
                warning.clone(),
            );
            platform::append(&tx, vec![entry]).await?;
            Revision::Unrevised { missing, warning }
        }
        Revised::Prices(schedule) => {
            let used: Vec<IndexUsed> = published
                .iter()
                .filter(|used| schedule.indices.contains_key(&used.name))
                .cloned()
                .collect();
            let note = note(schedule.coefficient, &used);
            let id =
                store::add_schedule(&tx, contract, &note, &schedule, &initial.versions(), &used)
                    .await?;
            let details = format!("{} : {note}", french::date(from));
            let entry = app.entry(actor, "contract.revise", "contract", contract.0, details);
            platform::append(&tx, vec![entry]).await?;
            Revision::Schedule(id)
        }
    };
    tx.commit().await?;
    Ok(revision)
}

/// A revision as it would be: nothing is written yet.
struct Computed {
    schedules: Vec<SchedulePrices>,
    revised: Revised,
}

fn no_schedule() -> UseCaseError {
    UseCaseError::refused("bordereau", "Ce marché n’a pas de bordereau de prix.")
}

/// Computes a revision, or says why there can be none.
async fn computed(
    on: &impl Access,
    contract: ContractId,
    from: NaiveDate,
    published: &[IndexUsed],
) -> Result<Computed, UseCaseError> {
    let stored = store::contract(on, contract).await?;
    let terms = stored.agreement.terms();
    let number = &terms.number;
    let Some(clause) = &terms.revision else {
        let message = format!("Le marché {number} est à prix fermes : il ne se révise pas.");
        return Err(UseCaseError::refused("prix_fermes", message));
    };
    if !stored.agreement.period().holds(from) {
        let day = french::date(from);
        let message = format!("Le {day} n’est pas dans la durée du marché {number}.");
        return Err(UseCaseError::refused("date", message));
    }
    let mut values: BTreeMap<String, Decimal> = BTreeMap::new();
    for used in published {
        if values.insert(used.name.clone(), used.value).is_some() {
            let message = format!("L’indice « {} » est donné deux fois.", used.name);
            return Err(UseCaseError::refused("indice", message));
        }
    }
    let schedules = store::schedules(on, contract).await?;
    let (Some(initial), Some(last)) = (schedules.first(), schedules.last()) else {
        return Err(no_schedule());
    };
    if from <= last.from {
        let message = format!(
            "Des prix sont déjà en vigueur depuis le {} : une révision vient après.",
            french::date(last.from)
        );
        return Err(UseCaseError::refused("date", message));
    }
    if let Some(day) = clause.not_before(last.from).filter(|day| from < *day) {
        let message = format!(
            "Le marché {number} se révise tous les {} mois au plus : prix en vigueur à partir du \
             {} au plus tôt.",
            clause.terms().every_months.unwrap_or_default(),
            french::date(day)
        );
        return Err(UseCaseError::refused("periodicite", message));
    }
    let revised = clause.revise(from, &values, &initial.schedule(), &last.schedule());
    let revised = revised.map_err(|error| refused(&error))?;
    Ok(Computed { schedules, revised })
}

/// One price before and after a revision. `from` is the quantity a tier begins at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceChange {
    pub reference: ArticleRef,
    pub from: Option<Quantity>,
    pub initial: UnitPrice,
    pub before: UnitPrice,
    pub after: UnitPrice,
}

/// What a revision would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevisionPreview {
    Prices {
        coefficient: Decimal,
        changes: Vec<PriceChange>,
    },
    /// The prices go on: these indices have no value.
    Unrevised {
        missing: Vec<String>,
    },
}

/// Every price before and after, as [`revise_prices`] would write them.
///
/// # Errors
///
/// Those of [`revise_prices`].
pub async fn preview_revision(
    app: &App,
    contract: ContractId,
    from: NaiveDate,
    published: &[IndexUsed],
) -> Result<RevisionPreview, UseCaseError> {
    let Computed { schedules, revised } = computed(&app.store, contract, from, published).await?;
    let (Some(initial), Some(last)) = (schedules.first(), schedules.last()) else {
        return Err(no_schedule());
    };
    let schedule = match revised {
        Revised::Unrevised { missing } => return Ok(RevisionPreview::Unrevised { missing }),
        Revised::Prices(schedule) => schedule,
    };
    let (initial, last) = (initial.schedule().lines, last.schedule().lines);
    let mut changes = Vec::new();
    for (reference, line) in &schedule.lines {
        let Some(first) = initial.get(reference) else { continue };
        let before = last.get(reference).unwrap_or(first);
        changes.push(PriceChange {
            reference: reference.clone(),
            from: None,
            initial: first.price,
            before: before.price,
            after: line.price,
        });
        for (tier, began) in line.tiers.iter().zip(&first.tiers) {
            changes.push(PriceChange {
                reference: reference.clone(),
                from: Some(tier.from),
                initial: began.price,
                before: before.price_for(tier.from),
                after: tier.price,
            });
        }
    }
    Ok(RevisionPreview::Prices { coefficient: schedule.coefficient, changes })
}

/// « Révision, coefficient 1,048 ; CPF 17.21 : 112,3 (07/2027) ».
fn note(coefficient: Decimal, used: &[IndexUsed]) -> String {
    let parts = used.iter().map(|index| {
        let value = french::decimal(index.value.normalize());
        let (month, year) = (index.month.month(), index.month.year());
        format!("{} : {value} ({month:02}/{year})", index.name)
    });
    let first = format!("Révision, coefficient {}", french::decimal(coefficient));
    std::iter::once(first).chain(parts).collect::<Vec<_>>().join(" ; ")
}

fn refused(error: &RevisionError) -> UseCaseError {
    let message = error.for_the_reader();
    UseCaseError::refused("revision", format!("{message} Rien n’a été enregistré."))
}
