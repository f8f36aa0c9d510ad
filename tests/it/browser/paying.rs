//! An e-invoice, from its upload by the CdG62's accountant to the statement that a member
//! downloads.

use domain::platform::role::Role;
use tokio::sync::watch;
use travee::jobs::run_one;

use super::driver::Window;
use super::keyboard::choose;
use super::site::{Open, open};
use crate::client::{Client, person};
use crate::harness::On;
use crate::house::House;

impl Open {
    /// Runs what was asked to be done later, as the service does beside its pages.
    pub(super) async fn works(&self) {
        let (_go, stop) = watch::channel(false);
        while run_one(&self.app, "essai", &stop).await.unwrap() {}
    }

    /// What the first link with these words leads to, as bytes of a file begin.
    pub(super) async fn downloads(&self, words: &str) -> String {
        let script = format!(
            "const done = arguments[0];
             const link = [...document.querySelectorAll('main a')]
               .find(one => one.textContent.includes('{words}'));
             if (!link) return done('no such link');
             fetch(link.href).then(answer => answer.arrayBuffer())
               .then(bytes => done(new TextDecoder('latin1').decode(bytes.slice(0, 5))),
                     error => done(String(error)));"
        );
        self.browser.ask_later(&script).await.as_str().unwrap_or_default().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_goes_from_its_file_to_the_statement_that_a_member_downloads() {
    let open = open(House::before_the_invoice(On::Sqlite).await).await;
    let (browser, house) = (&open.browser, &open.house);
    browser.look_through(Window::DESK).await;
    let file = house.fresh().folder.path().join("F-2026-118.xml");
    std::fs::write(&file, house.boxes_invoice().await).unwrap();

    open.become_one(Role::CoordinatorFinance).await;
    browser.goto("/comptabilite").await;
    choose(browser, "Déposer des factures").await;
    browser.hears("Fichiers reçus des fournisseurs").await;
    browser.attach("fichiers", &file).await;
    choose(browser, "Déposer ces factures").await;
    browser.hears("Ce que disent les contrôles").await;
    choose(browser, "Ouvrir le document").await;
    browser.hears("F-2026-118").await;
    browser.hears("correspond à sa commande").await;
    let invoice = browser.path().await;
    choose(browser, "Répartir la facture").await;
    browser.hears("Rien n’est encore enregistré").await;
    choose(browser, "Enregistrer la répartition").await;
    browser.arrives("booked", |path| path != format!("{invoice}/repartition")).await;
    browser.goto(&invoice).await;
    choose(browser, "Valider la répartition").await;
    browser.hears("une autre personne doit valider").await;

    let coordinator = house.shop.world.bodies[0];
    let finance = [Role::CoordinatorFinance];
    let second = person(house.fresh(), "seconde@exemple.fr", coordinator, &finance).await;
    browser.sign_in(Client::of(&open.app, second).await.cookie.as_deref()).await;
    browser.goto(&invoice).await;
    choose(browser, "Valider la répartition").await;
    browser.hears("Ce qui va se passer").await;
    choose(browser, "Valider la répartition").await;
    browser.hears("La répartition est validée").await;
    browser.goto(&format!("{invoice}/releves")).await;
    choose(browser, "Émettre les relevés").await;
    browser.settles().await;
    open.works().await;

    open.become_one(Role::MemberFinance).await;
    browser.goto("/documents").await;
    browser.hears("RF-2026-").await;
    assert_eq!(open.downloads("RF-2026-").await, "%PDF-");
    browser.goto("/factures").await;
    browser.hears("F-2026-118").await;
}
