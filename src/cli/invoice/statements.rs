//! `--out`: one statement a member, and the manifest of all.
//!
//! From files alone nothing is known of orders and conventions: the invoice's buyer is the
//! coordinator that will ask for the money, and the statement bears the invoice's date, so
//! that the same files always give the same bytes.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::path::Path;

use domain::invoices::allocation::MemberShare;
use domain::invoices::arithmetic::Syntax;
use domain::invoices::einvoice::EInvoice;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::cli::outcome::{Failure, Outcome};
use crate::documents::allocation_statement::{Payment, render};
use crate::documents::parties::{Buyer, Letterhead};
use crate::usecases::invoices::share::Shared;
use crate::usecases::invoices::statement::{
    Addressee, Around, Statements, attachment, file_name_part,
};

#[derive(Serialize)]
struct Entry {
    file: String,
    sha256: String,
    pages: usize,
    gross: String,
}

/// Writes the statements one after the other, then the manifest: who finds it finds them all.
pub(super) fn write(shared: &Shared, file: &[u8], folder: &Path) -> Outcome {
    let invoice = &shared.reading.invoice;
    let failed = |error: &dyn std::fmt::Display| {
        Failure::Program(format!("Les relevés n’ont pas pu être produits : {error}."))
    };
    let around = around(shared, file);
    let statements =
        Statements::new(invoice, &shared.allocation, around).map_err(|error| failed(&error))?;
    fs::create_dir_all(folder).map_err(|error| {
        Failure::Program(format!(
            "Le dossier {} ne peut pas être créé ({error}) : choisissez-en un autre.",
            folder.display()
        ))
    })?;
    let members = &shared.allocation.members;
    let progress = progress(members.len());
    let mut names = HashSet::new();
    let mut manifest = Vec::with_capacity(members.len());
    for member in members {
        let statement =
            statements.of(member, addressee(invoice, member)).map_err(|error| failed(&error))?;
        let paper = render(&statement).map_err(|error| {
            Failure::Refused(format!("{} : {}", member.name, error.for_the_reader()))
        })?;
        let name = name(&mut names, member, invoice);
        put(folder, &name, &paper.bytes)?;
        manifest.push(Entry {
            file: name,
            sha256: paper.sha256,
            pages: paper.pages,
            gross: member.gross.machine(),
        });
        progress.inc(1);
    }
    progress.finish_and_clear();
    let text = serde_json::to_vec_pretty(&manifest).map_err(|error| failed(&error))?;
    put(folder, "manifest.json", &text)
}

fn around(shared: &Shared, file: &[u8]) -> Around {
    let invoice = &shared.reading.invoice;
    let syntax = match shared.reading.syntax {
        Syntax::Ubl => "UBL",
        Syntax::Cii => "CII",
    };
    Around {
        letterhead: Letterhead {
            name: invoice.buyer.name.clone(),
            // « l’avis des sommes à payer du coordonnateur »: the buyer’s own name has a gender.
            short_name: "coordonnateur".to_owned(),
            service: String::new(),
            siret: invoice.buyer.siret.as_deref().and_then(|text| text.parse().ok()),
            address: Vec::new(),
            contact: String::new(),
        },
        issued_on: invoice.issue_date,
        order_number: invoice.order_reference.clone(),
        contract: None,
        convention: None,
        attachment: attachment(invoice, file, syntax),
    }
}

/// A member that is the invoice's buyer pays the supplier itself.
fn addressee(invoice: &EInvoice, member: &MemberShare) -> Addressee {
    let is_buyer = invoice.buyer.siret.as_deref() == Some(member.siret.as_str());
    let payment = match invoice.due_date {
        Some(due_on) if is_buyer => Payment::ToHolder { due_on },
        Some(_) | None => Payment::AwaitNotice { supplier_due_on: invoice.due_date },
    };
    let name = if member.name.is_empty() { member.siret.to_string() } else { member.name.clone() };
    Addressee {
        number: format!("{}-{}", invoice.number, member.siret),
        member: Buyer {
            name,
            siret: member.siret.clone(),
            address: Vec::new(),
            service_code: None,
            commitment_number: None,
        },
        credits: Vec::new(),
        payment,
        accounts: Vec::new(),
    }
}

/// `SIRET_invoice-number.pdf`; a clash adds `-2`.
fn name(names: &mut HashSet<String>, member: &MemberShare, invoice: &EInvoice) -> String {
    let stem = format!("{}_{}", member.siret, file_name_part(&invoice.number));
    let mut name = format!("{stem}.pdf");
    let mut count = 1;
    while !names.insert(name.clone()) {
        count += 1;
        name = format!("{stem}-{count}.pdf");
    }
    name
}

/// Writes beside, then renames: a file that has its name is whole.
fn put(folder: &Path, name: &str, bytes: &[u8]) -> Outcome {
    let (path, beside) = (folder.join(name), folder.join(format!("{name}.part")));
    let written = fs::File::create(&beside)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&beside, &path));
    written.map_err(|error| {
        Failure::Program(format!(
            "{} n’a pas pu être écrit ({error}) : libérez de la place ou choisissez un autre dossier, \
             puis relancez.",
            path.display()
        ))
    })
}

/// On standard error, and only where somebody watches.
fn progress(members: usize) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(members).unwrap_or(u64::MAX));
    match ProgressStyle::with_template("Relevés {bar:40} {pos}/{len}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
