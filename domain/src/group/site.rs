//! Delivery points: where a member's goods are brought, and what the driver must know.

use crate::group::address::PostalAddress;
use crate::ids::{ContactId, OrganisationId};

/// What the driver must know before leaving.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// `lundi au vendredi, 9 h – 12 h`.
    pub hours: String,
    /// Floor, stairs, lift, height, lorry: as the member wrote it.
    pub constraints: String,
}

/// One delivery point of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryPoint {
    pub organisation: OrganisationId,
    pub name: String,
    pub address: PostalAddress,
    pub access: Access,
    /// Whom the driver calls.
    pub contact: Option<ContactId>,
    /// A point no longer used stays for past papers.
    pub retired: bool,
}
