//! `travee invoice allocate`, from files to its report and its statements.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

const ARRAS: &str = "21620041000019";
const LENS: &str = "21620498200013";
const BAPAUME: &str = "21620080800014";

/// The invoice of the worked example, with places for what the tests change.
struct Invoice {
    document: &'static str,
    line: (&'static str, &'static str),
    freight: &'static str,
    base: &'static str,
}

const BOXES: Invoice =
    Invoice { document: "Invoice", line: ("327", "611.49"), freight: "charge", base: "656.49" };

impl Invoice {
    fn xml(&self) -> String {
        let (quantity, net) = self.line;
        let document = self.document;
        let credit = document == "CreditNote";
        let (kind, counted) = if credit {
            ("CreditNoteTypeCode", "CreditedQuantity")
        } else {
            ("InvoiceTypeCode", "InvoicedQuantity")
        };
        let code = if credit { "381" } else { "380" };
        let due = if credit { "" } else { "<cbc:DueDate>2026-08-19</cbc:DueDate>" };
        let preceding = if credit {
            "<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>CL-2026-1000</cbc:ID>\
             </cac:InvoiceDocumentReference></cac:BillingReference>"
        } else {
            ""
        };
        let rate = |name: &str| {
            format!(
                "<cac:{name}><cbc:ID>S</cbc:ID><cbc:Percent>20</cbc:Percent>\
                 <cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:{name}>"
            )
        };
        let line = |id: &str, quantity: &str, net: &str, price: &str, label: &str| {
            format!(
                "<cac:{document}Line><cbc:ID>{id}</cbc:ID>\
                 <cbc:{counted} unitCode=\"H87\">{quantity}</cbc:{counted}>\
                 <cbc:LineExtensionAmount currencyID=\"EUR\">{net}</cbc:LineExtensionAmount>\
                 <cac:Item><cbc:Name>{label}</cbc:Name>{}</cac:Item>\
                 <cac:Price><cbc:PriceAmount currencyID=\"EUR\">{price}</cbc:PriceAmount></cac:Price>\
                 </cac:{document}Line>",
                rate("ClassifiedTaxCategory")
            )
        };
        let lines = line("1", quantity, net, "1.87", "Boîte d’archives, dos 10 cm");
        let (charge, lines, line_sum, charged) = if self.freight == "charge" {
            let charge = format!(
                "<cac:AllowanceCharge><cbc:ChargeIndicator>true</cbc:ChargeIndicator>\
                 <cbc:AllowanceChargeReasonCode>FC</cbc:AllowanceChargeReasonCode>\
                 <cbc:AllowanceChargeReason>Port</cbc:AllowanceChargeReason>\
                 <cbc:Amount currencyID=\"EUR\">45.00</cbc:Amount>{}</cac:AllowanceCharge>",
                rate("TaxCategory")
            );
            let total = "<cbc:ChargeTotalAmount currencyID=\"EUR\">45.00</cbc:ChargeTotalAmount>"
                .to_owned();
            (charge, lines, "611.49", total)
        } else {
            let port = line("2", "1", "45.00", "45.00", "Transport");
            (String::new(), lines + &port, "656.49", String::new())
        };
        let party = |role: &str, siret: &str, siren: &str, name: &str| {
            format!(
                "<cac:{role}><cac:Party><cbc:EndpointID schemeID=\"0009\">{siret}</cbc:EndpointID>\
                 <cac:PartyIdentification><cbc:ID schemeID=\"0009\">{siret}</cbc:ID></cac:PartyIdentification>\
                 <cac:PostalAddress><cbc:CityName>Arras</cbc:CityName><cac:Country>\
                 <cbc:IdentificationCode>FR</cbc:IdentificationCode></cac:Country></cac:PostalAddress>\
                 <cac:PartyTaxScheme><cbc:CompanyID>FR58{siren}</cbc:CompanyID><cac:TaxScheme>\
                 <cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>\
                 <cac:PartyLegalEntity><cbc:RegistrationName>{name}</cbc:RegistrationName>\
                 <cbc:CompanyID schemeID=\"0002\">{siren}</cbc:CompanyID></cac:PartyLegalEntity>\
                 </cac:Party></cac:{role}>"
            )
        };
        let seller = party(
            "AccountingSupplierParty",
            "00062010400018",
            "000620104",
            "Cartonnages de la Lys (fictif)",
        );
        let buyer = party("AccountingCustomerParty", BAPAUME, "216200808", "Coordinateur (fictif)");
        let base = self.base;
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <{document} xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:{document}-2\" \
             xmlns:cac=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\" \
             xmlns:cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\">\
             <cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>\
             <cbc:ID>CL/2026/1001</cbc:ID><cbc:IssueDate>2026-07-20</cbc:IssueDate>{due}\
             <cbc:{kind}>{code}</cbc:{kind}>\
             <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>\
             <cbc:BuyerReference>ARCHIVES</cbc:BuyerReference>\
             <cac:OrderReference><cbc:ID>BC-2026-0001</cbc:ID></cac:OrderReference>{preceding}\
             {seller}{buyer}<cac:PaymentTerms><cbc:Note>30 jours</cbc:Note></cac:PaymentTerms>{charge}\
             <cac:TaxTotal><cbc:TaxAmount currencyID=\"EUR\">131.30</cbc:TaxAmount><cac:TaxSubtotal>\
             <cbc:TaxableAmount currencyID=\"EUR\">{base}</cbc:TaxableAmount>\
             <cbc:TaxAmount currencyID=\"EUR\">131.30</cbc:TaxAmount>{}</cac:TaxSubtotal></cac:TaxTotal>\
             <cac:LegalMonetaryTotal>\
             <cbc:LineExtensionAmount currencyID=\"EUR\">{line_sum}</cbc:LineExtensionAmount>\
             <cbc:TaxExclusiveAmount currencyID=\"EUR\">656.49</cbc:TaxExclusiveAmount>\
             <cbc:TaxInclusiveAmount currencyID=\"EUR\">787.79</cbc:TaxInclusiveAmount>{charged}\
             <cbc:PayableAmount currencyID=\"EUR\">787.79</cbc:PayableAmount>\
             </cac:LegalMonetaryTotal>{lines}</{document}>",
            rate("TaxCategory")
        )
    }
}

/// The three members of the worked example; the order of their SIRETs is that of their shares.
fn accepted() -> String {
    format!(
        "line,siret,name,quantity\n1,{ARRAS},Arras,250\n1,{BAPAUME},Bapaume,37\n\
         1,{LENS},Lens,39.5\n1,{LENS},Lens,0.5\n"
    )
}

struct Files {
    folder: TempDir,
}

impl Files {
    fn new(invoice: &str, deliveries: &str) -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("facture.xml"), invoice).unwrap();
        fs::write(folder.path().join("admis.csv"), deliveries).unwrap();
        Self { folder }
    }

    fn allocate(&self, options: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_travee"))
            .current_dir(self.folder.path())
            .args(["invoice", "allocate", "facture.xml", "--deliveries", "admis.csv"])
            .args(options)
            .output()
            .unwrap()
    }

    fn report(&self, options: &[&str]) -> Value {
        let output = self.allocate(options);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// What a field of every member says.
fn of_members<'a>(report: &'a Value, pointer: &str) -> Vec<&'a str> {
    let members = report["members"].as_array().unwrap();
    members.iter().map(|member| member.pointer(pointer).unwrap().as_str().unwrap()).collect()
}

#[test]
fn the_report_is_that_of_the_interface() {
    let report = Files::new(&BOXES.xml(), &accepted()).report(&["--json"]);
    assert_eq!(report["invoice"]["totals"]["gross"], "787.79");
    assert_eq!(of_members(&report, "/siret"), [ARRAS, BAPAUME, LENS]);
    let lens = json!({
        "siret": LENS, "name": "Lens",
        "lines": [{"line": "1", "quantity": "40", "net": "74.80"}],
        "charges": [{"index": 0, "net": "5.51"}], "allowances": [],
        "vat": [{"category": "S", "rate": "20.00", "base": "80.31", "tax": "16.06"}],
        "net": "80.31", "vat_total": "16.06", "gross": "96.37",
        "prepaid": "0.00", "rounding": "0.00", "payable": "96.37",
    });
    assert_eq!(report["members"][2], lens);
    assert_eq!(of_members(&report, "/gross"), ["602.28", "89.14", "96.37"]);
    let mut proof = report["proof"].clone();
    let sha256 = proof["sha256"].take();
    assert_eq!(
        proof,
        json!({"lines_exact": true, "charges_exact": true, "vat_exact": true,
               "gross_exact": true, "largest_gap_cents": "0.59", "sha256": null})
    );
    // serde_json sorts names here, and writes these texts as the canonical form does.
    let mut without = report.clone();
    without["proof"].as_object_mut().unwrap().remove("sha256");
    assert_eq!(sha256, hex(without.to_string().as_bytes()));
}

#[test]
fn the_key_and_the_freight_lines_are_those_asked_for() {
    let charged = Files::new(&BOXES.xml(), &accepted());
    for (options, expected) in [
        (&["--json"][..], ["34.40", "5.09", "5.51"]),
        (&["--json", "--charges", "quantity"], ["34.40", "5.09", "5.51"]),
        (&["--json", "--charges", "equal"], ["15.00", "15.00", "15.00"]),
    ] {
        assert_eq!(of_members(&charged.report(options), "/charges/0/net"), expected);
    }
    let as_line = Invoice { freight: "line", ..BOXES };
    let report = Files::new(&as_line.xml(), &accepted()).report(&["--json", "--freight-line", "2"]);
    assert_eq!(of_members(&report, "/lines/1/net"), ["34.40", "5.09", "5.51"]);
    assert_eq!(of_members(&report, "/gross"), ["602.28", "89.14", "96.37"]);
}

#[test]
fn a_credit_note_is_shared_as_printed() {
    let credit = Invoice { document: "CreditNote", ..BOXES };
    let files = Files::new(&credit.xml(), &accepted());
    let report = files.report(&["--json", "--out", "releves"]);
    assert_eq!(report["invoice"]["type"], "381");
    assert_eq!(of_members(&report, "/gross"), ["602.28", "89.14", "96.37"]);
}

#[test]
fn the_order_of_the_deliveries_changes_nothing() {
    let mut rows: Vec<String> = accepted().lines().map(str::to_owned).collect();
    rows[1..].reverse();
    let one = Files::new(&BOXES.xml(), &accepted()).report(&["--json"]);
    let other = Files::new(&BOXES.xml(), &rows.join("\n")).report(&["--json"]);
    assert_eq!(one, other);
}

#[test]
fn quantities_other_than_the_invoiced_ones_are_named_and_shared() {
    let rows = format!("line,siret,name,quantity,site\n1,{ARRAS},Arras,100,\n1,{LENS},Lens,1,A\n");
    let files = Files::new(&BOXES.xml(), &rows);
    let named = json!([{"line": "1", "invoiced": "327", "accepted": "101"}]);
    assert_eq!(files.report(&["--json"])["proof"]["quantity_differences"], named);
    let page = String::from_utf8(files.allocate(&[]).stdout).unwrap();
    assert!(page.contains("Ligne 1 : quantité facturée 327, admise 101"), "{page}");
    assert!(page.contains("787,79\u{a0}€"), "{page}");
}

#[test]
fn a_printed_base_that_differs_is_shared_on_its_own_and_the_statement_says_so() {
    let off = Invoice { base: "656.51", ..BOXES };
    let files = Files::new(&off.xml(), &accepted());
    let report = files.report(&["--json", "--out", "releves"]);
    let named =
        json!([{"category": "S", "rate": "20.00", "printed": "656.51", "computed": "656.49"}]);
    assert_eq!(report["proof"]["base_differences"], named);
    assert_eq!(report["proof"]["vat_exact"], true);
    assert_eq!(report["members"][0]["base_differences"][0]["net"], "0.02");
    let text = Command::new("pdftotext")
        .arg(files.folder.path().join(format!("releves/{ARRAS}_CL-2026-1001.pdf")))
        .arg("-")
        .output()
        .unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("Écart des bases, retiré du total HT"), "{text}");
}

#[test]
fn every_member_gets_its_statement_and_the_manifest_knows_them_all() {
    let files = Files::new(&BOXES.xml(), &accepted());
    files.report(&["--json", "--out", "releves"]);
    files.report(&["--json", "--out", "encore"]);
    let folder = files.folder.path();
    let manifest: Value =
        serde_json::from_slice(&fs::read(folder.join("releves/manifest.json")).unwrap()).unwrap();
    let entries = manifest.as_array().unwrap();
    let names: Vec<&str> = entries.iter().map(|entry| entry["file"].as_str().unwrap()).collect();
    let expected = [ARRAS, BAPAUME, LENS].map(|siret| format!("{siret}_CL-2026-1001.pdf"));
    assert_eq!(names, expected);
    for entry in entries {
        let name = entry["file"].as_str().unwrap();
        let bytes = fs::read(folder.join("releves").join(name)).unwrap();
        assert!(bytes.starts_with(b"%PDF-"));
        assert_eq!(entry["sha256"], hex(&bytes));
        assert!(entry["pages"].as_u64().unwrap() >= 1);
        let again = fs::read(folder.join("encore").join(name)).unwrap();
        assert_eq!(bytes, again, "the same files give the same bytes");
    }
    assert_eq!(entries[2]["gross"], "96.37");
    let listed = fs::read_dir(folder.join("releves")).unwrap().count();
    assert_eq!(listed, 4, "nothing is left behind");
}

#[test]
fn whatever_is_wrong_is_named_with_its_line_and_nothing_is_written() {
    let good = BOXES.xml();
    let bad_siret = "21620041000018";
    let cut = &good[..good.len() / 2];
    let head = "line,siret,name,quantity\n";
    for (invoice, rows, expected) in [
        (
            good.as_str(),
            format!("{head}1,{bad_siret},A,1\n1,{ARRAS},A,-2\n1,{ARRAS},A,x\n"),
            json!([[2, "siret_invalide"], [3, "quantite_negative"], [4, "quantite_non_numerique"]]),
        ),
        (
            &good,
            format!("{head}7,{ARRAS},A,1\n"),
            json!([[2, "ligne_inconnue"], [null, "ligne_sans_quantite_admise"]]),
        ),
        (&good, format!("{head}1,{ARRAS},A,0\n"), json!([[null, "ligne_sans_quantite_admise"]])),
        (&good, "line,siret\n".to_owned(), json!([[1, "colonne_manquante"]])),
        (
            cut,
            format!("{head}1,{ARRAS},A,1,2\n"),
            json!([[null, "xml_mal_forme"], [2, "ligne_mal_formee"]]),
        ),
    ] {
        let files = Files::new(invoice, &rows);
        let output = files.allocate(&["--json", "--out", "releves"]);
        assert_eq!(output.status.code(), Some(3), "{rows}");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let found: Vec<Value> = (report["refused"].as_array().unwrap().iter())
            .map(|one| json!([one["line"], one["code"]]))
            .collect();
        assert_eq!(json!(found), expected);
        assert!(!files.folder.path().join("releves").exists());
        assert!(!output.stderr.is_empty());
    }
}

#[test]
fn a_freight_line_that_is_not_there_is_refused() {
    let output = Files::new(&BOXES.xml(), &accepted()).allocate(&["--freight-line", "8"]);
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("La ligne de port « 8 » n’est pas une ligne de la facture."), "{said}");
}

#[test]
fn wrong_usage_says_what_to_choose() {
    let files = Files::new(&BOXES.xml(), &accepted());
    let output = files.allocate(&["--charges", "weight"]);
    assert_eq!(output.status.code(), Some(2));
    fs::remove_file(files.folder.path().join("admis.csv")).unwrap();
    let output = files.allocate(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("n’existe pas"));
}

#[test]
fn a_folder_that_cannot_be_made_is_the_machines_failure() {
    let files = Files::new(&BOXES.xml(), &accepted());
    let output = files.allocate(&["--json", "--out", "admis.csv/releves"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert!(Path::new(files.folder.path()).join("admis.csv").is_file());
}
