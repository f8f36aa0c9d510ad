//! Counts and their nouns, as these pages say them.

use minijinja::{Value, context};

/// A whole number of percent, cut down: 100 only when all are there.
pub(super) fn percent(part: i64, whole: i64) -> i64 {
    if whole <= 0 { 0 } else { (part.max(0).saturating_mul(100) / whole).min(100) }
}

/// A line of a confirm panel: what, and how much.
pub(super) fn figure(words: &str, value: impl Into<String>) -> Value {
    context! { words => words, value => value.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_percent_is_said_only_when_all_have_answered() {
        for (part, whole, said) in [(0, 0, 0), (905, 906, 99), (906, 906, 100), (1, 906, 0)] {
            assert_eq!(percent(part, whole), said);
        }
    }
}
