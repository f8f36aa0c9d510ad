//! The consolidated lot sheet: what all members need of one lot, for the consultation.
//!
//! Quantities per article and year and where they will be delivered; no prices, since the
//! candidates are to find theirs.

use chrono::NaiveDate;
use domain::quantity::Quantity;

use super::parties::{ConventionRef, Letterhead, LotRef, Member};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotSheet {
    pub letterhead: Letterhead,
    /// The procedure, « 2026-ARC ».
    pub procedure_reference: String,
    pub procedure_title: String,
    pub lot: LotRef,
    pub convention: ConventionRef,
    /// « Recensement des besoins 2027-2030 ».
    pub census_title: String,
    pub established_on: NaiveDate,
    pub years: Vec<i32>,
    /// Members with a need in this lot.
    pub members: usize,
    /// How quantities were rounded to packs, in one sentence.
    pub packing: String,
    pub articles: Vec<LotArticle>,
    pub points: Vec<LotPoint>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotArticle {
    pub reference: String,
    pub designation: String,
    /// Specification; `None` prints nothing.
    pub specification: Option<String>,
    /// « NF EN ISO 16245 type A ».
    pub standards: Option<String>,
    /// « 30193700-5 ».
    pub cpv: Option<String>,
    /// As printed: « unité », « paquet de 100 ».
    pub unit: String,
    /// Units in one pack; `None` where the unit takes decimals.
    pub pack: Option<Quantity>,
    /// Members that need it.
    pub members: usize,
    /// What is to be supplied, one a year of [`LotSheet::years`].
    pub by_year: Vec<Quantity>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotPoint {
    pub member: Member,
    /// « Mairie ».
    pub name: String,
    /// On one line.
    pub address: String,
    pub access: Option<String>,
}
