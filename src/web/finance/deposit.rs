//! Dropping suppliers' files, several at once; each one's outcome in words.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::invoices::state::InvoiceState;
use minijinja::{Value, context};

use super::words::tone;
use crate::store::invoices::Severity;
use crate::usecases::invoices::{Dropped, Outcome, Received, deposit};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::form::{Errors, new_key};
use crate::web::rights::KeepInvoices;
use crate::web::upload::Upload;

const FORM: &str = "pages/finance/deposit.html";

pub(super) async fn ask(
    State(pages): State<Pages>,
    who: May<KeepInvoices>,
) -> Result<Response, PageError> {
    let values = context! { errors => Errors::none().view(), key => new_key()?, freight => "" };
    pages.page(&who, FORM, values).await
}

pub(super) async fn take(
    State(pages): State<Pages>,
    who: May<KeepInvoices>,
    upload: Upload,
) -> Result<Response, PageError> {
    let typed = upload.fields.text("port").to_owned();
    let key = upload.fields.text("cle").to_owned();
    let mut errors = Errors::none();
    if upload.files.is_empty() {
        errors.add(
            "fichiers",
            "Choisissez au moins un fichier : une facture XML (UBL ou CII) ou un PDF Factur-X.",
        );
    }
    if key.is_empty() {
        return Err(PageError::BadRequest("a deposit without its key".into()));
    }
    if !errors.is_empty() {
        let values = context! { errors => errors.view(), key => key, freight => typed };
        return pages.again(&who, FORM, values).await;
    }
    let freight: BTreeSet<String> = typed
        .split([',', ';', ' '])
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect();
    let files = upload.files.into_iter().map(|file| Dropped { name: file.name, bytes: file.bytes });
    let outcomes = deposit(&pages.app, &who.actor(), files.collect(), &freight, &key).await?;
    let taken = outcomes.iter().filter(|(_, outcome)| is_taken(outcome)).count();
    let total = outcomes.len();
    let values = context! {
        words => format!(
            "{taken} {} sur {total} {} à traiter.",
            french::plural(taken, "fichier", "fichiers"),
            french::plural(taken, "entre dans les factures", "entrent dans les factures"),
        ),
        outcomes => outcomes.iter().map(|(name, one)| outcome(name, one)).collect::<Vec<_>>(),
    };
    pages.page(&who, "pages/finance/deposited.html", values).await
}

fn is_taken(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Received(received) => received.state != InvoiceState::Rejected,
        Outcome::AlreadyHere { .. } => false,
    }
}

fn outcome(name: &str, outcome: &Outcome) -> Value {
    match outcome {
        Outcome::AlreadyHere { invoice, number } => context! {
            name => name,
            title => "déjà reçue",
            tone => "quiet",
            words => format!(
                "Ce fichier est déjà là : c’est la facture {number}. Rien n’a été ajouté."
            ),
            findings => Vec::<Value>::new(),
            href => format!("/comptabilite/factures/{invoice}"),
        },
        Outcome::Received(received) => context! {
            name => name,
            title => if received.invoice.is_none() { "refusé" } else { received.state.french() },
            tone => if received.invoice.is_none() { "bad" } else { tone(received.state) },
            words => words(received),
            findings => received.findings.iter().map(|finding| context! {
                blocking => finding.severity == Severity::Blocking,
                message => finding.message.as_str(),
            }).collect::<Vec<_>>(),
            href => received.invoice.map(|id| format!("/comptabilite/factures/{id}")),
        },
    }
}

fn words(received: &Received) -> String {
    let number = received.number.as_deref().unwrap_or("sans numéro lisible");
    let sentence = match (received.invoice, received.state) {
        (None, _) => {
            "Ce fichier n’est pas entré dans les factures. Rien n’a été modifié ; voici pourquoi et \
             quoi faire."
        }
        (Some(_), InvoiceState::Rejected) => {
            "La facture est rejetée : le fournisseur doit en envoyer une autre. Voici pourquoi."
        }
        (Some(_), InvoiceState::Disputed) => {
            "La facture est reçue et mise en litige : elle ne peut pas être répartie telle quelle."
        }
        (Some(_), _) if received.findings.is_empty() => {
            "La facture est reçue. Elle correspond à sa commande et aux quantités admises."
        }
        (Some(_), _) => "La facture est reçue. Lisez ces remarques avant de la répartir.",
    };
    match received.invoice {
        Some(_) => format!("Facture {number}. {sentence}"),
        None => sentence.to_owned(),
    }
}
