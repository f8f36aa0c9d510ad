//! Dated rows, and what "today" means in Pas-de-Calais.

use chrono::{DateTime, Duration, Months, NaiveDate, Utc};
use chrono_tz::Europe::Paris;

/// What a decree can change, with the days it holds and the text that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated<T> {
    /// The first day it holds.
    pub from: NaiveDate,
    /// The last day it holds; open when `None`.
    pub to: Option<NaiveDate>,
    pub value: T,
    /// The text that set it, as cited to users.
    pub source: String,
}

impl<T> Dated<T> {
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }
}

/// The row in force on `day`; `None` when the table knows none: the caller says so rather
/// than guess. Of several, the one that began last.
pub fn in_force_on<T>(rows: &[Dated<T>], day: NaiveDate) -> Option<&Dated<T>> {
    rows.iter().filter(|row| row.holds_on(day)).max_by_key(|row| row.from)
}

/// The civil day of `instant` in France (Europe/Paris).
pub fn paris_day(instant: DateTime<Utc>) -> NaiveDate {
    instant.with_timezone(&Paris).date_naive()
}

/// What the clock on a wall in France shows at `instant`.
pub fn paris_time(instant: DateTime<Utc>) -> chrono::NaiveDateTime {
    instant.with_timezone(&Paris).naive_local()
}

/// The last day of a period of `months` that begins on `start`: it ends the day before the
/// same day of the month. 48 months from 14/09/2026 end on 13/09/2030.
pub fn last_day(start: NaiveDate, months: u32) -> Option<NaiveDate> {
    (start + Months::new(months)).pred_opt()
}

/// `start` and `months` more, on the same day of the month (its last day where it has none).
pub fn months_after(start: NaiveDate, months: u32) -> NaiveDate {
    start + Months::new(months)
}

/// `start` and `days` more.
pub fn days_after(start: NaiveDate, days: u32) -> NaiveDate {
    start + Duration::days(i64::from(days))
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_ends_at_midnight_in_paris_not_in_greenwich() {
        let late = Utc.with_ymd_and_hms(2026, 12, 15, 22, 59, 59).unwrap();
        assert_eq!(paris_day(late), day("2026-12-15"));
        let later = Utc.with_ymd_and_hms(2026, 12, 15, 23, 0, 0).unwrap();
        assert_eq!(paris_day(later), day("2026-12-16"));
        let summer = Utc.with_ymd_and_hms(2026, 7, 1, 22, 0, 0).unwrap();
        assert_eq!(paris_day(summer), day("2026-07-02"));
    }

    #[test]
    fn forty_eight_months_end_the_day_before() {
        assert_eq!(last_day(day("2026-09-14"), 48), Some(day("2030-09-13")));
    }

    #[test]
    fn the_row_in_force_is_the_one_whose_days_hold() {
        let row = |from: &str, to: Option<&str>, value| Dated {
            from: day(from),
            to: to.map(day),
            value,
            source: String::new(),
        };
        let rows = [row("2020-01-01", Some("2026-03-31"), 40_000), row("2026-04-01", None, 60_000)];
        let at = |text| in_force_on(&rows, day(text)).map(|row| row.value);
        assert_eq!(at("2019-12-31"), None);
        assert_eq!(at("2026-03-31"), Some(40_000));
        assert_eq!(at("2026-04-01"), Some(60_000));
    }
}
