//! Organisations and their people, conventions and who adhered.

mod contacts;
mod conventions;
mod desk;
mod memberships;
mod organisations;
mod sirets;
mod sites;
mod values;

pub use contacts::{add_contacts, add_delegations, contacts, delegations};
pub use conventions::{
    NamedLot, NewLot, StoredConvention, add_convention, convention, convention_ids,
};
pub use desk::{
    DeskInvoice, DeskMember, DeskMembership, DeskPaper, DeskSheet, Identity, MemberFilter,
    desk_members, epcis, identity, invoices_of, memberships_of, papers_of, papers_of_order,
    papers_of_window, sheets_of,
};
pub use memberships::{add_memberships, memberships, move_membership};
pub use organisations::{
    Listed, NewOrganisation, add_organisations, organisation, organisations, organisations_among,
};
pub use sirets::{by_siret, confirm_sirets};
pub use sites::{add_sites, name_site_contacts, sites};
pub(crate) use values::coded;
