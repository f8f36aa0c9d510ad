//! Sharing an invoice between members, and booking its credit notes.

use std::collections::{BTreeMap, BTreeSet};

use domain::group::convention::FreightKey;
use domain::ids::{AllocationId, InvoiceId, OrganisationId};
use domain::invoices::allocation::{
    Accepted, Allocation, AllocationKey, Refusal as Unshared, allocate as share,
};
use domain::invoices::credit::gives_all_back;
use domain::invoices::einvoice::EInvoice;
use domain::invoices::state::{InvoiceAction as A, InvoiceState};
use domain::quantity::Quantity;
use domain::siret::Siret;
use sha2::{Digest, Sha256};

use super::super::check::hex;
use super::super::{Actor, App, Refusal, UseCaseError};
use super::booking::{Document, Scales, Weighed, members};
use super::{Walk, load};
use crate::exchange::allocation::{AllocationForm, Codes};
use crate::exchange::einvoice;
use crate::store::invoices::{
    self as store, LineLink, NewAllocation, OrderedFor, StoredAllocation, StoredInvoice,
};
use crate::store::{Access, StoreError, Tx, platform};

/// Whom a line of a credit note concerns, where the deliveries do not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concerned {
    /// BT-126 of the credit note.
    pub line: String,
    pub siret: Siret,
    pub quantity: Quantity,
}

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
    fn document(&self) -> Document<'_> {
        Document { invoice: &self.invoice, links: &self.links }
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

/// Shares a matched invoice or credit note between the members it concerns.
///
/// A credit note that settles a dispute books the disputed invoice too, in the same
/// transaction; one that gives a whole invoice back is its mirror, to the cent. `whom` names
/// the members a credit note concerns where the deliveries do not say. Answers the allocations
/// made, the credit note's last.
pub async fn allocate(
    app: &App,
    actor: &Actor,
    invoice: InvoiceId,
    whom: &[Concerned],
) -> Result<Vec<AllocationId>, UseCaseError> {
    let document = printed(app, invoice).await?;
    let corrected = match document.stored.corrects {
        Some(id) => Some(printed(app, id).await?),
        None => None,
    };
    let tx = app.store.begin_write().await?;
    store::lock_supplier(&tx, document.stored.supplier).await?;
    let order = document.stored.order.ok_or_else(|| no_order(&document.stored))?;
    let order = store::order(&tx, order).await?;
    let shares = store::shares_left(&tx, order.id).await?;
    let mut scales = Scales::new(&order, shares);
    let mut desk = Desk { app, order: &order, walk: Walk::of(app, actor), made: Vec::new() };
    match corrected {
        None if document.stored.kind.is_credit() => return Err(no_invoice(&document.stored)),
        None => {
            let weighed = scales.invoice(document.document());
            scales.finish().map_err(UseCaseError::Refused)?;
            desk.book(&tx, document, weighed).await?;
        }
        Some(invoice) => {
            let whole = gives_all_back(&document.invoice, &invoice.invoice);
            match invoice.stored.state {
                InvoiceState::Disputed => {
                    let (charged, back) =
                        scales.settle(invoice.document(), document.document(), whom, whole);
                    scales.finish().map_err(UseCaseError::Refused)?;
                    desk.settle(&tx, (invoice, charged), (document, back), whole).await?;
                }
                InvoiceState::Allocated | InvoiceState::Validated | InvoiceState::Paid => {
                    let earlier = store::allocation_of(&tx, invoice.stored.id).await?;
                    if let Some(original) = earlier.filter(|_| whole) {
                        desk.mirror(&tx, &invoice, &original, document).await?;
                    } else {
                        let weighed = scales.credit(document.document(), whom);
                        scales.finish().map_err(UseCaseError::Refused)?;
                        desk.book(&tx, document, weighed).await?;
                    }
                }
                InvoiceState::Received
                | InvoiceState::Checked
                | InvoiceState::Matched
                | InvoiceState::Suspended
                | InvoiceState::Rejected => return Err(invoice_first(&invoice.stored)),
            }
        }
    }
    let Desk { walk, made, .. } = desk;
    platform::append(&tx, walk.entries).await?;
    tx.commit().await?;
    Ok(made)
}

/// Where allocations of one order are written.
struct Desk<'a> {
    app: &'a App,
    order: &'a OrderedFor,
    walk: Walk<'a>,
    made: Vec<AllocationId>,
}

impl Desk<'_> {
    /// Shares one document and writes it.
    async fn book(
        &mut self,
        tx: &Tx,
        document: Printed,
        weighed: Weighed,
    ) -> Result<(), UseCaseError> {
        let shared = share_off_thread(&document, &weighed.accepted, self.order.freight_key).await?;
        self.write(tx, document.stored, &weighed, &shared).await
    }

    async fn write(
        &mut self,
        tx: &Tx,
        mut stored: StoredInvoice,
        weighed: &Weighed,
        shared: &Shared,
    ) -> Result<(), UseCaseError> {
        let actor = self.walk.actor.0.clone();
        let members = members(weighed);
        let count = members.len();
        let details = format!("{} membres, empreinte {}", count, shared.sha256);
        self.walk
            .step(tx, &mut stored, A::Allocate, &details, |to| to.checked_by = Some(actor))
            .await?;
        let booked = if stored.kind.is_credit() {
            shared.allocation.negated()
        } else {
            shared.allocation.clone()
        };
        let new = NewAllocation {
            invoice: stored.id,
            mirrors: None,
            key: self.order.freight_key,
            sha256: shared.sha256.clone(),
            at: self.app.clock.now(),
            weights: &weighed.weights,
            booked: &booked,
            codes: &by_member(&shared.codes, &members),
            members: &members,
        };
        self.made.push(store::add_allocation(tx, &new).await?);
        Ok(())
    }

    /// Books an invoice in dispute and the credit note that settles it.
    async fn settle(
        &mut self,
        tx: &Tx,
        (mut invoice, charged): (Printed, Weighed),
        (credit, back): (Printed, Weighed),
        whole: bool,
    ) -> Result<(), UseCaseError> {
        let why = format!("avoir {}", credit.stored.number);
        self.walk.step(tx, &mut invoice.stored, A::Resume, &why, |_| ()).await?;
        self.walk.step(tx, &mut invoice.stored, A::Match, &why, |_| ()).await?;
        self.book(tx, invoice.clone(), charged).await?;
        if whole {
            let original = store::allocation_of(tx, invoice.stored.id).await?;
            let original = original.ok_or_else(|| StoreError::NotFound {
                what: "allocation of invoice",
                id: invoice.stored.id.to_string(),
            })?;
            return self.mirror(tx, &invoice, &original, credit).await;
        }
        self.book(tx, credit, back).await
    }

    /// Books a full credit note: the shares of its invoice, figure by figure, negated.
    async fn mirror(
        &mut self,
        tx: &Tx,
        invoice: &Printed,
        original: &StoredAllocation,
        credit: Printed,
    ) -> Result<(), UseCaseError> {
        let actor = self.walk.actor.0.clone();
        let accepted = accepted_of(tx, invoice, original).await?;
        let members = original.members.iter().map(|(id, one)| (one.siret.clone(), *id)).collect();
        let shared = mirrored(invoice, &credit, &accepted, original.key).await?;
        let mut stored = credit.stored;
        let details = format!("avoir total de la facture {}", invoice.stored.number);
        self.walk
            .step(tx, &mut stored, A::Allocate, &details, |to| to.checked_by = Some(actor))
            .await?;
        let codes = by_member(&shared.codes, &members);
        let at = self.app.clock.now();
        let made =
            store::mirror_allocation(tx, original, stored.id, &shared.sha256, &codes, at).await?;
        self.made.push(made);
        Ok(())
    }
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

fn by_member(
    codes: &BTreeMap<Siret, String>,
    members: &BTreeMap<Siret, OrganisationId>,
) -> BTreeMap<OrganisationId, String> {
    let of = |(siret, code): (&Siret, &String)| Some((*members.get(siret)?, code.clone()));
    codes.iter().filter_map(of).collect()
}

fn no_order(invoice: &StoredInvoice) -> UseCaseError {
    let message = format!("La facture {} n’a pas de commande : rien à répartir.", invoice.number);
    UseCaseError::refused("sans_numero_de_commande", message)
}

fn no_invoice(credit: &StoredInvoice) -> UseCaseError {
    let message = format!(
        "L’avoir {} ne corrige aucune facture reçue : demandez au fournisseur de la citer.",
        credit.number
    );
    UseCaseError::refused("avoir_sans_facture", message)
}

fn invoice_first(invoice: &StoredInvoice) -> UseCaseError {
    let message = format!(
        "L’avoir corrige la facture {}, à l’étape « {} » : répartissez-la d’abord. Rien n’a été \
         modifié.",
        invoice.number,
        invoice.state.french()
    );
    UseCaseError::refused("facture_non_repartie", message)
}
