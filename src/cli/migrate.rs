//! `travee migrate`: the schema.

use clap::{Args, ValueEnum};

use super::database::DatabaseArgs;
use super::outcome::Outcome;
use super::output;

/// Met le schéma de la base à jour, revient en arrière ou dit où il en est.
#[derive(Debug, Args)]
#[command(after_help = "Exemples :
  travee migrate --data-dir ./travee-data
  travee migrate status --database-url postgres://travee@localhost/travee")]
pub(crate) struct MigrateArgs {
    /// Ce qu’il faut faire
    #[arg(value_name = "ÉTAPE", default_value = "up")]
    step: Step,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Step {
    /// Applique les migrations en attente
    Up,
    /// Annule la dernière migration
    Down,
    /// Liste les migrations et dit lesquelles sont appliquées
    Status,
}

pub(crate) async fn run(args: &MigrateArgs) -> Outcome {
    let store = args.database.connect().await?;
    match args.step {
        Step::Up => store.migrate().await?,
        Step::Down => store.migrate_down().await?,
        Step::Status => {}
    }
    for migration in store.migration_status().await? {
        let state = if migration.applied { "appliquée" } else { "en attente" };
        output::line(&format!("{state:<12} {}", migration.name))?;
    }
    store.close().await?;
    Ok(())
}
