//! `travee demo`: the whole purchase at the size of a département, built once, then served.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::outcome::{Failure, Outcome};
use super::serve::{mail_failed, serve};
use crate::demo::{self, DemoError, Standing};
use crate::mailer::Mailer;
use crate::store::files::Files;
use crate::store::{Store, chain};
use crate::usecases::{App, Site};

/// Construit la démonstration (887 communes et 19 EPCI du Pas-de-Calais) si elle n’existe pas, puis la sert.
#[derive(Debug, Args)]
#[command(after_help = "Exemples :
  travee demo
  travee demo --data-dir ./essai --no-serve
  travee demo --listen 127.0.0.1:8080

La démonstration vit dans un dossier à part. Relancée, elle repart aussitôt et ne change rien.")]
pub(crate) struct DemoArgs {
    /// Dossier de la démonstration
    #[arg(long, value_name = "DOSSIER", default_value = "travee-demo")]
    data_dir: PathBuf,
    /// Base à remplir, vide, au lieu de la base embarquée du dossier
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Construit sans servir
    #[arg(long)]
    no_serve: bool,
    /// Adresse d’écoute, sur cette machine seulement
    #[arg(long, value_name = "ADRESSE", env = "TRAVEE_LISTEN", default_value = "127.0.0.1:8062")]
    listen: SocketAddr,
}

pub(crate) async fn run(args: &DemoArgs) -> Outcome {
    // Its accounts and their passwords are known to all.
    if !args.listen.ip().is_loopback() {
        return Err(Failure::Usage(
            "La démonstration n’écoute que sur cette machine : choisissez une adresse comme 127.0.0.1:8062.".into(),
        ));
    }
    let app = match &args.database_url {
        Some(url) => Box::pin(in_database(url, &args.data_dir)).await?,
        None => Box::pin(in_folder(&args.data_dir)).await?,
    };
    let app = demo::frozen(&app)?;
    eprintln!("Les documents sont dans {}.", files_of(&args.data_dir).display());
    if args.no_serve {
        app.store.close().await?;
        return Ok(());
    }
    eprintln!("La date de la démonstration est figée au {}.", domain::french::date(app.today()));
    tell_accounts();
    let site = Site { base_url: format!("http://{}", args.listen), demo: true };
    let app = App { site: Arc::new(site), ..app };
    let mailer = Mailer::folder(args.data_dir.join("courriels"), "CdG62 <achats@cdg62.example>")
        .map_err(|error| mail_failed(&error))?;
    serve(app, args.listen, BTreeSet::new(), Some(mailer)).await
}

/// Whom one may be in the demonstration.
fn tell_accounts() {
    let accounts = &demo::accounts::ACCOUNTS;
    let longest = |of: fn(&demo::accounts::Account) -> &str| {
        accounts.iter().map(|account| of(account).chars().count()).max().unwrap_or(0)
    };
    let (title, email) = (longest(|account| account.title), longest(|account| account.email));
    eprintln!("Comptes de la démonstration, mot de passe « {} » :", demo::accounts::PASSWORD);
    for account in accounts {
        let code = if account.has_second_factor() { "  puis un code" } else { "" };
        eprintln!("  {:title$}  {:email$}{code}", account.title, account.email);
    }
    eprintln!("Les codes et les liens envoyés se lisent sur la page /demo/courriels.");
}

fn files_of(folder: &Path) -> PathBuf {
    folder.join("fichiers")
}

async fn open(url: &str, folder: &Path) -> Result<App, Failure> {
    let store = Store::connect(url).await?;
    store.migrate().await?;
    let files = Files::in_folder(&files_of(folder))?;
    Ok(App { seal: demo::seal()?, ..App::new(store, files) })
}

/// Builds in a folder beside, and gives it its name only when it is whole: a demonstration that
/// was killed half-way is made anew.
async fn in_folder(folder: &Path) -> Result<App, Failure> {
    if !folder.join("travee.db").exists() {
        let partial = beside(folder);
        remove(&partial)?;
        make(&partial)?;
        let app = open(&Store::embedded(&partial), &partial).await?;
        Box::pin(build(&app)).await?;
        app.store.close().await?;
        move_into(&partial, folder)?;
    }
    let app = open(&Store::embedded(folder), folder).await?;
    match demo::standing(&app).await? {
        Standing::Built => Ok(app),
        Standing::Empty | Standing::HalfBuilt | Standing::Foreign => {
            Err(Failure::Refused(format!(
                "Le dossier « {} » contient une autre base que la démonstration. Rien n’a été modifié ; choisissez un autre dossier avec --data-dir.",
                folder.display()
            )))
        }
    }
}

async fn in_database(url: &str, folder: &Path) -> Result<App, Failure> {
    let app = open(url, folder).await?;
    match demo::standing(&app).await? {
        Standing::Built => {}
        Standing::Empty => Box::pin(build(&app)).await?,
        Standing::HalfBuilt => {
            return Err(Failure::Refused(
                "Cette base contient une démonstration inachevée. Donnez une base vide.".into(),
            ));
        }
        Standing::Foreign => {
            return Err(Failure::Refused(
                "Cette base contient déjà des données. Rien n’a été modifié ; donnez une base vide.".into(),
            ));
        }
    }
    Ok(app)
}

fn beside(folder: &Path) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(".en-cours");
    folder.with_file_name(name)
}

fn io_failed(what: &str, path: &Path) -> impl FnOnce(std::io::Error) -> Failure {
    let message = format!("{what} « {} »", path.display());
    move |error| Failure::Program(format!("{message} : {error}."))
}

fn remove(folder: &Path) -> Outcome {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(io_failed("Impossible d’effacer le dossier", folder)(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn make(folder: &Path) -> Outcome {
    std::fs::create_dir_all(folder).map_err(io_failed("Impossible de créer le dossier", folder))
}

/// An empty folder that is already there gives way; one that holds anything does not.
fn move_into(partial: &Path, folder: &Path) -> Outcome {
    if folder.exists() {
        std::fs::remove_dir(folder).map_err(io_failed("Le dossier n’est pas vide :", folder))?;
    }
    std::fs::rename(partial, folder).map_err(io_failed("Impossible de nommer le dossier", folder))
}

async fn build(app: &App) -> Outcome {
    let bar = ProgressBar::new(1);
    if let Ok(style) = ProgressStyle::with_template("{elapsed_precise} {bar:30} {pos}/{len} {msg}")
    {
        bar.set_style(style);
    }
    let step = Mutex::new(String::new());
    let tell = |what: &str, done: usize, of: usize| {
        if let Ok(mut current) = step.lock()
            && *current != what
        {
            what.clone_into(&mut current);
            bar.set_message(what.to_owned());
        }
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    };
    Box::pin(demo::build(app, &tell)).await?;
    let seconds = bar.elapsed().as_secs();
    bar.finish_and_clear();
    eprintln!("La démonstration est construite ({seconds} s).");
    Ok(())
}

impl From<DemoError> for Failure {
    fn from(error: DemoError) -> Self {
        match error {
            DemoError::UseCase(error) => error.into(),
            DemoError::Store(error) => error.into(),
            DemoError::Data(_) | DemoError::Billing(_) => {
                tracing::error!(error = chain(&error), "demonstration failed");
                Self::Program(format!("La démonstration n’a pas pu être construite : {error}."))
            }
        }
    }
}
