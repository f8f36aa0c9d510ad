//! A second person agrees, and the shares get their numbers.

use std::collections::BTreeMap;

use chrono::Datelike;
use domain::catalogue::budget::{AccountRule, suggestions};
use domain::ids::{InvoiceId, OrganisationId};
use domain::invoices::state::InvoiceAction as A;
use domain::money::{Cents, Gross};
use domain::orders::number::OrderNumber;
use rust_decimal::Decimal;

use super::super::{Actor, App, UseCaseError};
use super::allocate::{Printed, printed};
use super::{Walk, load};
use crate::store::invoices::{self as store, NewRecharge, StoredAllocation};
use crate::store::{Access, StoreError, Tx, platform, reference};

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
    let document = printed(app, invoice).await?;
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
    let order = stored.order.ok_or_else(|| StoreError::NotFound {
        what: "order of invoice",
        id: invoice.to_string(),
    })?;
    let order = store::order(&tx, order).await?;
    let mut recharges = Vec::new();
    if order.model.coordinator_pays() {
        let due: Vec<OrganisationId> = members
            .iter()
            .copied()
            .filter(|member| payable(&shared, *member) != Cents::ZERO && *member != order.buyer)
            .collect();
        let accounts = accounts(&tx, app, &document).await?;
        let account = accounts_text(&accounts);
        let numbers = take(app, &tx, RECHARGES, &due);
        recharges.extend(numbers.await?.into_iter().map(|(member, number)| NewRecharge {
            member,
            number,
            amount: payable(&shared, member),
            account: account.clone(),
            on: app.today(),
        }));
        store::add_recharges(&tx, shared.id, &recharges).await?;
    }
    platform::append(&tx, walk.entries).await?;
    tx.commit().await?;
    Ok(Validated { statements: numbers.len(), recharges: recharges.len() })
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

/// The account suggested for each line with an article, by its position.
pub(super) async fn accounts(
    on: &impl Access,
    app: &App,
    document: &Printed,
) -> Result<BTreeMap<usize, AccountRule>, UseCaseError> {
    let rows = reference::budget_accounts(on).await?;
    let families = store::article_families(on, document.stored.id).await?;
    let mut found = BTreeMap::new();
    for (position, (family, sub_family)) in families {
        let Some(line) = document.invoice.lines.get(position) else { continue };
        let with_vat = Decimal::ONE + line.rate.decimal() / Decimal::ONE_HUNDRED;
        let unit = line
            .unit_price
            .decimal()
            .checked_div(line.base_quantity)
            .and_then(|price| price.checked_mul(with_vat))
            .and_then(|price| Cents::rounded(price).ok())
            .map_or(Gross::ZERO, Gross);
        let first = suggestions(&rows, &family, &sub_family, unit, app.today()).into_iter().next();
        found.extend(first.map(|row| (position, row.value.clone())));
    }
    Ok(found)
}

/// Every account suggested for an invoice, each once: `6064, 60632`.
fn accounts_text(accounts: &BTreeMap<usize, AccountRule>) -> String {
    let mut names: Vec<&str> = accounts.values().map(|rule| rule.account.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}
