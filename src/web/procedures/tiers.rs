//! Prices by tiers as they are typed: « 500 : 1,95 ; 1000 : 1,80 ».

use domain::french;
use domain::price::UnitPrice;
use domain::quantity::Quantity;
use domain::tenders::tiers::{Tier, TierError, check};

/// The tiers in one field; nothing typed is none.
pub(super) fn read(text: &str) -> Result<Vec<Tier>, String> {
    text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(one).collect()
}

fn one(part: &str) -> Result<Tier, String> {
    let unread = || format!("« {part} » ne se lit pas ; écrivez par exemple 500 : 1,95.");
    let (from, price) = part.split_once(':').ok_or_else(unread)?;
    let from = Quantity::parse(from.trim()).map_err(|_| unread())?;
    let price = french::parse_decimal(price).map_err(|_| unread())?;
    Ok(Tier { from, price: UnitPrice::scheduled(price).map_err(|_| unread())? })
}

/// The tiers where they go up in quantity and down in price, else what is wrong.
pub(super) fn checked(price: UnitPrice, tiers: Vec<Tier>) -> Result<Vec<Tier>, String> {
    match check(price, &tiers) {
        Ok(()) => Ok(tiers),
        Err(TierError::NotAscending(from)) => {
            Err(format!("la tranche à partir de {} doit venir après la précédente.", from.french()))
        }
        Err(TierError::NotCheaper(from)) => Err(format!(
            "le prix à partir de {} doit être plus bas que celui d’avant.",
            from.french()
        )),
    }
}

/// Tiers as they would be typed.
pub(super) fn typed(tiers: &[Tier]) -> String {
    let parts =
        tiers.iter().map(|tier| format!("{} : {}", tier.from.french(), tier.price.french_bare()));
    parts.collect::<Vec<_>>().join(" ; ")
}

/// Tiers in words: « 1,95 € dès 500, 1,80 € dès 1 000 ».
pub(super) fn words(tiers: &[Tier]) -> String {
    let parts = tiers
        .iter()
        .map(|tier| format!("{} € HT dès {}", tier.price.french_bare(), tier.from.french()));
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_again_reads_as_what_was_typed() {
        let tiers = read(" 500 : 1,95 ; 1 000: 1.80;").unwrap();
        assert_eq!(tiers.len(), 2);
        assert_eq!(read(&typed(&tiers)), Ok(tiers));
        assert_eq!(read(""), Ok(vec![]));
    }

    #[test]
    fn a_tier_that_does_not_read_or_does_not_go_down_says_so() {
        for text in ["500", "500 : peu", "beaucoup : 1,95"] {
            assert!(read(text).unwrap_err().contains("500 : 1,95"), "{text}");
        }
        let price = UnitPrice::scheduled("1.90".parse().unwrap()).unwrap();
        let dear = checked(price, read("500 : 1,95").unwrap());
        assert!(dear.unwrap_err().contains("plus bas"));
        let twice = checked(price, read("500 : 1,80 ; 500 : 1,70").unwrap());
        assert!(twice.unwrap_err().contains("après la précédente"));
    }
}
