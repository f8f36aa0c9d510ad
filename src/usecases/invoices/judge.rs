//! An invoice against its order, what was accepted and what came before.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use domain::ids::{InvoiceId, OrderId, OrderLineId, OrganisationId};
use domain::invoices::einvoice::EInvoice;
use domain::invoices::matching::{
    Intake, Mismatch, OrderFacts, OrderLineFacts, Severity as Grade, compare, ordered_line,
};
use domain::invoices::payment::{self, due_date};
use domain::invoices::state::InvoiceState;
use domain::money::Net;
use domain::quantity::Quantity;
use domain::siret::Siret;
use rust_decimal::Decimal;

use super::super::UseCaseError;
use crate::store::Tx;
use crate::store::invoices::{self as store, Finding, InvoicedQuantity, OrderedFor, Severity};

/// Article references under which suppliers bill freight as a line; other freight lines are
/// named when the invoice is received.
const FREIGHT_REFERENCES: [&str; 2] = ["FC", "PORT"];

/// What an invoice is judged by.
pub(super) struct Case<'a> {
    pub(super) invoice: &'a EInvoice,
    pub(super) supplier: OrganisationId,
    /// The supplier's SIRET as the invoice names it, else the one in use.
    pub(super) supplier_siret: Siret,
    /// Its row, when it was received before.
    pub(super) known_as: Option<InvoiceId>,
    pub(super) received_on: NaiveDate,
    /// BT-126 of the lines that a person says are freight.
    pub(super) freight_lines: &'a BTreeSet<String>,
    pub(super) suspension: Option<payment::Suspension>,
}

/// Where an invoice belongs and what was found.
pub(super) struct Judged {
    pub(super) order: Option<OrderedFor>,
    pub(super) corrects: Option<InvoiceId>,
    /// The order's line of each line.
    pub(super) order_lines: Vec<Option<OrderLineId>>,
    pub(super) freight_lines: BTreeSet<String>,
    pub(super) findings: Vec<Finding>,
    pub(super) verdict: Verdict,
    /// `None` for a credit note.
    pub(super) due_on: Option<NaiveDate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    Refused,
    Disputed,
    Matched,
}

/// Judges an invoice. The supplier is locked, so that nothing changes meanwhile.
pub(super) async fn judge(tx: &Tx, case: &Case<'_>) -> Result<Judged, UseCaseError> {
    let invoice = case.invoice;
    let corrected = corrected(tx, case).await?;
    let order = match (&invoice.order_reference, &corrected) {
        (Some(number), _) => store::order_by_number(tx, number.trim()).await?,
        (None, Some((_, _, Some(order)))) => Some(store::order(tx, *order).await?),
        (None, _) => None,
    };
    let facts = match &order {
        Some(order) => Some(facts(tx, case, order, corrected.as_ref()).await?),
        None => None,
    };
    let freight_lines = freight_lines(case, facts.as_ref());
    let earlier = store::earlier(tx, case.supplier, &invoice.number).await?;
    let used = earlier.is_some_and(|(id, _)| Some(id) != case.known_as);
    let earlier_numbers: Vec<String> = used.then(|| invoice.number.clone()).into_iter().collect();
    let freight_references: Vec<String> =
        FREIGHT_REFERENCES.iter().map(|one| (*one).to_owned()).collect();
    let intake = Intake {
        order: facts.as_ref(),
        earlier_numbers: &earlier_numbers,
        freight_references: &freight_references,
    };
    let mut verdict = Verdict::Matched;
    let mut findings = Vec::new();
    for mismatch in compare(invoice, &intake) {
        if let Mismatch::LineNotInOrder { line, .. } = &mismatch
            && freight_lines.contains(line)
        {
            continue;
        }
        let (severity, means) = match mismatch.severity() {
            Grade::Refuses => (Severity::Blocking, Verdict::Refused),
            Grade::Blocks => (Severity::Blocking, Verdict::Disputed),
            Grade::Warns => (Severity::Warning, Verdict::Matched),
        };
        verdict = verdict.min(means);
        let (code, message) = (mismatch.code().to_owned(), mismatch.french());
        findings.push(Finding { code, severity, message });
    }
    if verdict != Verdict::Refused {
        let own = own_findings(tx, invoice, order.as_ref(), corrected.as_ref()).await?;
        if own.iter().any(|finding| finding.severity == Severity::Blocking) {
            verdict = verdict.min(Verdict::Disputed);
        }
        findings.extend(own);
    }
    let due_on = match &order {
        Some(order) if !invoice.kind.is_credit() => due_on(tx, case, order.id).await?,
        Some(_) | None => None,
    };
    Ok(Judged {
        order_lines: linked(invoice, order.as_ref(), facts.as_ref()),
        order,
        corrects: corrected.map(|(id, _, _)| id),
        freight_lines,
        findings,
        verdict,
        due_on,
    })
}

/// The invoice that a credit note corrects, where it stands and its order.
type Corrected = (InvoiceId, InvoiceState, Option<OrderId>);

async fn corrected(tx: &Tx, case: &Case<'_>) -> Result<Option<Corrected>, UseCaseError> {
    if !case.invoice.kind.is_credit() {
        return Ok(None);
    }
    for preceding in &case.invoice.preceding {
        let found = store::earlier(tx, case.supplier, &preceding.number).await?;
        if let Some((id, state)) = found {
            let viewer = crate::store::Viewer::Coordinator;
            let order = store::invoice(tx, viewer, id).await?.and_then(|invoice| invoice.order);
            return Ok(Some((id, state, order)));
        }
    }
    Ok(None)
}

async fn facts(
    tx: &Tx,
    case: &Case<'_>,
    order: &OrderedFor,
    corrected: Option<&Corrected>,
) -> Result<OrderFacts, UseCaseError> {
    let named = case.invoice.buyer.siret.as_deref().and_then(|text| text.parse::<Siret>().ok());
    let sirets = store::sirets_of_buyer(tx, order.buyer).await?;
    let buyer = named
        .filter(|siret| sirets.contains(siret))
        .or_else(|| sirets.into_iter().next())
        .ok_or_else(|| {
            UseCaseError::refused(
                "siret_absent",
                "L’acheteur de la commande n’a aucun SIRET : saisissez-le d’abord.",
            )
        })?;
    let supplier = if order.holder == case.supplier {
        case.supplier_siret.clone()
    } else {
        let holder = store::sirets_of_buyer(tx, order.holder).await?;
        holder.into_iter().next().ok_or_else(|| {
            UseCaseError::refused(
                "siret_absent",
                "Le titulaire du marché n’a aucun SIRET : saisissez-le d’abord.",
            )
        })?
    };
    let rows = store::invoiced(tx, order.id).await?;
    let invoiced = counted(&rows, case.known_as, corrected.map(|one| one.0));
    let billed = billed(&rows, case.known_as, corrected.map(|one| one.0));
    let lines = order.lines.iter().map(|line| OrderLineFacts {
        number: line.position,
        reference: line.reference.clone(),
        ordered: line.ordered,
        accepted: line.accepted,
        invoiced: invoiced.get(&line.id).copied().unwrap_or(Quantity::ZERO),
        reduction: line.reduction,
        billed: billed.get(&line.id).copied().unwrap_or(Net::ZERO),
        unit_price: line.price,
        vat_rate: Some(line.rate),
    });
    Ok(OrderFacts { number: order.number.clone(), buyer, supplier, lines: lines.collect() })
}

/// Whether what an invoice bills in this state is taken from what its order leaves.
pub(super) fn counts(state: InvoiceState) -> bool {
    match state {
        InvoiceState::Matched
        | InvoiceState::Suspended
        | InvoiceState::Allocated
        | InvoiceState::Validated
        | InvoiceState::Paid => true,
        InvoiceState::Received
        | InvoiceState::Checked
        | InvoiceState::Disputed
        | InvoiceState::Rejected => false,
    }
}

/// What invoices other than `known_as` say of an order's lines. One in dispute counts only for
/// the credit note that corrects it, as `corrected`.
fn counting(
    rows: &[InvoicedQuantity],
    known_as: Option<InvoiceId>,
    corrected: Option<InvoiceId>,
) -> impl Iterator<Item = &InvoicedQuantity> {
    let counted: BTreeSet<InvoiceId> = rows
        .iter()
        .filter(|row| counts(row.state) || corrected == Some(row.invoice))
        .map(|row| row.invoice)
        .filter(|id| Some(*id) != known_as)
        .collect();
    rows.iter().filter(move |row| {
        let of_counted = row.corrects.is_none_or(|invoice| counted.contains(&invoice));
        counted.contains(&row.invoice) && of_counted
    })
}

/// How many units of each line other invoices bill.
pub(super) fn counted(
    rows: &[InvoicedQuantity],
    known_as: Option<InvoiceId>,
    corrected: Option<InvoiceId>,
) -> BTreeMap<OrderLineId, Quantity> {
    let mut sums: BTreeMap<OrderLineId, Decimal> = BTreeMap::new();
    for row in counting(rows, known_as, corrected) {
        // A credit note at another price takes down a price: the goods stay invoiced.
        if row.corrects.is_none() || row.at_order_price {
            let sum = sums.entry(row.line).or_default();
            *sum = sum.saturating_add(row.quantity);
        }
    }
    // More credited than invoiced, or finer than a thousandth: nothing is left to compare with.
    let quantity = |sum: Decimal| Quantity::new(sum.max(Decimal::ZERO)).unwrap_or(Quantity::ZERO);
    sums.into_iter().map(|(line, sum)| (line, quantity(sum))).collect()
}

/// What other invoices bill of each line before VAT, prices taken down deducted.
pub(super) fn billed(
    rows: &[InvoicedQuantity],
    known_as: Option<InvoiceId>,
    corrected: Option<InvoiceId>,
) -> BTreeMap<OrderLineId, Net> {
    let mut sums: BTreeMap<OrderLineId, Net> = BTreeMap::new();
    for row in counting(rows, known_as, corrected) {
        let sum = sums.entry(row.line).or_insert(Net::ZERO);
        *sum = Net::from_cents(sum.cents().saturating_add(row.net.cents()));
    }
    sums
}

/// Lines that somebody named, and those with a freight reference that the order does not have.
fn freight_lines(case: &Case<'_>, order: Option<&OrderFacts>) -> BTreeSet<String> {
    let mut lines = case.freight_lines.clone();
    let freight = case.invoice.lines.iter().filter(|line| {
        let named = line.reference.as_deref().is_some_and(|one| FREIGHT_REFERENCES.contains(&one));
        named && order.is_none_or(|order| ordered_line(line, order).is_none())
    });
    lines.extend(freight.map(|line| line.id.clone()));
    lines
}

fn linked(
    invoice: &EInvoice,
    order: Option<&OrderedFor>,
    facts: Option<&OrderFacts>,
) -> Vec<Option<OrderLineId>> {
    let (Some(order), Some(facts)) = (order, facts) else {
        return vec![None; invoice.lines.len()];
    };
    let id = |line| ordered_line(line, facts).and_then(|at| order.lines.get(at));
    invoice.lines.iter().map(|line| id(line).map(|line| line.id)).collect()
}

/// What the comparison with the order does not see: the contract, and what a credit note
/// corrects.
async fn own_findings(
    tx: &Tx,
    invoice: &EInvoice,
    order: Option<&OrderedFor>,
    corrected: Option<&Corrected>,
) -> Result<Vec<Finding>, UseCaseError> {
    let mut found = Vec::new();
    let mut say = |code: &str, severity, message: String| {
        found.push(Finding { code: code.to_owned(), severity, message });
    };
    if let (Some(cited), Some(order)) = (&invoice.contract_reference, order) {
        // A supplier may cite the contract without the part of its number that names the lot.
        let cited = cited.trim();
        if !order.contract_number.starts_with(cited) && store::is_contract(tx, cited).await? {
            let message = format!(
                "La facture cite le marché {cited}, la commande {} relève du marché {} ; vérifiez \
                 avec le fournisseur.",
                order.number, order.contract_number
            );
            say("marche_different_de_la_commande", Severity::Warning, message);
        }
    }
    if invoice.kind.is_credit() && corrected.is_none() {
        let message = match invoice.preceding.first() {
            None => "L’avoir ne dit pas quelle facture il corrige (BT-25) : demandez au \
                     fournisseur de la citer."
                .to_owned(),
            Some(one) => format!(
                "L’avoir corrige la facture {}, qui n’a pas été reçue : demandez-la au \
                 fournisseur.",
                one.number
            ),
        };
        say("avoir_sans_facture", Severity::Blocking, message);
    }
    Ok(found)
}

async fn due_on(
    tx: &Tx,
    case: &Case<'_>,
    order: OrderId,
) -> Result<Option<NaiveDate>, UseCaseError> {
    let rendered = store::service_rendered(tx, order).await?;
    match due_date(case.received_on, rendered, case.suspension) {
        Ok(day) => Ok(Some(day)),
        Err(payment::PaymentError::Suspended(_)) => Ok(None),
        Err(error) => {
            Err(UseCaseError::Failed { doing: "dating a payment", message: error.to_string() })
        }
    }
}

impl Judged {
    /// An invoice that its own file refuses is compared with nothing.
    pub(super) fn unreadable(freight_lines: &BTreeSet<String>) -> Self {
        Self {
            order: None,
            corrects: None,
            order_lines: Vec::new(),
            freight_lines: freight_lines.clone(),
            findings: Vec::new(),
            verdict: Verdict::Refused,
            due_on: None,
        }
    }
}
