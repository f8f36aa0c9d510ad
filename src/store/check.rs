//! What must be true of any database at any time, read back whole.
//!
//! The rows are read set by set and judged by pure functions of the domain; what
//! is found is named, never mended.

mod allocations;

use std::collections::{BTreeMap, HashMap};

use domain::campaigns::census::{self, CensusAction, CensusState};
use domain::campaigns::sheet::{self, SheetAction, SheetState};
use domain::group::membership::{self, MembershipAction, MembershipState};
use domain::ids::OrderId;
use domain::invoices::state::{self as invoice_state, InvoiceAction, InvoiceState};
use domain::money::{Cents, Net};
use domain::orders::state::{self as order_state, OrderAction, OrderState};
use domain::platform::breach::{self, Breach};
use domain::platform::journal::{ChainHead, JournalEntry};
use domain::price::UnitPrice;
use domain::quantity::Quantity;
use domain::steps::Steps;
use domain::vat::VatRate;
use entities::{
    campaign, contract, invoice, membership as membership_table, need_sheet, number_series,
    number_taken, order_line, order_tax, paper, purchase_order,
};
use rust_decimal::Decimal;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, QueryOrder};

use super::{Access, StoreError, platform, sql};

pub use allocations::allocations;

/// What was looked at, and what does not hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// How many of each were checked: `orders`, `papers`…
    pub checked: BTreeMap<&'static str, usize>,
    pub breaches: Vec<Breach>,
}

impl Report {
    fn count(&mut self, what: &'static str, more: usize) {
        *self.checked.entry(what).or_default() += more;
    }
}

fn named(rule: &'static str, subject: impl Into<String>, message: impl Into<String>) -> Breach {
    Breach { rule, subject: subject.into(), message: message.into() }
}

/// What a person calls an order: its number, or its row before it has one.
fn order_name(row: &purchase_order::Model) -> String {
    row.number.clone().unwrap_or_else(|| format!("commande {}", OrderId(row.id)))
}

/// Every order's totals are its lines', each line the price times the quantity.
pub async fn orders(on: &impl Access, report: &mut Report) -> Result<(), StoreError> {
    let doing = "checking orders";
    let orders = purchase_order::Entity::find()
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let mut lines: HashMap<i64, Vec<order_line::Model>> = HashMap::new();
    for line in
        order_line::Entity::find().all(on.connection()).await.map_err(StoreError::during(doing))?
    {
        lines.entry(line.order_id).or_default().push(line);
    }
    let mut taxes: HashMap<i64, Vec<order_tax::Model>> = HashMap::new();
    for tax in
        order_tax::Entity::find().all(on.connection()).await.map_err(StoreError::during(doing))?
    {
        taxes.entry(tax.order_id).or_default().push(tax);
    }
    for order in &orders {
        let lines = lines.remove(&order.id).unwrap_or_default();
        let taxes = taxes.remove(&order.id).unwrap_or_default();
        report.breaches.extend(order_totals(order, &lines, &taxes));
        report.count("order_lines", lines.len());
    }
    report.count("orders", orders.len());
    shares(on, report).await
}

fn order_totals(
    order: &purchase_order::Model,
    lines: &[order_line::Model],
    taxes: &[order_tax::Model],
) -> Vec<Breach> {
    let mut found = Vec::new();
    let mut say = |message: String| found.push(named("order_totals", order_name(order), message));
    let mut sum = 0_i64;
    for line in lines {
        let computed = UnitPrice::from_ten_thousandths(line.price_e4)
            .ok()
            .zip(Quantity::from_thousandths(line.quantity_milli).ok())
            .and_then(|(price, quantity)| price.times(quantity).ok());
        if computed != Some(Net::from_cents(line.net_cents)) {
            say(format!(
                "La ligne {} vaut {}, ce n’est pas son prix par sa quantité.",
                line.position,
                Cents(line.net_cents)
            ));
        }
        sum = sum.saturating_add(line.net_cents);
    }
    if sum != order.lines_cents {
        say(format!("Les lignes font {}, l’en-tête dit {}.", Cents(sum), Cents(order.lines_cents)));
    }
    let (mut bases, mut tax_total) = (0_i64, 0_i64);
    for tax in taxes {
        bases = bases.saturating_add(tax.base_cents);
        tax_total = tax_total.saturating_add(tax.tax_cents);
        let due = VatRate::from_basis_points(tax.rate_bp)
            .and_then(|rate| rate.on(Net::from_cents(tax.base_cents)));
        if due.map(domain::money::Vat::cents) != Ok(tax.tax_cents) {
            say(format!(
                "La TVA d’un taux vaut {}, ce n’est pas sa base par son taux.",
                Cents(tax.tax_cents)
            ));
        }
    }
    if bases != order.net_cents || tax_total != order.vat_cents {
        say(format!(
            "Le détail de la TVA ({} HT, {} de TVA) n’est pas celui de l’en-tête ({} HT, {} de TVA).",
            Cents(bases),
            Cents(tax_total),
            Cents(order.net_cents),
            Cents(order.vat_cents)
        ));
    }
    found
}

#[derive(FromQueryResult)]
struct Mismatch {
    name: String,
    found: i64,
    expected: i64,
}

/// Every order line is the sum of its shares, every counter the sum of what happened.
async fn shares(on: &impl Access, report: &mut Report) -> Result<(), StoreError> {
    let lines = "SELECT COALESCE(o.number, 'commande ' || CAST(o.id AS TEXT)) || ', ligne ' || CAST(l.position AS TEXT) AS name, \
                 CAST(COALESCE(SUM(s.quantity_milli), 0) AS BIGINT) AS found, l.quantity_milli AS expected \
                 FROM order_line l JOIN purchase_order o ON o.id = l.order_id \
                 LEFT JOIN order_share s ON s.line_id = l.id \
                 GROUP BY o.number, o.id, l.id, l.position, l.quantity_milli \
                 HAVING COALESCE(SUM(s.quantity_milli), 0) <> l.quantity_milli";
    for row in mismatches(on, lines).await? {
        let message = format!(
            "Les parts font {}, la ligne dit {}.",
            quantity(row.found),
            quantity(row.expected)
        );
        report.breaches.push(named("order_shares", row.name, message));
    }
    let delivered = "SELECT 'part ' || CAST(s.id AS TEXT) AS name, \
                     CAST(COALESCE(SUM(d.delivered_milli), 0) AS BIGINT) AS found, s.delivered_milli AS expected \
                     FROM order_share s LEFT JOIN delivery_line d ON d.share_id = s.id \
                     GROUP BY s.id, s.delivered_milli \
                     HAVING COALESCE(SUM(d.delivered_milli), 0) <> s.delivered_milli";
    for row in mismatches(on, delivered).await? {
        let message = format!(
            "Les bons de livraison font {}, le compteur dit {}.",
            quantity(row.found),
            quantity(row.expected)
        );
        report.breaches.push(named("delivered_quantities", row.name, message));
    }
    let rejected = "SELECT name, found, expected FROM (SELECT 'part ' || CAST(s.id AS TEXT) AS name, \
                    CAST(COALESCE((SELECT SUM(d.turned_back_milli) FROM delivery_line d WHERE d.share_id = s.id), 0) \
                    + COALESCE((SELECT SUM(d.quantity_milli) FROM delivery_decision d \
                    WHERE d.share_id = s.id AND d.verdict = 'rejected'), 0) AS BIGINT) AS found, \
                    s.rejected_milli AS expected FROM order_share s) AS r WHERE found <> expected";
    for row in mismatches(on, rejected).await? {
        let message = format!(
            "Les rejets et reprises font {} millièmes, le compteur dit {}.",
            row.found, row.expected
        );
        report.breaches.push(named("rejected_quantities", row.name, message));
    }
    let accepted = "SELECT 'part ' || CAST(s.id AS TEXT) AS name, \
                    CAST(COALESCE(SUM(d.quantity_milli), 0) AS BIGINT) AS found, s.accepted_milli AS expected \
                    FROM order_share s LEFT JOIN delivery_decision d ON d.share_id = s.id AND d.verdict <> 'rejected' \
                    GROUP BY s.id, s.accepted_milli \
                    HAVING COALESCE(SUM(d.quantity_milli), 0) <> s.accepted_milli";
    for row in mismatches(on, accepted).await? {
        let message = format!(
            "Les décisions admettent {}, le compteur dit {}.",
            quantity(row.found),
            quantity(row.expected)
        );
        report.breaches.push(named("accepted_quantities", row.name, message));
    }
    Ok(())
}

/// A stored quantity as people write it.
fn quantity(thousandths: i64) -> String {
    domain::french::decimal(Decimal::new(thousandths, 3).normalize())
}

async fn mismatches(on: &impl Access, text: &str) -> Result<Vec<Mismatch>, StoreError> {
    let statement = sql(on.connection(), text, []);
    Mismatch::find_by_statement(statement)
        .all(on.connection())
        .await
        .map_err(StoreError::during("checking sums"))
}

/// No contract's orders exceed its maximum, and what is committed is what its orders count for.
pub async fn ceilings(on: &impl Access, report: &mut Report) -> Result<(), StoreError> {
    let doing = "checking ceilings";
    let contracts =
        contract::Entity::find().all(on.connection()).await.map_err(StoreError::during(doing))?;
    for row in &contracts {
        let (ceiling, committed) =
            (Net::from_cents(row.ceiling_cents), Net::from_cents(row.committed_cents));
        report.breaches.extend(breach::ceiling(
            &format!("marché {}", row.number),
            ceiling,
            committed,
        ));
    }
    report.count("contracts", contracts.len());
    let sums = "SELECT 'marché ' || c.number AS name, \
                CAST(COALESCE(SUM(o.committed_cents), 0) AS BIGINT) AS found, c.committed_cents AS expected \
                FROM contract c LEFT JOIN purchase_order o ON o.contract_id = c.id \
                GROUP BY c.number, c.id, c.committed_cents \
                HAVING COALESCE(SUM(o.committed_cents), 0) <> c.committed_cents";
    for row in mismatches(on, sums).await? {
        let message = format!(
            "Les commandes engagent {}, le marché dit {}.",
            Cents(row.found),
            Cents(row.expected)
        );
        report.breaches.push(named("contract_committed", row.name, message));
    }
    Ok(())
}

/// Numbers in each series are gap-free, and every number on an order was taken in its series.
pub async fn series(on: &impl Access, report: &mut Report) -> Result<(), StoreError> {
    let doing = "checking number series";
    let mut taken: BTreeMap<(String, i64), Vec<i64>> = BTreeMap::new();
    let rows = number_taken::Entity::find()
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    report.count("numbers", rows.len());
    for row in rows {
        taken.entry((row.series, row.year)).or_default().push(row.value);
    }
    let heads = number_series::Entity::find()
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    for head in heads {
        let numbers = taken.entry((head.series, head.year)).or_default();
        // A number taken off the end leaves no gap between the others: the head remembers it.
        if !numbers.contains(&head.last) && head.last > 0 {
            numbers.push(head.last + 1);
        }
    }
    for ((name, year), numbers) in &taken {
        report.breaches.extend(breach::series(&format!("série {name} {year}"), numbers));
    }
    let unknown = "SELECT o.number AS name, CAST(0 AS BIGINT) AS found, CAST(1 AS BIGINT) AS expected FROM purchase_order o \
                   WHERE o.number IS NOT NULL AND NOT EXISTS \
                   (SELECT 1 FROM number_taken n WHERE n.subject = o.number)";
    for row in mismatches(on, unknown).await? {
        report.breaches.push(named(
            "series_unknown",
            row.name,
            "Ce numéro n’a été pris dans aucune série.",
        ));
    }
    Ok(())
}

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

/// What a paper's file must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperFile {
    pub number: String,
    pub file_key: String,
    pub sha256: String,
    pub bytes: i64,
}

/// Every issued paper, to be compared with the file store.
pub async fn papers(on: &impl Access) -> Result<Vec<PaperFile>, StoreError> {
    let rows = paper::Entity::find()
        .order_by_asc(paper::COLUMN.id)
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading papers"))?;
    Ok(rows
        .into_iter()
        .map(|row| PaperFile {
            number: row.number,
            file_key: row.file_key,
            sha256: row.sha256,
            bytes: row.bytes,
        })
        .collect())
}

#[derive(FromQueryResult)]
struct Orphan {
    table: String,
    rowid: Option<i64>,
    parent: String,
}

/// Rows that name a row which is not there. PostgreSQL never lets one in; on SQLite a program
/// that turned foreign keys off could have.
pub async fn orphans(on: &impl Access, report: &mut Report) -> Result<(), StoreError> {
    if on.connection().get_database_backend() != DbBackend::Sqlite {
        return Ok(());
    }
    let statement = sql(
        on.connection(),
        "SELECT \"table\" AS \"table\", rowid AS rowid, parent AS parent FROM pragma_foreign_key_check",
        [],
    );
    let rows = Orphan::find_by_statement(statement)
        .all(on.connection())
        .await
        .map_err(StoreError::during("looking for orphan rows"))?;
    for row in rows {
        let subject = format!("{} {}", row.table, row.rowid.unwrap_or_default());
        let message = format!("Cette ligne cite une ligne de « {} » qui n’existe pas.", row.parent);
        report.breaches.push(named("orphan_rows", subject, message));
    }
    Ok(())
}
