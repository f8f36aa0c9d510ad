//! What somebody typed on a need sheet, before it is an answer: read, filled in, and brought
//! together when two people typed at once.
//!
//! One field holds the quantity of every year; a field of one year counts instead of it where
//! something is typed there. Whatever is typed is kept as it is, faulty text too.

use std::collections::BTreeMap;

use crate::campaigns::accept::LARGEST_QUANTITY;
use crate::catalogue::ArticleTerms;
use crate::ids::ArticleId;
use crate::quantity::{Quantity, QuantityError};

/// Text by field, blank fields left out.
pub type Typed = BTreeMap<String, String>;

/// The field of the quantity of every year: `a12`.
pub fn every_year(article: ArticleId) -> String {
    format!("a{article}")
}

/// The field of one year: `a12_2027`.
pub fn one_year(article: ArticleId, year: i32) -> String {
    format!("a{article}_{year}")
}

/// What is wrong with one field, in French: what, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    pub field: String,
    pub message: String,
}

/// The quantities of an article, one a year; blank is zero.
///
/// # Errors
///
/// What is wrong, by field.
pub fn read(
    article: ArticleId,
    terms: &ArticleTerms,
    years: &[i32],
    typed: &Typed,
) -> Result<Vec<Quantity>, Vec<FieldFault>> {
    let mut faults = Vec::new();
    let mut field = |name: String| match typed.get(&name).map(|text| text.trim()) {
        None | Some("") => None,
        Some(text) => Some(quantity(text, terms).unwrap_or_else(|message| {
            faults.push(FieldFault { field: name, message });
            Quantity::ZERO
        })),
    };
    let every = field(every_year(article)).unwrap_or_default();
    let quantities =
        years.iter().map(|year| field(one_year(article, *year)).unwrap_or(every)).collect();
    if faults.is_empty() { Ok(quantities) } else { Err(faults) }
}

fn quantity(text: &str, terms: &ArticleTerms) -> Result<Quantity, String> {
    let read = Quantity::parse(text).and_then(|quantity| terms.accept(quantity));
    match read {
        Ok(quantity) if quantity > Quantity::whole(LARGEST_QUANTITY) => Err(format!(
            "Cette quantité dépasse {} par an. Vérifiez le nombre de zéros.",
            Quantity::whole(LARGEST_QUANTITY)
        )),
        Ok(quantity) => Ok(quantity),
        Err(QuantityError::OutOfRange) => {
            Err("Cette quantité est trop grande. Vérifiez le nombre de zéros.".into())
        }
        Err(QuantityError::TooPrecise(_)) => {
            Err("Saisissez au plus trois décimales, par exemple 12,5.".into())
        }
        Err(
            QuantityError::NotAQuantity(_)
            | QuantityError::Negative(_)
            | QuantityError::NotWhole(_, _),
        ) => Err(right_form(terms)),
    }
}

/// What would be right.
fn right_form(terms: &ArticleTerms) -> String {
    if terms.takes_decimals {
        return format!(
            "Saisissez une quantité en {}, par exemple 12,5. Laissez vide si vous n’en avez pas \
             besoin.",
            terms.unit.french()
        );
    }
    match terms.pack.map(crate::catalogue::PackSize::units).filter(|units| *units > 1) {
        Some(units) => format!(
            "Saisissez une quantité entière, par exemple {}. Cet article se livre par paquets de \
             {units}.",
            u64::from(units) * 3
        ),
        None => "Saisissez une quantité entière, par exemple 3. Laissez vide si vous n’en avez \
                 pas besoin."
            .into(),
    }
}

/// The fields that say `quantities`: one when all years are alike, else one a year.
pub fn fill(article: ArticleId, years: &[i32], quantities: &[Quantity], into: &mut Typed) {
    let first = quantities.first().copied().unwrap_or_default();
    if quantities.iter().all(|quantity| *quantity == first) {
        if !first.is_zero() {
            into.insert(every_year(article), first.french());
        }
        return;
    }
    for (year, quantity) in years.iter().zip(quantities) {
        into.insert(one_year(article, *year), quantity.french());
    }
}

/// What two people typed, brought together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merged {
    /// One's own where something is typed, else the other's.
    pub values: Typed,
    /// Fields where both typed something else, with what the other typed.
    pub differing: BTreeMap<String, String>,
    /// Fields taken over from the other.
    pub taken: Vec<String>,
}

/// Nothing that either typed is lost: where both typed, `mine` stays and `theirs` is told.
pub fn merge(mine: &Typed, theirs: &Typed) -> Merged {
    let mut merged = Merged { values: mine.clone(), ..Merged::default() };
    for (field, text) in theirs {
        match mine.get(field) {
            None => {
                merged.values.insert(field.clone(), text.clone());
                merged.taken.push(field.clone());
            }
            Some(own) if own.trim() != text.trim() => {
                merged.differing.insert(field.clone(), text.clone());
            }
            Some(_) => {}
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::PackSize;
    use crate::cpv::Cpv;
    use crate::price::UnitPrice;
    use crate::quantity::Unit;
    use crate::vat::VatRate;

    fn terms(unit: Unit, pack: Option<u32>) -> ArticleTerms {
        ArticleTerms {
            label: "Boîte".into(),
            unit,
            unit_label: unit.french().into(),
            takes_decimals: unit.takes_decimals(),
            pack: pack.map(|units| PackSize::new(units).unwrap()),
            cpv: Cpv::stored("30193700-5").unwrap(),
            vat_rate: VatRate::ZERO,
            specification: String::new(),
            standards: String::new(),
            reference_price: UnitPrice::scheduled("1".parse().unwrap()).unwrap(),
        }
    }

    fn typed(fields: &[(&str, &str)]) -> Typed {
        fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    const YEARS: [i32; 3] = [2027, 2028, 2029];

    #[test]
    fn a_year_counts_instead_of_every_year_where_something_is_typed() {
        let boxes = terms(Unit::Piece, Some(50));
        let fields = typed(&[("a1", "1 50"), ("a1_2028", "0"), ("a1_2029", " ")]);
        let read = read(ArticleId(1), &boxes, &YEARS, &fields).unwrap();
        assert_eq!(read, [150, 0, 150].map(Quantity::whole));
    }

    #[test]
    fn every_fault_says_what_would_be_right() {
        let boxes = terms(Unit::Piece, Some(50));
        for (text, right) in [
            ("trois", "par exemple 150. Cet article se livre par paquets de 50."),
            ("2,5", "Saisissez une quantité entière"),
            ("-3", "Saisissez une quantité entière"),
            ("100001", "Vérifiez le nombre de zéros"),
        ] {
            let faults =
                read(ArticleId(1), &boxes, &YEARS, &typed(&[("a1_2028", text)])).unwrap_err();
            assert_eq!(faults.len(), 1);
            assert_eq!(faults[0].field, "a1_2028");
            assert!(faults[0].message.contains(right), "{text}: {}", faults[0].message);
        }
        let metres = terms(Unit::Metre, None);
        assert!(read(ArticleId(1), &metres, &YEARS, &typed(&[("a1", "2,5")])).is_ok());
        let faults = read(ArticleId(1), &metres, &YEARS, &typed(&[("a1", "2,5555")]));
        assert!(faults.unwrap_err()[0].message.contains("trois décimales"));
    }

    #[test]
    fn what_is_filled_in_reads_back_the_same() {
        let boxes = terms(Unit::Piece, Some(50));
        for quantities in [[0, 0, 0], [150, 150, 150], [1500, 0, 150], [0, 0, 1]] {
            let quantities = quantities.map(Quantity::whole);
            let mut fields = Typed::new();
            fill(ArticleId(1), &YEARS, &quantities, &mut fields);
            assert_eq!(read(ArticleId(1), &boxes, &YEARS, &fields).unwrap(), quantities);
        }
    }

    #[test]
    fn two_people_at_once_lose_nothing() {
        let merged = merge(
            &typed(&[("a1", "100"), ("a2", "5"), ("a3", "7")]),
            &typed(&[("a1", "150"), ("a2", "5 "), ("a4", "9")]),
        );
        assert_eq!(merged.values, typed(&[("a1", "100"), ("a2", "5"), ("a3", "7"), ("a4", "9")]));
        assert_eq!(merged.differing, typed(&[("a1", "150")]));
        assert_eq!(merged.taken, ["a4"]);
    }
}
