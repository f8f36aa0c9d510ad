//! Orders, from needs to papers, on both databases.

mod changing;
mod delivering;
mod desk;
mod hostile;
pub(crate) mod issuing;
pub(crate) mod killed;
mod member;
mod ordering;
mod packing;
pub(crate) mod shop;
pub(crate) mod telling;

pub(crate) use issuing::validated;
pub(crate) use shop::{AFTER, Deal, Shop, answer_sheet, approval, import_binding, signatories};
