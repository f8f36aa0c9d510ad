//! Issuing: an order gets its number, its date and its papers, all at once or not at all.
//!
//! A chunk of orders is one transaction: numbers are taken, papers made on every core off the
//! async threads, their files put under keys that follow from the numbers, then states, papers
//! and journal are written. Killed anywhere, the chunk has not happened; its numbers are free
//! again and the next run, which takes what is still validated, puts the same keys anew. In
//! model C the coordinator's order comes first, then the members' extracts by chunks: the next
//! run makes those that are missing.

mod preview;

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use domain::ids::{OrderId, OrderWindowId, OrganisationId};
use domain::money::Net;
use domain::orders::life::{self, Parties};
use domain::orders::number::OrderNumber;
use domain::orders::order::Order;
use domain::orders::state::OrderState;

pub use preview::{IssuePreview, preview_issue};

use super::RefusedOrder;
use super::papers::Desk;
use super::told;
use super::validate::refusal;
use crate::documents::{delivery_extract, purchase_order};
use crate::store::Viewer;
use crate::store::orders::{self as store, Issued, StoredOrder, Which};
use crate::store::platform::{self, IssuedPaper};
use crate::usecases::{Actor, App, Refusal, UseCaseError, papers};

/// The series of order numbers: `BC-2026-0001`.
pub const SERIES: &str = "BC";

/// How many papers one transaction makes.
const CHUNK: usize = papers::BATCH;

/// Told after each chunk: papers done, papers in all.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// What issuing did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Issue {
    pub orders: usize,
    pub papers: usize,
    pub refused: Vec<RefusedOrder>,
}

/// Issues every validated order of a window, and makes the extracts that are still missing of
/// those issued before. An order that cannot be printed is named; the others go on.
pub async fn issue_window(
    app: &App,
    actor: &Actor,
    window: OrderWindowId,
    progress: Progress<'_>,
) -> Result<Issue, UseCaseError> {
    let validated = Which::At(window, OrderState::Validated);
    let mut orders = store::load(&app.store, Viewer::Coordinator, &validated).await?;
    let issued = Which::At(window, OrderState::Issued);
    orders.extend(store::load(&app.store, Viewer::Coordinator, &issued).await?);
    run(app, actor, window, orders, progress).await
}

/// Issues one order.
///
/// # Errors
///
/// Refused for everything that stands against it.
pub async fn issue_order(app: &App, actor: &Actor, order: OrderId) -> Result<Issue, UseCaseError> {
    let window = store::window_of(&app.store, order).await?.id();
    let stored = store::one(&app.store, Viewer::Coordinator, order).await?;
    let mut done = run(app, actor, window, vec![stored], &|_, _| {}).await?;
    match done.refused.pop() {
        Some(refused) => Err(UseCaseError::Refused(refused.reasons)),
        None => Ok(done),
    }
}

async fn run(
    app: &App,
    actor: &Actor,
    window: OrderWindowId,
    orders: Vec<StoredOrder>,
    progress: Progress<'_>,
) -> Result<Issue, UseCaseError> {
    let window = store::window(&app.store, window).await?;
    let pays = window.model().coordinator_pays();
    let desk = Desk::of(app, &app.store, window, &orders).await?;
    let (validated, issued): (Vec<_>, Vec<_>) =
        orders.into_iter().partition(|stored| stored.order.state != OrderState::Issued);
    let mut office = Office { app, actor, desk, done: Issue::default() };
    let ready = office.ready(validated);
    let members = |stored: &StoredOrder| if pays { stored.order.members().len() } else { 0 };
    let mut missing = Vec::new();
    if pays {
        for stored in &issued {
            let made = made_extracts(app, &office.desk, stored.id).await?;
            missing.push((stored.id, made));
        }
    }
    let waiting: usize = issued
        .iter()
        .zip(&missing)
        .map(|(stored, (_, made))| members(stored).saturating_sub(made.len()))
        .sum();
    let total = waiting + ready.iter().map(|stored| 1 + members(stored)).sum::<usize>();
    for chunk in ready.chunks(if pays { 1 } else { CHUNK }) {
        let papers = office.issue(chunk.to_vec()).await?;
        progress(office.done.papers, total);
        if pays && papers > 0 {
            missing.extend(chunk.iter().map(|stored| (stored.id, BTreeSet::new())));
        }
    }
    for (order, made) in missing {
        office.extracts(order, &made, &|done| progress(done, total)).await?;
    }
    Ok(office.done)
}

/// The members whose extract of an order is made.
async fn made_extracts(
    app: &App,
    desk: &Desk,
    order: OrderId,
) -> Result<BTreeSet<OrganisationId>, UseCaseError> {
    Ok(store::papers_of_window(&app.store, desk.window.id())
        .await?
        .into_iter()
        .filter(|paper| paper.order_id == order.0 && paper.kind == EXTRACT)
        .filter_map(|paper| paper.organisation_id.map(OrganisationId))
        .collect())
}

const ORDER: &str = "purchase_order";
const EXTRACT: &str = "delivery_extract";

/// The key of a paper's file: what is in a number and not in a key becomes `-`.
fn key(kind: &str, year: i32, number: &str) -> String {
    format!("papers/{kind}/{year}/{}.pdf", number.replace('/', "-"))
}

/// The row of a paper, whose title, hash and sizes come from the paper itself.
fn row(kind: &'static str, number: String, order: OrderId, day: NaiveDate) -> IssuedPaper {
    IssuedPaper {
        kind,
        file_key: key(kind, day.year(), &number),
        number,
        title: String::new(),
        organisation: None,
        order: Some(order.0),
        allocation: None,
        tender_lot: None,
        campaign: None,
        sha256: String::new(),
        bytes: 0,
        pages: 0,
        issued_on: day,
    }
}

/// The row of an order's paper, or of its amendment (`BC-2026-0001/A1`).
pub(super) fn order_row(
    order: OrderId,
    buyer: OrganisationId,
    number: &str,
    amendment: Option<u32>,
    day: NaiveDate,
) -> IssuedPaper {
    let number = match amendment {
        None => number.to_owned(),
        Some(rank) => format!("{number}/A{rank}"),
    };
    IssuedPaper { organisation: Some(buyer.0), ..row(ORDER, number, order, day) }
}

struct Office<'a> {
    app: &'a App,
    actor: &'a Actor,
    desk: Desk,
    done: Issue,
}

impl Office<'_> {
    fn refuse(&mut self, stored: &StoredOrder, reasons: Vec<Refusal>) {
        let name = format!("{} ({})", self.desk.name(stored.order.buyer), stored.name());
        self.done.refused.push(RefusedOrder { order: stored.id, name, reasons });
    }

    /// The orders whose every SIRET is confirmed; the others are refused, each SIRET named.
    fn ready(&mut self, orders: Vec<StoredOrder>) -> Vec<StoredOrder> {
        let day = self.app.today();
        let contract = &self.desk.window.contract;
        let always = [self.desk.window.holder(), contract.coordinator];
        let mut ready = Vec::with_capacity(orders.len());
        for stored in orders {
            let mut bodies = BTreeSet::from([stored.order.buyer]);
            if stored.order.model.coordinator_pays() {
                bodies.extend(stored.order.members());
            }
            bodies.extend(always);
            let reasons: Vec<Refusal> =
                bodies.iter().filter_map(|body| self.desk.confirmed(*body, day).err()).collect();
            if reasons.is_empty() {
                ready.push(stored);
            } else {
                self.refuse(&stored, reasons);
            }
        }
        ready
    }

    /// Issues a chunk in one transaction; how many papers were made. An order that cannot be
    /// printed is left out, and the rest tried again.
    async fn issue(&mut self, mut chunk: Vec<StoredOrder>) -> Result<usize, UseCaseError> {
        while !chunk.is_empty() {
            match self.try_issue(&chunk).await? {
                Ok(papers) => {
                    self.done.orders += papers;
                    self.done.papers += papers;
                    return Ok(papers);
                }
                Err(refused) => {
                    for (order, reasons) in refused {
                        if let Some(at) = chunk.iter().position(|stored| stored.id == order) {
                            let stored = chunk.remove(at);
                            self.refuse(&stored, reasons);
                        }
                    }
                }
            }
        }
        Ok(0)
    }

    /// Inside: the orders that are refused, after which nothing has happened.
    async fn try_issue(
        &self,
        chunk: &[StoredOrder],
    ) -> Result<Result<usize, Vec<(OrderId, Vec<Refusal>)>>, UseCaseError> {
        let (app, contract, day) = (self.app, &self.desk.window.contract, self.app.today());
        let tx = app.store.begin_write().await?;
        let named = |value| match OrderNumber::in_series(SERIES, day.year(), value) {
            Ok(number) => number.to_string(),
            Err(error) => error.to_string(),
        };
        let first = platform::take_numbers(&tx, SERIES, day.year(), chunk.len(), named).await?;
        let mut before = store::issued_before(&tx, contract.id).await?;
        let (mut orders, mut inputs, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for (stored, value) in chunk.iter().zip(first..) {
            match self.number(stored, value, before) {
                Ok((order, input)) => {
                    before = input.gauge.after;
                    orders.push(order);
                    inputs.push(input);
                }
                Err(UseCaseError::Refused(reasons)) => refused.push((stored.id, reasons)),
                Err(error) => return Err(error),
            }
        }
        if !refused.is_empty() {
            return Ok(Err(refused));
        }
        let mut made = Vec::with_capacity(inputs.len());
        let papers = papers::render_each(inputs, purchase_order::render).await?;
        for (paper, stored) in papers.into_iter().zip(chunk) {
            match paper {
                Ok(paper) => made.push(paper),
                Err(error) => {
                    let why = Refusal::new("document", error.for_the_reader());
                    refused.push((stored.id, vec![why]));
                }
            }
        }
        if !refused.is_empty() {
            return Ok(Err(refused));
        }
        let rows = chunk.iter().zip(&orders).filter_map(|(stored, order)| {
            let number = order.issue.as_ref()?.number.as_str();
            Some(order_row(stored.id, order.buyer, number, None, day))
        });
        papers::keep(app, &tx, rows.zip(made).collect()).await?;
        let issued: Vec<Issued> = chunk
            .iter()
            .zip(orders)
            .filter_map(|(stored, order)| {
                let (order, version) = (order.issue?, stored.version);
                Some(Issued { order: stored.id, version, issue: order })
            })
            .collect();
        store::issue(&tx, &issued).await?;
        if !self.desk.window.model().coordinator_pays() {
            told::issued(app, &tx, &self.desk, chunk.iter().zip(&issued)).await?;
        }
        let entries = issued.iter().map(|one| {
            app.entry(self.actor, "order.issue", "order", one.order.0, one.issue.number.to_string())
        });
        platform::append(&tx, entries.collect()).await?;
        tx.commit().await?;
        Ok(Ok(issued.len()))
    }

    /// The order under its number, and its paper.
    fn number(
        &self,
        stored: &StoredOrder,
        value: i64,
        before: Net,
    ) -> Result<(Order, purchase_order::PurchaseOrder), UseCaseError> {
        let (contract, day) = (&self.desk.window.contract, self.app.today());
        let refused = |refusal| UseCaseError::Refused(vec![refusal]);
        let buyer = self.desk.confirmed(stored.order.buyer, day).map_err(refused)?;
        let holder = self.desk.confirmed(self.desk.window.holder(), day).map_err(refused)?;
        let number = OrderNumber::in_series(SERIES, day.year(), value)
            .map_err(UseCaseError::failed("numbering an order"))?;
        let parties = Parties { buyer: &buyer, holder: &holder };
        let (period, delay) =
            (contract.agreement.period(), contract.agreement.terms().delivery_days);
        let order = life::issue(&stored.order, number, day, period, delay, parties)
            .map_err(|error| refused(refusal(&error)))?;
        let printable = order.printable().ok_or_else(|| {
            UseCaseError::refused("signature", "La commande n’est pas signée : validez-la.")
        })?;
        let input =
            self.desk.purchase_order(stored, &printable, (&buyer, &holder), before, None)?;
        Ok((order, input))
    }

    /// Makes the extracts of an issued order of model C, but those `made` already.
    async fn extracts(
        &mut self,
        order: OrderId,
        made: &BTreeSet<OrganisationId>,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<(), UseCaseError> {
        let stored = store::one(&self.app.store, Viewer::Coordinator, order).await?;
        let Some(printable) = stored.order.printable() else { return Ok(()) };
        let number = printable.issue().number.to_string();
        // The rank of a member in its order is that of its id: the same on every run.
        let waiting: Vec<(usize, OrganisationId)> = (1..)
            .zip(stored.order.members())
            .filter(|(_, member)| !made.contains(member))
            .collect();
        for chunk in waiting.chunks(CHUNK) {
            let day = printable.issue().on;
            let numbers: Vec<String> =
                chunk.iter().map(|(rank, _)| format!("{number}/{rank:03}")).collect();
            let inputs = chunk
                .iter()
                .zip(&numbers)
                .map(|((_, member), own)| {
                    self.desk.delivery_extract(&printable, *member, own.clone())
                })
                .collect::<Result<Vec<_>, _>>()?;
            let made = papers::render_each(inputs, delivery_extract::render).await?;
            let count = made.len();
            let rows = chunk.iter().zip(numbers).zip(made).map(|(((_, member), own), paper)| {
                let paper = paper.map_err(|error| {
                    let name = self.desk.name(*member);
                    let message = format!("{name} : {}", error.for_the_reader());
                    UseCaseError::refused("document", message)
                })?;
                let row = row(EXTRACT, own, order, day);
                Ok((IssuedPaper { organisation: Some(member.0), ..row }, paper))
            });
            let rows = rows.collect::<Result<Vec<_>, UseCaseError>>()?;
            let tx = self.app.store.begin_write().await?;
            papers::keep(self.app, &tx, rows).await?;
            told::extracts(self.app, &tx, &self.desk, (order, printable.issue()), chunk).await?;
            let details = format!("{count} extraits");
            let entry = self.app.entry(self.actor, "order.extract", "order", order.0, details);
            platform::append(&tx, vec![entry]).await?;
            tx.commit().await?;
            self.done.papers += count;
            progress(self.done.papers);
        }
        Ok(())
    }
}
