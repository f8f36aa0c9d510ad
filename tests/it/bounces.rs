//! `travee admin bounces`: what mail servers send back marks the letter and flags the address.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use axum::http::StatusCode;
use domain::platform::role::Role;
use rstest::rstest;
use travee::store::platform::mail::undeliverable;
use travee::usecases::App;

use crate::client::Client;
use crate::fixtures::{app_on, organisations};
use crate::harness::{Fresh, On};
use crate::house::found;
use crate::jobs::{keep, message};

fn eml(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/bounces").join(name)
}

fn command(fresh: &Fresh, file: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_travee"));
    command
        .args(["admin", "bounces", file, "--database-url", &fresh.url])
        .args(["--data-dir", fresh.folder.path().to_str().unwrap()]);
    command
}

fn bounces(fresh: &Fresh, file: &Path) -> Output {
    command(fresh, file.to_str().unwrap()).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap().trim_end().replace('\u{202f}', " ")
}

/// The letters that the notifications of `tests/it/bounces` are about, sent.
async fn sent(app: &App, fresh: &Fresh) {
    let letters = [
        ("a", "zoe@avion.example", "0123456789abcdef0123456789abcdef"),
        ("b", "mairie@carency.example", "fedcba9876543210fedcba9876543210"),
        ("c", "mairie@souchez.example", "00112233445566778899aabbccddeeff"),
    ];
    for (key, address, id) in letters {
        keep(app, &[message(key, address)]).await;
        fresh
            .execute(&format!(
                "UPDATE mail SET message_id = '<{id}@achats.cdg62.example>', state = 'sent' \
                 WHERE key = '{key}'"
            ))
            .await;
    }
}

async fn states(fresh: &Fresh) -> Vec<String> {
    let mut states = Vec::new();
    for key in ["a", "b", "c"] {
        let query = format!("SELECT state FROM mail WHERE key = '{key}'");
        states.push(found(fresh, &query).await.unwrap());
    }
    states
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_came_back_is_marked_flagged_and_told_once(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-11-23");
    let ids = organisations(&app).await;
    sent(&app, &fresh).await;
    let output = bounces(&fresh, &eml("postfix.eml"));
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = told(&output);
    assert!(report.starts_with("zoe@avion.example : adresse inconnue (5.1.1 ; 550"), "{report}");
    assert!(
        report.ends_with("1 courriel marqué revenu, 0 déjà noté, 0 avis sans échec."),
        "{report}"
    );
    let again = bounces(&fresh, &eml("postfix.eml"));
    assert_eq!(told(&again), "0 courriel marqué revenu, 1 déjà noté, 0 avis sans échec.");
    let late = bounces(&fresh, &eml("delayed.eml"));
    assert_eq!(told(&late), "0 courriel marqué revenu, 0 déjà noté, 1 avis sans échec.");
    assert_eq!(states(&fresh).await, ["bounced", "sent", "sent"]);
    let flagged = undeliverable(&app.store).await.unwrap();
    assert_eq!(flagged[0].address, "zoe@avion.example");
    for role in [Role::Buyer, Role::Administrator] {
        let client = Client::with(&app, &fresh, ids[0], &[role]).await;
        client.get("/").await.shows(&["Corriger une adresse qui ne reçoit pas nos courriels"]);
        let list = client.get("/gestion/adresses").await;
        list.shows(&["zoe@avion.example", "adresse inconnue", "1 adresse"]);
    }
    let finance = Client::with(&app, &fresh, ids[0], &[Role::CoordinatorFinance]).await;
    assert_eq!(finance.get("/gestion/adresses").await.status, StatusCode::FORBIDDEN);
    let noted = "SELECT actor || ' ' || details FROM journal WHERE action = 'mail.bounce'";
    assert!(found(&fresh, noted).await.unwrap().starts_with("ligne de commande adresse inconnue"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_read_from_the_standard_input_and_what_is_not_understood_is_named(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-11-23");
    organisations(&app).await;
    sent(&app, &fresh).await;
    let from = "From MAILER-DAEMON Mon Nov 23 08:12:09 2026\n";
    let read = |name: &str| std::fs::read_to_string(eml(name)).unwrap();
    let away =
        "From: zoe@avion.example\nContent-Type: text/plain\nSubject: Absente\n\nDe retour le 7.\n";
    let foreign = read("postfix.eml").replace("0123456789abcdef0123456789abcdef", "autre");
    let mailbox = [&read("exchange.eml"), away, &foreign, &read("delayed.eml")]
        .map(|message| format!("{from}{message}\n"))
        .concat();
    let mut child = command(&fresh, "-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(mailbox.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let report = told(&output);
    for words in [
        "mairie@carency.example : adresse inconnue (5.1.10",
        "message 2 : ce message n’est pas un avis de non-remise",
        "message 3 : aucun courriel envoyé d’ici n’a l’identifiant <autre@achats.cdg62.example>",
        "1 courriel marqué revenu, 0 déjà noté, 1 avis sans échec.",
    ] {
        assert!(report.contains(words), "{words} in {report}");
    }
    let last = String::from_utf8(output.stderr).unwrap();
    assert!(last.contains("2 messages ne sont pas compris ; les autres sont notés"), "{last}");
    assert_eq!(states(&fresh).await, ["sent", "bounced", "sent"]);
    let empty = fresh.folder.path().join("vide");
    std::fs::write(&empty, "").unwrap();
    let output = bounces(&fresh, &empty);
    assert_eq!(output.status.code(), Some(0), "an empty mailbox is in order: {output:?}");
    let nowhere = bounces(&fresh, Path::new("/nowhere/avis.eml"));
    assert_eq!(nowhere.status.code(), Some(2));
    let help = bounces(&fresh, Path::new("--help"));
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(help.contains("Note les courriels revenus") && help.contains("Exemples"), "{help}");
}
