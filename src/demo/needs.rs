//! What each member says it needs: in proportion to its population, some silent, some « néant ».

use domain::catalogue::CatalogueEntry;
use domain::quantity::Quantity;
use rust_decimal::Decimal;

use super::chance::Chance;

/// What a member answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply {
    Silent,
    Nothing,
    /// For each article wanted, its place in the catalogue and the quantity of each year.
    Wants(Vec<Want>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Want {
    pub(super) article: usize,
    pub(super) by_year: Vec<Quantity>,
    pub(super) tolerance: Quantity,
}

/// The reply of one member to one census of `years` years.
pub(super) fn reply(
    siren: &str,
    population: u32,
    census: &str,
    years: usize,
    catalogue: &[CatalogueEntry],
) -> Reply {
    let mut chance = Chance::of(siren, census);
    match chance.between(1, 100) {
        1..=8 => return Reply::Silent,
        9..=15 => return Reply::Nothing,
        _ => {}
    }
    let mut wants = Vec::new();
    // Everybody boxes; few fit out a room; a third has registers to bind.
    for (lot, takes_part, most) in [("1", 100, 6), ("2", 16, 4), ("3", 34, 3)] {
        if !chance.happens(takes_part) {
            continue;
        }
        let of_lot: Vec<usize> = (0..catalogue.len())
            .filter(|index| catalogue.get(*index).is_some_and(|entry| entry.lot.as_str() == lot))
            .collect();
        for _ in 0..chance.between(1, most) {
            let Some(article) = chance.one_of(&of_lot).copied() else { continue };
            let taken = wants.iter().any(|want: &Want| want.article == article);
            if let Some(entry) = catalogue.get(article).filter(|_| !taken) {
                wants.push(want(article, entry, population, years, &mut chance));
            }
        }
    }
    if wants.is_empty() { Reply::Nothing } else { Reply::Wants(wants) }
}

/// A year's quantity is what a thousand inhabitants use of the family, give or take half.
fn want(
    article: usize,
    entry: &CatalogueEntry,
    population: u32,
    years: usize,
    chance: &mut Chance,
) -> Want {
    let pack = entry.terms.pack.map_or(1, domain::catalogue::PackSize::units);
    let per_thousand = match entry.lot.as_str() {
        "1" if pack >= 25 => 8,
        _ => 1,
    };
    // Large towns have an archivist and a store of their own: needs grow slower than towns.
    let thousands = population.min(20_000).div_ceil(1_000);
    let by_year = (0..years).map(|_| {
        let around = per_thousand * thousands;
        let count = chance.between((around / 2).max(1), around + around / 2 + 1);
        if entry.terms.takes_decimals {
            let tenths = Decimal::new(i64::from(chance.between(0, 9)), 1);
            Quantity::new(Decimal::from(count) + tenths).unwrap_or_default()
        } else {
            Quantity::whole(count)
        }
    });
    let by_year = by_year.collect();
    let tolerance = if chance.happens(20) { Quantity::whole(pack / 5) } else { Quantity::ZERO };
    Want { article, by_year, tolerance }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::catalogue;

    const CATALOGUE: &[u8] = include_bytes!("../../data/catalogue.csv");

    #[test]
    fn the_same_member_always_replies_the_same_and_units_are_respected() {
        let catalogue: Vec<CatalogueEntry> =
            catalogue::read(CATALOGUE, None).rows.into_iter().map(|(_, entry)| entry).collect();
        let (mut silent, mut nothing, mut lines) = (0, 0, 0);
        for number in 0..900 {
            let siren = format!("{number:09}");
            let said = reply(&siren, 100 + number * 30, "2026", 4, &catalogue);
            assert_eq!(said, reply(&siren, 100 + number * 30, "2026", 4, &catalogue));
            match said {
                Reply::Silent => silent += 1,
                Reply::Nothing => nothing += 1,
                Reply::Wants(wants) => {
                    for want in wants {
                        let terms = &catalogue[want.article].terms;
                        assert_eq!(want.by_year.len(), 4);
                        for quantity in want.by_year {
                            assert!(terms.accept(quantity).is_ok() && !quantity.is_zero());
                            lines += 1;
                        }
                    }
                }
            }
        }
        assert!((40..110).contains(&silent), "{silent} silent of 900");
        assert!((40..110).contains(&nothing), "{nothing} « néant » of 900");
        assert!(lines > 8_000, "{lines} lines");
    }
}
