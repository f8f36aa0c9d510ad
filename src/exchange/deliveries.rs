//! What members accepted of an invoice, as a CSV file: `line,siret,name,quantity[,site]`.

use domain::invoices::allocation::Accepted;
use domain::quantity::{Quantity, QuantityError};

use super::table::{self, Read, Row, siret};

const COLUMNS: [&str; 4] = ["line", "siret", "name", "quantity"];
const OPTIONAL: [&str; 1] = ["site"];

/// Reads the accepted quantities; whether the invoice has such lines is not asked here.
pub fn read(bytes: &[u8]) -> Read<Accepted> {
    table::read_with_optional(bytes, &COLUMNS, &OPTIONAL, accepted)
}

fn accepted(row: &mut Row<'_>) -> Option<Accepted> {
    let line = row.filled("line", "ligne_manquante");
    let siret = row.keep(siret(row.text("siret")));
    let quantity = match row.text("quantity") {
        "" => Err((
            "quantite_manquante",
            "La quantité manque : écrivez 0 si rien n’a été admis.".to_owned(),
        )),
        text => quantity(text),
    };
    let quantity = row.keep(quantity);
    Some(Accepted {
        line: line?,
        siret: siret?,
        site: row.text("site").to_owned(),
        name: row.text("name").to_owned(),
        quantity: quantity?,
    })
}

fn quantity(text: &str) -> Result<Quantity, (&'static str, String)> {
    Quantity::parse(text).map_err(|error| match error {
        QuantityError::Negative(_) => (
            "quantite_negative",
            format!("La quantité « {text} » est négative : un retour est un avoir, à part."),
        ),
        QuantityError::TooPrecise(_) => {
            ("quantite_trop_precise", format!("La quantité « {text} » a plus de trois décimales."))
        }
        QuantityError::OutOfRange => {
            ("quantite_invraisemblable", format!("La quantité « {text} » est invraisemblable."))
        }
        QuantityError::NotAQuantity(_) | QuantityError::NotWhole(..) => {
            ("quantite_non_numerique", format!("La quantité « {text} » n’est pas un nombre."))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted_quantities_are_read_with_or_without_delivery_points() {
        for text in [
            "line,siret,name,quantity\n1,21620041000019,Arras,\"12,5\"\n",
            "\u{feff}line;siret;name;quantity;site\r\n1;21620041000019;Arras;12,5;\r\n",
        ] {
            let read = read(text.as_bytes());
            assert_eq!(read.refused, [], "{text}");
            let [(2, arras)] = read.rows.as_slice() else { panic!("one row") };
            assert_eq!((arras.quantity.machine().as_str(), arras.site.as_str()), ("12.5", ""));
        }
    }

    #[test]
    fn every_wrong_row_is_named_with_its_line() {
        let text = "line,siret,name,quantity\n,21620041000018,A,x\n1,21620041000019,A,-1\n\
                    1,21620041000019,A,\n1,2162004100001,A,1.2345\n1,21620041000019,A,0\n";
        let read = read(text.as_bytes());
        let found: Vec<(u64, &str)> =
            read.refused.iter().map(|refused| (refused.line, refused.code)).collect();
        assert_eq!(
            found,
            [
                (2, "ligne_manquante"),
                (2, "siret_invalide"),
                (2, "quantite_non_numerique"),
                (3, "quantite_negative"),
                (4, "quantite_manquante"),
                (5, "siret_invalide"),
                (5, "quantite_trop_precise"),
            ]
        );
        assert_eq!(read.rows.len(), 1);
    }
}
