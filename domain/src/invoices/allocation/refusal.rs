//! Why an invoice cannot be shared.

use crate::vat::{VatCategory, VatRate};

/// One reason; an allocation gives all of them at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `row` is the place among the accepted quantities, from 0.
    #[error("accepted quantity {row}: the invoice has no line {line:?}")]
    UnknownLine { row: usize, line: String },
    #[error("nobody accepted anything of line {line:?}")]
    NothingAccepted { line: String },
    #[error("freight line {line:?} is not a line of the invoice")]
    UnknownFreightLine { line: String },
    #[error("two lines of the invoice have the identifier {line:?}")]
    RepeatedLine { line: String },
    #[error("the breakdown names {category} {rate} twice")]
    RepeatedRate { category: &'static str, rate: String },
    #[error("the breakdown does not name {category} {rate}")]
    MissingRate { category: &'static str, rate: String },
    /// Every line is freight: there is nothing to weigh the members by.
    #[error("the invoice has no line to weigh the members by")]
    NothingToWeigh,
    /// The printed totals contradict each other (BR-CO-10 to -16).
    #[error("the printed totals do not meet {rule}")]
    Totals { rule: &'static str },
    #[error("an amount or quantity is out of range")]
    OutOfRange,
    /// The exact fractions are themselves an allocation, so that this cannot happen; it is
    /// refused rather than printed.
    #[error("no controlled rounding was found")]
    NotRounded,
}

impl Refusal {
    pub(super) fn missing_rate(category: VatCategory, rate: VatRate) -> Self {
        Self::MissingRate { category: category.code(), rate: rate.machine() }
    }
}
