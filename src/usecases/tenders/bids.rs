//! Bids as they come in, totalled on the buyer's quantities, and their ranking.
//!
//! A bid that leaves a price out or gives it as zero is kept but not ranked; recording it
//! again, regularised, replaces it until the lot is awarded.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::catalogue::ArticleRef;
use domain::french;
use domain::group::organisation::OrganisationKind;
use domain::ids::{BidId, OrganisationId, TenderLotId};
use domain::money::AmountError;
use domain::price::UnitPrice;
use domain::tenders::bids::{Bid, BidTotal, EstimatedQuantities, Ranked, rank};
use domain::tenders::prices::PriceLine;
use domain::tenders::tiers::{self, Tier};

use crate::store::tenders::{self as store, StoredBid, ToPrice, usual_taxation};
use crate::store::{Access, group, platform};
use crate::usecases::{Actor, App, Refusal, UseCaseError};

/// What a candidate asks for one article, before VAT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BidPrice {
    pub price: UnitPrice,
    /// Lower prices from a quantity on, in ascending order; usually none.
    pub tiers: Vec<Tier>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBid {
    pub lot: TenderLotId,
    pub supplier: OrganisationId,
    pub received_on: NaiveDate,
    /// A price left empty is left out.
    pub prices: BTreeMap<ArticleRef, BidPrice>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedBid {
    pub id: BidId,
    /// On the buyer's quantities, with what is missing.
    pub total: BidTotal,
}

/// The bids for a lot, the cheapest complete one first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranking {
    pub ranked: Vec<Ranked>,
    /// Not ranked before they are completed.
    pub to_regularise: Vec<BidTotal>,
}

/// Records a bid; one of the same supplier for the same lot replaces the one before.
///
/// # Errors
///
/// Refused for a lot that is awarded, for who is no supplier, for prices of articles that the
/// lot does not have, and for tiers that do not go down.
pub async fn record_bid(
    app: &App,
    actor: &Actor,
    new: &NewBid,
) -> Result<RecordedBid, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let lot = store::lock_tender_lot(&tx, new.lot).await?;
    let procedure = store::procedure(&tx, lot.procedure).await?;
    let articles = store::articles_to_price(&tx, new.lot).await?;
    let known = store::bids(&tx, new.lot).await?;
    let supplier = group::organisation(&tx, new.supplier).await?;
    let mut refusals = price_faults(new, &articles);
    let mut refuse = |code, message: String| refusals.push(Refusal::new(code, message));
    if known.iter().any(|bid| bid.awarded.is_some()) {
        refuse("lot_attribue", format!("Le lot {} est déjà attribué.", lot.code));
    }
    if supplier.is_none_or(|listed| listed.organisation.kind != OrganisationKind::Supplier) {
        refuse("candidat", "Ce candidat n’est pas enregistré comme fournisseur.".into());
    }
    if new.received_on < procedure.head.launched_on {
        refuse(
            "date",
            format!(
                "Une offre reçue le {} précède le lancement de la procédure, le {}.",
                french::date(new.received_on),
                french::date(procedure.head.launched_on)
            ),
        );
    }
    if !refusals.is_empty() {
        return Err(UseCaseError::Refused(refusals));
    }
    let bid = bid(new, &articles);
    let total = bid.total(&quantities(&articles)).map_err(out_of_range)?;
    let before = known.iter().find(|stored| stored.bid.candidate == new.supplier);
    let versions =
        articles.iter().map(|(reference, item)| (reference.clone(), item.version)).collect();
    let replaced = before.map(|stored| stored.id);
    let id =
        store::put_bid(&tx, new.lot, &bid, new.received_on, total.net, &versions, replaced).await?;
    let action = if replaced.is_some() { "bid.regularise" } else { "bid.record" };
    let state = if total.is_complete() { "complète" } else { "incomplète" };
    let details = format!("lot {}, {} HT, {state}", lot.code, total.net);
    platform::append(&tx, vec![app.entry(actor, action, "bid", id.0, details)]).await?;
    tx.commit().await?;
    Ok(RecordedBid { id, total })
}

fn price_faults(new: &NewBid, articles: &BTreeMap<ArticleRef, ToPrice>) -> Vec<Refusal> {
    let mut faults = Vec::new();
    for (reference, offered) in &new.prices {
        if !articles.contains_key(reference) {
            let message = format!("L’article « {reference} » n’est pas de ce lot.");
            faults.push(Refusal::new("article_inconnu", message));
        }
        if tiers::check(offered.price, &offered.tiers).is_err() {
            let message = format!(
                "Article « {reference} » : les seuils dégressifs doivent monter en quantité et \
                 descendre en prix."
            );
            faults.push(Refusal::new("paliers", message));
        }
    }
    faults
}

fn bid(new: &NewBid, articles: &BTreeMap<ArticleRef, ToPrice>) -> Bid {
    let lines = new.prices.iter().filter_map(|(reference, offered)| {
        let taxation = usual_taxation(articles.get(reference)?.vat_rate);
        let line = PriceLine { price: offered.price, tiers: offered.tiers.clone(), taxation };
        Some((reference.clone(), line))
    });
    Bid { candidate: new.supplier, prices: lines.collect() }
}

pub(super) fn quantities(articles: &BTreeMap<ArticleRef, ToPrice>) -> EstimatedQuantities {
    articles.iter().map(|(reference, item)| (reference.clone(), item.quantity)).collect()
}

/// The bids for `lot`, totalled on its quantities and ranked by price; `most` points go to the
/// cheapest.
pub async fn ranking(
    on: &impl Access,
    lot: TenderLotId,
    most: u32,
) -> Result<Ranking, UseCaseError> {
    let quantities = quantities(&store::articles_to_price(on, lot).await?);
    ranked(&store::bids(on, lot).await?, &quantities, most)
}

pub(super) fn ranked(
    bids: &[StoredBid],
    quantities: &EstimatedQuantities,
    most: u32,
) -> Result<Ranking, UseCaseError> {
    let totals = bids.iter().map(|stored| stored.bid.total(quantities));
    let totals = totals.collect::<Result<Vec<_>, _>>().map_err(out_of_range)?;
    let ranked = rank(&totals, most);
    let to_regularise = totals.into_iter().filter(|total| !total.is_complete()).collect();
    Ok(Ranking { ranked, to_regularise })
}

fn out_of_range(_: AmountError) -> UseCaseError {
    UseCaseError::refused(
        "montants",
        "Les prix de l’offre donnent un montant trop grand : vérifiez-les. Rien n’a été enregistré.",
    )
}
