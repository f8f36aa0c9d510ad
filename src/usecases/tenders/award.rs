//! Awarding a lot: the bid that wins becomes a framework agreement with its first prices.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::catalogue::ArticleRef;
use domain::french;
use domain::ids::{ArticleVersionId, BidId, ContractId};
use domain::money::Net;
use domain::orders::order::{FreightTerms, Taxation};
use domain::tenders::adviser::{Adviser, Procedure};
use domain::tenders::bids as rules;
use domain::tenders::contract::{AgreementTerms, FrameworkAgreement};
use domain::tenders::prices::{PriceLine, PriceSchedule};
use domain::tenders::revision::RevisionClause;
use domain::tenders::tiers::TierBase;
use domain::vat::{VatCategory, VatRate};

use super::bids::{quantities, ranked};
use super::launch::{adviser, unknown};
use crate::store::tenders::{self as store, NewContractRow, StoredBid, StoredLot};
use crate::store::{StoreError, group, platform, reference};
use crate::usecases::{Actor, App, Refusal, UseCaseError};

const AWARD: &str = "contract.award";
/// As e-invoices cite it (BT-12).
const LONGEST_NUMBER: usize = 50;
/// Points do not matter here, only who is cheapest.
const POINTS: u32 = 100;

/// The decision on a lot, and the terms of the agreement it makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewContract {
    /// The bid that wins: of the lot that is awarded.
    pub bid: BidId,
    pub decided_on: NaiveDate,
    /// Why not the cheapest, where another was chosen.
    pub reason: Option<String>,
    /// As papers and invoices cite it (BT-12): `2026-FCS-012-L1`.
    pub number: String,
    pub title: String,
    /// `None` where nobody lost, or nothing obliges to wait.
    pub losers_told: Option<LosersTold>,
    pub notified_on: NaiveDate,
    /// The first day orders may be issued.
    pub starts_on: NaiveDate,
    /// Renewals included.
    pub months: u32,
    /// Why it lasts more than four years, where it does.
    pub long_duration_reason: Option<String>,
    /// Before VAT (R2162-4 CCP).
    pub ceiling: Net,
    pub floor: Option<Net>,
    /// Days from the order to its delivery.
    pub delivery_days: u32,
    /// `None` where the prices are delivered prices.
    pub freight: Option<NewFreight>,
    pub tier_base: TierBase,
    /// `None` for firm prices.
    pub revision: Option<RevisionClause>,
    /// The mention that the holder's papers carry where it charges no VAT (art. 293 B CGI).
    pub vat_exemption: Option<String>,
}

/// When the unsuccessful tenderers were told, and how: it decides when the contract may be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LosersTold {
    pub on: NaiveDate,
    pub electronic: bool,
}

/// What an order pays for carriage, before VAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewFreight {
    pub flat: Net,
    /// From this net total of the lines on, carriage is free.
    pub franco: Option<Net>,
}

/// Awards a lot: the agreement, and the prices of its bid in force from its first day. The same
/// `key` awards once.
///
/// # Errors
///
/// Refused, with every reason, for a lot that is awarded, an incomplete bid, another bid than
/// the cheapest without a reason, terms beyond what the consultation announced, and terms that
/// do not make an agreement (domain `ContractError`).
pub async fn award(
    app: &App,
    actor: &Actor,
    new: &NewContract,
    key: &str,
) -> Result<ContractId, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let lot = store::lot_of_bid(&tx, new.bid).await?;
    let lot = store::lock_tender_lot(&tx, lot).await?;
    if let Some(made) = platform::already_done(&tx, AWARD, key).await? {
        let id = made.parse().map_err(UseCaseError::failed("reading an idempotency key"))?;
        return Ok(ContractId(id));
    }
    let procedure = store::procedure(&tx, lot.procedure).await?;
    let convention = group::convention(&tx, procedure.head.convention).await?;
    let convention = convention.ok_or_else(|| StoreError::NotFound {
        what: "convention",
        id: procedure.head.convention.to_string(),
    })?;
    let articles = store::articles_to_price(&tx, lot.id).await?;
    let bids = store::bids(&tx, lot.id).await?;
    let chosen = bids.iter().find(|stored| stored.id == new.bid);
    let chosen =
        chosen.ok_or_else(|| StoreError::NotFound { what: "bid", id: new.bid.to_string() })?;
    let mut refusals = term_faults(new, &lot, &bids, chosen);
    if procedure.head.kind == Procedure::Formal && bids.len() > 1 {
        let rows = reference::thresholds(&tx).await?;
        refusals.extend(standstill_fault(new, &adviser(&rows))?);
    }
    if store::is_numbered(&tx, new.number.trim()).await? {
        let message = format!("Le numéro de marché « {} » est déjà pris.", new.number.trim());
        refusals.push(Refusal::new("numero", message));
    }
    let standing = ranked(&bids, &quantities(&articles), POINTS)?.ranked;
    let award =
        rules::award(&standing, chosen.bid.candidate, new.decided_on, new.reason.as_deref());
    let award = award.map_err(|error| {
        refusals.push(Refusal::new("attribution", error.for_the_reader()));
    });
    let terms = convention.convention.lot(lot.lot);
    let terms = terms.map_err(|error| {
        refusals.push(Refusal::new("lot", error.for_the_reader()));
    });
    let standard = reference::standard_rates(&tx).await?;
    let standard = standard.iter().find(|rate| rate.holds_on(new.starts_on));
    if standard.is_none() {
        let day = french::date(new.starts_on);
        let message = format!("Aucun taux de TVA n’est connu au {day} : complétez la table.");
        refusals.push(Refusal::new("tva", message));
    }
    let (Ok(award), Ok(terms), Some(standard)) = (award, terms, standard) else {
        return Err(UseCaseError::Refused(refusals));
    };
    let agreement = FrameworkAgreement::new(AgreementTerms {
        number: new.number.trim().to_owned(),
        lot: lot.code.clone(),
        holder: chosen.bid.candidate,
        model: terms.model(),
        starts_on: new.starts_on,
        months: new.months,
        exceptional_duration_reason: new.long_duration_reason.clone(),
        ceiling: new.ceiling,
        floor: new.floor,
        delivery_days: new.delivery_days,
        freight: new.freight.map(|freight| FreightTerms {
            flat: freight.flat,
            franco: freight.franco,
            taxation: new.taxed(Taxation { category: VatCategory::S, rate: standard.value }),
        }),
        tier_base: new.tier_base,
        revision: new.revision.clone(),
        windows: Vec::new(),
    });
    let agreement = agreement.map_err(|error| {
        refusals.push(Refusal::new("marche", error.for_the_reader()));
    });
    let Ok(agreement) = agreement else { return Err(UseCaseError::Refused(refusals)) };
    if !refusals.is_empty() {
        return Err(UseCaseError::Refused(refusals));
    }

    store::award_bid(&tx, new.bid, &award).await?;
    let row = NewContractRow {
        title: new.title.trim().to_owned(),
        agreement,
        convention: procedure.head.convention,
        tender_lot: lot.id,
        lot: lot.lot,
        launched_on: procedure.head.launched_on,
        notified_on: new.notified_on,
        losers_told_on: new.losers_told.map(|told| told.on),
        vat_exemption: new.vat_exemption.clone(),
    };
    let id = store::add_contract(&tx, &row).await?;
    let versions: BTreeMap<ArticleRef, ArticleVersionId> =
        articles.into_iter().map(|(reference, item)| (reference, item.version)).collect();
    let prices = new.first_prices(chosen);
    store::add_schedule(&tx, id, "Prix initiaux de l’offre", &prices, &versions, &[]).await?;
    platform::note_done(&tx, AWARD, key, id.to_string(), app.clock.now()).await?;
    let decided = format!(
        "lot {}, {} HT{}",
        lot.code,
        award.net,
        award.reason.map(|reason| format!(" : {reason}")).unwrap_or_default()
    );
    let entries = vec![
        app.entry(actor, "bid.award", "bid", new.bid.0, decided),
        app.entry(actor, AWARD, "contract", id.0, row.agreement.terms().number.clone()),
    ];
    platform::append(&tx, entries).await?;
    tx.commit().await?;
    Ok(id)
}

impl NewContract {
    /// How the holder's articles are taxed.
    fn taxed(&self, usual: Taxation) -> Taxation {
        match self.vat_exemption {
            Some(_) => Taxation { category: VatCategory::E, rate: VatRate::ZERO },
            None => usual,
        }
    }

    fn first_prices(&self, chosen: &StoredBid) -> PriceSchedule {
        let mut schedule = chosen.bid.schedule(self.starts_on);
        let lines = std::mem::take(&mut schedule.lines);
        schedule.lines = lines
            .into_iter()
            .map(|(reference, line)| {
                let taxation = self.taxed(line.taxation);
                (reference, PriceLine { taxation, ..line })
            })
            .collect();
        schedule
    }
}

/// What does not fit the consultation or its calendar.
fn term_faults(
    new: &NewContract,
    lot: &StoredLot,
    bids: &[StoredBid],
    chosen: &StoredBid,
) -> Vec<Refusal> {
    let mut all = Vec::new();
    let mut refuse = |code: &str, message: String| all.push(Refusal::new(code, message));
    if bids.iter().any(|stored| stored.awarded.is_some()) {
        refuse("lot_attribue", format!("Le lot {} est déjà attribué.", lot.code));
    }
    if new.title.trim().is_empty() {
        refuse("objet", "Indiquez l’objet du marché.".into());
    }
    let cited = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '.' | '_');
    let number = new.number.trim();
    if number.len() > LONGEST_NUMBER || !number.chars().all(cited) {
        refuse(
            "numero",
            format!(
                "Le numéro du marché s’écrit en lettres sans accents, chiffres, « - », « / », « . » \
                 et « _ », {LONGEST_NUMBER} caractères au plus : les factures doivent le reprendre."
            ),
        );
    }
    if new.ceiling > lot.ceiling {
        refuse(
            "maximum",
            format!(
                "Le maximum de {} HT dépasse celui de la consultation, {} HT.",
                new.ceiling, lot.ceiling
            ),
        );
    }
    if new.months > lot.months {
        refuse(
            "duree",
            format!(
                "La durée de {} mois dépasse celle de la consultation, {} mois.",
                new.months, lot.months
            ),
        );
    }
    let days = [
        (chosen.received_on, new.decided_on, "L’attribution précède la réception de l’offre."),
        (new.decided_on, new.notified_on, "La notification précède l’attribution."),
        (new.notified_on, new.starts_on, "Le marché commence avant d’être notifié."),
    ];
    for (before, after, message) in days {
        if after < before {
            refuse("date", format!("{message} Corrigez les dates."));
        }
    }
    if new.freight.is_some_and(|freight| freight.flat <= Net::ZERO) {
        refuse("port", "Indiquez les frais de port, ou que les prix sont franco.".into());
    }
    all
}

/// Whether those who lost had their days to go to court before the contract binds (R2182-1 CCP).
fn standstill_fault(
    new: &NewContract,
    adviser: &Adviser<'_>,
) -> Result<Option<Refusal>, UseCaseError> {
    let refused = |message: String| Ok(Some(Refusal::new("suspension", message)));
    let Some(told) = new.losers_told else {
        return refused(
            "Indiquez quand les candidats non retenus ont été informés : une procédure formalisée \
             ne se signe pas avant la fin du délai (R2182-1)."
                .into(),
        );
    };
    if told.on < new.decided_on {
        return refused(
            "Les candidats sont informés après la décision. Corrigez les dates.".into(),
        );
    }
    let first = adviser.first_signing_day(told.on, told.electronic);
    let first = first.map_err(|error| unknown(&error))?;
    if new.notified_on < first.answer {
        let day = french::date(new.notified_on);
        return refused(format!("Le marché ne peut pas être notifié le {day}. {}", first.text));
    }
    Ok(None)
}

/// What a notified contract obliges its buyer to, each with its figures and text of law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duties {
    /// Whether it goes to the legality control (rule 8).
    pub legality_control: (bool, String),
    /// The last day to publish its essential data, if they are to be published (rule 9).
    pub essential_data: (Option<NaiveDate>, String),
}

/// What contract `id` obliges to. The essential data follow the value of the whole procedure,
/// the legality control that of the contract.
pub async fn duties(app: &App, id: ContractId) -> Result<Duties, UseCaseError> {
    let contract = store::contract(&app.store, id).await?;
    let lot = store::tender_lot(&app.store, contract.tender_lot).await?;
    let procedure = store::procedure(&app.store, lot.procedure).await?;
    let rows = reference::thresholds(&app.store).await?;
    let adviser = adviser(&rows);
    let control = adviser
        .legality_control(contract.agreement.terms().ceiling, contract.notified_on)
        .map_err(|error| unknown(&error))?;
    let data = adviser
        .essential_data_due(procedure.head.value, contract.notified_on)
        .map_err(|error| unknown(&error))?;
    Ok(Duties {
        legality_control: (control.answer, control.text),
        essential_data: (data.answer, data.text),
    })
}
