//! Who takes part: the 887 communes and 19 EPCI of the Pas-de-Calais, under their real names and
//! SIREN; the people are invented, their telephones of the range kept for fiction.

use std::collections::BTreeMap;

use domain::group::address::PostalAddress;
use domain::group::contact::{Contact, ContactRole, Delegation};
use domain::group::organisation::{ChorusRequirements, Organisation, OrganisationKind};
use domain::group::siret_history::{SiretEntry, SiretHistory, SiretStatus};
use domain::group::site::{Access, DeliveryPoint};
use domain::ids::{ContactId, OrganisationId};
use domain::siret::Siret;

use super::DemoError;
use super::chance::Chance;
use super::supplier::Seller;
use crate::exchange::members::{self, MemberRow};
use crate::store::group::{Listed, NewOrganisation};

const COMMUNES: &[u8] = include_bytes!("../../data/members_communes_62.csv");
const EPCI: &[u8] = include_bytes!("../../data/members_epci_62.csv");

/// The coordinator's SIRET is fictitious: the real one was not found.
pub(super) const COORDINATOR_SIRET: &str = "28629990400016";

const ARCHIVES_SIRET: &str = "00062041900010";

/// Four suppliers that do not exist.
pub(super) const SELLERS: [Seller; 4] = [
    Seller {
        name: "Cartonnages de la Lys (fictif)",
        siret: "00062010400018",
        vat_number: "FR58000620104",
        street: "1 rue des Ateliers",
        postcode: "62120",
        town: "Aire-sur-la-Lys",
        iban: "FR7630006000011234567890189",
    },
    Seller {
        name: "Archivéo Nord (fictif)",
        siret: "00062011200011",
        vat_number: "FR82000620112",
        street: "14 avenue de l’Imprimerie",
        postcode: "59000",
        town: "Lille",
        iban: "FR7630006000011234567890189",
    },
    Seller {
        name: "Rayonnages de l’Artois (fictif)",
        siret: "00062021100011",
        vat_number: "FR88000620211",
        street: "Zone artisanale des Tilleuls",
        postcode: "62000",
        town: "Arras",
        iban: "FR7630006000011234567890189",
    },
    Seller {
        name: "Reliure des Sept Vallées (fictif)",
        siret: "00062031000011",
        vat_number: "FR94000620310",
        street: "3 place du Marché",
        postcode: "62140",
        town: "Hesdin-la-Forêt",
        iban: "FR7630006000011234567890189",
    },
];

/// The lists of members: EPCI first, since communes name theirs.
pub(super) fn members() -> Result<Vec<MemberRow>, DemoError> {
    let mut rows = Vec::new();
    for (file, bytes) in [("members_epci_62.csv", EPCI), ("members_communes_62.csv", COMMUNES)] {
        let read = members::read(bytes);
        if let Some(refused) = read.refused.first() {
            return Err(DemoError::Data(format!(
                "{file}, ligne {} : {}",
                refused.line, refused.message
            )));
        }
        rows.extend(read.rows.into_iter().map(|(_, row)| row));
    }
    Ok(rows)
}

/// The coordinator and the suppliers, each with a confirmed SIRET.
pub(super) fn others(day: chrono::NaiveDate) -> Result<Vec<NewOrganisation>, DemoError> {
    let address = |street: &str, postcode: &str, town: &str| {
        PostalAddress::new(vec![street.into()], postcode, town)
            .map_err(|error| DemoError::Data(error.for_the_reader()))
    };
    let mut all = vec![body(
        OrganisationKind::Coordinator,
        "Centre de gestion de la fonction publique territoriale du Pas-de-Calais",
        COORDINATOR_SIRET,
        address("Allée du Château, BP 67", "62702", "Bruay-la-Buissière Cedex")?,
        day,
    )?];
    for seller in &SELLERS {
        let address = address(seller.street, seller.postcode, seller.town)?;
        all.push(body(OrganisationKind::Supplier, seller.name, seller.siret, address, day)?);
    }
    Ok(all)
}

/// The departmental archives, whose SIRET is fictitious too.
pub(super) fn archives(day: chrono::NaiveDate) -> Result<NewOrganisation, DemoError> {
    let address =
        PostalAddress::new(vec!["12 place de la Préfecture".into()], "62018", "Arras Cedex 9")
            .map_err(|error| DemoError::Data(error.for_the_reader()))?;
    let name = "Archives départementales du Pas-de-Calais";
    body(OrganisationKind::DepartmentalArchives, name, ARCHIVES_SIRET, address, day)
}

fn body(
    kind: OrganisationKind,
    name: &str,
    siret: &str,
    address: PostalAddress,
    day: chrono::NaiveDate,
) -> Result<NewOrganisation, DemoError> {
    let siret: Siret =
        siret.parse().map_err(|error| DemoError::Data(format!("SIRET {siret} : {error}")))?;
    let body_siren = siret.siren();
    let status = SiretStatus::Confirmed { by: "Travée, démonstration".into(), on: day };
    let entry = SiretEntry { siret, from: None, to: None, status };
    let sirets = SiretHistory::new(body_siren, vec![entry])
        .map_err(|error| DemoError::Data(error.for_the_reader()))?;
    Ok(NewOrganisation {
        organisation: Organisation {
            kind,
            name: name.to_owned(),
            sirets,
            population: None,
            address: Some(address),
            chorus: ChorusRequirements::default(),
        },
        insee: None,
        epci_siren: None,
    })
}

const HOURS: [&str; 4] = [
    "lundi au vendredi, 9 h – 12 h",
    "mardi et jeudi, 14 h – 17 h",
    "lundi, mercredi et vendredi matin",
    "sur rendez-vous",
];
const CONSTRAINTS: [&str; 5] = [
    "",
    "Rez-de-chaussée",
    "1er étage sans ascenseur",
    "Hayon nécessaire",
    "Rue étroite : camion de 7,5 t au plus",
];

/// Where each member is delivered: its town hall or seat; large towns have a second place.
///
/// An EPCI's seat is not in the public list: it stands at the town hall of its most populous
/// commune.
pub(super) fn sites(listed: &[Listed]) -> Vec<DeliveryPoint> {
    let mut largest: BTreeMap<OrganisationId, &Listed> = BTreeMap::new();
    for commune in listed {
        let Some(epci) = commune.epci else { continue };
        let seat = largest.entry(epci).or_insert(commune);
        if commune.organisation.population > seat.organisation.population {
            *seat = commune;
        }
    }
    let mut sites = Vec::new();
    for member in listed.iter().filter(|one| one.organisation.kind.may_join()) {
        let body = &member.organisation;
        let at = largest.get(&member.id).map_or(body, |seat| &seat.organisation);
        let Some(address) = &at.address else { continue };
        let mut chance = Chance::of(body.sirets.siren().as_str(), "sites");
        let mut site = |name: &str, lines: Vec<String>| DeliveryPoint {
            organisation: member.id,
            name: name.into(),
            address: PostalAddress { lines, ..address.clone() },
            access: Access {
                hours: chance.one_of(&HOURS).copied().unwrap_or_default().into(),
                constraints: chance.one_of(&CONSTRAINTS).copied().unwrap_or_default().into(),
            },
            contact: None,
            retired: false,
        };
        match body.kind {
            OrganisationKind::Commune => {
                sites.push(site("Mairie", vec!["Place de la Mairie".into()]));
                if body.population > Some(10_000) {
                    sites.push(site("Services techniques", vec!["Rue des Ateliers".into()]));
                }
            }
            OrganisationKind::Epci
            | OrganisationKind::PublicBody
            | OrganisationKind::Coordinator
            | OrganisationKind::Supplier
            | OrganisationKind::DepartmentalArchives => {
                sites.push(site("Siège", vec!["Hôtel communautaire".into()]));
            }
        }
    }
    sites
}

const FIRST_NAMES: [&str; 12] = [
    "Claire",
    "Jean-Marc",
    "Sylvie",
    "Benoît",
    "Nadège",
    "Michel",
    "Hélène",
    "Stéphane",
    "Aïcha",
    "Wojciech",
    "Florence",
    "Thierry",
];
const LAST_NAMES: [&str; 14] = [
    "Martin",
    "Delattre",
    "Lefebvre",
    "Caron",
    "Wattel",
    "Dupuis",
    "Kowalski",
    "Leclercq",
    "Boulanger",
    "Hénin",
    "Duquesne",
    "Lœuillet",
    "Fasquelle",
    "Noël",
];

fn name(chance: &mut Chance) -> String {
    let first = chance.one_of(&FIRST_NAMES).copied().unwrap_or_default();
    let last = chance.one_of(&LAST_NAMES).copied().unwrap_or_default();
    format!("{first} {last}")
}

/// A référent and a signatory for each member, finance staff for those that have some.
pub(super) fn contacts(listed: &[Listed]) -> Vec<Contact> {
    let mut contacts = Vec::new();
    for member in listed.iter().filter(|one| one.organisation.kind.may_join()) {
        let body = &member.organisation;
        let siren = body.sirets.siren().as_str();
        let mut chance = Chance::of(siren, "contacts");
        let of_epci = body.kind == OrganisationKind::Epci;
        let mut add = |role, quality: &str, mailbox: &str| {
            let number = chance.between(0, 9_999);
            contacts.push(Contact {
                organisation: member.id,
                site: None,
                role,
                name: name(&mut chance),
                quality: quality.into(),
                email: format!("{mailbox}@siren-{siren}.example").parse().ok(),
                // 03 53 01: the range that ARCEP keeps for fiction.
                phone: format!("03 53 01 {:02} {:02}", number / 100, number % 100),
            });
        };
        let secretary =
            if of_epci { "Directrice générale des services" } else { "Secrétaire de mairie" };
        add(ContactRole::MemberContact, secretary, "accueil");
        add(ContactRole::Signatory, if of_epci { "Président" } else { "Maire" }, "elus");
        if body.population > Some(3_500) {
            add(ContactRole::Finance, "Responsable des finances", "finances");
        }
    }
    contacts
}

/// Who signed for a member before the elections of March 2026.
pub(super) fn mayor(siren: &str) -> String {
    name(&mut Chance::of(siren, "mayor"))
}

/// The coordinator's president, who signs its orders.
pub(super) fn coordinators_signatory(coordinator: OrganisationId) -> Contact {
    Contact {
        organisation: coordinator,
        site: None,
        role: ContactRole::Signatory,
        name: "Marie-Hélène Caudron".into(),
        quality: "Présidente du CdG62".into(),
        email: "presidence@cdg62.example".parse().ok(),
        phone: "03 53 01 62 00".into(),
    }
}

/// The signatory's power: the delegation given after the elections of March 2026 for a mayor, and
/// the coordinator's own.
pub(super) fn power(id: ContactId, person: &Contact) -> Option<Delegation> {
    match person.role {
        ContactRole::Signatory => Some(Delegation {
            contact: id,
            name: person.name.clone(),
            quality: person.quality.clone(),
            act: "Délibération du 30 mars 2026 (L2122-22 4° du CGCT)".into(),
            from: chrono::NaiveDate::from_ymd_opt(2026, 3, 30)?,
            to: None,
        }),
        ContactRole::MemberContact | ContactRole::Finance => None,
    }
}
