//! People invited, given roles, taken out; acting for one organisation at a time.

use axum::http::StatusCode;
use domain::platform::role::Role;
use rstest::rstest;

use super::{EMAIL, World, keeping};
use crate::client::{Client, person};
use crate::harness::On;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_invited_person_joins_by_the_button_of_the_link(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let marie = Client::of(&world.app, world.marie).await;
    let fields =
        [("nom", "Paul Martin"), ("adresse", "Paul@Arras.example"), ("role", "member_reader")];
    marie.post("/equipe/invitation", &fields).await.leads_to("/equipe");
    marie.get("/equipe").await.shows(&["Paul Martin", "paul@arras.example", "lecteur"]);
    let link = world.link("invitation").await;
    let paul = Client::new(&world.app);
    paul.get(&link).await.shows(&["Paul Martin", "Rejoindre mon organisme"]);
    assert_eq!(world.count("session").await, 1, "only Marie’s");
    let answer = paul.post(&link, &[]).await.leads_to("/");
    let inside = keeping(&paul, &answer);
    inside.get("/compte").await.shows(&["paul@arras.example"]);
    assert_eq!(paul.post(&link, &[]).await.status, StatusCode::GONE);
    let again = marie.post("/equipe/invitation", &fields).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.text().contains("a déjà ce rôle"), "{}", again.text());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_role_taken_is_lost_at_the_next_page(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::new(on).await;
    let paul =
        person(&world.fresh, "paul@arras.example", world.ids[2], &[Role::MemberContact]).await;
    let (marie, his) =
        (Client::of(&world.app, world.marie).await, Client::of(&world.app, paul).await);
    his.get("/equipe").await.shows(&["Équipe"]);
    marie.post(&format!("/equipe/{paul}/retrait"), &[]).await.leads_to("/equipe");
    assert!(his.get("/equipe").await.location().starts_with("/connexion"));
    let journal =
        world.texts("SELECT details FROM journal WHERE action = 'person.role_taken'").await;
    assert_eq!(journal.len(), 1);
    assert!(journal[0].starts_with("member_contact"), "{journal:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_team_is_nobody_s_but_its_own(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::new(on).await;
    let other =
        person(&world.fresh, "jean@bapaume.example", world.ids[3], &[Role::MemberContact]).await;
    let marie = Client::of(&world.app, world.marie).await;
    for (method, path) in [
        ("GET", format!("/equipe/{other}")),
        ("POST", format!("/equipe/{other}/retrait")),
        ("POST", format!("/equipe/{other}/invitation")),
    ] {
        let answer =
            if method == "GET" { marie.get(&path).await } else { marie.post(&path, &[]).await };
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}");
    }
    let grants = world.texts("SELECT CAST(MAX(id) AS TEXT) FROM role_grant").await;
    let (me, grant) = (world.marie, &grants[0]);
    let path = format!("/equipe/{me}/roles/{grant}/retrait");
    assert_eq!(marie.post(&path, &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.count("role_grant WHERE to_day IS NULL").await, 2);
    // Nor does the CdG62's page of a member open the CdG62's own team.
    let buyer = person(&world.fresh, "a@cdg.example", world.ids[0], &[Role::Buyer]).await;
    let buyer = Client::of(&world.app, buyer).await;
    buyer.get(&format!("/gestion/membres/{}/equipe", world.ids[2])).await.shows(&[EMAIL]);
    let own = buyer.get(&format!("/gestion/membres/{}/equipe", world.ids[0])).await;
    assert_eq!(own.status, StatusCode::NOT_FOUND);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_more_than_they_may(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::new(on).await;
    let marie = Client::of(&world.app, world.marie).await;
    let page = marie.get("/equipe/invitation").await.shows(&["Référent", "Lecteur"]);
    assert!(!page.text().contains("value=\"signatory\""));
    for role in ["signatory", "buyer", "administrator"] {
        let fields = [("nom", "Moi Même"), ("adresse", "moi@arras.example"), ("role", role)];
        let answer = marie.post("/equipe/invitation", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{role}");
    }
    let own = [("nom", "Marie Dupont"), ("adresse", EMAIL), ("role", "member_finance")];
    let answer = marie.post("/equipe/invitation", &own).await;
    assert!(answer.text().contains("à vous-même"), "{}", answer.text());
    assert_eq!(world.count("role_grant").await, 1);
    assert_eq!(world.count("mail").await, 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_last_signatory_and_the_last_administrator_stay(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let mayor = person(&world.fresh, "maire@arras.example", world.ids[2], &[Role::Signatory]).await;
    let client = Client::of(&world.app, mayor).await;
    let answer = client.post(&format!("/equipe/{mayor}/retrait"), &[]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("dernière personne qui peut signer"), "{}", answer.text());
    let cdg = world.ids[0];
    let admin = person(&world.fresh, "admin@cdg.example", cdg, &[Role::Administrator]).await;
    let client = Client::of(&world.app, admin).await;
    let path = format!("/administration/organismes/{cdg}/equipe/{admin}/retrait");
    let answer = client.post(&path, &[]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("dernier administrateur"), "{}", answer.text());
    // The CdG62 may take the last signatory of a member.
    let team = format!("/administration/organismes/{}/equipe", world.ids[2]);
    client.post(&format!("{team}/{mayor}/retrait"), &[]).await.leads_to(&team);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn switching_organisation_never_mixes_rights(#[values(On::Sqlite, On::Postgres)] on: On) {
    let world = World::new(on).await;
    // Marie invites for Arras, and only reads for Bapaume.
    let (arras, bapaume) = (world.ids[2], world.ids[3]);
    let give = format!(
        "INSERT INTO role_grant (person_id, organisation_id, role, from_day, given_by) \
         VALUES ({}, {bapaume}, 'member_reader', '2026-01-01', 'essai')",
        world.marie
    );
    world.fresh.execute(&give).await;
    let marie = Client::of(&world.app, world.marie).await;
    let switch = async |to: domain::ids::OrganisationId| {
        marie.post("/compte/organisme", &[("organisme", &to.to_string())]).await
    };
    switch(arras).await.leads_to("/");
    marie.get("/equipe").await.shows(&[EMAIL]);
    switch(bapaume).await.leads_to("/");
    assert_eq!(marie.get("/equipe").await.status, StatusCode::FORBIDDEN);
    assert_eq!(switch(world.ids[0]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(marie.get("/equipe").await.status, StatusCode::FORBIDDEN);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_link_about_another_organisation_asks_before_it_opens(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let (arras, bapaume) = (world.ids[2], world.ids[3]);
    let about =
        |organisation: domain::ids::OrganisationId| format!("/adhesion?pour={organisation}");
    let stranger = Client::new(&world.app).get(&about(bapaume)).await;
    assert_eq!(
        stranger.location(),
        format!("/connexion?suite=/adhesion%3Fpour%3D{bapaume}"),
        "it opens after signing in"
    );
    let marie = Client::of(&world.app, world.marie).await;
    marie.get(&about(arras)).await.leads_to("/adhesion");
    // Of Bapaume she knows nothing yet: its link opens what is hers.
    marie.get(&about(bapaume)).await.leads_to("/adhesion");
    let question = format!("/compte/organisme?organisme={bapaume}&suite=/adhesion%3Ftri%3Ddate");
    assert_eq!(marie.get(&question).await.status, StatusCode::NOT_FOUND);
    let give = format!(
        "INSERT INTO role_grant (person_id, organisation_id, role, from_day, given_by) \
         VALUES ({}, {bapaume}, 'member_reader', '2026-01-01', 'essai')",
        world.marie
    );
    world.fresh.execute(&give).await;
    marie.post("/compte/organisme", &[("organisme", &arras.to_string())]).await.leads_to("/");
    marie.get(&format!("{}&tri=date", about(bapaume))).await.leads_to(&question);
    marie.get(&question).await.shows(&["Agir pour Bapaume", "Rester sur Arras"]);
    assert_eq!(marie.get("/equipe").await.status, StatusCode::OK, "looking changes nothing");
    let go_on = async |next: &str| {
        let fields = [("organisme", bapaume.to_string()), ("suite", next.to_owned())];
        let fields = fields.each_ref().map(|(name, text)| (*name, text.as_str()));
        marie.post("/compte/organisme", &fields).await
    };
    go_on("/adhesion?tri=date").await.leads_to("/adhesion?tri=date");
    marie.get("/adhesion?tri=date").await.shows(&["Vous agissez maintenant pour « Bapaume »"]);
    marie.get(&question).await.leads_to("/adhesion?tri=date");
    go_on("//ailleurs.example").await.leads_to("/");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_account_is_out_at_once_and_comes_back_with_its_roles(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let admin =
        person(&world.fresh, "admin@cdg.example", world.ids[0], &[Role::Administrator]).await;
    let admin_browser = Client::of(&world.app, admin).await;
    let marie = Client::of(&world.app, world.marie).await;
    admin_browser.get("/administration/personnes?q=arras").await.shows(&[EMAIL, "Camille Dupont"]);
    admin_browser
        .get("/administration/personnes?organisme=sans")
        .await
        .shows(&["Rien ne correspond"]);
    let page = format!("/administration/personnes/{}", world.marie);
    admin_browser.get(&page).await.shows(&["Bloquer ce compte"]);
    admin_browser.post(&format!("{page}/blocage"), &[]).await.leads_to(&page);
    assert!(marie.get("/compte").await.location().starts_with("/connexion"));
    admin_browser.post(&format!("{page}/retablissement"), &[]).await.leads_to(&page);
    Client::of(&world.app, world.marie).await.get("/equipe").await.shows(&[EMAIL]);
    let own = format!("/administration/personnes/{admin}/blocage");
    assert_eq!(admin_browser.post(&own, &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}
