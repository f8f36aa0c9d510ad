//! Coming in by keyboard: by a sent link, by a password, with a second factor, with a recovery
//! code.

use domain::platform::role::Role;
use totp_rs::{Builder, Secret};

use super::driver::{Browser, Window};
use super::keyboard::{choose, fill};
use super::site::{Open, open};
use crate::harness::On;
use crate::house::{House, found};

const PASSWORD: &str = "lanterne rouge velours";
/// A code serves during this many seconds, and once.
const STEP: u64 = 30;

impl Open {
    /// The last link that was written to this address, as its e-mail gives it.
    pub(super) async fn link_for(&self, email: &str) -> String {
        let query =
            format!("SELECT text FROM mail WHERE to_address = '{email}' ORDER BY id DESC LIMIT 1");
        let text = found(self.house.fresh(), &query).await.expect("an e-mail was written");
        let begins = text.find(&self.app.site.base_url).unwrap_or_else(|| panic!("{text}"));
        text[begins..].split_whitespace().next().unwrap().to_owned()
    }

    /// Asks for a link, opens it and confirms.
    async fn comes_by_link(&self, email: &str) {
        let browser = &self.browser;
        browser.sign_in(None).await;
        browser.goto("/connexion").await;
        fill(browser, "Votre adresse de courriel", email).await;
        choose(browser, "Recevoir mon lien").await;
        browser.hears("Consultez votre messagerie").await;
        browser.goto(&self.link_for(email).await).await;
        browser.hears("Il ne reste qu’à confirmer").await;
        choose(browser, "Me connecter").await;
    }

    /// What the application shows `steps` steps from now.
    fn code(&self, secret: &str, steps: u64) -> String {
        let secret = Secret::try_from_base32(secret).unwrap();
        let totp = Builder::new().with_secret(secret).build().unwrap();
        let now = u64::try_from(self.app.wall.now().timestamp()).unwrap();
        totp.generate(now + steps * STEP).to_string()
    }
}

fn email(role: Role) -> String {
    format!("{}@exemple.fr", role.code())
}

async fn read_code(browser: &Browser) -> String {
    let code = browser.ask("return document.querySelector('main code').textContent").await;
    code.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_comes_in_by_link_once_then_by_the_password_it_chose() {
    let open = open(House::open(On::Sqlite).await).await;
    let browser = &open.browser;
    browser.look_through(Window::TELEPHONE).await;
    let address = email(Role::MemberContact);
    open.comes_by_link(&address).await;
    browser.arrives("by link", |path| path == "/").await;
    browser.hears("Arras").await;
    let used = open.link_for(&address).await;
    browser.sign_in(None).await;
    browser.goto(&used).await;
    assert!(!browser.words().await.contains("Il ne reste qu’à confirmer"), "a link serves once");

    browser.goto("/mot-de-passe-oublie").await;
    fill(browser, "Votre adresse de courriel", &address).await;
    choose(browser, "Recevoir mon lien").await;
    browser.hears("Consultez votre messagerie").await;
    browser.goto(&open.link_for(&address).await).await;
    fill(browser, "Nouveau mot de passe", PASSWORD).await;
    choose(browser, "Choisir ce mot de passe").await;
    browser.settles().await;
    browser.sign_in(None).await;
    browser.goto("/connexion/mot-de-passe?suite=/commandes").await;
    fill(browser, "Votre adresse de courriel", &address).await;
    fill(browser, "Votre mot de passe", "autre chose entierement").await;
    choose(browser, "Me connecter").await;
    browser.hears("à revoir").await;
    fill(browser, "Votre adresse de courriel", &address).await;
    fill(browser, "Votre mot de passe", PASSWORD).await;
    choose(browser, "Me connecter").await;
    browser.arrives("by password, where it was going", |path| path == "/commandes").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buyer_sets_a_second_factor_up_and_comes_in_with_it_or_with_a_recovery_code() {
    let open = open(House::open(On::Sqlite).await).await;
    let browser = &open.browser;
    browser.look_through(Window::DESK).await;
    let address = email(Role::Buyer);
    open.comes_by_link(&address).await;
    browser.hears("Mettre en place la double authentification").await;
    browser.goto("/gestion/membres").await;
    browser.hears("Mettre en place la double authentification").await;
    let secret: String = read_code(browser).await.split_whitespace().collect();
    fill(browser, "Les 6 chiffres", &open.code(&secret, 0)).await;
    choose(browser, "Vérifier mon application").await;
    browser.hears("Mes codes de secours").await;
    let recovery = read_code(browser).await;
    choose(browser, "J’ai conservé mes codes").await;
    browser.hears("CdG62").await;

    open.comes_by_link(&address).await;
    browser.hears("Code de vérification").await;
    fill(browser, "Les 6 chiffres", &open.code(&secret, 0)).await;
    choose(browser, "Vérifier mon code").await;
    // The code that set it up has served.
    browser.hears("à revoir").await;
    fill(browser, "Les 6 chiffres", &open.code(&secret, 1)).await;
    choose(browser, "Vérifier mon code").await;
    browser.arrives("with a code", |path| path == "/").await;

    open.comes_by_link(&address).await;
    browser.hears("Code de vérification").await;
    fill(browser, "Les 6 chiffres", &recovery).await;
    choose(browser, "Vérifier mon code").await;
    browser.arrives("with a recovery code", |path| path == "/").await;
}
