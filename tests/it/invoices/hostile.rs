//! Files made to cost: refused in two seconds, whatever they are.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use travee::exchange::einvoice::{Code, read};

use super::file;

/// Two seconds for the released program; a debug build on a busy machine may take longer.
const LIMIT: Duration = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 2 });

const HEAD: &str = "<Invoice xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2\" \
    xmlns:cac=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\" \
    xmlns:cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\">";

fn refused(name: &str, bytes: &[u8]) -> Code {
    let start = Instant::now();
    let refusal = read(bytes).unwrap_err();
    let took = start.elapsed();
    assert!(took < LIMIT, "{name} took {took:?}");
    refusal.reasons[0].code
}

fn invoice(body: &str) -> Vec<u8> {
    format!("{HEAD}{body}</Invoice>").into_bytes()
}

#[test]
fn a_billion_laughs_is_refused_for_its_dtd() {
    let mut bomb = "<!DOCTYPE lolz [<!ENTITY lol \"lol\">".to_owned();
    for level in 1..10 {
        let below = if level == 1 { String::new() } else { (level - 1).to_string() };
        write!(bomb, "<!ENTITY lol{level} \"{}\">", format!("&lol{below};").repeat(10)).unwrap();
    }
    bomb += "]><Invoice>&lol9;</Invoice>";
    assert_eq!(refused("billion laughs", bomb.as_bytes()), Code::DtdForbidden);
}

#[test]
fn depth_attributes_and_namespaces_are_bounded() {
    let deep = invoice(&("<a>".repeat(500_000) + &"</a>".repeat(500_000)));
    let mut attributes = "<a".to_owned();
    for index in 0..20_000 {
        write!(attributes, " a{index}=\"\"").unwrap();
    }
    let mut namespaces = String::new();
    for level in 0..60 {
        namespaces += "<a";
        for index in 0..60 {
            write!(namespaces, " xmlns:n{level}x{index}=\"u\"").unwrap();
        }
        namespaces += ">";
    }
    for (name, bytes) in [
        ("nesting", deep),
        ("attributes", invoice(&(attributes + "/>"))),
        ("namespaces", invoice(&(namespaces + &"<b xmlns:c=\"d\"/>".repeat(300_000)))),
    ] {
        assert_eq!(refused(name, &bytes), Code::BadStructure, "{name}");
    }
}

#[test]
fn repetition_is_bounded_wherever_it_is_read_pairwise() {
    let subtotals =
        format!("<cac:TaxTotal>{}</cac:TaxTotal>", "<cac:TaxSubtotal/>".repeat(300_000));
    let two_ids = "<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:ID>2</cbc:ID></cac:InvoiceLine>";
    let children: String = (0..200_000).fold(String::new(), |mut all, index| {
        write!(all, "<x{index}/>").unwrap();
        all
    });
    for (name, body) in [
        ("notes", "<cbc:Note>n</cbc:Note>".repeat(400_000)),
        ("numbers", "<cbc:ID>1</cbc:ID>".repeat(400_000)),
        ("lines", two_ids.repeat(100_000)),
        ("breakdowns", subtotals),
        ("allowances", "<cac:AllowanceCharge/>".repeat(300_000)),
        ("names", children),
        ("dates", "<cbc:IssueDate>2026-01-01</cbc:IssueDate>".repeat(200_000)),
        ("references", "<cac:BillingReference/>".repeat(300_000)),
        ("payments", "<cac:PaymentMeans/>".repeat(300_000)),
        ("comments", "<!-- -->".repeat(1_000_000)),
        ("processing instructions", "<?a b?>".repeat(1_000_000)),
        ("references to characters", format!("<cbc:Note>{}</cbc:Note>", "&#65;".repeat(1_500_000))),
    ] {
        let code = refused(name, &invoice(&body));
        assert!(matches!(code, Code::BadStructure | Code::FieldTooLong), "{name}: {code:?}");
    }
}

#[test]
fn sizes_are_bounded() {
    let big = vec![b' '; 11 * 1024 * 1024];
    let mut padded = invoice("");
    padded.extend(&big);
    assert_eq!(refused("11 MB", &padded), Code::TooBig);
    assert_eq!(refused("11 MB of white space", &big), Code::EmptyFile);
    let text = String::from_utf8(file("crafted/F01_ubl_simple_3_lignes.xml")).unwrap();
    for (name, from, length) in [
        ("number", "CL-2026-1001", 1_001),
        ("seller", "Cartonnages de la Lys (fictif)", 1_001),
        ("order", "BC-2026-0001", 2_000_000),
        ("note", "Délai global de paiement: 30 jours", 100_001),
        ("attribute", "H87", 1_001),
    ] {
        let long = text.replacen(from, &"é".repeat(length), 1);
        assert_eq!(refused(name, long.as_bytes()), Code::FieldTooLong, "{name}");
    }
    for (from, length) in [("CL-2026-1001", 1_000), ("Délai global de paiement: 30 jours", 100_000)]
    {
        assert!(read(text.replacen(from, &"é".repeat(length), 1).as_bytes()).is_ok(), "{from}");
    }
}

/// A PDF of these objects (numbered from 1, the first being the catalogue) with a right table.
fn pdf(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(bytes.len());
        writeln!(bytes, "{} 0 obj", index + 1).unwrap();
        bytes.extend(object);
        bytes.extend(b"\nendobj\n");
    }
    let table = bytes.len();
    write!(bytes, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).unwrap();
    for offset in offsets {
        writeln!(bytes, "{offset:010} 00000 n ").unwrap();
    }
    let size = objects.len() + 1;
    write!(bytes, "trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n").unwrap();
    bytes
}

fn stream(dictionary: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("<< {dictionary} /Length {} >>\nstream\n", content.len());
    [head.as_bytes(), content, b"\nendstream"].concat()
}

/// `megabytes` of zeros, deflated `times` times.
fn bomb(megabytes: usize, times: usize) -> Vec<u8> {
    let mut content = vec![0_u8; megabytes * 1024 * 1024];
    for _ in 0..times {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&content).unwrap();
        content = encoder.finish().unwrap();
    }
    content
}

const CATALOGUE: &[u8] =
    b"<< /Type /Catalog /Names << /EmbeddedFiles << /Names [(factur-x.xml) 2 0 R] >> >> /AF [2 0 R] >>";
const FILE: &[u8] =
    b"<< /Type /Filespec /F (factur-x.xml) /UF (factur-x.xml) /EF << /F 3 0 R >> >>";

#[test]
fn a_pdf_made_to_cost_is_refused() {
    let attached = |stream: Vec<u8>| pdf(&[CATALOGUE.to_vec(), FILE.to_vec(), stream]);
    let deflated = stream("/Type /EmbeddedFile /Filter /FlateDecode", &bomb(16, 1));
    let twice = stream("/Type /EmbeddedFile /Filter [/FlateDecode /FlateDecode]", &bomb(16, 2));
    let objects = stream("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", &bomb(16, 1));
    let looped = b"<< /Type /Catalog /Names << /EmbeddedFiles 2 0 R >> >>".to_vec();
    let kids = b"<< /Kids [2 0 R 2 0 R] >>".to_vec();
    let mut nested = b"<< /Type /Catalog /A ".to_vec();
    nested.extend(b"[".repeat(2_000_000));
    let mut dictionaries = b"<< /Type /Catalog /A ".to_vec();
    dictionaries.extend(b"<< /A ".repeat(500_000));
    let mut prev = pdf(&[CATALOGUE.to_vec()]);
    let at = prev.len();
    write!(
        prev,
        "xref\n0 0\ntrailer\n<< /Size 2 /Root 1 0 R /Prev {at} >>\nstartxref\n{at}\n%%EOF\n"
    )
    .unwrap();
    let many: Vec<Vec<u8>> = std::iter::once(b"<< /Type /Catalog >>".to_vec())
        .chain(std::iter::repeat_n(FILE.to_vec(), 60_000))
        .collect();
    for (name, bytes) in [
        ("a stream that inflates", attached(deflated.clone())),
        ("a stream that inflates twice", attached(twice)),
        ("an object stream that inflates", pdf(&[CATALOGUE.to_vec(), objects])),
        ("a name tree that is its own child", pdf(&[looped, kids])),
        ("nested arrays", pdf(&[nested])),
        ("nested dictionaries", pdf(&[dictionaries])),
        ("a table that follows itself", prev),
        ("many objects", pdf(&many)),
        ("brackets only", [&b"%PDF-1.7\n"[..], &b"(".repeat(9_000_000)].concat()),
        (
            "a dictionary without end",
            [&b"%PDF-1.7\n1 0 obj\n"[..], &b"<</A".repeat(2_000_000)].concat(),
        ),
        ("headers only", b"%PDF-1.7\n1 0 obj\n".repeat(500_000)),
        ("streams without end", b"%PDF-1.7\n1 0 obj << >> stream\n".repeat(300_000)),
    ] {
        assert!(bytes.len() <= 10 * 1024 * 1024, "{name} is refused for its size alone");
        let code = refused(name, &bytes);
        assert!(matches!(code, Code::TooBig | Code::PdfWithoutInvoice), "{name}: {code:?}");
    }
}

#[test]
fn what_comes_out_of_a_pdf_passes_the_same_doors() {
    let attached = |content: &[u8]| {
        pdf(&[CATALOGUE.to_vec(), FILE.to_vec(), stream("/Type /EmbeddedFile", content)])
    };
    let good = file("crafted/F02_cii_tva_20_et_5-5_remise_port.xml");
    assert!(read(&attached(&good)).is_ok());
    assert_eq!(
        refused("a DTD", &attached(&file("malformed/M04_xxe_fichier_local.xml"))),
        Code::DtdForbidden
    );
    assert_eq!(refused("nothing", &attached(b"")), Code::EmptyFile);
    assert_eq!(refused("a text", &attached(b"bonjour")), Code::IllFormed);
}
