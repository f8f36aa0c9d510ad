//! The bodies the group deals with, and who inherits from whom.
//!
//! When communes merge (commune nouvelle) the new one inherits the rights and
//! the debts of the old ones: an order of a former commune is paid by its heir,
//! and an invoice may still name either. Nothing is renamed; the succession is
//! a dated fact beside the organisations.

use chrono::NaiveDate;

use crate::coded::coded_enum;
use crate::group::address::PostalAddress;
use crate::group::siret_history::SiretHistory;
use crate::ids::OrganisationId;

coded_enum! {
    pub enum OrganisationKind {
        Commune => ("commune", "commune"),
        /// An inter-municipal body with its own taxes (établissement public de coopération
        /// intercommunale).
        Epci => ("epci", "EPCI"),
        PublicBody => ("public_body", "autre organisme public"),
        Coordinator => ("coordinator", "coordonnateur"),
        Supplier => ("supplier", "fournisseur"),
        DepartmentalArchives => ("departmental_archives", "Archives départementales"),
    }
}

impl OrganisationKind {
    /// Whether such a body may join the group and order.
    pub fn may_join(self) -> bool {
        match self {
            Self::Commune | Self::Epci | Self::PublicBody | Self::Coordinator => true,
            Self::Supplier | Self::DepartmentalArchives => false,
        }
    }
}

/// What Chorus Pro wants on an invoice to this body, as the body published it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChorusRequirements {
    pub service_code: bool,
    pub commitment_number: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    pub kind: OrganisationKind,
    pub name: String,
    pub sirets: SiretHistory,
    /// The municipal population, for keys and estimates; none for suppliers.
    pub population: Option<u32>,
    pub address: Option<PostalAddress>,
    pub chorus: ChorusRequirements,
}

/// From `on`, `heir` has the rights and debts of `former`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Succession {
    pub former: OrganisationId,
    pub heir: OrganisationId,
    pub on: NaiveDate,
}

/// Who stands in for `organisation` on `day`: itself, or the last of its heirs.
///
/// A chain of successions is followed to its end; rows that run in a circle stop it
/// where it would repeat.
pub fn heir_on(
    successions: &[Succession],
    organisation: OrganisationId,
    day: NaiveDate,
) -> OrganisationId {
    let mut heir = organisation;
    for _ in successions {
        let next = successions.iter().find(|row| row.former == heir && row.on <= day);
        match next {
            Some(row) => heir = row.heir,
            None => break,
        }
    }
    heir
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_new_commune_inherits_from_its_day_and_heirs_of_heirs_too() {
        let row = |former, heir, on| Succession {
            former: OrganisationId(former),
            heir: OrganisationId(heir),
            on: day(on),
        };
        let rows = [row(1, 9, "2026-01-01"), row(2, 9, "2026-01-01"), row(9, 12, "2028-01-01")];
        for (body, on, heir) in [
            (1, "2025-12-31", 1),
            (1, "2026-01-01", 9),
            (2, "2027-12-31", 9),
            (2, "2028-01-01", 12),
            (3, "2028-01-01", 3),
        ] {
            let found = heir_on(&rows, OrganisationId(body), day(on));
            assert_eq!(found, OrganisationId(heir), "{body} on {on}");
        }
    }

    #[test]
    fn suppliers_and_the_departmental_archives_do_not_join_the_group() {
        let joining: Vec<_> =
            OrganisationKind::ALL.iter().filter(|kind| kind.may_join()).map(|k| k.code()).collect();
        assert_eq!(joining, ["commune", "epci", "public_body", "coordinator"]);
    }
}
