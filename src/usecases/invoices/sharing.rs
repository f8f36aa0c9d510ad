//! An invoice's file read again, and its shares made from it.
//!
//! Whoever shows shares, books them or prints them makes them here, from the same file and by
//! the same computation: what was seen before is what is booked and what is stated.

use std::collections::{BTreeMap, BTreeSet};

use domain::group::convention::FreightKey;
use domain::ids::InvoiceId;
use domain::invoices::allocation::{
    Accepted, Allocation, AllocationKey, Refusal as Unshared, allocate as share,
};
use domain::invoices::einvoice::EInvoice;
use domain::quantity::Quantity;
use domain::siret::Siret;
use sha2::{Digest, Sha256};

use super::super::check::hex;
use super::super::{App, Refusal, UseCaseError};
use super::booking::Document;
use super::load;
use crate::exchange::allocation::{AllocationForm, Codes};
use crate::exchange::einvoice;
use crate::store::invoices::{self as store, LineLink, StoredAllocation, StoredInvoice};
use crate::store::{Access, StoreError};

/// An invoice with its file, read again.
#[derive(Debug, Clone)]
pub(super) struct Printed {
    pub(super) stored: StoredInvoice,
    pub(super) invoice: EInvoice,
    pub(super) links: Vec<LineLink>,
    /// The bytes of the file.
    pub(super) file: Vec<u8>,
}

impl Printed {
    pub(super) fn document(&self) -> Document<'_> {
        Document { id: self.stored.id, invoice: &self.invoice, links: &self.links }
    }

    pub(super) fn freight_lines(&self) -> BTreeSet<String> {
        self.links.iter().filter(|link| link.freight).map(|link| link.id.clone()).collect()
    }
}

/// Shares of one document, with their fingerprints.
pub(super) struct Shared {
    /// As printed.
    pub(super) allocation: Allocation,
    pub(super) sha256: String,
    /// By SIRET.
    pub(super) codes: BTreeMap<Siret, String>,
}

/// Reads an invoice's file again; the bytes must be those that were received.
pub(super) async fn printed(app: &App, id: InvoiceId) -> Result<Printed, UseCaseError> {
    let stored = load(&app.store, id).await?;
    let file = app.files.get(&stored.file_key).await?;
    if hex(&Sha256::digest(&file)) != stored.sha256 {
        return Err(UseCaseError::refused(
            "fichier_altere",
            format!(
                "Le fichier de la facture {} n’est plus celui qui a été reçu. Rien n’a été \
                 modifié ; retrouvez-le dans une sauvegarde.",
                stored.number
            ),
        ));
    }
    let (file, reading) = tokio::task::spawn_blocking(move || {
        let reading = einvoice::read(&file);
        (file, reading)
    })
    .await
    .map_err(UseCaseError::failed("reading an invoice"))?;
    let reading = reading.map_err(|refusal| {
        let reasons = refusal.reasons.into_iter();
        UseCaseError::Refused(
            reasons.map(|reason| Refusal::new("facture_illisible", reason.message)).collect(),
        )
    })?;
    let links = store::line_links(&app.store, id).await?;
    Ok(Printed { stored, invoice: reading.invoice, links, file })
}

/// The quantities that an invoice was shared by, with the SIRETs and names of then.
pub(super) async fn accepted_of(
    on: &impl Access,
    invoice: &Printed,
    shared: &StoredAllocation,
) -> Result<Vec<Accepted>, UseCaseError> {
    let lost = || StoreError::Refused("Une répartition cite une ligne ou un membre qui manque.");
    let sites = store::sites_of_shares(on, invoice.stored.id).await?;
    let mut accepted = Vec::new();
    for weight in store::weights(on, invoice.stored.id).await? {
        let member = shared.members.get(&weight.member).ok_or_else(lost)?;
        let line = invoice.invoice.lines.get(weight.position).ok_or_else(lost)?;
        let site = weight.share.and_then(|share| sites.get(&share));
        accepted.push(Accepted {
            line: line.id.clone(),
            siret: member.siret.clone(),
            site: site.map_or_else(String::new, ToString::to_string),
            name: member.name.clone(),
            quantity: Quantity::from_thousandths(weight.milli.abs())
                .map_err(UseCaseError::failed("reading a weight"))?,
        });
    }
    Ok(accepted)
}

/// Shares a document off the async threads: it computes all that time.
pub(super) async fn share_off_thread(
    document: &Printed,
    accepted: &[Accepted],
    key: FreightKey,
) -> Result<Shared, UseCaseError> {
    let (invoice, accepted) = (document.invoice.clone(), accepted.to_vec());
    let freight = document.freight_lines();
    let number = document.stored.number.clone();
    tokio::task::spawn_blocking(move || {
        let allocation = allocation(&invoice, &accepted, key, &freight, &number)?;
        fingerprinted(&invoice, allocation)
    })
    .await
    .map_err(UseCaseError::failed("sharing an invoice"))?
}

/// The shares of an invoice, stated under its full credit note.
pub(super) async fn mirrored(
    invoice: &Printed,
    credit: &Printed,
    accepted: &[Accepted],
    key: FreightKey,
) -> Result<Shared, UseCaseError> {
    let (original, accepted) = (invoice.invoice.clone(), accepted.to_vec());
    let freight = invoice.freight_lines();
    let (number, stated) = (invoice.stored.number.clone(), credit.invoice.clone());
    tokio::task::spawn_blocking(move || {
        let allocation = allocation(&original, &accepted, key, &freight, &number)?;
        fingerprinted(&stated, allocation)
    })
    .await
    .map_err(UseCaseError::failed("sharing an invoice"))?
}

fn allocation(
    invoice: &EInvoice,
    accepted: &[Accepted],
    key: FreightKey,
    freight: &BTreeSet<String>,
    number: &str,
) -> Result<Allocation, UseCaseError> {
    let key = match key {
        FreightKey::NetAmount => AllocationKey::Net,
        FreightKey::Quantity => AllocationKey::Quantity,
        FreightKey::DeliveryPoint => AllocationKey::Equal,
    };
    share(invoice, accepted, key, freight).map_err(|refusals| {
        let reason = |refusal: &Unshared| {
            let message = format!("Facture {number} : {}", refusal.for_the_reader());
            Refusal::new(refusal.code(), message)
        };
        UseCaseError::Refused(refusals.iter().map(reason).collect())
    })
}

fn fingerprinted(invoice: &EInvoice, allocation: Allocation) -> Result<Shared, UseCaseError> {
    let doing = "fingerprinting an allocation";
    let form = AllocationForm::of(invoice, &allocation).map_err(UseCaseError::failed(doing))?;
    let sha256 = form.sha256().to_owned();
    let codes = Codes::of(invoice, &allocation).map_err(UseCaseError::failed(doing))?;
    let codes = allocation
        .members
        .iter()
        .map(|member| Ok((member.siret.clone(), codes.code(member)?)))
        .collect::<Result<_, crate::exchange::canonical::CanonicalError>>()
        .map_err(UseCaseError::failed(doing))?;
    Ok(Shared { allocation, sha256, codes })
}
