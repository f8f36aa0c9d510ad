//! `travee invoice allocate`: one invoice in, every member's exact share out.

use std::collections::BTreeSet;
use std::path::PathBuf;

use domain::french;
use domain::invoices::allocation::{Allocation, AllocationKey};
use serde::Serialize;

use crate::cli::outcome::{Failure, Outcome};
use crate::cli::{file, output};
use crate::exchange::allocation::AllocationForm;
use crate::exchange::{einvoice, table};
use crate::usecases::invoices::share::{Fault, FaultCode, Shared, share_files};

use super::statements;

const EXAMPLES: &str = "\
Exemples :
  travee invoice allocate facture.xml --deliveries admis.csv --json
  travee invoice allocate facture.pdf --deliveries admis.csv --charges equal --out releves

Les quantités admises ont les colonnes line,siret,name,quantity et, si l’on veut, site : pour chaque
ligne de la facture (BT-126), ce que chaque membre a admis. Plusieurs lignes d’un même membre
s’additionnent. Toutes les sommes sont celles de la facture, au centime. Si quelque chose est
refusé, chaque raison est nommée, rien n’est écrit, et le code de sortie est 3.";

/// Répartit une facture entre les membres, au centime près
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Allocate {
    /// La facture ou l’avoir : UBL 2.1 ou CII en XML, ou PDF Factur-X
    #[arg(value_name = "FICHIER")]
    file: PathBuf,

    /// Ce que chaque membre a admis de chaque ligne (CSV en UTF-8)
    #[arg(long, value_name = "FICHIER")]
    deliveries: PathBuf,

    /// Clé des frais et remises : net (au prorata du HT des lignes du même taux, si rien n’est
    /// dit), quantity (des quantités admises) ou equal (à parts égales entre points livrés)
    #[arg(long, value_name = "CLÉ", default_value = "net", value_parser = key, hide_default_value = true)]
    charges: AllocationKey,

    /// Une ligne de la facture à répartir comme des frais (BT-126) ; se répète
    #[arg(long, value_name = "LIGNE")]
    freight_line: Vec<String>,

    /// Écrit dans ce dossier un relevé PDF par membre et manifest.json
    #[arg(long, value_name = "DOSSIER")]
    out: Option<PathBuf>,

    /// Répond en JSON sur la sortie standard
    #[arg(long)]
    json: bool,
}

fn key(code: &str) -> Result<AllocationKey, String> {
    match code {
        "net" => Ok(AllocationKey::Net),
        "quantity" => Ok(AllocationKey::Quantity),
        "equal" => Ok(AllocationKey::Equal),
        _ => Err("choisissez net, quantity ou equal".to_owned()),
    }
}

impl Allocate {
    pub(super) fn run(&self) -> Outcome {
        let invoice = file::read(&self.file, einvoice::MAX_BYTES)?;
        let deliveries = file::read(&self.deliveries, table::MAX_BYTES)?;
        let freight: BTreeSet<String> = self.freight_line.iter().cloned().collect();
        let shared = match share_files(&invoice, &deliveries, self.charges, &freight) {
            Ok(shared) => shared,
            Err(faults) => return self.refuse(&faults),
        };
        if let Some(folder) = &self.out {
            statements::write(&shared, &invoice, folder)?;
        }
        self.answer(&shared)
    }

    fn answer(&self, shared: &Shared) -> Outcome {
        if !self.json {
            return output::line(&page(shared));
        }
        let form =
            AllocationForm::of(&shared.reading.invoice, &shared.allocation).map_err(|error| {
                Failure::Program(format!("Le rapport n’a pas pu être écrit : {error}."))
            })?;
        output::json(&form)
    }

    fn refuse(&self, faults: &[Fault]) -> Outcome {
        let refused: Vec<Refused<'_>> = (faults.iter())
            .map(|fault| Refused { line: fault.line, code: fault.code, message: &fault.message })
            .collect();
        if self.json {
            output::json(&Report { refused: &refused })?;
        } else {
            let text: Vec<String> = refused.iter().map(Refused::text).collect();
            output::line(&text.join("\n"))?;
        }
        Err(Failure::Refused("Rien n’a été réparti : corrigez et relancez.".to_owned()))
    }
}

#[derive(Serialize)]
struct Report<'a> {
    refused: &'a [Refused<'a>],
}

#[derive(Serialize)]
struct Refused<'a> {
    /// Of the deliveries; absent where the invoice is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    code: FaultCode,
    message: &'a str,
}

impl Refused<'_> {
    fn text(&self) -> String {
        match self.line {
            Some(line) => format!("Quantités admises, ligne {line} : {}", self.message),
            None => self.message.to_owned(),
        }
    }
}

/// The shares as a page to read.
fn page(shared: &Shared) -> String {
    let (invoice, allocation) = (&shared.reading.invoice, &shared.allocation);
    let head = ["SIRET", "Membre", "HT", "TVA", "TTC", "À payer"].map(str::to_owned).to_vec();
    let mut table = vec![head];
    table.extend(allocation.members.iter().map(|member| {
        vec![
            member.siret.to_string(),
            member.name.clone(),
            member.net.french(),
            member.vat_total.french(),
            member.gross.french(),
            member.payable.french(),
        ]
    }));
    let totals = &invoice.totals;
    table.push(vec![
        String::new(),
        "Facture".to_owned(),
        totals.net.french(),
        totals.vat.french(),
        totals.gross.french(),
        totals.payable.french(),
    ]);
    let kind = if invoice.kind.is_credit() { "Avoir" } else { "Facture" };
    let mut page = vec![
        format!(
            "{kind} {} du {}, de {}",
            invoice.number,
            french::date(invoice.issue_date),
            invoice.seller.name
        ),
        output::aligned(&table, 2),
    ];
    page.extend(named(shared, allocation));
    page.join("\n")
}

/// What a reader must know of the weights, and how near the shares are.
fn named(shared: &Shared, allocation: &Allocation) -> Vec<String> {
    let proof = &allocation.proof;
    let mut lines = Vec::new();
    for one in &proof.quantity_differences {
        lines.push(format!(
            "Ligne {} : quantité facturée {}, admise {} ; les parts suivent les quantités admises.",
            shared.reading.invoice.lines[one.index].id,
            french::decimal(one.invoiced.normalize()),
            one.accepted.french()
        ));
    }
    for one in &proof.base_differences {
        lines.push(format!(
            "TVA {} : la base imprimée est {}, ses lignes font {} ; l’écart est réparti à part.",
            one.rate, one.printed, one.computed
        ));
    }
    lines.push(format!(
        "Toutes les sommes sont celles de la facture ; le plus grand écart à la part exacte est de {} centime.",
        french::decimal(proof.largest_gap)
    ));
    lines
}
