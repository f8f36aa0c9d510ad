//! What goes wrong around a command: a clear word in French, the right code, nothing half-written.

use std::process::{Command, Output};

use rstest::rstest;
use sea_orm::{ConnectOptions, ConnectionTrait, Database};
use tempfile::TempDir;
use travee::store::StoreError;

use crate::harness::On;

fn travee(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_travee")).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_database_that_does_not_answer_is_told_with_what_to_do() {
    // Nobody listens on port 9 of the loopback.
    let output = travee(&["check", "--database-url", "postgres://nobody@127.0.0.1:9/none"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("La base de données est inaccessible"), "{}", said(&output));
    assert!(output.stdout.is_empty());
}

#[test]
fn an_address_that_is_no_database_is_wrong_usage() {
    let output = travee(&["check", "--database-url", "mysql://localhost/travee"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("sqlite:// ou postgres://"), "{}", said(&output));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_program_is_refused_with_code_3(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    fresh
        .execute("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20991231_000000_from_the_future', 0)")
        .await;
    for command in ["check", "migrate", "serve"] {
        let output = travee(&[command, "--database-url", &fresh.url]);
        assert_eq!(output.status.code(), Some(3), "{command}: {}", said(&output));
        assert!(said(&output).contains("version plus récente"), "{command}: {}", said(&output));
    }
}

#[test]
fn a_database_without_its_tables_is_told_to_migrate() {
    let folder = TempDir::new().unwrap();
    let output = travee(&["check", "--data-dir", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("travee migrate up"), "{}", said(&output));
}

#[test]
fn a_file_that_is_no_database_is_told_and_left_alone() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("travee.db");
    std::fs::write(&file, "Ceci n’est pas une base.").unwrap();
    let output = travee(&["check", "--data-dir", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("base de données"), "{}", said(&output));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "Ceci n’est pas une base.");
}

#[tokio::test]
async fn a_full_disk_is_called_a_full_disk() {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("small.db").display());
    let mut options = ConnectOptions::new(url);
    options.max_connections(1);
    let db = Database::connect(options).await.unwrap();
    db.execute_unprepared("CREATE TABLE t (x TEXT); PRAGMA max_page_count = 4").await.unwrap();
    let error = loop {
        let written = db.execute_unprepared("INSERT INTO t SELECT hex(randomblob(2000))").await;
        if let Err(error) = written {
            break error;
        }
    };
    let error = StoreError::Database { doing: "filling the disk", source: error };
    assert!(error.in_french().contains("Le disque est plein"), "{}", error.in_french());
}
