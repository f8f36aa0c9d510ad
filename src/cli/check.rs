//! `travee check`: the whole database, proved.

use std::collections::BTreeMap;

use clap::Args;
use serde::Serialize;

use super::database::DatabaseArgs;
use super::outcome::{Failure, Outcome};
use super::output;
use crate::store::check::Report;
use crate::usecases::{App, UseCaseError, check};

/// Relit toute la base et prouve ce qui doit toujours être vrai ; nomme chaque manquement.
#[derive(Debug, Args)]
#[command(after_help = "Exemples :
  travee check --data-dir ./travee-data
  travee check --database-url postgres://travee@localhost/travee --json

Le code de sortie est 4 quand quelque chose ne va pas.")]
pub(crate) struct CheckArgs {
    /// Répond en JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Serialize)]
struct Answer<'a> {
    checked: &'a BTreeMap<&'static str, usize>,
    breaches: Vec<BreachRow<'a>>,
}

#[derive(Serialize)]
struct BreachRow<'a> {
    rule: &'a str,
    subject: &'a str,
    message: &'a str,
}

pub(crate) async fn run(args: &CheckArgs) -> Outcome {
    let store = args.database.connect().await?;
    store.require_current().await?;
    let app = App::new(store, args.database.files()?);
    let report = check::check(&app).await?;
    app.store.close().await?;
    if args.json {
        output::json(&answer(&report))?;
    } else {
        tell(&report)?;
    }
    match report.breaches.len() {
        0 => Ok(()),
        1 => Err(Failure::Breach("Un manquement a été trouvé.".into())),
        many => Err(Failure::Breach(format!("{many} manquements ont été trouvés."))),
    }
}

fn answer(report: &Report) -> Answer<'_> {
    let breaches = report.breaches.iter().map(|breach| BreachRow {
        rule: breach.rule,
        subject: &breach.subject,
        message: &breach.message,
    });
    Answer { checked: &report.checked, breaches: breaches.collect() }
}

fn tell(report: &Report) -> Outcome {
    for (what, count) in &report.checked {
        output::line(&format!("{:>9}  {}", domain::french::count(*count), french(what)))?;
    }
    for breach in &report.breaches {
        output::line(&format!("{} — {} : {}", breach.rule, breach.subject, breach.message))?;
    }
    if report.breaches.is_empty() {
        output::line("Tout est juste.")?;
    }
    Ok(())
}

fn french(what: &str) -> &str {
    match what {
        "allocations" => "répartitions de facture",
        "campaigns" => "recensements",
        "contracts" => "marchés",
        "invoices" => "factures",
        "journal_entries" => "entrées du journal",
        "memberships" => "adhésions",
        "need_sheets" => "fiches de besoins",
        "numbers" => "numéros donnés",
        "order_lines" => "lignes de commande",
        "orders" => "commandes",
        "papers" => "documents émis",
        other => other,
    }
}

impl From<UseCaseError> for Failure {
    fn from(error: UseCaseError) -> Self {
        match error {
            UseCaseError::Store(error) => error.into(),
            UseCaseError::Refused(_) => Self::Refused(error.in_french()),
            UseCaseError::Failed { .. } => {
                tracing::error!(error = %error, "use case failed");
                Self::Program(error.in_french())
            }
        }
    }
}
