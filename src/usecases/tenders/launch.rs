//! Launching a procedure: from the needs of all members to lots, their estimates and what the
//! law asks of a purchase of that value.
//!
//! Launching settles the census: what the consultation says of the needs can no longer
//! change under it. The advice is stored with the rows it rests on, so that the file of the
//! procedure still shows why it was run so once the thresholds have moved.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use domain::campaigns::census::{self, CensusAction, CensusState};
use domain::catalogue::LotCode;
use domain::dates::Dated;
use domain::french;
use domain::ids::{CampaignId, LotId, ProcedureId};
use domain::money::Net;
use domain::tenders::adviser::{AdviceError, Adviser, LotValue};
use domain::tenders::contract::{ContractError, LONGEST_MONTHS, is_duration};
use domain::tenders::estimation::procedure_value;
use domain::tenders::thresholds::{PurchaseScope, Threshold};

use super::plan::{Choice, advices, consolidated};
use crate::store::campaigns::{StoredCensus, census_to_move, move_census};
use crate::store::group::{self, StoredConvention};
use crate::store::tenders::{self as store, ProcedureHead, StoredProcedure};
use crate::store::{StoreError, Tx, platform, reference};
use crate::usecases::{Actor, App, Refusal, UseCaseError};

const LAUNCH: &str = "procedure.launch";

/// A procedure to launch on the needs of a census.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProcedure {
    pub campaign: CampaignId,
    /// As papers cite it: `2026-ARC`.
    pub reference: String,
    pub title: String,
    pub launched_on: NaiveDate,
    /// Why a lot lasts more than four years, where one does.
    pub long_duration_reason: Option<String>,
    pub lots: Vec<NewTenderLot>,
}

/// A lot of the convention that the procedure is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewTenderLot {
    pub lot: LotId,
    /// Renewals included.
    pub months: u32,
    /// The maximum that the consultation announces, before VAT (R2162-4 CCP).
    pub ceiling: Net,
}

/// Launches a procedure and settles its census. The same `key` launches it once.
///
/// # Errors
///
/// Refused, with every reason, unless the census is closed, the convention in force on the day
/// of the launch, and each lot one of both.
pub async fn launch_procedure(
    app: &App,
    actor: &Actor,
    new: &NewProcedure,
    key: &str,
) -> Result<StoredProcedure, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let stored = census_to_move(&tx, new.campaign).await?;
    if let Some(made) = platform::already_done(&tx, LAUNCH, key).await? {
        let id = made.parse().map_err(UseCaseError::failed("reading an idempotency key"))?;
        return Ok(store::procedure(&tx, ProcedureId(id)).await?);
    }
    let convention = group::convention(&tx, stored.convention).await?.ok_or_else(|| {
        StoreError::NotFound { what: "convention", id: stored.convention.to_string() }
    })?;
    let mut refusals = refusals(new, &stored, &convention);
    if store::is_referenced(&tx, new.reference.trim()).await? {
        let message = format!("La référence « {} » est déjà prise.", new.reference.trim());
        refusals.push(Refusal::new("reference", message));
    }
    if !refusals.is_empty() {
        return Err(UseCaseError::Refused(refusals));
    }

    let needs = store::need_totals(&tx, new.campaign).await?;
    let years: Vec<i32> = stored.census.year_numbers().collect();
    let mut lots = Vec::with_capacity(new.lots.len());
    let mut estimates = Vec::with_capacity(new.lots.len());
    for lot in &new.lots {
        let Some(named) = convention.lots.iter().find(|named| named.id == lot.lot) else {
            continue;
        };
        let choice = Choice {
            months: lot.months,
            ceiling: Some(lot.ceiling),
            packing: named.terms.packing(),
        };
        let (row, estimate) = consolidated(named, choice, &years, &needs)?;
        lots.push(row);
        estimates.push(estimate);
    }
    let value = procedure_value(&estimates).map_err(too_large)?;
    let rows = reference::thresholds(&tx).await?;
    let advices = advices(&rows, value, new.launched_on).map_err(|error| unknown(&error))?;
    let head = ProcedureHead {
        convention: stored.convention,
        campaign: new.campaign,
        reference: new.reference.trim().to_owned(),
        title: new.title.trim().to_owned(),
        launched_on: new.launched_on,
        kind: advices.procedure.answer,
        value,
        advice: [advices.procedure.text, advices.publicity.text, advices.buyer_profile.text]
            .join("\n"),
        long_duration_reason: new
            .long_duration_reason
            .as_deref()
            .map(str::trim)
            .filter(|reason| !reason.is_empty())
            .map(str::to_owned),
    };
    let id = store::add_procedure(&tx, &head, &lots).await?;
    platform::note_done(&tx, LAUNCH, key, id.to_string(), app.clock.now()).await?;
    let details = format!("{}, {value} HT, {}", head.reference, head.kind);
    let mut entries = vec![app.entry(actor, LAUNCH, "procedure", id.0, details)];
    if settle(&tx, &stored).await? {
        let details = head.reference.clone();
        entries.push(app.entry(actor, "campaign.settle", "campaign", stored.id.0, details));
    }
    let launched = store::procedure(&tx, id).await?;
    platform::append(&tx, entries).await?;
    tx.commit().await?;
    Ok(launched)
}

/// Settles a closed census; whether it was still to be settled.
async fn settle(tx: &Tx, stored: &StoredCensus) -> Result<bool, UseCaseError> {
    let from = stored.census.state;
    let Ok(to) = census::STEPS.after(from, CensusAction::Settle) else { return Ok(false) };
    move_census(tx, stored.id, from, to).await?;
    Ok(true)
}

fn refusals(
    new: &NewProcedure,
    stored: &StoredCensus,
    convention: &StoredConvention,
) -> Vec<Refusal> {
    let mut all = Vec::new();
    let mut refuse = |code: &str, message: String| all.push(Refusal::new(code, message));
    if new.reference.trim().is_empty() || new.title.trim().is_empty() {
        refuse("reference", "Indiquez la référence et l’objet de la procédure.".into());
    }
    match stored.census.state {
        CensusState::Closed | CensusState::Settled => {}
        state @ (CensusState::Draft | CensusState::Open | CensusState::Cancelled) => refuse(
            "recensement_non_clos",
            format!(
                "Le recensement « {} » est {} : la procédure se lance sur un recensement clos.",
                stored.census.name, state
            ),
        ),
    }
    if !convention.convention.in_force_on(new.launched_on) {
        refuse(
            "convention",
            format!(
                "La convention {} n’est pas en vigueur le {} : elle doit l’être avant le lancement.",
                convention.convention.terms().reference,
                french::date(new.launched_on)
            ),
        );
    }
    if new.lots.is_empty() {
        refuse("lot", "Choisissez au moins un lot.".into());
    }
    let mut seen = BTreeSet::new();
    for lot in &new.lots {
        if let Err(error) = convention.convention.lot(lot.lot) {
            refuse("lot", error.for_the_reader());
        } else if !stored.census.lots.contains(&lot.lot) {
            refuse("lot", "Ce lot n’est pas dans le recensement.".into());
        }
        if !seen.insert(lot.lot) {
            refuse("lot", "Un même lot figure deux fois dans la procédure.".into());
        }
        if !is_duration(lot.months) {
            let error = ContractError::Duration { months: lot.months };
            refuse("duree", error.for_the_reader());
        }
        if lot.ceiling <= Net::ZERO {
            refuse("maximum", ContractError::NoCeiling.for_the_reader());
        }
    }
    let reason = new.long_duration_reason.as_deref().unwrap_or_default();
    let longest = new.lots.iter().map(|lot| lot.months).max().unwrap_or_default();
    if longest > LONGEST_MONTHS && is_duration(longest) && reason.trim().is_empty() {
        let error = ContractError::Duration { months: longest };
        refuse("motif_duree", error.for_the_reader());
    }
    all
}

pub(super) fn too_large<E: std::fmt::Display>(_: E) -> UseCaseError {
    UseCaseError::refused(
        "montants",
        "Les quantités ou les montants sont trop grands : vérifiez les besoins. Rien n’a été \
         enregistré.",
    )
}

pub(super) fn adviser(rows: &[Dated<Threshold>]) -> Adviser<'_> {
    // Every member is a local authority, and so is the coordinator.
    Adviser { rows, scope: PurchaseScope::Local }
}

pub(super) fn unknown(error: &AdviceError) -> UseCaseError {
    UseCaseError::refused("seuils", error.for_the_reader())
}

/// Whether some lots of a procedure may together leave the formal procedure (rule 6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmallLots {
    pub allowed: bool,
    /// The figures and the row they rest on.
    pub text: String,
}

/// Asks whether the lots `chosen` of a launched procedure may leave the formal procedure.
///
/// # Errors
///
/// Refused when one of `chosen` is not a lot of it.
pub async fn small_lots(
    app: &App,
    procedure: ProcedureId,
    chosen: &[LotCode],
) -> Result<SmallLots, UseCaseError> {
    let stored = store::procedure(&app.store, procedure).await?;
    let values: Vec<LotValue> = stored
        .lots
        .iter()
        .map(|lot| LotValue { lot: lot.code.clone(), value: lot.estimate.max(lot.ceiling) })
        .collect();
    let rows = reference::thresholds(&app.store).await?;
    let adviser = adviser(&rows);
    let ruling = adviser
        .small_lots(&values, chosen, stored.head.launched_on)
        .map_err(|error| unknown(&error))?;
    Ok(SmallLots { allowed: ruling.answer, text: ruling.text })
}
