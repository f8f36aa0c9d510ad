//! What a holder gets of an order window: a ZIP of the papers, a manifest, a workbook.
//!
//! The workbook has every line and every delivery. Text is always text, never a formula.
//! Quantities and amounts are numbers: a workbook holds them as decimal text, written here
//! from exact decimals of at most fifteen digits; beyond, they stand as text. The same orders
//! give the same bytes: no clock, dates of the archive at its epoch.

use std::io::Write;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{Datelike, NaiveDate};
use domain::french;
use domain::money::Net;
use domain::price::UnitPrice;
use domain::quantity::Quantity;
use domain::vat::VatRate;
use rust_decimal::Decimal;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use serde::Serialize;
use zip::result::ZipError;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipWriter};

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineRow {
    pub order: String,
    pub buyer: String,
    pub siret: String,
    pub service_code: String,
    pub commitment_number: String,
    pub position: u32,
    pub reference: String,
    pub designation: String,
    pub quantity: Quantity,
    pub unit: String,
    pub packs: Option<u64>,
    pub unit_price: UnitPrice,
    pub vat_rate: VatRate,
    pub net: Net,
}

/// What goes to one delivery point of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    pub order: String,
    pub position: u32,
    pub member: String,
    pub siret: String,
    pub site: String,
    pub address: String,
    pub hours: String,
    pub access: String,
    pub reference: String,
    pub quantity: Quantity,
    pub unit: String,
    pub packs: Option<u64>,
    pub deliver_by: NaiveDate,
}

/// A file of the pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ManifestRow {
    pub file: String,
    pub sha256: String,
    /// `None` for what has no pages.
    pub pages: Option<i64>,
}

#[derive(Debug, thiserror::Error)]
pub enum PackError {
    #[error("the workbook could not be written")]
    Workbook(#[from] XlsxError),
    #[error("the archive could not be written")]
    Archive(#[from] ZipError),
    #[error("the archive could not be written")]
    Io(#[from] std::io::Error),
    #[error("the manifest could not be written")]
    Manifest(#[from] serde_json::Error),
}

const LINES: [&str; 14] = [
    "N° de bon",
    "Acheteur",
    "SIRET",
    "Code service",
    "N° d’engagement",
    "Ligne",
    "Référence",
    "Désignation",
    "Quantité",
    "Unité",
    "Paquets",
    "Prix unitaire HT",
    "TVA (%)",
    "Montant HT",
];

const DELIVERIES: [&str; 13] = [
    "N° de bon",
    "Ligne",
    "Membre",
    "SIRET",
    "Point de livraison",
    "Adresse",
    "Horaires",
    "Accès",
    "Référence",
    "Quantité",
    "Unité",
    "Paquets",
    "Au plus tard le",
];

/// Beyond these digits a workbook's numbers are no longer exact.
const EXACT: i128 = 1_000_000_000_000_000;

/// One cell of a row.
enum Cell<'a> {
    Text(&'a str),
    Number(Decimal),
    Empty,
}

fn count(packs: Option<u64>) -> Cell<'static> {
    packs.map_or(Cell::Empty, |packs| Cell::Number(Decimal::from(packs)))
}

fn put(sheet: &mut Worksheet, row: u32, cells: &[Cell<'_>]) -> Result<(), XlsxError> {
    for (column, cell) in (0..).zip(cells) {
        match cell {
            Cell::Text("") | Cell::Empty => {}
            Cell::Text(text) => {
                sheet.write_string(row, column, *text)?;
            }
            Cell::Number(number) if number.mantissa().abs() < EXACT => {
                sheet.write(row, column, *number)?;
            }
            Cell::Number(number) => {
                sheet.write_string(row, column, number.to_string())?;
            }
        }
    }
    Ok(())
}

fn head(sheet: &mut Worksheet, name: &str, heads: &[&str]) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    sheet.set_name(name)?;
    sheet.set_freeze_panes(1, 0)?;
    for (column, text) in (0..).zip(heads) {
        sheet.write_string_with_format(0, column, *text, &bold)?;
    }
    Ok(())
}

/// The workbook of all lines and deliveries, made on `day`.
pub fn workbook(
    lines: &[LineRow],
    deliveries: &[DeliveryRow],
    day: NaiveDate,
) -> Result<Vec<u8>, PackError> {
    let mut book = Workbook::new();
    let year = u16::try_from(day.year()).unwrap_or(1900);
    let month = u8::try_from(day.month()).unwrap_or(1);
    let made = ExcelDateTime::from_ymd(year, month, u8::try_from(day.day()).unwrap_or(1))?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let sheet = book.add_worksheet_with_constant_memory()?;
    head(sheet, "Lignes", &LINES)?;
    for (row, line) in (1..).zip(lines) {
        let cells = [
            Cell::Text(&line.order),
            Cell::Text(&line.buyer),
            Cell::Text(&line.siret),
            Cell::Text(&line.service_code),
            Cell::Text(&line.commitment_number),
            Cell::Number(line.position.into()),
            Cell::Text(&line.reference),
            Cell::Text(&line.designation),
            Cell::Number(line.quantity.decimal()),
            Cell::Text(&line.unit),
            count(line.packs),
            Cell::Number(line.unit_price.decimal()),
            Cell::Number(line.vat_rate.decimal()),
            Cell::Number(line.net.0.to_decimal()),
        ];
        put(sheet, row, &cells)?;
    }
    let sheet = book.add_worksheet_with_constant_memory()?;
    head(sheet, "Livraisons", &DELIVERIES)?;
    for (row, goods) in (1..).zip(deliveries) {
        let last = french::date(goods.deliver_by);
        let cells = [
            Cell::Text(&goods.order),
            Cell::Number(goods.position.into()),
            Cell::Text(&goods.member),
            Cell::Text(&goods.siret),
            Cell::Text(&goods.site),
            Cell::Text(&goods.address),
            Cell::Text(&goods.hours),
            Cell::Text(&goods.access),
            Cell::Text(&goods.reference),
            Cell::Number(goods.quantity.decimal()),
            Cell::Text(&goods.unit),
            count(goods.packs),
            Cell::Text(&last),
        ];
        put(sheet, row, &cells)?;
    }
    Ok(book.save_to_buffer()?)
}

/// `[{"file":"…","sha256":"…","pages":1}]`, one file a line.
pub fn manifest(rows: &[ManifestRow]) -> Result<Vec<u8>, PackError> {
    let mut text = b"[\n".to_vec();
    for (index, row) in rows.iter().enumerate() {
        serde_json::to_writer(&mut text, row)?;
        text.extend(if index + 1 == rows.len() { &b"\n"[..] } else { &b",\n"[..] });
    }
    text.extend(b"]\n");
    Ok(text)
}

/// What was written of an archive and not taken yet.
#[derive(Clone, Default)]
struct Tray(Arc<Mutex<Vec<u8>>>);

impl Tray {
    fn take(&self) -> Vec<u8> {
        mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Tray {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A ZIP that is written as it grows: memory holds no more than the files added since
/// [`Archive::take`].
pub struct Archive {
    zip: ZipWriter<StreamWriter<Tray>>,
    tray: Tray,
}

impl Default for Archive {
    fn default() -> Self {
        let tray = Tray::default();
        Self { zip: ZipWriter::new_stream(tray.clone()), tray }
    }
}

impl Archive {
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), PackError> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default());
        self.zip.start_file(name, options)?;
        self.zip.write_all(bytes)?;
        Ok(())
    }

    /// The bytes written since the last time.
    pub fn take(&self) -> Vec<u8> {
        self.tray.take()
    }

    /// The rest of the bytes.
    pub fn finish(self) -> Result<Vec<u8>, PackError> {
        self.zip.finish()?;
        Ok(self.tray.take())
    }
}
