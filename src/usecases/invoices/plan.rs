//! What sharing an invoice would book, before anything is written.
//!
//! A preview shows this plan and a posting writes it: there is no second computation that could
//! differ by a cent. A credit note that settles a dispute comes with the disputed invoice; one
//! that gives a whole invoice back is its mirror.

use std::collections::BTreeMap;

use domain::group::convention::FreightKey;
use domain::ids::{InvoiceId, OrganisationId};
use domain::invoices::basis::Basis;
use domain::invoices::credit::gives_all_back;
use domain::invoices::state::InvoiceState;
use domain::siret::Siret;

use super::super::{App, UseCaseError};
use super::allocate::Concerned;
use super::booking::{Scales, Weighed, members};
use super::judge::billed;
use super::sharing::{Printed, Shared, accepted_of, mirrored, printed, share_off_thread};
use crate::store::Access;
use crate::store::invoices::{self as store, OrderedFor, StoredAllocation, StoredInvoice};

/// By what an invoice is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Of freight and charges; `None` for the convention's own.
    pub key: Option<FreightKey>,
    pub basis: Basis,
}

impl Terms {
    /// As the convention says: by what was accepted, charges by its own key.
    pub const OF_THE_CONVENTION: Self = Self { key: None, basis: Basis::Accepted };
}

/// An invoice or credit note and the invoice it corrects, with their files.
pub(super) struct Documents {
    pub(super) document: Printed,
    corrected: Option<Printed>,
}

/// What a mirror gives back.
pub(super) enum Mirrored {
    /// Shares that are written.
    Stored(StoredAllocation),
    /// Those of the document planned just before.
    Previous,
}

/// One document with its shares.
pub(super) struct Planned {
    pub(super) document: Printed,
    pub(super) weighed: Weighed,
    /// As printed.
    pub(super) shared: Shared,
    pub(super) members: BTreeMap<Siret, OrganisationId>,
    pub(super) key: FreightKey,
    pub(super) mirrors: Option<Mirrored>,
}

/// All that would be booked at once, the document asked for last.
pub(super) struct Plan {
    pub(super) order: OrderedFor,
    pub(super) documents: Vec<Planned>,
    /// The credit note that takes the first document out of its dispute.
    pub(super) settled_by: Option<String>,
}

impl Documents {
    pub(super) async fn read(app: &App, invoice: InvoiceId) -> Result<Self, UseCaseError> {
        let document = printed(app, invoice).await?;
        let corrected = match document.stored.corrects {
            Some(id) => Some(printed(app, id).await?),
            None => None,
        };
        Ok(Self { document, corrected })
    }
}

/// Plans the sharing of a matched invoice or credit note. `whom` names the members a credit
/// note concerns where the deliveries do not say.
pub(super) async fn plan(
    on: &impl Access,
    documents: Documents,
    whom: &[Concerned],
    terms: Terms,
) -> Result<Plan, UseCaseError> {
    let Documents { document, corrected } = documents;
    let order = document.stored.order.ok_or_else(|| no_order(&document.stored))?;
    let order = store::order(on, order).await?;
    let key = terms.key.unwrap_or(order.freight_key);
    let mut shares = store::shares_left(on, order.id).await?;
    for share in &mut shares {
        share.holding = terms.basis.seen(share.holding);
    }
    let others = billed(&store::invoiced(on, order.id).await?, Some(document.stored.id), None);
    let mut scales = Scales::new(&order, shares, others);
    let mut settled_by = None;
    let planned = match corrected {
        None if document.stored.kind.is_credit() => return Err(no_invoice(&document.stored)),
        None => {
            let weighed = scales.invoice(document.document());
            scales.finish().map_err(UseCaseError::Refused)?;
            vec![shared(document, weighed, key).await?]
        }
        Some(invoice) => {
            let whole = gives_all_back(&document.invoice, &invoice.invoice);
            match invoice.stored.state {
                InvoiceState::Disputed => {
                    let (charged, back) =
                        scales.settle(invoice.document(), document.document(), whom, whole);
                    scales.finish().map_err(UseCaseError::Refused)?;
                    settled_by = Some(document.stored.number.clone());
                    let first = shared(invoice, charged, key).await?;
                    let second = if whole {
                        let members = first.members.clone();
                        let accepted = &first.weighed.accepted;
                        let copied = mirrored(&first.document, &document, accepted, key).await?;
                        mirror(document, copied, members, key, Mirrored::Previous)
                    } else {
                        shared(document, back, key).await?
                    };
                    vec![first, second]
                }
                InvoiceState::Allocated | InvoiceState::Validated | InvoiceState::Paid => {
                    let earlier = store::allocation_of(on, invoice.stored.id).await?;
                    if let Some(original) = earlier.filter(|_| whole) {
                        let accepted = accepted_of(on, &invoice, &original).await?;
                        let of = |(id, one): (&OrganisationId, &store::MemberTotal)| {
                            (one.siret.clone(), *id)
                        };
                        let members = original.members.iter().map(of).collect();
                        let key = original.key;
                        let copied = mirrored(&invoice, &document, &accepted, key).await?;
                        let back = Mirrored::Stored(original);
                        vec![mirror(document, copied, members, key, back)]
                    } else {
                        let weighed = scales.credit(document.document(), whom);
                        scales.finish().map_err(UseCaseError::Refused)?;
                        vec![shared(document, weighed, key).await?]
                    }
                }
                InvoiceState::Received
                | InvoiceState::Checked
                | InvoiceState::Matched
                | InvoiceState::Suspended
                | InvoiceState::Rejected => return Err(invoice_first(&invoice.stored)),
            }
        }
    };
    Ok(Plan { order, documents: planned, settled_by })
}

async fn shared(
    document: Printed,
    weighed: Weighed,
    key: FreightKey,
) -> Result<Planned, UseCaseError> {
    let shared = share_off_thread(&document, &weighed.accepted, key).await?;
    let members = members(&weighed);
    Ok(Planned { document, weighed, shared, members, key, mirrors: None })
}

fn mirror(
    document: Printed,
    shared: Shared,
    members: BTreeMap<Siret, OrganisationId>,
    key: FreightKey,
    mirrors: Mirrored,
) -> Planned {
    let (weighed, mirrors) = (Weighed::default(), Some(mirrors));
    Planned { document, weighed, shared, members, key, mirrors }
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
