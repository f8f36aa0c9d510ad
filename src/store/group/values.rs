//! What several tables of the group write alike.

use domain::group::address::PostalAddress;

use crate::store::StoreError;

pub(super) const LINES: &str = "\n";

pub(super) fn address(lines: &str, postcode: &str, town: &str) -> PostalAddress {
    let lines = lines.split(LINES).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    PostalAddress { lines, postcode: postcode.to_owned(), town: town.to_owned() }
}

/// A stored code as its domain value.
pub(crate) fn coded<T>(
    found: Option<T>,
    (table, id, column): (&'static str, i64, &'static str),
    text: &str,
) -> Result<T, StoreError> {
    found.ok_or_else(|| StoreError::Corrupt { table, id, column, found: text.to_owned() })
}
