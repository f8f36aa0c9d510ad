//! The demonstration, built and served by the program itself.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};
use travee::store::Store;
use travee::store::files::Files;
use travee::usecases::App;

/// A demonstration of its own and the processes that serve it.
pub(crate) struct Installation {
    pub(crate) app: App,
    pub(crate) ports: Vec<u16>,
    url: String,
    raw: DatabaseConnection,
    folder: TempDir,
    processes: Vec<Child>,
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Installation {
    pub(crate) async fn sqlite(processes: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = Store::embedded(&folder.path().join("demo"));
        Self::built(folder, url, &[], processes).await
    }

    /// On the server that `tests/postgres.sh` starts.
    pub(crate) async fn postgres(processes: usize) -> Self {
        let server = std::env::var("TRAVEE_TEST_POSTGRES")
            .expect("TRAVEE_TEST_POSTGRES names a server: run with tests/postgres.sh");
        let name = format!("load_{}", std::process::id());
        let maker = Database::connect(format!("{server}/postgres")).await.unwrap();
        maker.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        maker.close().await.unwrap();
        let url = format!("{server}/{name}");
        let more = ["--database-url".to_owned(), url.clone()];
        Self::built(tempfile::tempdir().unwrap(), url, &more, processes).await
    }

    async fn built(folder: TempDir, url: String, more: &[String], processes: usize) -> Self {
        let data = folder.path().join("demo");
        let demo = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_travee"));
            command.arg("demo").arg("--data-dir").arg(&data).args(more).stderr(Stdio::null());
            command
        };
        let start = Instant::now();
        assert!(demo().arg("--no-serve").status().unwrap().success(), "the demonstration is built");
        println!("\n{} (built in {:.0?})", url.split(':').next().unwrap(), start.elapsed());
        let (mut ports, mut served) = (Vec::new(), Vec::new());
        for _ in 0..processes {
            let port = free_port();
            let listen = format!("127.0.0.1:{port}");
            served.push(demo().arg("--listen").arg(&listen).stdout(Stdio::null()).spawn().unwrap());
            let until = Instant::now() + Duration::from_mins(1);
            while tokio::net::TcpStream::connect(&listen).await.is_err() {
                assert!(Instant::now() < until, "nothing listens on {listen}");
                sleep(Duration::from_millis(50)).await;
            }
            ports.push(port);
        }
        let store = Store::connect(&url).await.unwrap();
        let app = App::new(store, Files::in_folder(&data.join("fichiers")).unwrap());
        let raw = Database::connect(&url).await.unwrap();
        Self { app, ports, url, raw, folder, processes: served }
    }

    /// The whole numbers in the first column of a query.
    pub(crate) async fn numbers(&self, query: &str) -> Vec<i64> {
        let statement = Statement::from_string(self.raw.get_database_backend(), query);
        let rows = self.raw.query_all_raw(statement).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }

    pub(crate) async fn number(&self, query: &str) -> i64 {
        self.numbers(query).await.first().copied().unwrap_or_else(|| panic!("no row: {query}"))
    }

    /// The census that is open in the demonstration.
    pub(crate) async fn open_census(&self) -> i64 {
        self.number("SELECT id FROM campaign WHERE state = 'open'").await
    }

    /// `travee check`, on the same data.
    pub(crate) fn check(&self) {
        let status = Command::new(env!("CARGO_BIN_EXE_travee"))
            .args(["check", "--database-url", &self.url, "--data-dir"])
            .arg(self.folder.path().join("demo"))
            .status()
            .unwrap();
        assert!(status.success(), "travee check finds something");
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        for process in &mut self.processes {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }
}
