//! Sending and signing, with an account or on paper.

use axum::http::StatusCode;
use domain::campaigns::sheet::{NeedAnswer, SheetState};
use domain::platform::role::Role;
use rstest::rstest;

use super::{BAPAUME, Town, hidden};
use crate::harness::On;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_changed_since_it_was_shown_is_not_sent(#[values(On::Sqlite, On::Postgres)] on: On) {
    let town = Town::new(on).await;
    let site = town.site(BAPAUME).await;
    let field = town.field("BOI-001").await;
    let save = town.path(&format!("/brouillon?lieu={site}"));
    town.client.post(&save, &[("version", "0"), (&field, "50")]).await;
    let seen = hidden(&town.client.get(&town.path("/verification")).await, "vu");
    town.client.post(&save, &[("version", "1"), (&field, "500")]).await;
    let send = [("vu", seen.as_str()), ("action", "envoyer")];
    let told = town.client.post(&town.path("/verification"), &send).await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    assert!(told.text().contains("La réponse a changé") && told.text().contains("500 par an"));
    assert_eq!(town.sheet(BAPAUME).await.sheet.state, SheetState::Draft);
    let send = [("vu", hidden(&told, "vu")), ("action", "envoyer".into())];
    let send = send.each_ref().map(|(name, value)| (*name, value.as_str()));
    town.client.post(&town.path("/verification"), &send).await.leads_to(&town.path("/merci"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_signatory_sends_and_signs_or_signs_what_was_sent(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let town = Town::new(on).await;
    let mayor = town.world.client(BAPAUME, Role::Signatory).await;
    let nothing = town.client.get(&town.path("/neant")).await;
    let seen = hidden(&nothing, "vu");
    nothing.shows(&["n’a besoin d’aucun article", "Déclarer que nous n’avons pas de besoin"]);
    let sent = town.client.post(&town.path("/neant"), &[("vu", &seen)]).await;
    sent.leads_to(&town.path("/merci"));
    assert_eq!(town.sheet(BAPAUME).await.sheet.answer, NeedAnswer::Nothing);

    // A référent cannot sign; a signatory says in what quality.
    let page = mayor.get(&town.path("/signature")).await;
    let seen = hidden(&page, "vu");
    let refused =
        town.client.post(&town.path("/signature"), &[("vu", &seen), ("fonction", "Maire")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let missing = mayor.post(&town.path("/signature"), &[("vu", &seen)]).await;
    assert_eq!(missing.status, StatusCode::UNPROCESSABLE_ENTITY);
    let signed =
        mayor.post(&town.path("/signature"), &[("vu", &seen), ("fonction", "Maire")]).await;
    signed.leads_to(&town.path("/merci"));
    let signature = town.sheet(BAPAUME).await.sheet.signature.unwrap();
    assert_eq!((signature.name.as_str(), signature.quality.as_str()), ("Camille Dupont", "Maire"));

    // Changed, it is to be signed again; the signatory sends and signs at once.
    mayor.post(&town.path("/modification"), &[]).await.leads_to(&town.path("/livraison"));
    let save = town.path(&format!("/brouillon?lieu={}", town.site(BAPAUME).await));
    let field = town.field("BOI-001").await;
    assert_eq!(mayor.post(&save, &[("version", "0"), (&field, "25")]).await.status, StatusCode::OK);
    let check = mayor.get(&town.path("/verification")).await;
    let seen = hidden(&check, "vu");
    check.shows(&["Valider les besoins", "Envoyer sans signer"]);
    let send = [("vu", seen.as_str()), ("action", "valider"), ("fonction", "Maire")];
    mayor.post(&town.path("/verification"), &send).await.leads_to(&town.path("/merci"));
    let sheet = town.sheet(BAPAUME).await.sheet;
    assert!(sheet.signature.is_some() && sheet.state == SheetState::Submitted);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_mayor_without_an_account_signs_on_paper(#[values(On::Sqlite, On::Postgres)] on: On) {
    let town = Town::new(on).await;
    let seen = hidden(&town.client.get(&town.path("/neant")).await, "vu");
    town.client.post(&town.path("/neant"), &[("vu", &seen)]).await.leads_to(&town.path("/merci"));
    let page = town.client.get(&town.path("/signature")).await;
    let seen = hidden(&page, "vu");
    let path = town.path("/signature-papier");
    let fields = [
        ("vu", seen.as_str()),
        ("signataire", "Claire Martin"),
        ("qualite", "Maire"),
        ("date", "01/03/2026"),
    ];
    let refused = town.client.upload(&path, &fields, &[("scan", "a.exe", b"MZ\x90")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.text().contains("un PDF ou une photo") && refused.text().contains("Claire Martin")
    );
    let kept = town.client.upload(&path, &fields, &[("scan", "signé.pdf", b"%PDF-1.7 x")]).await;
    kept.leads_to(&town.path("/merci"));
    town.client.get(&town.path("/merci")).await.shows(&["Claire Martin, Maire, le 01/03/2026"]);
}
