//! A draft is read, changed, signed and given its references.

use axum::http::StatusCode;
use domain::orders::state::OrderState;
use domain::platform::role::Role;
use domain::quantity::Quantity;
use rstest::rstest;

use super::super::shop::{AFTER, Deal, WITHIN};
use super::{REFUSED, drafted, field, hidden, mayor, somebody};
use crate::client::Client;
use crate::harness::On;

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
