//! A list as files: CSV that French spreadsheets open, XLSX with real numbers and dates.
//!
//! No text becomes a formula: in CSV a text that begins like one gets an apostrophe before it
//! (OWASP, CSV injection); in XLSX a text is written as a text.

use chrono::{Datelike, NaiveDate};
use domain::french;
use domain::money::Cents;
use domain::quantity::Quantity;
use rust_decimal::Decimal;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, XlsxError};

/// What stands in a cell. Pages, CSV and XLSX write it each in their way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    Text(String),
    /// A text that leads somewhere.
    Link {
        text: String,
        href: String,
    },
    /// The word of a state and its tone: `good`, `warn`, `bad`, `open`, `draft`, `quiet`.
    State {
        word: String,
        tone: &'static str,
    },
    Money(Cents),
    Quantity(Quantity),
    Count(i64),
    Date(NaiveDate),
    /// Nothing to say: « – ».
    Absent,
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self::Link { text: text.into(), href: href.into() }
    }

    pub fn state(word: impl Into<String>, tone: &'static str) -> Self {
        Self::State { word: word.into(), tone }
    }

    pub fn date(day: Option<NaiveDate>) -> Self {
        day.map_or(Self::Absent, Self::Date)
    }

    pub fn text_or_absent(text: Option<String>) -> Self {
        text.filter(|text| !text.is_empty()).map_or(Self::Absent, Self::Text)
    }

    /// As a page shows it.
    pub fn french(&self) -> String {
        match self {
            Self::Text(text) | Self::Link { text, .. } | Self::State { word: text, .. } => {
                text.clone()
            }
            Self::Money(cents) => cents.french(),
            Self::Quantity(quantity) => quantity.french(),
            Self::Count(count) if *count < 0 => {
                format!("-{}", french::thousands(&count.unsigned_abs().to_string()))
            }
            Self::Count(count) => french::thousands(&count.to_string()),
            Self::Date(day) => french::date(*day),
            Self::Absent => "–".into(),
        }
    }

    /// As a French spreadsheet reads it from a CSV file.
    fn csv(&self) -> String {
        let plain = |value: Decimal| value.to_string().replace('.', ",");
        match self {
            Self::Text(text) | Self::Link { text, .. } | Self::State { word: text, .. } => {
                harmless(text)
            }
            Self::Money(cents) => plain(cents.to_decimal()),
            Self::Quantity(quantity) => plain(quantity.decimal().normalize()),
            Self::Count(count) => count.to_string(),
            Self::Date(day) => french::date(*day),
            Self::Absent => String::new(),
        }
    }
}

/// A text that no spreadsheet takes for a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ListingError {
    #[error("the workbook could not be written")]
    Workbook(#[from] XlsxError),
    #[error("the table could not be written")]
    Table(#[from] csv::Error),
    #[error("the table could not be finished")]
    Io(#[from] std::io::Error),
}

/// Rows as CSV: UTF-8, semicolons, CRLF. The first piece of a file begins with the byte order
/// mark and the headers.
pub fn csv_piece(headers: Option<&[String]>, rows: &[Vec<Cell>]) -> Result<Vec<u8>, ListingError> {
    let mut bytes = Vec::new();
    if headers.is_some() {
        bytes.extend_from_slice("\u{feff}".as_bytes());
    }
    let mut writer = csv::WriterBuilder::new()
        .delimiter(b';')
        .terminator(csv::Terminator::CRLF)
        .from_writer(&mut bytes);
    if let Some(headers) = headers {
        writer.write_record(headers)?;
    }
    for row in rows {
        writer.write_record(row.iter().map(Cell::csv))?;
    }
    writer.flush()?;
    drop(writer);
    Ok(bytes)
}

/// The rows as a workbook of one sheet.
pub fn xlsx(title: &str, headers: &[String], rows: &[Vec<Cell>]) -> Result<Vec<u8>, ListingError> {
    let bold = Format::new().set_bold();
    let money = Format::new().set_num_format("#,##0.00");
    let quantity = Format::new().set_num_format("#,##0.###");
    let count = Format::new().set_num_format("#,##0");
    let date = Format::new().set_num_format("dd/mm/yyyy");
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    // A sheet's name has at most 31 characters and none of these.
    let plain = title.chars().filter(|c| !"[]:*?/\\'".contains(*c));
    sheet.set_name(plain.take(31).collect::<String>())?;
    sheet.set_freeze_panes(1, 0)?;
    for (column, header) in (0_u16..).zip(headers) {
        let longest = rows.iter().filter_map(|row| row.get(usize::from(column)));
        let longest = longest.map(|cell| cell.french().chars().count()).max().unwrap_or(0);
        let width = longest.max(header.chars().count()).min(60);
        sheet.set_column_width(column, u32::try_from(width + 2).unwrap_or(62))?;
    }
    for (column, header) in (0_u16..).zip(headers) {
        sheet.write_string_with_format(0, column, header, &bold)?;
    }
    for (line, row) in (1_u32..).zip(rows) {
        for (column, cell) in (0_u16..).zip(row) {
            match cell {
                Cell::Text(text) | Cell::Link { text, .. } | Cell::State { word: text, .. } => {
                    sheet.write_string(line, column, text)?;
                }
                Cell::Money(cents) => {
                    sheet.write_with_format(line, column, cents.to_decimal(), &money)?;
                }
                Cell::Quantity(value) => {
                    let value = value.decimal().normalize();
                    sheet.write_with_format(line, column, value, &quantity)?;
                }
                Cell::Count(value) => {
                    sheet.write_with_format(line, column, Decimal::from(*value), &count)?;
                }
                Cell::Date(day) => {
                    let excel = ExcelDateTime::from_ymd(
                        u16::try_from(day.year()).unwrap_or(1900),
                        u8::try_from(day.month()).unwrap_or(1),
                        u8::try_from(day.day()).unwrap_or(1),
                    )?;
                    sheet.write_with_format(line, column, &excel, &date)?;
                }
                Cell::Absent => {}
            }
        }
    }
    Ok(workbook.save_to_buffer()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_a_member_becomes_a_formula_in_a_spreadsheet() {
        for (typed, written) in [
            ("=1+1", "'=1+1"),
            ("+33 3 21", "'+33 3 21"),
            ("-2", "'-2"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tcaché", "'\tcaché"),
            ("Avion", "Avion"),
        ] {
            assert_eq!(Cell::text(typed).csv(), written);
        }
        assert_eq!(Cell::Money(Cents(-5)).csv(), "-0,05", "a number stays a number");
    }

    #[test]
    fn a_table_is_written_as_french_spreadsheets_read_it() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let row = vec![
            Cell::link("Avion; Mairie", "/membres/1"),
            Cell::Money(Cents(123_456)),
            Cell::Date(day),
            Cell::Absent,
        ];
        let headers = ["Membre".to_owned(), "Montant".into(), "Date".into(), "Note".into()];
        let bytes = csv_piece(Some(&headers), &[row]).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(
            text,
            "\u{feff}Membre;Montant;Date;Note\r\n\"Avion; Mairie\";1234,56;22/11/2026;\r\n"
        );
    }
}
