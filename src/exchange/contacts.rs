//! The people of the members, and where to deliver, as a CSV file: one person a line.
//!
//! A line with a delivery point (`site`) says where it is the first time it stands in
//! the file; a person without one is for the whole organisation.

use domain::group::address::{Email, PostalAddress};
use domain::group::contact::ContactRole;
use domain::siret::Siret;

use super::table::{self, Read, Row, siret};

const COLUMNS: [&str; 8] = ["siret", "role", "name", "email", "phone", "site", "address", "access"];

/// One line of a list of contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRow {
    pub siret: Siret,
    pub role: ContactRole,
    pub name: String,
    pub email: Option<Email>,
    pub phone: String,
    /// The delivery point this person is for.
    pub site: Option<SiteRow>,
}

/// The delivery point of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteRow {
    pub name: String,
    /// `None` where the point is known already.
    pub address: Option<PostalAddress>,
    /// Hours, floor, lift: as the member wrote it.
    pub access: String,
}

/// Whether the column names are those of a list of contacts.
pub fn is_list(bytes: &[u8]) -> bool {
    let head = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let head = String::from_utf8_lossy(head).to_lowercase();
    head.split([',', ';', '\t']).any(|name| name.trim_matches(['"', ' ']) == "role")
}

/// Reads a list of contacts.
pub fn read(bytes: &[u8]) -> Read<ContactRow> {
    table::read(bytes, &COLUMNS, contact)
}

/// All columns are read before the row is given up, so that all its faults are named.
fn contact(row: &mut Row<'_>) -> Option<ContactRow> {
    let siret = row.keep(siret(row.text("siret")));
    let role = ContactRole::from_code(row.text("role")).ok_or_else(|| {
        let known: Vec<&str> = ContactRole::ALL.iter().map(|role| role.code()).collect();
        let message = format!(
            "« {} » n’est pas un rôle connu : écrivez {}.",
            row.text("role"),
            known.join(", ")
        );
        ("role_inconnu", message)
    });
    let role = row.keep(role);
    let name = row.filled("name", "nom_manquant");
    let email = match row.text("email") {
        "" => Some(None),
        text => {
            let read = text.parse::<Email>().map(Some);
            row.keep(read.map_err(|error| ("courriel_invalide", error.for_the_reader())))
        }
    };
    let address = match row.text("address") {
        "" => Some(None),
        text => {
            let read = text.parse::<PostalAddress>().map(Some);
            row.keep(read.map_err(|error| ("adresse_invalide", error.for_the_reader())))
        }
    };
    let site = row.text("site").to_owned();
    let access = row.text("access").to_owned();
    if site.is_empty() && !(row.text("address").is_empty() && access.is_empty()) {
        let message = "Une adresse ou un accès est indiqué sans point de livraison : nommez-le \
                       dans la colonne « site »."
            .to_owned();
        row.refuse("site_manquant", message);
    }
    let address = address?;
    Some(ContactRow {
        siret: siret?,
        role: role?,
        name: name?,
        email: email?,
        phone: row.text("phone").to_owned(),
        site: (!site.is_empty()).then_some(SiteRow { name: site, address, access }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "siret;role;name;email;phone;site;address;access";

    fn of(rows: &[&str]) -> Read<ContactRow> {
        read(format!("{HEAD}\n{}\n", rows.join("\n")).as_bytes())
    }

    #[test]
    fn a_person_is_read_with_and_without_a_delivery_point() {
        let out = of(&[
            "21620041000019;referent;Léa Petit;lea@arras.example;03 21 00 00 00;Mairie;1 place Foch, 62000 Arras;2e étage",
            "216 200 410 00019;signataire;Jean Dubois;;;;;",
        ]);
        assert_eq!(out.refused, []);
        let [referent, signatory] = out.rows.as_slice() else { panic!("two people") };
        let site = referent.1.site.as_ref().unwrap();
        assert_eq!((site.name.as_str(), site.access.as_str()), ("Mairie", "2e étage"));
        assert_eq!(site.address.as_ref().unwrap().town, "Arras");
        assert_eq!((signatory.1.role, &signatory.1.site), (ContactRole::Signatory, &None));
        assert_eq!(signatory.1.email, None);
    }

    #[test]
    fn every_fault_of_a_line_is_named() {
        let out = of(&["21620041000018;maire; ;lea;;;1 place Foch;"]);
        let codes: Vec<_> =
            out.refused.iter().map(|refused| (refused.line, refused.code)).collect();
        let expected = [
            "siret_invalide",
            "role_inconnu",
            "nom_manquant",
            "courriel_invalide",
            "adresse_invalide",
            "site_manquant",
        ];
        assert_eq!(codes, expected.map(|code| (2, code)));
        assert!(out.rows.is_empty());
    }
}
