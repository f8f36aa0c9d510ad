//! The only SQL: rows ⇄ domain values.
//!
//! Reads take anything that is an [`Access`]; writes take a [`Tx`], and
//! [`Store::begin_write`] is the only way to one: on SQLite a writer must BEGIN
//! IMMEDIATE, or two of them lock each other out.

pub mod campaigns;
pub mod catalogue;
pub mod check;
mod error;
pub mod files;
pub mod group;
pub mod invoices;
mod kept;
pub mod orders;
pub mod overview;
mod paged;
pub mod papers;
pub mod platform;
pub mod reference;
pub mod search;
mod slice;
pub mod tenders;
pub mod todo;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::ids::OrganisationId;
use log::LevelFilter;
use migrations::{Migrator, MigratorTrait};
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait, Value,
};

pub use error::{StoreError, chain};
use kept::Kept;
pub use slice::Slice;

/// A connection that rested so long is asked whether it still stands before it is used: asking
/// each time would double the round trips.
const ASK_AFTER: Duration = Duration::from_secs(30);

/// How much of an SQLite file each connection keeps in memory: negative, in kibibytes.
const CACHED: &str = "-8192";

/// How many values one statement may bind: SQLite allows 32 766.
const BOUND_VALUES: usize = 30_000;

/// The database of one coordinator. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    db: DatabaseConnection,
    kept: Arc<Kept>,
}

/// A writing transaction; dropped without [`Tx::commit`], it changes nothing.
#[derive(Debug)]
pub struct Tx {
    tx: DatabaseTransaction,
}

/// What a read can be made on.
pub trait Access: Send + Sync {
    type Connection: ConnectionTrait + sea_orm::StreamTrait;
    fn connection(&self) -> &Self::Connection;

    /// What was read before and cannot have changed. A transaction has none: it may see what is
    /// never committed.
    fn kept(&self) -> Option<&Kept> {
        None
    }
}

impl Access for Store {
    type Connection = DatabaseConnection;
    fn connection(&self) -> &DatabaseConnection {
        &self.db
    }

    fn kept(&self) -> Option<&Kept> {
        Some(&self.kept)
    }
}

impl Access for Tx {
    type Connection = DatabaseTransaction;
    fn connection(&self) -> &DatabaseTransaction {
        &self.tx
    }
}

/// Who is looking: every read of a member's rows begins with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// The coordinator's people see all.
    Coordinator,
    /// A member's people see their own.
    Member(OrganisationId),
}

/// Where a migration of the schema stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    pub name: String,
    pub applied: bool,
}

impl Store {
    /// Opens `url` (`sqlite://…` or `postgres://…`); an SQLite file that is not there is made.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let mut options = ConnectOptions::new(url);
        options
            .acquire_timeout(Duration::from_secs(10))
            .connect_timeout(Duration::from_secs(10))
            .test_before_acquire_if_idle_for(ASK_AFTER)
            .sqlx_logging_level(LevelFilter::Trace);
        if url.starts_with("sqlite:") {
            options.max_connections(8).map_sqlx_sqlite_opts(|sqlite| {
                sqlite
                    .create_if_missing(true)
                    .foreign_keys(true)
                    .busy_timeout(Duration::from_secs(30))
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Normal)
                    .pragma("cache_size", CACHED)
            });
        } else {
            options
                .max_connections(16)
                .statement_timeout(Duration::from_mins(1))
                .set_application_name("travee");
        }
        let db = Database::connect(options).await.map_err(StoreError::Unreachable)?;
        Ok(Self { db, kept: Arc::default() })
    }

    /// As [`Store::connect`], and `heard` is told each statement as it is sent: what a page asks
    /// of the database is counted so.
    pub async fn connect_heard(
        url: &str,
        heard: impl Fn(&str) + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let mut store = Self::connect(url).await?;
        store.db.set_metric_callback(move |info| heard(&info.statement.sql));
        Ok(store)
    }

    /// The address of the embedded database of `folder`.
    pub fn embedded(folder: &Path) -> String {
        format!("sqlite://{}", folder.join("travee.db").display())
    }

    /// Brings the schema up to date. A database of a newer program is refused untouched.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.refuse_newer().await?;
        Migrator::up(&self.db, None).await.map_err(StoreError::during("migrating"))
    }

    /// Takes the last migration back.
    pub async fn migrate_down(&self) -> Result<(), StoreError> {
        self.refuse_newer().await?;
        Migrator::down(&self.db, Some(1)).await.map_err(StoreError::during("migrating down"))
    }

    /// Refuses a database whose schema is not this program's.
    pub async fn require_current(&self) -> Result<(), StoreError> {
        self.refuse_newer().await?;
        match self.migration_status().await?.into_iter().find(|migration| !migration.applied) {
            Some(missing) => Err(StoreError::OlderSchema(missing.name)),
            None => Ok(()),
        }
    }

    async fn applied(&self) -> Result<Vec<String>, StoreError> {
        let doing = "reading the migrations";
        Migrator::install(&self.db).await.map_err(StoreError::during(doing))?;
        Ok(Migrator::get_migration_models(&self.db)
            .await
            .map_err(StoreError::during(doing))?
            .into_iter()
            .map(|model| model.version)
            .collect())
    }

    async fn refuse_newer(&self) -> Result<(), StoreError> {
        let known: Vec<String> =
            Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect();
        match self.applied().await?.into_iter().find(|name| !known.contains(name)) {
            Some(unknown) => Err(StoreError::NewerSchema(unknown)),
            None => Ok(()),
        }
    }

    pub async fn migration_status(&self) -> Result<Vec<MigrationStatus>, StoreError> {
        let applied = self.applied().await?;
        Ok(Migrator::migrations()
            .iter()
            .map(|migration| MigrationStatus {
                name: migration.name().to_owned(),
                applied: applied.iter().any(|name| name == migration.name()),
            })
            .collect())
    }

    /// Begins to write. The only way to a transaction.
    pub async fn begin_write(&self) -> Result<Tx, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let tx = self
            .db
            .begin_with_options(options)
            .await
            .map_err(StoreError::during("beginning a transaction"))?;
        Ok(Tx { tx })
    }

    pub async fn close(self) -> Result<(), StoreError> {
        self.db.close().await.map_err(StoreError::during("closing"))
    }
}

impl Tx {
    pub async fn commit(self) -> Result<(), StoreError> {
        self.tx.commit().await.map_err(StoreError::during("committing"))
    }
}

/// A statement with `$1`, `$2`… that both databases read.
pub(crate) fn sql<C: ConnectionTrait>(
    on: &C,
    text: &str,
    values: impl IntoIterator<Item = Value>,
) -> Statement {
    Statement::from_sql_and_values(on.get_database_backend(), text, values)
}

/// Whether `on` is PostgreSQL.
pub(crate) fn is_postgres<C: ConnectionTrait>(on: &C) -> bool {
    on.get_database_backend() == DbBackend::Postgres
}

/// How many rows of `columns` values fit one statement.
pub(crate) const fn rows_per_statement(columns: usize) -> usize {
    BOUND_VALUES / columns
}
