//! Organisations and their people, conventions and who adhered.

mod adhesions;
mod contacts;
mod conventions;
mod desk;
mod memberships;
mod merge;
mod organisations;
mod sirets;
mod sites;
mod values;

pub use adhesions::{MemberOf, adhesions_of};
pub use contacts::{
    add_contacts, add_delegations, change_contact, contacts, delegations, end_delegations,
    remove_contact,
};
pub use conventions::{
    NamedLot, NewLot, StoredConvention, add_convention, convention, convention_ids, has_convention,
};
pub use desk::{
    Coded, DeskInvoice, DeskMember, DeskMembership, DeskPaper, DeskSheet, Identity, MemberFilter,
    by_codes, desk_members, epcis, identity, invoices_of, memberships_of, papers_of,
    papers_of_order, papers_of_window, sheets_of,
};
pub use memberships::{
    MembershipFigures, add_memberships, membership_figures, memberships, move_membership,
};
pub use merge::{
    LivingSheet, Standing, add_lots, copy_roles, living_sheets, move_draft_shares, move_sheet,
    name_site_contact, retire_sites, standing, succeed,
};
pub use organisations::{
    Listed, NewOrganisation, add_organisations, organisation, organisations, organisations_among,
};
pub use sirets::{add_siret, by_siret, confirm_sirets, end_siret};
pub use sites::{add_site, add_sites, change_site, name_site_contacts, sites};
pub(crate) use values::coded;
