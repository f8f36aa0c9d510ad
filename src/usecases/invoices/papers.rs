//! Members' statements as papers: in bulk, in chunks, each once.
//!
//! The shares are made again from the file and the weights as they were, and must be the
//! stored ones. A chunk is rendered on all cores, its files are written under keys derived
//! from their numbers, then it is registered: a crash between the two leaves files that the
//! next run writes again, and nothing twice.

use std::collections::{BTreeMap, BTreeSet};

use domain::catalogue::budget::AccountRule;
use domain::group::organisation::Organisation;
use domain::group::siret_history::SiretStatus;
use domain::ids::{AllocationId, InvoiceId, OrganisationId};
use domain::invoices::allocation::MemberShare;
use domain::invoices::state::InvoiceState;
use domain::siret::Siret;

use super::super::campaigns::convention_ref;
use super::super::papers::render_all;
use super::super::{Actor, App, Refusal, UseCaseError, letterhead};
use super::accounts::{account_shares, accounts};
use super::load;
use super::sharing::{Printed, Shared, accepted_of, mirrored, printed, share_off_thread};
use super::statement::{Addressee, Around, Statements, attachment};
use super::told::{self, Document};
use crate::documents::Paper;
use crate::documents::allocation_statement::{
    AllocationStatement, Payment, PreviousCredit, render,
};
use crate::documents::parties::{Buyer, ContractRef, LotRef};
use crate::store::invoices::{self as store, Cited, OrderedFor, StatementDue, StoredAllocation};
use crate::store::platform::{IssuedPaper, register_papers};
use crate::store::{StoreError, group, platform};

/// Papers in memory at once.
const CHUNK: usize = 64;

/// Issues the statements of a validated allocation that are not issued yet; `progress` hears
/// how many more are done. Answers how many were issued.
///
/// # Errors
///
/// Refused while a member's SIRET is unconfirmed (each is named), and where the shares made
/// again are not the stored ones.
pub async fn issue_statements(
    app: &App,
    actor: &Actor,
    allocation: AllocationId,
    progress: impl Fn(usize) + Send + Sync,
) -> Result<usize, UseCaseError> {
    let due = store::due_statements(&app.store, allocation).await?;
    if due.is_empty() {
        return nothing_due(app, allocation).await;
    }
    let batch = Batch::prepare(app, allocation, &due).await?;
    let mut issued = 0;
    for chunk in due.chunks(CHUNK) {
        let statements = batch.statements(chunk)?;
        let papers = render_all(statements, render).await?;
        issued += register(app, actor, allocation, &batch, chunk, papers).await?;
        progress(chunk.len());
    }
    Ok(issued)
}

/// The share that `member` was given of an invoice, with its working, as its statement has it.
///
/// # Errors
///
/// `NotFound` where it has none that a second person has validated.
pub async fn share_of(
    app: &App,
    member: OrganisationId,
    invoice: InvoiceId,
) -> Result<AllocationStatement, UseCaseError> {
    let on = &app.store;
    let missing = || StoreError::NotFound { what: "share of invoice", id: invoice.to_string() };
    let stored = store::allocation_of(on, invoice).await?.ok_or_else(missing)?;
    let total = stored.members.get(&member).ok_or_else(missing)?;
    let number = total.statement_number.clone().ok_or_else(missing)?;
    let due = [StatementDue { member, number, code: total.code.clone() }];
    let document = printed(app, invoice).await?;
    let order = document.stored.order.ok_or_else(missing)?;
    let order = store::order(on, order).await?;
    let shared = shared_again(app, &document, &stored).await?;
    same_as_stored(&document, &shared, &stored)?;
    let sirets = BTreeMap::from([(member, total.siret.clone())]);
    let bodies = group::organisations_among(on, &[member]).await?;
    let batch = Batch::gather(app, document, order, shared, sirets, bodies).await?;
    batch.statements(&due)?.pop().ok_or_else(|| missing().into())
}

async fn nothing_due(app: &App, allocation: AllocationId) -> Result<usize, UseCaseError> {
    let invoice = load(&app.store, store::invoice_of(&app.store, allocation).await?).await?;
    match invoice.state {
        InvoiceState::Validated | InvoiceState::Paid => Ok(0),
        InvoiceState::Received
        | InvoiceState::Checked
        | InvoiceState::Matched
        | InvoiceState::Allocated
        | InvoiceState::Disputed
        | InvoiceState::Suspended
        | InvoiceState::Rejected => Err(UseCaseError::refused(
            "repartition_non_validee",
            format!(
                "La répartition de la facture {} n’est pas validée : une seconde personne doit la \
                 valider avant l’envoi des relevés.",
                invoice.number
            ),
        )),
    }
}

/// Everything that the statements of one allocation are made from.
struct Batch {
    document: Printed,
    order: OrderedFor,
    shared: Shared,
    around: Around,
    cited: Cited,
    bodies: BTreeMap<OrganisationId, Organisation>,
    credits: BTreeMap<OrganisationId, Vec<store::EarlierCredit>>,
    accounts: BTreeMap<usize, AccountRule>,
    /// The SIRET of each member, as it was shared with.
    sirets: BTreeMap<OrganisationId, Siret>,
}

impl Batch {
    async fn prepare(
        app: &App,
        allocation: AllocationId,
        due: &[StatementDue],
    ) -> Result<Self, UseCaseError> {
        let on = &app.store;
        let document = printed(app, store::invoice_of(on, allocation).await?).await?;
        let missing = |what| move || StoreError::NotFound { what, id: allocation.to_string() };
        let stored = store::allocation_of(on, document.stored.id).await?;
        let stored = stored.ok_or_else(missing("allocation"))?;
        let order = document.stored.order.ok_or_else(missing("order of allocation"))?;
        let order = store::order(on, order).await?;
        let shared = shared_again(app, &document, &stored).await?;
        same_as_stored(&document, &shared, &stored)?;
        let ids: Vec<OrganisationId> = due.iter().map(|one| one.member).collect();
        let bodies = group::organisations_among(on, &ids).await?;
        let sirets: BTreeMap<OrganisationId, Siret> =
            stored.members.iter().map(|(id, total)| (*id, total.siret.clone())).collect();
        confirmed(&bodies, &sirets, due)?;
        Self::gather(app, document, order, shared, sirets, bodies).await
    }

    async fn gather(
        app: &App,
        document: Printed,
        order: OrderedFor,
        shared: Shared,
        sirets: BTreeMap<OrganisationId, Siret>,
        bodies: BTreeMap<OrganisationId, Organisation>,
    ) -> Result<Self, UseCaseError> {
        let on = &app.store;
        let cited = store::cited(on, order.id).await?;
        let syntax = if document.stored.syntax == "cii" { "CII" } else { "UBL 2.1" };
        let around = Around {
            letterhead: letterhead::of(app, on, order.coordinator).await?,
            issued_on: app.today(),
            order_number: cited.order_number.clone(),
            contract: Some(contract(&cited)),
            convention: Some(convention_ref(&cited.convention_reference, cited.convention_from)),
            attachment: attachment(&document.invoice, &document.file, syntax),
        };
        Ok(Self {
            credits: store::earlier_credits(on, document.stored.id).await?,
            accounts: accounts(on, app, &document).await?,
            document,
            order,
            shared,
            around,
            cited,
            bodies,
            sirets,
        })
    }

    fn statements(&self, due: &[StatementDue]) -> Result<Vec<AllocationStatement>, UseCaseError> {
        let doing = "stating a share";
        let invoice = &self.document.invoice;
        let statements = Statements::new(invoice, &self.shared.allocation, self.around.clone())
            .map_err(UseCaseError::failed(doing))?;
        let shares: BTreeMap<&Siret, &MemberShare> =
            self.shared.allocation.members.iter().map(|share| (&share.siret, share)).collect();
        due.iter()
            .map(|one| {
                let lost = || UseCaseError::Failed {
                    doing,
                    message: format!("le membre {} n’a pas de part", one.member),
                };
                let siret = self.sirets.get(&one.member).ok_or_else(lost)?;
                let share = shares.get(siret).ok_or_else(lost)?;
                let body = self.bodies.get(&one.member).ok_or_else(lost)?;
                let addressee = self.addressee(one, share, body, siret);
                let statement =
                    statements.of(share, addressee).map_err(UseCaseError::failed(doing))?;
                if statement.verification == one.code { Ok(statement) } else { Err(lost()) }
            })
            .collect()
    }

    fn told(&self) -> Document {
        let stored = &self.document.stored;
        Document {
            id: stored.id,
            number: stored.number.clone(),
            supplier: self.document.invoice.seller.name.clone(),
            credit: stored.kind.is_credit(),
        }
    }

    fn addressee(
        &self,
        due: &StatementDue,
        share: &MemberShare,
        body: &Organisation,
        siret: &Siret,
    ) -> Addressee {
        // Only who ordered itself is known by its own codes.
        let own = self.order.buyer == due.member;
        let code = |text: &Option<String>| text.clone().filter(|_| own);
        let mut address = Vec::new();
        if let Some(postal) = &body.address {
            address.extend(postal.lines.iter().cloned());
            address.push(format!("{} {}", postal.postcode, postal.town));
        }
        let stored = &self.document.stored;
        let payment = if self.order.model.coordinator_pays() {
            Payment::AwaitNotice { supplier_due_on: stored.due_on }
        } else {
            // A credit note has no due date, and its statement prints none.
            Payment::ToHolder { due_on: stored.due_on.unwrap_or(stored.received_on) }
        };
        let credits = self.credits.get(&due.member).into_iter().flatten();
        Addressee {
            number: due.number.clone(),
            member: Buyer {
                name: body.name.clone(),
                siret: siret.clone(),
                address,
                service_code: code(&self.cited.service_code),
                commitment_number: code(&self.cited.commitment_number),
            },
            credits: credits
                .map(|credit| PreviousCredit {
                    number: credit.number.clone(),
                    issued_on: credit.issued_on,
                    gross: credit.gross,
                })
                .collect(),
            payment,
            accounts: account_shares(share, &self.accounts),
        }
    }
}

/// The shares of an allocation, made again as they were.
pub(super) async fn shared_again(
    app: &App,
    document: &Printed,
    stored: &StoredAllocation,
) -> Result<Shared, UseCaseError> {
    let Some(original) = stored.mirrors else {
        let accepted = accepted_of(&app.store, document, stored).await?;
        return share_off_thread(document, &accepted, stored.key).await;
    };
    let invoice = printed(app, store::invoice_of(&app.store, original).await?).await?;
    let accepted = accepted_of(&app.store, &invoice, stored).await?;
    mirrored(&invoice, document, &accepted, stored.key).await
}

/// What is printed must be what is booked.
pub(super) fn same_as_stored(
    document: &Printed,
    shared: &Shared,
    stored: &StoredAllocation,
) -> Result<(), UseCaseError> {
    let sign = if document.stored.kind.is_credit() { -1 } else { 1 };
    let made: BTreeSet<(Siret, i64, i64)> = shared
        .allocation
        .members
        .iter()
        .map(|one| (one.siret.clone(), one.gross.cents() * sign, one.payable.0 * sign))
        .collect();
    let kept: BTreeSet<(Siret, i64, i64)> = stored
        .members
        .values()
        .map(|one| (one.siret.clone(), one.gross.cents(), one.payable.0))
        .collect();
    if made == kept && shared.sha256 == stored.sha256 {
        return Ok(());
    }
    Err(UseCaseError::refused(
        "parts_differentes",
        format!(
            "Les parts de la facture {} enregistrées ne sont plus celles que donnent son fichier \
             et les quantités admises. Rien n’a été émis ; lancez « travee check ».",
            document.stored.number
        ),
    ))
}

/// Refuses every member whose SIRET nobody confirmed.
fn confirmed(
    bodies: &BTreeMap<OrganisationId, Organisation>,
    sirets: &BTreeMap<OrganisationId, Siret>,
    due: &[StatementDue],
) -> Result<(), UseCaseError> {
    let is_confirmed = |body: &Organisation, siret: &Siret| {
        body.sirets.entries().iter().any(|entry| {
            entry.siret == *siret
                && match entry.status {
                    SiretStatus::Confirmed { .. } => true,
                    SiretStatus::DerivedNotVerified => false,
                }
        })
    };
    let unconfirmed: Vec<Refusal> = due
        .iter()
        .filter_map(|one| Some((bodies.get(&one.member)?, sirets.get(&one.member)?)))
        .filter(|(body, siret)| !is_confirmed(body, siret))
        .map(|(body, siret)| {
            let message = format!(
                "{} : le SIRET {} n’a été confirmé par personne, aucun document ne peut le \
                 porter. Confirmez-le d’abord.",
                body.name,
                siret.spaced()
            );
            Refusal::new("siret_non_confirme", message)
        })
        .collect();
    if unconfirmed.is_empty() { Ok(()) } else { Err(UseCaseError::Refused(unconfirmed)) }
}

fn contract(cited: &Cited) -> ContractRef {
    ContractRef {
        number: cited.contract_number.clone(),
        title: cited.contract_title.clone(),
        lot: LotRef { number: cited.lot_number.clone(), title: cited.lot_title.clone() },
        notified_on: Some(cited.notified_on),
    }
}

/// Writes the files of a chunk and registers those that nobody registered meanwhile.
async fn register(
    app: &App,
    actor: &Actor,
    allocation: AllocationId,
    batch: &Batch,
    due: &[StatementDue],
    papers: Vec<Paper>,
) -> Result<usize, UseCaseError> {
    let mut issued = Vec::with_capacity(papers.len());
    for (one, paper) in due.iter().zip(papers) {
        let key = format!("releves/{}.pdf", one.number);
        issued.push(IssuedPaper {
            kind: "allocation_statement",
            number: one.number.clone(),
            title: paper.title,
            organisation: Some(one.member.0),
            order: Some(batch.order.id.0),
            allocation: Some(allocation.0),
            tender_lot: None,
            campaign: None,
            file_key: key.clone(),
            sha256: paper.sha256,
            bytes: paper.bytes.len(),
            pages: paper.pages,
            issued_on: app.today(),
        });
        app.files.put(&key, paper.bytes).await?;
    }
    let tx = app.store.begin_write().await?;
    store::lock_allocation(&tx, allocation).await?;
    let still: BTreeSet<String> =
        store::due_statements(&tx, allocation).await?.into_iter().map(|one| one.number).collect();
    issued.retain(|paper| still.contains(&paper.number));
    register_papers(&tx, &issued).await?;
    let stated = told::stated(&issued, &batch.sirets, &batch.shared.allocation.members);
    told::shared(app, &tx, &batch.told(), &stated).await?;
    let details =
        format!("{} relevés de la facture {}", issued.len(), batch.document.stored.number);
    let entry = app.entry(actor, "allocation.state", "allocation", allocation.0, details);
    platform::append(&tx, vec![entry]).await?;
    tx.commit().await?;
    Ok(issued.len())
}
