//! `travee check`: a sound database is clean, and every breach made by hand is found and named.

use std::process::{Command, Output};

use rstest::rstest;
use serde_json::Value;
use sha2::{Digest, Sha256};
use travee::store::platform::{IssuedPaper, register_papers, take_numbers};
use travee::usecases::App;
use travee::usecases::check::check;

use crate::fixtures::{app_on, convention, day, members, organisations};
use crate::harness::{Fresh, On};

/// Three members, three numbers taken, one paper issued.
async fn sound(on: On) -> (Fresh, App) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    let ids = organisations(&app).await;
    let group = convention(&app, ids[0]).await;
    members(&app, group, &ids[2..]).await;
    app.files.put("papiers/BC-2026-0001.pdf", b"%PDF-1.7".to_vec()).await.unwrap();
    let tx = app.store.begin_write().await.unwrap();
    let named = |value| format!("BC-2026-{value:04}");
    assert_eq!(take_numbers(&tx, "BC", 2026, 3, named).await.unwrap(), 1);
    let paper = IssuedPaper {
        kind: "lot_sheet",
        number: "BC-2026-0001".into(),
        title: "Essai".into(),
        organisation: Some(ids[2].0),
        order: None,
        allocation: None,
        tender_lot: None,
        campaign: None,
        file_key: "papiers/BC-2026-0001.pdf".into(),
        sha256: format!("{:x}", Sha256::digest(b"%PDF-1.7")),
        bytes: 8,
        pages: 1,
        issued_on: day("2026-03-01"),
    };
    register_papers(&tx, &[paper]).await.unwrap();
    tx.commit().await.unwrap();
    (fresh, app)
}

fn travee_check(fresh: &Fresh) -> Output {
    Command::new(env!("CARGO_BIN_EXE_travee"))
        .args(["check", "--json", "--database-url", &fresh.url, "--data-dir"])
        .arg(fresh.folder.path())
        .output()
        .unwrap()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_sound_database_is_clean_and_says_what_was_looked_at(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let (fresh, _app) = sound(on).await;
    let output = travee_check(&fresh);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["breaches"], serde_json::json!([]));
    assert_eq!(report["checked"]["memberships"], 3);
    assert_eq!(report["checked"]["papers"], 1);
    assert_eq!(report["checked"]["numbers"], 3);
}

#[rstest]
#[case::an_altered_journal_entry(
    "UPDATE journal SET details = 'autre chose' WHERE id = 2",
    "journal_chain",
    "L’entrée 2"
)]
#[case::a_journal_entry_taken_out(
    "DELETE FROM journal WHERE id = 2",
    "journal_chain",
    "L’entrée 2 manque"
)]
#[case::a_gap_in_a_series(
    "DELETE FROM number_taken WHERE value = 2",
    "series_gap",
    "Le numéro 2 manque"
)]
#[case::the_last_number_taken_away(
    "DELETE FROM number_taken WHERE value = 3",
    "series_gap",
    "Le numéro 3 manque"
)]
#[case::a_state_that_nobody_reached(
    "UPDATE membership SET state = 'signed' WHERE id = 1",
    "allowed_steps",
    "« convention signée »"
)]
#[case::a_paper_that_is_gone(
    "UPDATE paper SET file_key = 'papiers/ailleurs.pdf'",
    "paper_files",
    "introuvable"
)]
#[tokio::test(flavor = "multi_thread")]
async fn a_breach_made_by_hand_is_named_with_code_4(
    #[case] by_hand: &str,
    #[case] rule: &str,
    #[case] words: &str,
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let (fresh, _app) = sound(on).await;
    fresh.execute(by_hand).await;
    let output = travee_check(&fresh);
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stdout));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let breaches = report["breaches"].as_array().unwrap();
    let named = breaches.iter().any(|breach| {
        breach["rule"] == rule && breach["message"].as_str().unwrap().contains(words)
    });
    assert!(named, "{breaches:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_changed_byte_of_a_paper_is_found() {
    let (_fresh, app) = sound(On::Sqlite).await;
    app.files.put("papiers/BC-2026-0001.pdf", b"%PDF-1.4".to_vec()).await.unwrap();
    let report = check(&app).await.unwrap();
    assert_eq!(report.breaches.len(), 1);
    assert!(report.breaches[0].message.contains("n’est plus celui qui a été émis"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_names_nobody_is_found_on_sqlite() {
    let (fresh, app) = sound(On::Sqlite).await;
    fresh
        .execute("PRAGMA foreign_keys = OFF; UPDATE site SET organisation_id = 999; DELETE FROM organisation WHERE siren = '216200410'")
        .await;
    let report = check(&app).await.unwrap();
    assert!(report.breaches.iter().any(|breach| breach.rule == "orphan_rows"), "{report:?}");
}
