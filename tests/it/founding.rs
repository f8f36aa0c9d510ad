//! A real installation begins: from an empty database to a first census, a first bidder and a
//! first power to sign, by its command and its pages alone.

use std::path::Path;
use std::process::Command;

use axum::http::StatusCode;
use domain::ids::OrganisationId;
use domain::platform::role::Role;
use rstest::rstest;
use travee::store::group;
use travee::usecases::check::check;

use crate::client::{Answer, Client};
use crate::fixtures::{BAPAUME, app_on, convention, organisations};
use crate::harness::{Fresh, On};
use crate::house::found;

const CDG: &str = "28629990400016";
const AD62: &str = "22620001200012";
const REFUSED: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

fn create_user(fresh: &Fresh, role: &str, siret: &str, more: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_travee"))
        .args(["admin", "create-user", "--email", "sophie.caron@cdg62.example"])
        .args(["--name", "Sophie Caron", "--role", role, "--siret", siret])
        .args(["--database-url", &fresh.url])
        .args(["--data-dir", fresh.folder.path().to_str().unwrap()])
        .args(more)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

fn list(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name)).unwrap()
}

async fn body(fresh: &Fresh, name: &str) -> OrganisationId {
    let query = format!("SELECT CAST(id AS TEXT) FROM organisation WHERE name = '{name}'");
    OrganisationId(found(fresh, &query).await.unwrap().parse().unwrap())
}

/// The value of a hidden field.
fn hidden(answer: &Answer, name: &str) -> String {
    let text = answer.text();
    let rest = text.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_new_installation_comes_to_its_first_census_by_its_pages(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-03-02");
    let (code, said) = create_user(&fresh, "administrateur", CDG, &[]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("nommez le coordonnateur"), "{said}");
    let (code, said) = create_user(&fresh, "referent", CDG, &["--organisation", "CdG62"]);
    assert_eq!(code, Some(3), "a member is imported: {said}");
    let (code, said) = create_user(&fresh, "administrateur", CDG, &["--organisation", "CdG62"]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = create_user(&fresh, "acheteur", AD62, &["--organisation", "Un autre"]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("Le coordonnateur est déjà enregistré : CdG62"), "{said}");
    let (code, said) = create_user(&fresh, "inspecteur", AD62, &["--organisation", "AD62"]);
    assert_eq!(code, Some(0), "{said}");

    let cdg = body(&fresh, "CdG62").await;
    let buyer = Client::with(&app, &fresh, cdg, &[Role::Buyer]).await;
    buyer.get("/").await.shows(&[
        "Importer la liste des membres",
        "Importer le catalogue",
        "Enregistrer la convention constitutive",
    ]);
    buyer.get("/gestion/recensements/nouveau").await.shows(&["/gestion/conventions/nouvelle"]);

    // Everybody, and what they may ask for.
    let file = "/gestion/membres/fichier";
    for (name, said) in [
        ("members_epci_62.csv", "19 membres ajoutés, 0 déjà connu."),
        (
            "members_communes_62.csv",
            "887 membres ajoutés, 0 déjà connu, dont 4 communes dont l’EPCI n’est pas enregistré.",
        ),
        ("members_communes_62.csv", "0 membre ajouté, 887 déjà connus."),
    ] {
        let list = list(name);
        let count = "SELECT CAST(COUNT(*) AS TEXT) FROM organisation";
        let before = found(&fresh, count).await;
        let seen = buyer.upload(&format!("{file}/apercu"), &[], &[("fichier", name, &list)]).await;
        seen.shows(&["Ce que la liste change", said.split(", ").next().unwrap()]);
        assert_eq!(found(&fresh, count).await, before, "looking changes nothing");
        let list = String::from_utf8(list).unwrap();
        buyer.post(file, &[("contenu", &list)]).await.leads_to("/gestion/membres");
        buyer.get("/gestion/membres").await.shows(&[said]);
    }
    let bad = b"siret,role,name,email,phone,site,address,access\nx,referent,L. Petit,,,,,\n";
    let look = format!("{file}/apercu");
    let refused = buyer.upload(&look, &[], &[("fichier", "contacts.csv", bad)]).await;
    assert_eq!(refused.status, REFUSED);
    assert!(refused.text().contains("Ligne 2"), "{}", refused.text());
    let good = format!(
        "siret,role,name,email,phone,site,address,access\n\
         {BAPAUME},referent,Léa Petit,lea@bapaume.example,,Mairie,\"1 place Foch, 62450 Bapaume\",\n"
    );
    buyer.upload(&look, &[], &[("fichier", "contacts.csv", good.as_bytes())]).await.shows(&[
        "1 contact ajouté.",
        "1 lieu de livraison ajouté.",
        "Importer la liste",
    ]);
    buyer.post(file, &[("contenu", &good)]).await.leads_to("/gestion/membres");
    buyer.get("/gestion/membres").await.shows(&["1 contact ajouté", "1 lieu de livraison ajouté"]);
    let again = buyer.upload(&look, &[], &[("fichier", "contacts.csv", good.as_bytes())]).await;
    again.shows(&["Tout ce que dit cette liste est déjà enregistré"]);
    let catalogue = String::from_utf8(list("catalogue.csv")).unwrap();
    let import = "/gestion/catalogue/fichier";
    let sent = buyer.post(import, &[("contenu", &catalogue), ("des", "2026-03-02")]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());

    // The group.
    let new = "/gestion/conventions/nouvelle";
    let page = buyer.get(new).await;
    let key = hidden(&page, "cle");
    page.shows(&["value=\"1\"", "value=\"2\"", "value=\"3\""]);
    let mut terms = vec![
        ("cle", key.as_str()),
        ("reference", "2026-GC-01"),
        ("objet", "Fournitures d’archives"),
        ("nature", "ponctuelle"),
        ("du", "2026-03-02"),
        ("cao", "coordinator"),
        ("port", "net"),
        ("frais", "population"),
        ("lot-1-numero", "1"),
        ("lot-1-intitule", "Boîtes"),
        ("lot-1-modele", "B"),
        ("lot-1-conditionnement", "pooled"),
        ("lot-2-numero", "2"),
        ("lot-2-intitule", "Rayonnages"),
        ("lot-2-modele", "B"),
        ("lot-2-conditionnement", "site"),
    ];
    let refused = buyer.post(new, &terms).await;
    assert_eq!(refused.status, REFUSED);
    assert!(refused.text().contains("n’est possible que si le coordonnateur"));
    assert!(refused.text().contains("value=\"Rayonnages\""), "what was typed stays");
    terms[10] = ("lot-1-modele", "C");
    let refused = buyer.post(new, &terms).await.text();
    assert!(refused.contains("Un groupement ponctuel doit avoir une date de fin"), "{refused}");
    terms[3] = ("nature", "permanente");
    let made = buyer.post(new, &terms).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text());
    let home = made.location().to_owned();
    buyer.post(new, &terms).await.leads_to(&home);
    terms[0] = ("cle", "une autre");
    let twice = buyer.post(new, &terms).await;
    assert!(twice.text().contains("est celle d’une autre convention"), "{}", twice.text());
    buyer.get("/").await.shows(&["Inviter les membres à adhérer"]);

    // A member adheres.
    let bapaume = body(&fresh, "Bapaume").await;
    let adhesion = format!("{home}/membres/{bapaume}");
    let stored = group::convention_ids(&app.store).await.unwrap()[0];
    let stored = group::convention(&app.store, stored).await.unwrap().unwrap();
    let lots: Vec<String> = stored.lots.iter().map(|lot| lot.id.to_string()).collect();
    let chosen: Vec<(&str, &str)> = lots.iter().map(|lot| ("lot", lot.as_str())).collect();
    buyer.post(&format!("{adhesion}/invitation"), &chosen).await.leads_to(&adhesion);
    let deliberated = [("numero", "2026-12"), ("du", "2026-03-01"), ("executoire", "2026-03-02")];
    let scan: &[(&str, &str, &[u8])] = &[("fichier", "deliberation.pdf", b"%PDF-1.7\n")];
    buyer.upload(&format!("{adhesion}/deliberation"), &deliberated, scan).await.leads_to(&adhesion);
    let signed = [("nom", "Jeanne Dubois"), ("qualite", "Maire"), ("signe", "2026-03-02")];
    buyer.upload(&format!("{adhesion}/signature"), &signed, &[]).await.leads_to(&adhesion);
    buyer.post(&format!("{adhesion}/admission"), &[]).await.leads_to(&adhesion);
    buyer.get("/").await.shows(&["Créer le premier recensement"]);

    // Others come as a list; a faulty line is named and nothing is taken in.
    let head = "siret;deliberation;du;executoire;signataire;qualite;signe;lots";
    let arras = "21620041000019;2026-7;01/03/2026;01/03/2026;Paul Roux;Maire;02/03/2026;1";
    let late = "21620108700014;2026-9;01/03/2026;02/03/2026;Anne Petit;Maire;01/03/2026;9";
    let adhesions = format!("{home}/adhesions");
    let bad = format!("{head}\n{arras}\n{late}\n");
    let look = format!("{adhesions}/apercu");
    let refused = buyer.upload(&look, &[], &[("fichier", "a.csv", bad.as_bytes())]).await;
    assert_eq!(refused.status, REFUSED);
    for words in ["Ligne 3 : la convention n’a pas de lot 9", "n’est pas exécutoire au"] {
        assert!(refused.text().contains(words), "{words}: {}", refused.text());
    }
    let good = format!("{head}\n{arras}\n{BAPAUME};1;1/3/2026;1/3/2026;J. D.;Maire;2/3/2026;\n");
    let seen = buyer.upload(&look, &[], &[("fichier", "a.csv", good.as_bytes())]).await;
    seen.shows(&["1 membre admis.", "1 déjà engagé.", "Importer les adhésions"]);
    buyer.post(&adhesions, &[("contenu", &good)]).await.leads_to(&home);
    buyer.get(&home).await.shows(&["1 membre admis, 1 déjà engagé.", "2026-GC-01"]);

    // The first census opens; a town hall is a place to deliver to until its members say more.
    let id = stored.id.to_string();
    let mut census = vec![
        ("cle", "clef"),
        ("convention", id.as_str()),
        ("nom", "Besoins 2027"),
        ("ouverture", "2026-03-02"),
        ("cloture", "2026-05-31"),
        ("premiere_annee", "2027"),
        ("annees", "1"),
    ];
    census.extend(chosen);
    let made = buyer.post("/gestion/recensements", &census).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text());
    let census = made.location().to_owned();
    buyer.get(&format!("{census}/ouverture")).await.shows(&[
        "2 membres reçoivent une fiche de besoins par point de livraison : 2 fiches.",
        "1 membre sans lieu de livraison : son adresse en devient un",
    ]);
    buyer.post(&format!("{census}/ouverture"), &[]).await.leads_to(&census);
    buyer.get(&census).await.shows(&["0 réponse sur 2 membres"]);
    for (name, place) in [("Bapaume", "Mairie"), ("Arras", "Mairie")] {
        let member = body(&fresh, name).await;
        let secretary = Client::with(&app, &fresh, member, &[Role::MemberContact]).await;
        secretary.get("/").await.shows(&["Répondre au recensement « Besoins 2027 »"]);
        secretary.get("/lieux").await.shows(&[place]);
    }
    let breaches = check(&app).await.unwrap().breaches;
    assert!(breaches.is_empty(), "{breaches:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn organisations_are_recorded_one_by_one_and_never_twice(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-03-02");
    let ids = organisations(&app).await;
    let buyer = Client::with(&app, &fresh, ids[0], &[Role::Buyer]).await;
    let new = "/gestion/membres/nouveau";
    let mut typed = vec![
        ("nature", "supplier"),
        ("nom", "Reliure des Flandres (fictif)"),
        ("siret", "000 620 146 00018"),
        ("adresse", "Zone industrielle"),
        ("courriel", "commandes"),
        ("verifie", "oui"),
    ];
    let refused = buyer.post(new, &typed).await;
    assert_eq!(refused.status, REFUSED);
    for words in ["Saisissez un SIRET", "puis le code postal", "adresse complète"] {
        assert!(refused.text().contains(words), "{words}: {}", refused.text());
    }
    assert!(refused.text().contains("value=\"Zone industrielle\""), "what was typed stays");
    typed[2] = ("siret", "000 620 146 00019");
    typed[3] = ("adresse", "3 rue du Quai, 59000 Lille");
    typed[4] = ("courriel", "commandes@reliure.example");
    let made = buyer.post(new, &typed).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text());
    let page = made.location().to_owned();
    buyer.get(&page).await.shows(&[
        "3 rue du Quai, 59000 Lille",
        "confirmé par",
        "commandes@reliure.example",
        "fournisseur",
    ]);
    let twice = buyer.post(new, &typed).await;
    assert!(twice.text().contains("est déjà enregistré : Reliure des Flandres"), "{twice:?}");
    typed[0] = ("nature", "coordinator");
    let second = buyer.post(new, &typed).await;
    assert!(second.text().contains("Choisissez la nature"), "{}", second.text());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_power_is_recorded_by_who_signs_or_by_the_coordinator_and_ends(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-11-30");
    let ids = organisations(&app).await;
    convention(&app, ids[0]).await;
    let mayor = Client::with(&app, &fresh, ids[2], &[Role::Signatory]).await;
    let own = "/equipe/pouvoirs";
    mayor.get(own).await.shows(&["Aucun pouvoir n’est enregistré", "value=\"Camille Dupont\""]);
    let mut typed = vec![
        ("personne", "autre"),
        ("nom", "Camille Dupont"),
        ("courriel", "signatory.3@exemple.fr"),
        ("qualite", "Maire"),
        ("acte", ""),
        ("du", "2026-02-01"),
        ("au", ""),
    ];
    let refused = mayor.post(own, &typed).await;
    assert_eq!(refused.status, REFUSED);
    assert!(refused.text().contains("Saisissez l’acte"), "{}", refused.text());
    typed[4] = ("acte", "délibération 2026-03");
    let refused = mayor.post(own, &typed).await.text();
    assert!(refused.contains("a pris fin avec le mandat"), "a power of before March: {refused}");
    typed[5] = ("du", "2026-04-02");
    mayor.post(own, &typed).await.leads_to(own);
    mayor.get(own).await.shows(&["Camille Dupont", "délibération 2026-03", "peut signer"]);
    let twice = mayor.post(own, &typed).await.text();
    assert!(twice.contains("est déjà enregistré"), "{twice}");

    // Nobody else of the member writes one, nor anybody of another member.
    let secretary = Client::with(&app, &fresh, ids[2], &[Role::MemberContact]).await;
    secretary.get(own).await.shows(&["par une personne qui a le rôle de signataire"]);
    assert_eq!(secretary.post(own, &typed).await.status, StatusCode::FORBIDDEN);
    let contact = found(&fresh, "SELECT CAST(contact_id AS TEXT) FROM delegation").await.unwrap();
    let (end, last) = (format!("{own}/{contact}/fin"), format!("dernier-{contact}"));
    let neighbour = Client::with(&app, &fresh, ids[3], &[Role::Signatory]).await;
    let strange = neighbour.post(&end, &[(&last, "2026-11-30")]).await;
    assert_eq!(strange.status, StatusCode::NOT_FOUND);
    let mut borrowed = typed.clone();
    borrowed[0] = ("personne", contact.as_str());
    let two = neighbour.post(own, &borrowed).await;
    assert!(two.text().contains("effacez ce nom"), "{}", two.text());
    borrowed[1] = ("nom", "");
    assert_eq!(neighbour.post(own, &borrowed).await.status, StatusCode::NOT_FOUND);

    // The coordinator sees it, ends it, and records its own director's.
    let buyer = Client::with(&app, &fresh, ids[0], &[Role::Buyer]).await;
    let theirs = format!("/gestion/membres/{}/pouvoirs", ids[2]);
    buyer.get(&theirs).await.shows(&["Camille Dupont", "peut signer"]);
    buyer
        .post(&format!("{theirs}/{contact}/fin"), &[(&last, "2026-11-29")])
        .await
        .leads_to(&theirs);
    buyer.get(&theirs).await.shows(&["terminé", "ne peut plus signer après le 29/11/2026"]);
    let again = buyer.post(&format!("{theirs}/{contact}/fin"), &[(&last, "2026-11-29")]).await;
    assert!(again.text().contains("n’a plus de pouvoir après le 29/11/2026"), "{again:?}");
    let ours = format!("/gestion/membres/{}/pouvoirs", ids[0]);
    buyer.post(&ours, &typed).await.leads_to(&ours);
    buyer.get(&ours).await.shows(&["peut signer"]);
    let breaches = check(&app).await.unwrap().breaches;
    assert!(breaches.is_empty(), "{breaches:?}");
}
