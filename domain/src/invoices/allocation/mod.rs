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

mod refusal;
mod shares;

pub use refusal::Refusal;
pub use shares::{
    Accepted, Allocation, AllocationKey, AppliedKey, BaseDifference, KeyedRow, KeyedShare,
    LineShare, MemberShare, Proof, QuantityDifference, Share, VatShare,
};
