//! Which articles an estimate can be put on, read from what their label says.
//!
//! The catalogue words sizes in labels (« dos 10 cm », « L 100 x P 40 cm », « de 2 à 4 cm »);
//! an article whose label says none is not offered for an estimate.

use std::ops::RangeInclusive;

/// The width of a box: « dos 10 cm » is 100 mm.
pub fn box_spine_mm(label: &str) -> Option<u32> {
    centimetres(after(label, "dos ")?)
}

/// The length of a bay's shelf and how many shelves it has; only of a fixed bay.
pub fn bay(label: &str, specification: &str) -> Option<(u32, u32)> {
    if !label.contains("travée") {
        return None;
    }
    let length_mm = digits(after(label, "L ")?)?.checked_mul(10)?;
    let shelves = specification.split_whitespace().next().and_then(digits)?;
    specification.contains("tablettes").then_some((length_mm, shelves))
}

/// The thickness of the volumes that a binding takes, in millimetres.
pub fn binding_mm(label: &str) -> Option<RangeInclusive<u32>> {
    if let Some(most) = after(label, "jusqu’à ") {
        return Some(0..=centimetres(most)?);
    }
    let range = label.rsplit("de ").next()?;
    let (least, most) = range.split_once(" à ")?;
    // 20 mm still go in the binding below.
    Some(digits(least)?.checked_mul(10)? + 1..=centimetres(most)?)
}

fn after<'a>(label: &'a str, word: &str) -> Option<&'a str> {
    label.find(word).and_then(|at| label.get(at + word.len()..))
}

fn digits(text: &str) -> Option<u32> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

fn centimetres(text: &str) -> Option<u32> {
    let number = digits(text)?;
    text.trim_start_matches(|c: char| c.is_ascii_digit())
        .trim_start()
        .starts_with("cm")
        .then(|| number.checked_mul(10))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_from_labels() {
        assert_eq!(box_spine_mm("Boîte d’archives carton ondulé kraft, dos 10 cm"), Some(100));
        assert_eq!(box_spine_mm("Conteneur de transfert pour 5 boîtes dos 10"), None);
        assert_eq!(box_spine_mm("Boîte cloche sur mesure pour registre"), None);
        let bay_of = |label| bay(label, "6 tablettes + chapeau; acier laqué à chaud");
        let label = "Rayonnage fixe simple face, travée de départ H 220 x L 100 x P 40 cm";
        assert_eq!(bay_of(label), Some((1000, 6)));
        assert_eq!(bay_of("Tablette supplémentaire L 100 x P 40 cm"), None);
    }

    #[test]
    fn every_thickness_has_one_binding() {
        let labels = [
            "Reliure cousue registre d’état civil, A4, épaisseur jusqu’à 2 cm",
            "Reliure cousue registre d’état civil, A4, épaisseur de 2 à 4 cm",
            "Reliure cousue registre d’état civil, A4, épaisseur de 4 à 6 cm",
        ];
        for (thickness, expected) in [(1, 0), (20, 0), (21, 1), (36, 1), (40, 1), (41, 2)] {
            let found: Vec<_> = labels
                .iter()
                .enumerate()
                .filter(|(_, label)| binding_mm(label).unwrap().contains(&thickness))
                .map(|(index, _)| index)
                .collect();
            assert_eq!(found, [expected], "{thickness} mm");
        }
        assert_eq!(binding_mm("Titrage or supplémentaire"), None);
    }
}
