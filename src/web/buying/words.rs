//! Tables, gauges and states as these pages word them.

use domain::dates::paris_time;
use domain::french;
use domain::money::Net;
use domain::orders::ceiling::WARN_FROM_PERCENT;
use domain::orders::state::OrderState;
use domain::quantity::Quantity;
use minijinja::{Value, context};

use crate::store::group::DeskPaper;
use crate::store::platform::Told;
use crate::web::listing::{Cell, row};

/// A count of rows.
pub(super) fn quantity(thousandths: i64) -> Cell {
    Quantity::from_thousandths(thousandths).map_or(Cell::Absent, Cell::Quantity)
}

/// A table of a page that is not its list. A column says whether it holds numbers.
pub(super) fn table(
    caption: &str,
    columns: &[(&str, bool)],
    rows: Vec<Vec<Cell>>,
    empty: &str,
) -> Value {
    let head: Vec<Value> = columns
        .iter()
        .map(|(label, number)| context! { label => *label, number => *number })
        .collect();
    let rows: Vec<Value> = rows.iter().map(|cells| row(columns.iter().copied(), cells)).collect();
    context! { caption => caption, columns => head, rows => rows, empty => empty }
}

/// What an order is called: its number, once it has one.
pub(super) fn order_name(number: Option<String>, id: i64) -> String {
    number.unwrap_or_else(|| format!("sans numéro ({id})"))
}

/// Pairs of a word and what it stands for.
pub(super) fn facts(list: Vec<(&str, String)>) -> Value {
    let list = list.into_iter().map(|(name, value)| {
        context! { name => name, value => french::unbroken(&value) }
    });
    Value::from(list.collect::<Vec<_>>())
}

/// How much of the ceiling is committed, in whole percent, rounded down: 79,9 % does not warn.
pub(super) fn percent(committed: i64, ceiling: i64) -> i64 {
    let part = i128::from(committed) * 100 / i128::from(ceiling.max(1));
    i64::try_from(part).unwrap_or(100)
}

pub(super) fn is_near(committed: i64, ceiling: i64) -> bool {
    i128::from(percent(committed, ceiling)) >= WARN_FROM_PERCENT
}

/// The gauge of a contract, in words and as a bar.
pub(super) fn gauge(committed: i64, ceiling: i64) -> Value {
    let part = percent(committed, ceiling);
    let left = Net::from_cents(ceiling.saturating_sub(committed));
    let near = is_near(committed, ceiling);
    let words = format!(
        "{} HT engagés sur {} HT, soit {part} %. Il reste {} HT.",
        Net::from_cents(committed).french(),
        Net::from_cents(ceiling).french(),
        left.french()
    );
    context! { words => words, percent => part, near => near, left => left.french() }
}

pub(super) fn order_state(code: &str) -> Cell {
    let Some(state) = OrderState::from_code(code) else { return Cell::state("inconnu", "bad") };
    let tone = match state {
        OrderState::Draft => "draft",
        OrderState::Validated | OrderState::Issued => "open",
        OrderState::Closed => "good",
        OrderState::Cancelled => "quiet",
    };
    Cell::state(state.french(), tone)
}

/// How much of an order was delivered and not rejected.
pub(super) fn delivered(state: &str, ordered: i64, kept: i64) -> Cell {
    if !matches!(OrderState::from_code(state), Some(OrderState::Issued | OrderState::Closed)) {
        return Cell::Absent;
    }
    if kept >= ordered {
        Cell::state("complète", "good")
    } else if kept == 0 {
        Cell::state("rien encore", "draft")
    } else {
        let part = i128::from(kept) * 100 / i128::from(ordered.max(1));
        Cell::state(format!("{part} % livrés"), "open")
    }
}

/// What a person calls a paper of this kind.
pub(super) fn paper_kind(code: &str) -> &'static str {
    match code {
        "purchase_order" => "Bon de commande",
        "delivery_extract" => "Extrait de livraison",
        "allocation_statement" => "Relevé de répartition",
        "lot_sheet" => "Fiche de lot",
        "needs_receipt" => "Récépissé des besoins",
        _ => "Document",
    }
}

/// Files for the macro `files`.
pub(super) fn papers(list: &[DeskPaper]) -> Value {
    let one = |paper: &DeskPaper| {
        let kilobytes = usize::try_from((paper.bytes + 512) / 1024).unwrap_or_default().max(1);
        let pages = usize::try_from(paper.pages).unwrap_or_default();
        context! {
            name => format!("{} {}", paper_kind(&paper.kind), paper.number),
            detail => format!(
                "{}, PDF, {} {}, {} ko",
                french::date(paper.issued_on),
                pages,
                french::plural(pages, "page", "pages"),
                french::count(kilobytes)
            ),
            href => format!("/gestion/documents/{}", paper.id),
        }
    };
    Value::from(list.iter().map(one).collect::<Vec<_>>())
}

/// The journal of one thing for the macro `history`, the latest first.
pub(super) fn history(list: &[Told]) -> Value {
    let one = |told: &Told| {
        context! {
            at => paris_time(told.at).format("%d/%m/%Y à %H:%M").to_string(),
            who => told.actor.as_str(),
            what => super::journal_words::action(&told.action),
            why => told.details.as_str(),
        }
    };
    Value::from(list.iter().rev().map(one).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contract_warns_from_eighty_percent_on_and_not_a_cent_before() {
        assert!(!is_near(7_999, 10_000));
        assert!(is_near(8_000, 10_000));
        assert!(is_near(80_000_000_000_000, 100_000_000_000_000));
    }
}
