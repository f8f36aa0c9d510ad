//! Rules 5 to 9 with the numbers of the domain dossier, on rows of the tests' own.

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn euros(amount: i64) -> Net {
    Net::from_cents(amount * 100)
}

fn rows() -> Vec<Dated<Threshold>> {
    use ThresholdKind as Kind;
    [
        (Kind::Formal, "2024-01-01", Some("2025-12-31"), "221000.00"),
        (Kind::Formal, "2026-01-01", Some("2027-12-31"), "216000.00"),
        (Kind::Dispense, "2020-01-01", Some("2026-03-31"), "40000.00"),
        (Kind::Dispense, "2026-04-01", None, "60000.00"),
        (Kind::BuyerProfile, "2026-04-01", None, "60000.00"),
        (Kind::Publicity, "2020-01-01", None, "90000.00"),
        (Kind::SmallLot, "2020-01-01", None, "80000.00"),
        (Kind::SmallLotsPercent, "2020-01-01", None, "20"),
        (Kind::LegalityControl, "2026-01-01", Some("2027-12-31"), "216000.00"),
        (Kind::EssentialData, "2020-01-01", None, "40000.00"),
        (Kind::EssentialDataMonths, "2020-01-01", None, "2.00"),
    ]
    .into_iter()
    .map(|(kind, from, to, value)| Dated {
        from: day(from),
        to: to.map(day),
        source: format!("texte {}", kind.code()),
        value: Threshold { kind, scope: PurchaseScope::Local, value: value.parse().unwrap() },
    })
    .collect()
}

/// Rule 5's procedure: 30, 25, 18 and 3 thousand a year for four years.
fn four_lots() -> Vec<LotValue> {
    [("1", 120_000), ("2", 100_000), ("3", 72_000), ("4", 12_000)]
        .into_iter()
        .map(|(lot, value)| LotValue { lot: lot.parse().unwrap(), value: euros(value) })
        .collect()
}

#[test]
fn rule_05_a_need_of_304_000_is_formal_although_no_lot_is() {
    let rows = rows();
    let adviser = Adviser { rows: &rows, scope: PurchaseScope::Local };
    let ruling = adviser.procedure(euros(304_000), day("2026-05-04")).unwrap();
    assert_eq!(ruling.answer, Procedure::Formal);
    assert_eq!(
        ruling.text.replace(['\u{a0}', '\u{202f}'], " "),
        "Le besoin de 304 000,00 € HT atteint le seuil de 216 000,00 € HT : procédure \
         formalisée. Règle au 04/05/2026 : texte formal."
    );
}

#[test]
fn rule_06_small_lots_are_below_80_000_and_a_fifth_together() {
    let rows = rows();
    let adviser = Adviser { rows: &rows, scope: PurchaseScope::Local };
    let mut lots = four_lots();
    let asked = |lots: &[LotValue], chosen: &[&str]| {
        let chosen: Vec<LotCode> = chosen.iter().map(|lot| lot.parse().unwrap()).collect();
        adviser.small_lots(lots, &chosen, day("2026-05-04")).map(|ruling| ruling.answer)
    };
    for (chosen, allowed) in
        [(vec!["4"], true), (vec!["3"], false), (vec!["3", "4"], false), (vec!["1"], false)]
    {
        assert_eq!(asked(&lots, &chosen), Ok(allowed), "{chosen:?} of a cap of 60 800");
    }
    // Of 305 000, a fifth exactly; then two cents more.
    lots[2].value = euros(49_000);
    lots.push(LotValue { lot: "5".parse().unwrap(), value: euros(24_000) });
    assert_eq!(asked(&lots, &["3", "4"]), Ok(true));
    lots[3].value = Net::from_cents(1_200_002);
    assert_eq!(asked(&lots, &["3", "4"]), Ok(false));
    assert!(matches!(asked(&lots, &["9"]), Err(AdviceError::UnknownLot(_))));
    lots[1].value = euros(900_000);
    lots[2].value = Net::from_cents(7_999_999);
    assert_eq!(asked(&lots, &["3"]), Ok(true));
    lots[2].value = euros(80_000);
    assert_eq!(asked(&lots, &["3"]), Ok(false), "80 000 is not below 80 000");
}

#[test]
fn rule_07_the_threshold_is_that_of_the_day_of_the_consultation() {
    let rows = rows();
    let adviser = Adviser { rows: &rows, scope: PurchaseScope::Local };
    for (value, on, expected) in [
        (euros(50_000), "2026-03-31", Procedure::Adapted),
        (euros(50_000), "2026-04-01", Procedure::Dispensed),
        (euros(60_000), "2026-04-01", Procedure::Adapted),
        (euros(218_000), "2025-12-31", Procedure::Adapted),
        (euros(218_000), "2026-01-01", Procedure::Formal),
        (Net::from_cents(21_599_999), "2026-01-01", Procedure::Adapted),
    ] {
        let ruling = adviser.procedure(value, day(on)).unwrap();
        assert_eq!(ruling.answer, expected, "{value} on {on}");
        assert!(ruling.row.holds_on(day(on)));
    }
    assert!(!adviser.buyer_profile(euros(59_999), day("2026-05-04")).unwrap().answer);
    assert!(adviser.buyer_profile(euros(60_000), day("2026-05-04")).unwrap().answer);
}

#[test]
fn a_day_that_the_table_does_not_know_has_no_answer() {
    let rows = rows();
    let adviser = Adviser { rows: &rows, scope: PurchaseScope::Local };
    let unknown = adviser.procedure(euros(1), day("2028-01-01")).unwrap_err();
    assert_eq!(
        unknown.for_the_reader(),
        "Aucun seuil « procédure formalisée » (fournitures et services des collectivités) \
         n’est connu au 01/01/2028 : complétez la table des seuils."
    );
    let works = Adviser { scope: PurchaseScope::Works, ..adviser };
    assert!(works.procedure(euros(1), day("2026-01-01")).is_err());
}

#[test]
fn publicity_grows_with_the_need() {
    let rows = rows();
    let adviser = Adviser { rows: &rows, scope: PurchaseScope::Local };
    for (value, expected) in [
        (59_999, Publicity::NotRequired),
        (60_000, Publicity::Adapted),
        (89_999, Publicity::Adapted),
        (90_000, Publicity::NationalJournal),
        (215_999, Publicity::NationalJournal),
        (216_000, Publicity::EuropeanJournal),
    ] {
        let ruling = adviser.publicity(euros(value), day("2026-05-04")).unwrap();
        assert_eq!(ruling.answer, expected, "{value}");
    }
}

#[test]
fn rule_08_a_contract_at_the_threshold_goes_to_the_legality_control() {
    let rows = rows();
    let adviser = Adviser { rows: &rows, scope: PurchaseScope::Local };
    let asked = |cents| adviser.legality_control(Net::from_cents(cents), day("2026-09-14"));
    assert!(asked(21_600_000).unwrap().answer);
    assert!(!asked(21_599_999).unwrap().answer);
}

#[test]
fn rule_09_every_lot_of_a_large_need_is_published_within_two_months() {
    let rows = rows();
    let adviser = Adviser { rows: &rows, scope: PurchaseScope::Local };
    let due = |need: i64| adviser.essential_data_due(euros(need), day("2026-09-14")).unwrap();
    // Lot 4 is worth 12 000 only; it is the need of 304 000 that counts.
    assert_eq!(due(304_000).answer, Some(day("2026-11-14")));
    assert!(due(304_000).text.contains("au plus tard le 14/11/2026"));
    assert_eq!(due(40_000).answer, Some(day("2026-11-14")));
    assert_eq!(due(39_999).answer, None);
}
