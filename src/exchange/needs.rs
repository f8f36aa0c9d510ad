//! Needs of one year as a CSV file: `siret,site,ref,quantity,tolerance`.

use std::collections::BTreeMap;

use domain::catalogue::{ArticleRef, CatalogueEntry};
use domain::quantity::{Quantity, QuantityError};
use domain::tenders::consolidation::{DeliveryPoint, Need};

use super::table::{self, Read, Row, siret};

const COLUMNS: [&str; 5] = ["siret", "site", "ref", "quantity", "tolerance"];
/// Beyond a milliard of units nobody means it, and sums stay within their range.
const MOST_UNITS: u32 = 999_999_999;

/// Reads the needs of `year`; what is asked for must be in `catalogue`.
pub fn read(
    bytes: &[u8],
    catalogue: &BTreeMap<ArticleRef, CatalogueEntry>,
    year: i32,
) -> Read<Need> {
    table::read(bytes, &COLUMNS, |row| need(row, catalogue, year))
}

fn need(
    row: &mut Row<'_>,
    catalogue: &BTreeMap<ArticleRef, CatalogueEntry>,
    year: i32,
) -> Option<Need> {
    let siret = row.keep(siret(row.text("siret")));
    let article = row.text("ref").parse().ok().and_then(|reference| catalogue.get(&reference));
    if article.is_none() {
        let message = match row.text("ref") {
            "" => "La référence manque.".to_owned(),
            text => format!("La référence « {text} » n’est pas au catalogue."),
        };
        row.refuse("reference_inconnue", message);
    }
    let quantity = match row.text("quantity") {
        "" => {
            let message = "La quantité manque : écrivez 0 s’il n’y a pas de besoin.".to_owned();
            Err(("quantite_manquante", message))
        }
        text => quantity(text, article, "La quantité", &QUANTITY),
    };
    let quantity = row.keep(quantity);
    let tolerance = match row.text("tolerance") {
        "" => Ok(Quantity::ZERO),
        text => self::quantity(text, article, "La tolérance", &TOLERANCE),
    };
    let tolerance = row.keep(tolerance);
    Some(Need {
        point: DeliveryPoint { siret: siret?, site: row.text("site").to_owned() },
        reference: article?.reference.clone(),
        year,
        quantity: quantity?,
        tolerance: tolerance?,
    })
}

/// The codes of what can be wrong with a number, in one order for both columns.
struct Codes {
    not_a_number: &'static str,
    negative: &'static str,
    too_precise: &'static str,
    not_whole: &'static str,
    absurd: &'static str,
}

const QUANTITY: Codes = Codes {
    not_a_number: "quantite_non_numerique",
    negative: "quantite_negative",
    too_precise: "quantite_trop_precise",
    not_whole: "quantite_non_entiere",
    absurd: "quantite_invraisemblable",
};
const TOLERANCE: Codes = Codes {
    not_a_number: "tolerance_non_numerique",
    negative: "tolerance_negative",
    too_precise: "tolerance_trop_precise",
    not_whole: "tolerance_non_entiere",
    absurd: "tolerance_invraisemblable",
};

/// `what` begins the message. Whether the unit takes decimals is known only of a known article.
fn quantity(
    text: &str,
    article: Option<&CatalogueEntry>,
    what: &str,
    codes: &Codes,
) -> Result<Quantity, (&'static str, String)> {
    let accepted = Quantity::parse(text)
        .and_then(|quantity| article.map_or(Ok(quantity), |article| article.terms.accept(quantity)))
        .and_then(|quantity| {
            let plausible = quantity <= Quantity::whole(MOST_UNITS);
            if plausible { Ok(quantity) } else { Err(QuantityError::OutOfRange) }
        });
    accepted.map_err(|error| match error {
        QuantityError::NotAQuantity(_) => {
            (codes.not_a_number, format!("{what} « {text} » n’est pas un nombre."))
        }
        QuantityError::Negative(_) => (codes.negative, format!("{what} « {text} » est négative.")),
        QuantityError::TooPrecise(_) => {
            (codes.too_precise, format!("{what} « {text} » a plus de trois décimales."))
        }
        QuantityError::NotWhole(_, unit) => (
            codes.not_whole,
            format!(
                "{what} « {text} » n’est pas entière, et cet article se compte à l’unité ({unit})."
            ),
        ),
        QuantityError::OutOfRange => {
            (codes.absurd, format!("{what} « {text} » est invraisemblable."))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::catalogue;

    const CATALOGUE: &str = "ref,lot,famille,sous_famille,libelle,unite,code_unite,quantite_decimale,\
        multiple_conditionnement,cpv,tva_taux,prix_reference_ht,specifications,normes\n\
        BOI-001,1,boites,,Boîte,unité,H87,false,50,30199500-5,20.00,0.89,,\n\
        RAY-022,2,rayonnages,,Tablettes,ml,MTR,true,1,39152000-2,20.00,42,,\n";

    fn read_rows(rows: &[&str]) -> Read<Need> {
        let articles = catalogue::read(CATALOGUE.as_bytes(), None).rows;
        let articles =
            articles.into_iter().map(|(_, entry)| (entry.reference.clone(), entry)).collect();
        let text = format!("siret,site,ref,quantity,tolerance\n{}\n", rows.join("\n"));
        read(text.as_bytes(), &articles, 2027)
    }

    #[test]
    fn a_need_is_read_whatever_its_spelling() {
        let out = read_rows(&[
            "216 200 410 00019, mairie ,boi 001,\"1 200\",",
            "21620041000019,,RAY-022,\"12,40\",0.5",
            "21620041000019,,BOI-001,0,5",
        ]);
        assert_eq!(out.refused, []);
        let read: Vec<(u64, &str, String, String)> = out
            .rows
            .iter()
            .map(|(line, need)| {
                (*line, need.point.site.as_str(), need.quantity.machine(), need.tolerance.machine())
            })
            .collect();
        let expected = [
            (2, "mairie", "1200".into(), "0".into()),
            (3, "", "12.4".into(), "0.5".into()),
            (4, "", "0".into(), "5".into()),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn a_refused_line_says_why_in_french() {
        for (row, code, message) in [
            ("21620041000019,,XXX-9,1,0", "reference_inconnue", "« XXX-9 » n’est pas au catalogue"),
            ("21620041000019,,,1,0", "reference_inconnue", "La référence manque"),
            ("21620041000018,,BOI-001,1,0", "siret_invalide", "clé"),
            ("2162004100001,,BOI-001,1,0", "siret_invalide", "14 chiffres"),
            (",,BOI-001,1,0", "siret_invalide", "14 chiffres"),
            ("21620041000019,,BOI-001,,0", "quantite_manquante", "manque"),
            ("21620041000019,,BOI-001,douze,0", "quantite_non_numerique", "« douze »"),
            ("21620041000019,,BOI-001,1e3,0", "quantite_non_numerique", "« 1e3 »"),
            ("21620041000019,,BOI-001,-3,0", "quantite_negative", "« -3 »"),
            ("21620041000019,,BOI-001,2.5,0", "quantite_non_entiere", "unité"),
            ("21620041000019,,RAY-022,0.1234,0", "quantite_trop_precise", "trois décimales"),
            ("21620041000019,,BOI-001,1000000000,0", "quantite_invraisemblable", "1000000000"),
            ("21620041000019,,BOI-001,99999999999999999999,0", "quantite_invraisemblable", "9"),
            ("21620041000019,,BOI-001,1,peu", "tolerance_non_numerique", "La tolérance « peu »"),
            ("21620041000019,,BOI-001,1,-1", "tolerance_negative", "négative"),
            ("21620041000019,,BOI-001,1,0.5", "tolerance_non_entiere", "La tolérance « 0.5 »"),
        ] {
            let out = read_rows(&[row]);
            assert!(out.rows.is_empty(), "{row}");
            let [refused] = out.refused.as_slice() else { panic!("{row}: {:?}", out.refused) };
            assert_eq!((refused.line, refused.code), (2, code), "{row}");
            assert!(refused.message.contains(message), "{row}: {}", refused.message);
        }
    }

    #[test]
    fn all_the_faults_of_a_line_are_named() {
        let out = read_rows(&["1,,XXX,douze,-1"]);
        let codes: Vec<&str> = out.refused.iter().map(|refused| refused.code).collect();
        let expected = [
            "siret_invalide",
            "reference_inconnue",
            "quantite_non_numerique",
            "tolerance_negative",
        ];
        assert_eq!(codes, expected);
    }
}
