//! A buyer's campaign, from its creation to issued orders, without a command line.

use domain::ids::{CampaignId, PersonId};
use domain::platform::role::Role;
use tokio::sync::watch;
use travee::jobs::run_one;
use travee::usecases::App;
use travee::usecases::check::check;

use super::driver::{Browser, Window};
use super::keyboard::{DOWN, choose, fill, press, tab_to};
use super::site::serve;
use crate::campaigns::{World, on_day};
use crate::client::{Client, person};
use crate::harness::On;
use crate::house::found;
use crate::orders::{answer_sheet, import_binding, signatories};

/// The buyer's desk on one day: the browser, and the site as it is that day.
struct Desk {
    world: World,
    browser: Browser,
    app: App,
    buyer: PersonId,
}

impl Desk {
    async fn open() -> Self {
        let world = World::new(On::Sqlite).await;
        import_binding(&world.app).await;
        signatories(&on_day(&world.app, "2026-04-02")).await;
        // The powers to sign are those of whoever signs in here.
        world.fresh.execute("UPDATE delegation SET name = 'Camille Dupont'").await;
        world.fresh.execute("UPDATE contact SET name = 'Camille Dupont' WHERE id IN (SELECT contact_id FROM delegation)").await;
        let buyer =
            person(&world.fresh, "acheteuse@exemple.fr", world.bodies[0], &[Role::Buyer]).await;
        let (site, app) = serve(&world.app).await;
        let browser = Browser::open(&site).await;
        browser.look_through(Window::DESK).await;
        Self { world, browser, app, buyer }
    }

    /// The same desk, on a later day.
    async fn comes(&mut self, day: &str) {
        let (site, app) = serve(&on_day(&self.world.app, day)).await;
        self.app = app;
        self.browser.moves_to(&site);
        self.sits(self.buyer).await;
    }

    async fn sits(&self, who: PersonId) {
        self.browser.sign_in(Client::of(&self.app, who).await.cookie.as_deref()).await;
    }

    /// Opens a page and presses the button of what it announces.
    async fn confirms(&self, path: &str) {
        self.browser.goto(path).await;
        // « Ce qui va se passer », « Ce que la validation engage ».
        self.browser.hears("Ce qu").await;
        let button = self
            .browser
            .ask(
                "const forms = [...document.querySelectorAll('main form')];
                 const post = forms.filter(form => form.method === 'post');
                 const one = post.flatMap(form => [...form.querySelectorAll('button')])
                   .find(button => !button.classList.contains('second'));
                 return one ? one.innerText : null;",
            )
            .await;
        let button = button.as_str().unwrap_or_else(|| panic!("{path} has no button"));
        let button = button.replace(['\u{a0}', '\u{202f}'], " ");
        choose(&self.browser, &button).await;
        self.browser.settles().await;
    }

    /// Fills a date, as the browser's own field takes it.
    async fn dates(&self, field: &str, day: &str) {
        let set = self
            .browser
            .ask(&format!(
                "const one = document.getElementById('{field}');
                 const [year, month, day] = '{day}'.split('-');
                 one.value = one.type === 'date' ? '{day}' : `${{day}}/${{month}}/${{year}}`;
                 return one.value !== '';"
            ))
            .await;
        assert_eq!(set, true, "{field} takes no date");
    }

    async fn text(&self, query: &str) -> String {
        let text = found(&self.world.fresh, query).await;
        text.unwrap_or_else(|| panic!("{query}: {}", "no row"))
    }

    async fn works(&self) {
        let (_go, stop) = watch::channel(false);
        while run_one(&self.app, "essai", &stop).await.unwrap() {}
    }
}

/// Prepares the census and opens it.
async fn census(desk: &Desk) -> CampaignId {
    let browser = &desk.browser;
    browser.goto("/gestion/recensements/nouveau").await;
    fill(browser, "Nom du recensement", "Besoins 2026-2027").await;
    desk.dates("ouverture", "2026-03-02").await;
    desk.dates("cloture", "2026-05-31").await;
    fill(browser, "Première année des besoins", "2026").await;
    fill(browser, "Nombre d’années", "2").await;
    // Only the bindings are bought, and members order them themselves.
    browser
        .ask(
            "document.querySelectorAll('#lot label').forEach(label => {
               const box = document.getElementById(label.htmlFor);
               box.checked = label.innerText.includes('Reliures');
             });
             return null;",
        )
        .await;
    choose(browser, "Préparer le recensement").await;
    browser.hears("À faire maintenant").await;
    let id = desk.text("SELECT CAST(MAX(id) AS TEXT) FROM campaign").await;
    desk.confirms(&format!("/gestion/recensements/{id}/ouverture")).await;
    assert_eq!(desk.text("SELECT state FROM campaign").await, "open");
    CampaignId(id.parse().unwrap())
}

/// Arras and Berck answer by themselves; Bapaume by telephone, typed by the buyer.
async fn answers(desk: &Desk, census: CampaignId) {
    let (world, browser) = (&desk.world, &desk.browser);
    let spring = on_day(&world.app, "2026-04-01");
    let needs = world.needs(&[("REL-001", ["6", "6"])]).await;
    answer_sheet(&spring, world.sheets(census, 2).await[0], needs).await;
    let needs = world.needs(&[("REL-041", ["3", "3"])]).await;
    answer_sheet(&spring, world.sheets(census, 4).await[0], needs).await;
    let sheet = world.sheets(census, 3).await[0];
    browser.goto(&format!("/gestion/recensements/{census}/fiches/{sheet}")).await;
    tab_to(browser, "des besoins, saisis ci-dessous").await;
    press(browser, super::keyboard::SPACE).await;
    for year in [2026, 2027] {
        fill(browser, &format!("REL-001, {year}"), "4").await;
    }
    fill(browser, "Personne au téléphone", "Mme Lefort, secrétaire de mairie").await;
    choose(browser, "Enregistrer la réponse").await;
    browser.settles().await;
    let channel = format!("SELECT channel FROM need_sheet WHERE id = {sheet}");
    assert_eq!(desk.text(&channel).await, "phone", "{}", browser.words().await);
}

/// Closes the census, launches the consultation, keeps an offer and awards the lot.
async fn contract(desk: &mut Desk, census: CampaignId) -> String {
    desk.comes("2026-06-01").await;
    desk.confirms(&format!("/gestion/recensements/{census}/cloture")).await;
    assert_eq!(desk.text("SELECT state FROM campaign").await, "closed");
    desk.browser.goto(&format!("/gestion/recensements/{census}/consultation")).await;
    fill(&desk.browser, "Référence de la procédure", "2026-REL").await;
    fill(&desk.browser, "Objet", "Reliures").await;
    desk.dates("lancement", "2026-06-01").await;
    fill(&desk.browser, "durée en mois", "48").await;
    fill(&desk.browser, "maximum HT", "20000").await;
    choose(&desk.browser, "Lancer la consultation").await;
    desk.browser.settles().await;
    // The figures changed with what was typed: they are read again before they bind.
    assert!(desk.browser.words().await.contains("20 000,00 € HT"));
    choose(&desk.browser, "Lancer la consultation").await;
    desk.browser.arrives("the consultation", |path| path.starts_with("/gestion/procedures/")).await;

    desk.comes("2026-07-01").await;
    let lot = desk.text("SELECT CAST(id AS TEXT) FROM tender_lot").await;
    desk.browser.goto(&format!("/gestion/procedures/lots/{lot}/offre")).await;
    tab_to(&desk.browser, "Candidat").await;
    press(&desk.browser, DOWN).await;
    desk.dates("recue", "2026-06-25").await;
    fill(&desk.browser, "REL-001, prix unitaire HT", "38,00").await;
    fill(&desk.browser, "REL-041, prix unitaire HT", "58,00").await;
    choose(&desk.browser, "Enregistrer l’offre").await;
    desk.browser.hears("Classement au prix").await;
    let bid = desk.text("SELECT CAST(id AS TEXT) FROM bid").await;
    desk.browser.goto(&format!("/gestion/procedures/offres/{bid}/attribution")).await;
    desk.dates("decision", "2026-06-30").await;
    fill(&desk.browser, "Numéro du marché", "2026-FCS-020-L3").await;
    fill(&desk.browser, "Objet du marché", "Reliures").await;
    desk.dates("notification", "2026-07-01").await;
    desk.dates("debut", "2026-07-01").await;
    fill(&desk.browser, "Durée, reconductions comprises", "48").await;
    fill(&desk.browser, "Maximum HT", "20000").await;
    fill(&desk.browser, "Délai de livraison", "21").await;
    choose(&desk.browser, "Attribuer le lot").await;
    desk.browser.arrives("the contract", |path| !path.ends_with("/attribution")).await;
    desk.text("SELECT CAST(id AS TEXT) FROM contract").await
}

/// Members validate what was drafted for them.
async fn window(desk: &mut Desk, contract: &str) -> String {
    desk.comes("2026-07-02").await;
    desk.browser.goto(&format!("/gestion/marches/{contract}/fenetres/nouvelle")).await;
    desk.dates("du", "2026-07-02").await;
    desk.dates("au", "2026-07-31").await;
    choose(&desk.browser, "Ouvrir la période de commande").await;
    desk.browser.arrives("the window", |path| path.starts_with("/gestion/fenetres/")).await;
    choose(&desk.browser, "Préparer les brouillons").await;
    desk.browser.hears("Ce qui va se passer").await;
    choose(&desk.browser, "Préparer les").await;
    desk.browser.hears("Brouillons préparés").await;
    let mayor = [Role::Signatory];
    for (body, email) in [(2, "maire@arras.example"), (3, "maire@bapaume.example")] {
        let member = desk.world.bodies[body];
        let mayor = person(&desk.world.fresh, email, member, &mayor).await;
        desk.sits(mayor).await;
        let order =
            format!("SELECT CAST(id AS TEXT) FROM purchase_order WHERE buyer_id = {member}");
        let order = desk.text(&order).await;
        desk.confirms(&format!("/commandes/{order}/validation")).await;
    }
    desk.text("SELECT CAST(id AS TEXT) FROM order_window").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buyer_leads_a_campaign_from_its_creation_to_issued_orders() {
    let mut desk = Desk::open().await;
    desk.comes("2026-03-02").await;
    let census = census(&desk).await;
    answers(&desk, census).await;
    let contract = contract(&mut desk, census).await;
    let window = window(&mut desk, &contract).await;
    desk.comes("2026-08-03").await;
    desk.confirms(&format!("/gestion/fenetres/{window}/cloture")).await;
    desk.confirms(&format!("/gestion/fenetres/{window}/emission")).await;
    desk.works().await;
    let issued = "SELECT CAST(COUNT(*) AS TEXT) FROM purchase_order WHERE state = 'issued'";
    assert_eq!(desk.text(issued).await, "2", "Berck did not validate its order");
    desk.browser.goto(&format!("/gestion/fenetres/{window}/documents")).await;
    desk.browser.hears("BC-2026-0002").await;
    assert_eq!(check(&desk.app).await.unwrap().breaches, []);
}
