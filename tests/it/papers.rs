//! The five papers: their text as a reader extracts it, their structure, their bytes.

mod refused;
pub(crate) mod samples;

use std::path::{Path, PathBuf};
use std::process::Command;

use domain::invoices::einvoice::InvoiceKind;
use domain::money::Cents;
use travee::documents::allocation_statement::{Payment, PreviousCredit, SharedTotal};
use travee::documents::fonts::missing_glyphs;
use travee::documents::needs_receipt::NeedsTotal;
use travee::documents::purchase_order::Amendment;
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
            "releve-de-repartition-5",
            allocation_statement::render(&samples::long_statement(5)).unwrap(),
        ),
        (
            "releve-de-repartition-40",
            allocation_statement::render(&samples::long_statement(40)).unwrap(),
        ),
        ("fiche-de-lot", lot_sheet::render(&samples::lot_sheet(14)).unwrap()),
        ("fiche-de-lot-300", lot_sheet::render(&samples::lot_sheet(300)).unwrap()),
        ("recepisse-des-besoins", needs_receipt::render(&samples::receipt()).unwrap()),
    ]
}

/// Writes `paper` where poppler and qpdf can read it, in a folder of this test alone.
fn written(paper: &Paper, name: &str) -> PathBuf {
    let test = std::thread::current().name().unwrap().replace("::", "-");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
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
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The text of the real bytes, columns two spaces apart, as poppler extracts it.
fn text(paper: &Paper, name: &str) -> String {
    let path = written(paper, name);
    let text = run("pdftotext", &["-layout", path.to_str().unwrap(), "-"]);
    let mut lines = Vec::new();
    for line in text.replace('\u{c}', "\n―――\n").lines() {
        let columns: Vec<&str> =
            line.split("  ").map(str::trim).filter(|c| !c.is_empty()).collect();
        if !columns.is_empty() {
            lines.push(columns.join("  "));
        }
    }
    lines.join("\n")
}

/// Poppler gives every kind of space back as a plain one.
fn plain(text: &str) -> String {
    text.replace(['\u{a0}', '\u{202f}'], " ")
}

#[test]
fn the_purchase_order_says_all_that_the_holder_must_know() {
    let paper = purchase_order::render(&samples::order(4, 0)).unwrap();
    insta::assert_snapshot!(text(&paper, "snapshot-order"));
}

#[test]
fn the_coordinators_order_lists_every_delivery_point() {
    let paper = purchase_order::render(&samples::coordinator_order(3)).unwrap();
    insta::assert_snapshot!(text(&paper, "snapshot-coordinator"));
}

#[test]
fn the_delivery_extract_has_neither_prices_nor_payment() {
    let paper = delivery_extract::render(&samples::extract()).unwrap();
    let text = text(&paper, "snapshot-extract");
    assert!(!text.contains('€'));
    insta::assert_snapshot!(text);
}

#[test]
fn the_statement_can_be_redone_with_a_calculator() {
    let paper = allocation_statement::render(&samples::statement()).unwrap();
    insta::assert_snapshot!(text(&paper, "snapshot-statement"));
}

#[test]
fn the_lot_sheet_has_quantities_and_places_and_no_prices() {
    let paper = lot_sheet::render(&samples::lot_sheet(4)).unwrap();
    let text = text(&paper, "snapshot-lot");
    assert!(!text.contains('€'));
    insta::assert_snapshot!(text);
}

#[test]
fn the_receipt_gives_needs_back_by_place_year_and_account() {
    let paper = needs_receipt::render(&samples::receipt()).unwrap();
    insta::assert_snapshot!(text(&paper, "snapshot-receipt"));
}

#[test]
fn every_paper_is_without_fault_tagged_archival_and_accessible() {
    for (name, paper) in all() {
        let path = written(&paper, name);
        let path = path.to_str().unwrap();
        run("qpdf", &["--check", path]);
        let plain = format!("{path}.plain");
        run("qpdf", &["--qdf", "--object-streams=disable", path, &plain]);
        let bytes = std::fs::read(&plain).unwrap();
        let inside = String::from_utf8_lossy(&bytes);
        for mark in [
            "<pdfaid:part>3</pdfaid:part>",
            "<pdfaid:conformance>A</pdfaid:conformance>",
            "<pdfuaid:part>1</pdfuaid:part>",
            "/Lang (fr-FR)",
            "/MarkInfo",
            "/S /H1",
            "/S /Table",
            "/S /TH",
        ] {
            assert!(inside.contains(mark), "{name}: {mark}");
        }
        assert_eq!(paper.sha256.len(), 64);
        // Only the two faces, embedded, subset, with their Unicode: genpdf's Helvetica and
        // the slots set in it are gone.
        let fonts = run("pdffonts", &[path]);
        for font in fonts.lines().skip(2) {
            assert!(font.contains("+LiberationSans"), "{name}: {font}");
            assert!(font.contains("yes yes yes"), "{name}: {font}");
        }
        assert_eq!(fonts.lines().count(), 4, "{name}: {fonts}");
    }
}

#[test]
fn each_page_says_which_it_is_and_of_how_many() {
    for (name, paper) in all() {
        let text = text(&paper, name);
        for page in 1..=paper.pages {
            assert!(text.contains(&format!("page {page}/{}", paper.pages)), "{name}: {page}");
        }
    }
}

#[test]
fn the_same_values_give_the_same_bytes_in_every_thread() {
    let here = all();
    let there: Vec<_> = [(), ()].map(|()| std::thread::spawn(all)).into_iter().collect();
    for thread in there {
        assert!(here == thread.join().unwrap());
    }
    let other = purchase_order::render(&samples::order(4, 1)).unwrap();
    assert_ne!(here[0].1.sha256, other.sha256);
}

#[test]
fn no_row_is_lost_and_every_figure_is_whole_however_long_the_order() {
    for count in (1..=70).step_by(3) {
        let order = samples::order(count, 0);
        let paper = purchase_order::render(&order).unwrap();
        let text = text(&paper, &format!("order-of-{count}"));
        assert_eq!(text.matches("BOI-").count(), count);
        let mut rest = text.as_str();
        for line in &order.lines {
            let row = rest.find(&line.reference).unwrap_or_else(|| panic!("{line:?} of {count}"));
            rest = &rest[row..];
            let row = rest.lines().next().unwrap();
            let amount = plain(&line.net.0.french_bare());
            assert!(row.ends_with(&amount), "{row} of {count}");
            rest = &rest[1..];
        }
        for whole in [
            order.number.clone(),
            order.contract.number.clone(),
            plain(&order.buyer.siret.spaced()),
            plain(&order.holder.siret.spaced()),
            order.buyer.commitment_number.clone().unwrap(),
            plain(&order.gross.0.french_bare()),
            plain(&order.gauge.after.0.french_bare()),
        ] {
            assert!(text.contains(&whole), "{whole} of {count}");
        }
        let heads = text.matches("Référence  Désignation").count();
        let pages = text.split("―――").filter(|page| page.contains("BOI-")).count();
        assert_eq!(heads, pages, "a head on each page with rows, of {count}");
    }
}

/// Files under `folder` of these kinds; none where there is no such folder.
fn files(folder: &Path, kinds: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, kinds));
        } else if path.extension().is_some_and(|kind| kinds.iter().any(|k| kind == *k)) {
            found.push(path);
        }
    }
    found
}

#[test]
fn both_faces_can_print_every_word_of_papers_catalogue_members_and_demonstration() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read: Vec<PathBuf> = [("src/documents", "rs"), ("src/demo", "rs"), ("data", "csv")]
        .into_iter()
        .flat_map(|(folder, kind)| files(&root.join(folder), &[kind]))
        .collect();
    assert!(read.iter().any(|path| path.ends_with("data/catalogue.csv")), "{read:?}");
    for path in read {
        let text = std::fs::read_to_string(&path).unwrap();
        // A test may well hold what cannot be printed.
        let text = text.split("#[cfg(test)]").next().unwrap().replace(['\r', '\u{feff}'], "");
        assert_eq!(missing_glyphs(&text), Vec::<char>::new(), "{}", path.display());
    }
}

#[test]
fn optional_fields_may_all_be_empty() {
    let mut order = samples::order(1, 0);
    order.letterhead.service.clear();
    order.letterhead.contact.clear();
    order.letterhead.siret = None;
    order.contract.notified_on = None;
    order.convention.article = None;
    order.buyer.service_code = None;
    order.buyer.commitment_number = None;
    order.holder.contact = None;
    order.budget_account = None;
    order.lines[0].packs = None;
    order.points.clear();
    let paper = purchase_order::render(&order).unwrap();
    run("qpdf", &["--check", written(&paper, "order-bare").to_str().unwrap()]);

    let mut nil = samples::receipt();
    nil.points.clear();
    nil.by_account.clear();
    nil.by_year = vec![NeedsTotal::default(); 4];
    nil.total = NeedsTotal::default();
    nil.member.siret = None;
    let text = text(&needs_receipt::render(&nil).unwrap(), "receipt-nil");
    assert!(text.contains("Néant") && text.contains("SIRET à confirmer"), "{text}");
}

#[test]
fn long_labels_wrap_and_lose_nothing() {
    let mut order = samples::order(3, 0);
    let long = "Boîte de conservation à très grande capacité pour documents reliés de format \
                exceptionnel, carton permanent, coins renforcés, dos 20 cm";
    order.lines[1].designation = long.into();
    order.lines[1].reference = "BOI-2027/CONSERVATION-XXL".into();
    order.holder.name = "Société coopérative et participative des Cartonnages réunis".into();
    let paper = purchase_order::render(&order).unwrap();
    let path = written(&paper, "order-long-labels");
    let text = run("pdftotext", &["-raw", path.to_str().unwrap(), "-"]).replace('\n', " ");
    let flowing = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flowing.contains(long), "{flowing}");
    assert!(flowing.replace(' ', "").contains("BOI-2027/CONSERVATION-XXL"));
}

#[test]
fn the_statement_says_whom_to_pay_and_when() {
    let mut statement = samples::statement();
    let said = |statement: &_| {
        let paper = allocation_statement::render(statement).unwrap();
        plain(&text(&paper, "statement-payment"))
    };
    let model_c = said(&statement);
    assert!(model_c.contains("Ne payez pas avant l’avis des sommes à payer du CdG62."));
    assert!(model_c.contains("pour information : 03/03/2027"));
    assert!(!model_c.contains("Net à payer"));
    statement.payment = Payment::ToHolder { due_on: samples::day("2027-03-03") };
    let model_b = said(&statement);
    assert!(model_b.contains("À payer au titulaire avant le 03/03/2027."));
    assert!(model_b.contains("Net à payer"));
    statement.invoice.kind = InvoiceKind::CreditNote(381);
    statement.invoice.preceding = vec!["FA-2026-00981".into()];
    let credit = said(&statement);
    assert!(credit.contains("À déduire de vos paiements au titulaire."));
    assert!(credit.contains("Corrige FA-2026-00981"));
}

#[test]
fn prepaid_rounding_and_previous_credits_are_in_the_working() {
    let mut statement = samples::statement();
    statement.prepaid = SharedTotal {
        invoice: Cents(10_000),
        exact: "12.236033".parse().unwrap(),
        share: Cents(1_223),
    };
    statement.rounding =
        SharedTotal { invoice: Cents(1), exact: "0.001223".parse().unwrap(), share: Cents(0) };
    statement.payable = Cents(9_637 - 1_223);
    statement.credits = vec![PreviousCredit {
        number: "AV-2027-0007".into(),
        issued_on: samples::day("2027-01-30"),
        gross: domain::money::Gross::from_cents(2_244),
    }];
    let paper = allocation_statement::render(&statement).unwrap();
    let text = plain(&text(&paper, "statement-totals"));
    for row in [
        "Acompte déjà versé (facture : 100,00 €, part exacte 12,236033 €)  -12,23",
        "Arrondi (facture : 0,01 €, part exacte 0,001223 €)  0,00",
        "Avoir AV-2027-0007 du 30/01/2027  -22,44",
        "Reste après avoirs  61,70",
    ] {
        assert!(text.contains(row), "{row} in {text}");
    }
}

#[test]
fn an_amendment_names_itself_and_its_reason() {
    let mut order = samples::order(2, 0);
    order.amendment = Some(Amendment {
        number: 1,
        decided_on: samples::day("2027-01-05"),
        reason: "Épaisseur mesurée à la réception : dos 15 cm au lieu de 10 cm.".into(),
    });
    order.gauge.after = order.gauge.before;
    let paper = purchase_order::render(&order).unwrap();
    let text = plain(&text(&paper, "amendment"));
    assert!(text.contains("Avenant n° 1 au bon de commande n° 2026-0042"));
    assert!(text.contains("dos 15 cm au lieu de 10 cm."));
}

#[test]
fn the_suppliers_invoice_comes_out_of_its_statement_as_it_went_in() {
    let statement = samples::statement();
    let paper = allocation_statement::render(&statement).unwrap();
    let path = written(&paper, "attachment");
    let (path, out) = (path.to_str().unwrap(), format!("{}.xml", path.display()));
    assert!(run("pdfdetach", &["-list", path]).contains("FA-2027-00123.xml"));
    run("pdfdetach", &["-save", "1", "-o", &out, path]);
    assert_eq!(std::fs::read(out).unwrap(), &*statement.attachment.unwrap().bytes);
}
