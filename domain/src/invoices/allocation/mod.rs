//! Sharing an invoice between members, to the last cent.
//!
//! An invoice rarely divides evenly. Sharing each line by largest remainder makes every
//! line sum to its printed amount, but a small member may lose half a cent on every line
//! and drift by a euro over two hundred of them. So sums are rounded too (*controlled
//! rounding*): each share, each member's base and tax at a rate, its net, tax, gross and
//! payable amount is the floor or the ceiling of its exact fraction, and the exact fraction
//! itself where that is whole cents.
//!
//! Rows (each line, charge, tax sums over the members) and members (each one's amounts
//! nest: line ⊂ base of a rate ⊂ net ⊂ gross ⊂ payable) are two nested families, so the
//! whole is a flow in a network whose bounds are whole cents. The exact fractions are a
//! flow in it; therefore one in whole cents exists (Bacharach 1966, Cox 1987).
//!
//! Each row begins with its largest remainder (ties: larger fraction, larger weight, smaller
//! SIRET). What breaks a bound is then repaired, and only that: a cent changes hands inside
//! one row, or along a path of rows, in an order that depends on SIRETs and on what rows
//! say, never on where they stood in a file.
//!
//! *Exact* means rational numbers. Fixed-point arithmetic decides only what lies beyond its
//! own error bound; the rest is decided by big integers.

mod certificate;
mod controlled;
mod figures;
mod network;
mod number;
mod oracle;
mod plan;
mod printed;
mod refusal;
mod remainder;
mod report;
mod shares;
mod weights;

use std::collections::BTreeSet;

use controlled::Controlled;
use plan::Plan;
use report::Report;
use weights::Weights;

use super::einvoice::EInvoice;

pub use certificate::{Attribution, attributions};
pub use refusal::Refusal;
pub use shares::{
    Accepted, Allocation, AllocationKey, AppliedKey, BaseDifference, KeyedRow, KeyedShare,
    LineShare, MemberShare, Proof, QuantityDifference, Share, VatShare,
};

/// Shares `invoice` between the members of `accepted`, by the quantities they accepted.
///
/// Charges and allowances are shared by `key`, and so are the lines of `freight_lines`
/// (BT-126), whose accepted quantities weigh nothing. The quantities are weights: their sum
/// may differ from the invoiced quantity, and the proof names it. A credit note is shared
/// with its amounts as printed; [`Allocation::negated`] is its booking.
///
/// Members come in ascending order of SIRET. One that accepted nothing stands there with
/// zeros. The order of `accepted` and of the invoice's rows changes nothing.
///
/// # Errors
///
/// All reasons why the invoice cannot be shared.
pub fn allocate(
    invoice: &EInvoice,
    accepted: &[Accepted],
    key: AllocationKey,
    freight_lines: &BTreeSet<String>,
) -> Result<Allocation, Vec<Refusal>> {
    let (mut weights, mut refusals) = Weights::read(invoice, accepted, freight_lines);
    refusals.extend(printed::refusals(invoice));
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let mut share = || {
        let plan = Plan::of(invoice, &mut weights, key, freight_lines)?;
        let controlled = Controlled::round(&plan, &weights)?;
        Report::of(invoice, key, &plan, &weights, &controlled)
    };
    share().map_err(|refusal| vec![refusal])
}
