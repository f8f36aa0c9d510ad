//! The part of a list that a page shows: searched, sorted, cut.

/// What a reader asked of a list. `sort` is the key of a column, as the address has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slice {
    pub search: String,
    pub sort: String,
    pub descending: bool,
    pub limit: u64,
    pub offset: u64,
}

impl Slice {
    /// `ORDER BY` by one of the `allowed` (key, SQL) pairs, else by the first, and by `last` among
    /// equals, so that pages never overlap. Nothing the reader typed gets into the SQL.
    pub(crate) fn order_by(&self, allowed: &[(&str, &'static str)], last: &'static str) -> String {
        let found = allowed.iter().find(|(key, _)| *key == self.sort).or_else(|| allowed.first());
        let way = if self.descending { "DESC" } else { "ASC" };
        match found {
            Some((_, column)) => format!(" ORDER BY {column} {way}, {last}"),
            None => format!(" ORDER BY {last}"),
        }
    }

    /// ` LIMIT … OFFSET …`.
    pub(crate) fn cut(&self) -> String {
        let most = |value: u64| value.min(1_000_000_000);
        format!(" LIMIT {} OFFSET {}", most(self.limit), most(self.offset))
    }

    /// What was searched for as a pattern of `LIKE … ESCAPE '\'`, in lower case.
    pub(crate) fn pattern(&self) -> String {
        let mut pattern = String::from("%");
        for character in self.search.trim().to_lowercase().chars() {
            if matches!(character, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(character);
        }
        pattern.push('%');
        pattern
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_columns_of_ours_ever_sort() {
        let allowed = [("nom", "o.name"), ("montant", "net")];
        let by = |sort: &str, descending| {
            Slice { sort: sort.into(), descending, ..Slice::default() }.order_by(&allowed, "o.id")
        };
        assert_eq!(by("montant", true), " ORDER BY net DESC, o.id");
        assert_eq!(by("1; DROP TABLE organisation", false), " ORDER BY o.name ASC, o.id");
    }

    #[test]
    fn what_is_searched_for_is_taken_as_it_was_typed() {
        let slice = Slice { search: " 50%_Île ".into(), ..Slice::default() };
        assert_eq!(slice.pattern(), "%50\\%\\_île%");
    }
}
