//! The coordinator's pages for what is bought: contracts, order windows, orders, deliveries,
//! conventions, members and the journal.
//!
//! They are read all day by people who know the trade: dense lists, figures, the keyboard. Whatever
//! binds is asked twice, the first time with what it will do in figures.

mod amending;
mod contract;
mod contracts;
mod conventions;
mod deliveries;
mod drafting;
mod founding;
mod holder;
mod issuing;
mod journal;
mod journal_words;
mod lists;
mod member;
mod members;
mod membership;
mod merging;
mod order;
mod order_paper;
mod order_steps;
mod orders;
mod packs;
mod papers;
mod people;
mod registering;
mod revision;
mod window;
mod words;

use chrono::NaiveDate;

use super::form::Errors;
use super::routes::{Routes, Row};

pub(super) fn routes() -> Routes {
    Routes::new()
        .merge(contracts::routes())
        .merge(contract::routes())
        .merge(revision::routes())
        .merge(window::routes())
        .merge(drafting::routes())
        .merge(issuing::routes())
        .merge(packs::routes())
        .merge(holder::routes())
        .merge(orders::routes())
        .merge(order::routes())
        .merge(order_steps::routes())
        .merge(order_paper::routes())
        .merge(amending::routes())
        .merge(deliveries::routes())
        .merge(founding::routes())
        .merge(conventions::routes())
        .merge(membership::routes())
        .merge(registering::routes())
        .merge(lists::routes())
        .merge(members::routes())
        .merge(member::routes())
        .merge(people::routes())
        .merge(merging::routes())
        .merge(papers::routes())
        .merge(journal::routes())
}

/// A day as browsers send it; what is none is an error of its field.
fn day(text: &str, field: &str, errors: &mut Errors) -> Option<NaiveDate> {
    let parsed = text.trim().parse().ok();
    if parsed.is_none() {
        errors.add(field, "Indiquez une date, par exemple 15/03/2027.");
    }
    parsed
}

/// A day that may be left out.
fn maybe_day(text: &str, field: &str, errors: &mut Errors) -> Option<NaiveDate> {
    if text.trim().is_empty() { None } else { day(text, field, errors) }
}

/// A text that may not be empty.
fn text(typed: &str, field: &str, message: &str, errors: &mut Errors) -> String {
    let typed = typed.trim();
    if typed.is_empty() {
        errors.add(field, message);
    }
    typed.to_owned()
}
