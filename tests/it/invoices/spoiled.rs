//! One good invoice, spoiled in every way that its reader must notice.

use proptest::prelude::*;
use rstest::rstest;
use travee::exchange::einvoice::{Code, read};

use super::file;

const UBL: &str = "crafted/F01_ubl_simple_3_lignes.xml";
const CII: &str = "crafted/F02_cii_tva_20_et_5-5_remise_port.xml";

fn text(name: &str) -> String {
    String::from_utf8(file(name)).unwrap()
}

fn replaced(name: &str, from: &str, to: &str) -> Vec<u8> {
    let text = text(name);
    assert!(text.contains(from), "{from} is not in {name}");
    text.replacen(from, to, 1).into_bytes()
}

fn refusing(bytes: &[u8]) -> Vec<(Code, Option<String>)> {
    let refusal = read(bytes).unwrap_err();
    let refusing = refusal.reasons.into_iter().filter(|reason| reason.code.refuses());
    refusing.map(|reason| (reason.code, reason.field)).collect()
}

#[rstest]
#[case(UBL, "unitCode=\"H87\">500<", "unitCode=\"H87\">5e2<", Code::BadNumber, "BT-129")]
#[case(UBL, ">826.60</cbc:TaxExcl", ">826,60</cbc:TaxExcl", Code::BadNumber, "BT-109")]
#[case(UBL, ">991.92</cbc:Payable", ">1 991.92</cbc:Payable", Code::BadNumber, "BT-115")]
#[case(UBL, ">991.92</cbc:Payable", ">991.920</cbc:Payable", Code::BadNumber, "BT-115")]
#[case(UBL, ">991.92</cbc:Payable", "></cbc:Payable", Code::BadNumber, "BT-115")]
#[case(UBL, ">991.92</cbc:Payable", ">9<x/>91.92</cbc:Payable", Code::BadNumber, "BT-115")]
#[case(UBL, ">991.92</cbc:Payable", ">99999999999999999999.92</cbc:Payable", Code::BadNumber, "")]
#[case(UBL, "\">0.89<", "\">-0.89<", Code::BadNumber, "BT-146")]
#[case(UBL, "\">0.89<", "\">0.00000000001<", Code::BadNumber, "BT-146")]
#[case(UBL, "<cbc:Percent>20<", "<cbc:Percent>20.125<", Code::BadNumber, "BT-119")]
#[case(
    CII,
    ">0.74</ram:ChargeAmount>",
    ">0.74</ram:ChargeAmount><ram:BasisQuantity unitCode=\"H87\">0</ram:BasisQuantity>",
    Code::BadNumber,
    "BT-149"
)]
#[case(
    CII,
    "<ram:DuePayableAmount>752.91",
    "<ram:DuePayableAmount>7.5291E2",
    Code::BadNumber,
    "BT-115"
)]
#[case(UBL, "IssueDate>2026-07-20", "IssueDate>2026-02-30", Code::BadDate, "BT-2")]
#[case(UBL, "DueDate>2026-08-19", "DueDate>19/08/2026", Code::BadDate, "BT-9")]
#[case(CII, "format=\"102\">20260722", "format=\"102\">20261322", Code::BadDate, "BT-2")]
#[case(CII, "format=\"102\">20260722", "format=\"610\">202607", Code::BadDate, "BT-2")]
#[case(
    UBL,
    ">EUR</cbc:DocumentCurrencyCode>",
    ">CHF</cbc:DocumentCurrencyCode>",
    Code::NotInEuros,
    "BT-5"
)]
#[case(
    UBL,
    "PriceAmount currencyID=\"EUR\"",
    "PriceAmount currencyID=\"USD\"",
    Code::MixedCurrencies,
    "BT-5"
)]
#[case(
    UBL,
    "TaxableAmount currencyID=\"EUR\"",
    "TaxableAmount currencyID=\"USD\"",
    Code::MixedCurrencies,
    "BT-5"
)]
#[case(
    UBL,
    "<cbc:ID schemeID=\"0009\">00062010400018",
    "<cbc:ID schemeID=\"0009\">00062010400019",
    Code::BadSellerSiret,
    "BT-29"
)]
#[case(
    UBL,
    "<cbc:ID schemeID=\"0009\">21620041000019",
    "<cbc:ID schemeID=\"0009\">2162004100001",
    Code::BadBuyerSiret,
    "BT-46"
)]
#[case(UBL, "<cbc:ID>CL-2026-1001</cbc:ID>", "", Code::BadStructure, "BT-1")]
#[case(UBL, "<cbc:IssueDate>2026-07-20</cbc:IssueDate>", "", Code::BadStructure, "BT-2")]
#[case(
    UBL,
    "<cbc:InvoiceTypeCode>380<",
    "<cbc:InvoiceTypeCode>facture<",
    Code::BadStructure,
    "BT-3"
)]
#[case(
    UBL,
    "<cbc:TaxInclusiveAmount currencyID=\"EUR\">991.92</cbc:TaxInclusiveAmount>",
    "",
    Code::BadStructure,
    "BT-112"
)]
#[case(
    UBL,
    "<cbc:InvoicedQuantity unitCode=\"H87\">500</cbc:InvoicedQuantity>",
    "",
    Code::BadStructure,
    "BT-129"
)]
#[case(
    UBL,
    "<cac:Price><cbc:PriceAmount currencyID=\"EUR\">0.89</cbc:PriceAmount></cac:Price>",
    "",
    Code::BadStructure,
    "BT-146"
)]
#[case(CII, "<ram:LineTotalAmount>148.00</ram:LineTotalAmount>", "", Code::BadStructure, "BT-131")]
#[case(CII, "<ram:BasisAmount>54.00</ram:BasisAmount>", "", Code::BadStructure, "BT-116")]
#[case(CII, "<udt:Indicator>true<", "<udt:Indicator>oui<", Code::BadStructure, "")]
#[case(
    UBL,
    "</cac:LegalMonetaryTotal>",
    "<cbc:PayableAmount currencyID=\"EUR\">1.00</cbc:PayableAmount></cac:LegalMonetaryTotal>",
    Code::BadStructure,
    ""
)]
#[case(
    UBL,
    "<cac:ClassifiedTaxCategory><cbc:ID>S<",
    "<cac:ClassifiedTaxCategory><cbc:ID>Q<",
    Code::BadStructure,
    "BT-151"
)]
#[case(
    UBL,
    ">500</cbc:InvoicedQuantity><cbc:LineExtensionAmount currencyID=\"EUR\">445.00",
    ">500</cbc:InvoicedQuantity><cbc:LineExtensionAmount currencyID=\"EUR\">446.00",
    Code::TotalsDisagree,
    "BT-106"
)]
fn a_spoiled_field_is_named_by_code_and_term(
    #[case] name: &str,
    #[case] from: &str,
    #[case] to: &str,
    #[case] code: Code,
    #[case] field: &str,
) {
    let found = refusing(&replaced(name, from, to));
    let wanted =
        |(c, f): &(Code, Option<String>)| *c == code && f.as_deref().unwrap_or("") == field;
    assert!(found.iter().any(wanted), "{found:?}");
}

#[test]
fn all_that_is_wrong_is_named_not_the_first() {
    let spoiled = text(UBL)
        .replace("IssueDate>2026-07-20", "IssueDate>2026-02-30")
        .replace("\">500<", "\">5e2<")
        .replace(">991.92</cbc:Payable", ">1,00</cbc:Payable")
        .replace(">EUR</cbc:DocumentCurrencyCode>", ">CHF</cbc:DocumentCurrencyCode>");
    let codes: Vec<_> = refusing(spoiled.as_bytes()).into_iter().map(|(code, _)| code).collect();
    for code in [Code::BadDate, Code::BadNumber, Code::NotInEuros, Code::MixedCurrencies] {
        assert!(codes.contains(&code), "{code:?} in {codes:?}");
    }
    assert_eq!(codes.iter().filter(|code| **code == Code::BadNumber).count(), 2);
}

#[test]
fn a_message_says_the_line_of_the_file_the_element_and_its_name() {
    let refusal = read(&replaced(UBL, ">991.92</cbc:Payable", ">abc</cbc:Payable")).unwrap_err();
    assert_eq!(
        refusal.reasons[0].message,
        "Ligne 36, LegalMonetaryTotal/PayableAmount (BT-115, net à payer) : « abc » n’est pas un \
         nombre décimal écrit simplement (chiffres et point, comme 1234.56) ; le fournisseur doit \
         corriger la facture."
    );
}

#[rstest]
#[case(
    ">445.00</cbc:LineExtensionAmount>",
    "\">0.89<",
    "\">0.88<",
    Code::LineIsNotQuantityTimesPrice
)]
#[case(
    "",
    "<cbc:CompanyID schemeID=\"0002\">216200410<",
    "<cbc:CompanyID schemeID=\"0002\">216200411<",
    Code::BadSiren
)]
fn what_the_standard_tolerates_is_a_warning(
    #[case] unchanged: &str,
    #[case] from: &str,
    #[case] to: &str,
    #[case] code: Code,
) {
    assert!(text(UBL).contains(unchanged));
    let reading = read(&replaced(UBL, from, to)).unwrap();
    assert_eq!(reading.warnings.iter().map(|one| one.code).collect::<Vec<_>>(), [code]);
}

#[test]
fn an_amount_to_pay_without_a_term_warns() {
    let without = text(UBL)
        .replace("<cbc:DueDate>2026-08-19</cbc:DueDate>", "")
        .replace("<cac:PaymentTerms><cbc:Note>Délai global de paiement: 30 jours</cbc:Note></cac:PaymentTerms>", "");
    let reading = read(without.as_bytes()).unwrap();
    assert_eq!(
        reading.warnings.iter().map(|one| one.code).collect::<Vec<_>>(),
        [Code::NoPaymentTerm]
    );
}

#[test]
fn a_profile_without_lines_is_told_apart_from_an_invoice_without_lines() {
    for profile in ["urn:factur-x.eu:1p0:minimum", "urn:factur-x.eu:1p0:basicwl"] {
        let spoiled =
            text("malformed/M10_sans_lignes.xml").replace("urn:cen.eu:en16931:2017", profile);
        assert_eq!(refusing(spoiled.as_bytes())[0].0, Code::ProfileWithoutLines, "{profile}");
    }
}

#[test]
fn an_indicator_may_be_a_digit_and_white_space_around_a_value_is_layout() {
    let digit = text(CII)
        .replace("<udt:Indicator>true<", "<udt:Indicator>1<")
        .replace("<udt:Indicator>false<", "<udt:Indicator>0<");
    let spaced = text(UBL).replace(">991.92</cbc:Payable", ">\n 991.92\n </cbc:Payable");
    for good in [digit, spaced] {
        assert!(read(good.as_bytes()).unwrap().warnings.is_empty());
    }
}

#[test]
fn an_invoice_in_another_declared_encoding_reads_the_same() {
    let utf8 = text(UBL);
    let expected = read(utf8.as_bytes()).unwrap().invoice;
    let declared = utf8.replace("encoding=\"UTF-8\"", "encoding=\"windows-1252\"");
    let (bytes, _, lost) = encoding_rs::WINDOWS_1252.encode(&declared);
    assert!(!lost);
    assert_eq!(read(&bytes).unwrap().invoice, expected);
    let units = utf8.replace("encoding=\"UTF-8\"", "encoding=\"UTF-16\"");
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(units.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(read(&utf16).unwrap().invoice, expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever happens to a file on its way, there is a verdict; and where it still says
    /// something else than the original, it was read as something that adds up.
    #[test]
    fn any_file_however_mangled_has_a_verdict(
        name in prop::sample::select(vec![UBL, CII, "pdf/F02_cii_tva_20_et_5-5_remise_port.pdf"]),
        cut in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        keep_whole in any::<bool>(),
    ) {
        let mut bytes = file(name);
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        if !keep_whole {
            bytes.truncate(cut.index(bytes.len()));
        }
        match read(&bytes) {
            Ok(reading) => prop_assert!(reading.warnings.iter().all(|one| !one.code.refuses())),
            Err(refusal) => prop_assert!(refusal.reasons.iter().any(|one| one.code.refuses())),
        }
    }
}
