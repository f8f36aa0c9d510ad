//! Consolidation: the needs of all members, by article and lot.
//!
//! It is what the consultation asks suppliers for and what the estimate is made
//! of. Rows of one delivery point, article and year add up before packs are
//! rounded; an article's amount is rounded once, a lot's VAT once per rate, and the
//! totals are the sums of the lots, so that every figure can be added up again by
//! hand. The order of the needs does not matter.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::{ArticleRef, CatalogueEntry, LotCode, PackSize};
use crate::group::convention::PackingPolicy;
use crate::money::{AmountError, Gross, Net, Vat};
use crate::price::UnitPrice;
use crate::quantity::{Quantity, QuantityError, Unit};
use crate::siret::Siret;
use crate::vat::VatRate;

use super::packing::{self, Ask};

/// Where something is delivered; `site` is empty for a member's only delivery point.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryPoint {
    pub siret: Siret,
    pub site: String,
}

/// What one delivery point asks for of one article in one year. Several may stand for the same: they add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    pub point: DeliveryPoint,
    pub reference: ArticleRef,
    /// Of the contract or of the calendar: needs of different years are packed apart.
    pub year: i32,
    pub quantity: Quantity,
    pub tolerance: Quantity,
}

/// What consolidation must know of an article, at the price it is valued at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotArticle {
    pub reference: ArticleRef,
    pub lot: LotCode,
    pub unit: Unit,
    pub pack: Option<PackSize>,
    pub vat_rate: VatRate,
    pub unit_price: UnitPrice,
}

/// An article at its reference price.
impl From<&CatalogueEntry> for LotArticle {
    fn from(entry: &CatalogueEntry) -> Self {
        Self {
            reference: entry.reference.clone(),
            lot: entry.lot.clone(),
            unit: entry.terms.unit,
            pack: entry.terms.pack,
            vat_rate: entry.terms.vat_rate,
            unit_price: entry.terms.reference_price,
        }
    }
}

/// What one delivery point needs and gets of an article, over the years consolidated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    pub point: DeliveryPoint,
    pub needed: Quantity,
    pub ordered: Quantity,
}

/// One article of all members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleTotal {
    pub article: LotArticle,
    /// How many members asked for it, whatever their number of delivery points.
    pub members: usize,
    pub needed: Quantity,
    pub ordered: Quantity,
    /// `None` for what is measured.
    pub packs: Option<u64>,
    /// Ordered beyond the needs of each year, added up.
    pub surplus: Quantity,
    /// Needed and not ordered in each year, added up.
    pub unserved: Quantity,
    /// Ordered × unit price, rounded half-up once.
    pub net: Net,
    /// In ascending order of SIRET and site.
    pub shares: Vec<Share>,
}

/// One lot of all members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotTotal {
    pub lot: LotCode,
    pub articles: usize,
    pub members: usize,
    pub net: Net,
    /// The tax of each rate, rounded once.
    pub vat_by_rate: BTreeMap<VatRate, Vat>,
    pub vat: Vat,
    pub gross: Gross,
}

/// The needs of all members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consolidation {
    /// By lot, then reference.
    pub articles: Vec<ArticleTotal>,
    pub lots: Vec<LotTotal>,
    pub members: usize,
    /// The rows of needs that were consolidated.
    pub lines: usize,
    pub net: Net,
    pub vat: Vat,
    pub gross: Gross,
}

/// Why needs cannot be consolidated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConsolidationError {
    #[error("{0} is not in the catalogue")]
    UnknownArticle(ArticleRef),
    #[error("the quantities of {0} cannot be added up")]
    Quantity(ArticleRef, #[source] QuantityError),
    #[error("the amount of {0} is out of range")]
    Amount(ArticleRef, #[source] AmountError),
    #[error("the amount of lot {0} is out of range")]
    LotAmount(LotCode, #[source] AmountError),
    #[error("the total amount is out of range")]
    TotalAmount(#[source] AmountError),
}

impl ConsolidationError {
    pub fn for_the_reader(&self) -> String {
        match self {
            Self::UnknownArticle(reference) => {
                format!("La référence « {reference} » n’est pas au catalogue.")
            }
            Self::Quantity(reference, _) => format!(
                "Les quantités de l’article « {reference} » sont trop grandes pour être \
                 additionnées : vérifiez les besoins."
            ),
            Self::Amount(reference, _) => format!(
                "Le montant de l’article « {reference} » est trop grand : vérifiez les besoins."
            ),
            Self::LotAmount(lot, _) => {
                format!("Le montant du lot {lot} est trop grand : vérifiez les besoins.")
            }
            Self::TotalAmount(_) => {
                "Le montant total est trop grand : vérifiez les besoins.".into()
            }
        }
    }
}

/// The asks of one article: by year, then by delivery point.
type Asks = BTreeMap<i32, BTreeMap<DeliveryPoint, Ask>>;

/// Consolidates `needs` at the prices of `articles`, whole packs by `policy`.
pub fn consolidate(
    policy: PackingPolicy,
    articles: &BTreeMap<ArticleRef, LotArticle>,
    needs: &[Need],
) -> Result<Consolidation, ConsolidationError> {
    let mut asked: BTreeMap<&ArticleRef, Asks> = BTreeMap::new();
    for need in needs {
        let years = asked.entry(&need.reference).or_default();
        let ask = years
            .entry(need.year)
            .or_default()
            .entry(need.point.clone())
            .or_insert(Ask { needed: Quantity::ZERO, tolerance: Quantity::ZERO });
        let added = |error| ConsolidationError::Quantity(need.reference.clone(), error);
        ask.needed = ask.needed.plus(need.quantity).map_err(added)?;
        ask.tolerance = ask.tolerance.plus(need.tolerance).map_err(added)?;
    }
    let mut totals = Vec::with_capacity(asked.len());
    for (reference, years) in asked {
        let article = articles
            .get(reference)
            .ok_or_else(|| ConsolidationError::UnknownArticle(reference.clone()))?;
        totals.push(article_total(policy, article, years)?);
    }
    totals.sort_by(|a, b| {
        let key =
            |total: &ArticleTotal| (total.article.lot.clone(), total.article.reference.clone());
        key(a).cmp(&key(b))
    });
    let lots = totals
        .chunk_by(|a, b| a.article.lot == b.article.lot)
        .map(|of_one_lot| {
            lot_total(of_one_lot).map_err(|error| {
                ConsolidationError::LotAmount(of_one_lot[0].article.lot.clone(), error)
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let outside = ConsolidationError::TotalAmount;
    Ok(Consolidation {
        members: needs.iter().map(|need| &need.point.siret).collect::<BTreeSet<_>>().len(),
        lines: needs.len(),
        net: Net::sum(lots.iter().map(|lot| lot.net)).map_err(outside)?,
        vat: Vat::sum(lots.iter().map(|lot| lot.vat)).map_err(outside)?,
        gross: Gross::sum(lots.iter().map(|lot| lot.gross)).map_err(outside)?,
        articles: totals,
        lots,
    })
}

fn article_total(
    policy: PackingPolicy,
    article: &LotArticle,
    years: Asks,
) -> Result<ArticleTotal, ConsolidationError> {
    let uncounted = |error| ConsolidationError::Quantity(article.reference.clone(), error);
    let [mut needed, mut ordered, mut surplus, mut unserved] = [Quantity::ZERO; 4];
    let mut packs = article.pack.map(|_| 0_u64);
    let mut shares: BTreeMap<DeliveryPoint, (Quantity, Quantity)> = BTreeMap::new();
    for points in years.into_values() {
        let asks: Vec<Ask> = points.values().copied().collect();
        let packed = packing::pack(policy, article.pack, &asks).map_err(uncounted)?;
        needed = needed.plus(packed.needed).map_err(uncounted)?;
        ordered = ordered.plus(packed.ordered).map_err(uncounted)?;
        surplus = surplus.plus(packed.surplus()).map_err(uncounted)?;
        unserved = unserved.plus(packed.unserved()).map_err(uncounted)?;
        packs = packs.zip(packed.packs).and_then(|(all, more)| all.checked_add(more));
        for ((point, ask), share) in points.into_iter().zip(packed.shares) {
            let (needs, gets) = shares.entry(point).or_default();
            *needs = needs.plus(ask.needed).map_err(uncounted)?;
            *gets = gets.plus(share).map_err(uncounted)?;
        }
    }
    let net = article
        .unit_price
        .times(ordered)
        .map_err(|error| ConsolidationError::Amount(article.reference.clone(), error))?;
    Ok(ArticleTotal {
        article: article.clone(),
        members: shares.keys().map(|point| &point.siret).collect::<BTreeSet<_>>().len(),
        needed,
        ordered,
        packs,
        surplus,
        unserved,
        net,
        shares: shares
            .into_iter()
            .map(|(point, (needed, ordered))| Share { point, needed, ordered })
            .collect(),
    })
}

fn lot_total(articles: &[ArticleTotal]) -> Result<LotTotal, AmountError> {
    let mut bases: BTreeMap<VatRate, Net> = BTreeMap::new();
    for total in articles {
        let base = bases.entry(total.article.vat_rate).or_default();
        *base = base.plus(total.net)?;
    }
    let vat_by_rate = bases
        .iter()
        .map(|(rate, base)| rate.on(*base).map(|vat| (*rate, vat)))
        .collect::<Result<BTreeMap<_, _>, _>>()?;
    let net = Net::sum(bases.into_values())?;
    let vat = Vat::sum(vat_by_rate.values().copied())?;
    let members: BTreeSet<&Siret> =
        articles.iter().flat_map(|total| total.shares.iter().map(|s| &s.point.siret)).collect();
    Ok(LotTotal {
        lot: articles[0].article.lot.clone(),
        articles: articles.len(),
        members: members.len(),
        net,
        vat_by_rate,
        vat,
        gross: net.with(vat)?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ARRAS: &str = "21620041000019";
    const LENS: &str = "21620498200013";

    fn catalogue() -> BTreeMap<ArticleRef, LotArticle> {
        let article = |reference: &str, lot: &str, unit: Unit, size: u32, rate, price: &str| {
            let article = LotArticle {
                reference: reference.parse().unwrap(),
                lot: lot.parse().unwrap(),
                unit,
                pack: PackSize::new(size).ok(),
                vat_rate: VatRate::from_basis_points(rate).unwrap(),
                unit_price: UnitPrice::scheduled(price.parse().unwrap()).unwrap(),
            };
            (article.reference.clone(), article)
        };
        BTreeMap::from([
            article("BOI-001", "1", Unit::Piece, 50, 2000, "0.89"),
            article("BOI-056", "1", Unit::Piece, 1, 550, "19.00"),
            article("RAY-022", "2", Unit::Metre, 0, 2000, "9.995"),
        ])
    }

    fn need(siret: &str, site: &str, reference: &str, year: i32, quantity: &str) -> Need {
        Need {
            point: DeliveryPoint { siret: siret.parse().unwrap(), site: site.into() },
            reference: reference.parse().unwrap(),
            year,
            quantity: Quantity::parse(quantity).unwrap(),
            tolerance: Quantity::ZERO,
        }
    }

    fn of(needs: &[Need]) -> Consolidation {
        consolidate(PackingPolicy::Site, &catalogue(), needs).unwrap()
    }

    #[test]
    fn rows_of_one_delivery_point_add_up_before_packs_are_rounded() {
        let total = of(&[
            need(ARRAS, "", "BOI-001", 1, "20"),
            need(ARRAS, "", "BOI-001", 1, "17"),
            need(ARRAS, "annexe", "BOI-001", 1, "3"),
            need(LENS, "", "BOI-001", 1, "50"),
        ]);
        let boxes = &total.articles[0];
        assert_eq!((boxes.members, total.lines, boxes.shares.len()), (2, 4, 3));
        assert_eq!(boxes.ordered, Quantity::whole(150), "50 + 50 for the annexe + 50");
        assert_eq!((boxes.packs, boxes.surplus), (Some(3), Quantity::whole(60)));
        assert_eq!(boxes.net.machine(), "133.50");
    }

    #[test]
    fn rule_12_each_year_has_its_own_packs() {
        let years: Vec<Need> = (1..=4).map(|year| need(ARRAS, "", "BOI-001", year, "37")).collect();
        assert_eq!(of(&years).articles[0].ordered, Quantity::whole(200), "not 150, 4 × 37 at once");
    }

    #[test]
    fn rule_16_the_tax_of_a_lot_is_rounded_once_for_each_rate() {
        let total = of(&[
            need(ARRAS, "", "BOI-001", 1, "50"),
            need(ARRAS, "", "BOI-056", 1, "3"),
            need(LENS, "", "RAY-022", 1, "12.4"),
        ]);
        let [first, second] = total.lots.as_slice() else { panic!("two lots") };
        let taxes: Vec<(String, String)> =
            first.vat_by_rate.iter().map(|(rate, vat)| (rate.machine(), vat.machine())).collect();
        assert_eq!(taxes, [("5.50".into(), "3.14".into()), ("20.00".into(), "8.90".into())]);
        assert_eq!(
            (first.net.machine(), first.gross.machine()),
            ("101.50".into(), "113.54".into())
        );
        assert_eq!(total.articles[2].net.machine(), "123.94", "12.4 × 9.995 = 123.938");
        assert_eq!((second.articles, second.members), (1, 1));
        assert_eq!(total.gross, first.gross.plus(second.gross).unwrap());
    }

    #[test]
    fn an_article_that_nobody_knows_is_an_error() {
        let needs = [need(ARRAS, "", "XXX-1", 1, "1")];
        let refused = consolidate(PackingPolicy::Site, &catalogue(), &needs);
        assert_eq!(refused, Err(ConsolidationError::UnknownArticle("XXX-1".parse().unwrap())));
    }

    #[test]
    fn nothing_needed_is_nothing_ordered() {
        let total = of(&[]);
        assert!(total.articles.is_empty() && total.lots.is_empty());
        assert_eq!((total.members, total.gross), (0, Gross::ZERO));
    }

    proptest! {
        #[test]
        fn the_order_of_the_needs_does_not_matter(
            rows in prop::collection::vec((0..2_usize, 0..3_usize, 0..2_usize, 1..4_i32, 0..400_u32, 0..20_u32), 1..30),
            rotation in 0..30_usize,
        ) {
            let mut needs: Vec<Need> = rows.into_iter().map(|(who, site, what, year, units, tolerance)| {
                let mut line = need([ARRAS, LENS][who], ["", "mairie", "annexe"][site], ["BOI-001", "RAY-022"][what], year, "0");
                (line.quantity, line.tolerance) = (Quantity::whole(units), Quantity::whole(tolerance));
                line
            }).collect();
            for policy in PackingPolicy::ALL {
                let before = consolidate(*policy, &catalogue(), &needs);
                let middle = rotation % needs.len();
                needs.rotate_left(middle);
                needs.reverse();
                prop_assert_eq!(before, consolidate(*policy, &catalogue(), &needs));
            }
        }
    }
}
