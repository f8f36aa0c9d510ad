//! What can go wrong between a rule and a row.

use sea_orm::{DbErr, RuntimeErr, SqlErr};

/// Why the store could not answer. `Display` is for the log, in English, without the source;
/// [`StoreError::in_french`] is for the person.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("database failed while {doing}")]
    Database {
        doing: &'static str,
        #[source]
        source: DbErr,
    },
    #[error("could not open the database")]
    Unreachable(#[source] DbErr),
    #[error("the database has the migration {0}, which this program does not know")]
    NewerSchema(String),
    #[error("the database lacks the migration {0}")]
    OlderSchema(String),
    #[error("{what} {id} was changed by somebody else meanwhile")]
    Overtaken { what: &'static str, id: i64 },
    #[error("no {what} {id}")]
    NotFound { what: &'static str, id: String },
    #[error("row {id} of {table} holds {column} = {found:?}, which no code of ours writes")]
    Corrupt { table: &'static str, id: i64, column: &'static str, found: String },
    #[error("file {key} failed")]
    File {
        key: String,
        #[source]
        source: object_store::Error,
    },
    #[error("the database refused: {0}")]
    Refused(&'static str),
}

impl StoreError {
    /// `.map_err(StoreError::during("saving a need sheet"))`.
    pub(crate) fn during(doing: &'static str) -> impl FnOnce(DbErr) -> Self {
        move |source| Self::Database { doing, source }
    }

    /// Whether a unique constraint refused the row.
    pub(crate) fn is_duplicate(error: &DbErr) -> bool {
        matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
    }

    /// What happened, whether anything was changed, and what to do.
    pub fn in_french(&self) -> String {
        match self {
            Self::Database { source, .. } if is_disk_full(source) => {
                "Le disque est plein. Rien n’a été enregistré ; libérez de la place puis recommencez.".into()
            }
            Self::Database { source, .. } if is_connection_lost(source) => {
                "La base de données ne répond plus. Rien n’a été enregistré ; vérifiez qu’elle fonctionne puis recommencez.".into()
            }
            Self::Database { .. } => {
                "La base de données a refusé l’opération. Rien n’a été enregistré ; le journal technique dit pourquoi.".into()
            }
            Self::Unreachable(_) => {
                "La base de données est inaccessible. Vérifiez l’adresse (--database-url ou --data-dir), les droits d’accès et que le serveur fonctionne.".into()
            }
            Self::NewerSchema(name) => format!(
                "Cette base a été créée par une version plus récente de Travée (migration « {name} »). Rien n’a été modifié ; installez la version récente du programme."
            ),
            Self::OlderSchema(name) => format!(
                "Cette base n’a pas encore la migration « {name} ». Lancez « travee migrate up »."
            ),
            Self::Overtaken { .. } => {
                "Quelqu’un d’autre a modifié ces données entre-temps. Rien n’a été enregistré ; relisez-les puis recommencez.".into()
            }
            Self::NotFound { .. } => "Cet élément n’existe pas ou n’est pas accessible.".into(),
            Self::Corrupt { table, id, column, .. } => format!(
                "La base contient une valeur que Travée n’écrit pas (table {table}, ligne {id}, colonne {column}). Lancez « travee check »."
            ),
            Self::File { key, source } if file_disk_full(source) => format!(
                "Le disque est plein : le fichier « {key} » n’a pas pu être écrit. Libérez de la place puis recommencez."
            ),
            Self::File { key, .. } => format!(
                "Le fichier « {key} » n’a pas pu être lu ou écrit. Vérifiez le dossier des données et ses droits."
            ),
            Self::Refused(text) => (*text).into(),
        }
    }
}

fn database_code(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(RuntimeErr::SqlxError(inner))
    | DbErr::Query(RuntimeErr::SqlxError(inner))
    | DbErr::Conn(RuntimeErr::SqlxError(inner))) = error
    else {
        return None;
    };
    let code = inner.as_database_error()?.code()?;
    Some(code.into_owned())
}

/// `SQLITE_FULL` (13), or PostgreSQL's `disk_full` (53100).
fn is_disk_full(error: &DbErr) -> bool {
    matches!(database_code(error).as_deref(), Some("13" | "53100"))
}

/// PostgreSQL's connection exceptions (class 08), shutdowns (57P01…), `SQLITE_CANTOPEN` (14), or
/// no database error at all: the socket closed.
fn is_connection_lost(error: &DbErr) -> bool {
    match database_code(error).as_deref() {
        Some(code) => code.starts_with("08") || code.starts_with("57P") || code == "14",
        None => {
            matches!(error, DbErr::Conn(_) | DbErr::ConnectionAcquire(_))
                || matches!(
                    error,
                    DbErr::Exec(RuntimeErr::SqlxError(_)) | DbErr::Query(RuntimeErr::SqlxError(_))
                )
        }
    }
}

fn file_disk_full(error: &object_store::Error) -> bool {
    let mut source: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = source {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return io.kind() == std::io::ErrorKind::StorageFull;
        }
        source = error.source();
    }
    false
}

/// An error and its causes on one line, for the log.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
