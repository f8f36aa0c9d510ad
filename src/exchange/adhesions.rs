//! Who joined a convention, as a CSV file: one member a line, with its deliberation and signature.

use chrono::NaiveDate;
use domain::french;
use domain::group::contact::Signature;
use domain::group::membership::Deliberation;
use domain::siret::Siret;

use super::table::{self, Read, Row, siret};

const COLUMNS: [&str; 7] =
    ["siret", "deliberation", "du", "executoire", "signataire", "qualite", "signe"];
const OPTIONAL: [&str; 1] = ["lots"];

/// One line of a list of adhesions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdhesionRow {
    pub siret: Siret,
    pub deliberation: Deliberation,
    pub signature: Signature,
    /// The numbers of the lots it subscribes; empty for all.
    pub lots: Vec<String>,
}

/// Reads a list of adhesions: days as 22/11/2026 or 2026-11-22, lots as `1 3`.
pub fn read(bytes: &[u8]) -> Read<AdhesionRow> {
    table::read_with_optional(bytes, &COLUMNS, &OPTIONAL, adhesion)
}

/// All columns are read before the row is given up, so that all its faults are named.
fn adhesion(row: &mut Row<'_>) -> Option<AdhesionRow> {
    let siret = row.keep(siret(row.text("siret")));
    let number = row.filled("deliberation", "deliberation_manquante");
    let on = day(row, "du");
    let enforceable_on = day(row, "executoire");
    let name = row.filled("signataire", "signataire_manquant");
    let quality = row.filled("qualite", "qualite_manquante");
    let signed_on = day(row, "signe");
    let lots = row.text("lots").split_whitespace().map(str::to_owned).collect();
    Some(AdhesionRow {
        siret: siret?,
        deliberation: Deliberation {
            number: number?,
            on: on?,
            enforceable_on: Some(enforceable_on?),
        },
        signature: Signature { name: name?, quality: quality?, on: signed_on? },
        lots,
    })
}

fn day(row: &mut Row<'_>, column: &'static str) -> Option<NaiveDate> {
    let text = row.text(column);
    let read = french::read_date(text).ok_or_else(|| {
        let message =
            format!("« {text} », colonne « {column} » : écrivez un jour comme 22/11/2026.");
        ("date_invalide", message)
    });
    row.keep(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_of_a_line_is_named_and_a_good_line_is_read() {
        let text = "siret;deliberation;du;executoire;signataire;qualite;signe;lots\n\
                    21620080800014;2026-12;02/04/2026;2026-04-10;Jeanne Dubois;Maire;12/04/2026;1 3\n\
                    21620080800015;;hier;10/04/2026;;Maire;12/04/2026;\n";
        let read = read(text.as_bytes());
        let [(2, row)] = &read.rows[..] else { panic!("{read:?}") };
        assert_eq!(row.lots, ["1", "3"]);
        assert_eq!(row.deliberation.enforceable_on, NaiveDate::from_ymd_opt(2026, 4, 10));
        let codes: Vec<&str> = read.refused.iter().map(|refused| refused.code).collect();
        let expected =
            ["siret_invalide", "deliberation_manquante", "date_invalide", "signataire_manquant"];
        assert_eq!(codes, expected);
    }
}
