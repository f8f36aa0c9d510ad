//! Validation: a signatory commits the money of whoever pays.
//!
//! The contract is locked first, then everything is read and judged by the domain in the order
//! given, each order under what the ones before it left of the ceiling; the amounts are taken
//! by one compare-and-set. So two members who order the last amount at once are one after the
//! other, and the second is told what is left.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use domain::dates::Dated;
use domain::group::contact::{Delegation, Signature};
use domain::group::organisation::ChorusRequirements;
use domain::ids::{ContactId, OrderId, OrganisationId};
use domain::money::Net;
use domain::orders::ceiling::Room;
use domain::orders::life::{OrderError, Validation, validate};
use domain::orders::state::OrderState;

use super::RefusedOrder;
use super::draft::{Members, not_entitled};
use crate::store::orders::{self as store, StoredOrder, Validated, Which, Window};
use crate::store::tenders;
use crate::store::{StoreError, Tx, Viewer, group, platform, reference};
use crate::usecases::platform::attachments::{self, NewFile};
use crate::usecases::{Actor, App, Refusal, UseCaseError};

/// What the buyer's finance software knows of an order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References {
    /// Numéro d'engagement.
    pub commitment_number: Option<String>,
    /// Chorus service code.
    pub service_code: Option<String>,
    /// « 6064 · fonctionnement », printed for the buyer's own accounts.
    pub budget_account: Option<String>,
}

/// An order to validate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    pub order: OrderId,
    /// `None`: whoever of the buyer holds a power on that day.
    pub signatory: Option<ContactId>,
    pub references: References,
}

/// A signature that somebody without an account gave on paper; its scan is kept beside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperSignature {
    pub name: String,
    /// Maire, président…: printed where no power is recorded.
    pub quality: String,
    pub on: NaiveDate,
}

/// What validating several orders did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validations {
    pub validated: Vec<OrderId>,
    pub refused: Vec<RefusedOrder>,
    /// Where the contract of the last one stands; `None` when nothing was validated.
    pub room: Option<Room>,
}

/// What a signature is given on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Given<'a> {
    /// The version of the order that the signatory has read; `None` takes whatever is there.
    pub version: Option<i64>,
    /// Signed by hand, by somebody without an account.
    pub paper: Option<&'a PaperSignature>,
}

/// Validates one order that `viewer` may validate, or says everything that stands against it.
pub async fn validate_order(
    app: &App,
    actor: &Actor,
    viewer: Viewer,
    approval: &Approval,
) -> Result<Room, UseCaseError> {
    let tx = app.store.begin_write().await?;
    validate_given(app, actor, viewer, tx, approval, Given::default()).await
}

/// [`validate_order`] of an order as its signatory has read it.
pub async fn validate_as_read(
    app: &App,
    actor: &Actor,
    viewer: Viewer,
    approval: &Approval,
    version: i64,
) -> Result<Room, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let given = Given { version: Some(version), paper: None };
    validate_given(app, actor, viewer, tx, approval, given).await
}

async fn validate_given(
    app: &App,
    actor: &Actor,
    viewer: Viewer,
    tx: Tx,
    approval: &Approval,
    given: Given<'_>,
) -> Result<Room, UseCaseError> {
    let stored = store::one(&tx, viewer, approval.order).await?;
    if let Viewer::Member(member) = viewer
        && stored.order.buyer != member
    {
        return Err(UseCaseError::refused(
            "other_member",
            "Cette commande est celle du coordonnateur : lui seul la valide.",
        ));
    }
    let window = store::window(&tx, stored.order.window).await?;
    let bench = Bench::of(&tx, window, app.today(), Some(stored.order.buyer)).await?;
    let mut done = Validations::default();
    of_window(app, actor, tx, bench, &[approval], given, &mut done).await?;
    match (done.room, done.refused.pop()) {
        (Some(room), _) => Ok(room),
        (None, Some(refused)) => Err(UseCaseError::Refused(refused.reasons)),
        (None, None) => {
            Err(StoreError::NotFound { what: "order", id: approval.order.to_string() }.into())
        }
    }
}

/// Validates one order of `viewer` that was signed on paper. The scan is kept in the transaction
/// of the validation: none is kept of an order that is refused.
pub async fn validate_signed_paper(
    app: &App,
    actor: &Actor,
    viewer: Viewer,
    approval: &Approval,
    paper: &PaperSignature,
    version: i64,
    scan: NewFile,
) -> Result<Room, UseCaseError> {
    let missing = |code: &str, message: &str| UseCaseError::refused(code, message);
    if paper.name.trim().is_empty() {
        return Err(missing("nom", "Saisissez le nom de la personne qui a signé."));
    }
    if paper.quality.trim().is_empty() {
        return Err(missing("qualite", "Saisissez la qualité de la personne qui a signé."));
    }
    let tx = app.store.begin_write().await?;
    let stored = store::one(&tx, viewer, approval.order).await?;
    let (subject, whose) = (("order", stored.id.0), (Some(stored.order.buyer), "signed_order"));
    attachments::keep(app, &tx, actor, subject, whose, scan).await?;
    let given = Given { version: Some(version), paper: Some(paper) };
    validate_given(app, actor, viewer, tx, approval, given).await
}

/// Validates orders, by the coordinator for whoever signed, in the order given: those that the
/// rules refuse are named, the others go on. One transaction a contract.
pub async fn validate_orders(
    app: &App,
    actor: &Actor,
    approvals: &[Approval],
) -> Result<Validations, UseCaseError> {
    let ids: Vec<OrderId> = approvals.iter().map(|approval| approval.order).collect();
    let before = store::load(&app.store, Viewer::Coordinator, &Which::These(ids)).await?;
    let orders: HashMap<OrderId, _> = before
        .iter()
        .map(|stored| (stored.id, (stored.order.window, stored.order.buyer)))
        .collect();
    let mut by_window: BTreeMap<_, Vec<&Approval>> = BTreeMap::new();
    for approval in approvals {
        if let Some((window, _)) = orders.get(&approval.order) {
            by_window.entry(*window).or_default().push(approval);
        }
    }
    let buyers: BTreeSet<OrganisationId> = orders.values().map(|(_, buyer)| *buyer).collect();
    let only = buyers.first().copied().filter(|_| buyers.len() == 1);
    let mut done = Validations::default();
    for (window, approvals) in by_window {
        let tx = app.store.begin_write().await?;
        let window = store::window(&tx, window).await?;
        let bench = Bench::of(&tx, window, app.today(), only).await?;
        of_window(app, actor, tx, bench, &approvals, Given::default(), &mut done).await?;
    }
    Ok(done)
}

/// What judging needs, read once under the lock.
struct Bench {
    day: NaiveDate,
    window: Window,
    members: Members,
    powers: BTreeMap<OrganisationId, Vec<Delegation>>,
    chorus: BTreeMap<OrganisationId, ChorusRequirements>,
    mandates: Vec<Dated<()>>,
    /// The schedule that orders not priced at close must have.
    schedule: Option<domain::ids::PriceScheduleId>,
    ceiling: Net,
    committed: Net,
}

impl Bench {
    /// `buyer`: the only one whose orders are judged, where there is one.
    async fn of(
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
            || "Aucune délégation de signature n’est enregistrée pour ce signataire.".to_owned(),
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
    fn judge(
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
pub(super) fn refusal(error: &OrderError) -> Refusal {
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

async fn of_window(
    app: &App,
    actor: &Actor,
    tx: Tx,
    mut bench: Bench,
    approvals: &[&Approval],
    given: Given<'_>,
    done: &mut Validations,
) -> Result<(), UseCaseError> {
    let contract = bench.window.contract.id;
    let ids: Vec<OrderId> = approvals.iter().map(|approval| approval.order).collect();
    let stored: HashMap<OrderId, StoredOrder> =
        store::load(&tx, Viewer::Coordinator, &Which::These(ids))
            .await?
            .into_iter()
            .map(|stored| (stored.id, stored))
            .collect();
    let before = bench.committed;
    let (mut validated, mut entries, mut last) = (Vec::new(), Vec::new(), None);
    for approval in approvals {
        let Some(stored) = stored.get(&approval.order) else { continue };
        match bench.judge(stored, approval, given) {
            Ok((order, room)) => {
                let how =
                    if given.paper.is_some() { "signé sur papier par" } else { "signé par" };
                let details = format!("{} HT, {how} {}", order.committed, order.signature.name);
                entries.push(app.entry(actor, "order.validate", "order", order.order.0, details));
                validated.push(order);
                last = Some(room);
            }
            Err(reasons) => {
                done.refused.push(RefusedOrder { order: stored.id, name: stored.name(), reasons });
            }
        }
    }
    if validated.is_empty() {
        return Ok(());
    }
    let taken = bench.committed.minus(before).unwrap_or(Net::ZERO);
    if !store::take_under_ceiling(&tx, contract, taken).await? {
        // Only a writer that did not take the lock could get here before us.
        return Err(StoreError::Overtaken { what: "contract", id: contract.0 }.into());
    }
    let ids: Vec<OrderId> = validated.iter().map(|order| order.order).collect();
    store::validate(&tx, validated).await?;
    platform::append(&tx, entries).await?;
    tx.commit().await?;
    done.validated.extend(ids);
    done.room = last;
    Ok(())
}
