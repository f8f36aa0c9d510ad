//! Papers: from values of the trade to the bytes of a PDF.
//!
//! Every paper has a file with a plain input struct and `render`, which answers a
//! [`Paper`] or says why not. Nothing here reads a clock: the same input gives the same
//! bytes, and what was issued is kept, never made again.

pub mod allocation_statement;
mod content;
pub mod delivery_extract;
pub mod emails;
mod error;
mod finish;
pub mod fonts;
mod layout;
pub mod lot_sheet;
pub mod needs_receipt;
mod pack;
mod paper;
pub mod parties;
mod parts;
pub mod purchase_order;
pub mod reminder_letters;
mod sheet;

pub use error::PaperError;
pub use paper::Paper;
