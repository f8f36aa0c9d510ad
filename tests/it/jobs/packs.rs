//! The holder's pack: made by a job, sent with its link, taken and acknowledged by the holder.

use axum::http::StatusCode;
use chrono::{Duration, Utc};
use domain::group::contact::{Contact, ContactRole};
use domain::platform::job::{JobState, LEASE};
use domain::platform::mail::MailKind;
use domain::platform::role::Role;
use rstest::rstest;
use travee::clock::Clock;
use travee::store::files::Files;
use travee::store::orders::packs_of_window;
use travee::store::platform::jobs::job;
use travee::store::platform::mail::MailRow;
use travee::store::{Slice, Store};
use travee::usecases::App;
use travee::usecases::check::check;
use travee::usecases::group::add_people;
use travee::usecases::orders::{LINK, acknowledge_pack, mail_pack, make_pack};
use travee::usecases::platform::jobs::{Work, start};
use travee::usecases::platform::mail::send_due;

use super::mails::mailer;
use super::running::run;
use super::smtp::{self, quoted_printable};
use crate::client::Client;
use crate::fixtures::{buyer, sha256};
use crate::harness::{On, given, in_its_own_process};
use crate::orders::issuing::{issue, validated};
use crate::orders::shop::codes;
use crate::orders::{AFTER, Deal, Shop};

const HOLDER: &str = "commandes@lys.example";

/// A window whose orders are issued, and an address of its holder.
async fn issued(on: On) -> (Shop, App) {
    let shop = validated(on, &Deal::bindings()).await;
    let app = shop.on(AFTER);
    issue(&app, &shop).await;
    let contact = Contact {
        organisation: shop.world.bodies[1],
        site: None,
        role: ContactRole::MemberContact,
        name: "Service des commandes".into(),
        quality: "Responsable".into(),
        email: Some(HOLDER.parse().unwrap()),
        phone: String::new(),
    };
    add_people(&app, &buyer(), &[contact], |_, _| None).await.unwrap();
    (shop, app)
}

async fn letters(app: &App) -> Vec<MailRow> {
    let slice = Slice { sort: "date".into(), limit: 100, ..Slice::default() };
    let (mut rows, _) =
        travee::store::platform::mail::list(&app.store, None, &slice).await.unwrap();
    rows.retain(|row| row.kind() == Some(MailKind::HolderPack));
    rows
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_pack_is_made_by_a_job_leaves_and_is_acknowledged_by_its_link(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let (shop, app) = issued(on).await;
    let client = Client::with(&app, shop.fresh(), shop.world.bodies[0], &[Role::Buyer]).await;
    let window = format!("/gestion/fenetres/{}", shop.window);
    let asked = format!("{window}/envois");
    client.get(&asked).await.shows(&["3 commandes émises", HOLDER, "30 jours"]);
    for _ in 0..2 {
        client.post(&asked, &[("moyen", "courriel")]).await.leads_to(&window);
    }
    client.get(&window).await.shows(&["L’envoi au titulaire se prépare"]);
    assert!(run(&app, "a").await);
    assert!(!run(&app, "a").await, "a double click asks once");
    client.get(&window).await.shows(&["Envoi n° 1", "Renvoyer", "03/08/2026"]);
    let (address, inbox) = smtp::start().await;
    assert_eq!(send_due(&app, &mailer(address)).await.unwrap(), 1);
    let all = inbox.all();
    assert_eq!(all[0].to, format!("RCPT TO:<{HOLDER}>"));
    assert!(all[0].data.contains("filename=\"commandes_2026-FCS-012-L3_1.zip\""));
    let text = quoted_printable(&all[0].data);
    let (_, rest) = text.split_once("http://127.0.0.1:8062/envois/").unwrap();
    let token = rest.split_whitespace().next().unwrap();
    // The link is nowhere any more.
    let kept = travee::store::platform::mail::letter(
        &app.store,
        domain::ids::MailId(letters(&app).await[0].id),
    );
    assert_eq!(kept.await.unwrap().text, "");
    let (page, file) = (format!("/envois/{token}"), format!("/envois/fichier/{token}"));
    let holder = Client::new(&app);
    holder.get(&page).await.shows(&["3 commandes", "Accuser réception de ces commandes"]);
    let pack = || async { packs_of_window(&app.store, shop.window).await.unwrap()[0].clone() };
    assert_eq!(sha256(&holder.get(&file).await.bytes), pack().await.sha256);
    assert_eq!(pack().await.acknowledged_on, None, "looking changes nothing");
    for _ in 0..2 {
        holder.post(&page, &[]).await.leads_to(&page);
    }
    assert_eq!(pack().await.acknowledged_on.unwrap().to_string(), AFTER);
    holder.get(&page).await.shows(&["Vous avez accusé réception le 03/08/2026"]);
    client.get(&format!("{window}/envois/1/depart")).await.shows(&["a accusé réception"]);
    let later =
        App { wall: Clock::Frozen(app.wall.now() + LINK + Duration::days(1)), ..app.clone() };
    for path in [&page, &file] {
        assert_eq!(Client::new(&later).get(path).await.status, StatusCode::GONE, "{path}");
        assert_eq!(holder.get(&path[..path.len() - 1]).await.status, StatusCode::GONE);
    }
    assert_eq!(check(&app).await.unwrap().breaches, []);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_pack_leaves_once_for_a_click_and_again_when_it_is_sent_again(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let (shop, app) = issued(on).await;
    make_pack(&app, &buyer(), shop.window).await.unwrap();
    for _ in 0..2 {
        let to = mail_pack(&app, &buyer(), shop.window, 1, "clic").await.unwrap();
        assert_eq!(to.address, HOLDER);
    }
    assert_eq!(letters(&app).await.len(), 1);
    let next = shop.on("2026-08-05");
    mail_pack(&next, &buyer(), shop.window, 1, "autre clic").await.unwrap();
    assert_eq!(letters(&app).await.len(), 2);
    let sent = packs_of_window(&app.store, shop.window).await.unwrap()[0].sent_on;
    assert_eq!(sent.unwrap().to_string(), "2026-08-05", "the last departure counts");
    acknowledge_pack(&next, &buyer(), shop.window, 1).await.unwrap();
    let refused = mail_pack(&next, &buyer(), shop.window, 1, "encore").await.unwrap_err();
    assert_eq!(codes(&refused), ["envoi"]);
    assert_eq!(letters(&app).await.len(), 2);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_heavy_pack_goes_by_its_link_alone(#[values(On::Sqlite, On::Postgres)] on: On) {
    let (shop, app) = issued(on).await;
    make_pack(&app, &buyer(), shop.window).await.unwrap();
    shop.fresh().execute("UPDATE holder_pack SET bytes = 36000000").await;
    mail_pack(&app, &buyer(), shop.window, 1, "clic").await.unwrap();
    let [row] = letters(&app).await.try_into().unwrap();
    assert_eq!(row.attached_name, None);
    let text = travee::store::platform::mail::letter(&app.store, domain::ids::MailId(row.id))
        .await
        .unwrap()
        .text;
    assert!(text.contains("trop lourd") && text.contains("/envois/"), "{text}");
}

/// Run by the test below in a process of its own, which is killed; by itself it has nothing to do.
#[tokio::test(flavor = "multi_thread")]
async fn a_runner_sends_a_pack() {
    let Some((url, folder)) = given() else {
        let fresh = On::Sqlite.fresh().await;
        assert!(!run(&crate::fixtures::app_on(&fresh, AFTER), "child").await);
        return;
    };
    let app = App {
        clock: Clock::Frozen(format!("{AFTER}T12:00:00Z").parse().unwrap()),
        ..App::new(
            Store::connect(&url).await.unwrap(),
            Files::in_folder(&folder.join("fichiers")).unwrap(),
        )
    };
    run(&app, "child").await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn killed_anywhere_the_pack_is_made_once_and_leaves_once(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let (shop, app) = issued(on).await;
    let back = "/gestion/marches".to_owned();
    let work = Work::HolderPack { window: shop.window, send: true, back };
    let id = start(&app, &buyer(), "1", &work).await.unwrap();
    let state = async || job(&app.store, id).await.unwrap().state;
    let mut child = in_its_own_process("jobs::packs::a_runner_sends_a_pack", shop.fresh());
    while state().await == JobState::Waiting && child.try_wait().unwrap().is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // Either nothing has happened, or all of it: the pack, its letter and its day.
    let packs = packs_of_window(&app.store, shop.window).await.unwrap();
    assert_eq!(letters(&app).await.len(), packs.len());
    assert!(packs.iter().all(|pack| pack.sent_on.is_some()), "{packs:?}");
    assert_eq!(check(&app).await.unwrap().breaches, [], "right after the kill");
    let later =
        App { wall: Clock::Frozen(Utc::now() + LEASE + Duration::seconds(5)), ..app.clone() };
    run(&later, "next").await;
    assert_eq!(state().await, JobState::Done);
    // Asked for again, whoever does it: nothing more.
    start(&later, &buyer(), "1", &work).await.unwrap();
    assert!(run(&later, "next").await);
    let [pack] = packs_of_window(&app.store, shop.window).await.unwrap().try_into().unwrap();
    assert_eq!((pack.rank, pack.sent_on.unwrap().to_string()), (1, AFTER.to_owned()));
    assert_eq!(letters(&app).await.len(), 1);
    assert_eq!(check(&app).await.unwrap().breaches, []);
}
