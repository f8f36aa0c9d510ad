//! Rows of values as a table in a statement, so that many rows change at once.

use sea_orm::Value;

/// `VALUES ($3, $4), ($5, $6)` for rows of equal length, numbered from `first`. Both databases
/// call the columns `column1`, `column2`…
pub(in crate::store) fn table<const N: usize>(
    rows: Vec<[Value; N]>,
    first: usize,
) -> (String, Vec<Value>) {
    let mut text = String::from("VALUES ");
    let mut values = Vec::with_capacity(rows.len() * N);
    let mut next = first;
    for (index, row) in rows.into_iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        let places: Vec<String> = (next..next + N).map(|place| format!("${place}")).collect();
        text.push('(');
        text.push_str(&places.join(", "));
        text.push(')');
        next += N;
        values.extend(row);
    }
    (text, values)
}

/// `($1, $2, $3)` for ids, numbered from `first`.
pub(super) fn list(ids: &[i64], first: usize) -> (String, Vec<Value>) {
    let places: Vec<String> = (first..first + ids.len()).map(|place| format!("${place}")).collect();
    (format!("({})", places.join(", ")), ids.iter().map(|id| Value::from(*id)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_numbered_one_after_the_other() {
        let rows =
            vec![[Value::from(1_i64), Value::from("a")], [Value::from(2_i64), Value::from("b")]];
        let (text, values) = table(rows, 3);
        assert_eq!(text, "VALUES ($3, $4), ($5, $6)");
        assert_eq!(values.len(), 4);
        assert_eq!(list(&[7, 8], 2).0, "($2, $3)");
    }
}
