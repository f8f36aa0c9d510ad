//! How quantities, packs and dates of a need sheet are worded. The script `besoins.js` says the
//! same words while somebody types.

use chrono::{DateTime, Utc};
use domain::campaigns::typed::FieldFault;
use domain::campaigns::valuation::LineValue;
use domain::catalogue::ArticleTerms;
use domain::french;
use domain::quantity::Quantity;

/// What the article is counted in, one and many: `boîte`, `boîtes`; `paquet de 100`,
/// `paquets de 100`.
pub(super) fn nouns(terms: &ArticleTerms) -> (String, String) {
    if terms.takes_decimals {
        return (terms.unit_label.clone(), terms.unit_label.clone());
    }
    let counted = if terms.unit_label == "unité" {
        let first = terms.label.split([' ', ',', ':']).next().unwrap_or("unité");
        first.to_lowercase()
    } else {
        terms.unit_label.clone()
    };
    let many = french::many(&counted);
    (counted, many)
}

/// « Paquet de 50 », « À l’unité », « Au mètre ».
pub(super) fn pack(terms: &ArticleTerms) -> String {
    match terms.pack.map(domain::catalogue::PackSize::units) {
        None => format!("En {}, décimales admises", terms.unit_label),
        Some(1) if terms.unit_label == "unité" => "À l’unité".into(),
        Some(1) => {
            let mut letters = terms.unit_label.chars();
            letters
                .next()
                .map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
        }
        Some(units) if terms.unit_label == "unité" => format!("Paquet de {units}"),
        Some(units) => format!("Par {units} ({})", terms.unit_label),
    }
}

/// « 3 paquets de 50 = 150 boîtes, 133,50 € HT par an »; nothing for nothing.
pub(super) fn result(terms: &ArticleTerms, needed: &[Quantity], value: &LineValue) -> String {
    if value.ordered.is_zero() {
        return String::new();
    }
    let years = value.years.len();
    let alike = value.years.windows(2).all(|pair| match pair {
        [one, other] => one.ordered == other.ordered,
        _ => true,
    });
    let (one, many) = nouns(terms);
    let first = value.years.first();
    let (ordered, packs, net, span) = match first {
        Some(year) if alike && years > 1 => (year.ordered, year.packs, year.net, " par an".into()),
        Some(_) | None if years > 1 => {
            (value.ordered, value.packs, value.net, format!(" sur {years} ans"))
        }
        Some(_) | None => (value.ordered, value.packs, value.net, String::new()),
    };
    let noun = if ordered < Quantity::whole(2) { one } else { many };
    let units = terms.pack.map_or(1, domain::catalogue::PackSize::units);
    let exact = needed.iter().zip(&value.years).all(|(need, year)| *need == year.ordered);
    let rounded = if exact { "" } else { " (arrondi au paquet)" };
    let counted = format!("{ordered} {noun}");
    let counted = match packs {
        Some(packs) if units > 1 => {
            let packs = french::counted(packs, "paquet", "paquets");
            format!("{packs} de {units} = {counted}{rounded}")
        }
        Some(_) | None => counted,
    };
    format!("{counted}, {} HT{span}", net.french())
}

/// « 10:42 », on the clock of the town hall's wall.
pub(super) fn hour(at: DateTime<Utc>) -> String {
    domain::dates::paris_time(at).format("%H:%M").to_string()
}

/// The message of a field, if it has one.
pub(super) fn message<'a>(faults: &'a [FieldFault], field: &str) -> Option<&'a str> {
    faults.iter().find(|fault| fault.field == field).map(|fault| fault.message.as_str())
}

/// What a family is called, as a heading.
pub(super) fn family(code: &str) -> String {
    match code {
        "boites" => "Boîtes".into(),
        "rayonnages" => "Rayonnages".into(),
        "reliures" => "Reliures".into(),
        other => heading(other),
    }
}

/// What a sub-family is called, as a heading.
pub(super) fn sub_family(code: &str) -> String {
    match code {
        "" => "Articles".into(),
        "boites_carton" => "Boîtes en carton kraft".into(),
        "boites_conservation" => "Boîtes de conservation".into(),
        "conteneurs" => "Conteneurs et caisses".into(),
        "grands_formats" => "Plans et grands formats".into(),
        "chemises" => "Chemises et pochettes".into(),
        "cotation" => "Étiquettes et crayons".into(),
        "fixe" => "Rayonnages fixes".into(),
        "accessoires" => "Tablettes et accessoires".into(),
        "mobile" => "Rayonnages mobiles".into(),
        "mobilier" => "Meubles et matériel".into(),
        "prestations" => "Montage et dépose".into(),
        "etat_civil" => "Registres d’état civil".into(),
        "deliberations" => "Registres de délibérations".into(),
        "arretes" => "Registres d’arrêtés".into(),
        "cadastre" => "Matrices et plans du cadastre".into(),
        "restauration" => "Restauration".into(),
        "options" => "Titrage, étuis, transport".into(),
        other => heading(other),
    }
}

fn heading(code: &str) -> String {
    let spaced = code.replace('_', " ");
    let mut letters = spaced.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use domain::campaigns::valuation::line;
    use domain::catalogue::PackSize;
    use domain::cpv::Cpv;
    use domain::price::UnitPrice;
    use domain::quantity::Unit;
    use domain::vat::VatRate;

    use super::*;

    fn terms(label: &str, unit: Unit, unit_label: &str, pack: Option<u32>) -> ArticleTerms {
        ArticleTerms {
            label: label.into(),
            unit,
            unit_label: unit_label.into(),
            takes_decimals: unit.takes_decimals(),
            pack: pack.map(|units| PackSize::new(units).unwrap()),
            cpv: Cpv::stored("30193700-5").unwrap(),
            vat_rate: VatRate::ZERO,
            specification: String::new(),
            standards: String::new(),
            reference_price: UnitPrice::scheduled("0.89".parse().unwrap()).unwrap(),
        }
    }

    fn said(terms: &ArticleTerms, needed: &[u32]) -> String {
        let needed: Vec<_> = needed.iter().copied().map(Quantity::whole).collect();
        let value = line(terms.reference_price, terms.pack, &needed).unwrap();
        result(terms, &needed, &value).replace(['\u{a0}', '\u{202f}'], " ")
    }

    #[test]
    fn a_quantity_says_its_packs_and_its_price_at_once() {
        let boxes = terms("Boîte d’archives, dos 10 cm", Unit::Piece, "unité", Some(50));
        for (needed, words) in [
            (&[150][..], "3 paquets de 50 = 150 boîtes, 133,50 € HT"),
            (&[150, 150], "3 paquets de 50 = 150 boîtes, 133,50 € HT par an"),
            (&[101, 101], "3 paquets de 50 = 150 boîtes (arrondi au paquet), 133,50 € HT par an"),
            (&[50, 0], "1 paquet de 50 = 50 boîtes, 44,50 € HT sur 2 ans"),
            (&[0, 0], ""),
        ] {
            assert_eq!(said(&boxes, needed), words);
        }
        let paper = terms("Chemise papier permanent", Unit::Package, "paquet de 100", Some(1));
        assert_eq!(said(&paper, &[3]), "3 paquets de 100, 2,67 € HT");
        let stool = terms("Escabeau de magasin", Unit::Piece, "unité", Some(1));
        assert_eq!(said(&stool, &[2]), "2 escabeaux, 1,78 € HT");
        let metres = terms("Rail", Unit::Metre, "ml", None);
        assert_eq!(said(&metres, &[2]), "2 ml, 1,78 € HT");
    }
}
