//! Sharing an invoice between members, and booking its credit notes.

use std::collections::BTreeMap;

use domain::group::convention::FreightKey;
use domain::ids::{AllocationId, InvoiceId, OrganisationId};
use domain::invoices::basis::Basis;
use domain::invoices::state::InvoiceAction as A;
use domain::money::Net;
use domain::siret::Siret;

use super::super::{Actor, App, UseCaseError};
use super::Walk;
use super::naming::Concerned;
use super::plan::{Documents, Mirrored, Plan, Planned, Settlement, Terms, plan};
use crate::store::invoices::{self as store, NewAllocation, OrderedFor, StoredAllocation};
use crate::store::{StoreError, Tx, platform};

/// Another key for freight and charges than the convention's, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherKey {
    pub key: FreightKey,
    pub reason: String,
}

/// What a person says where the documents, the deliveries and the convention do not.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said<'a> {
    pub whom: &'a [Concerned],
    pub key: Option<&'a OtherKey>,
    /// Why what a dispute leaves is accepted.
    pub closing: Option<&'a str>,
}

/// Shares a matched invoice or credit note between the members it concerns.
///
/// A credit note of a disputed invoice books that invoice too, with every other credit note that
/// settles it, in the same transaction; one that gives a whole invoice back is its mirror, to
/// the cent. `whom` names the members a credit note concerns where the deliveries do not say.
/// Answers the allocations made, the credit notes' last.
pub async fn allocate(
    app: &App,
    actor: &Actor,
    invoice: InvoiceId,
    whom: &[Concerned],
) -> Result<Vec<AllocationId>, UseCaseError> {
    allocate_by(app, actor, invoice, &Said { whom, ..Said::default() }).await
}

/// The same, with what a person says besides; the journal keeps the reasons.
///
/// # Errors
///
/// Refused for another key or what a dispute leaves without a reason.
pub async fn allocate_by(
    app: &App,
    actor: &Actor,
    invoice: InvoiceId,
    said: &Said<'_>,
) -> Result<Vec<AllocationId>, UseCaseError> {
    let documents = Box::pin(Documents::read(app, invoice)).await?;
    let tx = app.store.begin_write().await?;
    store::lock_supplier(&tx, documents.supplier()).await?;
    let key = said.key.map(|other| other.key);
    let closing = closing(said)?;
    let terms = Terms { key, basis: Basis::Accepted, closing: closing.is_some() };
    let Plan { order, documents, settlement } =
        Box::pin(plan(&tx, documents, said.whom, terms)).await?;
    let why = reason(&order, said.key)?;
    let mut desk = Desk { app, walk: Walk::of(app, actor), made: Vec::new(), why };
    let mut before: Option<InvoiceId> = None;
    for mut planned in documents {
        if let (None, Some(settlement)) = (before, &settlement) {
            let (action, why) = end_of_dispute(settlement, closing);
            let stored = &mut planned.document.stored;
            desk.walk.step(&tx, stored, action, &why, |_| ()).await?;
            desk.walk.step(&tx, stored, A::Match, &why, |_| ()).await?;
        }
        let id = planned.document.stored.id;
        match planned.mirrors.take() {
            None => desk.write(&tx, planned).await?,
            Some(Mirrored::Stored(original)) => desk.mirror(&tx, &original, planned).await?,
            Some(Mirrored::Previous) => {
                let missing = || StoreError::NotFound {
                    what: "allocation mirrored by invoice",
                    id: id.to_string(),
                };
                let original = before.ok_or_else(missing)?;
                let original = store::allocation_of(&tx, original).await?.ok_or_else(missing)?;
                desk.mirror(&tx, &original, planned).await?;
            }
        }
        before = Some(id);
    }
    let Desk { walk, made, .. } = desk;
    platform::append(&tx, walk.entries).await?;
    tx.commit().await?;
    Ok(made)
}

/// The reason to accept what a dispute leaves, where a person gives one.
fn closing<'a>(said: &Said<'a>) -> Result<Option<&'a str>, UseCaseError> {
    let Some(reason) = said.closing.map(str::trim) else { return Ok(None) };
    if reason.is_empty() {
        return Err(UseCaseError::refused(
            "litige_sans_motif",
            "Dites pourquoi le litige est clos malgré ce qu’il laisse. Rien n’a été modifié.",
        ));
    }
    Ok(Some(reason))
}

/// The step out of a dispute, and what the journal says of it.
fn end_of_dispute(settlement: &Settlement, closing: Option<&str>) -> (A, String) {
    let mut parts: Vec<String> = Vec::new();
    if !settlement.credits.is_empty() {
        let word = if settlement.credits.len() == 1 { "avoir" } else { "avoirs" };
        parts.push(format!("{word} {}", settlement.credits.join(", ")));
    }
    let Some(reason) = closing else { return (A::Resume, parts.join(" ; ")) };
    let left: i64 = settlement.left.iter().map(|one| one.more().cents()).sum();
    parts.push(format!("reste admis {} HT", Net::from_cents(left)));
    parts.push(reason.to_owned());
    (A::Waive, parts.join(" ; "))
}

/// What the journal says of a key that is not the convention's.
fn reason(order: &OrderedFor, other: Option<&OtherKey>) -> Result<String, UseCaseError> {
    let Some(other) = other.filter(|other| other.key != order.freight_key) else {
        return Ok(String::new());
    };
    if other.reason.trim().is_empty() {
        return Err(UseCaseError::refused(
            "cle_sans_motif",
            format!(
                "La convention répartit les frais {} : dites pourquoi cette facture le serait {}. \
                 Rien n’a été modifié.",
                order.freight_key.french(),
                other.key.french()
            ),
        ));
    }
    Ok(format!(", frais {} : {}", other.key.french(), other.reason.trim()))
}

/// Where a plan is written.
struct Desk<'a> {
    app: &'a App,
    walk: Walk<'a>,
    made: Vec<AllocationId>,
    why: String,
}

impl Desk<'_> {
    async fn write(&mut self, tx: &Tx, planned: Planned) -> Result<(), UseCaseError> {
        let Planned { document, weighed, shared, members, key, .. } = planned;
        let mut stored = document.stored;
        let actor = self.walk.actor.0.clone();
        let details = format!("{} membres, empreinte {}{}", members.len(), shared.sha256, self.why);
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
            key,
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

    /// Books a full credit note: the shares of its invoice, figure by figure, negated.
    async fn mirror(
        &mut self,
        tx: &Tx,
        original: &StoredAllocation,
        planned: Planned,
    ) -> Result<(), UseCaseError> {
        let Planned { document, shared, members, .. } = planned;
        let invoice = store::invoice_number(tx, original.invoice).await?;
        let actor = self.walk.actor.0.clone();
        let mut stored = document.stored;
        let details = format!("avoir total de la facture {invoice}");
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

fn by_member(
    codes: &BTreeMap<Siret, String>,
    members: &BTreeMap<Siret, OrganisationId>,
) -> BTreeMap<OrganisationId, String> {
    let of = |(siret, code): (&Siret, &String)| Some((*members.get(siret)?, code.clone()));
    codes.iter().filter_map(of).collect()
}
