//! `travee serve`: the pages, the jobs and the e-mails of one node.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use tokio::sync::watch;

use super::database::DatabaseArgs;
use super::key;
use super::outcome::{Failure, Outcome};
use crate::config::{Config, Flags, Transport};
use crate::mailer::{MailError, Mailer};
use crate::store::files::Files;
use crate::usecases::platform::second_factor;
use crate::usecases::{App, Site};
use crate::{jobs, web};

/// Sert les pages, exécute les tâches et envoie les e-mails.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct ServeArgs {
    /// Adresse d’écoute [défaut : 127.0.0.1:8062]
    #[arg(long, value_name = "ADRESSE")]
    listen: Option<SocketAddr>,
    /// Adresse que tapent les utilisateurs, en https
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Fichier de réglages [défaut : travee.toml, s’il existe]
    #[arg(long, value_name = "FICHIER", env = "TRAVEE_CONFIG")]
    config: Option<PathBuf>,
    /// N’applique pas les migrations en attente
    #[arg(long)]
    no_migrate: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

fn after_help() -> String {
    format!(
        "Exemples :
  travee serve --data-dir ./travee-data
  travee serve --config /etc/travee/travee.toml
  travee serve --database-url postgres://travee@localhost/travee --listen 127.0.0.1:8080

{}",
        crate::config::help()
    )
}

pub(crate) async fn run(args: &ServeArgs) -> Outcome {
    let flags = Flags {
        listen: args.listen,
        public_url: args.public_url.clone(),
        data_dir: args.database.given_folder(),
        database_url: args.database.given_url(),
    };
    let config = Config::read(args.config.as_deref(), &flags).map_err(Failure::Usage)?;
    let mailer = config.mailer().map_err(|error| mail_failed(&error))?;
    let database = DatabaseArgs::of(config.database_url.clone(), config.data_dir.clone());
    let store = database.connect().await?;
    if args.no_migrate {
        store.require_current().await?;
    } else {
        store.migrate().await?;
    }
    let files: Files = database.files()?;
    let keys = (config.secret_key.as_deref(), config.former_secret_key.as_deref());
    let seal = key::seal(keys.0, keys.1, &config.data_dir)?;
    let site = Site { base_url: config.base_url(), demo: false };
    let app = App { site: Arc::new(site), seal, ..App::new(store, files) };
    let sealed = second_factor::reseal(&app).await?;
    if sealed > 0 {
        eprintln!("Secrets de double authentification chiffrés par la clé actuelle : {sealed}.");
    }
    if config.mail.transport == Transport::Folder {
        eprintln!(
            "Aucun serveur d’envoi n’est réglé : les courriels sont écrits dans {} et ne partent pas.",
            config.mail_folder().display()
        );
    }
    let proxies = config.trusted_proxies.iter().copied().collect();
    serve(app, config.listen, proxies, config.jobs.then_some(mailer)).await
}

pub(super) fn mail_failed(error: &MailError) -> Failure {
    tracing::error!(error = crate::store::chain(error), "mail settings refused");
    Failure::Usage(
        "Les réglages d’envoi des courriels ne conviennent pas : vérifiez mail.from (une adresse, avec ou sans nom) et mail.host.".into(),
    )
}

/// Serves until Ctrl-C or SIGTERM; with a mailer, runs jobs and sends e-mails too.
pub(super) async fn serve(
    app: App,
    listen: SocketAddr,
    proxies: BTreeSet<std::net::IpAddr>,
    mailer: Option<Mailer>,
) -> Outcome {
    let router = web::router(app.clone(), proxies)
        .map_err(|error| Failure::Program(format!("Un modèle de page est invalide : {error}.")))?;
    let listener = tokio::net::TcpListener::bind(listen).await.map_err(|error| {
        Failure::Program(format!(
            "Impossible d’écouter sur {listen} : {error}. Choisissez une autre adresse avec --listen."
        ))
    })?;
    eprintln!("Travée répond sur {}. Ctrl-C pour arrêter.", app.site.base_url);
    let (stop, told) = watch::channel(false);
    let runner = mailer.map(|mailer| tokio::spawn(jobs::run(app.clone(), mailer, told)));
    web::serve(listener, router, web::Bounds::default(), stopped()).await;
    // Nobody listens any more when no jobs run here.
    stop.send(true).ok();
    if let Some(runner) = runner {
        runner.await.map_err(|error| {
            Failure::Program(format!("Les tâches se sont arrêtées anormalement : {error}."))
        })?;
    }
    app.store.close().await?;
    Ok(())
}

/// Resolves on Ctrl-C or, where there is one, SIGTERM.
async fn stopped() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if interrupt.await.is_err() {
        std::future::pending::<()>().await;
    }
}
