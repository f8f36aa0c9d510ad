//! The crafted invoices, in the order of their names, through the intake against their orders.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use domain::group::organisation::OrganisationKind;
use domain::ids::OrganisationId;
use domain::invoices::state::InvoiceState as S;
use domain::siret::Siret;
use rstest::rstest;
use rust_decimal::Decimal;
use travee::store::Viewer;
use travee::store::invoices as store;
use travee::usecases::App;
use travee::usecases::check::check;
use travee::usecases::group::import_members;
use travee::usecases::invoices::{
    Terms, Verdict, allocate, posted, preview, receive_invoice, validate,
};

use super::group::second;
use super::world::{Line, World};
use crate::fixtures::{app_on, body, buyer, convention, day, organisations};
use crate::harness::On;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/invoices")
}

fn orders() -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(folder().join("orders.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The VAT rate of an article, in hundredths of a percent, from the catalogue.
fn rates() -> BTreeMap<String, i64> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/catalogue.csv");
    let mut reader = csv::Reader::from_path(path).unwrap();
    let rows = reader.deserialize::<BTreeMap<String, String>>();
    rows.map(|row| {
        let row = row.unwrap();
        let rate: Decimal = row["tva_taux"].parse().unwrap();
        (row["ref"].clone(), i64::try_from((rate * Decimal::ONE_HUNDRED).trunc()).unwrap())
    })
    .collect()
}

async fn by_siret(app: &App, siret: &str) -> OrganisationId {
    let siret: Siret = siret.parse().unwrap();
    travee::store::group::by_siret(&app.store, &siret).await.unwrap().unwrap()
}

/// Every order of `orders.json`, issued, delivered and accepted whole; a contract a holder.
async fn load(on: On) -> (crate::harness::Fresh, App, World) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-09-01");
    let ids = organisations(&app).await;
    let convention = convention(&app, ids[0]).await;
    let mut world = World::new(&fresh, convention).await;
    // The convention's lot 1 is in model C; these members order themselves.
    fresh.execute("UPDATE lot SET model = 'B' WHERE number = '1'").await;
    let orders = orders();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let mut bodies = Vec::new();
    for order in &orders {
        let supplier = text(&order["supplier_siret"]);
        bodies.push(body(OrganisationKind::Supplier, &format!("Titulaire {supplier}"), &supplier));
        let buyer = text(&order["buyer_siret"]);
        bodies.push(body(OrganisationKind::Commune, &text(&order["buyer"]), &buyer));
    }
    bodies.push(body(OrganisationKind::Commune, "Commune de Frévent", "21620361200017"));
    bodies.sort_by_key(|new| new.organisation.sirets.siren().to_string());
    bodies.dedup_by_key(|new| new.organisation.sirets.siren().to_string());
    import_members(&app, &buyer(), bodies).await.unwrap();
    let rates = rates();
    for order in &orders {
        let supplier = text(&order["supplier_siret"]);
        let number = format!("{}-{supplier}", text(&order["contract"]));
        let lot = number.split("-L").nth(1).unwrap()[..1].to_owned();
        let holder = by_siret(&app, &supplier).await;
        let member = by_siret(&app, &text(&order["buyer_siret"])).await;
        let lines: Vec<Line> = order["lines"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| {
                let reference = text(&line["ref"]);
                let price: Decimal = text(&line["unit_price_ht"]).parse().unwrap();
                let count: Decimal = text(&line["qty"]).parse().unwrap();
                let milli = i64::try_from((count * Decimal::from(1_000)).trunc()).unwrap();
                Line {
                    price_e4: i64::try_from((price * Decimal::from(10_000)).trunc()).unwrap(),
                    rate_bp: rates[&reference],
                    reference: reference.leak(),
                    shares: vec![(member, milli, milli, milli)],
                }
            })
            .collect();
        world.order(&text(&order["order"]), (&number, &lot, holder), member, &lines).await;
    }
    (fresh, app, world)
}

/// File, what becomes of it, what is found, and net, VAT, gross and payable cents.
type Expected = (&'static str, Verdict, &'static [&'static str], [i64; 4]);

#[rustfmt::skip]
const EXPECTED: [Expected; 12] = [
    ("F01_ubl_simple_3_lignes", Verdict::Accept, &[], [82_660, 16_532, 99_192, 99_192]),
    ("F02_cii_tva_20_et_5-5_remise_port", Verdict::Accept, &[], [63_395, 11_896, 75_291, 75_291]),
    ("F03_ubl_avoir_partiel", Verdict::Accept, &[], [8_000, 1_600, 9_600, 9_600]),
    ("F04_cii_franchise_tva_293B", Verdict::Accept, &[], [59_100, 0, 59_100, 59_100]),
    ("F05_ubl_quantites_decimales_demi_centime", Verdict::AcceptWithWarnings, &["ligne_hors_commande"], [283_257, 56_651, 339_908, 339_908]),
    ("F06_ubl_acompte_et_arrondi", Verdict::Accept, &[], [148_920, 29_784, 178_704, 128_700]),
    ("F07_cii_avoir_type_381", Verdict::Accept, &[], [5_500, 1_100, 6_600, 6_600]),
    ("F08_ubl_toutes_les_boites_27_lignes", Verdict::Accept, &[], [175_385, 34_802, 210_187, 210_187]),
    ("F09_cii_prix_au_cent", Verdict::Accept, &[], [116_500, 23_300, 139_800, 139_800]),
    ("F10_ubl_prix_superieur_au_marche", Verdict::AcceptWithWarnings, &["commande_deja_facturee", "prix_different_de_la_commande"], [125_500, 25_100, 150_600, 150_600]),
    ("F11_ubl_doublon_numero", Verdict::Reject, &["numero_de_facture_deja_utilise_par_ce_fournisseur"], [44_500, 8_900, 53_400, 53_400]),
    ("F12_cii_siret_acheteur_autre_membre", Verdict::Reject, &["acheteur_different_de_la_commande"], [14_800, 2_960, 17_760, 17_760]),
];

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_crafted_invoice_has_its_outcome_its_flags_and_its_totals_and_is_shared_exactly(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let (_fresh, app, world) = load(on).await;
    let none = BTreeSet::new();
    let mut accepted = Vec::new();
    for (file, verdict, flags, [net, vat, gross, payable]) in EXPECTED {
        let bytes = std::fs::read(folder().join(format!("crafted/{file}.xml"))).unwrap();
        let received =
            receive_invoice(&app, &buyer(), bytes, day("2026-09-01"), &none, file).await.unwrap();
        let found: BTreeSet<&str> = received.findings.iter().map(|one| one.code.as_str()).collect();
        assert_eq!(received.verdict(), verdict, "{file}: {:?}", received.findings);
        assert_eq!(found, flags.iter().copied().collect(), "{file}");
        let id = received.invoice.unwrap();
        let stored = store::invoice(&app.store, Viewer::Coordinator, id).await.unwrap().unwrap();
        let totals = stored.totals;
        let printed =
            [totals.net.cents(), totals.vat.cents(), totals.gross.cents(), totals.payable.0];
        assert_eq!(printed, [net, vat, gross, payable], "{file}");
        if received.state == S::Matched {
            accepted.push((file, id, if stored.kind.is_credit() { -1 } else { 1 }, gross, payable));
        }
    }
    assert_eq!(accepted.len(), 8, "what blocks is shared by nobody");
    for (file, id, sign, gross, payable) in accepted {
        let made = allocate(&app, &buyer(), id, &[]).await.unwrap();
        let stored = store::allocation_of(&app.store, id).await.unwrap().unwrap();
        assert_eq!((made, stored.members.len()), (vec![stored.id], 1), "{file}");
        let total = stored.members.values().next().unwrap();
        let booked = (total.gross.cents(), total.payable.0);
        assert_eq!(booked, (sign * gross, sign * payable), "{file}");
        let validated = validate(&app, &second(), id).await.unwrap();
        assert_eq!((validated.statements, validated.recharges), (1, 0), "members pay themselves");
    }
    // Arras paid 500, 100 and 4, and got 25 of the second line credited.
    let kept = world
        .number(
            "SELECT CAST(SUM(w.quantity_milli) AS BIGINT) FROM allocation_weight w \
             JOIN order_share s ON s.id = w.share_id JOIN purchase_order o ON o.id = s.order_id \
             WHERE o.number = 'BC-2026-0001'",
        )
        .await;
    assert_eq!(kept, 579_000);
    assert_eq!(World::breaches(&app).await, []);
    let report = check(&app).await.unwrap();
    assert_eq!((report.checked["invoices"], report.checked["allocations"]), (12, 8));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_a_preview_shows_of_every_crafted_invoice_is_booked_to_the_cent(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let (_fresh, app, _world) = load(on).await;
    let none = BTreeSet::new();
    let mut compared = 0;
    for (file, ..) in EXPECTED {
        let bytes = std::fs::read(folder().join(format!("crafted/{file}.xml"))).unwrap();
        let received =
            receive_invoice(&app, &buyer(), bytes, day("2026-09-01"), &none, file).await.unwrap();
        if received.state != S::Matched {
            continue;
        }
        let id = received.invoice.unwrap();
        let seen = preview(&app, id, &[], Terms::OF_THE_CONVENTION).await.unwrap();
        allocate(&app, &buyer(), id, &[]).await.unwrap();
        let booked = posted(&app, id).await.unwrap().unwrap();
        let shown = seen.documents.last().unwrap();
        assert_eq!(shown.allocation, booked.allocation, "{file}");
        assert_eq!(shown.sha256, booked.sha256, "{file}");
        let stored = store::allocation_of(&app.store, id).await.unwrap().unwrap();
        let sign = if booked.stored.kind.is_credit() { -1 } else { 1 };
        for member in &shown.allocation.members {
            let kept = &stored.members[&shown.members[&member.siret]];
            let figures = (kept.gross.cents() * sign, kept.payable.0 * sign);
            assert_eq!(figures, (member.gross.cents(), member.payable.0), "{file}");
        }
        compared += 1;
    }
    assert_eq!(compared, 8);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_malformed_file_is_rejected_with_its_reason_and_leaves_nothing_to_share(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let (_fresh, app, world) = load(on).await;
    let none = BTreeSet::new();
    for (file, reason) in [
        ("malformed/M01_tronque.xml", "xml_mal_forme"),
        ("malformed/M02_total_a_payer_faux.xml", "totaux_incoherents"),
        ("malformed/M03_tva_fausse.xml", "totaux_incoherents"),
        ("malformed/M04_xxe_fichier_local.xml", "dtd_interdite"),
        ("malformed/M05_mauvais_espace_de_noms.xml", "format_inconnu"),
        ("malformed/M06_devise_usd.xml", "devise_non_eur"),
        ("malformed/M07_encodage_faux.xml", "encodage_invalide"),
        ("malformed/M08_vide.xml", "fichier_vide"),
        ("malformed/M09_bon_de_commande_ubl.xml", "format_inconnu"),
        ("malformed/M10_sans_lignes.xml", "structure_invalide"),
        ("pdf/Z_pdf_sans_xml.pdf", "pdf_sans_facture_electronique"),
    ] {
        let bytes = std::fs::read(folder().join(file)).unwrap();
        let received =
            receive_invoice(&app, &buyer(), bytes, day("2026-09-01"), &none, file).await.unwrap();
        assert_eq!(received.state, S::Rejected, "{file}");
        let found: Vec<&str> = received.findings.iter().map(|one| one.code.as_str()).collect();
        assert!(found.contains(&reason), "{file}: {found:?}");
        if let Some(id) = received.invoice {
            assert!(allocate(&app, &buyer(), id, &[]).await.is_err(), "{file}");
        }
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM allocation").await, 0);
    let refused =
        "SELECT COUNT(*) FROM journal WHERE action IN ('invoice_file.refuse', 'invoice.reject')";
    assert_eq!(world.number(refused).await, 11, "each leaves a trace");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_factur_x_pdf_is_taken_in_like_the_file_it_carries(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let (_fresh, app, _world) = load(on).await;
    let none = BTreeSet::new();
    for file in ["F02_cii_tva_20_et_5-5_remise_port", "F04_cii_franchise_tva_293B"] {
        let bytes = std::fs::read(folder().join(format!("pdf/{file}.pdf"))).unwrap();
        let received =
            receive_invoice(&app, &buyer(), bytes, day("2026-09-01"), &none, file).await.unwrap();
        assert_eq!(received.state, S::Matched, "{file}: {:?}", received.findings);
        allocate(&app, &buyer(), received.invoice.unwrap(), &[]).await.unwrap();
    }
}
