//! The purchase order (bon de commande): the written commitment that R2162-13 CCP asks for.
//!
//! A member's own order in models A and B, the coordinator's one order in model C. It
//! carries what the holder must quote (order number, D2192-2 CCP), what Chorus Pro will
//! want (SIRET, service code, commitment number), where to deliver, and what it consumes
//! of the framework contract.

use chrono::NaiveDate;
use domain::money::{Gross, Net, Vat};
use domain::price::UnitPrice;
use domain::quantity::Quantity;
use domain::vat::VatRate;

use super::parties::{
    Buyer, ContractRef, ConventionRef, DeliveryPoint, Letterhead, Packs, Party, Signatory,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchaseOrder {
    pub letterhead: Letterhead,
    /// Unique; the holder's invoice quotes it (BT-13).
    pub number: String,
    pub issued_on: NaiveDate,
    /// `None` for the order itself.
    pub amendment: Option<Amendment>,
    pub contract: ContractRef,
    pub convention: ConventionRef,
    pub coordinator: Party,
    pub committed_by: Committer,
    pub buyer: Buyer,
    pub holder: Party,
    pub prices: PriceState,
    pub lines: Vec<OrderLine>,
    pub freight: Freight,
    /// One row a rate, freight included.
    pub vat: Vec<OrderVat>,
    /// Lines and freight.
    pub net: Net,
    pub vat_total: Vat,
    pub gross: Gross,
    pub points: Vec<DeliveryPoint>,
    /// « 6064 · fonctionnement »; optional, for the buyer's own accounts.
    pub budget_account: Option<String>,
    pub signatory: Signatory,
    pub gauge: Gauge,
}

/// Who commits (models of coordination A, B and C).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committer {
    /// A and B: the member orders and pays for itself.
    Member,
    /// C: the coordinator orders in the name of `members` members and shares the invoice.
    Coordinator { members: usize },
}

/// A numbered change of an order that has been issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    pub number: u32,
    pub decided_on: NaiveDate,
    pub reason: String,
}

/// The dated price schedule that the order was made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceState {
    /// « bordereau des prix n° 2 ».
    pub schedule: String,
    pub in_force_from: NaiveDate,
    /// « révisés : indice … 118,9 / 112,4, coefficient 1,050 »; `None` for initial prices.
    pub revision: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLine {
    pub reference: String,
    pub designation: String,
    /// Tier applied, thickness measured…: a small line under the designation.
    pub note: Option<String>,
    pub quantity: Quantity,
    /// As printed: « unité », « paquet de 100 ».
    pub unit: String,
    /// `None` where the unit takes decimals.
    pub packs: Option<Packs>,
    pub unit_price: UnitPrice,
    pub vat_rate: VatRate,
    /// Quantity × unit price, rounded once.
    pub net: Net,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Freight {
    /// The contract's prices include delivery.
    Included,
    /// The free-delivery amount (franco) is reached.
    FrancoReached { from: Net },
    /// Charged, below the free-delivery amount if there is one.
    Charged { amount: Net, vat_rate: VatRate, franco: Option<Net> },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderVat {
    pub rate: VatRate,
    pub base: Net,
    pub tax: Vat,
    /// « TVA non applicable, art. 293 B du CGI », of a holder under franchise.
    pub exemption: Option<String>,
}

/// What the contract's orders come to, without VAT, against its ceiling (R2162-4 CCP).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gauge {
    pub ceiling: Net,
    /// Before this order.
    pub before: Net,
    /// With this order.
    pub after: Net,
}
