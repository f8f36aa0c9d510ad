//! A second person agrees, and the shares get their numbers.

use chrono::Datelike;
use domain::ids::{InvoiceId, OrganisationId};
use domain::invoices::state::InvoiceAction as A;
use domain::money::Cents;
use domain::orders::number::OrderNumber;

use super::super::{Actor, App, UseCaseError};
use super::accounts::{accounts, accounts_text};
use super::sharing::printed;
use super::{Walk, load};
use crate::store::invoices::{self as store, NewRecharge, StoredAllocation};
use crate::store::{StoreError, Tx, platform};

/// What the coordinator claims back from members (model C).
const RECHARGES: &str = "RC";
/// Members' statements (relevés de répartition de facture).
const STATEMENTS: &str = "RF";

/// What a validation numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validated {
    pub statements: usize,
    pub recharges: usize,
}

/// Validates the shares of an invoice: four eyes, so never whoever received or shared it.
///
/// In the same transaction every member's statement gets its number, and in model C what the
/// coordinator claims back from it is prepared.
pub async fn validate(
    app: &App,
    actor: &Actor,
    invoice: InvoiceId,
) -> Result<Validated, UseCaseError> {
    let seen = load(&app.store, invoice).await?;
    let order = seen.order.ok_or_else(|| StoreError::NotFound {
        what: "order of invoice",
        id: invoice.to_string(),
    })?;
    let order = store::order(&app.store, order).await?;
    // Only a recharge suggests accounts, by the prices in the file.
    let recharged = order.model.coordinator_pays();
    let document = if recharged { Some(printed(app, invoice).await?) } else { None };
    let tx = app.store.begin_write().await?;
    let mut stored = load(&tx, invoice).await?;
    if stored.checked_by.as_deref() == Some(actor.0.as_str()) {
        return Err(UseCaseError::refused(
            "quatre_yeux",
            format!(
                "Vous avez vous-même contrôlé ou réparti la facture {} : une autre personne doit \
                 la valider. Rien n’a été modifié.",
                stored.number
            ),
        ));
    }
    let mut walk = Walk::of(app, actor);
    let by = actor.0.clone();
    walk.step(&tx, &mut stored, A::Validate, "", |to| to.validated_by = Some(by)).await?;
    let shared = store::allocation_of(&tx, invoice).await?.ok_or_else(|| StoreError::NotFound {
        what: "allocation of invoice",
        id: invoice.to_string(),
    })?;
    let members = in_order(&shared);
    let numbers = take(app, &tx, STATEMENTS, &members).await?;
    store::number_statements(&tx, shared.id, &numbers).await?;
    let mut claims = Vec::new();
    if let Some(document) = document {
        let due: Vec<OrganisationId> = members
            .iter()
            .copied()
            .filter(|member| payable(&shared, *member) != Cents::ZERO && *member != order.buyer)
            .collect();
        let accounts = accounts(&tx, app, &document).await?;
        let account = accounts_text(&accounts);
        let numbers = take(app, &tx, RECHARGES, &due);
        claims.extend(numbers.await?.into_iter().map(|(member, number)| NewRecharge {
            member,
            number,
            amount: payable(&shared, member),
            account: account.clone(),
            on: app.today(),
        }));
        store::add_recharges(&tx, shared.id, &claims).await?;
    }
    platform::append(&tx, walk.entries).await?;
    tx.commit().await?;
    Ok(Validated { statements: numbers.len(), recharges: claims.len() })
}

fn payable(shared: &StoredAllocation, member: OrganisationId) -> Cents {
    shared.members.get(&member).map_or(Cents::ZERO, |total| total.payable)
}

/// The members by SIRET, as the allocation lists them.
fn in_order(shared: &StoredAllocation) -> Vec<OrganisationId> {
    let mut members: Vec<_> = shared.members.iter().collect();
    members.sort_by(|one, other| one.1.siret.cmp(&other.1.siret));
    members.into_iter().map(|(id, _)| *id).collect()
}

/// Takes a number of `series` for each member, in their order.
async fn take(
    app: &App,
    tx: &Tx,
    series: &'static str,
    members: &[OrganisationId],
) -> Result<Vec<(OrganisationId, String)>, UseCaseError> {
    if members.is_empty() {
        return Ok(Vec::new());
    }
    let year = app.today().year();
    let named = |value| match OrderNumber::in_series(series, year, value) {
        Ok(number) => number.to_string(),
        // A series of ours, a year and a positive number always make one.
        Err(_) => format!("{series}-{year}-{value}"),
    };
    let first = platform::take_numbers(tx, series, year, members.len(), named).await?;
    Ok(members.iter().zip(first..).map(|(member, value)| (*member, named(value))).collect())
}
