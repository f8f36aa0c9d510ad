//! A buyer runs a census by pages alone, from its creation to its consultation.

use axum::http::StatusCode;
use domain::ids::{CampaignId, OrganisationId};
use domain::platform::role::Role;
use rstest::rstest;
use travee::store::campaigns as store;
use travee::store::group;

use super::world::{World, on_day};
use crate::client::Client;
use crate::fixtures::day;
use crate::harness::On;

const HOME: &str = "/gestion/recensements";

async fn lots(world: &World) -> Vec<String> {
    let found = group::convention(&world.app.store, world.group).await.unwrap().unwrap();
    found.lots.iter().map(|lot| lot.id.to_string()).collect()
}

async fn only(world: &World) -> CampaignId {
    store::census_list(&world.app.store).await.unwrap()[0].id
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_goes_from_creation_to_its_consultation_by_pages(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let buyer = Client::with(&world.app, &world.fresh, world.bodies[0], &[Role::Buyer]).await;
    buyer.get(HOME).await.shows(&["Aucun recensement", "Préparer un recensement"]);
    buyer.get(&format!("{HOME}/nouveau")).await.shows(&["2026-GC-01", "Lot 1 : Boîtes d’archives"]);
    let (group, lots) = (world.group.to_string(), lots(&world).await);
    let mut form = vec![
        ("cle", "clef"),
        ("convention", group.as_str()),
        ("nom", "Besoins 2026-2027"),
        ("ouverture", "2026-03-01"),
        ("cloture", "2026-02-01"),
        ("premiere_annee", "2026"),
        ("annees", "2"),
    ];
    form.extend(lots.iter().map(|lot| ("lot", lot.as_str())));
    let wrong = buyer.post(HOME, &form).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text().contains("précède l’ouverture"), "{}", wrong.text());
    assert!(wrong.text().contains("value=\"Besoins 2026-2027\""), "what was typed stays");
    form[4] = ("cloture", "2026-05-31");
    let made = buyer.post(HOME, &form).await;
    let id = only(&world).await;
    let home = format!("{HOME}/{id}");
    made.leads_to(&home);
    buyer.post(HOME, &form).await.leads_to(&home);
    assert_eq!(store::census_list(&world.app.store).await.unwrap().len(), 1, "a double click");

    buyer.get(&home).await.shows(&["À faire maintenant : préparer", "Ouvrir le recensement"]);
    buyer
        .get(&format!("{home}/ouverture"))
        .await
        .shows(&["3 membres reçoivent une fiche de besoins par point de livraison : 4 fiches."]);
    buyer.post(&format!("{home}/ouverture"), &[]).await.leads_to(&home);
    buyer.get(&home).await.shows(&[
        "4 fiches créées",
        "4 articles figés",
        "0 réponse sur 3 membres",
    ]);

    // Berck answers on the telephone, Bapaume needs nothing.
    let sheet = world.sheets(id, 4).await[0];
    let boxes = world.article("BOI-001").await;
    let typing = format!("{home}/fiches/{sheet}");
    buyer.get(&typing).await.shows(&["Saisir la réponse de Berck", "BOI-001", "par 25"]);
    let quantity = format!("q-{boxes}-0");
    let nobody = buyer.post(&typing, &[("reponse", "besoins"), (&quantity, "2,5")]).await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = nobody.text();
    assert!(text.contains("saisissez une quantité entière, par exemple 150"), "{text}");
    assert!(text.contains("Indiquez qui a répondu") && text.contains("value=\"2,5\""), "{text}");
    let told = ("interlocuteur", "Mme Petit, secrétaire");
    let berck = format!("{home}/membres/{}", world.bodies[4]);
    buyer.post(&typing, &[("reponse", "besoins"), (&quantity, "30"), told]).await.leads_to(&berck);
    buyer.get(&berck).await.shows(&[
        "par téléphone",
        "répondu par Mme Petit, secrétaire",
        "44,50 €",
    ]);
    buyer.get(&typing).await.shows(&["Cette fiche est déjà envoyée"]);
    buyer.post(&format!("{typing}/reouverture"), &[]).await.leads_to(&typing);
    let nothing = world.sheets(id, 3).await[0];
    buyer
        .post(&format!("{home}/fiches/{nothing}"), &[("reponse", "neant"), told])
        .await
        .leads_to(&format!("{home}/membres/{}", world.bodies[3]));

    buyer.get(&format!("{home}/reponses?tri=montant&sens=desc")).await.shows(&["Berck", "44,50 €"]);
    let silent = buyer.get(&format!("{home}/reponses?etat=silent")).await.text();
    assert!(silent.contains("Arras") && !silent.contains(">Berck<"), "{silent}");
    buyer.get(&format!("{home}/silencieux")).await.shows(&[
        "Liste téléphonique (Excel)",
        "Lettres de rappel à imprimer (PDF)",
        &format!("{home}/lettres"),
    ]);
    let letters = buyer.get(&format!("{home}/lettres")).await;
    assert!(letters.bytes.starts_with(b"%PDF"), "{}", letters.status);
    let file = buyer.get(&format!("{home}/silencieux?format=csv")).await;
    assert!(file.text().contains("Arras;") && !file.text().contains("Berck"), "{}", file.text());
    buyer.get(&format!("{home}/epci")).await.shows(&["Hors EPCI", "2 sur 3"]);
    buyer.get(&format!("{home}/anomalies")).await.shows(&["conditionnement entamé", "50"]);

    buyer
        .get(&format!("{home}/cloture"))
        .await
        .shows(&["2 fiches envoyées seront verrouillées", "1 membre reste sans réponse"]);
    let closed = buyer.post(&format!("{home}/cloture"), &[]).await;
    closed.leads_to(&format!("{home}/consolidation"));
    buyer.get(&format!("{home}/consolidation")).await.shows(&[
        "2 fiches verrouillées",
        "Valeur du besoin : 44,50 €",
        "BOI-001",
        "R2122-8",
    ]);
    buyer.get(&format!("{home}/consolidation/{boxes}")).await.shows(&[
        "Qui le demande",
        "Berck",
        "Mairie",
    ]);

    // After closing, a correction gives its reason.
    let unreasoned = buyer.post(&typing, &[("reponse", "besoins"), (&quantity, "60"), told]).await;
    assert_eq!(unreasoned.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unreasoned.text().contains("motif de la correction"), "{}", unreasoned.text());
    let why = ("motif", "erreur de saisie");
    buyer.post(&typing, &[("reponse", "besoins"), (&quantity, "60"), told, why]).await;
    buyer.get(&berck).await.shows(&["66,75 €"]);

    // The consultation: what was read is what is done.
    let launching = format!("{home}/consultation");
    buyer.get(&launching).await.shows(&["Lancer la consultation", "66,75 €"]);
    let maxima: Vec<String> = lots.iter().map(|lot| format!("max-{lot}")).collect();
    let mut form = vec![
        ("cle", "lancement"),
        ("reference", "2026-ARC"),
        ("objet", "Fournitures d’archives"),
        ("lancement", "2026-06-01"),
        ("vu", "6675"),
    ];
    let unpriced = buyer.post(&launching, &form).await;
    assert_eq!(unpriced.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unpriced.text().contains("R2162-4"), "{}", unpriced.text());
    form.extend(maxima.iter().map(|max| (max.as_str(), "1 000")));
    let moved = buyer.post(&launching, &form).await.text();
    assert!(moved.contains("La valeur du besoin est maintenant de 3 000,00 € HT"), "{moved}");
    form[4] = ("vu", "300000");
    let launched = buyer.post(&launching, &form).await;
    assert_eq!(launched.status, StatusCode::SEE_OTHER, "{}", launched.text());
    let census = store::census(&world.app.store, id).await.unwrap().census;
    assert_eq!(census.state, domain::campaigns::census::CensusState::Settled);

    // One offer for lot 1, incomplete first, then whole and awarded.
    let procedure = launched.location().to_owned();
    buyer.get(&procedure).await.shows(&["2026-ARC", "Lot 1 Boîtes d’archives", "sans offre"]);
    let lot = travee::store::tenders::procedures(&world.app.store).await.unwrap()[0].lots[0].id;
    let lot_page = format!("/gestion/procedures/lots/{lot}");
    let supplier = world.bodies[1].to_string();
    let mut offer = vec![
        ("candidat", supplier.as_str()),
        ("recue", "2026-06-20"),
        ("p-BOI-001", "0,80"),
        ("p-BOI-002", ""),
    ];
    buyer.get(&format!("{lot_page}/offre")).await.shows(&["Cartonnages de la Lys", "p-BOI-002"]);
    buyer.post(&format!("{lot_page}/offre"), &offer).await.leads_to(&lot_page);
    buyer.get(&lot_page).await.shows(&["À régulariser", "BOI-002"]);
    offer[3] = ("p-BOI-002", "3,20");
    buyer.post(&format!("{lot_page}/offre"), &offer).await.leads_to(&lot_page);
    buyer.get(&lot_page).await.shows(&["60,00 €", "100,00", "Attribuer"]);
    let bid = travee::store::tenders::bids(&world.app.store, lot).await.unwrap()[0].id;
    let awarding = format!("/gestion/procedures/offres/{bid}/attribution");
    buyer
        .get(&awarding)
        .await
        .shows(&["Son offre : 60,00 € HT sur les quantités du lot, rang 1 au prix"]);
    let terms = [
        ("cle", "attribution"),
        ("decision", "2026-07-01"),
        ("numero", "2026-ARC-L1"),
        ("objet", "Boîtes d’archives"),
        ("notification", "2026-07-10"),
        ("debut", "2026-07-15"),
        ("mois", "24"),
        ("maximum", "1 000"),
        ("delai", "21"),
        ("paliers", "order"),
    ];
    let wrong = buyer.post(&awarding, &[&terms[..7], &[("maximum", "2 000")]].concat()).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    buyer.post(&awarding, &terms).await.leads_to(&lot_page);
    buyer.get(&lot_page).await.shows(&["attribuée le", "marché 2026-ARC-L1"]);
    buyer.get(&home).await.shows(&["Ouvrir une période de commande", "Enregistrer les offres"]);
    buyer.get("/").await.shows(&["Enregistrer les offres de 2026-ARC"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_is_read_revised_retired_and_imported_by_pages(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let buyer = Client::with(&world.app, &world.fresh, world.bodies[0], &[Role::Buyer]).await;
    buyer.get("/gestion/catalogue?q=boi").await.shows(&["BOI-001", "2 articles"]);
    let id = world.article("BOI-001").await;
    let page = format!("/gestion/catalogue/{id}");
    buyer.get(&page).await.shows(&["BOI-001", "en vigueur", "0,89 €"]);
    let mut terms = vec![
        ("des", "2026-01-01"),
        ("libelle", "Boîte de conservation"),
        ("prix", "0,95"),
        ("conditionnement", "50"),
        ("specification", ""),
        ("normes", "ISO 16245"),
    ];
    let past = buyer.post(&format!("{page}/version"), &terms).await;
    assert_eq!(past.status, StatusCode::UNPROCESSABLE_ENTITY, "a version never rewrites another");
    assert!(past.text().contains("Boîte de conservation"), "what was typed stays");
    terms[0] = ("des", "2026-04-01");
    buyer.post(&format!("{page}/version"), &terms).await.leads_to(&page);
    buyer.get(&page).await.shows(&["Boîte de conservation", "à venir", "0,95 €", "0,89 €"]);
    let other = world.article("BOI-002").await;
    let retired = format!("/gestion/catalogue/{other}");
    buyer.post(&format!("{retired}/retrait"), &[("jour", "2026-03-01")]).await.leads_to(&retired);
    let left = buyer.get("/gestion/catalogue?q=boi").await.text();
    assert!(left.contains(">BOI-001<") && !left.contains(">BOI-002<"), "{left}");
    let file = "ref;lot;famille;sous_famille;libelle;unite;code_unite;quantite_decimale;\
                multiple_conditionnement;cpv;tva_taux;prix_reference_ht;specifications;normes\n\
                BOI-009;1;boites;;Boîte haute;pièce;H87;false;10;30193700-5;20;4,20;;\n";
    let files = [("fichier", "catalogue.csv", file.as_bytes())];
    let shown = buyer.upload("/gestion/catalogue/fichier/apercu", &[("des", "2026-03-01")], &files);
    shown.await.shows(&["1 article ajouté.", "BOI-009", "0 article inchangé."]);
    let again = [("des", "2026-03-01"), ("contenu", file)];
    buyer.post("/gestion/catalogue/fichier", &again).await.leads_to("/gestion/catalogue");
    buyer.get("/gestion/catalogue").await.shows(&["BOI-009", "1 ajoutés"]);
    let broken = [("fichier", "catalogue.csv", &b"ref;lot\nX;1\n"[..])];
    let refused =
        buyer.upload("/gestion/catalogue/fichier/apercu", &[("des", "2026-03-01")], &broken).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn archivists_and_accountants_read_and_change_nothing(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let id = world.open().await;
    let home = format!("{HOME}/{id}");
    let sheet = world.sheets(id, 2).await[0];
    for role in [Role::Archivist, Role::CoordinatorFinance, Role::Administrator] {
        let who = Client::with(&world.app, &world.fresh, world.bodies[0], &[role]).await;
        let page = who.get(&home).await.shows(&["Besoins 2026-2027"]).text();
        assert!(!page.contains("Changer d’étape") && !page.contains("/cloture\""), "{role}");
        for read in ["reponses", "epci", "silencieux", "anomalies", "consolidation"] {
            who.get(&format!("{home}/{read}")).await.shows(&[]);
        }
        for path in ["cloture", "calendrier", "annulation", "fiches", "consultation"] {
            let refused = who.post(&format!("{home}/{path}"), &[]).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{role} {path}");
        }
        let typed = who.post(&format!("{home}/fiches/{sheet}"), &[("reponse", "neant")]).await;
        assert_eq!(typed.status, StatusCode::FORBIDDEN, "{role}");
    }
    let member = Client::with(&world.app, &world.fresh, world.bodies[2], &[Role::Signatory]).await;
    assert_eq!(member.get(&home).await.status, StatusCode::FORBIDDEN);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn steps_of_the_calendar_tell_their_figures_and_their_refusals(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let id = world.open().await;
    let home = format!("{HOME}/{id}");
    let app = on_day(&world.app, "2026-05-20");
    let buyer = Client::with(&app, &world.fresh, world.bodies[0], &[Role::Buyer]).await;
    buyer
        .get(&format!("{home}/calendrier"))
        .await
        .shows(&["le 31/05/2026", "3 membres sont encore sans réponse"]);
    let past = [("jour", "2026-05-19"), ("motif", "ponts de mai")];
    let refused = buyer.post(&format!("{home}/calendrier"), &past).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("Le 19/05/2026 est passé"), "{}", refused.text());
    assert!(refused.text().contains("ponts de mai"), "what was typed stays");
    let later = [("jour", "2026-06-12"), ("motif", "ponts de mai")];
    buyer.post(&format!("{home}/calendrier"), &later).await.leads_to(&home);
    buyer.get(&home).await.shows(&["jusqu’au 12/06/2026 inclus", "ponts de mai"]);
    let closes = store::census(&app.store, id).await.unwrap().census.closes_on;
    assert_eq!(closes, day("2026-06-12"));
    let silent = buyer.post(&format!("{home}/annulation"), &[]).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    buyer.post(&format!("{home}/annulation"), &[("motif", "essai")]).await.leads_to(HOME);
    buyer.get(&home).await.shows(&["annulé"]);
    let unknown = buyer.get(&format!("{HOME}/999/reponses")).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let nobody = buyer.get(&format!("{home}/membres/{}", OrganisationId(999))).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_corrected_until_it_opens_and_two_people_do_not_overwrite_each_other(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let world = World::new(on).await;
    let buyer = Client::with(&world.app, &world.fresh, world.bodies[0], &[Role::Buyer]).await;
    let (group, lots) = (world.group.to_string(), lots(&world).await);
    let mut form = vec![
        ("cle", "clef"),
        ("convention", group.as_str()),
        ("nom", "Besoins 2026"),
        ("ouverture", "2026-03-01"),
        ("cloture", "2026-05-31"),
        ("premiere_annee", "2026"),
        ("annees", "1"),
    ];
    form.extend(lots.iter().map(|lot| ("lot", lot.as_str())));
    buyer.post(HOME, &form).await;
    let id = only(&world).await;
    let home = format!("{HOME}/{id}");
    buyer.get(&home).await.shows(&["Corriger le recensement"]);
    let path = format!("{home}/modification");
    buyer.get(&path).await.shows(&["value=\"Besoins 2026\"", "name=\"lu_nom\"", "2026-05-31"]);

    let mut read = vec![
        ("lu_nom", "Besoins 2026"),
        ("lu_ouverture", "2026-03-01"),
        ("lu_cloture", "2026-05-31"),
        ("lu_premiere_annee", "2026"),
        ("lu_annees", "1"),
    ];
    read.extend(lots.iter().map(|lot| ("lu_lot", lot.as_str())));
    let typed = |name: &'static str, closes: &'static str| {
        let mut typed = read.clone();
        typed.extend([
            ("nom", name),
            ("ouverture", "2026-03-10"),
            ("cloture", closes),
            ("premiere_annee", "2026"),
            ("annees", "2"),
            ("lot", lots[0].as_str()),
        ]);
        typed
    };
    let wrong = buyer.post(&path, &typed("Besoins 2026-2027", "2026-03-09")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text().contains("précède l’ouverture") && wrong.text().contains("2026-03-09"));
    buyer.post(&path, &typed("Besoins 2026-2027", "2026-06-15")).await.leads_to(&home);
    let census = store::census(&world.app.store, id).await.unwrap().census;
    assert_eq!(
        (census.name.as_str(), census.years, census.lots.len()),
        ("Besoins 2026-2027", 2, 1)
    );
    assert_eq!((census.opens_on, census.closes_on), (day("2026-03-10"), day("2026-06-15")));
    buyer.get(&home).await.shows(&["Corrigé", "« Besoins 2026 » devient « Besoins 2026-2027 »"]);

    let late = buyer.post(&path, &typed("Autre", "2026-06-30")).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = late.text();
    assert!(
        text.contains("Quelqu’un d’autre a modifié") && text.contains("value=\"Autre\""),
        "{text}"
    );

    buyer.post(&format!("{home}/ouverture"), &[]).await.leads_to(&home);
    buyer.get(&path).await.shows(&["seul un recensement en préparation se corrige"]);
    let opened = buyer.post(&path, &typed("Autre", "2026-06-30")).await;
    assert!(opened.text().contains("seul un recensement en préparation"), "{}", opened.text());
    let census = store::census(&world.app.store, id).await.unwrap().census;
    assert_eq!(census.name, "Besoins 2026-2027");
    let checked = travee::usecases::check::check(&world.app).await.unwrap();
    assert_eq!(checked.breaches, []);
}
