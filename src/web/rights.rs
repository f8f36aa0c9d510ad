//! Rights as types, so that a handler's signature says what it asks for: `who: May<ReadOwn>`.

use domain::platform::role::Right;

/// The right that an extractor proves.
pub(crate) trait Needed {
    const RIGHT: Right;
}

macro_rules! markers {
    ($($name:ident),+ $(,)?) => {$(
        pub(crate) struct $name;

        impl Needed for $name {
            const RIGHT: Right = Right::$name;
        }
    )+};
}

markers!(
    ReadOwn,
    WriteNeeds,
    SignNeeds,
    AdjustOrders,
    ValidateOrders,
    ReceiveDeliveries,
    KeepAccounts,
    UploadInvoices,
    MarkPayments,
    ManageSites,
    ManageTeam,
    ReadMembers,
    ReadPurchases,
    Buy,
    KeepInvoices,
    ManagePeople,
    Administer,
);
