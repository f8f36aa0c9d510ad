//! What readers are told of an invoice: where it stands, what may be done with it.

use domain::french;
use domain::invoices::state::{InvoiceAction as A, InvoiceState as S};
use domain::money::Cents;
use domain::quantity::Quantity;
use minijinja::{Value, context};
use rust_decimal::Decimal;

use crate::store::invoices::StoredInvoice;
use crate::web::listing::Cell;

/// The tone of a state's word.
pub(super) fn tone(state: S) -> &'static str {
    match state {
        S::Received | S::Checked | S::Matched => "open",
        S::Allocated | S::Suspended => "warn",
        S::Validated | S::Paid => "good",
        S::Disputed => "bad",
        S::Rejected => "quiet",
    }
}

pub(super) fn state_cell(state: S) -> Cell {
    Cell::state(state.french(), tone(state))
}

/// « Facture FA-12 », « Avoir A-3 ».
pub(super) fn title(invoice: &StoredInvoice) -> String {
    format!("{} {}", kind(invoice), invoice.number)
}

pub(super) fn kind(invoice: &StoredInvoice) -> &'static str {
    if invoice.kind.is_credit() { "Avoir" } else { "Facture" }
}

/// « la facture », « l’avoir ».
pub(super) fn the(invoice: &StoredInvoice) -> &'static str {
    if invoice.kind.is_credit() { "l’avoir" } else { "la facture" }
}

/// What is expected next, in one sentence.
pub(super) fn expected(invoice: &StoredInvoice) -> &'static str {
    match (invoice.state, invoice.kind.is_credit()) {
        (S::Received | S::Checked, _) => "Les contrôles sont en cours.",
        (S::Matched, false) => {
            "La facture correspond à sa commande et aux quantités admises : répartissez-la entre \
             les membres."
        }
        (S::Matched, true) => "L’avoir correspond à sa commande : répartissez-le.",
        (S::Allocated, _) => {
            "Les parts sont calculées. Une autre personne que celle qui les a réparties doit les \
             valider."
        }
        (S::Validated, false) => {
            "Les parts sont validées. Émettez les relevés des membres et payez avant l’échéance."
        }
        (S::Validated, true) => {
            "Les parts sont validées. Émettez les relevés et indiquez quand l’avoir est déduit."
        }
        (S::Paid, false) => "La facture est payée : plus rien n’est à faire.",
        (S::Paid, true) => "L’avoir est déduit : plus rien n’est à faire.",
        (S::Disputed, _) => {
            "Le fournisseur doit répondre : par un ou plusieurs avoirs, ou par une livraison. \
             Reprenez ensuite le contrôle."
        }
        (S::Suspended, _) => {
            "Le délai de paiement est arrêté. Reprenez quand la pièce attendue est arrivée."
        }
        (S::Rejected, _) => "Le fournisseur doit en envoyer une autre : plus rien n’est à faire.",
    }
}

/// How the journal's code of a step reads.
pub(super) fn step(action: &str) -> &'static str {
    let code = action.strip_prefix("invoice.").unwrap_or(action);
    match A::from_code(code) {
        Some(A::Check) => "Vérifiée",
        Some(A::Match) => "Rapprochée de la commande",
        Some(A::Allocate) => "Répartie entre les membres",
        Some(A::Validate) => "Répartition validée",
        Some(A::Pay) => "Payée",
        Some(A::Dispute) => "Mise en litige",
        Some(A::Suspend) => "Paiement suspendu",
        Some(A::Resume) => "Reprise",
        Some(A::Waive) => "Litige clos avec un motif",
        Some(A::Reopen) => "Répartition annulée",
        Some(A::Reject) => "Rejetée",
        None => "Reçue",
    }
}

pub(super) fn euros(cents: i64) -> String {
    Cents(cents).french()
}

/// A price with as many decimals as it has, two at least.
pub(super) fn price(value: Decimal) -> String {
    let mut value = value.normalize();
    if value.scale() < 2 {
        value.rescale(2);
    }
    format!("{}\u{a0}€", french::decimal(value))
}

pub(super) fn quantity(milli: i64) -> String {
    Quantity::from_thousandths(milli.abs()).map_or_else(|_| milli.to_string(), Quantity::french)
}

/// For `parts.figures`.
pub(super) fn figure(value: impl Into<String>, words: &str) -> Value {
    context! { value => value.into(), words => words }
}
