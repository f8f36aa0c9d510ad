//! Where one invoice stands beside its order and its due date, in figures and words.

use domain::french;
use domain::invoices::freight::Freight;
use domain::invoices::state::InvoiceState;
use minijinja::{Value, context};

use crate::store::invoices::StoredInvoice;
use crate::usecases::invoices::{ComparedLine, Late, standing};

/// What is in dispute, what its credit notes cover, what is left.
pub(super) fn dispute(
    invoice: &StoredInvoice,
    lines: &[ComparedLine],
    credits: &[StoredInvoice],
) -> Option<Value> {
    if invoice.state != InvoiceState::Disputed || invoice.kind.is_credit() {
        return None;
    }
    let standing = standing(lines, credits);
    Some(context! {
        disputed => standing.disputed.french(),
        credits => standing.credits,
        credited => standing.credited.french(),
        left => standing.left().french(),
        settled => standing.credits > 0 && standing.left().cents() == 0,
        href => format!("/comptabilite/factures/{}/repartition", invoice.id),
    })
}

/// The freight billed beside the order's.
pub(super) fn freight(freight: Freight) -> Value {
    context! {
        ordered => freight.ordered.french(),
        before => freight.before.french(),
        billed => freight.billed.french(),
        agrees => freight.too_much().is_none(),
        difference => freight.too_much().map_or_else(
            || "Conforme".to_owned(),
            |more| format!("{} HT de trop", more.french()),
        ),
        words => freight.french(),
    }
}

/// What it costs that the invoice is or was paid late; nothing in time.
pub(super) fn late(late: &Late, invoice: &StoredInvoice) -> Option<Value> {
    let due = invoice.due_on.map(french::date).unwrap_or_default();
    match late {
        Late::No => None,
        Late::Costs(cost) => {
            let count = usize::try_from(cost.days).unwrap_or(usize::MAX);
            let both = cost.interest.plus(cost.recovery_costs).unwrap_or(cost.interest);
            Some(context! {
                unknown => None::<String>,
                paid => invoice.paid_on.is_some(),
                days => format!(
                    "{} {}",
                    french::count(count),
                    french::plural(count, "jour", "jours")
                ),
                due => due,
                rate => format!("{} % l’an", french::decimal(cost.rate.normalize())),
                source => cost.source.as_str(),
                interest => cost.interest.french(),
                costs => cost.recovery_costs.french(),
                total => both.french(),
            })
        }
        Late::NoRate(day) => Some(context! {
            due => due,
            unknown => french::date(*day),
            paid => invoice.paid_on.is_some(),
            source => None::<String>,
        }),
    }
}
