//! `travee admin`: lists come in whole, or not at all; the first people are invited.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use domain::group::contact::ContactRole;
use domain::group::organisation::OrganisationKind;
use rstest::rstest;
use travee::store::{catalogue, group};
use travee::usecases::group::import_contacts;

use crate::fixtures::{ARRAS, app_on, buyer, organisations};
use crate::harness::{Fresh, On};
use crate::house::found;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name)
}

fn import(fresh: &Fresh, what: &str, file: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_travee"))
        .args(["admin", "import", what, file.to_str().unwrap(), "--database-url", &fresh.url])
        .args(["--data-dir", fresh.folder.path().to_str().unwrap()])
        .args(more)
        .output()
        .unwrap()
}

fn told(output: &Output) -> String {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.trim_end().replace('\u{202f}', " ")
}

fn written(fresh: &Fresh, name: &str, text: &str) -> PathBuf {
    let path = fresh.folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_members_and_the_catalogue_of_the_departement_come_in_once(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let epci = import(&fresh, "members", &data("members_epci_62.csv"), &[]);
    assert_eq!(told(&epci), "19 membres ajoutés, 0 déjà connu.", "{epci:?}");
    let communes = import(&fresh, "members", &data("members_communes_62.csv"), &[]);
    assert_eq!(told(&communes), "887 membres ajoutés, 0 déjà connu.");
    let aside = String::from_utf8(communes.stderr).unwrap();
    assert!(aside.contains("communes ajoutées sans EPCI"), "Flandre Lys is in the Nord: {aside}");
    let again = import(&fresh, "members", &data("members_communes_62.csv"), &[]);
    assert_eq!(
        (told(&again), again.status.code()),
        ("0 membre ajouté, 887 déjà connus.".into(), Some(0))
    );
    let listed = group::organisations(&fresh.store, &[OrganisationKind::Commune]).await.unwrap();
    assert!(listed.iter().filter(|one| one.epci.is_some()).count() > 870);

    let articles = import(&fresh, "catalogue", &data("catalogue.csv"), &["--from", "2026-01-01"]);
    assert_eq!(told(&articles), "68 articles ajoutés, 0 modifié, 0 inchangé.", "{articles:?}");
    let again = import(&fresh, "catalogue", &data("catalogue.csv"), &["--from", "2027-01-01"]);
    assert_eq!(told(&again), "0 article ajouté, 0 modifié, 68 inchangés.");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn one_bad_line_is_named_and_nothing_is_imported(#[values(On::Sqlite, On::Postgres)] on: On) {
    let fresh = on.fresh().await;
    let text = std::fs::read_to_string(data("catalogue.csv")).unwrap();
    let bad = text.replacen("0.89", "gratuit", 1).replacen("30199500-5", "30199500-6", 1);
    let output = import(&fresh, "catalogue", &written(&fresh, "bad.csv", &bad), &[]);
    assert_eq!(output.status.code(), Some(3));
    let report = told(&output);
    assert!(report.contains("ligne 2 : « gratuit »"), "{report}");
    assert!(report.contains("devrait finir par -5"), "{report}");
    let last = String::from_utf8(output.stderr).unwrap();
    assert!(last.contains("Une ligne est refusée, rien n’a été importé"), "{last}");
    assert!(catalogue::articles(&fresh.store).await.unwrap().is_empty());

    let text = std::fs::read_to_string(data("members_epci_62.csv")).unwrap();
    let cut: Vec<&str> = text.lines().take(3).collect();
    let broken = format!("{}\nx,y\nz,t\n", cut.join("\n"));
    let output = import(&fresh, "members", &written(&fresh, "broken.csv", &broken), &[]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(told(&output).lines().count(), 2);
    assert!(group::organisations(&fresh.store, &[]).await.unwrap().is_empty());

    let nowhere = import(&fresh, "members", Path::new("/nowhere/members.csv"), &[]);
    assert_eq!(nowhere.status.code(), Some(2), "a file that is not there is wrong usage");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn contacts_come_with_their_delivery_points(#[values(On::Sqlite, On::Postgres)] on: On) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    let ids = organisations(&app).await;
    let good = format!(
        "siret,role,name,email,phone,site,address,access\n\
         {ARRAS},referent,Léa Petit,lea@arras.example,03 21 00 00 00,Mairie,\"1 place Foch, 62000 Arras\",2e étage\n\
         {ARRAS},finance,Paul Roux,,,Mairie,,\n\
         {ARRAS},signataire,Jean Dubois,,,,,\n"
    );
    let file = written(&fresh, "contacts.csv", &good);
    let output = import(&fresh, "contacts", &file, &[]);
    let expected = "3 contacts ajoutés, 0 déjà connu, 1 point de livraison ajouté.";
    assert_eq!(told(&output), expected, "{output:?}");
    let again = import(&fresh, "contacts", &file, &[]);
    let expected = "0 contact ajouté, 3 déjà connus, 0 point de livraison ajouté.";
    assert_eq!(told(&again), expected);
    let sites = group::sites(&app.store, Some(ids[2])).await.unwrap();
    let [site] = sites.values().collect::<Vec<_>>()[..] else { panic!("{sites:?}") };
    assert_eq!((site.name.as_str(), site.access.constraints.as_str()), ("Mairie", "2e étage"));
    let people = group::contacts(&app.store, Some(ids[2])).await.unwrap();
    let called = &people[&site.contact.unwrap()];
    assert_eq!((called.name.as_str(), called.role), ("Léa Petit", ContactRole::MemberContact));

    let rows = travee::exchange::contacts::read(
        "siret,role,name,email,phone,site,address,access\n\
             28629990400016,referent,A. Martin,,,Entrepôt,,\n\
             21620498200013,referent,B. Leroy,,,,,\n"
            .as_bytes(),
    );
    let refused = import_contacts(&app, &buyer(), &rows.rows).await.unwrap_err().in_french();
    assert!(refused.contains("Ligne 2 : le point de livraison « Entrepôt »"), "{refused}");
    assert!(refused.contains("Ligne 3 : aucun organisme n’a le SIRET"), "{refused}");
    assert_eq!(group::contacts(&app.store, None).await.unwrap().len(), 3);
}

fn create(fresh: &Fresh, role: &str, siret: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_travee"))
        .args(["admin", "create-user", "--email", "Sophie.Caron@cdg62.example"])
        .args(["--name", "Sophie Caron", "--role", role, "--siret", siret])
        .args(["--base-url", "https://achats.cdg62.example/", "--database-url", &fresh.url])
        .args(["--data-dir", fresh.folder.path().to_str().unwrap()])
        .output()
        .unwrap()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_first_administrator_is_invited_from_the_command_line(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    organisations(&app).await;
    let cdg = "28629990400016";
    for (role, siret, code, words) in [
        ("directeur", cdg, 2, "Le rôle « directeur » n’existe pas. Rôles : referent"),
        ("referent", cdg, 3, "n’existe pas dans un organisme de ce type"),
        ("administrateur", "21620498200013", 3, "Aucun organisme enregistré n’a le SIRET"),
        ("administrateur", "28629990400017", 2, "ne convient pas"),
    ] {
        let refused = create(&fresh, role, siret);
        assert_eq!(refused.status.code(), Some(code), "{role} {siret}: {refused:?}");
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(said.contains(words), "{words} in {said}");
    }
    assert_eq!(found(&fresh, "SELECT CAST(COUNT(*) AS TEXT) FROM person").await.unwrap(), "0");
    let output = create(&fresh, "administrateur", cdg);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = told(&output);
    assert!(
        report.starts_with("Sophie Caron est invité dans « CdG62 » (administrateur)"),
        "{report}"
    );
    let (_, token) = report.split_once("\nhttps://achats.cdg62.example/invitation/").unwrap();
    // The command ran on the machine's clock, as this reader does.
    let app = travee::usecases::App::new(app.store.clone(), app.files.clone());
    let invitation = format!("/invitation/{token}");
    let client = crate::client::Client::new(&app);
    client.get(&invitation).await.shows(&["CdG62"]);
    let letter = "SELECT kind || ' ' || to_address || ' ' || state FROM mail";
    let expected = "invitation sophie.caron@cdg62.example waiting";
    assert_eq!(found(&fresh, letter).await.unwrap(), expected);
    let granted = "SELECT role || ' ' || given_by FROM role_grant";
    assert_eq!(found(&fresh, granted).await.unwrap(), "administrator ligne de commande");
    client.post(&invitation, &[]).await.leads_to("/compte/double-authentification?suite=/");
    assert_eq!(
        client.get(&invitation).await.status,
        axum::http::StatusCode::GONE,
        "the link works once"
    );
    let again = create(&fresh, "acheteur", cdg);
    assert_eq!(again.status.code(), Some(0), "{again:?}");
    assert!(told(&again).contains("utilisait déjà Travée : son rôle dans « CdG62 » (acheteur)"));
}
