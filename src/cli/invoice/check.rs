//! `travee invoice check`: judges one file alone.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use domain::french;
use domain::invoices::einvoice::EInvoice;

use crate::cli::outcome::{Failure, Outcome};
use crate::cli::{file, output};
use crate::exchange::einvoice::{self, Reading, Reason, Refusal, Report};

const EXAMPLES: &str = "\
Exemples :
  travee invoice check facture.xml
  travee invoice check facture.pdf --json > rapport.json

Code de sortie : 0 facture acceptée (même avec des avertissements), 3 facture refusée.
Ce qui dépend d’une commande ou des factures antérieures est jugé à l’arrivée dans le service.";

/// Lit et juge une facture électronique (UBL 2.1, CII ou PDF Factur-X).
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Check {
    /// La facture : XML (UBL 2.1 ou CII) ou PDF Factur-X, 10 Mo au plus
    #[arg(value_name = "FICHIER")]
    file: PathBuf,
    /// Répond en JSON sur la sortie standard
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(&self) -> Outcome {
        let bytes = file::read(&self.file, einvoice::MAX_BYTES)?;
        let verdict = einvoice::read(&bytes);
        if self.json {
            output::json(&Report::from(&verdict))?;
        } else {
            output::line(&in_french(&verdict))?;
        }
        match verdict {
            Ok(_) => Ok(()),
            Err(refusal) => Err(Failure::Refused(last_word(&refusal))),
        }
    }
}

fn last_word(refusal: &Refusal) -> String {
    let count = refusal.reasons.iter().filter(|reason| reason.code.refuses()).count();
    let number = french::count(count);
    format!("Facture refusée : {number} {}.", french::plural(count, "motif", "motifs"))
}

fn in_french(verdict: &Result<Reading, Box<Refusal>>) -> String {
    let mut text = String::new();
    let (heading, invoice, reasons) = match verdict {
        Ok(reading) if reading.warnings.is_empty() => {
            ("Facture acceptée.", Some(&reading.invoice), &reading.warnings)
        }
        Ok(reading) => {
            ("Facture acceptée avec avertissements.", Some(&reading.invoice), &reading.warnings)
        }
        Err(refusal) => ("Facture refusée.", refusal.invoice.as_deref(), &refusal.reasons),
    };
    text.push_str(heading);
    if let Some(invoice) = invoice {
        text.push_str(&summary(invoice));
    }
    let (refusing, warnings): (Vec<_>, Vec<_>) =
        reasons.iter().partition(|reason| reason.code.refuses());
    list(&mut text, "Motifs de refus", &refusing);
    list(&mut text, "Avertissements", &warnings);
    text
}

fn summary(invoice: &EInvoice) -> String {
    let kind = if invoice.kind.is_credit() { "Avoir" } else { "Facture" };
    let totals = &invoice.totals;
    let order = invoice.order_reference.as_deref().unwrap_or("aucune");
    let lines = invoice.lines.len();
    format!(
        "\n\n{kind} {} du {}\nFournisseur : {}\nAcheteur : {}\nCommande : {order}\n{} {}\n\
         Total HT {} · TVA {} · TTC {} · à payer {}",
        invoice.number,
        french::date(invoice.issue_date),
        invoice.seller.name,
        invoice.buyer.name,
        french::count(lines),
        french::plural(lines, "ligne", "lignes"),
        totals.net,
        totals.vat,
        totals.gross,
        totals.payable,
    )
}

fn list(text: &mut String, heading: &str, reasons: &[&Reason]) {
    if reasons.is_empty() {
        return;
    }
    text.push_str("\n\n");
    text.push_str(heading);
    text.push_str(" :");
    for reason in reasons {
        let rule = reason.rule.as_ref().map_or(String::new(), |rule| format!(" [{rule}]"));
        // Writing to a String does not fail.
        let _ = write!(text, "\n- {}{rule}", reason.message);
    }
}
