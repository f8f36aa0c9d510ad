//! Letters from the outbox to a real mail server, and back.

use chrono::{DateTime, Duration, Utc};
use domain::ids::MailId;
use domain::platform::mail::{MailKind, MailState};
use rstest::rstest;
use travee::clock::Clock;
use travee::documents::emails::{Letter, OpenTask};
use travee::mailer::{Mailer, Protection, Server};
use travee::store::Slice;
use travee::store::platform::mail::{self as store, Attached};
use travee::usecases::platform::mail::{
    Message, Recipient, again, bounced, queue, queue_all, send_due,
};
use travee::usecases::{App, UseCaseError};

use super::smtp::{self, base64, quoted_printable};
use crate::fixtures::{app_on, buyer, day};
use crate::harness::{Fresh, On};

fn at(app: &App, instant: DateTime<Utc>) -> App {
    App { wall: Clock::Frozen(instant), ..app.clone() }
}

fn morning() -> DateTime<Utc> {
    "2026-11-24T09:00:00Z".parse().unwrap()
}

async fn world(on: On) -> (App, Fresh) {
    let fresh = on.fresh().await;
    let app = at(&app_on(&fresh, "2026-11-22"), morning());
    (app, fresh)
}

pub(crate) fn message(key: &str, address: &str) -> Message {
    Message {
        key: key.into(),
        to: Recipient {
            address: address.into(),
            name: "Zoé Lefèvre".into(),
            person: None,
            organisation: None,
        },
        campaign: None,
        letter: Letter::WindowOpened {
            title: "Boîtes d’archives".into(),
            until: day("2026-12-15"),
            open: vec![OpenTask {
                organisation: "Commune d’Avion".into(),
                what: "commandes à valider".into(),
                until: day("2026-12-15"),
                label: "Voir mes commandes".into(),
                path: "/commandes".into(),
            }],
        },
        attached: None,
    }
}

pub(super) fn account(key: &str) -> Message {
    let letter = Letter::Account {
        kind: MailKind::SignIn,
        subject: "Votre lien".into(),
        before: vec!["Voici votre lien.".into()],
        button: Some(("Me connecter".into(), "/connexion/lien/secret".into())),
        after: Vec::new(),
    };
    Message { letter, ..message(key, "zoe@avion.example") }
}

pub(crate) async fn keep(app: &App, messages: &[Message]) -> u64 {
    let tx = app.store.begin_write().await.unwrap();
    let new = queue_all(&tx, app, messages).await.unwrap();
    tx.commit().await.unwrap();
    new
}

pub(super) fn mailer(address: std::net::SocketAddr) -> Mailer {
    let server = Server {
        host: "127.0.0.1".into(),
        port: address.port(),
        protection: Protection::None,
        credentials: None,
    };
    Mailer::smtp(server, "Achats groupés <achats@cdg62.example>", Some("aide@cdg62.example"))
        .unwrap()
}

async fn states(app: &App) -> Vec<(String, MailState, i64)> {
    let slice = Slice { sort: "destinataire".into(), limit: 100, ..Slice::default() };
    let (rows, total) = store::list(&app.store, None, &slice).await.unwrap();
    assert_eq!(rows.len() as u64, total);
    rows.into_iter()
        .map(|row| (row.to_address.clone(), row.state().unwrap(), row.attempts))
        .collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_letter_arrives_in_text_and_html_with_accents_and_its_attachment(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let (app, _fresh) = world(on).await;
    let (address, inbox) = smtp::start().await;
    app.files.put("envois/1.zip", b"PK\x03\x04 une archive \xff".to_vec()).await.unwrap();
    let attached = Attached { file_key: "envois/1.zip".into(), name: "commandes.zip".into() };
    keep(&app, &[Message { attached: Some(attached), ..message("a", "zoe@avion.example") }]).await;
    assert_eq!(send_due(&app, &mailer(address)).await.unwrap(), 1);
    let all = inbox.all();
    let [received] = all.as_slice() else { panic!("{} messages came", all.len()) };
    assert_eq!(received.from, "MAIL FROM:<achats@cdg62.example>");
    assert_eq!(received.to, "RCPT TO:<zoe@avion.example>");
    let data = &received.data;
    let id = store::letter(&app.store, MailId(1)).await.unwrap().message_id;
    for line in [
        format!("Message-ID: {id}"),
        "Reply-To: aide@cdg62.example".into(),
        "Auto-Submitted: auto-generated".into(),
        "Date: Tue, 24 Nov 2026 09:00:00 +0000".into(),
    ] {
        assert!(data.contains(&line), "{line} is missing from {data}");
    }
    let text = quoted_printable(data);
    assert!(text.contains("La période de commande « Boîtes d’archives » est ouverte."), "{text}");
    assert!(text.contains("content=\"width=device-width\""), "no HTML: {text}");
    assert!(data.contains("Content-Type: text/plain") && data.contains("Content-Type: text/html"));
    let subject: String = data
        .split("=?utf-8?b?")
        .skip(1)
        .map(|rest| String::from_utf8(base64(rest.split("?=").next().unwrap())).unwrap())
        .collect();
    assert!(subject.contains("d’Avion – période"), "{subject}");
    let (_, body) = data.split_once("filename=\"commandes.zip\"").unwrap();
    assert!(data.contains("Content-Type: application/zip"), "{data}");
    let coded = body.split("\n\n").nth(1).unwrap().split("\n--").next().unwrap();
    assert_eq!(base64(coded), b"PK\x03\x04 une archive \xff");
    assert_eq!(send_due(&app, &mailer(address)).await.unwrap(), 0, "it is sent once");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_refuses_is_given_up_and_what_it_cannot_take_now_is_tried_later(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let (app, _fresh) = world(on).await;
    let (address, inbox) = smtp::start().await;
    keep(&app, &[message("a", "busy@avion.example"), message("b", "refused@avion.example")]).await;
    assert_eq!(send_due(&app, &mailer(address)).await.unwrap(), 0);
    let expected = [
        ("busy@avion.example".to_owned(), MailState::Waiting, 1),
        ("refused@avion.example".to_owned(), MailState::Failed, 1),
    ];
    assert_eq!(states(&app).await, expected);
    assert_eq!(send_due(&app, &mailer(address)).await.unwrap(), 0, "not before its time");
    let later = at(&app, morning() + Duration::seconds(61));
    assert_eq!(send_due(&later, &mailer(address)).await.unwrap(), 1);
    assert_eq!(inbox.all().len(), 1);
    again(&later, &buyer(), MailId(2)).await.unwrap();
    assert_eq!(states(&app).await[1].1, MailState::Waiting);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_gone_is_tried_eight_times_and_then_no_more(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let (app, _fresh) = world(on).await;
    // A port that was free a moment ago.
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    keep(&app, &[message("a", "zoe@avion.example")]).await;
    for round in 0..10 {
        let app = at(&app, morning() + Duration::days(round));
        assert_eq!(send_due(&app, &mailer(gone)).await.unwrap(), 0);
    }
    assert_eq!(states(&app).await, [("zoe@avion.example".to_owned(), MailState::Failed, 8)]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_letter_of_a_kind_and_key_is_written_once_and_rolled_back_with_its_cause(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let (app, _fresh) = world(on).await;
    let tx = app.store.begin_write().await.unwrap();
    assert!(queue(&tx, &app, &message("a", "zoe@avion.example")).await.unwrap());
    drop(tx);
    assert_eq!(states(&app).await, [], "its cause did not happen");
    assert_eq!(keep(&app, &[message("a", "zoe@avion.example")]).await, 1);
    let twice = [message("a", "zoe@avion.example"), message("b", "zoe@avion.example")];
    assert_eq!(keep(&app, &twice).await, 1, "only the second is new");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn two_senders_at_once_send_each_letter_once(#[values(On::Sqlite, On::Postgres)] on: On) {
    let (app, _fresh) = world(on).await;
    let (address, inbox) = smtp::start().await;
    let all: Vec<Message> =
        (0..60).map(|n| message(&n.to_string(), &format!("m{n:02}@avion.example"))).collect();
    keep(&app, &all).await;
    let mailer = mailer(address);
    let drain = async || while send_due(&app, &mailer).await.unwrap() > 0 {};
    tokio::join!(drain(), drain(), drain());
    let mut to: Vec<String> = inbox.all().into_iter().map(|mail| mail.to).collect();
    to.sort_unstable();
    to.dedup();
    assert_eq!((inbox.all().len(), to.len()), (60, 60));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_was_stopped_leaves_its_letter_to_the_next(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let (app, _fresh) = world(on).await;
    let (address, inbox) = smtp::start().await;
    keep(&app, &[message("a", "zoe@avion.example")]).await;
    let tx = app.store.begin_write().await.unwrap();
    let lease = morning() + Duration::minutes(15);
    assert_eq!(store::take_due(&tx, morning(), lease, 10).await.unwrap().len(), 1);
    tx.commit().await.unwrap();
    assert_eq!(send_due(&app, &mailer(address)).await.unwrap(), 0, "somebody holds it");
    let later = at(&app, lease + Duration::seconds(1));
    assert_eq!(send_due(&later, &mailer(address)).await.unwrap(), 1);
    assert_eq!(inbox.all().len(), 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_sent_link_leaves_no_trace_and_a_letter_that_came_back_is_marked(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let (app, fresh) = world(on).await;
    let folder = fresh.folder.path().join("courriels");
    let mailer = Mailer::folder(folder.clone(), "achats@cdg62.example").unwrap();
    keep(&app, &[message("a", "zoe@avion.example"), account("b")]).await;
    assert_eq!(send_due(&app, &mailer).await.unwrap(), 2);
    let written: Vec<_> = std::fs::read_dir(&folder).unwrap().collect();
    assert_eq!(written.len(), 2);
    let link = store::letter(&app.store, MailId(2)).await.unwrap();
    assert_eq!(link.text, "", "the link is nowhere any more");
    assert!(store::letter(&app.store, MailId(1)).await.unwrap().text.contains("/commandes"));
    for id in [1, 2] {
        bounced(&app, &buyer(), MailId(id), "boîte pleine").await.unwrap();
    }
    let [flagged] = store::undeliverable(&app.store).await.unwrap().try_into().unwrap();
    assert_eq!(flagged.address, "zoe@avion.example");
    assert_eq!(flagged.reason.as_deref(), Some("boîte pleine"));
    let refused = again(&app, &buyer(), MailId(2)).await.unwrap_err();
    assert!(matches!(refused, UseCaseError::Refused(_)), "{refused:?}");
    again(&app, &buyer(), MailId(1)).await.unwrap();
    assert_eq!(send_due(&app, &mailer).await.unwrap(), 1);
    assert_eq!(store::undeliverable(&app.store).await.unwrap().len(), 1, "the other letter");
}
