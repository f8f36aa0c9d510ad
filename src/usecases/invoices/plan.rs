//! What sharing an invoice would book, before anything is written.
//!
//! A preview shows this plan and a posting writes it: there is no second computation that could
//! differ by a cent. A disputed invoice comes with all the credit notes that settle it; a credit
//! note that gives a whole invoice back is its mirror.

use std::collections::BTreeMap;

use domain::group::convention::FreightKey;
use domain::ids::{InvoiceId, OrganisationId};
use domain::invoices::basis::Basis;
use domain::invoices::credit::gives_all_back;
use domain::invoices::state::InvoiceState;
use domain::siret::Siret;

use super::super::{App, UseCaseError};
use super::booking::{Document, Scales, Weighed, members};
use super::judge::billed;
use super::naming::{Concerned, Unnamed};
use super::settlement::Left;
use super::sharing::{Printed, Shared, accepted_of, mirrored, printed, share_off_thread};
use crate::store::Access;
use crate::store::invoices::{self as store, OrderedFor, StoredAllocation, StoredInvoice};

/// By what an invoice is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Of freight and charges; `None` for the convention's own.
    pub key: Option<FreightKey>,
    pub basis: Basis,
    /// Whether a person accepts what a dispute leaves.
    pub closing: bool,
}

impl Terms {
    /// As the convention says: by what was accepted, charges by its own key.
    pub const OF_THE_CONVENTION: Self = Self { key: None, basis: Basis::Accepted, closing: false };
}

/// An invoice or credit note with the documents it is shared with, and their files.
pub(super) struct Documents {
    asked: StoredInvoice,
    case: Case,
}

enum Case {
    Alone(Box<Printed>),
    /// A credit note of an invoice that has its own sharing.
    Credit {
        credit: Box<Printed>,
        invoice: Box<Printed>,
    },
    /// A disputed invoice and its matched credit notes, the oldest first.
    Dispute {
        invoice: Box<Printed>,
        credits: Vec<Printed>,
    },
}

impl Case {
    /// The document whose own amounts are weighed: no part of what others bill.
    fn weighed(&self, asked: &StoredInvoice) -> InvoiceId {
        match self {
            Self::Dispute { invoice, .. } => invoice.stored.id,
            Self::Alone(_) | Self::Credit { .. } => asked.id,
        }
    }
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

/// What takes the first document of a plan out of its dispute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// The numbers of the credit notes.
    pub credits: Vec<String>,
    /// What a person accepts beyond the order.
    pub left: Vec<Left>,
}

/// All that would be booked at once, the credit notes after their invoice.
pub(super) struct Plan {
    pub(super) order: OrderedFor,
    pub(super) documents: Vec<Planned>,
    pub(super) settlement: Option<Settlement>,
}

/// What the documents and the deliveries leave for a person to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Questions {
    pub unnamed: Vec<Unnamed>,
    /// Known once every line has its members.
    pub left: Vec<Left>,
}

impl Documents {
    pub(super) async fn read(app: &App, id: InvoiceId) -> Result<Self, UseCaseError> {
        let document = Box::new(printed(app, id).await?);
        let asked = document.stored.clone();
        let case = match asked.corrects {
            None if asked.state == InvoiceState::Disputed && !asked.kind.is_credit() => {
                Case::Dispute { credits: credits(app, id).await?, invoice: document }
            }
            None => Case::Alone(document),
            Some(corrected) => {
                let invoice = Box::new(printed(app, corrected).await?);
                let settles = asked.state == InvoiceState::Matched
                    && invoice.stored.state == InvoiceState::Disputed;
                if settles {
                    Case::Dispute { credits: credits(app, corrected).await?, invoice }
                } else {
                    Case::Credit { credit: document, invoice }
                }
            }
        };
        Ok(Self { asked, case })
    }

    pub(super) fn supplier(&self) -> OrganisationId {
        self.asked.supplier
    }
}

/// The matched credit notes of an invoice, with their files.
async fn credits(app: &App, invoice: InvoiceId) -> Result<Vec<Printed>, UseCaseError> {
    let mut found = Vec::new();
    for credit in store::credits_of(&app.store, invoice).await? {
        if credit.state == InvoiceState::Matched {
            found.push(printed(app, credit.id).await?);
        }
    }
    Ok(found)
}

/// What is still to be said before a document can be shared, when `whom` is said; nothing is
/// written.
pub async fn questions(
    app: &App,
    invoice: InvoiceId,
    whom: &[Concerned],
) -> Result<Questions, UseCaseError> {
    let Documents { asked, case } = Box::pin(Documents::read(app, invoice)).await?;
    let order = store::order(&app.store, asked.order.ok_or_else(|| no_order(&asked))?).await?;
    let shares = store::shares_left(&app.store, order.id).await?;
    let rows = store::invoiced(&app.store, order.id).await?;
    let mut scales = Scales::new(&order, shares, billed(&rows, Some(case.weighed(&asked)), None));
    match &case {
        Case::Alone(_) => {}
        Case::Credit { credit, invoice } => {
            if !gives_all_back(&credit.invoice, &invoice.invoice) {
                scales.credit(credit.document(), whom);
            }
        }
        Case::Dispute { invoice, credits } => {
            dispute(&mut scales, invoice, credits, whom);
        }
    }
    Ok(Questions { unnamed: scales.unnamed, left: scales.left })
}

/// Weighs a disputed invoice with its credit notes; whether one gives all of it back.
fn dispute(
    scales: &mut Scales<'_>,
    invoice: &Printed,
    credits: &[Printed],
    whom: &[Concerned],
) -> (Weighed, Vec<Weighed>, bool) {
    let whole = match credits {
        [credit] => gives_all_back(&credit.invoice, &invoice.invoice),
        [] | [_, _, ..] => false,
    };
    let documents: Vec<Document<'_>> = credits.iter().map(Printed::document).collect();
    let (charged, back) = scales.settle(invoice.document(), &documents, whom, whole);
    (charged, back, whole)
}

/// Plans the sharing of an invoice or credit note. `whom` names the members that credit notes
/// concern where the deliveries do not say.
pub(super) async fn plan(
    on: &impl Access,
    documents: Documents,
    whom: &[Concerned],
    terms: Terms,
) -> Result<Plan, UseCaseError> {
    let Documents { asked, case } = documents;
    let order = store::order(on, asked.order.ok_or_else(|| no_order(&asked))?).await?;
    let key = terms.key.unwrap_or(order.freight_key);
    let mut shares = store::shares_left(on, order.id).await?;
    for share in &mut shares {
        share.holding = terms.basis.seen(share.holding);
    }
    let others = billed(&store::invoiced(on, order.id).await?, Some(case.weighed(&asked)), None);
    let mut scales = Scales::new(&order, shares, others);
    let mut settlement = None;
    let planned = match case {
        Case::Alone(_) if asked.kind.is_credit() => return Err(no_invoice(&asked)),
        Case::Alone(document) => {
            let weighed = scales.invoice(document.document());
            scales.finish().map_err(UseCaseError::Refused)?;
            vec![shared(*document, weighed, key).await?]
        }
        Case::Dispute { invoice, credits } => {
            let (charged, back, whole) = dispute(&mut scales, &invoice, &credits, whom);
            let left = std::mem::take(&mut scales.left);
            if !terms.closing {
                scales.refusals.extend(left.iter().map(Left::refusal));
            }
            scales.finish().map_err(UseCaseError::Refused)?;
            if credits.is_empty() && !terms.closing {
                return Err(still_open(&invoice.stored));
            }
            let numbers = credits.iter().map(|credit| credit.stored.number.clone());
            settlement = Some(Settlement { credits: numbers.collect(), left });
            settled(*invoice, charged, credits, back, whole, key).await?
        }
        Case::Credit { credit, invoice } if invoice.stored.state.is_shared() => {
            let whole = gives_all_back(&credit.invoice, &invoice.invoice);
            let earlier = store::allocation_of(on, invoice.stored.id).await?;
            if let Some(original) = earlier.filter(|_| whole) {
                let accepted = accepted_of(on, &invoice, &original).await?;
                let of =
                    |(id, one): (&OrganisationId, &store::MemberTotal)| (one.siret.clone(), *id);
                let members = original.members.iter().map(of).collect();
                let key = original.key;
                let copied = mirrored(&invoice, &credit, &accepted, key).await?;
                vec![mirror(*credit, copied, members, key, Mirrored::Stored(original))]
            } else {
                let weighed = scales.credit(credit.document(), whom);
                scales.finish().map_err(UseCaseError::Refused)?;
                vec![shared(*credit, weighed, key).await?]
            }
        }
        Case::Credit { credit, invoice } => {
            return Err(not_now(&credit.stored, &invoice.stored));
        }
    };
    Ok(Plan { order, documents: planned, settlement })
}

/// The shares of a dispute's documents, the invoice's first.
async fn settled(
    invoice: Printed,
    charged: Weighed,
    credits: Vec<Printed>,
    back: Vec<Weighed>,
    whole: bool,
    key: FreightKey,
) -> Result<Vec<Planned>, UseCaseError> {
    let first = shared(invoice, charged, key).await?;
    let mut planned = Vec::new();
    for (credit, weighed) in credits.into_iter().zip(back) {
        planned.push(if whole {
            let members = first.members.clone();
            let accepted = &first.weighed.accepted;
            let copied = mirrored(&first.document, &credit, accepted, key).await?;
            mirror(credit, copied, members, key, Mirrored::Previous)
        } else {
            shared(credit, weighed, key).await?
        });
    }
    planned.insert(0, first);
    Ok(planned)
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

fn still_open(invoice: &StoredInvoice) -> UseCaseError {
    let message = format!(
        "La facture {} est en litige et aucun avoir ne la corrige : reprenez son contrôle, ou \
         closez le litige avec un motif. Rien n’a été modifié.",
        invoice.number
    );
    UseCaseError::refused("litige_ouvert", message)
}

fn not_now(credit: &StoredInvoice, invoice: &StoredInvoice) -> UseCaseError {
    let of = |state: InvoiceState| state.french();
    let message = if invoice.state == InvoiceState::Disputed {
        format!(
            "L’avoir {} est à l’étape « {} » : il ne règle pas encore le litige de la facture {}. \
             Rien n’a été modifié.",
            credit.number,
            of(credit.state),
            invoice.number
        )
    } else {
        format!(
            "L’avoir corrige la facture {}, à l’étape « {} » : répartissez-la d’abord. Rien n’a \
             été modifié.",
            invoice.number,
            of(invoice.state)
        )
    };
    UseCaseError::refused("facture_non_repartie", message)
}
