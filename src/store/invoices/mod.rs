//! Invoices, their findings, and every member's share of them.
//!
//! What a file printed is written once and never changed; only state, dates and names move.
//! Shares and weights are *booked*: a credit note's are negative, so that a plain sum over
//! invoices and credit notes is what a member owes.

mod allocations;
mod document;
mod figures;
mod freight;
mod inbox;
mod intake;
mod life;
mod of_member;
mod orders;
mod recharges;
mod shares;
mod statements;

pub use allocations::{
    NewAllocation, NewRecharge, add_allocation, add_recharges, drop_allocation, mirror_allocation,
    number_statements,
};
pub use document::{
    InvoiceNames, LifeStep, PrintedAmount, PrintedLine, PrintedRows, PrintedTax, invoice_life,
    invoice_names, invoice_of_file, printed_rows,
};
pub use figures::{
    FamilyRow, YearRow, YearTotal, year_by_contract, year_by_family, year_by_member, year_total,
};
pub use freight::{BilledFreight, billed_freight, freight_of_order};
pub use inbox::{
    AfterValidation, Arrived, DeskCounts, InboxFilter, after_validation, desk_counts, inbox,
};
pub use intake::{Finding, NewInvoice, Severity, add, earlier, lock_supplier, replace_findings};
pub use life::{
    LineLink, Page, StoredInvoice, Suspension, add_suspension, credits_of, findings, invoice,
    invoice_number, invoices, line_links, move_invoice, resume_suspension, suspension,
};
pub use of_member::{MemberInvoice, member_invoice, member_invoices};
pub use orders::{
    InvoicedQuantity, OrderedFor, OrderedLine, by_siren, first_of_order, invoiced, is_contract,
    order, order_by_number, service_rendered, sirets_of_buyer,
};
pub use recharges::{Batch, Claim, Claims, add_batch, batch, batches, claims, lock_waiting};
pub use shares::{
    MemberTotal, ShareLeft, StoredAllocation, Weight, allocation_of, article_families, invoice_of,
    shares_left, sites_of_shares, weights,
};
pub use statements::{
    Cited, EarlierCredit, Statement, StatementDue, cited, due_statements, earlier_credits,
    lock_allocation, statement_of_paper, statements,
};
