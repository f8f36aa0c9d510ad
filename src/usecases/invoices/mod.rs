//! Supplier invoices: what each member bears of one, and its statement.

pub mod share;
pub mod statement;
