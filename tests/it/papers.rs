//! The five papers: their text as a reader extracts it, their structure, their bytes.

mod samples;

use std::path::PathBuf;
use std::process::Command;

use travee::documents::{
    Paper, allocation_statement, delivery_extract, lot_sheet, needs_receipt, purchase_order,
};

/// Every paper, short and long, by the name of its file.
fn all() -> Vec<(&'static str, Paper)> {
    vec![
        ("bon-de-commande", purchase_order::render(&samples::order(4, 0)).unwrap()),
        ("bon-de-commande-60", purchase_order::render(&samples::order(60, 0)).unwrap()),
        ("bon-du-coordonnateur", purchase_order::render(&samples::coordinator_order(9)).unwrap()),
        ("extrait-de-livraison", delivery_extract::render(&samples::extract()).unwrap()),
        ("releve-de-repartition", allocation_statement::render(&samples::statement()).unwrap()),
        (
            "releve-de-repartition-40",
            allocation_statement::render(&samples::long_statement(40)).unwrap(),
        ),
        ("fiche-de-lot", lot_sheet::render(&samples::lot_sheet(14)).unwrap()),
        ("fiche-de-lot-300", lot_sheet::render(&samples::lot_sheet(300)).unwrap()),
        ("recepisse-des-besoins", needs_receipt::render(&samples::receipt()).unwrap()),
    ]
}

/// Writes `paper` where poppler and qpdf can read it.
fn written(paper: &Paper, name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("papers");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{name}.pdf"));
    std::fs::write(&path, &paper.bytes).unwrap();
    path
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

fn text(paper: &Paper, name: &str) -> String {
    run("pdftotext", &["-layout", written(paper, name).to_str().unwrap(), "-"])
}

#[test]
fn every_paper_is_a_file_without_fault() {
    for (name, paper) in all() {
        let path = written(&paper, name);
        run("qpdf", &["--check", path.to_str().unwrap()]);
        println!("{name} {} {}", paper.pages, paper.bytes.len());
        text(&paper, name);
    }
}
