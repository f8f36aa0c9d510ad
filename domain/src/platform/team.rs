//! Who may give and take which role.
//!
//! A member's people give the roles of their own organisation, the CdG62 those of all
//! members, its administrator those of the CdG62. Two things are kept back. Signing binds
//! the commune: only somebody who signs, or the CdG62, makes a signatory, or a secretary
//! could become the mayor with a second mailbox. And what nobody could give back is not
//! taken: the last administrator, and by its own team a member's last signatory.

use std::collections::BTreeSet;

use super::role::{Right, Role};
use crate::group::organisation::OrganisationKind;

/// Why a role is neither given nor taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TeamError {
    #[error("the role does not fit the organisation")]
    DoesNotFit,
    #[error("no right to give or take this role")]
    NotAllowed,
    #[error("only a signatory makes a signatory")]
    OnlySignatories,
    #[error("the last administrator stays")]
    LastAdministrator,
    #[error("the last signatory is taken by the coordinator only")]
    LastSignatory,
}

impl TeamError {
    pub fn for_the_reader(self) -> &'static str {
        match self {
            Self::DoesNotFit => "Ce rôle n’existe pas dans cet organisme. Choisissez-en un autre.",
            Self::NotAllowed => "Vous ne pouvez ni donner ni retirer ce rôle.",
            Self::OnlySignatories => {
                "Seule une personne signataire peut donner ou retirer le rôle de signataire. Demandez-le à votre signataire ou au CdG62."
            }
            Self::LastAdministrator => {
                "C’est le dernier administrateur : plus personne ne pourrait donner de rôle. Nommez d’abord une autre personne."
            }
            Self::LastSignatory => {
                "C’est la dernière personne qui peut signer pour votre organisme. Invitez d’abord une autre personne signataire, ou demandez au CdG62."
            }
        }
    }
}

/// Where the one who gives or takes stands towards the organisation.
#[derive(Debug, Clone, Copy)]
pub struct Giver<'a> {
    pub rights: &'a BTreeSet<Right>,
    /// Whether it acts for that organisation.
    pub of_it: bool,
}

/// Whether `giver` may give or take `role` in an organisation of this kind.
pub fn may_handle(giver: Giver<'_>, role: Role, kind: OrganisationKind) -> Result<(), TeamError> {
    if !role.fits(kind) {
        return Err(TeamError::DoesNotFit);
    }
    let of_members = role.fits(OrganisationKind::Commune);
    let everywhere = giver.rights.contains(&Right::Administer)
        || (of_members && giver.rights.contains(&Right::ManagePeople));
    if everywhere {
        return Ok(());
    }
    if !(of_members && giver.of_it && giver.rights.contains(&Right::ManageTeam)) {
        return Err(TeamError::NotAllowed);
    }
    if role == Role::Signatory && !giver.rights.contains(&Right::SignNeeds) {
        return Err(TeamError::OnlySignatories);
    }
    Ok(())
}

/// Whether the role may be taken when `others` more people hold it in the organisation.
pub fn may_take(giver: Giver<'_>, role: Role, others: usize) -> Result<(), TeamError> {
    if others > 0 {
        return Ok(());
    }
    match role {
        Role::Administrator => Err(TeamError::LastAdministrator),
        Role::Signatory if giver.of_it => Err(TeamError::LastSignatory),
        Role::Signatory
        | Role::MemberContact
        | Role::MemberFinance
        | Role::MemberReader
        | Role::Buyer
        | Role::CoordinatorFinance
        | Role::Archivist
        | Role::Inspector => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::role::rights_of;

    const COMMUNE: OrganisationKind = OrganisationKind::Commune;
    const CDG: OrganisationKind = OrganisationKind::Coordinator;

    #[test]
    fn each_gives_what_the_table_says_and_nothing_else() {
        for (by, of_it, role, kind, expected) in [
            (Role::MemberContact, true, Role::MemberReader, COMMUNE, Ok(())),
            (Role::MemberContact, true, Role::MemberFinance, COMMUNE, Ok(())),
            (Role::MemberContact, true, Role::Signatory, COMMUNE, Err(TeamError::OnlySignatories)),
            (Role::Signatory, true, Role::Signatory, COMMUNE, Ok(())),
            (Role::Signatory, false, Role::MemberReader, COMMUNE, Err(TeamError::NotAllowed)),
            (Role::MemberReader, true, Role::MemberReader, COMMUNE, Err(TeamError::NotAllowed)),
            (Role::MemberFinance, true, Role::MemberReader, COMMUNE, Err(TeamError::NotAllowed)),
            (Role::Buyer, false, Role::Signatory, COMMUNE, Ok(())),
            (Role::Buyer, true, Role::Buyer, CDG, Err(TeamError::NotAllowed)),
            (Role::Buyer, false, Role::Administrator, COMMUNE, Err(TeamError::DoesNotFit)),
            (Role::Archivist, false, Role::MemberReader, COMMUNE, Err(TeamError::NotAllowed)),
            (Role::Administrator, true, Role::Administrator, CDG, Ok(())),
            (Role::Administrator, false, Role::Signatory, COMMUNE, Ok(())),
        ] {
            let rights = rights_of([by]);
            let found = may_handle(Giver { rights: &rights, of_it }, role, kind);
            assert_eq!(found, expected, "{by} gives {role}");
        }
    }

    #[test]
    fn the_last_administrator_stays_and_the_last_signatory_leaves_by_the_coordinator_only() {
        let none = BTreeSet::new();
        let own = Giver { rights: &none, of_it: true };
        let other = Giver { rights: &none, of_it: false };
        assert_eq!(may_take(own, Role::Administrator, 0), Err(TeamError::LastAdministrator));
        assert_eq!(may_take(own, Role::Administrator, 1), Ok(()));
        assert_eq!(may_take(own, Role::Signatory, 0), Err(TeamError::LastSignatory));
        assert_eq!(may_take(own, Role::Signatory, 1), Ok(()));
        assert_eq!(may_take(other, Role::Signatory, 0), Ok(()));
        assert_eq!(may_take(own, Role::MemberReader, 0), Ok(()));
    }
}
