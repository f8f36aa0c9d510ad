//! Delivery notes and what was decided on what they brought: one, or a day's worth at once.
//!
//! All or nothing: every fault of every note is told with the order it is about, and nothing
//! is taken in. Notes and decisions of one call are judged in the order given, each on what
//! the ones before it left.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::ids::{OrderId, SiteId};
use domain::orders::delivery::{
    Decision, DeliveryNote, Receipt, ShareKey, Verdict, decide, receive,
};
use domain::orders::delivery_error::DeliveryError;

use crate::store::orders::{self as store, NewDecision, NewDelivery, StoredOrder, Which};
use crate::store::platform::Entry;
use crate::store::{StoreError, Tx, Viewer, platform};
use crate::usecases::platform::attachments::{self, NewFile};
use crate::usecases::{Actor, App, Refusal, UseCaseError};

/// The orders that deliveries are about, with the receipts as they become.
struct Desk {
    orders: HashMap<OrderId, StoredOrder>,
    /// The receipts that changed, by the row of the share.
    changed: BTreeMap<i64, Receipt>,
    reasons: Vec<Refusal>,
}

impl Desk {
    async fn of(tx: &Tx, viewer: Viewer, orders: &BTreeSet<OrderId>) -> Result<Self, UseCaseError> {
        let which = Which::These(orders.iter().copied().collect());
        let found: HashMap<OrderId, StoredOrder> = store::load(tx, viewer, &which)
            .await?
            .into_iter()
            .map(|stored| (stored.id, stored))
            .collect();
        if let Some(missing) = orders.iter().find(|id| !found.contains_key(id)) {
            return Err(StoreError::NotFound { what: "order", id: missing.to_string() }.into());
        }
        Ok(Self { orders: found, changed: BTreeMap::new(), reasons: Vec::new() })
    }

    fn refuse(&mut self, order: OrderId, error: &DeliveryError) {
        let name = self.orders.get(&order).map(StoredOrder::name).unwrap_or_default();
        let code = match error {
            DeliveryError::NotIssued(_) => "etape",
            DeliveryError::BeforeTheOrder(_) | DeliveryError::InTheFuture(_) => "date",
            DeliveryError::NoReference => "reference",
            DeliveryError::NoLine | DeliveryError::LineTwice(_) | DeliveryError::NotOrdered(_) => {
                "ligne"
            }
            DeliveryError::NoQuantity(_) | DeliveryError::Quantity(..) => "quantite",
            DeliveryError::MoreThanOrdered { .. } => "trop_livre",
            DeliveryError::MoreThanPending { .. } => "decision",
            DeliveryError::NoReason => "motif",
            DeliveryError::Reduction { .. } | DeliveryError::Amount(_) => "montant",
        };
        self.reasons.push(Refusal::new(code, format!("{name} : {}", error.for_the_reader())));
    }

    /// Keeps receipts as they are afterwards; nothing when the order is not among those read.
    fn keep(&mut self, order: OrderId, receipts: BTreeMap<ShareKey, Receipt>) {
        if let Some(stored) = self.orders.get_mut(&order) {
            for (key, receipt) in receipts {
                if let Some(row) = stored.share_rows.get(&key) {
                    self.changed.insert(*row, receipt);
                }
                stored.receipts.insert(key, receipt);
            }
        }
    }

    fn row(&self, order: OrderId, key: &ShareKey) -> i64 {
        self.orders.get(&order).and_then(|stored| stored.share_rows.get(key)).copied().unwrap_or(0)
    }

    fn versions(&self) -> Vec<(OrderId, i64)> {
        let mut versions: Vec<_> =
            self.orders.values().map(|stored| (stored.id, stored.version)).collect();
        versions.sort_unstable();
        versions
    }
}

/// Takes delivery notes in, on orders that `viewer` may see.
pub async fn record_deliveries(
    app: &App,
    actor: &Actor,
    viewer: Viewer,
    notes: &[(OrderId, DeliveryNote)],
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let entries = take_notes(app, actor, viewer, &tx, notes).await?;
    platform::append(&tx, entries).await?;
    Ok(tx.commit().await?)
}

/// Takes delivery notes in, and answers what the journal is to say of them.
async fn take_notes(
    app: &App,
    actor: &Actor,
    viewer: Viewer,
    tx: &Tx,
    notes: &[(OrderId, DeliveryNote)],
) -> Result<Vec<Entry>, UseCaseError> {
    let orders: BTreeSet<OrderId> = notes.iter().map(|(order, _)| *order).collect();
    let mut desk = Desk::of(tx, viewer, &orders).await?;
    let mut known: BTreeSet<(OrderId, SiteId, String)> = store::known_notes(tx, &orders).await?;
    let mut new = Vec::with_capacity(notes.len());
    for (order, note) in notes {
        let Some(stored) = desk.orders.get(order) else { continue };
        if !known.insert((*order, note.site, note.reference.clone())) {
            let message = format!(
                "{} : le bon de livraison « {} » est déjà enregistré pour ce point de livraison.",
                stored.name(),
                note.reference
            );
            desk.reasons.push(Refusal::new("bon_en_double", message));
            continue;
        }
        match receive(&stored.order, &stored.receipts, note, app.today()) {
            Ok(receipts) => {
                desk.keep(*order, receipts);
                let lines = note.lines.iter().map(|line| {
                    let key =
                        ShareKey { position: line.position, member: note.member, site: note.site };
                    (desk.row(*order, &key), line.delivered, line.turned_back)
                });
                new.push(NewDelivery {
                    order: *order,
                    member: note.member,
                    site: note.site,
                    reference: note.reference.clone(),
                    delivered_on: note.delivered_on,
                    lines: lines.collect(),
                });
            }
            Err(errors) => errors.iter().for_each(|error| desk.refuse(*order, error)),
        }
    }
    if !desk.reasons.is_empty() {
        return Err(UseCaseError::Refused(desk.reasons));
    }
    store::touch(tx, &desk.versions()).await?;
    store::add_deliveries(tx, &new, &desk.changed).await?;
    let entries = notes.iter().map(|(order, note)| {
        app.entry(actor, "order.deliver", "order", order.0, note.reference.clone())
    });
    Ok(entries.collect())
}

/// Decides on what was delivered, on orders that `viewer` may see: accepts it, with or without
/// reserves or a price reduction, or rejects it. A member decides on its own shares only, and of
/// a price only where it pays.
pub async fn decide_deliveries(
    app: &App,
    actor: &Actor,
    viewer: Viewer,
    decisions: &[(OrderId, Decision)],
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let entries = take_decisions(app, actor, viewer, &tx, decisions).await?;
    platform::append(&tx, entries).await?;
    Ok(tx.commit().await?)
}

/// Takes decisions in, and answers what the journal is to say of them.
async fn take_decisions(
    app: &App,
    actor: &Actor,
    viewer: Viewer,
    tx: &Tx,
    decisions: &[(OrderId, Decision)],
) -> Result<Vec<Entry>, UseCaseError> {
    let orders: BTreeSet<OrderId> = decisions.iter().map(|(order, _)| *order).collect();
    let mut desk = Desk::of(tx, viewer, &orders).await?;
    let mut new = Vec::with_capacity(decisions.len());
    for (order, decision) in decisions {
        let Some(stored) = desk.orders.get(order) else { continue };
        if let (Viewer::Member(member), Verdict::Reduced) = (viewer, decision.verdict)
            && stored.order.buyer != member
        {
            let message = format!(
                "{} : cette commande est celle du coordonnateur, lui seul décide d’une réfaction. \
                 Acceptez avec une réserve : il la lira.",
                stored.name()
            );
            desk.reasons.push(Refusal::new("refaction", message));
            continue;
        }
        match decide(&stored.order, &stored.receipts, decision) {
            Ok(receipt) => {
                desk.keep(*order, BTreeMap::from([(decision.key, receipt)]));
                let share = desk.row(*order, &decision.key);
                new.push(NewDecision { share, decision: decision.clone() });
            }
            Err(error) => desk.refuse(*order, &error),
        }
    }
    if !desk.reasons.is_empty() {
        return Err(UseCaseError::Refused(desk.reasons));
    }
    store::touch(tx, &desk.versions()).await?;
    store::add_decisions(tx, &new, &desk.changed).await?;
    let mut by_order: BTreeMap<OrderId, Vec<&str>> = BTreeMap::new();
    for (order, decision) in decisions {
        by_order.entry(*order).or_default().push(decision.verdict.french());
    }
    let entries = by_order
        .into_iter()
        .map(|(order, said)| app.entry(actor, "order.decide", "order", order.0, said.join(", ")));
    Ok(entries.collect())
}

/// What somebody at the door enters at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reception {
    pub order: OrderId,
    pub note: DeliveryNote,
    /// What is decided at once of what the note brings; may be empty.
    pub decisions: Vec<Decision>,
}

/// Takes a delivery note in with what was decided on the spot, on an order that `viewer` may
/// see, and its photos: all of it, or nothing.
pub async fn receive_delivery(
    app: &App,
    actor: &Actor,
    viewer: Viewer,
    reception: &Reception,
    photos: Vec<NewFile>,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let note = [(reception.order, reception.note.clone())];
    let mut entries = take_notes(app, actor, viewer, &tx, &note).await?;
    let decisions: Vec<(OrderId, Decision)> =
        reception.decisions.iter().map(|one| (reception.order, one.clone())).collect();
    if !decisions.is_empty() {
        entries.extend(take_decisions(app, actor, viewer, &tx, &decisions).await?);
    }
    let (subject, kind) = (("order", reception.order.0), "delivery_photo");
    for photo in photos {
        let whose = (Some(reception.note.member), kind);
        attachments::keep(app, &tx, actor, subject, whose, photo).await?;
    }
    platform::append(&tx, entries).await?;
    Ok(tx.commit().await?)
}
