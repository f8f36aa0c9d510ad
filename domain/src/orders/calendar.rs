//! The days of an order: when it may be placed, when it must be delivered.
//!
//! An order is placed while its contract runs (R2162-13 CCP, rule 4); delivery may
//! come later. Drafts change while their window is open. What is priced by the
//! consolidated quantity gets its price when the window closes, and can only be
//! validated after. First and last day both count.

use chrono::NaiveDate;

use crate::dates::days_after;
use crate::french;

/// From a first to a last day, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

impl Period {
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.from <= day && day <= self.to
    }
}

/// No order can be placed on that day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DayRefused {
    #[error("{day} is outside the contract, {} to {}", .contract.from, .contract.to)]
    OutsideContract { day: NaiveDate, contract: Period },
    #[error("{day} is outside the window, {} to {}", .window.from, .window.to)]
    OutsideWindow { day: NaiveDate, window: Period },
    #[error("on {day} the window is open until {}, prices come after", .window.to)]
    NotPricedYet { day: NaiveDate, window: Period },
}

impl DayRefused {
    pub fn for_the_reader(&self) -> String {
        let (what, day, period) = match self {
            Self::OutsideContract { day, contract } => ("le marché court", day, contract),
            Self::OutsideWindow { day, window } => ("la période de commande va", day, window),
            Self::NotPricedYet { day, window } => {
                ("les prix dépendent des quantités commandées", day, window)
            }
        };
        format!(
            "Impossible le {} : {what} du {} au {}.",
            french::date(*day),
            french::date(period.from),
            french::date(period.to)
        )
    }
}

/// Whether an order may be placed on `day` under the contract (rule 4).
pub fn within_contract(contract: Period, day: NaiveDate) -> Result<(), DayRefused> {
    if contract.holds(day) { Ok(()) } else { Err(DayRefused::OutsideContract { day, contract }) }
}

/// Whether a draft may be changed on `day`.
pub fn within_window(window: Period, day: NaiveDate) -> Result<(), DayRefused> {
    if window.holds(day) { Ok(()) } else { Err(DayRefused::OutsideWindow { day, window }) }
}

/// Whether a draft may be validated on `day`: from the window's first day on, or only after
/// its last one where the prices depend on what all order.
pub fn ready_to_validate(
    window: Period,
    priced_at_close: bool,
    day: NaiveDate,
) -> Result<(), DayRefused> {
    if day < window.from {
        Err(DayRefused::OutsideWindow { day, window })
    } else if priced_at_close && day <= window.to {
        Err(DayRefused::NotPricedYet { day, window })
    } else {
        Ok(())
    }
}

/// The last day to deliver, `delay` days after the order was issued.
pub fn deliver_by(issued_on: NaiveDate, delay: u32) -> NaiveDate {
    days_after(issued_on, delay)
}

/// How many days after its last day a delivery came; 0 in time.
pub fn days_late(deliver_by: NaiveDate, delivered_on: NaiveDate) -> u32 {
    u32::try_from((delivered_on - deliver_by).num_days()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dates::last_day;
    use crate::orders::fixtures::day;

    #[test]
    fn rule_4_the_last_day_to_order_is_the_last_of_the_contract() {
        let from = day("2026-09-14");
        let contract = Period { from, to: last_day(from, 48).unwrap() };
        for (on, allowed) in [
            ("2026-09-13", false),
            ("2026-09-14", true),
            ("2030-09-13", true),
            ("2030-09-14", false),
        ] {
            assert_eq!(within_contract(contract, day(on)).is_ok(), allowed, "{on}");
        }
    }

    #[test]
    fn what_is_priced_by_the_quantity_of_all_is_validated_after_the_window() {
        let window = Period { from: day("2026-09-01"), to: day("2026-09-30") };
        for (on, by_contract, by_quantity) in [
            ("2026-08-31", false, false),
            ("2026-09-01", true, false),
            ("2026-09-30", true, false),
            ("2026-10-01", true, true),
        ] {
            let ready = |at_close| ready_to_validate(window, at_close, day(on)).is_ok();
            assert_eq!((ready(false), ready(true)), (by_contract, by_quantity), "{on}");
        }
    }

    #[test]
    fn a_delivery_on_its_last_day_is_in_time() {
        let last = deliver_by(day("2026-09-14"), 21);
        assert_eq!(last, day("2026-10-05"));
        for (on, late) in [("2026-10-04", 0), ("2026-10-05", 0), ("2026-10-17", 12)] {
            assert_eq!(days_late(last, day(on)), late, "{on}");
        }
    }
}
