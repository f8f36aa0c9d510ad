//! Summer 2026: the orders of the first window, their papers and what was delivered.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::ids::{OrderId, OrganisationId, SiteId};
use domain::money::Net;
use domain::orders::delivery::{Decision, DeliveredLine, DeliveryNote, ShareKey, Verdict};
use domain::orders::state::OrderState;
use domain::quantity::Quantity;
use rust_decimal::Decimal;

use super::chance::Chance;
use super::market::Contract;
use super::{DemoError, Progress, day, on};
use crate::store::Viewer;
use crate::store::orders::{self as store, StoredOrder, Which};
use crate::usecases::orders::{self, Approval, References};
use crate::usecases::{Actor, App};

/// What the damaged boxes are: this many of one share, turned down.
pub(super) const DAMAGED: u32 = 10;

/// Drafts, validates and issues the orders of one contract, with their papers and the holder's
/// pack.
pub(super) async fn order(
    app: &App,
    actor: &Actor,
    contract: &Contract,
    progress: &Progress<'_>,
) -> Result<(), DemoError> {
    let opened = on(app, day(2026, 6, 8)?);
    orders::draft_orders(&opened, actor, contract.window).await?;
    // Model C is validated once the window has closed; the others no later.
    let closed = on(app, day(2026, 6, 29)?);
    orders::close_window(&closed, actor, contract.window).await?;
    let drafts = store::load(
        &app.store,
        Viewer::Coordinator,
        &Which::At(contract.window, OrderState::Draft),
    )
    .await?;
    let approvals: Vec<Approval> = drafts.iter().map(approval).collect();
    orders::validate_orders(&closed, actor, &approvals).await?;
    let issuing = on(app, day(2026, 7, 1)?);
    let told = |done: usize, total: usize| progress(contract.number, done, total);
    orders::issue_window(&issuing, actor, contract.window, &told).await?;
    let pack = orders::make_pack(&issuing, actor, contract.window).await?;
    orders::send_pack(&on(app, day(2026, 7, 2)?), actor, contract.window, pack.rank).await?;
    let answered = on(app, day(2026, 7, 6)?);
    orders::acknowledge_pack(&answered, actor, contract.window, pack.rank).await?;
    Ok(())
}

fn approval(draft: &StoredOrder) -> Approval {
    let mut chance = Chance::of(&draft.id.to_string(), "engagement");
    Approval {
        order: draft.id,
        signatory: None,
        references: References {
            commitment_number: Some(format!("2026-E-{:05}", chance.between(1, 99_999))),
            service_code: chance.happens(30).then(|| "ARCHIVES".into()),
            budget_account: None,
        },
    }
}

/// One delivery point of one order, and what it waits for.
type Drop = BTreeMap<(OrderId, OrganisationId, SiteId), Vec<(u32, Quantity)>>;

/// Delivers the orders of one contract: most on time and whole, some late, some in part, and for
/// the shared order ten boxes that arrive damaged.
pub(super) async fn deliver(
    app: &App,
    actor: &Actor,
    contract: &Contract,
    shared: bool,
) -> Result<(), DemoError> {
    let issued = store::load(
        &app.store,
        Viewer::Coordinator,
        &Which::At(contract.window, OrderState::Issued),
    )
    .await?;
    let mut drops: Drop = BTreeMap::new();
    for stored in &issued {
        for line in &stored.order.lines {
            for share in &line.shares {
                let key = (stored.id, share.member, share.site);
                drops.entry(key).or_default().push((line.position, share.quantity));
            }
        }
    }
    let (on_time, late) = (day(2026, 7, 22)?, day(2026, 9, 3)?);
    let mut by_day: BTreeMap<NaiveDate, Vec<(OrderId, DeliveryNote)>> = BTreeMap::new();
    for ((order, member, site), lines) in &drops {
        let mut chance = Chance::of(&format!("{order}/{member}/{site}"), "delivery");
        let luck = chance.between(1, 100);
        let when = if luck <= 6 { late } else { on_time };
        let partial = luck > 94;
        let delivered: Vec<DeliveredLine> = lines
            .iter()
            .enumerate()
            // In part: the last line of several is still to come.
            .filter(|(index, _)| !(partial && lines.len() > 1 && index + 1 == lines.len()))
            .map(|(_, (position, quantity))| DeliveredLine {
                position: *position,
                delivered: *quantity,
                turned_back: Quantity::ZERO,
            })
            .collect();
        let note = DeliveryNote {
            reference: format!("BL-{order}-{member}-{site}"),
            delivered_on: when,
            member: *member,
            site: *site,
            lines: delivered,
        };
        by_day.entry(when).or_default().push((*order, note));
    }
    let mut damaged = shared;
    for (when, notes) in by_day {
        let app = on(app, when);
        orders::record_deliveries(&app, actor, Viewer::Coordinator, &notes).await?;
        let mut decisions = Vec::new();
        for (order, note) in &notes {
            for line in &note.lines {
                let key =
                    ShareKey { position: line.position, member: note.member, site: note.site };
                let broken = Quantity::whole(DAMAGED);
                let enough = line.delivered.decimal() >= Decimal::from(DAMAGED) * Decimal::TWO;
                if damaged && enough && line.delivered.is_whole() {
                    damaged = false;
                    let kept =
                        line.delivered.minus(broken).map_err(|e| DemoError::Data(e.to_string()))?;
                    decisions.push((*order, decision(key, Verdict::Rejected, broken, when, actor)));
                    decisions.push((*order, decision(key, Verdict::Accepted, kept, when, actor)));
                } else {
                    decisions.push((
                        *order,
                        decision(key, Verdict::Accepted, line.delivered, when, actor),
                    ));
                }
            }
        }
        orders::decide_deliveries(&app, actor, Viewer::Coordinator, &decisions).await?;
    }
    Ok(())
}

fn decision(
    key: ShareKey,
    verdict: Verdict,
    quantity: Quantity,
    on: NaiveDate,
    actor: &Actor,
) -> Decision {
    let reason = match verdict {
        Verdict::Rejected => "Boîtes écrasées pendant le transport".into(),
        Verdict::Accepted | Verdict::WithReserves | Verdict::Reduced => String::new(),
    };
    Decision { key, verdict, quantity, reduction: Net::ZERO, reason, by: actor.0.clone(), on }
}
