//! What a buyer tries on the consolidation, kept in the address so that it can be sent.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::french;
use domain::group::convention::PackingPolicy;
use domain::money::{Cents, Net};

use super::show::Desk;
use crate::usecases::tenders::{Choice, WhatIf};
use crate::web::form::{Errors, Fields};

/// The longest duration that a field takes: beyond it nobody means months.
const MOST_MONTHS: u32 = 120;

/// An amount in euros before VAT, as typed.
pub(super) fn net(text: &str) -> Option<Net> {
    let amount = Cents::exactly(french::parse_decimal(text).ok()?).ok()?;
    (amount > Cents::default()).then_some(Net(amount))
}

/// What was tried, and what of it cannot be read; that part is left as the convention has it.
pub(super) fn read(desk: &Desk, fields: &Fields, errors: &mut Errors) -> WhatIf {
    let census = &desk.census.census;
    let usual = u32::try_from(census.years * 12).unwrap_or(u32::MAX);
    let mut choices = BTreeMap::new();
    for lot in desk.convention.lots.iter().filter(|lot| census.lots.contains(&lot.id)) {
        let id = lot.id;
        let months = match fields.text(&format!("mois-{id}")) {
            "" => usual,
            text => text
                .parse()
                .ok()
                .filter(|months| (1..=MOST_MONTHS).contains(months))
                .unwrap_or_else(|| {
                    let message = format!(
                        "Lot {} : saisissez une durée en mois, par exemple 48.",
                        lot.number
                    );
                    errors.add(&format!("mois-{id}"), message);
                    usual
                }),
        };
        let ceiling = match fields.text(&format!("max-{id}")) {
            "" => None,
            text => {
                let found = net(text);
                if found.is_none() {
                    let message = format!(
                        "Lot {} : saisissez un montant HT, par exemple 120 000.",
                        lot.number
                    );
                    errors.add(&format!("max-{id}"), message);
                }
                found
            }
        };
        let packing = PackingPolicy::from_code(fields.text(&format!("cond-{id}")))
            .unwrap_or(lot.terms.packing());
        choices.insert(id, Choice { months, ceiling, packing });
    }
    let launched_on = match fields.text("lancement") {
        "" => None,
        text => {
            let found = text.parse::<NaiveDate>().ok();
            if found.is_none() {
                errors.add("lancement", "Indiquez une date, par exemple 15/01/2027.");
            }
            found
        }
    };
    WhatIf { choices, launched_on }
}
