//! Consolidating files alone, without a database, so that anyone can redo a result.

use std::collections::BTreeMap;

use domain::catalogue::{ArticleRef, CatalogueEntry};
use domain::group::convention::PackingPolicy;
use domain::tenders::consolidation::{self, Consolidation, ConsolidationError, LotArticle};

use crate::exchange::table::Refused;
use crate::exchange::{catalogue, needs};

/// The calculator takes the needs of one year: which one does not matter.
const ONE_YEAR: i32 = 1;

/// What could be consolidated, and what was refused. Nothing is left out silently: the lines
/// consolidated and the lines refused are all the lines of the needs.
#[derive(Debug)]
pub struct Consolidated {
    pub total: Consolidation,
    /// The labels of the articles, for people.
    pub catalogue: BTreeMap<ArticleRef, CatalogueEntry>,
    /// Lines of the needs.
    pub refused: Vec<Refused>,
}

/// Why there is nothing to consolidate.
#[derive(Debug)]
pub enum Unusable {
    /// Lines of the catalogue: needs are not valued against half a catalogue.
    Catalogue(Vec<Refused>),
    /// The quantities or amounts do not fit.
    Total(ConsolidationError),
}

/// Consolidates the needs of one year at the catalogue's reference prices.
pub fn consolidate_files(
    catalogue: &[u8],
    needs: &[u8],
    packing: PackingPolicy,
) -> Result<Consolidated, Unusable> {
    let read = catalogue::read(catalogue, None);
    if !read.refused.is_empty() {
        return Err(Unusable::Catalogue(read.refused));
    }
    let catalogue: BTreeMap<ArticleRef, CatalogueEntry> =
        read.rows.into_iter().map(|(_, entry)| (entry.reference.clone(), entry)).collect();
    let articles = catalogue
        .values()
        .map(|entry| (entry.reference.clone(), LotArticle::from(entry)))
        .collect();
    let read = needs::read(needs, &catalogue, ONE_YEAR);
    let needs: Vec<_> = read.rows.into_iter().map(|(_, need)| need).collect();
    let total = consolidation::consolidate(packing, &articles, &needs).map_err(Unusable::Total)?;
    Ok(Consolidated { total, catalogue, refused: read.refused })
}
