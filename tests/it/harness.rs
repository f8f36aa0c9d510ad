//! A fresh database a test, on SQLite and on PostgreSQL.
//!
//! SQLite copies a migrated file; PostgreSQL clones a migrated template database of the private
//! server that `tests/run` starts and names in `TRAVEE_TEST_POSTGRES`. Without that server a test
//! on PostgreSQL fails: none is ever skipped.
//!
//! File and template are made once a run: the runner gives each test a process of its own, and
//! the migrations would be most of what a test does.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement};
use tempfile::TempDir;
use travee::store::Store;

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    Sqlite,
    Postgres,
}

/// A database of one test, and the folder of its files.
pub(crate) struct Fresh {
    pub(crate) store: Store,
    pub(crate) url: String,
    pub(crate) folder: TempDir,
}

impl Fresh {
    /// A connection of the test's own, to look behind the store's back.
    pub(crate) async fn raw(&self) -> DatabaseConnection {
        Database::connect(&self.url).await.expect("the test database answers")
    }

    pub(crate) async fn execute(&self, sql: &str) {
        self.raw().await.execute_unprepared(sql).await.expect("the statement runs");
    }
}

impl On {
    /// A migrated, empty database.
    pub(crate) async fn fresh(self) -> Fresh {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = match self {
            Self::Sqlite => {
                std::fs::copy(sqlite_template().await, folder.path().join("travee.db"))
                    .expect("the template is copied");
                Store::embedded(folder.path())
            }
            Self::Postgres => postgres_clone().await,
        };
        let store = Store::connect(&url).await.expect("the test database opens");
        Fresh { store, url, folder }
    }

    /// An address of a database without any table.
    pub(crate) async fn empty(self) -> (String, TempDir) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = match self {
            Self::Sqlite => Store::embedded(folder.path()),
            Self::Postgres => {
                let name = database_name("empty");
                create(&format!("CREATE DATABASE {name}")).await;
                format!("{}/{name}", server())
            }
        };
        (url, folder)
    }
}

fn server() -> String {
    std::env::var("TRAVEE_TEST_POSTGRES")
        .expect("TRAVEE_TEST_POSTGRES names a PostgreSQL server: run the tests with tests/run")
}

fn database_name(kind: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{kind}_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

async fn create(statement: &str) {
    let server = postgres().await;
    server.execute_unprepared(statement).await.expect("the database is created");
    server.close().await.expect("the connection closes");
}

/// One connection to the server's own database.
async fn postgres() -> DatabaseConnection {
    let mut options = ConnectOptions::new(format!("{}/postgres", server()));
    options.max_connections(1);
    Database::connect(options).await.expect("PostgreSQL answers")
}

/// The run that this process is of: the runner's, or the process itself.
fn run() -> String {
    std::env::var("NEXTEST_RUN_ID").unwrap_or_else(|_| std::process::id().to_string())
}

async fn migrated(url: &str) {
    let store = Store::connect(url).await.expect("the template opens");
    store.migrate().await.expect("the migrations run");
    store.close().await.expect("the template closes, so that it can be cloned");
}

async fn sqlite_template() -> PathBuf {
    const KIND: &str = "template-";
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let template = folder.join(format!("{KIND}{}.db", run()));
    if template.exists() {
        return template;
    }
    let made = tempfile::tempdir_in(folder).expect("a temporary folder");
    let url = Store::embedded(made.path());
    migrated(&url).await;
    let raw = Database::connect(&url).await.expect("SQLite opens");
    raw.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await.expect("checkpoint");
    raw.close().await.expect("SQLite closes");
    for entry in std::fs::read_dir(folder).expect("the folder is read").flatten() {
        let name = entry.file_name();
        let former = name.to_str().is_some_and(|name| name.starts_with(KIND));
        if former && entry.path() != template {
            std::fs::remove_file(entry.path()).ok();
        }
    }
    // Two tests that begin together both make it; the second takes the place of its equal.
    std::fs::rename(made.path().join("travee.db"), &template).expect("the template is put down");
    template
}

async fn postgres_clone() -> String {
    const TEMPLATE: &str = "travee_template";
    let here = postgres().await;
    let is_made = async || {
        let query = format!("SELECT 1 FROM pg_database WHERE datname = '{TEMPLATE}'");
        let query = Statement::from_string(here.get_database_backend(), query);
        here.query_one_raw(query).await.expect("PostgreSQL answers").is_some()
    };
    if !is_made().await {
        here.execute_unprepared("SELECT pg_advisory_lock(62)").await.expect("a turn");
        if !is_made().await {
            let name = database_name("template");
            create(&format!("CREATE DATABASE {name}")).await;
            migrated(&format!("{}/{name}", server())).await;
            create(&format!("ALTER DATABASE {name} RENAME TO {TEMPLATE}")).await;
        }
    }
    let name = database_name("t");
    let clone = format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}");
    here.execute_unprepared(&clone).await.expect("the template is cloned");
    // The turn ends with the connection.
    here.close().await.expect("the connection closes");
    format!("{}/{name}", server())
}

/// Names the database of a test that runs in a process of its own, to be killed.
const KILLED_URL: &str = "TRAVEE_KILLED_URL";
const KILLED_FOLDER: &str = "TRAVEE_KILLED_FOLDER";

/// The test `name` of this binary in a process of its own, on the database of `fresh`.
pub(crate) fn in_its_own_process(name: &str, fresh: &Fresh) -> std::process::Child {
    std::process::Command::new(std::env::current_exe().expect("this binary"))
        .args([name, "--exact"])
        .env(KILLED_URL, &fresh.url)
        .env(KILLED_FOLDER, fresh.folder.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("this binary runs again")
}

/// The database and folder that this process was given, when it is such a process.
pub(crate) fn given() -> Option<(String, PathBuf)> {
    let url = std::env::var(KILLED_URL).ok()?;
    Some((url, PathBuf::from(std::env::var(KILLED_FOLDER).ok()?)))
}
