//! Which database a command works on.

use std::path::PathBuf;

use clap::Args;

use super::outcome::Failure;
use crate::store::{Store, StoreError, chain, files::Files};

/// The folder used when nothing else is said.
const DEFAULT_FOLDER: &str = "travee-data";

#[derive(Debug, Clone, Args)]
pub(crate) struct DatabaseArgs {
    /// Adresse de la base (sqlite://… ou postgres://…)
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Dossier des données (base embarquée travee.db et fichiers) [défaut : travee-data]
    #[arg(long, value_name = "DOSSIER", env = "TRAVEE_DATA_DIR")]
    data_dir: Option<PathBuf>,
}

impl DatabaseArgs {
    /// What other settings say.
    pub(crate) fn of(database_url: Option<String>, data_dir: PathBuf) -> Self {
        Self { database_url, data_dir: Some(data_dir) }
    }

    pub(crate) fn given_url(&self) -> Option<String> {
        self.database_url.clone()
    }

    pub(crate) fn given_folder(&self) -> Option<PathBuf> {
        self.data_dir.clone()
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FOLDER))
    }

    pub(crate) async fn connect(&self) -> Result<Store, Failure> {
        let url = match &self.database_url {
            Some(url) if url.starts_with("sqlite:") || url.starts_with("postgres") => url.clone(),
            Some(_) => {
                return Err(Failure::Usage(
                    "L’adresse de la base doit commencer par sqlite:// ou postgres://.".into(),
                ));
            }
            None => {
                let folder = self.folder();
                std::fs::create_dir_all(&folder).map_err(|error| {
                    Failure::Program(format!(
                        "Impossible de créer le dossier « {} » : {error}.",
                        folder.display()
                    ))
                })?;
                Store::embedded(&folder)
            }
        };
        Ok(Store::connect(&url).await?)
    }

    /// The file store beside the database.
    pub(crate) fn files(&self) -> Result<Files, Failure> {
        Ok(Files::in_folder(&self.folder().join("fichiers"))?)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = chain(&error), "store failed");
        match error {
            StoreError::NewerSchema(_) | StoreError::OlderSchema(_) => {
                Self::Refused(error.in_french())
            }
            StoreError::Database { .. }
            | StoreError::Unreachable(_)
            | StoreError::Overtaken { .. }
            | StoreError::NotFound { .. }
            | StoreError::Corrupt { .. }
            | StoreError::File { .. }
            | StoreError::Refused(_) => Self::Program(error.in_french()),
        }
    }
}
