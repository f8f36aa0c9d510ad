//! A member's pages of its orders and deliveries, through the real router.

use axum::http::StatusCode;
use domain::orders::state::OrderState;
use domain::platform::role::Role;
use domain::quantity::Quantity;
use rstest::rstest;
use travee::usecases::orders::draft_orders;

use super::issuing::{issue, validated};
use super::shop::{AFTER, DRAFTING, Deal, Shop, WITHIN};
use crate::client::Client;
use crate::fixtures::buyer;
use crate::harness::On;

pub(super) const LATE: &str = "2026-09-05";
const REFUSED: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

/// Drafts of Arras (6 bindings), Bapaume (4) and Berck (3 of another).
async fn drafted(on: On, deal: &Deal) -> Shop {
    let shop = Shop::open(on, deal).await;
    draft_orders(&shop.on(DRAFTING), &buyer(), shop.window).await.unwrap();
    shop
}

/// Somebody of a body, on a day.
pub(super) async fn somebody(shop: &Shop, day: &str, body: usize, role: Role) -> Client {
    Client::with(&shop.on(day), shop.fresh(), shop.world.bodies[body], &[role]).await
}

/// The signatory of Arras, whose power is recorded under that name.
async fn mayor(shop: &Shop, day: &str) -> Client {
    let client = somebody(shop, day, 2, Role::Signatory).await;
    let text = "UPDATE person SET name = 'Jeanne Dubois' WHERE email LIKE 'signatory%'";
    shop.fresh().execute(text).await;
    client
}

/// What a page's hidden field holds.
pub(super) fn hidden(page: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    page.split(&mark).nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// The first field whose name begins with `prefix`.
pub(super) fn field(page: &str, prefix: &str) -> String {
    let mark = format!("name=\"{prefix}");
    let rest = page.split(&mark).nth(1).unwrap().split('"').next().unwrap();
    format!("{prefix}{rest}")
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_shown_with_its_figures_changed_and_told_to_the_next(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = drafted(on, &Deal::bindings()).await;
    let secretary = somebody(&shop, WITHIN, 2, Role::MemberContact).await;
    let id = shop.order_of(2).await.id;
    secretary.get("/commandes").await.shows(&[
        "Votre commande",
        "228,00 €",
        "273,60 €",
        "brouillon",
    ]);
    let path = format!("/commandes/{id}");
    let shown = secretary.get(&path).await.shows(&[
        "Reliures",
        "6 ",
        "38,00 €",
        "Total HT",
        "228,00 €",
        "45,60 €",
        "273,60 €",
        "Modifier les quantités (jusqu’au 31/07/2026)",
    ]);
    assert!(!shown.text().contains("Valider cette commande"), "only the signatory validates");

    let form = secretary.get(&format!("{path}/quantites")).await;
    let (version, name) = (hidden(&form.text(), "version"), field(&form.text(), "q-"));
    let wrong = secretary
        .post(&format!("{path}/quantites"), &[("version", &version), (&name, "beaucoup")])
        .await;
    assert_eq!(wrong.status, REFUSED);
    assert!(wrong.text().contains("« beaucoup » n’est pas une quantité"), "{}", wrong.text());
    assert!(wrong.text().contains("value=\"beaucoup\""), "what was typed is not lost");

    let change =
        [("version", version.as_str()), (name.as_str(), "8"), ("motif", "registre en plus")];
    let colleague = secretary.clone();
    secretary.post(&format!("{path}/quantites"), &change).await.leads_to(&path);
    secretary.get(&path).await.shows(&[
        "304,00 € HT",
        "registre en plus",
        "a modifié les quantités",
    ]);
    let line = &shop.order_of(2).await.order.lines[0];
    assert_eq!(line.quantity().unwrap(), Quantity::whole(8));

    let late = [("version", version.as_str()), (name.as_str(), "9")];
    let late = colleague.post(&format!("{path}/quantites"), &late).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.text().contains("Quelqu’un d’autre") && late.text().contains("value=\"9\""));
    assert_eq!(shop.order_of(2).await.order.lines[0].quantity().unwrap(), Quantity::whole(8));

    let after = somebody(&shop, AFTER, 2, Role::Signatory).await;
    let closed = after.get(&format!("{path}/quantites")).await;
    assert!(closed.text().contains("ne changent plus"), "{}", closed.text());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_quantity_that_opens_a_pack_is_told_the_two_nearest(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = drafted(on, &Deal::bindings()).await;
    let packed = "UPDATE article_version SET pack_milli = 4000 WHERE article_id = \
                  (SELECT id FROM article WHERE reference = 'REL-001')";
    shop.fresh().execute(packed).await;
    let secretary = somebody(&shop, WITHIN, 2, Role::MemberContact).await;
    let path = format!("/commandes/{}/quantites", shop.order_of(2).await.id);
    let form = secretary.get(&path).await.text();
    let name = field(&form, "q-");
    let opened = secretary.post(&path, &[("version", "0"), (&name, "7")]).await;
    assert_eq!(opened.status, REFUSED);
    assert!(
        opened.text().contains("Cet article se livre par paquets de 4 : saisissez 4 ou 8."),
        "{}",
        opened.text()
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_article_of_the_contract_is_added_to_a_draft(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = drafted(on, &Deal::bindings()).await;
    let secretary = somebody(&shop, WITHIN, 2, Role::MemberContact).await;
    let id = shop.order_of(2).await.id;
    let path = format!("/commandes/{id}/quantites");
    let form = secretary.get(&path).await.text();
    let option = |text: &str| {
        let before = form.split(text).next().unwrap();
        before.rsplit("value=\"").next().unwrap().split('"').next().unwrap().to_owned()
    };
    let (article, version) = (option("REL-041 –"), hidden(&form, "version"));
    let site = form.split("id=\"ajout-lieu\"").nth(1).unwrap();
    let site = site.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
    let add = [
        ("version", version.as_str()),
        ("ajout-article", &article),
        ("ajout-lieu", site),
        ("ajout-quantite", ""),
    ];
    let nothing = secretary.post(&path, &add).await;
    assert!(nothing.text().contains("Saisissez la quantité de l’article ajouté"));
    let add = [add[0], add[1], add[2], ("ajout-quantite", "2")];
    secretary.post(&path, &add).await.leads_to(&format!("/commandes/{id}"));
    let stored = shop.order_of(2).await;
    assert_eq!(stored.order.lines.len(), 2);
    assert_eq!(stored.totals.net.cents(), 22_800 + 11_600);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_signatory_sees_what_it_engages_and_validates_what_it_read(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = drafted(on, &Deal::bindings()).await;
    let mayor = mayor(&shop, WITHIN).await;
    let id = shop.order_of(2).await.id;
    let path = format!("/commandes/{id}/validation");
    let page = mayor.get(&path).await.shows(&[
        "Valider ma commande de 273,60 € TTC",
        "maximum de 100 000,00 € HT",
        "99 772,00 € HT après",
        "Jeanne Dubois, Maire",
    ]);
    let version = hidden(&page.text(), "version");
    let secretary = somebody(&shop, WITHIN, 2, Role::MemberContact).await;
    let form = format!("/commandes/{id}/quantites");
    let name = field(&secretary.get(&form).await.text(), "q-");
    secretary.post(&form, &[("version", &version), (&name, "7")]).await;
    let stale = mayor.post(&path, &[("version", &version)]).await;
    assert_eq!(stale.status, REFUSED);
    assert!(stale.text().contains("modifiée depuis que vous l’avez ouverte"), "{}", stale.text());
    assert_eq!(shop.order_of(2).await.order.state, OrderState::Draft);

    let version = hidden(&stale.text(), "version");
    mayor.post(&path, &[("version", &version)]).await.leads_to(&format!("/commandes/{id}"));
    mayor.get(&format!("/commandes/{id}")).await.shows(&[
        "Votre commande de 266,00 € HT (319,20 € TTC) est validée",
        "Jeanne Dubois, Maire, le 10/07/2026",
    ]);
    let stored = shop.order_of(2).await;
    assert_eq!((stored.order.state, stored.committed.cents()), (OrderState::Validated, 26_600));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_mayor_without_account_signs_on_paper_and_no_order_goes_without(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = drafted(on, &Deal::bindings()).await;
    let secretary = somebody(&shop, WITHIN, 2, Role::MemberContact).await;
    let id = shop.order_of(2).await.id;
    let own = secretary.post(&format!("/commandes/{id}/validation"), &[("version", "0")]).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN, "a secretary does not sign");
    let path = format!("/commandes/{id}/signature-papier");
    let version = shop.order_of(2).await.version.to_string();
    let said = |name: &'static str| {
        [
            ("version", version.clone()),
            ("signataire", name.to_owned()),
            ("qualite", "Maire".to_owned()),
            ("signe-le", "09/07/2026".to_owned()),
        ]
    };
    async fn bring(
        client: &Client,
        path: &str,
        said: [(&str, String); 4],
        files: &[(&str, &str, &[u8])],
    ) -> crate::client::Answer {
        let fields: Vec<(&str, &str)> = said.iter().map(|(k, v)| (*k, v.as_str())).collect();
        client.upload(path, &fields, files).await
    }
    let pdf: (&str, &str, &[u8]) = ("scan", "commande.pdf", b"%PDF-1.7 signed");
    let without = bring(&secretary, &path, said("Jeanne Dubois"), &[]).await;
    assert_eq!(without.status, REFUSED);
    assert!(without.text().contains("Ajoutez la commande signée"));
    let program: (&str, &str, &[u8]) = ("scan", "commande.pdf", b"MZ program");
    let hostile = bring(&secretary, &path, said("Jeanne Dubois"), &[program]).await;
    assert_eq!(hostile.status, REFUSED, "known by its content, not its name");
    let stranger = bring(&secretary, &path, said("Paul Inconnu"), &[pdf]).await;
    assert_eq!(stranger.status, REFUSED);
    assert!(stranger.text().contains("Peuvent signer : Jeanne Dubois"), "{}", stranger.text());
    assert_eq!(shop.order_of(2).await.order.state, OrderState::Draft);

    bring(&secretary, &path, said("jeanne dubois"), &[pdf])
        .await
        .leads_to(&format!("/commandes/{id}"));
    let page = secretary.get(&format!("/commandes/{id}")).await;
    let page = page
        .shows(&["d’après la signature de jeanne dubois sur papier", "Commande signée sur papier"]);
    let text = page.text();
    let link = text.split("/livraisons/pieces/").nth(1).unwrap().split('"').next().unwrap();
    let scan = secretary.get(&format!("/livraisons/pieces/{link}")).await;
    assert_eq!(scan.bytes, b"%PDF-1.7 signed");
    let neighbour = somebody(&shop, WITHIN, 3, Role::Signatory).await;
    let other = neighbour.get(&format!("/livraisons/pieces/{link}")).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    let kept = "a refused paper leaves nothing";
    let all = travee::store::platform::attachments::of(
        &shop.world.app.store,
        travee::store::Viewer::Coordinator,
        ("order", id.0),
    );
    assert_eq!(all.await.unwrap().len(), 1, "{kept}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn finance_enters_references_and_the_validated_order_keeps_them(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = drafted(on, &Deal::bindings()).await;
    shop.fresh()
        .execute("UPDATE organisation SET chorus_commitment_number = TRUE WHERE name = 'Arras'")
        .await;
    let id = shop.order_of(2).await.id;
    let mayor = mayor(&shop, WITHIN).await;
    let path = format!("/commandes/{id}/validation");
    let page = mayor.get(&path).await.shows(&["Il manque le numéro d’engagement"]);
    let refused = mayor.post(&path, &[("version", &hidden(&page.text(), "version"))]).await;
    assert_eq!(refused.status, REFUSED);
    let finance = somebody(&shop, WITHIN, 2, Role::MemberFinance).await;
    finance.get("/").await.shows(&["Saisir le numéro d’engagement"]);
    let known = [("engagement", " 2026-ENG-7 "), ("service", ""), ("imputation", "6064")];
    let references = format!("/commandes/{id}/references");
    finance.post(&references, &known).await.leads_to(&format!("/commandes/{id}"));
    let page = mayor.get(&path).await;
    mayor.post(&path, &[("version", &hidden(&page.text(), "version"))]).await;
    let stored = shop.order_of(2).await;
    assert_eq!(stored.order.state, OrderState::Validated);
    assert_eq!(stored.order.commitment_number.as_deref(), Some("2026-ENG-7"));
    assert_eq!(stored.budget_account.as_deref(), Some("6064"));
    let neighbour = somebody(&shop, WITHIN, 3, Role::MemberFinance).await;
    assert_eq!(neighbour.post(&references, &known).await.status, StatusCode::NOT_FOUND);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_received_at_the_door_with_a_photo_a_reserve_and_a_decision(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = validated(on, &Deal::bindings()).await;
    issue(&shop.on(AFTER), &shop).await;
    let secretary = somebody(&shop, LATE, 2, Role::MemberContact).await;
    let id = shop.order_of(2).await.id;
    let list = secretary.get("/livraisons").await.shows(&["Réceptionner", "en retard"]);
    assert!(list.text().contains(&format!("/livraisons/{id}/reception")));
    secretary.get("/").await.shows(&["Réceptionner la livraison : Reliures"]);
    let path = format!("/livraisons/{id}/reception");
    let form = secretary.get(&path).await.shows(&["Quantité livrée", "capture=\"environment\""]);
    let (site, name) = (hidden(&form.text(), "lieu"), field(&form.text(), "q-"));
    let decision = format!("{name}-decision");
    let photo: (&str, &str, &[u8]) = ("photo", "bon.jpg", b"\xff\xd8\xff\xe0 picture");
    let base = [("lieu", site.as_str()), ("bon", "BL-77"), ("livre-le", "20/08/2026")];

    let mut without = base.to_vec();
    without.extend([(name.as_str(), "5"), (decision.as_str(), "accepted_with_reserves")]);
    let unsaid = secretary.upload(&path, &without, &[]).await;
    assert_eq!(unsaid.status, REFUSED);
    assert!(
        unsaid.text().contains("Écrivez votre réserve") && unsaid.text().contains("value=\"5\"")
    );

    let mut too_much = base.to_vec();
    too_much.extend([(name.as_str(), "9"), (decision.as_str(), "accepted")]);
    let too_much = secretary.upload(&path, &too_much, &[photo]).await;
    assert_eq!(too_much.status, REFUSED, "{}", too_much.text());
    let photos = travee::store::platform::attachments::of(
        &shop.world.app.store,
        travee::store::Viewer::Coordinator,
        ("order", id.0),
    );
    assert!(photos.await.unwrap().is_empty(), "a refused delivery leaves no photo");

    let mut five = without.clone();
    five.push(("reserve", "dos rayé"));
    secretary.upload(&path, &five, &[photo]).await.leads_to(&format!("/commandes/{id}"));
    let page = secretary.get(&format!("/commandes/{id}")).await;
    page.shows(&[
        "BL-77",
        "20/08/2026",
        "accepté avec réserves",
        "« dos rayé »",
        "Photo de la livraison",
    ]);
    let stored = shop.order_of(2).await;
    let got = stored.receipts.values().next().unwrap();
    assert_eq!((got.delivered, got.accepted), (Quantity::whole(5), Quantity::whole(5)));

    let twice = secretary.upload(&path, &five, &[]).await;
    assert_eq!(twice.status, REFUSED);
    assert!(twice.text().contains("déjà enregistré"), "{}", twice.text());

    let last = [base[0], ("bon", "BL-78"), base[2], (&name, "1"), (&decision, "later")];
    secretary.upload(&path, &last, &[]).await.leads_to(&format!("/commandes/{id}"));
    let form = secretary.get(&path).await.shows(&["Déjà livré, à accepter ou à refuser"]);
    let name = field(&form.text(), "d-");
    let decision = format!("{name}-decision");
    let refuse = [
        ("lieu", site.as_str()),
        (&name, "1"),
        (&decision, "rejected"),
        ("reserve-anterieure", "déchiré"),
    ];
    secretary
        .post(&format!("/livraisons/{id}/decisions"), &refuse)
        .await
        .leads_to(&format!("/commandes/{id}"));
    let stored = shop.order_of(2).await;
    let got = stored.receipts.values().next().unwrap();
    assert_eq!((got.accepted, got.rejected), (Quantity::whole(5), Quantity::whole(1)));

    let neighbour = somebody(&shop, LATE, 3, Role::MemberContact).await;
    assert_eq!(neighbour.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(neighbour.upload(&path, &last, &[]).await.status, StatusCode::NOT_FOUND);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn who_pays_accepts_at_a_lower_price_and_who_does_not_leaves_it_to_who_pays(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = validated(on, &Deal::bindings()).await;
    issue(&shop.on(AFTER), &shop).await;
    let secretary = somebody(&shop, LATE, 2, Role::MemberContact).await;
    let id = shop.order_of(2).await.id;
    let path = format!("/livraisons/{id}/reception");
    let form = secretary.get(&path).await.shows(&["J’accepte à prix réduit", "Montant à déduire"]);
    let (site, name) = (hidden(&form.text(), "lieu"), field(&form.text(), "q-"));
    let (decision, amount) = (format!("{name}-decision"), format!("{name}-refaction"));
    let typed = |verdict: &'static str, cents: &'static str| {
        vec![
            ("lieu", site.as_str()),
            ("bon", "BL-77"),
            ("livre-le", "20/08/2026"),
            (name.as_str(), "6"),
            (decision.as_str(), verdict),
            (amount.as_str(), cents),
            ("reserve", "dos rayés"),
        ]
    };
    for (verdict, cents, wrong) in [
        ("price_reduction", "", "Saisissez le montant HT à déduire"),
        ("price_reduction", "300", "entre 0,01 € et 228,00 € HT"),
        ("accepted", "20", "choisissez « J’accepte à prix réduit »"),
    ] {
        let refused = secretary.upload(&path, &typed(verdict, cents), &[]).await;
        assert_eq!(refused.status, REFUSED);
        assert!(refused.text().contains(wrong), "{wrong} in {}", refused.text());
        assert!(refused.text().contains(&format!("name=\"{amount}\" value=\"{cents}\"")));
    }
    let good = typed("price_reduction", "20,00");
    secretary.upload(&path, &good, &[]).await.leads_to(&format!("/commandes/{id}"));
    secretary.get(&format!("/commandes/{id}")).await.shows(&[
        "accepté avec réduction de prix",
        "20,00 € HT de moins",
        "« dos rayés »",
    ]);
    let got = *shop.order_of(2).await.receipts.values().next().unwrap();
    assert_eq!((got.accepted, got.reduction.cents()), (Quantity::whole(6), 2_000));

    // The CdG62 pays for the boxes: a member does not see their prices.
    let shop = validated(on, &Deal::boxes()).await;
    issue(&shop.on(AFTER), &shop).await;
    let secretary = somebody(&shop, LATE, 3, Role::MemberContact).await;
    let id = shop.orders().await[0].id;
    let path = format!("/livraisons/{id}/reception");
    let form = secretary.get(&path).await.text();
    assert!(!form.contains("prix réduit (") && !form.contains("Montant à déduire"), "{form}");
    let (site, name) = (hidden(&form, "lieu"), field(&form, "q-"));
    let (decision, amount) = (format!("{name}-decision"), format!("{name}-refaction"));
    let awaited = hidden(&form, &name);
    let forced = [
        ("lieu", site.as_str()),
        ("bon", "BL-1"),
        ("livre-le", "20/08/2026"),
        (&name, &awaited),
        (&decision, "price_reduction"),
        (&amount, "1"),
        ("reserve", "coins pliés"),
    ];
    let refused = secretary.upload(&path, &forced, &[]).await;
    assert_eq!(refused.status, REFUSED);
    assert!(refused.text().contains("lui seul décide d’une réfaction"), "{}", refused.text());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn of_the_coordinators_order_a_member_sees_its_quantities_and_no_amount(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let shop = validated(on, &Deal::boxes()).await;
    issue(&shop.on(AFTER), &shop).await;
    let id = shop.orders().await[0].id;
    let secretary = somebody(&shop, AFTER, 3, Role::MemberContact).await;
    let list =
        secretary.get("/commandes").await.shows(&["Commande BC-2026-0001", "Boîtes d’archives"]);
    let page =
        secretary.get(&format!("/commandes/{id}")).await.shows(&["BOI-001", "payée par le CdG62"]);
    for text in [list.text(), page.text()] {
        let body = text.split("<main").nth(1).unwrap().to_owned();
        assert!(!body.contains('€'), "an amount of all members: {body}");
        assert!(!body.contains("BOI-002"), "an article of others: {body}");
        assert!(!body.contains("Arras"), "another member: {body}");
    }
    let text = page_documents(&secretary, id.0).await;
    assert!(text.contains("Extrait de livraison"), "{text}");
    assert!(!text.contains("Bon de commande "), "the order itself is the coordinator's");
    for path in ["quantites", "validation"] {
        let answer = secretary.get(&format!("/commandes/{id}/{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

async fn page_documents(client: &Client, order: i64) -> String {
    let page = client.get(&format!("/commandes/{order}")).await.text();
    page.split("id=\"documents\"").nth(1).unwrap().split("<h2").next().unwrap().to_owned()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_another_members_is_not_there(#[values(On::Sqlite, On::Postgres)] on: On) {
    let shop = drafted(on, &Deal::bindings()).await;
    let others = shop.order_of(3).await.id;
    let mayor = mayor(&shop, WITHIN).await;
    for path in ["", "/quantites", "/validation"] {
        let answer = mayor.get(&format!("/commandes/{others}{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["quantites", "validation"] {
        let answer = mayor.post(&format!("/commandes/{others}/{path}"), &[("version", "0")]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    let list = mayor.get("/commandes?format=csv").await;
    assert_eq!(list.text().lines().count(), 2, "its own order and the headers");
    assert_eq!(shop.order_of(3).await.order.state, OrderState::Draft);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn all_papers_of_a_year_come_as_one_archive_with_their_list(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    use std::io::Read;
    let shop = validated(on, &Deal::bindings()).await;
    issue(&shop.on(AFTER), &shop).await;
    let reader = somebody(&shop, LATE, 2, Role::MemberReader).await;
    let list = reader.get("/documents").await;
    let list = list.shows(&["Bon de commande BC-2026-0001", "Tous les documents de 2026"]);
    let text = list.text();
    let mut link = text.split("href=\"/documents/").filter_map(|rest| rest.split('"').next());
    let id = link.find(|id| id.chars().all(|c| c.is_ascii_digit())).unwrap();
    let one = reader.get(&format!("/documents/{id}")).await;
    assert_eq!(one.headers["content-type"], "application/pdf");
    let name = one.headers["content-disposition"].to_str().unwrap();
    assert!(name.contains("2026-08-03_bon-de-commande_BC-2026-0001.pdf"), "{name}");

    let all = reader.get("/documents/annee/2026").await;
    assert_eq!(all.status, StatusCode::OK);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(all.bytes)).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    let mut papers = 0;
    for name in &names {
        let mut bytes = Vec::new();
        archive.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
        if name == "liste-des-documents.csv" {
            let list = String::from_utf8(bytes).unwrap();
            assert_eq!(list.lines().count(), names.len(), "a line each, and the headers");
            assert!(list.contains("BC-2026-0001"), "{list}");
        } else if name.contains("BC-2026-0001.pdf") {
            assert_eq!(bytes, one.bytes);
            papers += 1;
        } else {
            assert!(bytes.starts_with(b"%PDF"), "{name}");
        }
    }
    assert_eq!(papers, 1, "{names:?}");

    let neighbour = somebody(&shop, LATE, 3, Role::MemberReader).await;
    assert_eq!(neighbour.get(&format!("/documents/{id}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(neighbour.get("/documents/annee/2025").await.status, StatusCode::NOT_FOUND);
}
