//! Everybody sends in the same second, on the last evening: no answer is lost, none is refused.
//!
//! The size of a département is in `benches/load`.

use rstest::rstest;
use travee::usecases::check::check;

use crate::campaigns::{World, on_day};
use crate::client::Client;
use crate::harness::On;
use crate::house::{found, newcomers};

const MEMBERS: i64 = 50;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn fifty_members_send_their_needs_at_once_and_none_is_lost(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let communes = newcomers(&world.app, world.group, MEMBERS).await;
    let census = world.open().await;
    let app = on_day(&world.app, "2026-05-31");
    let article = world.article("BOI-001").await;
    let mut ready = Vec::new();
    for commune in communes {
        let client = Client::of_link(&app, commune, census).await;
        let query = format!(
            "SELECT CAST(site_id AS TEXT) FROM need_sheet WHERE organisation_id = {commune}"
        );
        let site = found(&world.fresh, &query).await.unwrap();
        let draft = format!("/campagnes/{census}/brouillon?lieu={site}");
        let quantity = format!("a{article}");
        let kept = client.post(&draft, &[("version", "0"), (&quantity, "100")]).await;
        assert!(kept.status.is_success(), "{}", kept.text());
        let page = client.get(&format!("/campagnes/{census}/verification")).await.text();
        let seen = page.split_once("name=\"vu\" value=\"").unwrap().1;
        ready.push((client, seen.split_once('"').unwrap().0.to_owned()));
    }
    let mut sent = tokio::task::JoinSet::new();
    for (client, seen) in ready {
        sent.spawn(async move {
            let form = [
                ("action", "envoyer"),
                ("par", "Mme Petit, secrétaire"),
                ("confirme", "oui"),
                ("vu", &seen),
            ];
            client.post(&format!("/campagnes/{census}/verification"), &form).await
        });
    }
    while let Some(answer) = sent.join_next().await {
        answer.unwrap().leads_to(&format!("/campagnes/{census}/merci"));
    }
    let query = "SELECT CAST(COUNT(*) AS TEXT) FROM need_sheet WHERE state = 'submitted'";
    assert_eq!(found(&world.fresh, query).await.unwrap(), MEMBERS.to_string());
    assert_eq!(check(&app).await.unwrap().breaches, []);
}
