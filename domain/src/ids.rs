//! An identifier has the type of its table, so that two cannot be swapped.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

typed_ids!(
    /// An organisation: member, coordinator, supplier, departmental archives.
    OrganisationId,
    /// A founding agreement (convention constitutive, L2113-7 CCP).
    ConventionId,
    MembershipId,
    /// A delivery point of an organisation.
    SiteId,
    ContactId,
    ArticleId,
    /// An article as it was from a given day on.
    ArticleVersionId,
    /// A needs census.
    CampaignId,
    /// What one member asks for at one delivery point in one census.
    NeedSheetId,
    /// A purchasing procedure (consultation).
    ProcedureId,
    /// A lot of the convention: what is awarded on its own (L2113-10 CCP).
    LotId,
    /// That lot in one procedure.
    TenderLotId,
    BidId,
    /// A framework contract with one holder.
    ContractId,
    /// A dated price schedule (BPU) of a contract.
    PriceScheduleId,
    OrderWindowId,
    OrderId,
    OrderLineId,
    DeliveryId,
    InvoiceId,
    AllocationId,
    PaperId,
    /// Somebody who signs in.
    PersonId,
    /// A file that somebody added.
    AttachmentId,
    JobId,
    MailId,
);
