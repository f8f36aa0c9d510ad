//! The secretary's census, by keyboard alone, on a telephone: from the link in her e-mail to the
//! receipt.

use serde_json::json;
use travee::usecases::platform::census_links;

use super::driver::Window;
use super::keyboard::{ENTER, choose, fill, press, tab_to};
use super::site::open;
use crate::harness::On;
use crate::house::{House, found};

#[tokio::test(flavor = "multi_thread")]
async fn a_secretary_answers_the_census_by_keyboard_alone_on_a_telephone() {
    let open = open(House::open(On::Sqlite).await).await;
    let (browser, census) = (&open.browser, open.house.census);
    let tx = open.app.store.begin_write().await.unwrap();
    let arras = open.house.arras();
    let token =
        census_links::make(&open.app, &tx, arras, census, "mairie@arras.example").await.unwrap();
    tx.commit().await.unwrap();
    browser.look_through(Window::TELEPHONE).await;
    browser.sign_in(None).await;
    browser.goto(&format!("/r/{token}")).await;
    browser.hears("Arras").await;
    choose(browser, "Ouvrir le recensement").await;
    browser.arrives("the census", |path| path.starts_with(&format!("/campagnes/{census}"))).await;

    browser.goto(&format!("/campagnes/{census}")).await;
    browser.hears("À répondre avant le").await;
    choose(browser, "Répondre").await;
    browser.hears("Où faut-il vous livrer").await;
    choose(browser, "Confirmer ces 2 lieux").await;
    browser.hears("De quoi avez-vous besoin").await;

    // A quantity that packs do not hold: what will be delivered is said at once.
    let boxes = format!("a{}", open.house.shop.world.article("BOI-001").await);
    fill(browser, &boxes, "130").await;
    browser.hears("150").await;
    // What was typed is kept without a button.
    browser.hears("Enregistré à").await;
    choose(browser, "Vérifier ma réponse").await;
    browser.arrives("the second place", |path| path.contains("lieu=")).await;
    browser.hears("Lieu 2 sur 2").await;
    fill(browser, &boxes, "20").await;
    choose(browser, "Vérifier ma réponse").await;

    browser.hears("Vérifiez votre réponse").await;
    choose(browser, "Envoyer mes besoins").await;
    browser.hears("à revoir").await;
    if browser.words().await.contains("Oui, ces quantités sont justes") {
        tab_to(browser, "Oui, ces quantités sont justes").await;
        press(browser, super::keyboard::SPACE).await;
    }
    fill(browser, "Qui répond", "Mme Petit, secrétaire de mairie").await;
    press(browser, ENTER).await;
    browser.hears("Merci, votre réponse est enregistrée").await;

    let receipt = browser
        .ask_later(
            "const done = arguments[0];
             const link = [...document.querySelectorAll('a')]
               .find(one => one.innerText.includes('récépissé'));
             fetch(link.href).then(answer => answer.arrayBuffer())
               .then(bytes => done(new TextDecoder('latin1').decode(bytes.slice(0, 5))),
                     error => done(String(error)));",
        )
        .await;
    assert_eq!(receipt, json!("%PDF-"));
    let query = format!(
        "SELECT CAST(COUNT(*) AS TEXT) FROM need_sheet WHERE campaign_id = {census} \
         AND organisation_id = {arras} AND state = 'submitted'"
    );
    assert_eq!(found(open.house.fresh(), &query).await.unwrap(), "2");
}
