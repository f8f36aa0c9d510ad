//! What the e-invoice crate finds beyond our own list.
//!
//! It runs all the rules of the standard. Those about money and presence are
//! judged by us, with the tolerances we state; the others say that a supplier's
//! software could be better, never that an invoice may not be paid.

use en16931::validation::Finding;

use super::reason::{Code, Reason};
use super::scan::french;

/// Findings repeated on many lines are one warning each up to here.
const MOST: usize = 50;

pub(super) fn warnings(invoice: &en16931::Invoice) -> Vec<Reason> {
    let report = en16931::validate(invoice);
    report
        .findings()
        .iter()
        .filter(|finding| !is_ours(&finding.rule))
        .take(MOST)
        .map(warning)
        .collect()
}

/// Rules that `domain::invoices::arithmetic`, the scan or the judge decide.
fn is_ours(rule: &str) -> bool {
    const OURS: [&str; 22] = [
        "BR-02", "BR-03", "BR-04", "BR-05", "BR-06", "BR-07", "BR-12", "BR-13", "BR-14", "BR-15",
        "BR-16", "BR-21", "BR-22", "BR-23", "BR-24", "BR-25", "BR-26", "BR-27", "BR-45", "BR-46",
        "BR-47", "BR-CO-25",
    ];
    const SUMS: [&str; 8] = [
        "BR-CO-10", "BR-CO-11", "BR-CO-12", "BR-CO-13", "BR-CO-14", "BR-CO-15", "BR-CO-16",
        "BR-CO-17",
    ];
    let of_a_category = ["S", "Z", "E", "AE", "IC", "G", "O", "AF", "AG"].iter().any(|family| {
        let number = rule.strip_prefix("BR-").and_then(|rest| rest.strip_prefix(family));
        matches!(number, Some("-01" | "-08" | "-09"))
    });
    OURS.contains(&rule) || SUMS.contains(&rule) || of_a_category
}

fn warning(finding: &Finding) -> Reason {
    let field = finding.path.to_string();
    let term = field.rsplit('/').next().unwrap_or(&field).to_owned();
    let what = meaning(&finding.rule).map_or_else(
        || {
            let known = french(&term);
            format!("une règle de la norme EN 16931 n’est pas respectée à {field} ({known})")
        },
        str::to_owned,
    );
    Reason::new(
        Code::RuleOfTheStandard,
        format!(
            "{} : {what}. La facture reste lisible ; signalez-le au fournisseur.",
            finding.rule
        ),
    )
    .rule(&finding.rule)
    .field(field)
}

/// What the usual findings mean to the person who reads them.
fn meaning(rule: &str) -> Option<&'static str> {
    Some(match rule {
        "BR-01" => "la facture ne dit pas à quelle version de la norme elle se conforme",
        "BR-08" | "BR-09" => "l’adresse du fournisseur est incomplète",
        "BR-10" | "BR-11" => "l’adresse de l’acheteur est incomplète",
        "BR-29" | "BR-30" => "une période finit avant de commencer",
        "BR-33" | "BR-38" | "BR-41" | "BR-42" | "BR-43" | "BR-44" => {
            "une remise ou des frais n’ont pas de motif"
        }
        "BR-49" => "le moyen de paiement n’est pas indiqué",
        "BR-50" | "BR-61" => {
            "le compte à créditer n’est pas donné alors que le paiement est un virement"
        }
        "BR-51" => "un numéro de carte est écrit en entier",
        "BR-52" => "une pièce jointe n’a pas de référence",
        "BR-53" => "le total de TVA dans la devise comptable manque",
        "BR-55" => "la facture corrigée n’a pas de numéro",
        "BR-62" | "BR-63" => "une adresse électronique n’a pas de type",
        "BR-64" | "BR-65" => "un identifiant d’article n’a pas de type",
        "BR-CO-09" => "un numéro de TVA ne commence pas par un code de pays",
        "BR-CO-18" => "la facture n’a pas de ventilation de TVA",
        "BR-CO-26" => "rien n’identifie le fournisseur (SIRET, SIREN ou numéro de TVA)",
        "BR-CL-23" => "une unité n’est pas un code de la recommandation 20 ou 21 des Nations unies",
        "BR-S-02" | "BR-S-03" | "BR-S-04" => "le numéro de TVA du fournisseur manque",
        "BR-E-10" | "BR-AE-10" | "BR-IC-10" | "BR-G-10" | "BR-O-10" => {
            "le motif d’exonération de TVA manque"
        }
        _ => return None,
    })
}
