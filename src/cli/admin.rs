//! `travee admin`: the first steps of a real installation.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use domain::french;

use super::database::DatabaseArgs;
use super::outcome::{Failure, Outcome};
use super::{bounces, file, output, user};
use crate::exchange::table::{MAX_BYTES, Read};
use crate::exchange::{catalogue, contacts, members};
use crate::store::reference;
use crate::usecases::catalogue::import_catalogue;
use crate::usecases::group::{from_row, import_contacts, import_members};
use crate::usecases::{Actor, App};

#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Importe une liste ; une ligne refusée suffit pour que rien ne soit importé
    #[command(subcommand)]
    Import(Import),
    CreateUser(user::CreateUserArgs),
    Bounces(bounces::BouncesArgs),
    ForgetSecondFactors(user::ForgetSecondFactorsArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    Members(MembersArgs),
    Contacts(ContactsArgs),
    Catalogue(CatalogueArgs),
}

const MEMBERS: &str = "\
Exemples :
  travee admin import members epci.csv --data-dir ./travee-data
  travee admin import members communes.csv --data-dir ./travee-data

La liste des EPCI a les colonnes siren,nom,type,population_municipale,siret_siege_derive,
siret_statut,communes_membres ; celle des communes code_insee,nom,codes_postaux,
population_municipale,siren,siret_siege_derive,siret_statut,epci_siren. Importez les EPCI
d’abord : les communes s’y rattachent. Un organisme déjà connu est laissé tel quel.
Une ligne refusée est nommée, rien n’est importé, et le code de sortie est 3.";

/// Importe une liste de communes ou d’EPCI
#[derive(Debug, Args)]
#[command(after_help = MEMBERS)]
pub(crate) struct MembersArgs {
    /// La liste (CSV en UTF-8)
    #[arg(value_name = "FICHIER")]
    file: PathBuf,
    #[command(flatten)]
    database: DatabaseArgs,
}

const CONTACTS: &str = "\
Exemple :
  travee admin import contacts contacts.csv --data-dir ./travee-data

Le fichier a les colonnes siret,role,name,email,phone,site,address,access. Les rôles sont
referent, finance et signataire. « site » est un point de livraison : sa première ligne donne
son adresse (« Mairie, 1 place Foch, 62000 Arras »). Une personne déjà connue est laissée telle
quelle. Une ligne refusée est nommée, rien n’est importé, et le code de sortie est 3.";

/// Importe les contacts des membres et leurs points de livraison
#[derive(Debug, Args)]
#[command(after_help = CONTACTS)]
pub(crate) struct ContactsArgs {
    /// La liste (CSV en UTF-8)
    #[arg(value_name = "FICHIER")]
    file: PathBuf,
    #[command(flatten)]
    database: DatabaseArgs,
}

const CATALOGUE: &str = "\
Exemples :
  travee admin import catalogue catalogue.csv --data-dir ./travee-data
  travee admin import catalogue catalogue-2027.csv --from 2027-01-01

Un article nouveau est ajouté, un article modifié reçoit une version à cette date, les autres ne
changent pas ; rien n’est supprimé. Une ligne refusée est nommée, rien n’est importé, et le code
de sortie est 3.";

/// Importe le catalogue des articles
#[derive(Debug, Args)]
#[command(after_help = CATALOGUE)]
pub(crate) struct CatalogueArgs {
    /// Le catalogue (CSV en UTF-8)
    #[arg(value_name = "FICHIER")]
    file: PathBuf,
    /// Le jour où ces articles prennent effet, AAAA-MM-JJ [défaut : aujourd’hui]
    #[arg(long, value_name = "DATE")]
    from: Option<NaiveDate>,
    #[command(flatten)]
    database: DatabaseArgs,
}

pub(crate) async fn run(command: &Admin) -> Outcome {
    match command {
        Admin::Import(Import::Members(args)) => members(args).await,
        Admin::Import(Import::Contacts(args)) => contacts(args).await,
        Admin::Import(Import::Catalogue(args)) => catalogue(args).await,
        Admin::CreateUser(args) => user::create(args).await,
        Admin::Bounces(args) => bounces::run(args).await,
        Admin::ForgetSecondFactors(args) => user::forget_second_factors(args).await,
    }
}

/// Who the journal says it was.
pub(super) fn actor() -> Actor {
    Actor("ligne de commande".into())
}

pub(super) async fn open(database: &DatabaseArgs) -> Result<App, Failure> {
    let store = database.connect().await?;
    store.require_current().await?;
    Ok(App::new(store, database.files()?))
}

/// The rows of a file without a refusal, or every refusal on standard output.
fn accepted<T>(read: Read<T>) -> Result<Vec<(u64, T)>, Failure> {
    for refused in &read.refused {
        output::line(&format!("ligne {} : {}", refused.line, refused.message))?;
    }
    let mut lines: Vec<u64> = read.refused.iter().map(|refused| refused.line).collect();
    lines.dedup();
    match lines.len() {
        0 => {
            let count = read.rows.len();
            let word = french::plural(count, "ligne lue", "lignes lues");
            eprintln!("{} {word}, enregistrement…", french::count(count));
            Ok(read.rows)
        }
        1 => Err(Failure::Refused(
            "Une ligne est refusée, rien n’a été importé : corrigez-la et relancez.".into(),
        )),
        count => Err(Failure::Refused(format!(
            "{} lignes sont refusées, rien n’a été importé : corrigez-les et relancez.",
            french::count(count)
        ))),
    }
}

async fn members(args: &MembersArgs) -> Outcome {
    let bytes = file::read(&args.file, MAX_BYTES)?;
    let rows = accepted(members::read(&bytes))?;
    let app = open(&args.database).await?;
    let mut organisations = Vec::with_capacity(rows.len());
    for (_, row) in rows {
        organisations.push(from_row(&app, &actor(), row)?);
    }
    let imported = import_members(&app, &actor(), organisations).await?;
    app.store.close().await?;
    if imported.without_epci > 0 {
        eprintln!(
            "{} sans EPCI : le leur n’est pas enregistré.",
            french::counted(imported.without_epci, "commune ajoutée", "communes ajoutées")
        );
    }
    output::line(&format!(
        "{}, {}.",
        french::counted(imported.added, "membre ajouté", "membres ajoutés"),
        french::counted(imported.known, "déjà connu", "déjà connus")
    ))
}

async fn contacts(args: &ContactsArgs) -> Outcome {
    let bytes = file::read(&args.file, MAX_BYTES)?;
    let rows = accepted(contacts::read(&bytes))?;
    let app = open(&args.database).await?;
    let imported = import_contacts(&app, &actor(), &rows).await?;
    app.store.close().await?;
    output::line(&format!(
        "{}, {}, {}.",
        french::counted(imported.contacts, "contact ajouté", "contacts ajoutés"),
        french::counted(imported.known, "déjà connu", "déjà connus"),
        french::counted(imported.sites, "point de livraison ajouté", "points de livraison ajoutés")
    ))
}

async fn catalogue(args: &CatalogueArgs) -> Outcome {
    let bytes = file::read(&args.file, MAX_BYTES)?;
    let app = open(&args.database).await?;
    let cpv = reference::cpv_list(&app.store).await?;
    let rows = accepted(catalogue::read(&bytes, Some(&cpv)))?;
    let entries: Vec<_> = rows.into_iter().map(|(_, entry)| entry).collect();
    let from = args.from.unwrap_or_else(|| app.today());
    let imported = import_catalogue(&app, &actor(), &entries, from).await?;
    app.store.close().await?;
    output::line(&format!(
        "{}, {}, {}.",
        french::counted(imported.added, "article ajouté", "articles ajoutés"),
        french::counted(imported.revised, "modifié", "modifiés"),
        french::counted(imported.unchanged, "inchangé", "inchangés")
    ))
}
