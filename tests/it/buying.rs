//! The buyer's pages: what they show, that a preview tells what then happens, that communes merge.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use domain::group::membership::MembershipState;
use domain::ids::{ContractId, OrderId};
use domain::orders::delivery::Receipts;
use domain::orders::order::Share;
use domain::orders::state::OrderState;
use domain::platform::role::Role;
use domain::quantity::Quantity;
use rstest::rstest;
use travee::store::Viewer;
use travee::store::group;
use travee::store::orders::{StoredOrder, Which, load, one, papers_of_window};
use travee::store::tenders::contract;
use travee::usecases::check::check;
use travee::usecases::group::{Merger, merge, preview_merge};
use travee::usecases::orders::{
    AmendedLine, amend_order, cancel_order, close_order, issue_window, preview_amend,
    preview_cancel, preview_close, preview_issue,
};

use crate::client::Client;
use crate::fixtures::{buyer, day};
use crate::harness::On;
use crate::house::{House, TODAY, found};
use crate::orders::{AFTER, Deal, validated};
use crate::routes::TABLE;
use crate::rows::address;

async fn client(house: &House) -> Client {
    house.client(Role::Buyer).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_the_buyer_opens_on_rows_that_exist(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let house = House::open(on).await;
    let client = client(&house).await;
    let mut opened = 0;
    for (method, path, who) in TABLE {
        let ours =
            ["marches", "fenetres", "commandes", "livraisons", "conventions", "membres", "journal"]
                .iter()
                .any(|area| path.starts_with(&format!("/gestion/{area}")));
        if *method != "GET" || !ours || path.contains("equipe") || !who.includes(Role::Buyer) {
            continue;
        }
        let Some(page) = address(&house, path, house.arras()).await else { continue };
        let answer = client.get(&page).await;
        // A step that the order is no longer at is refused in words, on a page.
        let refused = answer.status == StatusCode::UNPROCESSABLE_ENTITY;
        assert!(answer.status == StatusCode::OK || refused, "{page}: {answer:?}");
        assert!(answer.bytes.len() < 100_000 || page.contains("envois"), "{page} is heavy");
        opened += 1;
    }
    assert!(opened >= 20, "{opened} pages");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn lists_are_searched_filtered_and_taken_away(#[values(On::Sqlite, On::Postgres)] on: On) {
    let house = House::open(on).await;
    let client = client(&house).await;
    client.get("/gestion/marches").await.shows(&["2026-FCS-012-L3", "100 000,00", "%"]);
    client.get("/gestion/marches?etat=proche").await.shows(&["Rien ne correspond"]);
    client.get("/gestion/commandes?q=arras").await.shows(&["BC-2026-", "Arras"]);
    client.get("/gestion/commandes?etat=cancelled").await.shows(&["Rien ne correspond"]);
    client.get("/gestion/livraisons").await.shows(&["Berck", "à vérifier"]);
    client.get("/gestion/membres?q=bapaume").await.shows(&["Bapaume", "membre"]);
    client.get("/gestion/journal?q=order.issue").await.shows(&["Commande émise"]);
    let csv = client.get("/gestion/membres?format=csv").await;
    assert!(csv.text().contains("Organisme;Nature;EPCI"), "{}", csv.text());
    let xlsx = client.get("/gestion/commandes?format=xlsx").await;
    assert_eq!(&xlsx.bytes[..4], b"PK\x03\x04");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_members_only_sees_no_order_and_no_invoice_of_them() {
    let house = House::open(On::Sqlite).await;
    let page = format!("/gestion/membres/{}", house.arras());
    let archivist = house.client(Role::Archivist).await.get(&page).await;
    let text = archivist.text();
    assert_eq!(archivist.status, StatusCode::OK, "{text}");
    assert!(text.contains("Livraisons") && text.contains("Lieux de livraison"));
    assert!(!text.contains("id=\"commandes\"") && !text.contains("id=\"factures\""));
    house
        .client(Role::CoordinatorFinance)
        .await
        .get(&page)
        .await
        .shows(&["id=\"commandes\"", "id=\"factures\""]);
    let order = "SELECT CAST(id AS TEXT) FROM paper WHERE kind = 'purchase_order' ORDER BY id";
    let order = found(house.fresh(), order).await.unwrap();
    let paper = format!("/gestion/documents/{order}");
    let refused = house.client(Role::Archivist).await.get(&paper).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(client(&house).await.get(&paper).await.status, StatusCode::OK);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn issuing_does_what_its_preview_said(#[values(On::Sqlite, On::Postgres)] on: On) {
    for deal in [Deal::bindings(), Deal::boxes()] {
        let shop = validated(on, &deal).await;
        let app = shop.on(AFTER);
        // In model B one buyer's SIRET is unknown on that day: it is named, the others go.
        if deal.lot == "3" {
            let berck = shop.world.bodies[4];
            let ended =
                format!("UPDATE siret SET valid_to = '2026-01-01' WHERE organisation_id = {berck}");
            shop.fresh().execute(&ended).await;
        }
        let seen = preview_issue(&app, &buyer(), shop.window).await.unwrap();
        let before = contract(&app.store, shop.contract).await.unwrap().committed;
        let done = issue_window(&app, &buyer(), shop.window, &|_, _| {}).await.unwrap();
        assert_eq!((seen.orders, seen.papers), (done.orders, done.papers));
        assert_eq!(seen.refused, done.refused);
        assert_eq!(seen.refused.len(), usize::from(deal.lot == "3"));
        let which = Which::At(shop.window, OrderState::Issued);
        let issued = load(&app.store, Viewer::Coordinator, &which).await.unwrap();
        let gross: i64 = issued.iter().map(|stored| stored.totals.gross.cents()).sum();
        assert_eq!(seen.gross.cents(), gross);
        let papers = papers_of_window(&app.store, shop.window).await.unwrap();
        assert_eq!(papers.len(), done.papers);
        assert_eq!(contract(&app.store, shop.contract).await.unwrap().committed, before);
        let again = preview_issue(&app, &buyer(), shop.window).await.unwrap();
        assert_eq!((again.orders, again.missing), (0, 0));
    }
}

async fn committed(app: &travee::usecases::App, of: ContractId) -> i64 {
    contract(&app.store, of).await.unwrap().committed.cents()
}

async fn amended(app: &travee::usecases::App, stored: &StoredOrder, units: u32) -> AmendedLine {
    let line = stored.order.lines.iter().find(|line| line.article.amendable).unwrap();
    let prices = travee::store::tenders::schedule(&app.store, stored.schedule).await.unwrap();
    let version = line.article.version;
    let article = prices.articles.iter().find(|(_, sold)| sold.version == version).unwrap().0;
    let quantity = Quantity::whole(units);
    let shares = line.shares.iter().map(|share| Share { quantity, ..*share }).collect();
    AmendedLine { position: line.position, article: *article, shares }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn amending_cancelling_and_closing_do_what_their_previews_said(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = validated(on, &Deal::bindings()).await;
    let app = shop.on(AFTER);
    issue_window(&app, &buyer(), shop.window, &|_, _| {}).await.unwrap();
    let berck = shop.order_of(4).await;
    let lines = [amended(&app, &berck, 5).await];
    let why = "volumes plus épais";
    let seen = preview_amend(&app, &buyer(), berck.id, why, &lines).await.unwrap();
    let unchanged = one(&app.store, Viewer::Coordinator, berck.id).await.unwrap();
    assert_eq!(unchanged, berck, "a preview writes nothing");
    assert_eq!(amend_order(&app, &buyer(), berck.id, why, &lines).await.unwrap(), seen.number);
    let after = one(&app.store, Viewer::Coordinator, berck.id).await.unwrap();
    assert_eq!((seen.before, seen.after), (berck.totals.net, after.totals.net));
    assert_eq!(committed(&app, shop.contract).await, seen.room.committed.cents());

    let before = committed(&app, shop.contract).await;
    let seen = preview_cancel(&app, berck.id).await.unwrap();
    cancel_order(&app, &buyer(), Viewer::Coordinator, berck.id, "erreur").await.unwrap();
    assert_eq!(committed(&app, shop.contract).await, before - seen.given_back.cents());

    let arras = shop.order_of(2).await;
    assert_eq!(arras.receipts, Receipts::new());
    let before = committed(&app, shop.contract).await;
    let seen = preview_close(&app, arras.id).await.unwrap();
    assert_eq!(close_order(&app, &buyer(), arras.id).await.unwrap(), seen.given_back);
    assert_eq!(committed(&app, shop.contract).await, before - seen.given_back.cents());
    assert!(preview_cancel(&app, arras.id).await.is_err(), "a closed order is not cancelled");
    assert_eq!(check(&app).await.unwrap().breaches, []);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_cancelled_from_its_page_with_its_reason(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let house = House::open(on).await;
    let client = client(&house).await;
    let draft = "SELECT CAST(id AS TEXT) FROM purchase_order WHERE state = 'draft' ORDER BY id";
    let draft = found(house.fresh(), draft).await.unwrap();
    let page = format!("/gestion/commandes/{draft}/annulation");
    client.get(&page).await.shows(&["sont rendus au maximum"]);
    let silent = client.post(&page, &[("motif", " ")]).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(silent.text().contains("Indiquez le motif"));
    let home = format!("/gestion/commandes/{draft}");
    client.post(&page, &[("motif", "besoin disparu")]).await.leads_to(&home);
    client.get(&home).await.shows(&["annulé", "besoin disparu", "est annulée"]);
    let id = OrderId(draft.parse().unwrap());
    let stored = one(&house.app.store, Viewer::Coordinator, id).await.unwrap();
    assert_eq!(stored.order.state, OrderState::Cancelled);
    let again = client.post(&page, &[("motif", "encore")]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "it was cancelled already");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn merging_communes_does_what_its_preview_said_and_leaves_what_was_issued(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let house = House::open(on).await;
    let (app, heir, former) = (&house.app, house.arras(), house.bapaume());
    let merger = Merger {
        heir,
        former: BTreeSet::from([former]),
        on: day(TODAY),
        act: "arrêté du 01/09/2026".into(),
    };
    let (which, all) = (Which::All, travee::store::Slice { limit: 1, ..Default::default() });
    let before = load(&app.store, Viewer::Coordinator, &which).await.unwrap();
    let papers_before = group::papers_of(&app.store, former, &all);
    let papers_before = papers_before.await.unwrap().1;
    let needs = "SELECT CAST(SUM(quantity_milli) AS TEXT) FROM need_line";
    let needs_before = found(house.fresh(), needs).await;
    let seen = preview_merge(app, &merger).await.unwrap();
    assert!(seen.sites > 0 && seen.open_sheets > 0 && seen.drafts > 0, "{seen:?}");
    assert_eq!(merge(app, &buyer(), &merger).await.unwrap(), seen);

    let after = load(&app.store, Viewer::Coordinator, &which).await.unwrap();
    let issued = |orders: &[StoredOrder]| -> Vec<StoredOrder> {
        orders.iter().filter(|stored| stored.order.issue.is_some()).cloned().collect()
    };
    assert_eq!(issued(&before), issued(&after), "what was issued stays as it was");
    let papers_after = group::papers_of(&app.store, former, &all);
    assert_eq!(papers_after.await.unwrap().1, papers_before);
    let drafts = |orders: &[StoredOrder]| -> i64 {
        let drafts = orders.iter().filter(|stored| stored.order.state == OrderState::Draft);
        drafts.map(|stored| stored.totals.lines.cents()).sum()
    };
    assert_eq!(drafts(&before), drafts(&after), "one draft holds what both asked for");
    let own = after
        .iter()
        .filter(|stored| stored.order.state == OrderState::Draft && stored.order.buyer == former);
    assert_eq!(own.count(), 0);
    assert_eq!(found(house.fresh(), needs).await, needs_before, "no need is lost");
    let left = format!(
        "SELECT CAST(COUNT(*) AS TEXT) FROM need_sheet s JOIN campaign c ON c.id = s.campaign_id \
                        WHERE s.organisation_id = {former} AND c.state = 'open'"
    );
    assert_eq!(found(house.fresh(), &left).await.as_deref(), Some("0"));
    let members = group::memberships(&app.store, house.shop.world.group).await.unwrap();
    assert_eq!(members[&former].1.state, MembershipState::Withdrawn);
    assert_eq!(members[&heir].1.state, MembershipState::Active);
    assert!(members[&former].1.lots.is_subset(&members[&heir].1.lots));
    let old = group::organisation(&app.store, former).await.unwrap().unwrap();
    assert!(old.organisation.sirets.confirmed_on(day(TODAY)).is_err());
    assert!(old.organisation.sirets.confirmed_on(day("2026-09-09")).is_ok());
    assert_eq!(check(app).await.unwrap().breaches, []);
    assert!(merge(app, &buyer(), &merger).await.is_err(), "once is enough");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merger_is_seen_in_figures_before_it_is_done() {
    let house = House::open(On::Sqlite).await;
    let client = client(&house).await;
    let codes = [("nouvelle", crate::fixtures::ARRAS), ("anciennes", crate::fixtures::BAPAUME)];
    let late = [("du", "2027-01-01"), ("acte", "arrêté du 01/09/2026")];
    let seen = client.post("/gestion/membres/reunion/apercu", &[codes, late].concat()).await;
    assert!(seen.text().contains("enregistrez-la ce jour-là"), "{}", seen.text());
    let fields = [codes, [("du", TODAY), ("acte", "arrêté du 01/09/2026")]].concat();
    client.post("/gestion/membres/reunion/apercu", &fields).await.shows(&[
        "Bapaume",
        "ne changent pas",
        "Réunir ces communes",
    ]);
    let home = format!("/gestion/membres/{}", house.arras());
    client.post("/gestion/membres/reunion", &fields).await.leads_to(&home);
    let old = format!("/gestion/membres/{}", house.bapaume());
    client.get(&old).await.shows(&["Réunie à"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_administrator_proves_the_journal_and_finds_what_was_changed_in_it(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let house = House::open(on).await;
    let client = house.client(Role::Administrator).await;
    let verify = "/administration/journal/verification";
    client.post(verify, &[]).await.shows(&["La chaîne est intacte"]);
    house.fresh().execute("UPDATE journal SET details = 'rien' WHERE id = 3").await;
    client.post(verify, &[]).await.shows(&["La chaîne est rompue à l’entrée 3"]);
    let entries = found(house.fresh(), "SELECT CAST(COUNT(*) AS TEXT) FROM journal").await.unwrap();
    let csv = client.get("/administration/journal?format=csv").await;
    let name = csv.headers["content-disposition"].to_str().unwrap();
    assert_eq!(name, format!("attachment; filename=\"journal_{TODAY}.csv\""));
    let mut table = csv::ReaderBuilder::new().delimiter(b';').from_reader(&csv.bytes[3..]);
    assert_eq!(table.headers().unwrap().get(6), Some("Empreinte"));
    let rows: Vec<_> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.len().to_string(), entries, "all of it, not only the page");
    assert!(rows.iter().all(|row| row[6].len() == 64), "each with its fingerprint");
    // A code of ours is no word of a reader's.
    for row in &rows {
        assert!(!row[3].contains('.') && !row[3].contains('_'), "{} has no words", &row[3]);
        assert!(!row[4].contains('_'), "{} has no words", &row[4]);
    }
    let orders = client.get("/administration/journal?objet=invoice&format=csv").await;
    assert!(orders.bytes.len() < csv.bytes.len(), "what is shown is what is taken away");
    let xlsx = client.get("/administration/journal?format=xlsx").await;
    assert!(xlsx.bytes.starts_with(b"PK"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_member_finds_the_papers_of_its_membership_and_nobody_elses(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let house = House::open(on).await;
    let desk = client(&house).await;
    let convention = house.shop.world.group;
    let home = format!("/gestion/conventions/{convention}");
    desk.get(&home).await.shows(&["Texte de la convention : convention.pdf", "Déposer le texte"]);
    let path = format!("{home}/texte");
    let amended: (&str, &str, &[u8]) = ("fichier", "avenant-1.pdf", b"%PDF-1.7\n%%EOF\n");
    desk.upload(&path, &[], &[]).await.leads_to(&home);
    desk.get(&home).await.shows(&["Rien n’a été déposé"]);
    desk.upload(&path, &[], &[amended]).await.leads_to(&home);

    let member = house.client(Role::MemberReader).await;
    let page = member.get("/adhesion").await.shows(&[
        "Délibération : deliberation.pdf",
        "Texte de la convention : convention.pdf",
        "Texte de la convention : avenant-1.pdf",
    ]);
    let text = page.text();
    let links: Vec<&str> = text
        .split("href=\"/adhesion/pieces/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(links.len(), 3);
    for link in &links {
        let file = member.get(&format!("/adhesion/pieces/{link}")).await;
        assert!(file.bytes.starts_with(b"%PDF"), "{link}");
    }
    let theirs = format!(
        "SELECT CAST(id AS TEXT) FROM attachment WHERE kind = 'deliberation' \
         AND organisation_id = {}",
        house.bapaume()
    );
    let theirs = found(house.fresh(), &theirs).await.unwrap();
    let photo = "SELECT CAST(id AS TEXT) FROM attachment WHERE kind = 'delivery_photo'";
    let photo = found(house.fresh(), photo).await.unwrap();
    for other in [theirs, photo] {
        let answer = member.get(&format!("/adhesion/pieces/{other}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{other}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_signed_convention_is_kept_with_the_membership(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let house = House::open(on).await;
    let desk = client(&house).await;
    let berck = house.shop.world.bodies[4];
    let prospect = format!(
        "UPDATE membership SET state = 'deliberated', signed_by = NULL, signed_quality = NULL, \
         signed_on = NULL WHERE organisation_id = {berck}"
    );
    house.fresh().execute(&prospect).await;
    let home = format!("/gestion/conventions/{}/membres/{berck}", house.shop.world.group);
    let path = format!("{home}/signature");
    desk.get(&home).await.shows(&["Convention signée (facultatif)"]);
    let typed = [("nom", "Luc Berthe"), ("qualite", "Maire"), ("signe", "2026-02-01")];
    let program: (&str, &str, &[u8]) = ("scan", "x.exe", b"MZ\x90");
    let refused = desk.upload(&path, &typed, &[program]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = refused.text();
    assert!(text.contains("Envoyez un PDF") && text.contains("value=\"Luc Berthe\""), "{text}");
    let scan: (&str, &str, &[u8]) = ("scan", "signee.pdf", b"%PDF-1.7\n%%EOF\n");
    desk.upload(&path, &typed, &[scan]).await.leads_to(&home);
    let page = desk.get(&home).await.shows(&["Convention signée : signee.pdf"]);
    let text = page.text();
    let link = text.split("href=\"/gestion/deliberations/").nth(1).unwrap();
    let link = format!("/gestion/deliberations/{}", link.split('"').next().unwrap());
    assert_eq!(desk.get(&link).await.status, StatusCode::OK);
}
