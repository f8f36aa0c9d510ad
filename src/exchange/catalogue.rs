//! The catalogue as a CSV file: one article a line.

use std::collections::HashMap;

use domain::catalogue::{ArticleRef, ArticleTerms, CatalogueEntry, LotCode, PackSize};
use domain::cpv::{Cpv, CpvError, CpvList};
use domain::french;
use domain::price::UnitPrice;
use domain::quantity::{Quantity, Unit};
use domain::vat::VatRate;
use rust_decimal::Decimal;

use super::table::{self, Read, Row};

const COLUMNS: [&str; 14] = [
    "ref",
    "lot",
    "famille",
    "sous_famille",
    "libelle",
    "unite",
    "code_unite",
    "quantite_decimale",
    "multiple_conditionnement",
    "cpv",
    "tva_taux",
    "prix_reference_ht",
    "specifications",
    "normes",
];

/// Reads a catalogue. A CPV code must be in `cpv`; without a list its form alone is checked.
pub fn read(bytes: &[u8], cpv: Option<&CpvList>) -> Read<CatalogueEntry> {
    let mut first_line: HashMap<ArticleRef, u64> = HashMap::new();
    table::read(bytes, &COLUMNS, |row| {
        let entry = entry(row, cpv);
        let reference: ArticleRef = row.text("ref").parse().ok()?;
        if let Some(line) = first_line.get(&reference) {
            let message = format!("La référence « {reference} » figure déjà à la ligne {line}.");
            row.refuse("reference_en_double", message);
            return None;
        }
        first_line.insert(reference, row.line);
        entry
    })
}

/// All columns are read before the row is given up, so that all its faults are named.
fn entry(row: &mut Row<'_>, cpv: Option<&CpvList>) -> Option<CatalogueEntry> {
    let reference = row.text("ref").parse().map_err(|_| {
        (
            "reference_invalide",
            format!("« {} » n’est pas une référence d’article.", row.text("ref")),
        )
    });
    let reference = row.keep(reference);
    let lot = row.text("lot").parse::<LotCode>().map_err(|_| {
        ("lot_invalide", format!("« {} » n’est pas un numéro de lot.", row.text("lot")))
    });
    let lot = row.keep(lot);
    let family = row.filled("famille", "famille_manquante");
    let label = row.filled("libelle", "libelle_manquant");
    let unit_label = row.filled("unite", "unite_manquante");
    let unit = row.keep(unit(row.text("code_unite")));
    let takes_decimals = row.keep(flag(row.text("quantite_decimale")));
    let pack = row.keep(pack(row.text("multiple_conditionnement")));
    let cpv = row.keep(code(row.text("cpv"), cpv));
    let vat_rate = row.keep(rate(row.text("tva_taux")));
    let reference_price = row.keep(price(row.text("prix_reference_ht")));
    let takes_decimals = takes_decimals?;
    Some(CatalogueEntry {
        reference: reference?,
        lot: lot?,
        family: family?,
        sub_family: row.text("sous_famille").to_owned(),
        terms: ArticleTerms {
            label: label?,
            unit: unit?,
            unit_label: unit_label?,
            takes_decimals,
            // What is measured has no pack, whatever the file says of it.
            pack: pack.filter(|_| !takes_decimals),
            cpv: cpv?,
            vat_rate: vat_rate?,
            specification: row.text("specifications").to_owned(),
            standards: row.text("normes").to_owned(),
            reference_price: reference_price?,
        },
    })
}

type Field<T> = Result<T, (&'static str, String)>;

fn unit(code: &str) -> Field<Unit> {
    Unit::from_code(code).ok_or_else(|| {
        let known: Vec<&str> = Unit::ALL.iter().map(|unit| unit.code()).collect();
        let message = format!(
            "« {code} » n’est pas un code d’unité connu (recommandation 20 de l’ONU) : {}.",
            known.join(", ")
        );
        ("unite_inconnue", message)
    })
}

fn flag(text: &str) -> Field<bool> {
    match text.to_lowercase().as_str() {
        "true" | "vrai" | "oui" => Ok(true),
        "false" | "faux" | "non" => Ok(false),
        _ => Err((
            "decimales_invalides",
            format!("« {text} » : écrivez true ou false dans quantite_decimale."),
        )),
    }
}

/// An empty pack is a pack of one.
fn pack(text: &str) -> Field<PackSize> {
    let units = if text.is_empty() { Some(1) } else { whole(text) };
    units.and_then(|units| PackSize::new(units).ok()).ok_or_else(|| {
        let message =
            format!("« {text} » n’est pas un nombre entier d’unités par conditionnement.");
        ("conditionnement_invalide", message)
    })
}

fn whole(text: &str) -> Option<u32> {
    let quantity = Quantity::parse(text).ok().filter(|quantity| quantity.is_whole())?;
    u32::try_from(quantity.thousandths() / 1000).ok()
}

fn code(text: &str, list: Option<&CpvList>) -> Field<Cpv> {
    let found = match list {
        Some(list) => list.find(text),
        None => Cpv::stored(text).ok_or_else(|| CpvError::Unknown(text.to_owned())),
    };
    found.map_err(|error| match error {
        CpvError::Unknown(_) if list.is_none() => {
            ("cpv_invalide", format!("« {text} » n’a pas la forme d’un code CPV (39131100-0)."))
        }
        CpvError::Unknown(_) => {
            ("cpv_inconnu", format!("Le code CPV « {text} » n’est pas dans la liste de 2008."))
        }
        CpvError::Key(_, key) => {
            ("cpv_inconnu", format!("Le code CPV « {text} » devrait finir par -{key}."))
        }
    })
}

fn rate(text: &str) -> Field<VatRate> {
    let rate = french::parse_decimal(text).and_then(VatRate::percent);
    rate.map_err(|_| ("tva_invalide", format!("« {text} » n’est pas un taux de TVA (20.00).")))
}

fn price(text: &str) -> Field<UnitPrice> {
    let price: Result<Decimal, _> = french::parse_decimal(text);
    price.and_then(UnitPrice::scheduled).map_err(|_| {
        let message = format!("« {text} » n’est pas un prix HT d’au plus quatre décimales (0.89).");
        ("prix_invalide", message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "ref,lot,famille,sous_famille,libelle,unite,code_unite,quantite_decimale,\
        multiple_conditionnement,cpv,tva_taux,prix_reference_ht,specifications,normes";

    fn read_rows(rows: &[&str]) -> Read<CatalogueEntry> {
        read(format!("{HEAD}\n{}\n", rows.join("\n")).as_bytes(), None)
    }

    #[test]
    fn an_article_is_read_with_its_pack_unless_it_is_measured() {
        let out = read_rows(&[
            "boi 001,1,boites,carton,Boîte,unité,H87,false,50,30199500-5,20.00,0.89,plat,ISO 9706",
            "RAY-022,2,rayonnages,mobile,Tablettes,ml,MTR,true,1,39152000-2,5.50,\"42,5\",,",
            "BOI-016,1,boites,,Boîte,unité,H87,faux,,30193700-5,20,40,,",
        ]);
        assert_eq!(out.refused, []);
        let [boxes, shelves, single] = out.rows.as_slice() else { panic!("three articles") };
        assert_eq!(boxes.1.reference.as_str(), "BOI-001");
        assert_eq!(boxes.1.terms.pack, PackSize::new(50).ok());
        assert_eq!((shelves.0, shelves.1.terms.pack), (3, None));
        assert_eq!(shelves.1.terms.reference_price.machine(), "42.5");
        assert_eq!(single.1.terms.pack, PackSize::new(1).ok());
    }

    #[test]
    fn every_fault_of_a_line_is_named() {
        let out = read_rows(&["é,?,,,,,PK,peut-être,2.5,39131100,120,0.12345,,"]);
        let codes: Vec<&str> = out.refused.iter().map(|refused| refused.code).collect();
        let expected = [
            "reference_invalide",
            "lot_invalide",
            "famille_manquante",
            "libelle_manquant",
            "unite_manquante",
            "unite_inconnue",
            "decimales_invalides",
            "conditionnement_invalide",
            "cpv_invalide",
            "tva_invalide",
            "prix_invalide",
        ];
        assert_eq!(codes, expected);
        assert!(out.refused.iter().all(|refused| refused.line == 2));
    }

    #[test]
    fn a_reference_stands_once_in_a_catalogue_however_it_is_spelled() {
        let row = |reference: &str| {
            format!("{reference},1,boites,,Boîte,unité,H87,false,50,30199500-5,20.00,0.89,,")
        };
        let out = read_rows(&[&row("BOI-001"), &row("boi_001")]);
        assert_eq!(out.rows.len(), 1);
        assert_eq!((out.refused[0].line, out.refused[0].code), (3, "reference_en_double"));
        assert!(out.refused[0].message.contains("ligne 2"));
    }

    #[test]
    fn a_cpv_code_is_looked_up_where_there_is_a_list() {
        let list = CpvList::new([("30199500-5", "Boîtes-classeurs")]);
        let row = |cpv: &str| {
            format!("{HEAD}\nA,1,boites,,Boîte,unité,H87,false,50,{cpv},20.00,0.89,,\n")
        };
        for (cpv, refused) in [
            ("30199500", None),
            ("30199500-5", None),
            ("30199500-4", Some("Le code CPV « 30199500-4 » devrait finir par -5.")),
            ("39131100-0", Some("Le code CPV « 39131100-0 » n’est pas dans la liste de 2008.")),
        ] {
            let out = read(row(cpv).as_bytes(), Some(&list));
            assert_eq!(
                out.refused.first().map(|refused| refused.message.as_str()),
                refused,
                "{cpv}"
            );
        }
    }
}
