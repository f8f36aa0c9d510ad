//! Who may do what: a person holds roles in organisations, a role gives rights.
//!
//! A right is what a page or a use case asks for; nobody ever asks for a role. A
//! role counts from its first day and no longer on the day it ends. Whoever holds
//! several roles in one organisation has the rights of all of them, as the
//! secretary of a small town hall does; roles in two organisations never mix: a
//! person acts for one at a time.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::coded::coded_enum;
use crate::group::organisation::OrganisationKind;

coded_enum! {
    pub enum Role {
        /// Référent.
        MemberContact => ("member_contact", "référent"),
        Signatory => ("signatory", "signataire"),
        MemberFinance => ("member_finance", "finances"),
        MemberReader => ("member_reader", "lecteur"),
        Buyer => ("buyer", "acheteur"),
        CoordinatorFinance => ("coordinator_finance", "finances du CdG62"),
        Archivist => ("archivist", "archiviste"),
        Administrator => ("administrator", "administrateur"),
        /// Of the Archives départementales: sees nothing yet.
        Inspector => ("inspector", "inspecteur"),
    }
}

coded_enum! {
    pub enum Right {
        /// Everything of one's own organisation: needs, orders, deliveries, invoices, papers.
        ReadOwn => ("read_own", "lire les pages de l’organisme"),
        WriteNeeds => ("write_needs", "saisir les besoins"),
        SignNeeds => ("sign_needs", "valider les besoins"),
        AdjustOrders => ("adjust_orders", "ajuster les commandes"),
        ValidateOrders => ("validate_orders", "valider les commandes"),
        ReceiveDeliveries => ("receive_deliveries", "réceptionner les livraisons"),
        /// Commitment number, service code and account of orders.
        KeepAccounts => ("keep_accounts", "renseigner l’engagement et l’imputation"),
        /// The supplier invoices that its own Chorus Pro received (models A and B).
        UploadInvoices => ("upload_invoices", "déposer les factures reçues"),
        MarkPayments => ("mark_payments", "indiquer les paiements"),
        ManageSites => ("manage_sites", "tenir les lieux de livraison"),
        /// Of one's own organisation.
        ManageTeam => ("manage_team", "inviter et retirer des personnes"),
        /// Members, their needs and deliveries.
        ReadMembers => ("read_members", "lire les membres, besoins et livraisons"),
        /// Catalogue, contracts, orders and invoices of all.
        ReadPurchases => ("read_purchases", "lire les marchés, commandes et factures"),
        /// Campaigns, catalogue, conventions, contracts, orders, deliveries, members.
        Buy => ("buy", "conduire les achats"),
        /// Invoices, allocations, recharges, payments.
        KeepInvoices => ("keep_invoices", "traiter les factures"),
        /// People of all members.
        ManagePeople => ("manage_people", "inviter et retirer des personnes des membres"),
        /// People of the CdG62, roles, settings, jobs, reference rows, journal.
        Administer => ("administer", "administrer"),
    }
}

use Right as R;

impl Role {
    /// What the role gives. Its own organisation only, except for those of the CdG62.
    pub fn rights(self) -> &'static [Right] {
        match self {
            Self::MemberContact => &[
                R::ReadOwn,
                R::WriteNeeds,
                R::AdjustOrders,
                R::ReceiveDeliveries,
                R::ManageSites,
                R::ManageTeam,
            ],
            Self::Signatory => &[
                R::ReadOwn,
                R::WriteNeeds,
                R::SignNeeds,
                R::AdjustOrders,
                R::ValidateOrders,
                R::ReceiveDeliveries,
                R::ManageSites,
                R::ManageTeam,
            ],
            Self::MemberFinance => {
                &[R::ReadOwn, R::KeepAccounts, R::UploadInvoices, R::MarkPayments]
            }
            Self::MemberReader => &[R::ReadOwn],
            Self::Buyer => &[R::ReadMembers, R::ReadPurchases, R::Buy, R::ManagePeople],
            Self::CoordinatorFinance => &[R::ReadMembers, R::ReadPurchases, R::KeepInvoices],
            Self::Archivist => &[R::ReadMembers],
            Self::Administrator => {
                &[R::ReadMembers, R::ReadPurchases, R::ManagePeople, R::Administer]
            }
            Self::Inspector => &[],
        }
    }

    /// Whether a body of this kind can give the role.
    pub fn fits(self, kind: OrganisationKind) -> bool {
        match self {
            Self::MemberContact | Self::Signatory | Self::MemberFinance | Self::MemberReader => {
                match kind {
                    OrganisationKind::Commune
                    | OrganisationKind::Epci
                    | OrganisationKind::PublicBody => true,
                    OrganisationKind::Coordinator
                    | OrganisationKind::Supplier
                    | OrganisationKind::DepartmentalArchives => false,
                }
            }
            Self::Buyer | Self::CoordinatorFinance | Self::Archivist | Self::Administrator => {
                kind == OrganisationKind::Coordinator
            }
            Self::Inspector => kind == OrganisationKind::DepartmentalArchives,
        }
    }

    /// Whether whoever holds it must give a second factor: everybody who sees all members.
    pub fn needs_second_factor(self) -> bool {
        match self {
            Self::Buyer | Self::CoordinatorFinance | Self::Archivist | Self::Administrator => true,
            Self::MemberContact
            | Self::Signatory
            | Self::MemberFinance
            | Self::MemberReader
            | Self::Inspector => false,
        }
    }
}

/// A role and its days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    pub role: Role,
    pub from: NaiveDate,
    /// The first day without it.
    pub to: Option<NaiveDate>,
}

impl Grant {
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|end| day < end)
    }
}

/// The rights that these roles give together.
pub fn rights_of(roles: impl IntoIterator<Item = Role>) -> BTreeSet<Right> {
    roles.into_iter().flat_map(|role| role.rights().iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_role_counts_from_its_first_day_to_the_eve_of_its_end() {
        let grant =
            Grant { role: Role::Signatory, from: day("2026-03-22"), to: Some(day("2026-11-01")) };
        for (on, held) in [
            ("2026-03-21", false),
            ("2026-03-22", true),
            ("2026-10-31", true),
            ("2026-11-01", false),
        ] {
            assert_eq!(grant.holds_on(day(on)), held, "{on}");
        }
        assert!(Grant { to: None, ..grant }.holds_on(day("2040-01-01")));
    }

    #[test]
    fn no_member_role_sees_beyond_its_own_and_no_coordinator_role_signs_for_a_member() {
        let of_all = [R::ReadMembers, R::ReadPurchases, R::Buy, R::KeepInvoices, R::Administer];
        let of_own = [R::ReadOwn, R::SignNeeds, R::ValidateOrders, R::MarkPayments];
        for role in Role::ALL {
            let member = role.fits(OrganisationKind::Commune);
            let refused: &[Right] = if member { &of_all } else { &of_own };
            let given = role.rights();
            assert!(!given.iter().any(|right| refused.contains(right)), "{role}");
        }
    }

    #[test]
    fn the_administrator_writes_nothing_of_the_trade_and_the_inspector_sees_nothing() {
        let trade = [R::Buy, R::KeepInvoices, R::WriteNeeds, R::ValidateOrders];
        assert!(!Role::Administrator.rights().iter().any(|right| trade.contains(right)));
        assert!(Role::Inspector.rights().is_empty());
    }

    #[test]
    fn whoever_sees_all_members_gives_a_second_factor() {
        for role in Role::ALL {
            let sees_all = role.rights().contains(&R::ReadMembers);
            assert_eq!(role.needs_second_factor(), sees_all, "{role}");
        }
    }

    #[test]
    fn the_secretary_who_is_also_finance_has_the_rights_of_both() {
        let rights = rights_of([Role::MemberContact, Role::MemberFinance]);
        assert!(rights.contains(&R::WriteNeeds) && rights.contains(&R::MarkPayments));
        assert!(!rights.contains(&R::ValidateOrders));
    }
}
