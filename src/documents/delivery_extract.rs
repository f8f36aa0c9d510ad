//! The delivery extract (model C): what one member will receive of the coordinator's order.
//!
//! No prices and no payment: the member checks its delivery against it and pays nothing
//! before the coordinator's payment notice.

use chrono::NaiveDate;

use super::parties::{ContractRef, ConventionRef, DeliveryPoint, Letterhead, Member, Party};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryExtract {
    pub letterhead: Letterhead,
    /// The number of this extract, « 2026-0042/017 ».
    pub number: String,
    pub issued_on: NaiveDate,
    /// The coordinator's order, which the delivery note must quote.
    pub order_number: String,
    pub order_issued_on: NaiveDate,
    pub contract: ContractRef,
    pub convention: ConventionRef,
    pub holder: Party,
    pub member: Member,
    /// Each with its goods.
    pub points: Vec<DeliveryPoint>,
}
