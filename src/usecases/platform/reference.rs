//! Adding the dated rows that a text publishes between two releases of the program.

use chrono::{Datelike, NaiveDate};
use domain::french;
use domain::money::Cents;
use rust_decimal::Decimal;

use crate::store::platform;
use crate::store::reference::{self as store, StoredInterest};
use crate::usecases::{Actor, App, UseCaseError};

/// Eight points above the refinancing rate (R2192-31 CCP).
fn margin() -> Decimal {
    Decimal::new(800, 2)
}

/// The flat indemnity for recovery costs (D2192-35 CCP).
const FLAT_RECOVERY: Cents = Cents(4_000);

/// The highest rate that is no slip of the keyboard, in percent.
const HIGHEST: i64 = 25;

/// The ECB's refinancing rate of a half-year, as published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRate {
    /// 1 January or 1 July.
    pub from: NaiveDate,
    pub refinancing_rate: Decimal,
    pub source: String,
}

/// Adds the late-interest rate of one half-year, which no row covers yet.
///
/// # Errors
///
/// A first day that begins no half-year, a rate that cannot be, no source, a half-year that has
/// its row already.
pub async fn add_interest_rate(
    app: &App,
    actor: &Actor,
    new: &NewRate,
) -> Result<(), UseCaseError> {
    let refused = |code: &str, message: &str| Err(UseCaseError::refused(code, message));
    let to = match (new.from.month(), new.from.day()) {
        (1, 1) => new.from.with_month(6).and_then(|day| day.with_day(30)),
        (7, 1) => new.from.with_day(31).and_then(|day| day.with_month(12)),
        _ => None,
    };
    let Some(to) = to else {
        return refused(
            "semestre",
            "Le taux vaut pour un semestre : indiquez un 1er janvier ou un 1er juillet.",
        );
    };
    if new.refinancing_rate < Decimal::ZERO || new.refinancing_rate > Decimal::from(HIGHEST) {
        return refused("taux", "Indiquez le taux en pour cent, par exemple 2,15.");
    }
    if new.refinancing_rate.scale() > 2 {
        return refused("taux", "Le taux a deux décimales au plus, par exemple 2,15.");
    }
    if new.source.trim().is_empty() {
        return refused("source", "Citez la source : le communiqué de la BCE et sa date.");
    }
    let tx = app.store.begin_write().await?;
    let known = store::interest_rates(&tx).await?;
    if known.iter().any(|row| row.holds_on(new.from) || row.holds_on(to)) {
        return refused(
            "deja",
            "Ce semestre a déjà son taux. Une ligne de référence ne change pas.",
        );
    }
    let rate = StoredInterest {
        refinancing_rate: new.refinancing_rate,
        margin: margin(),
        flat_recovery: FLAT_RECOVERY,
    };
    let id = store::add_interest_rate(&tx, &rate, (new.from, to), new.source.trim()).await?;
    let details = format!("{} à partir du {}", new.refinancing_rate, french::date(new.from));
    let entry = app.entry(actor, "interest_rate.add", "interest_rate", id, details);
    platform::append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}
