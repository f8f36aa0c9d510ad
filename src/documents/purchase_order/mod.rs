//! The purchase order (bon de commande): the written commitment that R2162-13 CCP asks for.
//!
//! A member's own order in models A and B, the coordinator's one order in model C. It
//! carries what the holder must quote (order number, D2192-2 CCP), what Chorus Pro will
//! want (SIRET, service code, commitment number), where to deliver, and what it consumes
//! of the framework contract.

mod page;

use chrono::NaiveDate;
use domain::money::{Gross, Net, Vat};
use domain::price::UnitPrice;
use domain::quantity::Quantity;
use domain::vat::VatRate;

pub use page::render;

use super::error::PaperError;
use super::parties::{
    Buyer, ContractRef, ConventionRef, DeliveryPoint, Letterhead, Packs, Party, Signatory,
};
use super::parts;

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
    pub terms: ContractTerms,
}

/// Who commits (models of coordination A, B and C).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committer {
    /// A and B: the member orders and pays for itself.
    Member,
    /// C: the coordinator orders in the name of `members` members and shares the invoice.
    Coordinator { members: usize },
}

/// What the contract says of lateness and remarks: dated figures of its CCAG or its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractTerms {
    /// « CCAG-FCS 2021 »: the general conditions the contract refers to.
    pub general_conditions: String,
    /// Days the holder has to comment on an order.
    pub remark_days: u32,
    /// Late penalty: value of the late goods × days ÷ this (1 000).
    pub penalty_divisor: u32,
    /// The most penalties can come to, in percent of the order (10).
    pub penalty_cap_percent: u32,
    /// No penalty while the contract's come to no more than this.
    pub penalty_exempt_up_to: Net,
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

impl PurchaseOrder {
    fn check(&self) -> Result<(), PaperError> {
        let lines = self.lines.iter().map(|line| line.net);
        let net = Net::sum(lines.chain([self.freight.amount()]));
        parts::adds_up("le total HT", self.net.0, net.map(|net| net.0))?;
        let bases = Net::sum(self.vat.iter().map(|row| row.base));
        parts::adds_up("la somme des bases de TVA", self.net.0, bases.map(|net| net.0))?;
        let taxes = Vat::sum(self.vat.iter().map(|row| row.tax));
        parts::adds_up("le total de TVA", self.vat_total.0, taxes.map(|vat| vat.0))?;
        let gross = self.net.with(self.vat_total);
        parts::adds_up("le total TTC", self.gross.0, gross.map(|gross| gross.0))?;
        if self.amendment.is_none() {
            let after = self.gauge.before.plus(self.net);
            parts::adds_up("le montant engagé", self.gauge.after.0, after.map(|net| net.0))?;
        }
        Ok(())
    }
}

impl Freight {
    fn amount(&self) -> Net {
        match self {
            Self::Included | Self::FrancoReached { .. } => Net::ZERO,
            Self::Charged { amount, .. } => *amount,
        }
    }
}
