//! Allocation against the six rules, by a check of its own and with the numbers of the dossier.
#![expect(clippy::unwrap_used, reason = "a test may stop")]

mod build;
mod check;
mod properties;
mod rational;
mod rules;
