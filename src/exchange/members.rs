//! The members of the group as CSV files: communes and EPCI, as the public lists give them.
//!
//! The two lists have different columns; which one a file is, its column names
//! say. A SIRET there is derived from the SIREN, not confirmed by its owner: it is
//! marked so, and is on no paper until somebody has confirmed it.

use std::collections::HashMap;

use domain::group::organisation::OrganisationKind;
use domain::siret::{Siren, Siret, SiretError};

use super::table::{self, Read, Row, siret};

const COMMUNE: [&str; 8] = [
    "code_insee",
    "nom",
    "codes_postaux",
    "population_municipale",
    "siren",
    "siret_siege_derive",
    "siret_statut",
    "epci_siren",
];
const EPCI: [&str; 7] = [
    "siren",
    "nom",
    "type",
    "population_municipale",
    "siret_siege_derive",
    "siret_statut",
    "communes_membres",
];
/// What `siret_statut` says of a SIRET that its owner or SIRENE has confirmed.
const CONFIRMED: &str = "verified";
const DERIVED: &str = "derived_not_verified";

/// One line of a list of members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    pub name: String,
    pub siren: Siren,
    pub siret: Siret,
    /// Whether the SIRET may stand on a paper.
    pub siret_confirmed: bool,
    /// The municipal population.
    pub population: u32,
    pub body: Body,
}

/// What a commune has and an EPCI has not, and the other way round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    Commune {
        /// INSEE code: `62041`, `2A004`.
        insee: String,
        postal_codes: Vec<String>,
        /// The EPCI it belongs to, if any.
        epci: Option<Siren>,
    },
    Epci {
        /// `CC`, `CA`, `CU`.
        form: String,
        /// The INSEE codes of its communes.
        communes: Vec<String>,
    },
}

impl MemberRow {
    pub fn kind(&self) -> OrganisationKind {
        match self.body {
            Body::Commune { .. } => OrganisationKind::Commune,
            Body::Epci { .. } => OrganisationKind::Epci,
        }
    }
}

/// Reads a list of communes or of EPCI; a SIREN stands once in it.
pub fn read(bytes: &[u8]) -> Read<MemberRow> {
    let head = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let of_epci = String::from_utf8_lossy(head).to_lowercase().contains("communes_membres");
    let mut first_line: HashMap<Siren, u64> = HashMap::new();
    let mut once = |row: &mut Row<'_>, member: Option<MemberRow>| {
        let siren: Siren = row.text("siren").parse().ok()?;
        if let Some(line) = first_line.get(&siren) {
            let message = format!("Le SIREN {siren} figure déjà à la ligne {line}.");
            row.refuse("siren_en_double", message);
            return None;
        }
        first_line.insert(siren, row.line);
        member
    };
    if of_epci {
        table::read(bytes, &EPCI, |row| {
            let body = epci(row);
            let member = member(row, body);
            once(row, member)
        })
    } else {
        table::read(bytes, &COMMUNE, |row| {
            let body = commune(row);
            let member = member(row, body);
            once(row, member)
        })
    }
}

fn member(row: &mut Row<'_>, body: Option<Body>) -> Option<MemberRow> {
    let name = row.filled("nom", "nom_manquant");
    let body_number = row.keep(siren(row.text("siren")));
    let seat = row.keep(siret(row.text("siret_siege_derive")));
    if let (Some(number), Some(seat)) = (&body_number, &seat)
        && seat.siren() != *number
    {
        let message = format!("Le SIRET {seat} n’est pas de l’organisme de SIREN {number}.");
        row.refuse("siret_autre_organisme", message);
    }
    let confirmed = match row.text("siret_statut") {
        CONFIRMED => Ok(true),
        DERIVED => Ok(false),
        text => Err((
            "siret_statut_inconnu",
            format!("« {text} » : écrivez {DERIVED} ou {CONFIRMED} dans siret_statut."),
        )),
    };
    let confirmed = row.keep(confirmed);
    let population = row.text("population_municipale").parse().map_err(|_| {
        let text = row.text("population_municipale");
        ("population_invalide", format!("« {text} » n’est pas un nombre d’habitants."))
    });
    let population = row.keep(population);
    Some(MemberRow {
        name: name?,
        siren: body_number?,
        siret: seat?,
        siret_confirmed: confirmed?,
        population: population?,
        body: body?,
    })
}

fn commune(row: &mut Row<'_>) -> Option<Body> {
    let insee = row.keep(insee(row.text("code_insee")));
    let postal_codes: Vec<String> =
        row.text("codes_postaux").split('|').map(|code| code.trim().to_owned()).collect();
    if let Some(code) = postal_codes.iter().find(|code| !is_postal_code(code)) {
        let message = format!("« {code} » n’est pas un code postal de cinq chiffres.");
        row.refuse("code_postal_invalide", message);
        return None;
    }
    let epci = match row.text("epci_siren") {
        "" => None,
        text => Some(row.keep(siren(text))?),
    };
    Some(Body::Commune { insee: insee?, postal_codes, epci })
}

fn epci(row: &mut Row<'_>) -> Option<Body> {
    let form = row.filled("type", "type_manquant");
    let mut communes = Vec::new();
    for code in row.text("communes_membres").split('|') {
        communes.push(row.keep(insee(code.trim()))?);
    }
    Some(Body::Epci { form: form?, communes })
}

type Field<T> = Result<T, (&'static str, String)>;

fn insee(text: &str) -> Field<String> {
    let mut bytes = text.bytes().enumerate();
    // Corsica's second character is a letter.
    let allowed = |(index, byte): (usize, u8)| {
        byte.is_ascii_digit() || index == 1 && matches!(byte, b'A' | b'B')
    };
    if text.len() == 5 && bytes.all(allowed) {
        Ok(text.to_owned())
    } else {
        Err(("code_insee_invalide", format!("« {text} » n’est pas un code INSEE de commune.")))
    }
}

fn is_postal_code(text: &str) -> bool {
    text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn siren(text: &str) -> Field<Siren> {
    text.parse().map_err(|error| match error {
        SiretError::Length => {
            ("siren_invalide", format!("« {text} » n’est pas un SIREN : il faut 9 chiffres."))
        }
        SiretError::Key => ("siren_invalide", format!("La clé du SIREN « {text} » est fausse.")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn communes(rows: &[&str]) -> Read<MemberRow> {
        let text = format!("{}\n{}\n", COMMUNE.join(","), rows.join("\n"));
        read(text.as_bytes())
    }

    #[test]
    fn a_commune_is_read_with_its_epci() {
        let out = communes(&[
            "62041,Arras,62000,42577,216200410,21620041000019,derived_not_verified,200033579",
            "62691,Saint-Augustin,62120|62129,861,200057099,20005709900018,verified,",
        ]);
        assert_eq!(out.refused, []);
        let [arras, saint_augustin] = out.rows.as_slice() else { panic!("two communes") };
        assert_eq!((arras.1.name.as_str(), arras.1.population), ("Arras", 42_577));
        assert_eq!((arras.1.kind(), arras.1.siret_confirmed), (OrganisationKind::Commune, false));
        assert!(saint_augustin.1.siret_confirmed);
        let Body::Commune { postal_codes, epci, .. } = &saint_augustin.1.body else { panic!() };
        assert_eq!((postal_codes.len(), epci), (2, &None));
    }

    #[test]
    fn an_epci_is_known_by_the_columns_of_its_list() {
        let text = format!(
            "{}\n200033579;CU d'Arras;CU;109781;20003357900018;derived_not_verified;62041|62004\n",
            EPCI.join(";")
        );
        let out = read(text.as_bytes());
        assert_eq!(out.refused, []);
        assert_eq!(out.rows[0].1.kind(), OrganisationKind::Epci);
        let Body::Epci { form, communes } = &out.rows[0].1.body else { panic!() };
        assert_eq!((form.as_str(), communes.len()), ("CU", 2));
    }

    #[test]
    fn every_bad_line_is_named() {
        let good =
            "62041,Arras,62000,42577,216200410,21620041000019,derived_not_verified,200033579";
        for (from, to, code) in [
            ("62041,", "6204,", "code_insee_invalide"),
            ("Arras", " ", "nom_manquant"),
            ("62000", "62000|6200", "code_postal_invalide"),
            ("42577", "quarante", "population_invalide"),
            (",216200410,", ",216200411,", "siren_invalide"),
            (",216200410,", ",216200014,", "siret_autre_organisme"),
            ("21620041000019", "21620041000018", "siret_invalide"),
            ("derived_not_verified", "peut-être", "siret_statut_inconnu"),
            ("200033579", "200033570", "siren_invalide"),
        ] {
            let out = communes(&[good.replacen(from, to, 1).as_str()]);
            let refused: Vec<_> = out.refused.iter().map(|r| (r.line, r.code)).collect();
            assert_eq!(refused, [(2, code)], "{from} → {to}");
            assert!(out.rows.is_empty());
        }
        let twice = communes(&[good, good]);
        assert_eq!((twice.refused[0].line, twice.refused[0].code), (3, "siren_en_double"));
        assert_eq!(read(b"nom\nArras\n").refused[0].code, "colonne_manquante");
    }
}
