//! `travee invoice check`: every outcome and total of the crafted files.

use serde_json::json;

use super::{check, path, travee};

/// Name, syntax, type, number, lines, and the nine totals in the order of the report.
type Good = (&'static str, &'static str, &'static str, &'static str, usize, [&'static str; 9]);

const GOOD: [Good; 12] = [
    (
        "F01_ubl_simple_3_lignes",
        "ubl",
        "380",
        "CL-2026-1001",
        3,
        ["826.60", "0.00", "0.00", "826.60", "165.32", "991.92", "0.00", "0.00", "991.92"],
    ),
    (
        "F02_cii_tva_20_et_5-5_remise_port",
        "cii",
        "380",
        "AN-000778",
        4,
        ["645.00", "29.55", "18.50", "633.95", "118.96", "752.91", "0.00", "0.00", "752.91"],
    ),
    (
        "F03_ubl_avoir_partiel",
        "ubl",
        "381",
        "AV-2026-0007",
        1,
        ["80.00", "0.00", "0.00", "80.00", "16.00", "96.00", "0.00", "0.00", "96.00"],
    ),
    (
        "F04_cii_franchise_tva_293B",
        "cii",
        "380",
        "2026-12",
        3,
        ["591.00", "0.00", "0.00", "591.00", "0.00", "591.00", "0.00", "0.00", "591.00"],
    ),
    (
        "F05_ubl_quantites_decimales_demi_centime",
        "ubl",
        "380",
        "RT26-0045",
        4,
        ["2832.57", "0.00", "0.00", "2832.57", "566.51", "3399.08", "0.00", "0.00", "3399.08"],
    ),
    (
        "F06_ubl_acompte_et_arrondi",
        "ubl",
        "380",
        "MSA/2026/311",
        3,
        ["1489.20", "0.00", "0.00", "1489.20", "297.84", "1787.04", "500.00", "-0.04", "1287.00"],
    ),
    (
        "F07_cii_avoir_type_381",
        "cii",
        "381",
        "AN-A-0031",
        1,
        ["55.00", "0.00", "0.00", "55.00", "11.00", "66.00", "0.00", "0.00", "66.00"],
    ),
    (
        "F08_ubl_toutes_les_boites_27_lignes",
        "ubl",
        "380",
        "CL-2026-1002",
        27,
        ["1753.85", "0.00", "0.00", "1753.85", "348.02", "2101.87", "0.00", "0.00", "2101.87"],
    ),
    (
        "F09_cii_prix_au_cent",
        "cii",
        "380",
        "CL-2026-1003",
        2,
        ["1165.00", "0.00", "0.00", "1165.00", "233.00", "1398.00", "0.00", "0.00", "1398.00"],
    ),
    (
        "F10_ubl_prix_superieur_au_marche",
        "ubl",
        "380",
        "CL-2026-1004",
        2,
        ["1255.00", "0.00", "0.00", "1255.00", "251.00", "1506.00", "0.00", "0.00", "1506.00"],
    ),
    (
        "F11_ubl_doublon_numero",
        "ubl",
        "380",
        "CL-2026-1001",
        1,
        ["445.00", "0.00", "0.00", "445.00", "89.00", "534.00", "0.00", "0.00", "534.00"],
    ),
    (
        "F12_cii_siret_acheteur_autre_membre",
        "cii",
        "380",
        "AN-000790",
        1,
        ["148.00", "0.00", "0.00", "148.00", "29.60", "177.60", "0.00", "0.00", "177.60"],
    ),
];

#[test]
fn every_good_invoice_is_accepted_with_the_totals_it_prints() {
    const NAMES: [&str; 9] =
        ["lines", "allowances", "charges", "net", "vat", "gross", "prepaid", "rounding", "payable"];
    for (name, syntax, kind, number, lines, totals) in GOOD {
        let (report, code) = check(&format!("crafted/{name}.xml"));
        assert_eq!((code, &report["outcome"]), (Some(0), &json!("accept")), "{name}");
        assert_eq!(report["reasons"], json!([]), "{name}");
        assert_eq!(report["syntax"], syntax, "{name}");
        assert_eq!(report["profile"], "urn:cen.eu:en16931:2017", "{name}");
        let invoice = &report["invoice"];
        assert_eq!(
            (&invoice["type"], &invoice["number"]),
            (&json!(kind), &json!(number)),
            "{name}"
        );
        assert_eq!(invoice["lines"].as_array().unwrap().len(), lines, "{name}");
        for (key, total) in NAMES.iter().zip(totals) {
            assert_eq!(invoice["totals"][key], total, "{name}: {key}");
        }
    }
}

#[test]
fn an_invoice_is_reported_field_by_field() {
    let (report, _) = check("crafted/F02_cii_tva_20_et_5-5_remise_port.xml");
    let invoice = &report["invoice"];
    assert_eq!(
        invoice["seller"],
        json!({"name": "Archivéo Nord (fictif)", "siret": "00062011200011"})
    );
    assert_eq!(invoice["buyer"], json!({"name": "Commune de Bapaume", "siret": "21620080800014"}));
    assert_eq!(invoice["issue_date"], "2026-07-22");
    assert_eq!(invoice["buyer_reference"], "ARCHIVES");
    assert_eq!(invoice["contract_reference"], "2026-ARCH-L1");
    assert_eq!(invoice["order_reference"], "BC-2026-0002");
    assert_eq!(
        invoice["lines"][0],
        json!({"id": "1", "ref": "BOI-001", "label": "Boîte d'archives carton ondulé kraft, dos 8 cm",
               "quantity": "200", "unit": "H87", "unit_price": "0.74", "net": "148.00",
               "vat_category": "S", "vat_rate": "20.00"})
    );
    assert_eq!(
        invoice["allowances"],
        json!([{"amount": "29.55", "reason": "Remise 5 %", "vat_category": "S", "vat_rate": "20.00"}])
    );
    assert_eq!(
        invoice["charges"],
        json!([{"amount": "18.50", "reason": "Frais de port", "vat_category": "S", "vat_rate": "20.00"}])
    );
    assert_eq!(
        invoice["vat"],
        json!([{"category": "S", "rate": "5.50", "base": "54.00", "tax": "2.97"},
               {"category": "S", "rate": "20.00", "base": "579.95", "tax": "115.99"}])
    );
    let (credit, _) = check("crafted/F03_ubl_avoir_partiel.xml");
    assert_eq!(
        credit["invoice"]["preceding"],
        json!([{"number": "CL-2026-1001", "issue_date": "2026-07-20"}])
    );
    let (per_hundred, _) = check("crafted/F09_cii_prix_au_cent.xml");
    assert_eq!(per_hundred["invoice"]["lines"][0]["base_quantity"], "100");
}

#[test]
fn every_spoiled_invoice_is_refused_for_its_own_reason() {
    for (name, code, rules) in [
        ("malformed/M01_tronque.xml", "xml_mal_forme", &[][..]),
        ("malformed/M02_total_a_payer_faux.xml", "totaux_incoherents", &["BR-CO-16"]),
        ("malformed/M03_tva_fausse.xml", "totaux_incoherents", &["BR-CO-14", "BR-S-09"]),
        ("malformed/M04_xxe_fichier_local.xml", "dtd_interdite", &[]),
        ("malformed/M05_mauvais_espace_de_noms.xml", "format_inconnu", &[]),
        ("malformed/M06_devise_usd.xml", "devise_non_eur", &[]),
        ("malformed/M07_encodage_faux.xml", "encodage_invalide", &[]),
        ("malformed/M08_vide.xml", "fichier_vide", &[]),
        ("malformed/M09_bon_de_commande_ubl.xml", "format_inconnu", &[]),
        ("malformed/M10_sans_lignes.xml", "structure_invalide", &["BR-16"]),
        ("pdf/Z_pdf_sans_xml.pdf", "pdf_sans_facture_electronique", &[]),
    ] {
        let (report, exit) = check(name);
        assert_eq!((exit, &report["outcome"]), (Some(3), &json!("reject")), "{name}");
        let reasons = report["reasons"].as_array().unwrap();
        assert!(!reasons.is_empty(), "{name}");
        for reason in reasons {
            assert_eq!(reason["code"], code, "{name}");
        }
        let found: Vec<_> = reasons.iter().filter_map(|reason| reason["rule"].as_str()).collect();
        assert_eq!(found, rules, "{name}");
    }
}

#[test]
fn a_factur_x_pdf_says_what_its_xml_says() {
    for name in ["F02_cii_tva_20_et_5-5_remise_port", "F04_cii_franchise_tva_293B"] {
        assert_eq!(
            check(&format!("pdf/{name}.pdf")),
            check(&format!("crafted/{name}.xml")),
            "{name}"
        );
    }
}

#[test]
fn a_person_reads_the_verdict_in_french() {
    let good = path("crafted/F01_ubl_simple_3_lignes.xml");
    let output = travee(&["invoice", "check", good.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap().replace(['\u{a0}', '\u{202f}'], "␣");
    insta::assert_snapshot!(text, @"
    Facture acceptée.

    Facture CL-2026-1001 du 20/07/2026
    Fournisseur : Cartonnages de la Lys (fictif)
    Acheteur : Commune de Arras
    Commande : BC-2026-0001
    3 lignes
    Total HT 826,60␣€ · TVA 165,32␣€ · TTC 991,92␣€ · à payer 991,92␣€
    ");
    let wrong = path("malformed/M03_tva_fausse.xml");
    let output = travee(&["invoice", "check", wrong.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "Facture refusée : 2 motifs.\n");
    let text = String::from_utf8(output.stdout).unwrap().replace(['\u{a0}', '\u{202f}'], "␣");
    insta::assert_snapshot!(text, @"
    Facture refusée.

    Facture AN-000778 du 22/07/2026
    Fournisseur : Archivéo Nord (fictif)
    Acheteur : Commune de Bapaume
    Commande : BC-2026-0002
    4 lignes
    Total HT 633,95␣€ · TVA 118,96␣€ · TTC 752,91␣€ · à payer 752,91␣€

    Motifs de refus :
    - Totaux : BT-110 (total de TVA) vaut 118,96␣€ alors que les autres montants de la facture donnent 119,96␣€ ; le fournisseur doit annuler cette facture et en émettre une juste. [BR-CO-14]
    - TVA à 5,5␣% (catégorie S) : BT-117 (TVA d’un taux) vaut 3,97␣€ alors que les autres montants de la facture donnent 2,97␣€ ; le fournisseur doit annuler cette facture et en émettre une juste. [BR-S-09]
    ");
}

#[test]
fn a_wrong_command_line_is_answered_in_french_with_exit_2() {
    for (arguments, said) in [
        (&["invoice", "check"][..], "Il manque : <FICHIER>."),
        (&["invoice", "chek"], "La commande « chek » est inconnue. Vouliez-vous dire « check » ?"),
        (
            &["invoice", "check", "--jsn", "x"],
            "L’argument « --jsn » n’est pas attendu. Vouliez-vous dire « --json » ?",
        ),
        (&["invoice", "check", "a", "b"], "L’argument « b » n’est pas attendu."),
        (&["consolidate", "--packing"], "Il manque une valeur à « --packing <POLITIQUE> »."),
        (
            &["consolidate", "--packing", "x"],
            "La valeur « x » ne convient pas à « --packing <POLITIQUE> » : choisissez site, pooled ou tolerance.",
        ),
        (
            &["migrate", "foo"],
            "La valeur « foo » ne convient pas à « [ÉTAPE] ». Sont possibles : up, down, status.",
        ),
        (
            &["invoice", "check", "/nulle-part.xml"],
            "Le fichier /nulle-part.xml n’existe pas : vérifiez son nom.",
        ),
    ] {
        let output = travee(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(text.lines().next(), Some(said), "{arguments:?}");
        assert!(!text.contains("error:") && !text.contains("Usage:"), "{text}");
    }
}

#[test]
fn the_help_of_every_level_is_french_and_names_one_section_once() {
    for arguments in [&["--help"][..], &["invoice", "--help"], &["invoice", "check", "--help"]] {
        let output = travee(arguments);
        assert_eq!(output.status.code(), Some(0));
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text.matches("Options\u{a0}:").count(), 1, "{text}");
        assert!(!text.contains("Print") && !text.contains("Usage:"), "{text}");
    }
}
