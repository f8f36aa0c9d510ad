//! What is to be paid until when, and what being late costs today.

use chrono::NaiveDate;
use domain::dates::Dated;
use domain::invoices::payment::{LateInterest, PaymentError, late_interest};
use domain::invoices::state::InvoiceState;
use domain::money::{Cents, Gross};
use rust_decimal::Decimal;

use super::super::{App, UseCaseError};
use crate::store::invoices::{self as store, Arrived, InboxFilter, StoredInvoice};
use crate::store::{Access, Slice, reference};

/// An invoice to be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub invoice: Arrived,
    pub late: Late,
}

/// What it costs besides that it is paid late: on the day it was paid, else today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Late {
    /// In time, or waiting for the supplier.
    No,
    Costs(LateInterest),
    /// Late, and the bank's rate of this day is in no row: nobody guesses one.
    NoRate(NaiveDate),
}

/// The rates of late interest with their sources, as far as they were verified.
pub(super) async fn rates(on: &impl Access) -> Result<Vec<Dated<Decimal>>, UseCaseError> {
    let rows = reference::interest_rates(on).await?;
    Ok(rows
        .into_iter()
        .map(|row| Dated {
            from: row.from,
            to: row.to,
            value: row.value.refinancing_rate,
            source: row.source,
        })
        .collect())
}

/// One page of what is to be paid, each with what being late costs on `today`; and how many
/// there are.
pub async fn due_invoices(
    app: &App,
    filter: &InboxFilter,
    slice: &Slice,
) -> Result<(Vec<Due>, u64), UseCaseError> {
    let (rows, total) = store::inbox(&app.store, filter, slice).await?;
    let rates = rates(&app.store).await?;
    let today = app.today();
    let due = rows.into_iter().map(|invoice| {
        let paid = invoice.paid_on.unwrap_or(today);
        let late = late(invoice.payable, invoice.due_on, paid, &rates)?;
        Ok(Due { invoice, late })
    });
    Ok((due.collect::<Result<_, UseCaseError>>()?, total))
}

/// What it costs that one invoice is or was paid late.
pub async fn lateness(app: &App, invoice: &StoredInvoice) -> Result<Late, UseCaseError> {
    if invoice.kind.is_credit() || invoice.state == InvoiceState::Rejected {
        return Ok(Late::No);
    }
    let paid = invoice.paid_on.unwrap_or_else(|| app.today());
    late(invoice.totals.payable, invoice.due_on, paid, &rates(&app.store).await?)
}

fn late(
    payable: Cents,
    due_on: Option<NaiveDate>,
    paid: NaiveDate,
    rates: &[Dated<Decimal>],
) -> Result<Late, UseCaseError> {
    let Some(due_on) = due_on.filter(|due| *due < paid) else { return Ok(Late::No) };
    match late_interest(Gross(payable), due_on, paid, rates) {
        Ok(Some(cost)) => Ok(Late::Costs(cost)),
        Ok(None) => Ok(Late::No),
        Err(PaymentError::NoRate(day)) => Ok(Late::NoRate(day)),
        Err(error) => Err(UseCaseError::failed("computing late interest")(error)),
    }
}
