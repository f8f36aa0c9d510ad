//! Everybody sends on the last evening, in the same second.

use std::sync::Arc;
use std::time::Duration;

use domain::ids::{CampaignId, OrganisationId};
use tokio::sync::Barrier;
use tokio::time::Instant;
use travee::usecases::platform::sessions::{Holder, Place, open};

use crate::percentile;
use crate::server::Installation;
use crate::socket::Connection;

/// A member with its answer typed and checked, about to press « Envoyer ».
struct Ready {
    connection: Connection,
    cookie: String,
    form: String,
}

const SENT: &str = "SELECT COUNT(*) FROM need_sheet WHERE state = 'submitted' AND campaign_id = ";

pub(crate) async fn send_at_once(here: &Installation, members: usize) {
    let census = here.open_census().await;
    let silent = here
        .numbers(&format!(
            "SELECT organisation_id FROM need_sheet WHERE campaign_id = {census} \
             GROUP BY organisation_id HAVING SUM(CASE WHEN answer IS NULL THEN 0 ELSE 1 END) = 0 \
             ORDER BY organisation_id LIMIT {members}"
        ))
        .await;
    assert_eq!(silent.len(), members, "enough members have not answered yet");
    let list = silent.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let sheets = here
        .number(&format!(
            "SELECT COUNT(*) FROM need_sheet WHERE campaign_id = {census} \
             AND organisation_id IN ({list})"
        ))
        .await;
    let before = here.number(&format!("{SENT}{census}")).await;
    let gate = Arc::new(Barrier::new(members));
    let mut tasks = Vec::new();
    for (member, port) in silent.into_iter().zip(here.ports.iter().copied().cycle()) {
        let mut ready = prepare(here, census, member, port).await;
        let gate = Arc::clone(&gate);
        tasks.push(tokio::spawn(async move {
            gate.wait().await;
            let start = Instant::now();
            let path = format!("/campagnes/{census}/verification");
            let answer = ready.connection.post(&path, &ready.cookie, &ready.form).await;
            assert_eq!(answer.status, 303, "{}", String::from_utf8_lossy(&answer.body));
            assert!(answer.head.contains("/merci"), "{}", answer.head);
            start.elapsed()
        }));
    }
    let start = Instant::now();
    let mut times: Vec<Duration> = Vec::new();
    for task in tasks {
        times.push(task.await.unwrap());
    }
    let took = start.elapsed();
    times.sort_unstable();
    let [p50, p95, last] = [50, 95, 100].map(|part| percentile(&times, part));
    let after = here.number(&format!("{SENT}{census}")).await;
    assert_eq!(after - before, sheets, "a sheet was lost");
    here.check();
    println!(
        "{members} members send {sheets} sheets at once over {} process(es): all in {took:.1?}, \
         p50 {p50:.1?}, p95 {p95:.1?}, last {last:.1?}; none lost, travee check clean",
        here.ports.len()
    );
}

async fn prepare(here: &Installation, census: i64, member: i64, port: u16) -> Ready {
    let holder =
        Holder::Census { organisation: OrganisationId(member), campaign: CampaignId(census) };
    let token = open(&here.app, holder, &Place::default()).await.unwrap();
    let cookie = format!("travee={token}");
    let mut connection = Connection::open(port).await;
    let sites = here
        .numbers(&format!(
            "SELECT site_id FROM need_sheet WHERE campaign_id = {census} \
             AND organisation_id = {member} ORDER BY site_id"
        ))
        .await;
    let article = here
        .number(&format!(
            "SELECT ca.article_id FROM campaign_article ca JOIN article a ON a.id = ca.article_id \
             JOIN membership_lot ml ON 1 = 1 JOIN membership m ON m.id = ml.membership_id \
             JOIN lot l ON l.id = ml.lot_id AND l.number = a.lot \
             WHERE ca.campaign_id = {census} AND ca.pack_milli IS NOT NULL \
             AND m.organisation_id = {member} ORDER BY ca.id LIMIT 1"
        ))
        .await;
    for site in sites {
        let path = format!("/campagnes/{census}/brouillon?lieu={site}");
        let typed = connection.post(&path, &cookie, &format!("version=0&a{article}=100")).await;
        assert_eq!(typed.status, 200, "{}", String::from_utf8_lossy(&typed.body));
    }
    let page = connection.read(&format!("/campagnes/{census}/verification"), &cookie).await;
    let seen = page
        .split_once("name=\"vu\" value=\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .unwrap_or_else(|| panic!("nothing to send: {page}"))
        .0;
    let form = format!("action=envoyer&par=Secretariat&confirme=oui&vu={seen}");
    Ready { connection, cookie, form }
}
