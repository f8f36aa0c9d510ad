//! When an invoice is due, and what a late payment costs (rule 22).
//!
//! A local authority pays within thirty days of receiving the invoice, or of the
//! service where that is later (R2192-10 CCP). A suspension stops that clock, once.
//! From the day after, interest runs to the day of payment at the European Central
//! Bank's rate of the first day of the half-year in which it began, plus eight points
//! (R2192-31), and forty euros are due besides (D2192-35). The bank's rates are dated
//! rows with their source: without the row of that day nothing is computed.

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

use crate::dates::{Dated, days_after, in_force_on};
use crate::money::{AmountError, Cents, Gross};

/// R2192-10 CCP: the delay of local authorities, in days.
pub const DELAY_DAYS: u32 = 30;
/// R2192-31 CCP: points above the bank's rate.
pub const POINTS_ABOVE: u32 = 8;
/// D2192-35 CCP: the lump sum for recovery costs of each late invoice.
pub const RECOVERY_COSTS: Gross = Gross(Cents(4_000));

/// Days on which the clock of payment stood still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suspension {
    /// The day the supplier was told.
    pub from: NaiveDate,
    /// The day the last missing piece came; `None` while it is awaited.
    pub to: Option<NaiveDate>,
}

/// Why there is no due date or no interest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaymentError {
    #[error("the payment is suspended since {0}")]
    Suspended(NaiveDate),
    #[error("the suspension ends before it begins or begins after the due date")]
    BadSuspension,
    #[error("no ECB rate is known for {0}")]
    NoRate(NaiveDate),
    #[error(transparent)]
    Amount(#[from] AmountError),
}

/// The interest of one late payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateInterest {
    /// From the day after the due date to the day of payment, both included.
    pub days: u32,
    /// In percent a year, the points above included.
    pub rate: Decimal,
    /// The text that set the bank's rate.
    pub source: String,
    /// Rounded half-up to the cent, once.
    pub interest: Gross,
    pub recovery_costs: Gross,
}

/// The last day to pay.
///
/// The delay counts from the day the invoice was received, or from `service_rendered` where that
/// is later. The days of the suspension are added, once: of longer readings of R2192-29, this is
/// the one that never pays late.
///
/// # Errors
///
/// `Suspended` while the missing piece is awaited, `BadSuspension` for impossible days.
pub fn due_date(
    received: NaiveDate,
    service_rendered: Option<NaiveDate>,
    suspension: Option<Suspension>,
) -> Result<NaiveDate, PaymentError> {
    let start = service_rendered.map_or(received, |day| day.max(received));
    let due = days_after(start, DELAY_DAYS);
    let Some(suspension) = suspension else { return Ok(due) };
    let to = suspension.to.ok_or(PaymentError::Suspended(suspension.from))?;
    if suspension.from > due || to < suspension.from {
        return Err(PaymentError::BadSuspension);
    }
    // A suspension told before the clock began stops only what would have run.
    let stopped = (to - suspension.from.max(start)).num_days().max(0);
    let stopped = u32::try_from(stopped).map_err(|_| PaymentError::BadSuspension)?;
    Ok(days_after(due, stopped))
}

/// What a payment of `gross` on `paid` costs when it was `due` before; `None` in time.
///
/// # Errors
///
/// `NoRate` where `rates` (in percent, dated) has no row for the first day of the half-year in
/// which interest began.
pub fn late_interest(
    gross: Gross,
    due: NaiveDate,
    paid: NaiveDate,
    rates: &[Dated<Decimal>],
) -> Result<Option<LateInterest>, PaymentError> {
    let Ok(days @ 1..) = u32::try_from((paid - due).num_days()) else { return Ok(None) };
    let began = first_of_half_year(days_after(due, 1));
    let row = in_force_on(rates, began).ok_or(PaymentError::NoRate(began))?;
    let rate = row.value + Decimal::from(POINTS_ABOVE);
    let yearly = gross.0.to_decimal().checked_mul(rate).ok_or(AmountError::OutOfRange)?;
    let exact = yearly.checked_mul(days.into()).ok_or(AmountError::OutOfRange)?;
    // Percent and days of the year in one division, so that nothing is rounded before the end.
    let interest = Cents::rounded(exact / Decimal::from(36_500)).map(Gross)?;
    let source = row.source.clone();
    Ok(Some(LateInterest { days, rate, source, interest, recovery_costs: RECOVERY_COSTS }))
}

fn first_of_half_year(day: NaiveDate) -> NaiveDate {
    let month = if day.month() <= 6 { 1 } else { 7 };
    NaiveDate::from_ymd_opt(day.year(), month, 1).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn rates(from: &str, to: Option<&str>) -> Vec<Dated<Decimal>> {
        let (from, to) = (day(from), to.map(day));
        vec![Dated { from, to, value: Decimal::new(215, 2), source: "BCE, 11/06/2025".into() }]
    }

    #[test]
    fn rule_22_received_on_1_september_paid_20_days_late_costs_9_12_and_40() {
        let due = due_date(day("2026-09-01"), None, None).unwrap();
        assert_eq!(due, day("2026-10-01"));
        let rates = rates("2025-06-11", Some("2026-12-31"));
        let late =
            |paid| late_interest(Gross::from_cents(164_025), due, day(paid), &rates).unwrap();
        let cost = late("2026-10-21").unwrap();
        assert_eq!((cost.days, cost.rate), (20, Decimal::new(1015, 2)));
        assert_eq!((cost.interest.cents(), cost.recovery_costs.cents()), (912, 4000));
        assert_eq!(cost.source, "BCE, 11/06/2025");
        assert_eq!(late("2026-10-01"), None);
        assert_eq!(late("2026-10-02").unwrap().days, 1);
        assert_eq!(late("2026-09-15"), None);
    }

    #[test]
    fn rule_22_without_the_rate_of_the_half_year_nothing_is_computed() {
        let rates = rates("2025-06-11", Some("2025-12-31"));
        let gross = Gross::from_cents(164_025);
        let late = |due| late_interest(gross, day(due), day("2026-12-01"), &rates).map(|_| ());
        assert_eq!(late("2026-10-01"), Err(PaymentError::NoRate(day("2026-07-01"))));
        assert_eq!(late("2026-06-29"), Err(PaymentError::NoRate(day("2026-01-01"))));
        assert_eq!(late("2026-06-30"), Err(PaymentError::NoRate(day("2026-07-01"))));
        assert_eq!(late("2025-12-30"), Ok(()));
    }

    #[test]
    fn rule_22_the_delay_begins_with_the_later_of_invoice_and_service_and_stops_once() {
        let stop = |from, to: Option<&str>| Some(Suspension { from: day(from), to: to.map(day) });
        for (service, suspension, expected) in [
            (None, None, Ok("2026-10-01")),
            (Some("2026-08-20"), None, Ok("2026-10-01")),
            (Some("2026-09-10"), None, Ok("2026-10-10")),
            (None, stop("2026-09-10", Some("2026-09-17")), Ok("2026-10-08")),
            (None, stop("2026-08-30", Some("2026-09-03")), Ok("2026-10-03")),
            (None, stop("2026-09-10", None), Err(PaymentError::Suspended(day("2026-09-10")))),
            (None, stop("2026-09-10", Some("2026-09-09")), Err(PaymentError::BadSuspension)),
            (None, stop("2026-10-02", Some("2026-10-09")), Err(PaymentError::BadSuspension)),
        ] {
            let found = due_date(day("2026-09-01"), service.map(day), suspension);
            assert_eq!(found, expected.map(day), "{service:?} {suspension:?}");
        }
    }
}
