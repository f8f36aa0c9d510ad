//! What is not printed, and why.

use domain::money::{Cents, Net};
use travee::documents::purchase_order::Freight;
use travee::documents::{
    PaperError, allocation_statement, delivery_extract, lot_sheet, purchase_order,
};

use super::samples;

#[test]
fn a_character_without_glyph_is_named_and_no_paper_is_made() {
    let mut order = samples::order(4, 0);
    order.lines[2].designation = "Boîte 📦 à dos carré".into();
    let error = purchase_order::render(&order).unwrap_err();
    assert_eq!(
        error,
        PaperError::MissingGlyph { character: '📦', text: "Boîte 📦 à dos carré".into() }
    );
    let french = error.for_the_reader();
    assert!(french.contains("U+1F4E6") && french.contains("remplacez"), "{french}");
    let mut sheet = samples::lot_sheet(1);
    sheet.letterhead.short_name = "中".into();
    assert!(matches!(
        lot_sheet::render(&sheet),
        Err(PaperError::MissingGlyph { character: '中', .. })
    ));
}

#[test]
fn a_text_taller_than_a_page_is_an_error_and_never_a_loop() {
    let mut order = samples::order(2, 0);
    order.lines[0].designation = "interminable ".repeat(2_000);
    assert!(matches!(purchase_order::render(&order), Err(PaperError::TooTall(_))));
    let mut extract = samples::extract();
    extract.member.name = "commune ".repeat(2_000);
    assert!(matches!(delivery_extract::render(&extract), Err(PaperError::TooTall(_))));
}

#[test]
fn an_order_that_does_not_add_up_is_not_printed() {
    let wrong = |change: fn(&mut purchase_order::PurchaseOrder)| {
        let mut order = samples::order(4, 0);
        change(&mut order);
        purchase_order::render(&order).unwrap_err()
    };
    for (error, what) in [
        (wrong(|order| order.net = Net::from_cents(order.net.cents() + 1)), "le total HT"),
        (wrong(|order| order.freight = Freight::Included), "le total HT"),
        (wrong(|order| order.vat.clear()), "la somme des bases de TVA"),
        (wrong(|order| order.gross.0 = Cents(order.gross.cents() - 1)), "le total TTC"),
        (wrong(|order| order.gauge.after = order.gauge.before), "le montant engagé"),
    ] {
        assert!(
            matches!(&error, PaperError::DoesNotAddUp { what: it, .. } if *it == what),
            "{what}"
        );
    }
}

#[test]
fn a_share_that_is_not_its_quotient_is_not_printed() {
    let mut statement = samples::statement();
    statement.lines[0].exact = "74.81".parse().unwrap();
    assert!(matches!(
        allocation_statement::render(&statement),
        Err(PaperError::DoesNotAddUp { what: "la part exacte d’une ligne", .. })
    ));
    let mut statement = samples::statement();
    statement.charges[0].amount = Net::from_cents(552);
    assert!(matches!(
        allocation_statement::render(&statement),
        Err(PaperError::DoesNotAddUp { .. })
    ));
}

#[test]
fn an_attachment_over_the_limit_or_with_an_odd_name_is_refused() {
    let with = |size: usize, name: &str| {
        let mut statement = samples::statement();
        let attachment = statement.attachment.as_mut().unwrap();
        attachment.bytes = vec![b' '; size].into();
        attachment.file_name = name.into();
        allocation_statement::render(&statement)
    };
    assert!(with(200_000, "facture.xml").is_ok());
    assert!(matches!(
        with(200_001, "facture.xml"),
        Err(PaperError::AttachmentTooLarge { bytes: 200_001, limit: 200_000, .. })
    ));
    for name in ["", "reçu.xml", "../facture.xml", "a b.xml"] {
        assert!(matches!(with(1, name), Err(PaperError::AttachmentName(_))), "{name:?}");
    }
}
