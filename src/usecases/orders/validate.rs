//! Validation: a signatory commits the money of whoever pays.
//!
//! The contract is locked first, then everything is read and judged by the domain in the order
//! given, each order under what the ones before it left of the ceiling; the amounts are taken
//! by one compare-and-set. So two members who order the last amount at once are one after the
//! other, and the second is told what is left.

mod bench;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use domain::ids::{ContactId, OrderId, OrganisationId};
use domain::money::Net;
use domain::orders::ceiling::Room;

use self::bench::Bench;
pub(super) use self::bench::refusal;
use super::RefusedOrder;
use crate::store::orders::{self as store, StoredOrder, Which};
use crate::store::{StoreError, Tx, Viewer, platform};
use crate::usecases::platform::attachments::{self, NewFile};
use crate::usecases::{Actor, App, UseCaseError};

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
