//! Lists: sort, filter and page live in the address, so that a list can be sent to a colleague;
//! what is shown can be taken away as CSV or XLSX.
//!
//! A list of another place in the program gives its columns and rows; the rest is here and in the
//! macro `list` of `parts/macros.html`.

use std::collections::BTreeMap;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Query};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use domain::french;
use futures_util::stream;
use minijinja::{Value, context};

use super::Pages;
use super::agent::Agent;
use super::error::PageError;
use crate::exchange::listing::{csv_piece, xlsx};
use crate::store::Slice;

pub(crate) use crate::exchange::listing::Cell;

/// Rows on a page.
pub(crate) const PER_PAGE: u64 = 50;

/// The most rows that a file takes: far beyond any list of ours.
const MOST_EXPORTED: u64 = 100_000;

/// Rows in one piece of a streamed file.
const PIECE: usize = 500;

/// What the address asks of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ListQuery {
    pub(crate) search: String,
    sort: String,
    descending: bool,
    page: u64,
    format: Option<Format>,
    filters: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Xlsx,
}

impl FromRequestParts<Pages> for ListQuery {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, pages: &Pages) -> Result<Self, PageError> {
        let Query(pairs) = Query::<Vec<(String, String)>>::from_request_parts(parts, pages)
            .await
            .map_err(|rejection| PageError::BadRequest(rejection.to_string()))?;
        Ok(Self::of(pairs))
    }
}

impl ListQuery {
    fn of(pairs: Vec<(String, String)>) -> Self {
        let mut query = Self { page: 1, ..Self::default() };
        for (key, value) in pairs {
            match key.as_str() {
                "q" => value.trim().clone_into(&mut query.search),
                "tri" => query.sort = value,
                "sens" => query.descending = value == "desc",
                // A page so far that it cannot be counted is past the end like any other.
                "page" => query.page = value.parse().unwrap_or(1).clamp(1, 1_000_000),
                "format" if value == "csv" => query.format = Some(Format::Csv),
                "format" if value == "xlsx" => query.format = Some(Format::Xlsx),
                _ if value.is_empty() => {}
                _ => {
                    query.filters.insert(key, value);
                }
            }
        }
        query
    }

    /// The first page of a list with one filter: what a form comes back with.
    pub(crate) fn with(key: &str, value: &str) -> Self {
        Self::of(vec![(key.to_owned(), value.to_owned())])
    }

    /// What was chosen in the filter `key`.
    pub(crate) fn filter(&self, key: &str) -> Option<&str> {
        self.filters.get(key).map(String::as_str)
    }

    /// What the store is asked for: a page, or all rows when they are taken away. `sort` is what
    /// the list is sorted by when the address does not say; a `-` before it means the other way.
    pub(crate) fn slice(&self, sort: &str) -> Slice {
        let (default, descending) = match sort.strip_prefix('-') {
            Some(key) => (key, true),
            None => (sort, false),
        };
        let (sort, descending) = if self.sort.is_empty() {
            (default.to_owned(), descending)
        } else {
            (self.sort.clone(), self.descending)
        };
        let (limit, offset) = match self.format {
            Some(_) => (MOST_EXPORTED, 0),
            None => (PER_PAGE, (self.page - 1) * PER_PAGE),
        };
        Slice { search: self.search.clone(), sort, descending, limit, offset }
    }

    /// The same list with these changes: `?q=…&tri=…`.
    fn address(&self, changes: &[(&str, &str)]) -> String {
        let mut pairs: BTreeMap<&str, String> = BTreeMap::new();
        for (key, value) in &self.filters {
            pairs.insert(key, value.clone());
        }
        if !self.search.is_empty() {
            pairs.insert("q", self.search.clone());
        }
        if !self.sort.is_empty() {
            pairs.insert("tri", self.sort.clone());
            if self.descending {
                pairs.insert("sens", "desc".into());
            }
        }
        for (key, value) in changes {
            if value.is_empty() {
                pairs.remove(key);
            } else {
                pairs.insert(key, (*value).to_owned());
            }
        }
        let encoded: Vec<String> = pairs
            .iter()
            .map(|(key, value)| {
                let coded = minijinja::filters::urlencode(&Value::from(value.as_str()));
                format!("{key}={}", coded.unwrap_or_default())
            })
            .collect();
        format!("?{}", encoded.join("&"))
    }
}

/// A column: its key in the address (empty when nobody sorts by it), its header.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    key: &'static str,
    label: String,
    number: bool,
}

impl Column {
    pub(crate) fn text(key: &'static str, label: impl Into<String>) -> Self {
        Self { key, label: label.into(), number: false }
    }

    /// Right-aligned; the header says the unit.
    pub(crate) fn number(key: &'static str, label: impl Into<String>) -> Self {
        Self { key, label: label.into(), number: true }
    }
}

/// A choice above the list.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    pub(crate) key: &'static str,
    pub(crate) label: &'static str,
    /// Code and words; « Tous » is added before them, unless the first has no code.
    pub(crate) options: Vec<(String, String)>,
}

/// A text shorter than this is not broken over lines.
const BRIEF: usize = 15;

/// A row as the macro `row` takes it: each cell under its column's label; whether it is a number.
pub(crate) fn row<'a>(columns: impl Iterator<Item = (&'a str, bool)>, cells: &[Cell]) -> Value {
    let shown = columns.zip(cells).enumerate().map(|(at, ((label, number), cell))| {
        let (href, tone) = match cell {
            Cell::Link { href, .. } => (Some(href.as_str()), None),
            Cell::State { tone, .. } => (None, Some(*tone)),
            Cell::Text(_)
            | Cell::Money(_)
            | Cell::Quantity(_)
            | Cell::Count(_)
            | Cell::Date(_)
            | Cell::Absent => (None, None),
        };
        let text = cell.french();
        let brief = text.chars().nth(BRIEF - 1).is_none();
        let class = if number && at > 0 { Some("num") } else { brief.then_some("brief") };
        context! { label => label, class => class, text => text, href => href, tone => tone }
    });
    Value::from(shown.collect::<Vec<_>>())
}

/// A list to be shown or taken away.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    /// What its file is called, without a suffix: `commandes`.
    pub(crate) name: &'static str,
    pub(crate) caption: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// How many rows there are in all.
    pub(crate) total: u64,
    pub(crate) query: ListQuery,
    /// The label of the search field; none, no field.
    pub(crate) search: Option<&'static str>,
    pub(crate) filters: Vec<Filter>,
    /// What is said when there is no row: what will come and when.
    pub(crate) empty: String,
    /// One and many of what is counted: `("commande", "commandes")`.
    pub(crate) noun: (&'static str, &'static str),
}

impl Listing {
    /// The page, with the list as `list` in its template; or the file that was asked for.
    pub(crate) async fn respond(
        self,
        pages: &Pages,
        who: &Agent,
        template: &str,
        values: Value,
    ) -> Result<Response, PageError> {
        self.respond_about("", pages, who, template, values).await
    }

    /// The same for a list of one thing, whose number or year its file is named by.
    pub(crate) async fn respond_about(
        self,
        about: &str,
        pages: &Pages,
        who: &Agent,
        template: &str,
        values: Value,
    ) -> Result<Response, PageError> {
        match self.query.format {
            Some(Format::Csv) => self.into_csv(about, pages),
            Some(Format::Xlsx) => self.into_xlsx(about, pages).await,
            None => pages.page(who, template, context! { list => self.view(), ..values }).await,
        }
    }

    /// What the list is, of which thing, on which day: plain characters only.
    fn file_name(&self, about: &str, pages: &Pages, suffix: &str) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
        let about: String = about.chars().map(plain).collect();
        let of = if about.is_empty() { String::new() } else { format!("_{about}") };
        format!("attachment; filename=\"{}{of}_{}.{suffix}\"", self.name, pages.app.today())
    }

    fn headers(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.label.clone()).collect()
    }

    fn into_csv(self, about: &str, pages: &Pages) -> Result<Response, PageError> {
        let name = self.file_name(about, pages, "csv");
        let headers = self.headers();
        let failed =
            |error: crate::exchange::listing::ListingError| PageError::Export(error.to_string());
        let first = csv_piece(Some(&headers), &[]).map_err(failed)?;
        let pieces: Vec<Vec<Vec<Cell>>> = self.rows.chunks(PIECE).map(<[_]>::to_vec).collect();
        let rest = pieces.into_iter().map(|rows| csv_piece(None, &rows).map(Bytes::from));
        let first = std::iter::once(Ok(Bytes::from(first)));
        let body = Body::from_stream(stream::iter(first.chain(rest)));
        let headers = [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
            (header::CONTENT_DISPOSITION, name),
        ];
        Ok((headers, body).into_response())
    }

    async fn into_xlsx(self, about: &str, pages: &Pages) -> Result<Response, PageError> {
        let name = self.file_name(about, pages, "xlsx");
        let headers = self.headers();
        let made = tokio::task::spawn_blocking(move || xlsx(self.name, &headers, &self.rows)).await;
        let bytes = made
            .map_err(|error| PageError::Export(error.to_string()))?
            .map_err(|error| PageError::Export(error.to_string()))?;
        let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet".to_owned();
        Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], bytes)
            .into_response())
    }

    /// For the macro `list`. A page with several tables calls it itself.
    pub(crate) fn view(&self) -> Value {
        let query = &self.query;
        let first = (query.page - 1).saturating_mul(PER_PAGE);
        let shown = self.rows.len() as u64;
        let last_page = self.total.div_ceil(PER_PAGE).max(1);
        let mut words = french::counted(self.total, self.noun.0, self.noun.1);
        if shown < self.total {
            let (first, last) = (french::count(first + 1), french::count(first + shown));
            words = format!("{first} à {last} sur {words}");
        }
        let columns = || self.columns.iter().map(|one| (one.label.as_str(), one.number));
        let page = |number: u64| query.address(&[("page", &number.to_string())]);
        context! {
            caption => self.caption.as_str(),
            columns => self.columns.iter().map(|column| self.column(column)).collect::<Vec<_>>(),
            rows => self.rows.iter().map(|cells| row(columns(), cells)).collect::<Vec<_>>(),
            words => words,
            empty => self.empty.as_str(),
            filtered => !query.search.is_empty() || !query.filters.is_empty(),
            search => self.search,
            query => query.search.as_str(),
            sort => query.sort.as_str(),
            descending => query.descending,
            filters => self.filters.iter().map(|filter| self.filter(filter)).collect::<Vec<_>>(),
            previous => (query.page > 1).then(|| page(query.page.min(last_page + 1) - 1)),
            next => (first + shown < self.total).then(|| page(query.page + 1)),
            page => query.page,
            last_page => last_page,
            csv => query.address(&[("format", "csv")]),
            xlsx => query.address(&[("format", "xlsx")]),
        }
    }

    fn column(&self, column: &Column) -> Value {
        let query = &self.query;
        let sorted = !column.key.is_empty() && query.sort == column.key;
        let way = if sorted && !query.descending { "desc" } else { "" };
        let href = (!column.key.is_empty())
            .then(|| query.address(&[("tri", column.key), ("sens", way), ("page", "")]));
        context! {
            label => column.label.as_str(),
            number => column.number,
            href => href,
            aria_sort => sorted.then_some(if query.descending { "descending" } else { "ascending" }),
        }
    }

    fn filter(&self, filter: &Filter) -> Value {
        let chosen = self.query.filter(filter.key).unwrap_or_default();
        let options = filter.options.iter().map(|(code, words)| {
            context! { code => code.as_str(), words => words.as_str(), chosen => code == chosen }
        });
        context! {
            key => filter.key,
            label => filter.label,
            all => filter.options.first().is_none_or(|(code, _)| !code.is_empty()),
            options => options.collect::<Vec<_>>(),
        }
    }
}
