//! Electronic invoices in: UBL 2.1, CII, and Factur-X PDF.
//!
//! A file of somebody else's system passes five doors, in this order. The
//! [`guard`] bounds size, encoding, depth and repetition and refuses any DTD,
//! so that no file can cost more than a second or read anything but itself.
//! The [`scan`] looks at every amount and date as it is *written*, because the
//! e-invoice crate forgives what we do not (an exponent, a missing amount read
//! as zero). The crate then reads; [`translate`] turns its model into ours; and
//! [`judge`] says what of all that is fatal. Nothing is ever recomputed: the
//! printed invoice is authoritative.
//!
//! Everything wrong is named, not the first thing, except where the file cannot
//! be read any further. What needs an order or the past is not judged here but
//! at intake (`domain::invoices::matching`).

mod encoding;
mod excess;
mod guard;
mod judge;
mod pdf;
mod reason;
mod report;
mod scan;
mod translate;

use domain::invoices::arithmetic::Syntax;
use domain::invoices::einvoice::EInvoice;

pub use guard::MAX_BYTES;
pub use reason::{Code, Reason};
pub use report::{InvoiceForm, Report};

/// An invoice that was read and that nothing speaks against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub invoice: EInvoice,
    pub syntax: Syntax,
    /// BT-24 as written; empty when the file declares none.
    pub profile: String,
    /// What should be looked at; never anything that refuses the invoice.
    pub warnings: Vec<Reason>,
}

/// Why an invoice is refused: at least one reason of a refusing code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What refuses it first, then the warnings.
    pub reasons: Vec<Reason>,
    /// `None` when the file could not be recognised as an invoice.
    pub syntax: Option<Syntax>,
    pub profile: Option<String>,
    /// The invoice as far as it could be read whole; never to be booked.
    pub invoice: Option<Box<EInvoice>>,
}

impl Refusal {
    fn at_the_door(reason: Reason) -> Self {
        Self { reasons: vec![reason], syntax: None, profile: None, invoice: None }
    }
}

/// Reads and judges one file, whatever its bytes are.
///
/// Bounded: at most [`MAX_BYTES`], about a second and 256 MB; never reads anything but `bytes`.
/// It computes all that time: call it off the async threads.
///
/// # Errors
///
/// A [`Refusal`] with every reason found, each saying in French what, where and what to do.
pub fn read(bytes: &[u8]) -> Result<Reading, Box<Refusal>> {
    let (raw, read) = enter(bytes).map_err(|reason| Box::new(Refusal::at_the_door(reason)))?;
    judge::judge(&raw, &read)
}

/// Through the doors where one reason ends the reading.
fn enter(bytes: &[u8]) -> Result<(scan::Scan, en16931_formats::Read), Reason> {
    let text = guard::admit(bytes)?;
    let raw = scan::scan(&text)?;
    Ok((raw, translate::parse(&text)?))
}
