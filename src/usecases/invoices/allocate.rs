//! Sharing an invoice between members, and booking its credit notes.

use std::collections::BTreeMap;

use domain::group::convention::FreightKey;
use domain::ids::{AllocationId, InvoiceId, OrganisationId};
use domain::invoices::basis::Basis;
use domain::invoices::state::InvoiceAction as A;
use domain::quantity::Quantity;
use domain::siret::Siret;

use super::super::{Actor, App, UseCaseError};
use super::Walk;
use super::plan::{Documents, Mirrored, Plan, Planned, Terms, plan};
use crate::store::invoices::{self as store, NewAllocation, OrderedFor, StoredAllocation};
use crate::store::{StoreError, Tx, platform};

/// Whom a line of a credit note concerns, where the deliveries do not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concerned {
    /// BT-126 of the credit note.
    pub line: String,
    pub siret: Siret,
    pub quantity: Quantity,
}

/// Another key for freight and charges than the convention's, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherKey {
    pub key: FreightKey,
    pub reason: String,
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
    allocate_by(app, actor, invoice, whom, None).await
}

/// The same, with charges shared by another key than the convention's, for a reason that the
/// journal keeps.
///
/// # Errors
///
/// Refused without a reason.
pub async fn allocate_by(
    app: &App,
    actor: &Actor,
    invoice: InvoiceId,
    whom: &[Concerned],
    other: Option<&OtherKey>,
) -> Result<Vec<AllocationId>, UseCaseError> {
    let documents = Documents::read(app, invoice).await?;
    let tx = app.store.begin_write().await?;
    store::lock_supplier(&tx, documents.document.stored.supplier).await?;
    let key = other.map(|other| other.key);
    let terms = Terms { key, basis: Basis::Accepted };
    let Plan { order, documents, settled_by } = plan(&tx, documents, whom, terms).await?;
    let why = reason(&order, other)?;
    let mut desk = Desk { app, walk: Walk::of(app, actor), made: Vec::new(), why };
    let mut before: Option<InvoiceId> = None;
    for mut planned in documents {
        if let (None, Some(credit)) = (before, &settled_by) {
            let why = format!("avoir {credit}");
            let stored = &mut planned.document.stored;
            desk.walk.step(&tx, stored, A::Resume, &why, |_| ()).await?;
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
