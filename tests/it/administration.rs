//! What the administrator keeps, and what everybody searches.

use axum::http::StatusCode;
use domain::platform::role::Role;
use rstest::rstest;

use crate::client::{Client, person};
use crate::fixtures::{app_on, organisations};
use crate::harness::On;
use crate::house::{House, found};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn of_two_administrators_the_second_is_told_and_loses_nothing_typed(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    let ids = organisations(&app).await;
    let admin = Client::with(&app, &fresh, ids[0], &[Role::Administrator]).await;
    let seen = [("vu_nom_court", ""), ("vu_service", ""), ("vu_contact", "")];
    let first = [("nom_court", "CdG62"), ("service", "Archives"), ("contact", "03 21 52 99 50")];
    let second = [("nom_court", "CDG 62"), ("service", "Achats"), ("contact", "03 21 00 00 00")];
    let page = "/administration/parametres";
    admin.post(page, &[&seen[..], &first].concat()).await.leads_to(page);
    admin.get(page).await.shows(&["03 21 52 99 50", "Les paramètres sont enregistrés."]);
    let told = admin.post(page, &[&seen[..], &second].concat()).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = told.text();
    for words in ["nom court « CdG62 »", "value=\"03 21 00 00 00\"", "Rien n’a été modifié"]
    {
        assert!(text.contains(words), "{words} is missing from {text}");
    }
    admin.get(page).await.shows(&["value=\"03 21 52 99 50\""]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_rate_is_added_once_with_its_source_and_never_changed(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-11-22");
    let ids = organisations(&app).await;
    let admin = Client::with(&app, &fresh, ids[0], &[Role::Administrator]).await;
    let page = "/administration/references/taux";
    let ask = async |du: &str, taux: &str, source: &str| {
        admin.post(page, &[("du", du), ("taux", taux), ("source", source)]).await
    };
    for (du, taux, source, words) in [
        ("2027-02-01", "2,15", "BCE", "un 1er janvier ou un 1er juillet"),
        ("", "2,15", "BCE", "Indiquez le premier jour du semestre"),
        ("2027-01-01", "deux", "BCE", "Indiquez le taux en pour cent"),
        ("2027-01-01", "2,155", "BCE", "deux décimales au plus"),
        ("2027-01-01", "215", "BCE", "Indiquez le taux en pour cent"),
        ("2027-01-01", "2,15", " ", "Citez la source"),
        ("2026-01-01", "2,15", "BCE", "Ce semestre a déjà son taux"),
    ] {
        let refused = ask(du, taux, source).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{du} {taux}");
        assert!(refused.text().contains(words), "{du} {taux}: {}", refused.text());
    }
    let list = "/administration/references?table=interets";
    ask("2027-01-01", "2,40", "BCE, décision du 17 décembre 2026").await.leads_to(list);
    admin.get(list).await.shows(&["2,40 + 8,00", "01/01/2027", "30/06/2027", "à venir"]);
    let kept = "SELECT CAST(COUNT(*) AS TEXT) FROM journal WHERE action = 'interest_rate.add' \
                AND details LIKE '2.40 à partir du 01/01/2027%'";
    assert_eq!(found(&fresh, kept).await.as_deref(), Some("1"), "the journal says who added it");
    let again = ask("2027-01-01", "2,50", "BCE").await;
    assert!(again.text().contains("Ce semestre a déjà son taux"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_reference_is_read_with_its_dates_and_taken_as_a_file(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-11-22");
    let ids = organisations(&app).await;
    let admin = Client::with(&app, &fresh, ids[0], &[Role::Administrator]).await;
    for (table, words, state) in [
        ("seuils", "procédure formalisée", "en vigueur"),
        ("tva", "Taux normal", "en vigueur"),
        // Nobody has verified the rate of the second half of 2026.
        ("interets", "2,15 + 8,00", "passé"),
        ("delais", "délai de paiement", "en vigueur"),
        ("ccag", "diviseur des pénalités de retard", "en vigueur"),
        ("mandats", "mandat municipal", "passé"),
        ("comptes", "6064", "en vigueur"),
    ] {
        admin
            .get(&format!("/administration/references?table={table}"))
            .await
            .shows(&[words, state]);
    }
    let first = admin.get("/administration/references").await;
    assert!(!first.text().contains(">Tous</option>"), "one table is shown, not all");
    let csv = admin.get("/administration/references?table=seuils&q=formal&format=csv").await;
    assert!(csv.bytes.starts_with("\u{feff}Référence;Valeur".as_bytes()));
    let xlsx = admin.get("/administration/references?table=tva&format=xlsx").await;
    assert!(xlsx.bytes.starts_with(b"PK"));
    let name = xlsx.headers["content-disposition"].to_str().unwrap();
    assert_eq!(name, "attachment; filename=\"references_tva_2026-11-22.xlsx\"");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_what_its_reader_may_see_and_nothing_else(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    let ids = organisations(&app).await;
    let buyer = Client::with(&app, &fresh, ids[0], &[Role::Buyer]).await;
    let member = Client::with(&app, &fresh, ids[2], &[Role::MemberReader]).await;
    buyer.get("/recherche?q=216%20200%20808%2000014").await.shows(&["Bapaume"]);
    buyer.get("/recherche?q=bapau").await.shows(&["Bapaume", "/gestion/membres/"]);
    buyer.get("/recherche?q=%25%25").await.shows(&["Rien ne correspond"]);
    buyer.get("/recherche?q=b").await.shows(&["au moins deux lettres"]);
    let found = member.get("/recherche?q=bapau").await.shows(&["Rien ne correspond"]);
    assert!(!found.text().contains("/gestion/"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_administrators_start_page_says_what_failed_what_lacks_and_what_lapses(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-11-22");
    let ids = organisations(&app).await;
    let admin = Client::with(&app, &fresh, ids[0], &[Role::Administrator]).await;
    // The rate of the second half of 2026 and the mandate from 2026 on are not known.
    let lapsed = ["Mettre à jour le taux des intérêts moratoires", "valait jusqu’au 30/06/2026"];
    let page = admin.get("/").await.shows(&lapsed);
    let page = page.shows(&["Mettre à jour les mandats municipaux", "22/03/2026"]).text();
    assert!(!page.contains("tâche en échec") && !page.contains("les taux de TVA"), "{page}");
    let nadia = person(&fresh, "nadia@cdg62.example", ids[0], &[Role::CoordinatorFinance]).await;
    let zoe = person(&fresh, "zoe@arras.example", ids[2], &[Role::Signatory]).await;
    fresh.execute("UPDATE person SET totp_secret = 'JBSWY3DPEHPK3PXP'").await;
    fresh
        .execute(&format!("UPDATE person SET totp_secret = NULL WHERE id IN ({nadia}, {zoe})"))
        .await;
    let ends = format!("UPDATE role_grant SET to_day = '2026-12-12' WHERE person_id = {zoe}");
    fresh.execute(&ends).await;
    fresh
        .execute(
            "INSERT INTO job (kind, key, payload, state, attempts, run_at, done_units, \
             total_units, message, cancel_asked, asked_by, asked_at) VALUES ('zip_papers', '1', \
             '{}', 'dead', 5, '2026-11-22 08:00:00+00:00', 0, 0, '', FALSE, 'x', \
             '2026-11-22 08:00:00+00:00')",
        )
        .await;
    admin.get("/").await.shows(&[
        "Examiner 1 tâche en échec",
        "/administration/taches?etat=dead",
        "Faire mettre en place la double authentification : 1 personne",
        "Prolonger les rôles de 1 personne",
        "avant le 11/12/2026",
    ]);
    let buyer = Client::with(&app, &fresh, ids[0], &[Role::Buyer]).await;
    let theirs = buyer.get("/").await.text();
    assert!(!theirs.contains("tâche en échec") && !theirs.contains("Mettre à jour"), "{theirs}");
    // Another role of the same kind follows: nothing lapses.
    fresh
        .execute(&format!(
            "INSERT INTO role_grant (person_id, organisation_id, role, from_day, given_by) \
             VALUES ({zoe}, {}, 'signatory', '2026-12-12', 'essai')",
            ids[2]
        ))
        .await;
    assert!(!admin.get("/").await.text().contains("Prolonger les rôles"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn orders_and_invoices_are_found_by_who_may_read_them(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let house = House::open(on).await;
    let number = |member| {
        format!(
            "SELECT number FROM purchase_order WHERE buyer_id = {member} AND number IS NOT NULL \
             ORDER BY id"
        )
    };
    let own = found(house.fresh(), &number(house.arras())).await.unwrap();
    let theirs = found(house.fresh(), &number(house.bapaume())).await.unwrap();
    let search = |text: &str| format!("/recherche?q={text}");
    // (role, what is searched for, where it leads; nothing where it may not be found)
    for (role, text, leads) in [
        (Role::CoordinatorFinance, own.as_str(), Some("/gestion/commandes/")),
        (Role::CoordinatorFinance, theirs.as_str(), Some("/gestion/commandes/")),
        (Role::CoordinatorFinance, "f-2026-118", Some("/comptabilite/factures/")),
        (Role::Buyer, "M-2", Some("/comptabilite/factures/")),
        (Role::Administrator, "M-1", Some("/comptabilite/factures/")),
        (Role::MemberReader, own.as_str(), Some("\"/commandes/")),
        (Role::MemberReader, theirs.as_str(), None),
        (Role::MemberFinance, "M-1", Some("\"/factures/")),
        (Role::MemberFinance, "M-2", None),
        // The CdG62's invoice: a validated share of it is the member's to read.
        (Role::MemberContact, "F-2026-118", Some("\"/factures/")),
        (Role::Archivist, own.as_str(), None),
        (Role::Archivist, "F-2026-118", None),
    ] {
        let answer = house.client(role).await.get(&search(text)).await;
        match leads {
            Some(leads) => {
                answer.shows(&[leads]);
            }
            None => {
                let found = answer.shows(&["Rien ne correspond"]).text();
                assert!(!found.contains("/gestion/commandes/"), "{text} for {role}");
                assert!(!found.contains("factures/"), "{text} for {role}: {found}");
            }
        }
    }
}
