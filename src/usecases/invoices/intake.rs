//! A supplier's file comes in.
//!
//! It is read behind a guard and judged alone, then against its order and what came before.
//! Every file is kept under its hash. One that cannot be read, or whose sender is no supplier
//! of ours, leaves a line in the journal and no invoice; any other leaves an invoice, be it a
//! rejected one, with everything that was found.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use domain::ids::{InvoiceId, OrganisationId};
use domain::invoices::arithmetic::Syntax;
use domain::invoices::einvoice::EInvoice;
use domain::invoices::state::{InvoiceAction as A, InvoiceState};
use domain::siret::{Siren, Siret};
use sha2::{Digest, Sha256};

use super::super::check::hex;
use super::super::{Actor, App, UseCaseError};
use super::Walk;
use super::judge::{Case, Judged, Verdict as Judgement, judge};
use crate::exchange::einvoice::{self, Code, Reason};
use crate::store::invoices::{self as store, Finding, NewInvoice, Severity};
use crate::store::{Viewer, group, platform};

const USE_CASE: &str = "invoice.receive";

/// As scripts name what becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Accept,
    /// Taken in with warnings, or in dispute.
    AcceptWithWarnings,
    Reject,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// `None` where the file could not be read or its sender is unknown.
    pub invoice: Option<InvoiceId>,
    pub number: Option<String>,
    pub state: InvoiceState,
    /// Blocking ones first.
    pub findings: Vec<Finding>,
}

impl Received {
    pub fn verdict(&self) -> Verdict {
        match self.state {
            InvoiceState::Rejected => Verdict::Reject,
            InvoiceState::Received
            | InvoiceState::Checked
            | InvoiceState::Matched
            | InvoiceState::Allocated
            | InvoiceState::Validated
            | InvoiceState::Paid
            | InvoiceState::Disputed
            | InvoiceState::Suspended => {
                if self.findings.is_empty() {
                    Verdict::Accept
                } else {
                    Verdict::AcceptWithWarnings
                }
            }
        }
    }
}

/// A file as it was read, with its address in the file store.
struct Arrival<'a> {
    invoice: &'a EInvoice,
    syntax: Syntax,
    received_on: NaiveDate,
    freight_lines: &'a BTreeSet<String>,
    file_key: String,
    sha256: String,
}

/// Takes in what the Chorus Pro of `member` received (models A and B), with the same checks.
///
/// # Errors
///
/// A file that does not quote an order of this member is refused and nothing of it is said.
pub async fn receive_own_invoice(
    app: &App,
    actor: &Actor,
    member: OrganisationId,
    bytes: Vec<u8>,
    received_on: NaiveDate,
    key: &str,
) -> Result<Received, UseCaseError> {
    if received_on > app.today() {
        let message = "La date de réception est dans le futur. Rien n’a été enregistré.";
        return Err(UseCaseError::refused("date", message));
    }
    let freight_lines = BTreeSet::new();
    receive(app, actor, Viewer::Member(member), bytes, received_on, &freight_lines, key).await
}

/// Takes a supplier's invoice or credit note in: UBL 2.1, CII, or a Factur-X PDF.
///
/// `freight_lines` names the lines (BT-126) that are freight, beside those whose article
/// reference is `FC` or `PORT`. The same `key` takes a file in once; sent again under another
/// key, its number is already used and it is rejected.
///
/// # Errors
///
/// A rejected file is no error: [`Received::state`] says so, with every reason.
pub async fn receive_invoice(
    app: &App,
    actor: &Actor,
    bytes: Vec<u8>,
    received_on: NaiveDate,
    freight_lines: &BTreeSet<String>,
    key: &str,
) -> Result<Received, UseCaseError> {
    receive(app, actor, Viewer::Coordinator, bytes, received_on, freight_lines, key).await
}

async fn receive(
    app: &App,
    actor: &Actor,
    viewer: Viewer,
    bytes: Vec<u8>,
    received_on: NaiveDate,
    freight_lines: &BTreeSet<String>,
    key: &str,
) -> Result<Received, UseCaseError> {
    let sha256 = hex(&Sha256::digest(&bytes));
    let kind = if bytes.starts_with(b"%PDF") { "pdf" } else { "xml" };
    let file_key = format!("factures/recues/{sha256}.{kind}");
    let (bytes, reading) = tokio::task::spawn_blocking(move || {
        let reading = einvoice::read(&bytes);
        (bytes, reading)
    })
    .await
    .map_err(UseCaseError::failed("reading an invoice"))?;
    app.files.put(&file_key, bytes).await?;
    let (invoice, syntax, warnings, readable) = match reading {
        Ok(reading) => (Some(reading.invoice), Some(reading.syntax), reading.warnings, true),
        Err(refusal) => {
            (refusal.invoice.map(|invoice| *invoice), refusal.syntax, refusal.reasons, false)
        }
    };
    let mut findings = findings(warnings);
    let (Some(invoice), Some(syntax)) = (invoice, syntax) else {
        return refuse_file(app, actor, &file_key, None, findings).await;
    };
    let arrival =
        Arrival { invoice: &invoice, syntax, received_on, freight_lines, file_key, sha256 };
    let Some((supplier, siret)) = supplier(app, &invoice).await? else {
        findings.insert(0, Finding {
            code: "fournisseur_inconnu".into(),
            severity: Severity::Blocking,
            message: format!(
                "Le fournisseur « {} » n’est titulaire d’aucun marché connu : refusez la facture.",
                invoice.seller.name
            ),
        });
        return refuse_file(app, actor, &arrival.file_key, Some(&invoice), findings).await;
    };
    take_in(app, actor, viewer, &arrival, (supplier, siret), findings, readable, key).await
}

/// A file that a member may not bring in: it is not about an order of its own.
fn not_its_own(invoice: &EInvoice) -> UseCaseError {
    let quoted = invoice.order_reference.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let message = match quoted {
        None => format!(
            "La facture {} ne cite aucun numéro de commande : demandez au titulaire de la refaire \
             avec votre numéro de commande. Rien n’a été enregistré.",
            invoice.number
        ),
        Some(order) => format!(
            "La facture {} cite la commande « {order} », que votre organisme ne paie pas. \
             Vérifiez que c’est le bon fichier ; sinon, demandez au titulaire de la corriger. Rien \
             n’a été enregistré.",
            invoice.number
        ),
    };
    UseCaseError::refused("autre_acheteur", message)
}

#[expect(clippy::too_many_arguments, reason = "one step of `receive`, with all it has found")]
async fn take_in(
    app: &App,
    actor: &Actor,
    viewer: Viewer,
    arrival: &Arrival<'_>,
    (supplier, supplier_siret): (OrganisationId, Siret),
    mut findings: Vec<Finding>,
    readable: bool,
    key: &str,
) -> Result<Received, UseCaseError> {
    let invoice = arrival.invoice;
    let tx = app.store.begin_write().await?;
    store::lock_supplier(&tx, supplier).await?;
    if let Some(made) = platform::already_done(&tx, USE_CASE, key).await? {
        let id = made.parse().map_err(UseCaseError::failed("reading an idempotency key"))?;
        let stored = store::invoice(&tx, viewer, InvoiceId(id)).await?;
        let stored = stored.ok_or_else(|| not_its_own(invoice))?;
        let findings = store::findings(&tx, stored.id).await?;
        let (invoice, number) = (Some(stored.id), Some(stored.number));
        return Ok(Received { invoice, number, state: stored.state, findings });
    }
    let judged = if readable {
        let case = Case {
            invoice,
            supplier,
            supplier_siret,
            known_as: None,
            received_on: arrival.received_on,
            freight_lines: arrival.freight_lines,
            suspension: None,
        };
        judge(&tx, &case).await?
    } else {
        Judged::unreadable(arrival.freight_lines)
    };
    if let Viewer::Member(member) = viewer
        && judged.order.as_ref().is_none_or(|order| order.buyer != member)
        && readable
    {
        return Err(not_its_own(invoice));
    }
    findings.splice(0..0, judged.findings);
    findings.sort_by_key(|finding| finding.severity);
    let (state, steps): (_, &[A]) = match (readable, judged.verdict) {
        (false, _) => (InvoiceState::Rejected, &[A::Reject]),
        (true, Judgement::Refused) => (InvoiceState::Rejected, &[A::Check, A::Reject]),
        (true, Judgement::Disputed) => (InvoiceState::Disputed, &[A::Check, A::Dispute]),
        (true, Judgement::Matched) => (InvoiceState::Matched, &[A::Check, A::Match]),
    };
    let new = NewInvoice {
        invoice,
        syntax: match arrival.syntax {
            Syntax::Ubl => "ubl",
            Syntax::Cii => "cii",
        },
        supplier,
        buyer: judged.order.as_ref().map(|order| order.buyer),
        order: judged.order.as_ref().map(|order| order.id),
        corrects: judged.corrects,
        order_lines: judged.order_lines,
        freight_lines: &judged.freight_lines,
        received_on: arrival.received_on,
        due_on: judged.due_on,
        state,
        file_key: arrival.file_key.clone(),
        sha256: arrival.sha256.clone(),
        checked_by: actor.0.clone(),
    };
    let id = store::add(&tx, &new).await?;
    store::replace_findings(&tx, id, &findings).await?;
    platform::note_done(&tx, USE_CASE, key, id.to_string(), app.clock.now()).await?;
    let mut walk = Walk::of(app, actor);
    let details = format!("{} du fournisseur {supplier}", invoice.number);
    walk.entries.push(app.entry(actor, "invoice.receive", "invoice", id.0, details));
    let codes: Vec<&str> = findings.iter().map(|finding| finding.code.as_str()).collect();
    for step in steps {
        walk.note(*step, id, &codes.join(", "));
    }
    platform::append(&tx, walk.entries).await?;
    tx.commit().await?;
    Ok(Received { invoice: Some(id), number: Some(invoice.number.clone()), state, findings })
}

/// Keeps a trace of a file that is no invoice of ours.
async fn refuse_file(
    app: &App,
    actor: &Actor,
    file_key: &str,
    invoice: Option<&EInvoice>,
    findings: Vec<Finding>,
) -> Result<Received, UseCaseError> {
    let codes: Vec<&str> = findings.iter().map(|finding| finding.code.as_str()).collect();
    let details = format!("{file_key} : {}", codes.join(", "));
    let tx = app.store.begin_write().await?;
    let entry = app.entry(actor, "invoice_file.refuse", "invoice_file", 0, details);
    platform::append(&tx, vec![entry]).await?;
    tx.commit().await?;
    let number = invoice.map(|invoice| invoice.number.clone());
    Ok(Received { invoice: None, number, state: InvoiceState::Rejected, findings })
}

/// The seller among our organisations: by its SIRET, else by the SIREN of either.
async fn supplier(
    app: &App,
    invoice: &EInvoice,
) -> Result<Option<(OrganisationId, Siret)>, UseCaseError> {
    let siret = invoice.seller.siret.as_deref().and_then(|text| text.parse::<Siret>().ok());
    if let Some(siret) = &siret
        && let Some(id) = group::by_siret(&app.store, siret).await?
    {
        return Ok(Some((id, siret.clone())));
    }
    let stated = invoice.seller.siren.as_deref().and_then(|text| text.parse::<Siren>().ok());
    let Some(body) = siret.map(|siret| siret.siren()).or(stated) else { return Ok(None) };
    let Some(id) = store::by_siren(&app.store, &body).await? else { return Ok(None) };
    let known = store::sirets_of_buyer(&app.store, id).await?.into_iter().next();
    Ok(known.map(|siret| (id, siret)))
}

fn findings(reasons: Vec<Reason>) -> Vec<Finding> {
    let finding = |reason: Reason| Finding {
        severity: if reason.code.refuses() { Severity::Blocking } else { Severity::Warning },
        code: code(reason.code),
        message: reason.message,
    };
    reasons.into_iter().map(finding).collect()
}

/// The code as scripts read it.
fn code(code: Code) -> String {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(text)) => text,
        // A code is serialised as its name.
        Ok(_) | Err(_) => String::new(),
    }
}
