//! What stands for and against an order, judged under what is committed so far.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::dates::Dated;
use domain::group::contact::{Delegation, Signature};
use domain::group::organisation::ChorusRequirements;
use domain::ids::{ContactId, OrganisationId};
use domain::money::Net;
use domain::orders::ceiling::Room;
use domain::orders::life::{OrderError, Validation, validate};
use domain::orders::state::OrderState;

use super::super::draft::{Members, not_entitled};
use super::{Approval, Given, PaperSignature};
use crate::store::orders::{StoredOrder, Validated, Window};
use crate::store::{Tx, group, reference, tenders};
use crate::usecases::{Refusal, UseCaseError};

/// What judging needs, read once under the lock.
pub(super) struct Bench {
    day: NaiveDate,
    pub(super) window: Window,
    members: Members,
    powers: BTreeMap<OrganisationId, Vec<Delegation>>,
    chorus: BTreeMap<OrganisationId, ChorusRequirements>,
    mandates: Vec<Dated<()>>,
    /// The schedule that orders not priced at close must have.
    schedule: Option<domain::ids::PriceScheduleId>,
    ceiling: Net,
    pub(super) committed: Net,
}

impl Bench {
    /// `buyer`: the only one whose orders are judged, where there is one.
    pub(super) async fn of(
        tx: &Tx,
        window: Window,
        day: NaiveDate,
        buyer: Option<OrganisationId>,
    ) -> Result<Self, UseCaseError> {
        let contract = tenders::lock_contract(tx, window.contract.id).await?;
        let (ceiling, committed) = (contract.agreement.terms().ceiling, contract.committed);
        let mut powers: BTreeMap<_, Vec<Delegation>> = BTreeMap::new();
        for (body, power) in group::delegations(tx, buyer).await? {
            powers.entry(body).or_default().push(power);
        }
        let bodies = match buyer {
            Some(buyer) => group::organisation(tx, buyer).await?.into_iter().collect(),
            None => group::organisations(tx, &[]).await?,
        };
        Ok(Self {
            day,
            members: group::memberships(tx, window.contract.convention).await?,
            powers,
            chorus: bodies.into_iter().map(|body| (body.id, body.organisation.chorus)).collect(),
            mandates: reference::mandates(tx).await?,
            schedule: tenders::schedule_in_force(tx, window.contract.id, day)
                .await?
                .map(|found| found.id),
            ceiling,
            committed,
            window,
        })
    }

    fn signature(
        &self,
        buyer: OrganisationId,
        signatory: Option<ContactId>,
    ) -> Result<Signature, Refusal> {
        let powers = self.powers.get(&buyer).map(Vec::as_slice).unwrap_or_default();
        let asked = powers.iter().filter(|power| signatory.is_none_or(|who| power.contact == who));
        let mut why = None;
        for power in asked {
            match power.sign(self.day, &self.mandates) {
                Ok(signature) => return Ok(signature),
                Err(error) => why = Some(error),
            }
        }
        let message = why.map_or_else(
            || "Aucun pouvoir de signature n’est enregistré pour ce signataire.".to_owned(),
            |error| error.for_the_reader(),
        );
        Err(Refusal::new("delegation", message))
    }

    /// The signature that a paper bears: under a power that held on its day where any is
    /// recorded, else as it was read on the paper.
    fn paper_signature(
        &self,
        buyer: OrganisationId,
        paper: &PaperSignature,
    ) -> Result<Signature, Refusal> {
        let name = paper.name.trim();
        if paper.on > self.day {
            return Err(Refusal::new("date", "La date de signature est dans le futur."));
        }
        let powers = self.powers.get(&buyer).map(Vec::as_slice).unwrap_or_default();
        let named = |power: &&Delegation| power.name.trim().to_lowercase() == name.to_lowercase();
        let mut why = None;
        for power in powers.iter().filter(named) {
            match power.sign(paper.on, &self.mandates) {
                Ok(signature) => return Ok(Signature { on: self.day, ..signature }),
                Err(error) => why = Some(error),
            }
        }
        if let Some(error) = why {
            return Err(Refusal::new("delegation", error.for_the_reader()));
        }
        let held: Vec<&str> = powers
            .iter()
            .filter(|power| power.sign(paper.on, &self.mandates).is_ok())
            .map(|power| power.name.as_str())
            .collect();
        if held.is_empty() {
            let quality = paper.quality.trim().to_owned();
            return Ok(Signature { name: name.to_owned(), quality, on: self.day });
        }
        Err(Refusal::new(
            "delegation",
            format!(
                "« {name} » n’a pas de pouvoir de signature enregistré. Peuvent signer : {}. \
                 Pour une autre personne, faites enregistrer son pouvoir par le CdG62.",
                held.join(", ")
            ),
        ))
    }

    /// Judges one order under what is committed so far; takes its amount when it passes.
    pub(super) fn judge(
        &mut self,
        stored: &StoredOrder,
        approval: &Approval,
        given: Given<'_>,
    ) -> Result<(Validated, Room), Vec<Refusal>> {
        let mut order = stored.order.clone();
        let clean = |text: &Option<String>| {
            text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        // What was entered beforehand holds unless the signatory says otherwise.
        let entered = &approval.references;
        order.commitment_number = clean(&entered.commitment_number).or(order.commitment_number);
        order.service_code = clean(&entered.service_code).or(order.service_code);
        let mut reasons = Vec::new();
        if given.version.is_some_and(|read| read != stored.version) {
            reasons.push(Refusal::new(
                "modifiee_depuis",
                "Cette commande a été modifiée depuis que vous l’avez ouverte. Relisez-la, puis \
                 validez-la.",
            ));
        }
        let at_close = self.window.priced_at_close();
        if order.state == OrderState::Draft {
            if at_close && !self.window.window.closed && self.day > self.window.window.days.to {
                reasons.push(Refusal::new(
                    "fenetre_a_clore",
                    "Clôturez d’abord la période de commande : c’est alors que les prix se fixent.",
                ));
            }
            if !at_close && self.schedule != Some(stored.schedule) {
                reasons.push(Refusal::new(
                    "prix_revises",
                    "Les prix du marché ont été révisés depuis ce brouillon : recalculez-le, puis \
                     relisez-le avant de le valider.",
                ));
            }
        }
        let signature = match given.paper.map_or_else(
            || self.signature(order.buyer, approval.signatory),
            |paper| self.paper_signature(order.buyer, paper),
        ) {
            Ok(signature) => signature,
            Err(refusal) => {
                reasons.push(refusal);
                // Whoever signs, the other faults are told with this one.
                Signature { name: String::new(), quality: String::new(), on: self.day }
            }
        };
        let barred: Vec<_> = order
            .members()
            .into_iter()
            // The surplus of pooled packs is the coordinator's, who need not be a member.
            .filter(|member| !(order.model.coordinator_pays() && *member == order.buyer))
            .filter_map(|member| {
                not_entitled(&self.members, member, &self.window, self.day).map(|why| (member, why))
            })
            .collect();
        let against = Validation {
            contract: self.window.period(),
            window: self.window.window.days,
            priced_at_close: at_close,
            not_entitled: &barred,
            chorus: self.chorus.get(&order.buyer).copied().unwrap_or_default(),
            ceiling: self.ceiling,
            committed: self.committed,
        };
        match validate(&order, signature.clone(), &against) {
            Ok((order, room)) if reasons.is_empty() => {
                let added = room.committed.minus(self.committed).unwrap_or(Net::ZERO);
                self.committed = room.committed;
                let validated = Validated {
                    order: stored.id,
                    version: stored.version,
                    signature,
                    committed: added,
                    commitment_number: order.commitment_number,
                    service_code: order.service_code,
                    budget_account: clean(&entered.budget_account)
                        .or_else(|| stored.budget_account.clone()),
                };
                Ok((validated, room))
            }
            Ok(_) => Err(reasons),
            Err(errors) => {
                reasons.extend(errors.iter().map(refusal));
                Err(reasons)
            }
        }
    }
}

/// A fault of the domain as its code and French.
pub(in super::super) fn refusal(error: &OrderError) -> Refusal {
    let code = match error {
        OrderError::NotAllowed(_) => "etape",
        OrderError::Empty => "vide",
        OrderError::Day(_) => "date",
        OrderError::NotEntitled(_, why) => why.code(),
        OrderError::OpenedPack(_) => "conditionnement",
        OrderError::NoCommitmentNumber => "engagement",
        OrderError::NoServiceCode => "code_service",
        OrderError::PastCeiling(_) => "maximum_depasse",
        OrderError::Delivered => "livre",
        OrderError::Undecided => "decision_attendue",
        OrderError::Amount(_) => "montant",
    };
    Refusal::new(code, error.for_the_reader())
}
