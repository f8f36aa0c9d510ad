//! How far a link, a member and a closed census reach.

use axum::http::StatusCode;
use domain::ids::SiteId;
use rstest::rstest;
use travee::usecases::campaigns::{open_census, provisional_receipt};

use super::{ARRAS, BAPAUME, Town, hidden};
use crate::campaigns::on_day;
use crate::client::Client;
use crate::fixtures::buyer;
use crate::harness::On;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_shared_link_answers_by_name_and_opens_its_census_only(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let town = Town::new(on).await;
    let world = &town.world;
    let other = world.census_of("Un autre", "2026-03-01", "2026-05-31", 2026).await;
    open_census(&world.app, &buyer(), other).await.unwrap();
    let guest = Client::of_link(&world.app, world.bodies[BAPAUME], town.census).await;
    assert_eq!(guest.get(&format!("/campagnes/{other}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(guest.get("/campagnes").await.status, StatusCode::FORBIDDEN);
    let page = guest.get(&town.path("/neant")).await;
    let seen = hidden(&page, "vu");
    page.shows(&["Qui répond ?"]);
    let nobody = guest.post(&town.path("/neant"), &[("vu", &seen)]).await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nobody.text().contains("Indiquez qui répond"));
    let sent = guest.post(&town.path("/neant"), &[("vu", &seen), ("par", "Mme Petit")]).await;
    sent.leads_to(&town.path("/merci"));
    assert_eq!(town.sheet(BAPAUME).await.sheet.source.unwrap().typed_by, "Mme Petit");
    let sign = guest.post(&town.path("/signature"), &[("vu", &seen), ("fonction", "Maire")]).await;
    assert_eq!(sign.status, StatusCode::FORBIDDEN);
    assert_eq!(guest.get(&town.path("/signature")).await.status, StatusCode::FORBIDDEN);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn another_members_sheet_and_delivery_point_do_not_exist(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let town = Town::new(on).await;
    let theirs = town.site(ARRAS).await;
    let field = town.field("BOI-001").await;
    let typed = [("version", "0"), (field.as_str(), "25"), ("nom", "Pris")];
    for path in [
        town.path(&format!("/besoins?lieu={theirs}")),
        town.path(&format!("/brouillon?lieu={theirs}")),
        town.path(&format!("/livraison/{theirs}")),
        format!("/lieux/{theirs}"),
        format!("/lieux/{theirs}/retrait"),
    ] {
        if !path.contains("brouillon") {
            assert_eq!(town.client.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        if !path.contains("livraison/") {
            let answer = town.client.post(&path, &typed).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
    let mended =
        [("nom", "Pris"), ("rue", "1 rue Haute"), ("code_postal", "62000"), ("ville", "Arras")];
    let answer = town.client.post(&town.path(&format!("/livraison/{theirs}")), &mended).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    // A census in preparation is not there yet.
    let draft = town.world.census_of("En préparation", "2026-06-01", "2026-06-30", 2027).await;
    assert_eq!(town.client.get(&format!("/campagnes/{draft}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(town.client.get("/campagnes/abc").await.status, StatusCode::NOT_FOUND);
    let member = town.world.bodies[ARRAS];
    assert!(provisional_receipt(&town.world.app, member, town.census).await.is_err(), "silent");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_census_takes_no_more_and_says_what_to_do(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let town = Town::new(on).await;
    let late = on_day(&town.world.app, "2026-06-01");
    let mut client = Client::new(&late);
    client.cookie.clone_from(&town.client.cookie);
    client.get(&town.path("")).await.shows(&["clos depuis le 31/05/2026", "appelez le CdG62"]);
    client.get(&town.path("/besoins")).await.leads_to(&town.path(""));
    client.get(&town.path("/neant")).await.leads_to(&town.path(""));
    let site = town.site(BAPAUME).await;
    let save =
        client.post(&town.path(&format!("/brouillon?lieu={site}")), &[("version", "0")]).await;
    assert_eq!(save.status, StatusCode::UNPROCESSABLE_ENTITY);
    let early = on_day(&town.world.app, "2026-02-01");
    let mut early = Client::new(&early);
    early.cookie.clone_from(&town.client.cookie);
    early.get(&town.path("")).await.shows(&["ouvre le 01/03/2026"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn delivery_points_are_added_mended_and_retired(#[values(On::Sqlite, On::Postgres)] on: On) {
    let town = Town::new(on).await;
    let page = town.client.get(&town.path("/livraison")).await;
    let key = hidden(&page, "cle");
    let mut place = vec![
        ("cle", key.as_str()),
        ("nom", "Ateliers"),
        ("rue", "3 rue des Ateliers"),
        ("code_postal", "6245"),
        ("ville", "Bapaume"),
        ("acces", "Hayon nécessaire"),
    ];
    let refused = town.client.post(&town.path("/livraison"), &place).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = refused.text();
    assert!(text.contains("cinq chiffres") && text.contains("value=\"6245\""), "{text}");
    place[3].1 = "62450";
    for _double_click in 0..2 {
        let added = town.client.post(&town.path("/livraison"), &place).await;
        added.leads_to(&town.path("/livraison"));
    }
    let keys = town.world.keys(town.census, BAPAUME).await;
    assert_eq!(keys.len(), 2, "one more sheet for one more delivery point");
    town.client.get(&town.path("/livraison")).await.shows(&[
        "Ateliers",
        "3 rue des Ateliers, 62450 Bapaume",
        "Hayon nécessaire",
        "Confirmer ces 2 lieux",
    ]);

    // Two points: one after the other, then the check; the empty one will say « néant ».
    let field = town.field("BOI-001").await;
    let at = |site: SiteId| town.path(&format!("/besoins?lieu={site}"));
    let typed = [("version", "0"), (field.as_str(), "25"), ("action", "verifier")];
    let next = town.client.post(&at(keys[0].site), &typed).await;
    next.leads_to(&at(keys[1].site));
    let check = town.client.get(&town.path("/verification")).await;
    let seen = hidden(&check, "vu");
    check.shows(&["ce lieu sera déclaré sans besoin", "2 lieux de livraison"]);
    let send = [("vu", seen.as_str()), ("action", "envoyer")];
    town.client.post(&town.path("/verification"), &send).await.leads_to(&town.path("/merci"));

    let used = format!("/lieux/{}/retrait", keys[0].site);
    let refused = town.client.post(&used, &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("Modifiez d’abord cette réponse"));
    let empty = format!("/lieux/{}/retrait", keys[1].site);
    town.client.get(&empty).await.shows(&["Aucun nouveau besoin"]);
    town.client.post(&empty, &[]).await.leads_to("/lieux");
    town.client.get("/lieux").await.shows(&["Mairie", "Lieux retirés", "Ateliers"]);
    town.client.get("/adhesion").await.shows(&["2026-GC-01", "n° 2026-001", "exécutoire"]);
}
