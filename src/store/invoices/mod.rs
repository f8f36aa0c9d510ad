//! Invoices, their findings, and every member's share of them.
//!
//! What a file printed is written once and never changed; only state, dates and names move.
//! Shares and weights are *booked*: a credit note's are negative, so that a plain sum over
//! invoices and credit notes is what a member owes.

mod intake;
mod life;
mod orders;
mod shares;
mod statements;

pub use intake::{Finding, NewInvoice, Severity, add, earlier, lock_supplier, replace_findings};
pub use life::{
    Page, StoredInvoice, Suspension, add_suspension, credits_of, findings, freight_lines, invoice,
    invoices, move_invoice, resume_suspension, suspension,
};
pub use orders::{InvoicedQuantity, OrderedFor, OrderedLine, invoiced, order_by_number};
pub use shares::{
    MemberTotal, NewAllocation, NewRecharge, ShareLeft, StoredAllocation, Weight, add_allocations,
    add_recharges, allocation_of, article_families, drop_allocation, invoice_of,
    number_statements, shares_left, weights,
};
pub use statements::{EarlierCredit, StatementDue, due_statements, earlier_credits};
