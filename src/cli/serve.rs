//! `travee serve`: the pages, on this machine.

use std::net::SocketAddr;

use clap::Args;

use super::database::DatabaseArgs;
use super::outcome::{Failure, Outcome};
use crate::usecases::App;
use crate::web;

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ListenArgs {
    /// Adresse d’écoute, sur cette machine seulement
    #[arg(long, value_name = "ADRESSE", env = "TRAVEE_LISTEN", default_value = "127.0.0.1:8062")]
    listen: SocketAddr,
}

/// Sert les pages de consultation, sur cette machine seulement.
#[derive(Debug, Args)]
#[command(after_help = "Exemples :
  travee serve --data-dir ./travee-data
  travee serve --database-url postgres://travee@localhost/travee --listen 127.0.0.1:8080")]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    listen: ListenArgs,
    /// N’applique pas les migrations en attente
    #[arg(long)]
    no_migrate: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

pub(crate) async fn run(args: &ServeArgs) -> Outcome {
    args.listen.check()?;
    let store = args.database.connect().await?;
    if args.no_migrate {
        store.require_current().await?;
    } else {
        store.migrate().await?;
    }
    let app = App::new(store, args.database.files()?);
    args.listen.serve(app).await
}

impl ListenArgs {
    /// Without accounts nobody else may come in.
    pub(crate) fn check(&self) -> Outcome {
        if self.listen.ip().is_loopback() {
            return Ok(());
        }
        Err(Failure::Usage(
            "Sans comptes d’utilisateurs, Travée n’écoute que sur cette machine : choisissez une adresse comme 127.0.0.1:8062."
                .into(),
        ))
    }

    /// Serves until Ctrl-C or SIGTERM.
    pub(crate) async fn serve(&self, app: App) -> Outcome {
        let router =
            web::router(app.clone(), std::collections::BTreeSet::new()).map_err(|error| {
                Failure::Program(format!("Un modèle de page est invalide : {error}."))
            })?;
        let listener = tokio::net::TcpListener::bind(self.listen).await.map_err(|error| {
            Failure::Program(format!(
                "Impossible d’écouter sur {} : {error}. Choisissez un autre port avec --listen.",
                self.listen
            ))
        })?;
        let address = listener
            .local_addr()
            .map_err(|error| Failure::Program(format!("Adresse d’écoute inconnue : {error}.")))?;
        eprintln!(
            "Travée est en consultation sur http://{address} (cette machine seulement). Ctrl-C pour arrêter."
        );
        web::serve(listener, router, stopped())
            .await
            .map_err(|error| Failure::Program(format!("Le service s’est arrêté : {error}.")))?;
        app.store.close().await?;
        Ok(())
    }
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
