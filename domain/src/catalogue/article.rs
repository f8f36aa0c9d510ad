//! Articles and their dated versions.
//!
//! An article keeps its reference for life; what changes (label, pack, VAT rate,
//! price…) stands in versions, each in force from a day on. An order keeps the
//! version it was made with, so versions are only ever added and an article is
//! retired, never deleted.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::cpv::Cpv;
use crate::price::UnitPrice;
use crate::quantity::{Quantity, QuantityError, Unit};
use crate::vat::VatRate;

/// Why an article or a change of it is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArticleError {
    #[error("{0:?} is not an article reference")]
    Reference(String),
    #[error("{0:?} is not a lot")]
    Lot(String),
    #[error("a pack holds at least one unit")]
    EmptyPack,
    #[error("{reference}: a version of {from} would not be the last, {last} is later or the same")]
    NotTheLast { reference: ArticleRef, from: NaiveDate, last: NaiveDate },
    #[error("{reference} is retired since {since}")]
    Retired { reference: ArticleRef, since: NaiveDate },
}

/// The reference of an article, in its one spelling: `boi_001` and `BOI 001` are `BOI-001`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ArticleRef(String);

impl ArticleRef {
    /// The longest one; they are printed in a narrow column.
    pub const MAX: usize = 30;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ArticleRef {
    type Err = ArticleError;

    fn from_str(text: &str) -> Result<Self, ArticleError> {
        let spelled: String = text
            .trim()
            .chars()
            .map(|c| if c.is_whitespace() || c == '_' { '-' } else { c.to_ascii_uppercase() })
            .collect();
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '/');
        if spelled.is_empty() || spelled.len() > Self::MAX || !spelled.chars().all(allowed) {
            return Err(ArticleError::Reference(text.to_owned()));
        }
        Ok(Self(spelled))
    }
}

impl TryFrom<String> for ArticleRef {
    type Error = ArticleError;

    fn try_from(text: String) -> Result<Self, ArticleError> {
        text.parse()
    }
}

impl From<ArticleRef> for String {
    fn from(reference: ArticleRef) -> Self {
        reference.0
    }
}

impl fmt::Display for ArticleRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a lot is called in the catalogue and on papers: `1`. Lot 2 comes before lot 10.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LotCode(String);

impl LotCode {
    pub const MAX: usize = 10;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LotCode {
    type Err = ArticleError;

    fn from_str(text: &str) -> Result<Self, ArticleError> {
        let bare = text.trim();
        let plain = bare.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if bare.is_empty() || bare.len() > Self::MAX || !plain {
            return Err(ArticleError::Lot(text.to_owned()));
        }
        Ok(Self(bare.to_owned()))
    }
}

impl TryFrom<String> for LotCode {
    type Error = ArticleError;

    fn try_from(text: String) -> Result<Self, ArticleError> {
        text.parse()
    }
}

impl From<LotCode> for String {
    fn from(lot: LotCode) -> Self {
        lot.0
    }
}

impl Ord for LotCode {
    fn cmp(&self, other: &Self) -> Ordering {
        let number = |lot: &Self| lot.0.parse::<u64>().unwrap_or(u64::MAX);
        number(self).cmp(&number(other)).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for LotCode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for LotCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How many units a pack (conditionnement) holds; never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PackSize(u32);

impl PackSize {
    pub fn new(units: u32) -> Result<Self, ArticleError> {
        if units == 0 { Err(ArticleError::EmptyPack) } else { Ok(Self(units)) }
    }

    pub fn units(self) -> u32 {
        self.0
    }
}

/// What can change of an article from one version to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleTerms {
    pub label: String,
    pub unit: Unit,
    /// The unit as the catalogue words it: `paquet de 100`.
    pub unit_label: String,
    /// Whether it is measured (`ml`, `m²`) rather than counted.
    pub takes_decimals: bool,
    /// `None` exactly for what is measured: such a unit has no pack.
    pub pack: Option<PackSize>,
    pub cpv: Cpv,
    pub vat_rate: VatRate,
    pub specification: String,
    pub standards: String,
    /// Before VAT, what a need is valued at until a contract sets a price.
    pub reference_price: UnitPrice,
}

impl ArticleTerms {
    /// `quantity`, refused when the article is counted and it is not whole.
    pub fn accept(&self, quantity: Quantity) -> Result<Quantity, QuantityError> {
        if self.takes_decimals || quantity.is_whole() {
            Ok(quantity)
        } else {
            Err(QuantityError::NotWhole(quantity.machine(), self.unit.french()))
        }
    }
}

/// One line of a catalogue: an article as it is at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueEntry {
    pub reference: ArticleRef,
    pub lot: LotCode,
    /// `boites`, `rayonnages`, `reliures`.
    pub family: String,
    pub sub_family: String,
    pub terms: ArticleTerms,
}

/// The terms of an article in force from a day on, until the next version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleVersion {
    pub from: NaiveDate,
    pub terms: ArticleTerms,
}

/// An article through time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    pub reference: ArticleRef,
    pub lot: LotCode,
    pub family: String,
    pub sub_family: String,
    /// In ascending order of days, never two of one day.
    versions: Vec<ArticleVersion>,
    retired_from: Option<NaiveDate>,
}

impl Article {
    /// A new article, in force from `from` on.
    pub fn new(entry: CatalogueEntry, from: NaiveDate) -> Self {
        Self {
            reference: entry.reference,
            lot: entry.lot,
            family: entry.family,
            sub_family: entry.sub_family,
            versions: vec![ArticleVersion { from, terms: entry.terms }],
            retired_from: None,
        }
    }

    /// An article as it was stored; its versions are put in order.
    ///
    /// # Errors
    ///
    /// [`ArticleError::NotTheLast`] when two versions begin on one day.
    pub fn stored(
        reference: ArticleRef,
        lot: LotCode,
        (family, sub_family): (String, String),
        mut versions: Vec<ArticleVersion>,
        retired_from: Option<NaiveDate>,
    ) -> Result<Self, ArticleError> {
        versions.sort_by_key(|version| version.from);
        if let Some(pair) = versions.windows(2).find(|pair| pair[0].from == pair[1].from) {
            let (last, from) = (pair[0].from, pair[1].from);
            return Err(ArticleError::NotTheLast { reference, from, last });
        }
        Ok(Self { reference, lot, family, sub_family, versions, retired_from })
    }

    pub fn versions(&self) -> &[ArticleVersion] {
        &self.versions
    }

    /// The first day it can no longer be asked for.
    pub fn retired_from(&self) -> Option<NaiveDate> {
        self.retired_from
    }

    /// Adds a version; versions of the past are never rewritten.
    ///
    /// # Errors
    ///
    /// [`ArticleError::NotTheLast`] unless `from` is after every other version,
    /// [`ArticleError::Retired`] when nobody could order it any more.
    pub fn revise(&mut self, terms: ArticleTerms, from: NaiveDate) -> Result<(), ArticleError> {
        if let Some(since) = self.retired_from.filter(|since| *since <= from) {
            return Err(ArticleError::Retired { reference: self.reference.clone(), since });
        }
        if let Some(last) = self.versions.last().map(|version| version.from)
            && from <= last
        {
            let reference = self.reference.clone();
            return Err(ArticleError::NotTheLast { reference, from, last });
        }
        self.versions.push(ArticleVersion { from, terms });
        Ok(())
    }

    /// From `day` on it can no longer be asked for; what was ordered keeps its version.
    pub fn retire(&mut self, day: NaiveDate) {
        self.retired_from = Some(self.retired_from.map_or(day, |known| known.min(day)));
    }

    /// The version in force on `day`, also of a retired article: papers of the past need it.
    pub fn in_force_on(&self, day: NaiveDate) -> Option<&ArticleVersion> {
        self.versions.iter().rev().find(|version| version.from <= day)
    }

    /// The version with which it can be asked for on `day`; `None` before its first version
    /// and once retired.
    pub fn on_offer(&self, day: NaiveDate) -> Option<&ArticleVersion> {
        let retired = self.retired_from.is_some_and(|since| since <= day);
        if retired { None } else { self.in_force_on(day) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn terms(price: &str) -> ArticleTerms {
        ArticleTerms {
            label: "Boîte dos 10 cm".into(),
            unit: Unit::Piece,
            unit_label: "unité".into(),
            takes_decimals: false,
            pack: Some(PackSize::new(25).unwrap()),
            cpv: Cpv::stored("30193700-5").unwrap(),
            vat_rate: VatRate::from_basis_points(2000).unwrap(),
            specification: String::new(),
            standards: "ISO 16245".into(),
            reference_price: UnitPrice::scheduled(price.parse().unwrap()).unwrap(),
        }
    }

    fn article() -> Article {
        let entry = CatalogueEntry {
            reference: "BOI-012".parse().unwrap(),
            lot: "1".parse().unwrap(),
            family: "boites".into(),
            sub_family: "boites_conservation".into(),
            terms: terms("3.50"),
        };
        Article::new(entry, day("2026-01-01"))
    }

    #[test]
    fn a_reference_has_one_spelling() {
        for text in ["BOI-001", " boi-001 ", "boi_001", "BOI 001"] {
            assert_eq!(text.parse::<ArticleRef>().unwrap().as_str(), "BOI-001", "{text:?}");
        }
        for text in ["", "  ", "BOI;001", "=1+1", "BOÎ-1", "X".repeat(31).as_str()] {
            assert!(text.parse::<ArticleRef>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn lot_2_comes_before_lot_10_and_named_lots_after() {
        let mut lots: Vec<LotCode> =
            ["10", "2", "B", "1"].into_iter().map(|text| text.parse().unwrap()).collect();
        lots.sort();
        let names: Vec<&str> = lots.iter().map(LotCode::as_str).collect();
        assert_eq!(names, ["1", "2", "10", "B"]);
    }

    #[test]
    fn the_version_of_a_day_is_the_last_that_began() {
        let mut article = article();
        article.revise(terms("3.80"), day("2027-01-01")).unwrap();
        let price =
            |text| article.in_force_on(day(text)).map(|v| v.terms.reference_price.machine());
        assert_eq!(price("2025-12-31"), None);
        assert_eq!(price("2026-12-31").as_deref(), Some("3.5"));
        assert_eq!(price("2027-01-01").as_deref(), Some("3.8"));
    }

    #[test]
    fn the_past_is_not_rewritten() {
        let mut article = article();
        article.revise(terms("3.80"), day("2027-01-01")).unwrap();
        for from in ["2026-06-01", "2027-01-01"] {
            let refused = article.revise(terms("1.00"), day(from));
            assert!(matches!(refused, Err(ArticleError::NotTheLast { .. })), "{from}");
        }
        assert_eq!(article.versions().len(), 2);
    }

    #[test]
    fn a_retired_article_is_still_there_for_the_papers_of_the_past() {
        let mut article = article();
        article.retire(day("2026-07-01"));
        assert!(article.on_offer(day("2026-06-30")).is_some());
        assert!(article.on_offer(day("2026-07-01")).is_none());
        assert!(article.in_force_on(day("2026-12-31")).is_some());
        article.retire(day("2026-09-01"));
        assert_eq!(article.retired_from(), Some(day("2026-07-01")), "it retires once");
        let revised = article.revise(terms("4.00"), day("2026-08-01"));
        assert!(matches!(revised, Err(ArticleError::Retired { .. })));
    }

    #[test]
    fn half_a_box_is_refused_and_half_a_metre_is_not() {
        let half = Quantity::parse("0,5").unwrap();
        let mut terms = terms("1");
        assert_eq!(terms.accept(half), Err(QuantityError::NotWhole("0.5".into(), "unité")));
        (terms.unit, terms.takes_decimals, terms.pack) = (Unit::Metre, true, None);
        assert_eq!(terms.accept(half), Ok(half));
    }
}
