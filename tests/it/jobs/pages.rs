//! The pages of jobs, e-mails and the demonstration's mailbox.

use std::sync::Arc;

use axum::http::StatusCode;
use domain::ids::MailId;
use domain::platform::role::Role;
use rstest::rstest;
use travee::mailer::Mailer;
use travee::store::platform::mail as store;
use travee::store::platform::notices::NewNotice;
use travee::usecases::platform::jobs::{Work, start};
use travee::usecases::platform::mail::send_due;
use travee::usecases::platform::notices::tell;
use travee::usecases::platform::second_factor::demo_codes;
use travee::usecases::{Actor, App, Site};

use super::mails::{account, keep, message};
use super::running::run;
use crate::client::{Client, person};
use crate::fixtures::{app_on, organisations};
use crate::harness::On;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_follows_cancels_and_runs_a_job_again(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-11-22");
    let ids = organisations(&app).await;
    let administrator = Client::with(&app, &fresh, ids[0], &[Role::Administrator]).await;
    administrator.get("/administration/taches").await.shows(&["Aucune tâche pour l’instant"]);
    let asker = person(&fresh, "secretaire@avion.example", ids[2], &[Role::MemberContact]).await;
    let asker = Client::of(&app, asker).await;
    let actor = Actor("secretaire@avion.example".into());
    let work = Work::ZipPapers { member: Some(ids[2]), papers: vec![1], name: "a.zip".into() };
    let id = start(&app, &actor, "1", &work).await.unwrap();
    let own = format!("/taches/{id}");
    let page = asker.get(&own).await.shows(&["en attente", "Arrêter cette tâche"]);
    assert_eq!(page.headers["refresh"], "3");
    let still = asker.get(&format!("{own}?arret=oui")).await.shows(&["en attente"]);
    assert!(still.headers.get("refresh").is_none());
    let other = Client::with(&app, &fresh, ids[3], &[Role::MemberContact]).await;
    for path in [own.clone(), format!("{own}/fichier")] {
        assert_eq!(other.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(other.post(&format!("{own}/annulation"), &[]).await.status, StatusCode::NOT_FOUND);
    assert!(run(&app, "a").await);
    asker.get(&own).await.shows(&["en échec", "aucun document à rassembler"]);
    let path = format!("/administration/taches/{id}");
    administrator.post(&format!("{path}/relance"), &[]).await.leads_to(&path);
    administrator.get(&path).await.shows(&["La tâche est relancée", "en attente"]);
    administrator.post(&format!("{path}/annulation"), &[]).await.leads_to(&path);
    administrator.get("/administration/taches?etat=cancelled").await.shows(&["annulée", "1 tâche"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_administrator_sees_what_became_of_each_letter_and_never_a_link(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-11-22");
    let ids = organisations(&app).await;
    let administrator = Client::with(&app, &fresh, ids[0], &[Role::Administrator]).await;
    keep(&app, &[account("a"), message("b", "zoe@avion.example")]).await;
    let list = administrator.get("/administration/courriels?q=zoe").await;
    let text = list.shows(&["zoe@avion.example", "en attente", "2 courriels"]).text();
    assert!(!text.contains("secret"));
    let shown = administrator.get("/administration/courriels/1").await.shows(&["Votre lien"]);
    assert!(!shown.text().contains("secret"), "the link opens an account");
    let folder = fresh.folder.path().join("courriels");
    let mailer = Mailer::folder(folder, "achats@cdg62.example").unwrap();
    assert_eq!(send_due(&app, &mailer).await.unwrap(), 2);
    let path = "/administration/courriels/2";
    let fields = [("motif", "boîte pleine")];
    administrator.post(&format!("{path}/retour"), &fields).await.leads_to(path);
    administrator.get(path).await.shows(&["revenu", "boîte pleine", "Renvoyer ce courriel"]);
    administrator.post(&format!("{path}/renvoi"), &[]).await.leads_to(path);
    let row = store::letter(&app.store, MailId(2)).await.unwrap().row;
    assert_eq!(row.state, "waiting");
    let again = administrator.post("/administration/courriels/1/renvoi", &[]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_mailbox_of_the_demonstration_exists_nowhere_else(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-11-22");
    keep(&app, &[account("a")]).await;
    let site = Site { demo: true, ..Site::clone(&app.site) };
    let demo = App { site: Arc::new(site), ..app.clone() };
    for path in ["/demo/courriels", "/demo/courriels/1", "/demo/composants"] {
        assert_eq!(Client::new(&app).get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        let unbuilt = Client::new(&demo).get(path).await;
        assert_eq!(unbuilt.status, StatusCode::NOT_FOUND, "{path} of somebody's own data");
    }
    fresh.execute("INSERT INTO setting (name, value) VALUES ('demo', 'built')").await;
    assert_eq!(Client::new(&app).get("/demo/courriels").await.status, StatusCode::NOT_FOUND);
    let client = Client::new(&demo);
    client.get("/demo/courriels").await.shows(&["Votre lien", "zoe@avion.example"]);
    // Whoever has a second factor has their code of the moment here, and it is the right one.
    let ids = organisations(&app).await;
    let sophie = person(&fresh, "sophie@cdg62.example", ids[0], &[Role::Administrator]).await;
    let secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
    fresh.execute(&format!("UPDATE person SET totp_secret = '{secret}' WHERE id = {sophie}")).await;
    let page = client.get("/demo/courriels").await.shows(&["sophie@cdg62.example"]);
    let [code] = demo_codes(&demo).await.unwrap().unwrap().try_into().unwrap();
    assert_eq!((code.email.as_str(), code.code.len()), ("sophie@cdg62.example", 6));
    assert!(page.text().contains(&code.code), "{}", page.text());
    assert_eq!(demo_codes(&app).await.unwrap(), None, "nowhere else");
    assert!(!Client::new(&app).get("/connexion").await.text().contains(&code.code));
    client.get("/demo/courriels?q=absente").await.shows(&["Aucun courriel ne correspond"]);
    let letter = client.get("/demo/courriels/1").await;
    letter.shows(&["href=\"/connexion/lien/secret\"", "Voici votre lien."]);
    client.get("/demo/composants").await.shows(&["Choses à faire", "3 réponses sont à revoir"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_notice_is_on_the_start_page_until_it_is_read(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-11-22");
    let ids = organisations(&app).await;
    let reader = person(&fresh, "zoe@avion.example", ids[2], &[Role::MemberContact]).await;
    let tx = app.store.begin_write().await.unwrap();
    let title = "Commande BC-2026-0042 émise".to_owned();
    let notice =
        NewNotice { person: reader, organisation: Some(ids[2]), title, link: "/commandes".into() };
    tell(&tx, &app, vec![notice]).await.unwrap();
    tx.commit().await.unwrap();
    let client = Client::of(&app, reader).await;
    client.get("/").await.shows(&["Commande BC-2026-0042 émise", "nouveau"]);
    let other = Client::with(&app, &fresh, ids[2], &[Role::Signatory]).await;
    other.post("/notifications/lues", &[("dernier", "99")]).await.leads_to("/");
    client.get("/").await.shows(&["nouveau"]);
    client.post("/notifications/lues", &[("dernier", "1")]).await.leads_to("/");
    let read = client.get("/").await.shows(&["Commande BC-2026-0042 émise"]);
    assert!(!read.text().contains("nouveau"));
}
