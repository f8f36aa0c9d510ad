//! The receipt of a member's needs: what it asked for, where, and what it may cost.
//!
//! It commits nobody: an order does. Amounts are estimates at the prices named.

use chrono::NaiveDate;
use domain::money::{Gross, Net, Vat};
use domain::price::UnitPrice;
use domain::quantity::Quantity;
use domain::vat::VatRate;

use super::parties::{BudgetAccount, ConventionRef, Letterhead, Member};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeedsReceipt {
    pub letterhead: Letterhead,
    /// The number of this receipt.
    pub number: String,
    /// « Recensement des besoins 2027-2030 ».
    pub census_title: String,
    pub closes_on: NaiveDate,
    pub convention: ConventionRef,
    pub member: Member,
    pub submitted_on: NaiveDate,
    /// « Mme Legrand, secrétaire de mairie, par le formulaire en ligne ».
    pub submitted_by: String,
    pub years: Vec<i32>,
    /// « prix indicatifs du catalogue au 01/10/2026 ».
    pub price_basis: String,
    /// Empty when the member answered « néant ».
    pub points: Vec<NeedsPoint>,
    /// One a year of `years`.
    pub by_year: Vec<NeedsTotal>,
    pub by_account: Vec<AccountTotal>,
    pub total: NeedsTotal,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeedsPoint {
    pub name: String,
    /// On one line.
    pub address: String,
    pub access: Option<String>,
    pub lines: Vec<NeedsLine>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeedsLine {
    pub reference: String,
    pub designation: String,
    /// As printed: « unité », « paquet de 100 ».
    pub unit: String,
    /// Units in one pack; `None` where the unit takes decimals.
    pub pack: Option<Quantity>,
    /// What was asked for, one a year of [`NeedsReceipt::years`].
    pub needed: Vec<Quantity>,
    /// Rounded up to whole packs year by year, all years.
    pub ordered: Quantity,
    /// All years; `None` where the unit takes decimals.
    pub packs: Option<u64>,
    pub unit_price: UnitPrice,
    pub vat_rate: VatRate,
    /// All years.
    pub net: Net,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NeedsTotal {
    pub net: Net,
    pub vat: Vat,
    pub gross: Gross,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountTotal {
    pub account: BudgetAccount,
    pub total: NeedsTotal,
}
