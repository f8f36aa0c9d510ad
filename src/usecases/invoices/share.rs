//! Sharing one invoice from files alone, so that anyone can redo a result.

use std::collections::BTreeSet;

use domain::invoices::allocation::{Accepted, Allocation, AllocationKey, Refusal, allocate};

use serde::Serialize;

use crate::exchange::deliveries;
use crate::exchange::einvoice::{self, Code, Reading};

/// An invoice and its shares.
#[derive(Debug)]
pub struct Shared {
    pub reading: Reading,
    pub allocation: Allocation,
}

/// One thing that is wrong with one of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Of the deliveries, as an editor counts it; `None` where it is the invoice's.
    pub line: Option<u64>,
    pub code: FaultCode,
    /// French: what is wrong and what to do; without the line number.
    pub message: String,
}

/// The codes that scripts rely on, of the invoice's own judgement and of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum FaultCode {
    Invoice(Code),
    Allocation(&'static str),
}

/// Reads both files and shares the invoice; nothing is kept.
///
/// # Errors
///
/// Everything that is wrong with either file. The two are set against each other only once
/// each can be read.
pub fn share_files(
    invoice: &[u8],
    accepted: &[u8],
    key: AllocationKey,
    freight_lines: &BTreeSet<String>,
) -> Result<Shared, Vec<Fault>> {
    let mut faults = Vec::new();
    let reading = einvoice::read(invoice).map_err(|refusal| {
        let reasons = refusal.reasons.into_iter().filter(|reason| reason.code.refuses());
        faults.extend(reasons.map(|reason| Fault {
            line: None,
            code: FaultCode::Invoice(reason.code),
            message: reason.message,
        }));
    });
    let accepted = deliveries::read(accepted);
    faults.extend(accepted.refused.into_iter().map(|refused| Fault {
        line: Some(refused.line),
        code: FaultCode::Allocation(refused.code),
        message: refused.message,
    }));
    let (Ok(reading), true) = (reading, faults.is_empty()) else { return Err(faults) };

    let (lines, rows): (Vec<u64>, Vec<Accepted>) = accepted.rows.into_iter().unzip();
    let shared = allocate(&reading.invoice, &rows, key, freight_lines);
    match shared {
        Ok(allocation) => Ok(Shared { reading, allocation }),
        Err(refusals) => Err(refusals.iter().map(|refusal| fault(refusal, &lines)).collect()),
    }
}

fn fault(refusal: &Refusal, lines: &[u64]) -> Fault {
    let line = match refusal {
        Refusal::UnknownLine { row, .. } => lines.get(*row).copied(),
        Refusal::NothingAccepted { .. }
        | Refusal::UnknownFreightLine { .. }
        | Refusal::RepeatedLine { .. }
        | Refusal::RepeatedRate { .. }
        | Refusal::MissingRate { .. }
        | Refusal::NothingToWeigh
        | Refusal::Totals { .. }
        | Refusal::OutOfRange
        | Refusal::NotRounded => None,
    };
    Fault { line, code: FaultCode::Allocation(refusal.code()), message: refusal.for_the_reader() }
}
