//! A fresh database a test, on SQLite and on PostgreSQL.
//!
//! SQLite copies a migrated file; PostgreSQL clones a migrated template database of the private
//! server that `tests/run` starts and names in `TRAVEE_TEST_POSTGRES`. Without that server a test
//! on PostgreSQL fails: none is ever skipped.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use tempfile::TempDir;
use tokio::sync::Mutex;
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
    let server =
        Database::connect(format!("{}/postgres", server())).await.expect("PostgreSQL answers");
    server.execute_unprepared(statement).await.expect("the database is created");
    server.close().await.expect("the connection closes");
}

static MADE: Mutex<()> = Mutex::const_new(());

async fn sqlite_template() -> PathBuf {
    static TEMPLATE: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let _one_at_a_time = MADE.lock().await;
    if TEMPLATE.get().is_none() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::connect(&Store::embedded(folder.path())).await.expect("SQLite opens");
        store.migrate().await.expect("the migrations run");
        store.close().await.expect("SQLite closes");
        let url = Store::embedded(folder.path());
        let raw = Database::connect(&url).await.expect("SQLite opens");
        raw.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await.expect("checkpoint");
        raw.close().await.expect("SQLite closes");
        let path = folder.path().join("travee.db");
        TEMPLATE.set((folder, path)).expect("set once, under the lock");
    }
    TEMPLATE.get().expect("set above").1.clone()
}

async fn postgres_clone() -> String {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    let _one_at_a_time = MADE.lock().await;
    if TEMPLATE.get().is_none() {
        let name = database_name("template");
        create(&format!("CREATE DATABASE {name}")).await;
        let store =
            Store::connect(&format!("{}/{name}", server())).await.expect("PostgreSQL opens");
        store.migrate().await.expect("the migrations run");
        store.close().await.expect("the template closes, so that it can be cloned");
        TEMPLATE.set(name).expect("set once, under the lock");
    }
    let template = TEMPLATE.get().expect("set above");
    let name = database_name("t");
    create(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
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
