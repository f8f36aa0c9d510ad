//! Orders, from needs to papers, on both databases.

mod changing;
mod delivering;
mod issuing;
mod killed;
mod member;
mod ordering;
mod packing;
mod shop;

pub(crate) use shop::{Deal, Shop, answer_sheet, approval, import_binding, signatories};
