//! When people are reminded of what waits for them.

use chrono::NaiveDate;

/// Days before a closing on which a reminder leaves: time to ask the council, time to count the
/// boxes, time to answer, and the last evening.
pub const DAYS_BEFORE: [i64; 4] = [21, 10, 3, 1];

/// Whether a reminder of what closes on `closes_on` leaves on `day`.
pub fn leaves_on(day: NaiveDate, closes_on: NaiveDate) -> bool {
    DAYS_BEFORE.contains(&(closes_on - day).num_days())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_reminders_leave_before_a_closing_and_none_after() {
        let closes_on: NaiveDate = "2026-12-15".parse().unwrap();
        let leaving: Vec<String> = (-5..40)
            .map(|days| closes_on - chrono::Duration::days(days))
            .filter(|day| leaves_on(*day, closes_on))
            .map(|day| day.to_string())
            .collect();
        assert_eq!(leaving, ["2026-12-14", "2026-12-12", "2026-12-05", "2026-11-24"]);
    }
}
