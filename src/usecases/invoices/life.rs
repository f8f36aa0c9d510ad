//! What people decide about an invoice, and its payment.

use chrono::NaiveDate;
use domain::french;
use domain::ids::InvoiceId;
use domain::invoices::payment::{
    LateInterest, PaymentError, Suspension, late_interest as interest,
};
use domain::invoices::state::{InvoiceAction as A, InvoiceState};
use domain::money::Gross;
use domain::siret::Siret;

use super::super::{Actor, App, Refusal, UseCaseError};
use super::due::rates;
use super::judge::{Case, Verdict, judge};
use super::sharing::{Printed, printed};
use super::{Walk, load};
use crate::store::invoices::{self as store, StoredInvoice};
use crate::store::{Access, StoreError, Tx, Viewer, platform};

/// Puts a matched invoice in dispute.
pub async fn dispute(
    app: &App,
    actor: &Actor,
    invoice: InvoiceId,
    reason: &str,
) -> Result<(), UseCaseError> {
    one_step(app, actor, invoice, A::Dispute, reason).await
}

/// Rejects an invoice for good: its supplier sends another.
pub async fn reject(
    app: &App,
    actor: &Actor,
    invoice: InvoiceId,
    reason: &str,
) -> Result<(), UseCaseError> {
    one_step(app, actor, invoice, A::Reject, reason).await
}

async fn one_step(
    app: &App,
    actor: &Actor,
    invoice: InvoiceId,
    action: A,
    reason: &str,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let mut stored = load(&tx, invoice).await?;
    let mut walk = Walk::of(app, actor);
    walk.step(&tx, &mut stored, action, reason, |_| ()).await?;
    platform::append(&tx, walk.entries).await?;
    Ok(tx.commit().await?)
}

/// Suspends the payment of an invoice from the day its supplier was told. The clock stops
/// once: a second suspension is refused (R2192-27 CCP).
pub async fn suspend(
    app: &App,
    actor: &Actor,
    invoice: InvoiceId,
    from: NaiveDate,
    reason: &str,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    let mut stored = load(&tx, invoice).await?;
    if let Some(earlier) = store::suspension(&tx, invoice).await? {
        return Err(UseCaseError::refused(
            "deja_suspendue",
            format!(
                "La facture {} a déjà été suspendue le {} : le délai de paiement ne s’arrête \
                 qu’une fois (article R2192-27 du code de la commande publique).",
                stored.number,
                french::date(earlier.from)
            ),
        ));
    }
    if stored.due_on.is_some_and(|due| from > due) {
        return Err(UseCaseError::refused(
            "suspension_tardive",
            format!(
                "La facture {} était à payer avant le {} : elle ne peut plus être suspendue.",
                stored.number,
                stored.due_on.map(french::date).unwrap_or_default()
            ),
        ));
    }
    let mut walk = Walk::of(app, actor);
    walk.step(&tx, &mut stored, A::Suspend, reason, |to| to.due_on = None).await?;
    store::add_suspension(&tx, invoice, from, reason).await?;
    platform::append(&tx, walk.entries).await?;
    Ok(tx.commit().await?)
}

/// Takes a disputed or suspended invoice up again on `on`: it is matched anew with its order
/// and what was accepted meanwhile. Answers where it stands now.
pub async fn resume(
    app: &App,
    actor: &Actor,
    invoice: InvoiceId,
    on: NaiveDate,
) -> Result<InvoiceState, UseCaseError> {
    let document = printed(app, invoice).await?;
    let tx = app.store.begin_write().await?;
    store::lock_supplier(&tx, document.stored.supplier).await?;
    let mut stored = load(&tx, invoice).await?;
    let was = stored.state;
    let mut walk = Walk::of(app, actor);
    walk.step(&tx, &mut stored, A::Resume, "", |_| ()).await?;
    if was == InvoiceState::Suspended {
        store::resume_suspension(&tx, invoice, on).await?;
    }
    judge_anew(&tx, &mut walk, &mut stored, &document, on).await?;
    platform::append(&tx, walk.entries).await?;
    tx.commit().await?;
    Ok(stored.state)
}

/// Matches a checked invoice with its order and what was accepted, again.
async fn judge_anew(
    tx: &Tx,
    walk: &mut Walk<'_>,
    stored: &mut StoredInvoice,
    document: &Printed,
    on: NaiveDate,
) -> Result<(), UseCaseError> {
    let suspension = store::suspension(tx, stored.id).await?;
    let suspension = suspension.map(|one| Suspension { from: one.from, to: one.to.or(Some(on)) });
    let supplier = store::sirets_of_buyer(tx, stored.supplier).await?;
    let named = document.invoice.seller.siret.as_deref();
    let named = named.and_then(|text| text.parse::<Siret>().ok());
    let supplier_siret = named.or_else(|| supplier.into_iter().next()).ok_or_else(|| {
        UseCaseError::refused("siret_absent", "Le fournisseur n’a aucun SIRET : saisissez-le.")
    })?;
    let case = Case {
        invoice: &document.invoice,
        supplier: stored.supplier,
        supplier_siret,
        known_as: Some(stored.id),
        received_on: stored.received_on,
        freight_lines: &document.freight_lines(),
        suspension,
    };
    let judged = judge(tx, &case).await?;
    store::replace_findings(tx, stored.id, &judged.findings).await?;
    let codes: Vec<&str> = judged.findings.iter().map(|one| one.code.as_str()).collect();
    let action = match judged.verdict {
        Verdict::Refused => A::Reject,
        Verdict::Disputed => A::Dispute,
        Verdict::Matched => A::Match,
    };
    let due_on = judged.due_on;
    walk.step(tx, stored, action, &codes.join(", "), |to| to.due_on = due_on).await
}

/// Throws away shares that nobody has validated: the invoice is checked anew, and is in dispute
/// again where only its credit notes had settled it. Answers where it stands now.
pub async fn reopen(
    app: &App,
    actor: &Actor,
    invoice: InvoiceId,
    reason: &str,
) -> Result<InvoiceState, UseCaseError> {
    let document = printed(app, invoice).await?;
    let tx = app.store.begin_write().await?;
    store::lock_supplier(&tx, document.stored.supplier).await?;
    let mut stored = load(&tx, invoice).await?;
    let credits = store::credits_of(&tx, invoice).await?;
    if let Some(credit) = credits.iter().find(|credit| credit.state.is_shared()) {
        return Err(UseCaseError::refused(
            "avoir_reparti",
            format!(
                "L’avoir {} est réparti d’après cette facture : rouvrez-le d’abord.",
                credit.number
            ),
        ));
    }
    let mut walk = Walk::of(app, actor);
    walk.step(&tx, &mut stored, A::Reopen, reason, |_| ()).await?;
    if let Some(allocation) = store::allocation_of(&tx, invoice).await? {
        store::drop_allocation(&tx, allocation.id).await?;
    }
    judge_anew(&tx, &mut walk, &mut stored, &document, app.today()).await?;
    platform::append(&tx, walk.entries).await?;
    tx.commit().await?;
    Ok(stored.state)
}

/// Records the payment of a validated invoice (a credit note: that it was taken off). Answers
/// the interest due where it was paid late.
///
/// # Errors
///
/// A payment too late for any known rate is refused: interest is due without being asked for,
/// and nobody guesses a rate.
pub async fn pay(
    app: &App,
    actor: &Actor,
    invoice: InvoiceId,
    paid_on: NaiveDate,
) -> Result<Option<LateInterest>, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let mut stored = load(&tx, invoice).await?;
    let late = interest_of(&tx, &stored, paid_on).await?;
    let details = late.as_ref().map_or_else(String::new, |late| {
        format!(
            "{} jours de retard, intérêts {}, indemnité {}",
            late.days, late.interest, late.recovery_costs
        )
    });
    let mut walk = Walk::of(app, actor);
    walk.step(&tx, &mut stored, A::Pay, &details, |to| to.paid_on = Some(paid_on)).await?;
    platform::append(&tx, walk.entries).await?;
    tx.commit().await?;
    Ok(late)
}

/// Records that `viewer` paid an invoice addressed to it: [`pay`], of its own only.
pub async fn pay_own(
    app: &App,
    actor: &Actor,
    viewer: Viewer,
    id: InvoiceId,
    paid_on: NaiveDate,
) -> Result<Option<LateInterest>, UseCaseError> {
    let own = store::invoice(&app.store, viewer, id).await?;
    let own = own.ok_or_else(|| StoreError::NotFound { what: "invoice", id: id.to_string() })?;
    if paid_on > app.today() || paid_on < own.issued_on {
        return Err(UseCaseError::refused(
            "date",
            format!(
                "Saisissez une date de paiement entre le {} (date de la facture) et aujourd’hui, \
                 {}.",
                french::date(own.issued_on),
                french::date(app.today())
            ),
        ));
    }
    pay(app, actor, id, paid_on).await
}

/// What paying an invoice on `paid_on` would cost besides (rule 22); `None` in time.
pub async fn late_interest(
    app: &App,
    invoice: InvoiceId,
    paid_on: NaiveDate,
) -> Result<Option<LateInterest>, UseCaseError> {
    let stored = load(&app.store, invoice).await?;
    interest_of(&app.store, &stored, paid_on).await
}

async fn interest_of(
    on: &impl Access,
    invoice: &StoredInvoice,
    paid_on: NaiveDate,
) -> Result<Option<LateInterest>, UseCaseError> {
    let Some(due_on) = invoice.due_on else { return Ok(None) };
    if paid_on <= due_on || invoice.kind.is_credit() {
        return Ok(None);
    }
    let rates = rates(on).await?;
    interest(Gross(invoice.totals.payable), due_on, paid_on, &rates).map_err(|error| match error {
        PaymentError::NoRate(day) => UseCaseError::Refused(vec![Refusal::new(
            "taux_inconnu",
            format!(
                "Le taux de la Banque centrale européenne au {} n’est pas enregistré : les \
                 intérêts moratoires de la facture {} ne peuvent pas être calculés. Rien n’a été \
                 modifié ; faites ajouter ce taux avec sa source.",
                french::date(day),
                invoice.number
            ),
        )]),
        PaymentError::Suspended(_) | PaymentError::BadSuspension | PaymentError::Amount(_) => {
            UseCaseError::Failed { doing: "computing late interest", message: error.to_string() }
        }
    })
}
