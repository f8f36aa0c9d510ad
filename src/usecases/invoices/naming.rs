//! Whom a line of a credit note concerns, where the deliveries do not say: asked, then said.

use std::collections::BTreeMap;

use domain::ids::InvoiceId;
use domain::invoices::einvoice::InvoiceLine;
use domain::quantity::Quantity;
use domain::siret::Siret;

use super::super::Refusal;
use super::booking::{Document, Parts, Scales};

/// Whom a line of a credit note concerns, as a person said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concerned {
    pub credit: InvoiceId,
    /// BT-126 of the credit note.
    pub line: String,
    pub siret: Siret,
    pub quantity: Quantity,
}

/// A line of a credit note that nobody knows whom it concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unnamed {
    pub credit: InvoiceId,
    /// The credit note's number.
    pub number: String,
    /// BT-126.
    pub line: String,
    pub label: String,
    pub quantity: Quantity,
    /// The members of the line, by SIRET.
    pub candidates: Vec<Candidate>,
}

/// Somebody whom a credit note may concern, over all its delivery points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub siret: Siret,
    pub name: String,
    pub ordered: Quantity,
    pub accepted: Quantity,
    /// What it pays for until now, credit notes taken off.
    pub paid: Quantity,
}

impl Scales<'_> {
    /// Keeps a line for a person to say whom it concerns.
    pub(super) fn ask_whom(
        &mut self,
        document: Document<'_>,
        line: &InvoiceLine,
        of_line: &[usize],
        quantity: Quantity,
    ) {
        let sum = |one: &mut Quantity, more: Quantity| *one = one.plus(more).unwrap_or(*one);
        let mut candidates: BTreeMap<Siret, Candidate> = BTreeMap::new();
        for at in of_line {
            let share = &self.shares[*at];
            let Some(siret) = share.siret.clone() else { continue };
            let one = candidates.entry(siret.clone()).or_insert_with(|| Candidate {
                siret,
                name: share.name.clone(),
                ordered: Quantity::ZERO,
                accepted: Quantity::ZERO,
                paid: Quantity::ZERO,
            });
            sum(&mut one.ordered, share.holding.ordered);
            sum(&mut one.accepted, share.holding.accepted);
            sum(&mut one.paid, self.paid(*at));
        }
        self.unnamed.push(Unnamed {
            credit: document.id,
            number: document.invoice.number.clone(),
            line: line.id.clone(),
            label: line.label.clone(),
            quantity,
            candidates: candidates.into_values().collect(),
        });
    }

    /// What a person said of a line: member by member, spread over the member's delivery points
    /// in the order of what each pays for, else of what each ordered.
    pub(super) fn named(
        &mut self,
        document: InvoiceId,
        line: &InvoiceLine,
        of_line: &[usize],
        quantity: Quantity,
        whom: &[Concerned],
    ) -> Option<Parts> {
        let of_this: Vec<&Concerned> =
            whom.iter().filter(|one| one.credit == document && one.line == line.id).collect();
        if of_this.is_empty() {
            return None;
        }
        let mut parts = Parts::new();
        let mut given = Quantity::ZERO;
        for one in of_this {
            let mut rest = one.quantity;
            let own: Vec<usize> =
                of_line.iter().copied().filter(|at| self.is(*at, &one.siret)).collect();
            for at in &own {
                let holding = self.shares[*at].holding;
                let held = self.paid(*at).max(holding.ordered);
                let part = rest.min(held);
                rest = rest.minus(part).unwrap_or_default();
                parts.push((*at, part));
            }
            if !rest.is_zero() {
                self.refusals.push(Refusal::new(
                    "concerne_inconnu",
                    format!(
                        "Ligne « {} » : le membre de SIRET {} n’a pas commandé {} de cet article.",
                        line.id,
                        one.siret.spaced(),
                        one.quantity.french()
                    ),
                ));
            }
            given = given.plus(one.quantity).unwrap_or(given);
        }
        if given != quantity {
            self.refusals.push(Refusal::new(
                "concernes_incomplets",
                format!(
                    "Ligne « {} » : l’avoir porte sur {}, les membres désignés sur {}.",
                    line.id,
                    quantity.french(),
                    given.french()
                ),
            ));
        }
        Some(parts)
    }

    fn is(&self, at: usize, siret: &Siret) -> bool {
        self.shares[at].siret.as_ref() == Some(siret)
    }
}
