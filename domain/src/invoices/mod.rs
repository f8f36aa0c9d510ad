//! Supplier invoices: what they say, whether it adds up, and who pays which cent.

pub mod allocation;
pub mod arithmetic;
pub mod attribution;
pub mod basis;
pub mod credit;
pub mod einvoice;
pub mod freight;
pub mod matching;
pub mod payment;
pub mod state;
