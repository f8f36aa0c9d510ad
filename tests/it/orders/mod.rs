//! Orders, from needs to papers, on both databases.

mod changing;
mod delivering;
mod issuing;
mod killed;
mod member;
mod ordering;
mod packing;
mod shop;

pub(crate) use issuing::validated;
pub(crate) use shop::{AFTER, Deal, Shop, answer_sheet, approval};
