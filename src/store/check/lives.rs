//! The journal's chain, and every state against the steps that the journal has.

use std::collections::HashMap;

use domain::campaigns::census::{self, CensusAction, CensusState};
use domain::campaigns::sheet::{self, SheetAction, SheetState};
use domain::group::membership::{self, MembershipAction, MembershipState};
use domain::invoices::state::{self as invoice_state, InvoiceAction, InvoiceState};
use domain::orders::state::{self as order_state, OrderAction, OrderState};
use domain::platform::breach::{self, Breach};
use domain::platform::journal::{ChainHead, JournalEntry};
use domain::steps::Steps;
use entities::{campaign, invoice, membership as membership_table, need_sheet, purchase_order};
use sea_orm::EntityTrait;

use super::orders::order_name;
use super::{Report, named};
use crate::store::{Access, StoreError, platform};

/// The steps of every life as the journal has them: subject, row → actions in order.
type Lives = HashMap<(String, i64), Vec<String>>;

/// Reads the journal once: verifies its chain, and gathers the steps of every life.
pub async fn journal(on: &impl Access, report: &mut Report) -> Result<Lives, StoreError> {
    const PAGE: u64 = 5_000;
    let mut lives = Lives::new();
    let mut head = ChainHead::START;
    loop {
        let page = platform::journal_after(on, head.sequence, PAGE).await?;
        if page.is_empty() {
            return Ok(lives);
        }
        report.count("journal_entries", page.len());
        for (entry, hash) in page {
            match head.next(&entry, hash) {
                Ok(next) => head = next,
                Err(broken) => {
                    report.breaches.push(breach::journal(broken));
                    // Go on behind the break, so that what follows is still read.
                    head = ChainHead { sequence: entry.sequence, hash };
                }
            }
            remember(&mut lives, &entry);
        }
    }
}

fn remember(lives: &mut Lives, entry: &JournalEntry) {
    if let Some((subject, action)) = entry.action.split_once('.')
        && subject == entry.subject
    {
        lives.entry((entry.subject.clone(), entry.subject_id)).or_default().push(action.to_owned());
    }
}

/// The table of one life, and how its codes are read.
pub(crate) struct Life<S: 'static, A: 'static> {
    /// As the journal names it.
    pub(crate) subject: &'static str,
    pub(crate) steps: &'static Steps<S, A>,
    pub(crate) first: S,
    pub(crate) state: fn(&str) -> Option<S>,
    pub(crate) action: fn(&str) -> Option<A>,
}

const ORDER: Life<OrderState, OrderAction> = Life {
    subject: "order",
    steps: &order_state::STEPS,
    first: OrderState::Draft,
    state: OrderState::from_code,
    action: OrderAction::from_code,
};

const SHEET: Life<SheetState, SheetAction> = Life {
    subject: "need_sheet",
    steps: &sheet::STEPS,
    first: SheetState::Draft,
    state: SheetState::from_code,
    action: SheetAction::from_code,
};

const CAMPAIGN: Life<CensusState, CensusAction> = Life {
    subject: "campaign",
    steps: &census::STEPS,
    first: CensusState::Draft,
    state: CensusState::from_code,
    action: CensusAction::from_code,
};

const MEMBERSHIP: Life<MembershipState, MembershipAction> = Life {
    subject: "membership",
    steps: &membership::STEPS,
    first: MembershipState::Prospect,
    state: MembershipState::from_code,
    action: MembershipAction::from_code,
};

const INVOICE: Life<InvoiceState, InvoiceAction> = Life {
    subject: "invoice",
    steps: &invoice_state::STEPS,
    first: InvoiceState::Received,
    state: InvoiceState::from_code,
    action: InvoiceAction::from_code,
};

impl<S, A> Life<S, A>
where
    S: Copy + PartialEq + std::fmt::Debug + std::fmt::Display,
    A: Copy + PartialEq + std::fmt::Debug + std::fmt::Display,
{
    /// Whether the journal explains a stored state by allowed steps from the first one.
    pub(crate) fn explain(
        &self,
        lives: &Lives,
        id: i64,
        name: &str,
        stored: &str,
    ) -> Option<Breach> {
        let Some(stored) = (self.state)(stored) else {
            return Some(named(
                "allowed_steps",
                name,
                format!("L’état « {stored} » n’existe pas."),
            ));
        };
        // What is journalled of a subject without being a step of its life is not replayed.
        let actions: Vec<A> = lives
            .get(&(self.subject.to_owned(), id))
            .map(|codes| codes.iter().filter_map(|code| (self.action)(code)).collect())
            .unwrap_or_default();
        breach::steps(name, self.steps, self.first, &actions, stored)
    }
}

/// Every state was reached by an allowed step.
pub async fn states(
    on: &impl Access,
    lives: &Lives,
    report: &mut Report,
) -> Result<(), StoreError> {
    let failed = |error| StoreError::during("checking states")(error);
    for row in purchase_order::Entity::find().all(on.connection()).await.map_err(failed)? {
        report.breaches.extend(ORDER.explain(lives, row.id, &order_name(&row), &row.state));
    }
    for row in need_sheet::Entity::find().all(on.connection()).await.map_err(failed)? {
        let name = format!("fiche de besoins {}", row.id);
        report.breaches.extend(SHEET.explain(lives, row.id, &name, &row.state));
        report.count("need_sheets", 1);
    }
    for row in campaign::Entity::find().all(on.connection()).await.map_err(failed)? {
        report.breaches.extend(CAMPAIGN.explain(lives, row.id, &row.title, &row.state));
        report.count("campaigns", 1);
    }
    for row in membership_table::Entity::find().all(on.connection()).await.map_err(failed)? {
        let name = format!("adhésion {}", row.id);
        report.breaches.extend(MEMBERSHIP.explain(lives, row.id, &name, &row.state));
        report.count("memberships", 1);
    }
    for row in invoice::Entity::find().all(on.connection()).await.map_err(failed)? {
        let name = format!("facture {}", row.number);
        report.breaches.extend(INVOICE.explain(lives, row.id, &name, &row.state));
    }
    Ok(())
}
