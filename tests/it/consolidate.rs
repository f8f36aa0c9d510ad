//! `travee consolidate`, from files to its report.

use std::path::Path;
use std::process::{Command, Output};

use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

const CATALOGUE: &str = "\
ref,lot,famille,sous_famille,libelle,unite,code_unite,quantite_decimale,multiple_conditionnement,cpv,tva_taux,prix_reference_ht,specifications,normes
BOI-001,1,boites,boites_carton,\"Boîte d’archives, dos 8 cm\",unité,H87,false,50,30199500-5,20.00,0.89,,
BOI-056,1,boites,documentation,Guide pratique (livre),unité,H87,false,1,22110000-4,5.50,19.00,,
RAY-022,2,rayonnages,mobile,Équipement en tablettes,ml,MTR,true,1,39152000-2,20.00,9.995,,
";
const HEAD: &str = "siret,site,ref,quantity,tolerance";
const ARRAS: &str = "21620041000019";
const LENS: &str = "21620498200013";

fn consolidate(catalogue: &str, needs: &[u8], options: &[&str]) -> Output {
    let dir = TempDir::new().unwrap();
    let (articles, rows) = (dir.path().join("catalogue.csv"), dir.path().join("besoins.csv"));
    std::fs::write(&articles, catalogue).unwrap();
    std::fs::write(&rows, needs).unwrap();
    run(&articles, &rows, options)
}

fn run(catalogue: &Path, needs: &Path, options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_travee"))
        .arg("consolidate")
        .args(["--catalogue".as_ref(), catalogue.as_os_str()])
        .args(["--needs".as_ref(), needs.as_os_str()])
        .args(options)
        .output()
        .unwrap()
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Arras needs 20 + 17 boxes and 3 for its annexe; Lens 50, a book and some shelving.
fn needs(end: &str) -> String {
    [
        HEAD.to_owned(),
        format!("{ARRAS},,BOI-001,20,5"),
        format!("{ARRAS},annexe,boi_001,3,"),
        format!("{LENS},,BOI-001,50,0"),
        format!("{ARRAS},,BOI-001,17,5"),
        format!("{LENS},,BOI-056,1,"),
        format!("{LENS},,RAY-022,\"12,40\","),
    ]
    .join(end)
}

#[test]
fn the_report_is_that_of_the_interface() {
    let out = consolidate(CATALOGUE, needs("\n").as_bytes(), &["--json", "--shares"]);
    assert_eq!(out.status.code(), Some(0), "{}", stderr(&out));
    let expected = json!({
        "articles": [
            {
                "lot": "1", "ref": "BOI-001", "unit": "H87", "pack": "50", "members": 2,
                "needed": "90", "ordered": "150", "packs": "3", "surplus": "60", "unserved": "0",
                "unit_price": "0.89", "net": "133.50", "vat_rate": "20.00",
                "shares": [
                    { "siret": ARRAS, "site": "", "needed": "37", "ordered": "50" },
                    { "siret": ARRAS, "site": "annexe", "needed": "3", "ordered": "50" },
                    { "siret": LENS, "site": "", "needed": "50", "ordered": "50" },
                ],
            },
            {
                "lot": "1", "ref": "BOI-056", "unit": "H87", "pack": "1", "members": 1,
                "needed": "1", "ordered": "1", "packs": "1", "surplus": "0", "unserved": "0",
                "unit_price": "19", "net": "19.00", "vat_rate": "5.50",
                "shares": [{ "siret": LENS, "site": "", "needed": "1", "ordered": "1" }],
            },
            {
                "lot": "2", "ref": "RAY-022", "unit": "MTR", "pack": null, "members": 1,
                "needed": "12.4", "ordered": "12.4", "packs": null, "surplus": "0",
                "unserved": "0", "unit_price": "9.995", "net": "123.94", "vat_rate": "20.00",
                "shares": [{ "siret": LENS, "site": "", "needed": "12.4", "ordered": "12.4" }],
            },
        ],
        "lots": [
            { "lot": "1", "articles": 2, "members": 2, "net": "152.50", "vat": "27.75", "gross": "180.25" },
            { "lot": "2", "articles": 1, "members": 1, "net": "123.94", "vat": "24.79", "gross": "148.73" },
        ],
        "totals": { "members": 2, "lines": 6, "net": "276.44", "vat": "52.54", "gross": "328.98" },
    });
    assert_eq!(report(&out), expected);
}

#[rstest]
#[case::pooled("pooled", "100", "2", "10", "0", ["37", "3", "50"])]
#[case::tolerance("tolerance", "100", "2", "10", "0", ["47", "3", "50"])]
fn the_other_policies_round_once_for_all(
    #[case] policy: &str,
    #[case] ordered: &str,
    #[case] packs: &str,
    #[case] surplus: &str,
    #[case] unserved: &str,
    #[case] shares: [&str; 3],
) {
    let options = ["--json", "--shares", "--packing", policy];
    let boxes = &report(&consolidate(CATALOGUE, needs("\n").as_bytes(), &options))["articles"][0];
    for (field, expected) in
        [("ordered", ordered), ("packs", packs), ("surplus", surplus), ("unserved", unserved)]
    {
        assert_eq!(boxes[field], expected, "{field}");
    }
    let given: Vec<&str> =
        boxes["shares"].as_array().unwrap().iter().filter_map(|s| s["ordered"].as_str()).collect();
    assert_eq!(given, shares);
}

#[test]
fn what_the_tolerances_do_not_fill_stays_unserved_and_is_named() {
    let rows = format!("{HEAD}\n{ARRAS},,BOI-001,40,2\n{LENS},,BOI-001,27,2\n");
    let options = ["--json", "--shares", "--packing", "tolerance"];
    let boxes = &report(&consolidate(CATALOGUE, rows.as_bytes(), &options))["articles"][0];
    assert_eq!((&boxes["ordered"], &boxes["unserved"]), (&json!("50"), &json!("17")));
    // 17 taken from 40 and 27: 10.149 and 6.851.
    assert_eq!(boxes["shares"][0]["ordered"], "30");
    assert_eq!(boxes["shares"][1]["ordered"], "20");
}

#[rstest]
#[case::windows_line_ends(needs("\r\n").into_bytes())]
#[case::byte_order_mark(format!("\u{feff}{}", needs("\r\n")).into_bytes())]
#[case::semicolons(needs("\n").replace(',', ";").replace("12;40", "12,40").into_bytes())]
#[case::blank_lines(needs("\n\n").into_bytes())]
fn the_same_table_gives_the_same_report_however_it_was_saved(#[case] saved: Vec<u8>) {
    let plain = report(&consolidate(CATALOGUE, needs("\n").as_bytes(), &["--json"]));
    let out = consolidate(CATALOGUE, &saved, &["--json"]);
    assert_eq!(out.status.code(), Some(0), "{}", stderr(&out));
    assert_eq!(report(&out), plain);
    assert!(plain["articles"][0].get("shares").is_none(), "shares come only when asked for");
}

#[test]
fn a_refused_line_is_named_and_the_others_are_consolidated() {
    let rows = format!(
        "{HEAD}\r\n{ARRAS},,BOI-001,37,\r\n{ARRAS},,XXX-9,1,\r\n{LENS},,BOI-001,douze,\r\n\
         {LENS},,BOI-001,-3,\r\n{LENS},,BOI-001,2.5,\r\n21620498200014,,BOI-001,1,\r\n\
         {LENS},,BOI-001\r\n{LENS},,RAY-022,2.5,\r\n"
    );
    let out = consolidate(CATALOGUE, rows.as_bytes(), &["--json"]);
    assert_eq!(out.status.code(), Some(3));
    assert!(
        stderr(&out).contains("6 lignes des besoins sont refusées, le reste est consolidé"),
        "{}",
        stderr(&out)
    );
    let report = report(&out);
    let refused: Vec<(u64, &str)> = report["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["line"].as_u64().unwrap(), line["code"].as_str().unwrap()))
        .collect();
    let expected = [
        (3, "reference_inconnue"),
        (4, "quantite_non_numerique"),
        (5, "quantite_negative"),
        (6, "quantite_non_entiere"),
        (7, "siret_invalide"),
        (8, "ligne_mal_formee"),
    ];
    assert_eq!(refused, expected);
    assert_eq!(report["totals"]["lines"], 2);
    assert_eq!(report["articles"].as_array().unwrap().len(), 2);
}

#[rstest]
#[case::empty("", "fichier_vide")]
#[case::no_table("<html></html>", "colonne_manquante")]
#[case::missing_columns("siret,ref,quantity\n", "colonne_manquante")]
fn a_file_that_is_no_table_of_needs_is_refused_whole(#[case] rows: &str, #[case] code: &str) {
    let out = consolidate(CATALOGUE, rows.as_bytes(), &["--json"]);
    assert_eq!(out.status.code(), Some(3));
    let report = report(&out);
    assert_eq!(
        (&report["refused"][0]["line"], &report["refused"][0]["code"]),
        (&json!(1), &json!(code))
    );
    assert_eq!(report["totals"]["gross"], "0.00");
    assert!(stderr(&out).contains("rien n’a été consolidé"), "{}", stderr(&out));
}

#[test]
fn needs_are_not_valued_against_half_a_catalogue() {
    let line = CATALOGUE.lines().nth(1).unwrap();
    let out = consolidate(&format!("{CATALOGUE}{line}\n"), needs("\n").as_bytes(), &["--json"]);
    assert_eq!(out.status.code(), Some(3));
    let report = report(&out);
    assert_eq!(report["articles"], json!([]));
    assert_eq!(report["refused"][0]["code"], "catalogue_reference_en_double");
    assert_eq!(report["refused"][0]["line"], 5);
    assert!(stderr(&out).contains("rien n’a été consolidé"), "{}", stderr(&out));
}

#[test]
fn amounts_beyond_the_range_are_refused_and_not_wrapped() {
    let dear = CATALOGUE.replace("0.89", "99999999999");
    let rows = format!("{HEAD}\n{ARRAS},,BOI-001,999999999,\n");
    let out = consolidate(&dear, rows.as_bytes(), &["--json"]);
    assert_eq!(out.status.code(), Some(3));
    let report = report(&out);
    assert_eq!(report["refused"][0]["code"], "total_trop_grand");
    assert!(report["refused"][0]["message"].as_str().unwrap().contains("BOI-001"));
}

#[test]
fn a_person_reads_the_same_in_french() {
    let rows = format!("{}\n{LENS},,XXX-9,1,\n", needs("\n"));
    let out = consolidate(CATALOGUE, rows.as_bytes(), &[]);
    assert_eq!(out.status.code(), Some(3));
    // No-break spaces are shown, since a reviewer cannot see them otherwise.
    let text = String::from_utf8(out.stdout).unwrap().replace(['\u{a0}', '\u{202f}'], "␣");
    insta::assert_snapshot!(text);
}

#[test]
fn a_file_that_is_not_there_is_wrong_usage() {
    let out = run(Path::new("nulle-part.csv"), Path::new("besoins.csv"), &["--json"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(out.stdout.is_empty());
    assert_eq!(stderr(&out), "Le fichier nulle-part.csv n’existe pas : vérifiez son nom.\n");
    let out = consolidate(CATALOGUE, b"", &["--packing", "vrac"]);
    assert_eq!(out.status.code(), Some(2));
}

#[test]
fn the_help_shows_an_example_in_french() {
    let out = Command::new(env!("CARGO_BIN_EXE_travee")).args(["consolidate", "--help"]).output();
    let out = out.unwrap();
    assert_eq!(out.status.code(), Some(0));
    let text = String::from_utf8(out.stdout).unwrap();
    for part in ["Usage : travee consolidate", "Exemple :", "siret,site,ref,quantity,tolerance"] {
        assert!(text.contains(part), "{text}");
    }
}
